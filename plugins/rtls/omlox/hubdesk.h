// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hubsite.h"

namespace tagwire::rtls {

/// What the hub answers; `body` undefined: none.
struct HubReply {
  int status = 200;
  QJsonValue body = QJsonValue::Undefined;
};

/// The REST API as far as one instance is concerned. What a caller may not see is answered as if it were not there.
/// Made for one request.
class HubDesk {
 public:
  HubDesk(HubSite &site, const HubRequest &request);

  HubResult<HubReply> answer();

 private:
  using Answered = HubResult<HubReply>;

  Answered ofKind(HubKind kind);
  Answered ofAll(HubKind kind);
  Answered ofOne(HubKind kind);
  Answered create(HubKind kind);
  void forget(const QString &trackable);
  Answered ofZone(const HubZone &zone, const QString &what);
  Answered ofTrackable(const QString &what);
  Answered ofProvider(const QString &what);
  Answered ofFence(const QString &what);
  Answered transform(const HubZone &zone);
  Answered fenceOf(const HubZone &zone) const;
  Answered providerLocation(int tag);
  Answered takeOne(bool isLocation);
  Answered allLocations();
  Answered allMotions();
  Answered locationsOf(const std::vector<int> &tags, const QStringList &providers);
  Answered motionsOf(const std::vector<int> &tags);

  std::optional<QJsonObject> seenObject(HubKind kind) const;
  QList<QJsonObject> visible(HubKind kind) const;
  bool maySee(int tag) const;
  bool maySeeProvider(const QString &provider) const;
  bool maySeeTag(const QString &tag) const { return m_request.permissions.allow(right::readPositions, tag); }
  std::vector<int> seen(const std::vector<int> &tags) const;
  QStringList trackablesOf(const std::vector<int> &tags) const;
  HubResult<QJsonObject> body() const;
  bool is(const char *method) const { return m_request.method == method; }
  Answered missing() const;

  HubSite &m_site;
  const HubRequest &m_request;
  QString m_id;  ///< of the object that the path names
};

}  // namespace tagwire::rtls
