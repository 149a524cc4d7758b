// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <deque>

#include "alarmengine.h"
#include "alarmstore.h"
#include "notify/notificationdesk.h"
#include "plugin.h"
#include "rulechange.h"
#include "ruleids.h"

namespace tagwire::alarms {

/// The running instance: hands samples, actions and time to the engine, stores what came of it, then raises it as
/// events and has people told. Thread-bound, in the host thread (it asks the point table for last values); owned by the
/// host.
class Alarms : public Plugin, public Sink, public AlarmDesk {
  Q_OBJECT
 public:
  Alarms(AlarmsConfig config, PluginContext &context, std::shared_ptr<RuleIds> ids);
  ~Alarms() override;

  void start() override;
  void stop() override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;

  void standingAlarms(Reply<QList<AlarmStatus>> reply) override;
  void alarm(Reply<AlarmStatus> reply, int ruleId) override;
  void act(Reply<AlarmAnswer> reply, AlarmAction action) override;
  void areas(Reply<QList<AlarmArea>> reply) override;
  void history(Reply<QList<Event>> reply, AlarmHistoryQuery query) override;
  void statistics(Reply<AlarmStatistics> reply, Time from, Time to) override;
  void rules(Reply<QList<AlarmRule>> reply, QList<int> ids) override;
  QList<int> manifestRules() const override;
  void ruleVersions(Reply<QList<AlarmRule>> reply, int id) override;
  void changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange change) override;

 private:
  using Outcome = AlarmEngine::Outcome;
  using Released = std::function<void(bool isStored)>;

  Moment now() const;
  /// Whether there is something to ask; else the reason.
  Result<void> ready() const;
  void makeEngine();
  void opened(Result<StoreContent> content);
  void begin(const StoreContent &held);
  void tellSetAside(const StoreContent &held);
  void openedLate(const Result<StoreContent> &content);
  void takeNotices(const QList<Notice> &notices);
  void takeRules(const StoreContent &held);
  void takeMemories(const QList<KeptAlarm> &alarms, const Moment &moment, Outcome &outcome);
  void showStatus();
  void storeDown(const QString &reason);
  void storeAll();
  void keepMissed(const QList<Event> &events);
  void setStoreAlarm(AlarmState state, const QString &text);
  void wake();
  void publish(Outcome &outcome, const Moment &moment, QList<AlarmRule> rules, Released released);
  void publish(Outcome &outcome, const Moment &moment) { publish(outcome, moment, {}, {}); }
  void release(QList<Event> events, const QList<Notice> &notices, bool isStored);
  void count(const Outcome &outcome, const Moment &moment);
  void showFigures(const Moment &moment);
  void bindAgain(const Moment &moment, Outcome &outcome);
  void notePoints();
  void armTimer(const Moment &moment);
  static Event goneEvent(int ruleId, const AlarmMemory &memory, const Moment &moment);

  RuleSurroundings surroundings() const;
  std::optional<AlarmRule> ruleOf(int id) const;
  AlarmAnswer mayChange(int id) const;
  void putRule(const AlarmRuleChange &change, const Rule &rule, Reply<AlarmAnswer> reply);
  void removeRule(const AlarmRuleChange &change, Reply<AlarmAnswer> reply);

  const AlarmsConfig m_config;
  PluginContext &m_context;
  std::shared_ptr<RuleIds> m_ids;
  const int m_storeRule;  ///< id of the rule under which the store's own alarm goes
  std::unique_ptr<AlarmEngine> m_engine;
  std::unique_ptr<NotificationDesk> m_notifications;
  std::unique_ptr<AlarmStore> m_store;
  QMap<int, AlarmRule> m_ownRules;  ///< of run time, by id
  QHash<int, int> m_ruleVersions;   ///< the newest of each rule of run time that ever was, by id
  QList<AlarmRule> m_missedRules;   ///< changed while the store was down
  QList<Event> m_missed;            ///< told while the store was down
  QMap<qint64, Notice> m_notices;   ///< not settled yet
  QTimer m_timer;
  std::chrono::nanoseconds m_armedFor{0};  ///< Clock::elapsed(), while it runs
  QTimer m_openPatience;                   ///< a store that does not open holds nothing up for longer
  bool m_running = false;
  bool m_isStopping = false;
  bool m_isReady = false;  ///< the store's content is here, or could not be had
  QString m_storeTrouble;
  qint64 m_lastNotice = 0;
  std::deque<std::chrono::nanoseconds> m_came;  ///< in the last ten minutes
  quint32 m_knownPoints = 0;                    ///< in the point table, when the rules were bound
  quint64 m_knownRevision = 0;                  ///< likewise
  std::chrono::nanoseconds m_figuresAt{0};

  Counter m_transitions;
  Counter m_actions;
  Counter m_ignored;
  Counter m_missedRecords;
  Gauge m_active;
  Gauge m_tenMinutes;
  Gauge m_unacknowledged;
  Gauge m_shelved;
  Gauge m_suppressed;
  Gauge m_outOfService;
  Gauge m_chattering;
  std::vector<Gauge> m_bySeverity;
};

/// An instance as the manifest wants it; null when there are errors, each reported to `reader`.
std::unique_ptr<Alarms> makeAlarms(ConfigReader &reader, PluginContext &context);

}  // namespace tagwire::alarms
