// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../device/tests/emsmodel.h"
#include "protocols/deviceprotocol.h"
#include "recordingsession.h"

namespace tagwire::ws {

inline WsConfig emsConfig(const QByteArray &unknownFields) {
  QString problems;
  const auto config = readWsConfig(json("{'listen':'127.0.0.1:0'," + emsModels(unknownFields) +
                                        ",'devices':[{'id':'ems_001','model':'ems'},{'id':'ems_002','model':'ems'}]}"),
                                   &problems);
  if (!config) qFatal("%s", qPrintable(problems));
  return *config;
}

/// A session at one device, by a caller of any kind.
struct DeviceSession : RecordingSession {
  explicit DeviceSession(const QStringList &permissions, const char *device = "ems_001",
                         Caller::Kind kind = Caller::Kind::Token)
      : RecordingSession({{QStringLiteral("device_id"), QString::fromLatin1(device)}}) {
    allow(permissions);
    credential = std::make_shared<Caller>(*caller());
    credential->kind = kind;
  }
  std::shared_ptr<Caller> credential;
  const CallerPointer &caller() const override {
    if (!credential) return RecordingSession::caller();
    current = credential;
    return current;
  }
  mutable CallerPointer current;
};

inline const QStringList publishing{QStringLiteral("device:ems_001:publish")};
inline const QStringList watching{QStringLiteral("device:ems_001:watch")};

/// Two devices of one model behind their protocol, with the gateway's part played by the test.
struct DeviceBench {
  explicit DeviceBench(const QByteArray &unknownFields = "ignore") : state(emsConfig(unknownFields), context) {
    const ConfigNode node = parseJson("{}", QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    book = DeviceBook::join(state.config, context, reader);
    protocol = std::make_unique<DeviceProtocol>(state);
    QObject::connect(&state, &GatewayState::samplesReady, &state, [this](const Samples &batch) {
      context.pointTable().update(batch);
      samples += batch;
    });
    QObject::connect(&state, &GatewayState::eventRaised, &state, [this](const Event &event) { events += event; });
  }
  int statusOf(const DeviceSession &session) {
    if (const auto refusal = protocol->check(session.upgrade(), *session.caller())) return refusal->status;
    const auto refusal = protocol->admit(session.upgrade(), *session.caller());
    return refusal ? refusal->status : 101;
  }
  /// What the gateway does with an upgrade: its HTTP status.
  int open(DeviceSession &session) {
    session.answered = context.clock().elapsed();
    const int status = statusOf(session);
    if (status == 101) protocol->opened(session);
    return status;
  }
  void say(DeviceSession &session, const QByteArray &text) { protocol->received(session, json(text)); }
  void end(DeviceSession &session) { protocol->closed(session); }
  PointId point(const char *name) const { return context.points().find(QString::fromLatin1(name)); }
  Sample last(const char *name) const { return context.points().last(point(name)); }
  double counted(const char *metric) {
    const QByteArray text = QByteArray::fromStdString(context.metrics().text());
    const qsizetype at = text.indexOf(QByteArray("\n") + metric);
    return at < 0 ? -1 : text.mid(text.indexOf(' ', at + 2), 20).split('\n').first().trimmed().toDouble();
  }
  QString command(const char *name, const Value &value) {
    Command given;
    given.id = newCommandId();
    given.point = point(name);
    given.value = value;
    given.expires = context.clock().now() + std::chrono::seconds(10);
    book->commands().execute(state, book->find(QString::fromLatin1(name).section(u'/', 0, 0)).get(), given);
    return given.id;
  }
  /// The steps that were told of a command, "sent,acked,succeeded".
  QString steps(const QString &id) const {
    QStringList all;
    for (const Event &event : events) {
      const auto *status = std::get_if<CommandStatus>(&event.body);
      if (status && status->commandId == id) all << toText(status->state);
    }
    return all.join(u',');
  }
  QString lastError() const { return std::get<CommandStatus>(events.last().body).error; }

  TestContext context{QStringLiteral("web")};
  GatewayState state;
  Problems problems;
  std::shared_ptr<DeviceBook> book;
  std::unique_ptr<DeviceProtocol> protocol;
  Samples samples;
  QList<Event> events;
};

}  // namespace tagwire::ws
