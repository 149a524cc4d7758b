// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QProcess>
#include <QTimer>

#include "notify/channel.h"

namespace tagwire::alarms {

/// Runs a program for each message: arguments as they are, no shell, the notice as JSON on its input, nothing of our
/// environment but PATH and LANG. Exit code 0 is delivered. Thread-bound; owned by the target's lane.
class CommandChannel : public Channel {
 public:
  explicit CommandChannel(const NotificationTarget &target);
  ~CommandChannel() override;
  void send(const Message &message, Done done) override;

 private:
  void killAll();
  void readErrors();
  void end(const QString &trouble);

  const NotificationTarget &m_target;
  std::unique_ptr<QProcess> m_process;
  QTimer m_deadline;
  QByteArray m_said;  ///< the first of its stderr
  bool m_isLate = false;
  bool m_isRefused = false;
  Done m_done;
};

}  // namespace tagwire::alarms
