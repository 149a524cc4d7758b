// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "alarmfollower.h"
#include "alarmserver.h"
#include "alarmvoice.h"
#include "devicedesk.h"
#include "feed.h"
#include "mailbox.h"
#include "marks.h"
#include "metrics.h"
#include "plugin.h"
#include "publisher.h"
#include "remotecommands.h"
#include "remotepoints.h"
#include "services/resumepoints.h"
#include "voicelease.h"

namespace tagwire::cluster {

/// A running instance: one node of the cluster. Thread-bound, in the host's thread; whatever may wait for a server or
/// the disk is in threads of its parts. Owned by the host.
class Cluster : public Plugin, public Source, public Sink, public DeviceOwnership, public ResumePoints {
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
  void expectsClients(Reply<bool> reply) override;
  void resumeAfter(Reply<ResumePoint> reply, QString epoch, quint64 after) override;

 protected:
  PluginContext &context() const { return m_context; }
  RemoteAlarms &hubAlarms() { return m_remoteAlarms; }

 private:
  enum Part { Out, History, Live, Between, Devices, Voice, parts };
  /// What comes by the wire, from whoever may send there.
  enum WireKind { Asks, Answers, DeskAsks, DeskAnswers, Signs, Hubs, Places, wireKinds };

  void startPublisher();
  void startHistory();
  void startLive();
  void startWire();
  Feed::Tell tellOf(Part part);
  bool isSelf(const Sender &sender) const;
  template <class Task>
  void postWire(WireKind kind, Task task);
  void setTrouble(Part part, const QString &trouble);
  void showState();
  void everySecond();
  void store(const std::shared_ptr<const std::vector<Batch>> &batches, HistoryFeed::Done done);
  void takePage(const Sender &sender, const Page &page);
  void takeBatch(const Sender &sender, const Batch &batch, bool isOfLeaf);
  void hand(const Samples &samples);
  void hand(const Event &event);
  void markNow();
  void markIfSettled();
  void heardMark(const QByteArray &data);
  QString streamOfMarks() const;
  std::shared_ptr<const QList<PointId>> ownPoints();
  void raise(const Sender &sender, const Batch &batch, const spool::StoredEvent &stored, bool isOfLeaf);
  bool isOld(Time time) const { return m_context.clock().now() - time > m_config.historicalAfter; }
  void heard(const Sender &sender);
  void publish(const Event &event);
  void findSilent();
  void lose(const Sender &sender);

  void startAlarms();
  void stopAlarms();
  void hearAlarm(const Sender &sender, const Event &event);
  bool tellsAlarm(const Event &event);
  void lookAtAlarms(bool isSpeaking);

  const ClusterConfig m_config;
  PluginContext &m_context;
  std::shared_ptr<Mailbox> m_mailbox;
  std::unique_ptr<Publisher> m_publisher;  ///< an edge or a hub, while it runs
  std::unique_ptr<HistoryFeed> m_history;  ///< a hub with a history
  std::unique_ptr<LiveFeed> m_live;        ///< a hub or a gateway
  std::unique_ptr<Wire> m_wire;            ///< while it runs
  RemotePoints m_points;
  RemoteCommands m_commands;
  AlarmVoice m_voice;                   ///< a hub
  std::unique_ptr<VoiceLease> m_lease;  ///< a hub, while it runs
  RemoteAlarms m_remoteAlarms;          ///< of hubs
  AlarmServer m_alarmServer;            ///< a hub
  AlarmFollower m_follower;             ///< a hub
  DeviceDesk m_devices;                 ///< a gateway
  Marks m_marks;                        ///< a hub or a gateway
  bool m_owesMark = false;
  bool m_isCaughtUp = false;  ///< with the stream
  std::shared_ptr<const QList<PointId>> m_ownPoints;
  std::chrono::nanoseconds m_ownPointsAt{0};
  struct Life {
    std::chrono::nanoseconds heard{0};
    bool isLost = false;
  };
  QHash<Sender, Life> m_lives;                          ///< nodes that points here are of
  std::array<std::atomic<int>, wireKinds> m_waiting{};  ///< of the wire, posted and not taken
  std::atomic<qint64> m_dropped = 0;                    ///< of the wire, for too many waited
  bool m_owesWritten = false;
  bool m_running = false;
  Time m_startedAt;
  QTimer m_secondTimer;
  struct Metering {
    explicit Metering(Metrics &metrics);
    void show(const PublisherFigures &figures);
    Counter accepted, delivered, lost, refused, messages, bytes, repeats, duplicates, stored, unreadable, received,
        untold, old, dropped;
    Gauge waiting;
    PublisherFigures shown;
    qint64 shownStored = 0;
    qint64 shownUnreadable = 0;
    qint64 shownUntold = 0;
    qint64 shownDropped = 0;
  } m_metrics;
  std::array<std::optional<QString>, parts> m_troubles;  ///< of the parts that there are
  PluginState m_state = PluginState::Stopped;
  QString m_stateText;
};

}  // namespace tagwire::cluster
