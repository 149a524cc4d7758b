// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtTest>

#include "alarmengine.h"
#include "testing/readconfig.h"

namespace tagwire::alarms {

using namespace std::chrono_literals;
using Kind = AlarmAction::Kind;
using Told = QStringList;

struct BenchConfig {
  static void describe(Shape<BenchConfig> &shape) {
    shape.required("rules", &BenchConfig::rules, "");
    shape.optional("groups", &BenchConfig::groups, "");
    shape.optional("escalations", &BenchConfig::escalations, "");
    shape.optional("chatter", &BenchConfig::chatter, "");
  }
  QList<Rule> rules;
  QList<GroupConfig> groups;
  QList<EscalationConfig> escalations;
  std::optional<ChatterConfig> chatter;
};

/// An engine with a clock that stands still and points by name; what it says is kept.
class EngineBench {
 public:
  explicit EngineBench(const QByteArray &json) {
    QString errors;
    auto config = readConfig<BenchConfig>(json, &errors);
    if (!config) qFatal("%s", qPrintable(errors));
    m_config = *config;
    make();
  }

  void make() {
    engine = std::make_unique<AlarmEngine>(
        AlarmEngine::Settings{m_config.groups, m_config.escalations, m_config.chatter, 8h},
        AlarmEngine::World{[this](const QString &name) {
                             return name == hidden ? AlarmEngine::Binding() : AlarmEngine::Binding{point(name), 42};
                           },
                           [this](PointId id) { return last.value(id); }, [this] { return ++occurrence; }});
    for (const Rule &rule : m_config.rules) engine->put(rule);
  }
  void begin() { engine->begin(now, fresh()); }
  /// As a restart does it: everything is gone but what is remembered.
  void restart() {
    QHash<int, QByteArray> kept;
    for (const int id : engine->ruleIds()) kept.insert(id, engine->memoryOf(id));
    make();
    for (auto each = kept.cbegin(); each != kept.cend(); ++each) {
      if (!each->isEmpty()) engine->restore(each.key(), *AlarmMemory::fromJson(*each));
    }
    last.clear();
    begin();
  }

  PointId point(const QString &name) {
    if (!m_points.contains(name)) m_points.insert(name, static_cast<PointId>(m_points.size() + 1));
    return m_points.value(name);
  }
  void feed(const char *name, double value, Quality quality = {}) {
    const PointId id = point(QString::fromLatin1(name));
    last[id] = Sample{id, quality, now.time, value};
    engine->take(last[id], now, fresh());
  }
  void feedText(const char *name, const char *text) {
    const PointId id = point(QString::fromLatin1(name));
    engine->take(Sample{id, Quality::good(), now.time, QString::fromLatin1(text)}, now, fresh());
  }
  void pass(std::chrono::nanoseconds time) {
    now.time += time;
    now.elapsed += time;
    engine->takeTime(now, fresh());
    const auto due = engine->nextDue();
    QVERIFY2(!due || *due > now.elapsed, "what is due was done");
  }
  AlarmAnswer act(AlarmAction::Kind kind, int rule = 1, const char *by = "anna") {
    AlarmAction action{.kind = kind, .ruleId = rule, .by = QString::fromLatin1(by), .comment = {}};
    if (kind == AlarmAction::Kind::Shelve) action.duration = 10min;
    if (kind == AlarmAction::Kind::Comment) action.comment = QStringLiteral("seen");
    return act(action);
  }
  AlarmAnswer act(const AlarmAction &action) { return engine->act(action, now, fresh()); }

  AlarmCondition condition(int rule = 1) const { return engine->status(rule).transition.condition; }
  AlarmState state(int rule = 1) const { return engine->status(rule).transition.state; }
  /// What the newest step told: "ALARM/Unacknowledged-Active", "ack/Acknowledged-Active".
  QStringList told() const {
    QStringList all;
    for (const Event &event : outcome.events) {
      if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
        all << QString(toText(alarm->state)) + u'/' + toText(alarm->condition);
      } else {
        const auto &change = std::get<AlarmConditionChange>(event.body);
        all << change.cause + u'/' + toText(change.condition);
      }
    }
    return all;
  }
  QList<Occasion::Kind> occasions() const {
    QList<Occasion::Kind> all;
    for (const Occasion &each : outcome.occasions) all << each.kind;
    return all;
  }

  std::unique_ptr<AlarmEngine> engine;
  Moment now{fromMilliseconds(1'760'000'000'000), 100s};
  AlarmEngine::Outcome outcome;
  QHash<PointId, Sample> last;
  qint64 occurrence = 0;
  QString hidden;  ///< name of a point that nobody declared yet

 private:
  AlarmEngine::Outcome &fresh() {
    outcome = {};
    return outcome;
  }
  QHash<QString, PointId> m_points;
  BenchConfig m_config;
};

inline const QByteArray oneRule = R"({"rules":[{"id":1,"name":"High","point":"plc1/boiler/temp","comparison":"above",
    "warning_threshold":75,"alarm_threshold":80}]})";

}  // namespace tagwire::alarms
