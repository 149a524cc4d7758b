// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QObject>

#include "context.h"
#include "mqttconfig.h"
#include "plugin.h"

namespace tagwire::mqtt {

/// Writes that come over the broker: makes commands of them and answers with each step. Only for the points that the
/// manifest lists; what the broker kept (retained) is no command. Thread-bound.
class CommandDesk : public QObject {
  Q_OBJECT
 public:
  CommandDesk(const CommandsConfig &config, const BrokerUrl &broker, PluginContext &context);

  Subscription subscription() const;
  QString topicOf(const QString &fullName) const { return m_topic + u'/' + fullName; }
  bool admits(const QString &fullName) const { return m_filter.accepts(fullName); }
  /// Whether the message was one for us.
  bool take(const Message &message);
  /// A write from elsewhere (Sparkplug), without an answer. Errors: not admitted, no such point.
  Result<void> write(const QString &fullName, const Value &value);
  void notify(const CommandStatus &status);
  void clear() { m_pending.clear(); }

 Q_SIGNALS:
  void commandRequested(const tagwire::Command &command);
  void answered(const tagwire::mqtt::Message &message);

 private:
  struct Pending {
    QString fullName;
    QString correlationId;
  };

  Result<Command> commandFor(const QString &fullName) const;
  void refuse(const QString &fullName, const QString &correlationId, const QString &why);
  void answer(const Pending &pending, const QString &id, const QString &state, const QString &error,
              const Value &actual);

  PluginContext &m_context;
  const PointFilter m_filter;
  const QString m_topic;
  const QString m_answers;
  const QString m_caller;
  QHash<QString, Pending> m_pending;
  Counter m_asked;
  Counter m_refused;
};

}  // namespace tagwire::mqtt
