// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>

#include "notify/channel.h"
#include "notify/newestsecrets.h"
#include "notify/transfers.h"

namespace tagwire::alarms {

/// Sends each message as a mail, one recipient after the other over one connection, so that one whom the server does
/// not know keeps nobody else from getting it, and who has it gets it no second time. Thread-bound; owned by the
/// target's lane.
class MailChannel : public Channel {
 public:
  MailChannel(const NotificationTarget &target, const Clock &clock, Transfers &transfers);
  void send(const Message &message, Done done) override;

  /// Of one mail to a recipient who is put off again and again while others have it: some 8 minutes, which greylisting
  /// seldom outlasts. After that he gets one attempt a mail, until one is taken.
  static constexpr int mostAttempts = 10;

 private:
  void next();
  void ended(const TransferEnd &end);
  void conclude();

  const NotificationTarget &m_target;
  Transfers &m_transfers;
  NewestSecrets m_secrets;
  QString m_password;      ///< at the mail server, for this attempt
  QString m_key;           ///< of the message below
  QSet<qsizetype> m_have;  ///< recipients that have it, from earlier attempts too
  QByteArray m_mail;
  qsizetype m_recipient = 0;
  QStringList m_refused;      ///< recipients, with the status
  int m_attempts = 0;         ///< of the message
  QSet<qsizetype> m_putOff;   ///< recipients of whom the server says "later" in this attempt
  QStringList m_putOffWords;  ///< the same, with the status
  QSet<qsizetype> m_givenUp;  ///< recipients who were put off too often, for an earlier mail too
  bool m_isServerGone = false;
  Outcome m_trouble;  ///< with a reason when something failed
  Done m_done;
  std::shared_ptr<int> m_life = std::make_shared<int>();
};

}  // namespace tagwire::alarms
