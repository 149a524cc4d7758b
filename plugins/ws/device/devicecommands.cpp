// SPDX-License-Identifier: Apache-2.0
#include "devicecommands.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

#include "gatewaystate.h"
#include "protocols/jsontext.h"

namespace tagwire::ws {

namespace {

void tell(GatewayState &home, const CommandStatus &status) {
  Event event;
  event.body = status;
  Q_EMIT home.eventRaised(event);
}

void tell(GatewayState &home, const QString &commandId, PointId point, CommandState state, const QString &error = {}) {
  tell(home, {commandId, point, state, Value(), error});
}

/// Why the device can't take a value that the router let through; empty when it can.
QString valueProblem(const Device &device, const Command &command) {
  const qsizetype place = device.points().indexOf(command.point);
  if (place < 0) return QStringLiteral("the device has no such field any more");
  const Model::Field &field = device.model().fields()[static_cast<size_t>(place)];
  const QString *text = std::get_if<QString>(&command.value);
  if (field.rules.type != FieldType::Enum || !text || field.rules.values.contains(*text)) return {};
  return QStringLiteral("\"%1\" is none of the values (allowed: %2)")
      .arg(text->left(40), field.rules.values.mid(0, 20).join(QStringLiteral(", ")));
}

QByteArray commandMessage(const Command &command, const QString &point) {
  JsonText json;
  json.beginObject();
  json.put("type", "command");
  json.put("commandId", command.id);
  json.put("point", point);
  json.key("value");
  json.value(command.value);
  json.endObject();
  return json.bytes();
}

Rejection rejectedAcknowledgement(const QString &text) { return {Rejection::Kind::Acknowledgement, text}; }

}  // namespace

void DeviceCommands::execute(GatewayState &home, const Device *device, const Command &command) {
  const auto refuse = [&](const QString &why) { tell(home, command.id, command.point, CommandState::Failed, why); };
  if (!device || !device->publisher()) return refuse(QStringLiteral("the device is not connected"));
  if (const QString problem = valueProblem(*device, command); !problem.isEmpty()) return refuse(problem);
  Session &session = *device->publisher();
  // What waits for it here might reach the device after the command has expired.
  if (session.isCongested()) return refuse(QStringLiteral("the device does not read what it is sent"));
  const auto waiting = std::count_if(m_waiting.cbegin(), m_waiting.cend(),
                                     [&](const Waiting &each) { return each.session == &session; });
  if (waiting >= mostOfOneDevice) {
    return refuse(QStringLiteral("%1 commands wait for the device already").arg(mostOfOneDevice));
  }
  if (const auto obstacle = obstacleNow(command)) return tell(home, *obstacle);
  const PluginContext &context = home.context;
  m_waiting.insert(command.id, {&home, &session, command.point, context.clock().elapsed() + answerWithin});
  session.send(Frame::text(commandMessage(command, context.points().point(command.point)->fullName)));
  tell(home, command.id, command.point, CommandState::Sent);
}

bool DeviceCommands::isAcknowledgement(const QByteArray &message) {
  if (!message.contains("command_ack")) return false;
  return QJsonDocument::fromJson(message).object().value(QLatin1String("type")) == QLatin1String("command_ack");
}

std::optional<Rejection> DeviceCommands::acknowledge(const Session &from, const QByteArray &message) {
  const QJsonObject json = QJsonDocument::fromJson(message).object();
  const QJsonValue id = json.value(QLatin1String("commandId"));
  const QJsonValue ok = json.value(QLatin1String("ok"));
  if (!id.isString() || !ok.isBool()) {
    return rejectedAcknowledgement(QStringLiteral("command_ack without commandId (text) or ok (true or false)"));
  }
  const auto found = m_waiting.constFind(id.toString());
  if (found == m_waiting.cend() || found->session != &from) {
    return rejectedAcknowledgement(QStringLiteral("command_ack of no command that waits for one"));
  }
  if (!ok.toBool()) {
    const QString error = printablePart(json.value(QLatin1String("error")).toString().toUtf8());
    end(id.toString(), CommandState::Failed,
        error.isEmpty() ? QStringLiteral("the device refused it") : QStringLiteral("the device refused it: ") + error);
    return std::nullopt;
  }
  const Waiting waiting = *found;
  if (waiting.home) tell(*waiting.home, id.toString(), waiting.point, CommandState::Acked);
  end(id.toString(), CommandState::Succeeded, QString());
  return std::nullopt;
}

void DeviceCommands::end(const QString &commandId, CommandState state, const QString &error) {
  const Waiting waiting = m_waiting.take(commandId);
  if (waiting.home) tell(*waiting.home, commandId, waiting.point, state, error);
}

void DeviceCommands::lost(const Session &session) {
  QStringList ids;
  for (auto each = m_waiting.cbegin(); each != m_waiting.cend(); ++each) {
    if (each->session == &session) ids << each.key();
  }
  for (const QString &id : std::as_const(ids)) {
    end(id, CommandState::Unknown, QStringLiteral("the connection was lost before the device answered"));
  }
}

void DeviceCommands::tick(std::chrono::nanoseconds now) {
  QStringList ids;
  for (auto each = m_waiting.cbegin(); each != m_waiting.cend(); ++each) {
    if (now >= each->deadline) ids << each.key();
  }
  for (const QString &id : std::as_const(ids)) {
    end(id, CommandState::Unknown,
        QStringLiteral("the device did not answer within %1 s").arg(std::chrono::seconds(answerWithin).count()));
  }
}

}  // namespace tagwire::ws
