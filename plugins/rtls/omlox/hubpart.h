// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "context.h"
#include "hub.h"
#include "keptfile.h"

namespace tagwire::rtls {

/// An instance's part in the omlox hub: its site, the file that keeps what clients made (`omlox-<id>.json` of the data
/// dir), and the one that keeps who is in which fence (`omlox-<id>.state`). Thread-bound; owned by Rtls.
class HubPart : public HubHost {
 public:
  /// What it asks of its instance.
  struct Ways {
    std::function<Result<void>(const IncomingFix &)> take;
    std::function<void(int tag)> forget;
    std::function<void()> deadlineChanged;
  };
  HubPart(PluginContext &context, const Model &model, std::chrono::nanoseconds timeout, const Tracker &tracker,
          Ways ways);
  ~HubPart() override;
  Q_DISABLE_COPY_MOVE(HubPart)

  HubSite &site() { return m_site; }
  const HubSite &site() const { return m_site; }
  /// HubSite::redirect(), counted when the fix does not count.
  bool redirect(IncomingFix &fix);
  /// Takes part from now on.
  void open();
  void close();

  /// Once what the request changed is kept, or could not be.
  void answer(const Reply<HubAnswer> &reply, const HubRequest &request);
  bool listen(const std::weak_ptr<HubListener> &listener);

 private:
  const Tracker &tracker() const override { return m_tracker; }
  Moment now() const override { return {m_context.clock().now(), m_context.clock().elapsed()}; }
  Result<void> take(const IncomingFix &fix) override { return m_ways.take(fix); }
  void forget(int tag) override { m_ways.forget(tag); }
  void objectsChanged() override;
  void whenKept(const std::function<void(const Result<void> &)> &done) override;
  bool wants(HubTopic topic, HubCrs crs) const override { return m_hub->wants(topic, crs); }
  void tell(const HubNews &news) override { m_hub->tell(news); }
  void staysChanged() override;
  void read();
  void readStays();
  void writeStays();
  QString pathAside() const;

  PluginContext &m_context;
  const Tracker &m_tracker;
  Ways m_ways;
  std::shared_ptr<Hub> m_hub;
  HubSite m_site;
  std::unique_ptr<KeptFile> m_file;
  std::unique_ptr<KeptFile> m_staysFile;
  QTimer m_retry;
  QTimer m_staysTimer;
  Counter m_outranked;
  bool m_isOpen = false;
};

}  // namespace tagwire::rtls
