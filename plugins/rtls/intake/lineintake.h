// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHostAddress>

#include <functional>

#include "context.h"
#include "linereader.h"
#include "lineturns.h"
#include "senderbook.h"
#include "services/fixintake.h"

namespace tagwire::rtls {

/// Takes what the listeners of an instance bring: reads lines, hands fixes on, counts what is refused or dropped, and
/// says once of a sender that it sends what can't be taken. Thread-bound; owned by Intake.
class LineIntake {
 public:
  using Take = std::function<Result<void>(const IncomingFix &)>;
  /// What is dropped before it is read, by reason.
  enum class Drop : quint8 { Sender, Connections, TooLong, TooMany, Timeout, Kernel, Answer };

  LineIntake(PluginContext &context, Take take);

  /// Errors: refused, counted and said. `connection` names who counts sequences; `sender` is its address.
  Result<void> take(const QByteArray &line, const QString &connection, const QString &sender);
  void drop(Drop reason, const QString &sender, const QString &text, int count = 1);
  void connected(int connections);
  PluginContext &context() { return m_context; }
  LineTurns &turns() { return m_turns; }

 private:
  Result<void> handOn(const QByteArray &line, const QString &connection);
  void say(const QString &sender, const QString &text);

  PluginContext &m_context;
  Take m_take;
  SenderBook m_senders;
  Counter m_lines;
  Counter m_malformed;
  std::vector<Counter> m_drops;  ///< by Drop
  Gauge m_connections;
  LineTurns m_turns;
};

}  // namespace tagwire::rtls
