// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>

#include "fakealarms.h"
#include "http/target.h"
#include "testcontext.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// A session that keeps what it is sent. Congestion is what the test says.
class RecordingSession : public Session {
 public:
  explicit RecordingSession(const QHash<QString, QString> &variables = {}, const QString &query = {}) : m_id(++lastId) {
    m_upgrade.variables = variables;
    m_upgrade.query = pairsOf(query.toUtf8());
    allow({QStringLiteral("*:*")});
  }
  /// An event stream's query, and what it was told last before it was broken off.
  void ask(const char *query, const QByteArray &lastEventId = {}) {
    m_upgrade.query = pairsOf(query);
    m_upgrade.lastEventId = lastEventId;
  }
  /// What the caller may do from now on.
  void allow(const QStringList &permissions, const QString &name = QStringLiteral("tester")) {
    auto caller = std::make_shared<Caller>();
    caller->kind = Caller::Kind::Token;
    caller->name = name;
    caller->permissions = *Permissions::fromTexts(permissions);
    m_caller = caller;
  }

  quint64 id() const override { return m_id; }
  QString peer() const override { return QStringLiteral("127.0.0.1:%1").arg(40000 + m_id); }
  const Upgrade &upgrade() const override { return m_upgrade; }
  const CallerPointer &caller() const override { return m_caller; }
  void send(const Frame &frame) override { frames.append(frame); }
  bool isCongested() const override { return congested; }
  void reached(const QByteArray &where) override { position = where; }
  std::chrono::nanoseconds answeredAt() const override { return answered; }
  void close(quint16 code, const QString &reason) override {
    closeCode = code;
    closeReason = reason;
  }

  /// The message of a frame, its WebSocket head taken off.
  static QByteArray payload(const Frame &frame) {
    const QByteArray &bytes = frame.bytes();
    const int size = static_cast<unsigned char>(bytes[1]);
    const int head = size < 126 ? 2 : size == 126 ? 4 : 10;
    return bytes.mid(head);
  }
  qsizetype count() const { return frames.size(); }
  QByteArray text(qsizetype index) const { return index < frames.size() ? payload(frames[index]) : QByteArray(); }
  QJsonObject message(qsizetype index) const { return QJsonDocument::fromJson(text(index)).object(); }
  QJsonObject last() const { return message(frames.size() - 1); }
  void clear() { frames.clear(); }
  /// Values of `key` in each message so far.
  QStringList each(const char *key) const {
    QStringList values;
    for (qsizetype index = 0; index < count(); ++index) {
      values << message(index).value(QLatin1String(key)).toVariant().toString();
    }
    return values;
  }

  QList<Frame> frames;
  QByteArray position;
  bool congested = false;
  std::chrono::nanoseconds answered{0};
  int closeCode = 0;
  QString closeReason;

 private:
  static QList<std::pair<QString, QString>> pairsOf(const QByteArray &query) {
    return Target::parse("/?" + query).value_or(Target()).query();
  }

  static inline quint64 lastId = 0;
  quint64 m_id;
  Upgrade m_upgrade;
  CallerPointer m_caller;
};

/// Declares one point and gives its id.
inline PointId declarePoint(TestContext &context, const char *name, int number, ValueType type = ValueType::Double,
                            const QString &unit = {}) {
  PointInfo info;
  info.name = QString::fromUtf8(name);
  info.number = number;
  info.type = type;
  info.unit = unit;
  return context.declare({info}).value(0);
}

/// A good sample of now.
inline Sample sampleOf(TestContext &context, PointId point, const Value &value, Quality quality = {}) {
  return {point, quality, context.clock().now(), value};
}

inline Value positionOf(const char *tag, double x, double y, int zone = 0) {
  auto fix = std::make_shared<Fix>();
  fix->tag = QString::fromUtf8(tag);
  fix->type = QStringLiteral("Sim");
  fix->gateway = QStringLiteral("SIM-GW");
  fix->confidence = 95;
  fix->battery = 100;
  fix->sequence = 17;
  fix->zone = zone;
  return Position{x, y, 0, fix};
}

/// The table first, then the protocol: as the hub does it.
template <class P>
void publish(TestContext &context, P &protocol, const Samples &samples) {
  context.setSequence(context.sequence() + 1);
  context.pointTable().update(samples);
  protocol.write(samples);
}

template <class P>
Event raise(TestContext &context, P &protocol, decltype(Event::body) body) {
  context.setSequence(context.sequence() + 1);
  Event event;
  event.sequence = context.sequence();
  event.time = context.clock().now();
  event.source = QStringLiteral("alarms");
  event.body = std::move(body);
  protocol.notify(event);
  return event;
}

inline Command commandNamed(const char *id) {
  Command command;
  command.id = QString::fromLatin1(id);
  return command;
}

inline AlarmTransition alarmOf(int rule, AlarmState state, AlarmState previous, const char *area = "") {
  AlarmTransition alarm;
  alarm.alarmId = 4200 + rule;
  alarm.ruleId = rule;
  alarm.ruleName = QStringLiteral("Compressor Discharge High Temp");
  alarm.area = QString::fromUtf8(area);
  alarm.state = state;
  alarm.previous = previous;
  alarm.severity = Severity::Critical;
  alarm.comparison = QStringLiteral("above");
  alarm.pointNumber = 42;
  alarm.value = 85.5;
  alarm.warningThreshold = 75;
  alarm.alarmThreshold = 80;
  alarm.message = QStringLiteral("Rule Compressor Discharge High Temp -> ") + toText(state);
  return alarm;
}

/// What an operator did, as the desk tells it.
inline AlarmConditionChange changeOf(int rule, AlarmCondition condition, AlarmCondition previous, const char *cause,
                                     const char *area = "") {
  AlarmConditionChange change;
  change.alarmId = 4200 + rule;
  change.ruleId = rule;
  change.ruleName = QStringLiteral("Compressor Discharge High Temp");
  change.area = QString::fromUtf8(area);
  change.state = AlarmState::Alarm;
  change.severity = Severity::Critical;
  change.condition = condition;
  change.previous = previous;
  change.cause = QString::fromUtf8(cause);
  change.by = QStringLiteral("ann");
  return change;
}

}  // namespace tagwire::ws
