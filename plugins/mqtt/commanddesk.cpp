// SPDX-License-Identifier: Apache-2.0
#include "commanddesk.h"

#include <QJsonDocument>

#include "jsonpath.h"
#include "subscriber.h"

namespace tagwire::mqtt {

namespace {

constexpr qsizetype mostPending = 1000;
constexpr qsizetype longestId = 100;

QString expand(const QString &topic, const PluginContext &context) {
  return filled(topic,
                {{QStringLiteral("site"), topicLevel(context.site().name)}, {QStringLiteral("id"), context.id()}});
}

}  // namespace

CommandDesk::CommandDesk(const CommandsConfig &config, const BrokerUrl &broker, PluginContext &context)
    : m_context(context),
      m_filter(config.points),
      m_topic(expand(config.topic, context)),
      m_answers(expand(config.answers, context)),
      m_caller(QStringLiteral("mqtt:%1@%2").arg(context.id(), broker.host)),
      m_asked(context.metrics().counter("tagwire_mqtt_commands_total", "Commands that came over the broker")),
      m_refused(context.metrics().counter("tagwire_mqtt_commands_refused_total",
                                          "Commands over the broker that did not get to the router")) {}

Subscription CommandDesk::subscription() const { return {m_topic + QStringLiteral("/#"), 1}; }

Result<Command> CommandDesk::commandFor(const QString &fullName) const {
  if (!m_filter.accepts(fullName)) return failure(QStringLiteral("not permitted: `commands.points` does not list it"));
  Command command;
  command.point = m_context.points().find(fullName);
  if (command.point == PointId::None) return failure(QStringLiteral("there is no such point"));
  if (m_pending.size() >= mostPending) return failure(QStringLiteral("too many commands at once"));
  command.id = newCommandId();
  command.requestedBy = m_caller;
  command.created = m_context.clock().now();
  return command;
}

Result<void> CommandDesk::write(const QString &fullName, const Value &value) {
  m_asked.add();
  auto command = commandFor(fullName);
  if (!command) {
    m_refused.add();
    return failure(command.error());
  }
  command->value = value;
  Q_EMIT commandRequested(*command);
  return {};
}

bool CommandDesk::take(const Message &message) {
  if (!message.topic.startsWith(m_topic + u'/')) return false;
  const QString fullName = message.topic.mid(m_topic.size() + 1);
  m_asked.add();
  const QJsonValue json = payloadValue(message.payload);
  const QJsonObject object = json.toObject();
  const QString correlationId = object.value(u"correlation_id").toString();
  if (correlationId.size() > longestId) {
    refuse(fullName, {}, QStringLiteral("correlation_id is too long (allowed: 100 characters)"));
    return true;
  }
  // It may be of any age.
  if (message.isRetained) {
    refuse(fullName, correlationId, QStringLiteral("a retained message is no command"));
    return true;
  }
  auto command = commandFor(fullName);
  if (!command) {
    refuse(fullName, correlationId, command.error());
    return true;
  }
  const auto point = m_context.points().point(command->point);
  const auto value = valueOf(json.isObject() ? object.value(u"value") : json, point->type);
  if (!value) {
    refuse(fullName, correlationId, value.error());
    return true;
  }
  command->value = *value;
  command->correlationId = correlationId;
  m_pending.insert(command->id, {fullName, correlationId});
  Q_EMIT commandRequested(*command);
  return true;
}

void CommandDesk::notify(const CommandStatus &status) {
  const auto found = m_pending.constFind(status.commandId);
  if (found == m_pending.cend()) return;
  const Pending pending = *found;
  if (isFinal(status.state)) m_pending.erase(found);
  answer(pending, status.commandId, toText(status.state), status.error, status.actualValue);
}

void CommandDesk::refuse(const QString &fullName, const QString &correlationId, const QString &why) {
  m_refused.add();
  // Only for points that are ours to speak of: else anybody could make any number of topics.
  if (!m_filter.accepts(fullName)) return;
  answer({fullName, correlationId}, {}, toText(CommandState::Failed), why, {});
}

void CommandDesk::answer(const Pending &pending, const QString &id, const QString &state, const QString &error,
                         const Value &actual) {
  QJsonObject json{{QStringLiteral("state"), state}, {QStringLiteral("time"), toIso(m_context.clock().now())}};
  if (!id.isEmpty()) json.insert(QStringLiteral("command_id"), id);
  if (!pending.correlationId.isEmpty()) json.insert(QStringLiteral("correlation_id"), pending.correlationId);
  if (!error.isEmpty()) json.insert(QStringLiteral("error"), error);
  if (typeOf(actual) != ValueType::None) json.insert(QStringLiteral("actual_value"), toJson(actual));
  Q_EMIT answered({m_answers + u'/' + pending.fullName, QJsonDocument(json).toJson(QJsonDocument::Compact), 1});
}

}  // namespace tagwire::mqtt
