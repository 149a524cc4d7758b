// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonValue>

#include <memory>
#include <vector>

#include "hubdesk.h"

namespace tagwire::rtls {

/// For a change that is in force, but not on disk; why is in the log.
HubAnswer notKept();

/// The one hub that all instances are together: asks each for its part of an answer, and hands its news to those who
/// listen. Shared by the instances (PluginContext::shared); host thread.
class Hub {
 public:
  /// Of every instance, running or not: what stands in its manifest is nobody else's. It is forgotten before it goes.
  void know(HubSite &site) { m_known.push_back(&site); }
  void forget(HubSite &site) { std::erase(m_known, &site); }
  /// In the order of the manifest. The site has to leave before it goes.
  void enter(HubSite &site) { m_sites.push_back(&site); }
  void leave(HubSite &site) { std::erase(m_sites, &site); }

  /// An object of `own`: its id is to be nobody's yet when it is new, its providers those of no trackable elsewhere.
  HubResult<void> mayHave(HubKind kind, const QJsonObject &body, bool isNew, HubSite &own) const;
  /// `changed` gets the sites whose objects are others now.
  HubAnswer answer(const HubRequest &request, const std::function<void(HubSite &)> &changed);
  /// True when some instance has longitudes and latitudes.
  bool listen(const std::weak_ptr<HubListener> &listener);
  bool wants(HubTopic topic, HubCrs crs) const;
  void tell(const HubNews &news) const;

 private:
  using Answered = HubResult<HubReply>;

  Answered find(const HubRequest &request, const std::function<void(HubSite &)> &changed);
  Answered fromAll(const HubRequest &request, const std::function<void(HubSite &)> &changed);
  Answered create(const HubRequest &request, const std::function<void(HubSite &)> &changed);
  Answered fromOne(const HubRequest &request, const std::function<void(HubSite &)> &changed);
  Answered takeMany(const HubRequest &request);
  HubResult<void> mayClear(const HubRequest &request) const;
  HubSite &siteFor(const QString &provider, const QString &zone) const;

  std::vector<HubSite *> m_known;
  std::vector<HubSite *> m_sites;  ///< that run
  std::vector<std::weak_ptr<HubListener>> m_listeners;
};

}  // namespace tagwire::rtls
