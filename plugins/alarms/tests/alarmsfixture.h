// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QtTest>

#include <sqlite3.h>

#include "alarms.h"
#include "patience.h"
#include "testing/testcontext.h"

namespace tagwire::alarms {

/// An instance with a real point table, a real store and a clock that stands still; what it tells is kept.
class AlarmsFixture : public QObject {
 protected:
  void setUp();
  std::unique_ptr<Alarms> make(const QByteArray &keys = {}, const QByteArray &more = {});
  std::unique_ptr<Alarms> started(const QByteArray &keys = {}, const QByteArray &more = {});
  bool start(Alarms &alarms);
  void feed(Alarms &alarms, const Value &value, Quality quality = {});
  AlarmAnswer act(Alarms &alarms, AlarmAction action);
  AlarmAnswer change(Alarms &alarms, AlarmRuleChange::Kind kind, int id, const QByteArray &rule = {});
  template <class Answer, class... Given>
  std::optional<Result<Answer>> ask(Alarms &alarms, void (AlarmDesk::*method)(Reply<Answer>, Given...), Given... given);
  QString storePath() const { return m_context->dataDir() + QStringLiteral("/alarms-alarms.db"); }

  std::unique_ptr<TestContext> m_context;
  PointId m_point = PointId::None;
  QList<AlarmTransition> m_told;
  QList<AlarmConditionChange> m_changes;
  QList<Time> m_times;
};

inline const QByteArray ownRule =
    "{\"id\":900,\"name\":\"Own\",\"point\":\"plc1/temp\",\"comparison\":\"above\",\"alarm_threshold\":50}";

inline void AlarmsFixture::setUp() {
  m_context = std::make_unique<TestContext>(QStringLiteral("alarms"));
  PointInfo info;
  info.name = QStringLiteral("temp");
  info.number = 42;
  m_point = *m_context->pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info);
  m_told.clear();
  m_changes.clear();
  m_times.clear();
}

inline std::unique_ptr<Alarms> AlarmsFixture::make(const QByteArray &keys, const QByteArray &more) {
  Problems problems;
  const ConfigNode node = parseJson(
      "{\"rules\":[{\"id\":77,\"name\":\"High\",\"point\":\"plc1/temp\","
      "\"comparison\":\"above\",\"alarm_threshold\":80,\"warning_threshold\":75,"
      "\"severity\":\"critical\"" +
          keys + "}]" + more + "}",
      QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto alarms = makeAlarms(reader, *m_context);
  if (!alarms) return nullptr;
  connect(alarms.get(), &Plugin::eventRaised, this, [this](const Event &event) {
    if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
      m_told << *alarm;
      m_times << event.time;
    } else {
      m_changes << std::get<AlarmConditionChange>(event.body);
    }
  });
  return alarms;
}

inline bool AlarmsFixture::start(Alarms &alarms) {
  QSignalSpy status(&alarms, &Plugin::statusChanged);
  alarms.start();
  return !status.isEmpty() || status.wait();
}

inline std::unique_ptr<Alarms> AlarmsFixture::started(const QByteArray &keys, const QByteArray &more) {
  auto alarms = make(keys, more);
  if (alarms && !start(*alarms)) qWarning("it does not start");
  return alarms;
}

inline void AlarmsFixture::feed(Alarms &alarms, const Value &value, Quality quality) {
  const Samples samples{Sample{m_point, quality, m_context->clock().now(), value}};
  m_context->pointTable().update(samples);
  alarms.write(samples);
}

template <class Answer, class... Given>
std::optional<Result<Answer>> AlarmsFixture::ask(Alarms &alarms, void (AlarmDesk::*method)(Reply<Answer>, Given...),
                                                 Given... given) {
  auto answer = std::make_shared<std::optional<Result<Answer>>>();
  (static_cast<AlarmDesk &>(alarms).*method)([answer](Result<Answer> outcome) { *answer = std::move(outcome); },
                                             given...);
  [&] { QTRY_VERIFY(answer->has_value()); }();
  return *answer;
}

inline AlarmAnswer AlarmsFixture::act(Alarms &alarms, AlarmAction action) {
  action.by = QStringLiteral("anna");
  return **ask<AlarmAnswer, AlarmAction>(alarms, &AlarmDesk::act, action);
}

inline AlarmAnswer AlarmsFixture::change(Alarms &alarms, AlarmRuleChange::Kind kind, int id, const QByteArray &rule) {
  const AlarmRuleChange change{
      .kind = kind, .id = id, .rule = QJsonDocument::fromJson(rule).object(), .by = QStringLiteral("anna")};
  return **ask<AlarmAnswer, AlarmRuleChange>(alarms, &AlarmDesk::changeRule, change);
}

}  // namespace tagwire::alarms
