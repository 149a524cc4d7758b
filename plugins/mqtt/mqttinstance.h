// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <memory>
#include <vector>

#include "commanddesk.h"
#include "forwarder.h"
#include "homeassistant.h"
#include "link.h"
#include "mqttconfig.h"
#include "outbox.h"
#include "plainmessages.h"
#include "plugin.h"
#include "sparkplug/edgenode.h"
#include "sparkplug/hostapplication.h"
#include "spool/losstally.h"
#include "subscriber.h"

namespace tagwire::mqtt {

/// One entry of the manifest: joins the connection, what goes out and what comes in. Thread-bound to the host's thread;
/// only the spool has one of its own. Owned by the host.
class MqttInstance : public Plugin, public Source, public Sink {
  Q_OBJECT
 public:
  MqttInstance(const MqttConfig &config, PluginContext &context);
  ~MqttInstance() override;

  void start() override;
  void stop() override;
  void execute(const Command &command) override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;

 private:
  struct KnownPoint {
    std::shared_ptr<const Point> point;
    spool::StoredPointPointer stored;  ///< null: not one that goes out
    quint32 checkedIn = 0;             ///< second in which it was last compared with the point table
  };

  void makeSparkplug();
  void makeParts();
  void makeOutbox();
  LinkSettings linkSettings() const;
  void linkUp();
  void linkDown(const QString &why);
  std::optional<Message> will();
  void sayGoodbye();
  void beginForwarding();
  void hostLeft();
  void send(const Message &message);
  void snapshot();
  void askForZones();
  void tellHomeAssistant();
  void askForAlarms();
  void received(const Message &message);
  QList<Message> encode(std::span<const spool::StoredSample> samples, bool isHistorical) const;
  const KnownPoint &known(PointId id);
  bool goesOut(const Point &point) const;
  void giveWritten();
  void everySecond();
  void tellLosses(bool atOnce);
  void showState();
  void warnOnce(const QString &key, const QString &text);
  QString topicOf(const QString &pattern) const;
  Message statusMessage(bool isOnline) const;

  const MqttConfig m_config;
  PluginContext &m_context;
  const PointFilter m_filter;
  bool m_takesAllEvents = false;
  std::unique_ptr<PlainMessages> m_messages;  ///< with `publish`
  Subscriber m_subscriber;
  std::unique_ptr<CommandDesk> m_commands;  ///< with `commands`
  std::unique_ptr<HomeAssistant> m_home;    ///< with `home_assistant`
  std::unique_ptr<EdgeNode> m_edge;         ///< with `sparkplug`, by its role
  std::unique_ptr<HostApplication> m_host;

  // From start() to stop().
  std::unique_ptr<Link> m_link;
  std::unique_ptr<Outbox> m_outbox;  ///< when something goes out
  std::unique_ptr<Forwarder> m_forwarder;
  std::vector<KnownPoint> m_known;  ///< by point id
  spool::LossTally m_losses;
  QTimer m_second;
  quint32 m_round = 1;
  QString m_linkTrouble;
  QString m_spoolTrouble;
  QString m_refusal;  ///< of a subscription
  QSet<QString> m_warned;
  bool m_isEventsFull = false;
  bool m_owesWritten = false;
  bool m_isTaking = false;  ///< a write() is on its way into the spool
  bool m_isRunning = false;
  PluginState m_state = PluginState::Stopped;
  QString m_stateText;
  Gauge m_isConnected;
  Gauge m_waiting;
  Gauge m_spoolBytes;
  Counter m_lost;
  Counter m_eventsDropped;
};

}  // namespace tagwire::mqtt
