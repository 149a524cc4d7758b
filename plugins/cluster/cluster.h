// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "alarmvoice.h"
#include "devicedesk.h"
#include "feed.h"
#include "mailbox.h"
#include "metrics.h"
#include "plugin.h"
#include "publisher.h"
#include "remotecommands.h"
#include "remotepoints.h"

namespace tagwire::cluster {

/// A running instance: one node of the cluster. Thread-bound, in the host's thread; whatever may wait for a server or
/// the disk is in threads of its parts. Owned by the host.
class Cluster : public Plugin, public Source, public Sink, public DeviceOwnership {
  Q_OBJECT
 public:
  Cluster(const ClusterConfig &config, PluginContext &context);
  ~Cluster() override;

  void start() override;
  void stop() override;
  void execute(const Command &command) override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;
  void claimDevice(Reply<QString> reply, QString device, std::weak_ptr<DeviceHolder> holder) override;

 private:
  enum Part { Out, History, Live, Between, Devices, parts };

  void startPublisher();
  void startHistory();
  void startLive();
  void startWire();
  Feed::Tell tellOf(Part part);
  void setTrouble(Part part, const QString &trouble);
  void showState();
  void everySecond();
  void store(const std::shared_ptr<const std::vector<Batch>> &batches, HistoryFeed::Done done);
  void takePage(const Sender &sender, const Page &page);
  void takeBatch(const Sender &sender, const Batch &batch);
  void raise(const Sender &sender, const Batch &batch, const spool::StoredEvent &stored);
  bool isOld(Time time) const;
  void heard(const Sender &sender, const QByteArray &data);
  void publish(const Event &event);
  void findSilent();
  void lose(const Sender &sender);

  const ClusterConfig m_config;
  PluginContext &m_context;
  std::shared_ptr<Mailbox> m_mailbox;
  std::unique_ptr<Publisher> m_publisher;  ///< an edge or a hub, while it runs
  std::unique_ptr<HistoryFeed> m_history;  ///< a hub with a history
  std::unique_ptr<LiveFeed> m_live;        ///< a hub or a gateway
  std::unique_ptr<Wire> m_wire;            ///< while it runs
  RemotePoints m_points;
  RemoteCommands m_commands;
  AlarmVoice m_voice;    ///< a hub
  DeviceDesk m_devices;  ///< a gateway
  struct Life {
    std::chrono::nanoseconds heard{0};
    bool isLost = false;
  };
  QHash<Sender, Life> m_lives;  ///< nodes that points here are of
  std::atomic<int> m_waitingAsks = 0;
  QString m_spool;  ///< our own; empty: not known yet
  bool m_owesWritten = false;
  bool m_running = false;
  Time m_startedAt;
  QTimer m_secondTimer;
  struct Metering {
    explicit Metering(Metrics &metrics);
    void show(const PublisherFigures &figures);
    Counter accepted, delivered, lost, refused, messages, bytes, repeats, duplicates, stored, unreadable, received, old;
    Gauge waiting;
    PublisherFigures shown;
    qint64 shownStored = 0;
    qint64 shownUnreadable = 0;
  } m_metrics;
  std::array<std::optional<QString>, parts> m_troubles;  ///< of the parts that there are
  PluginState m_state = PluginState::Stopped;
  QString m_stateText;
};

}  // namespace tagwire::cluster
