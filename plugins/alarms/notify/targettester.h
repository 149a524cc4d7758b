// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/channel.h"
#include "notify/transfers.h"
#include "tool.h"

namespace tagwire::alarms {

/// `tagwire alarms test-target MANIFEST TARGET`: tells one target something harmless, now, and says how it went. Exit
/// code 1 when it was not told. Thread-bound; owned by the command.
class TargetTester : public Tool {
  Q_OBJECT
 public:
  tl::expected<QString, ToolError> start(const QStringList &arguments) override;

 private:
  void send(const QString &instance, const struct Site &site);
  void say(const Outcome &outcome);

  Clock m_clock;
  NotificationTarget m_target;
  std::unique_ptr<Transfers> m_transfers;
  std::unique_ptr<Channel> m_channel;
};

}  // namespace tagwire::alarms
