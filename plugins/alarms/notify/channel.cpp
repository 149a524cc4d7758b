// SPDX-License-Identifier: Apache-2.0
#include "notify/channel.h"

#include "logging.h"
#include "notify/commandchannel.h"
#include "notify/mailchannel.h"
#include "notify/webhookchannel.h"

namespace tagwire::alarms {

std::unique_ptr<Channel> makeChannel(const NotificationTarget &target, const Clock &clock, Transfers *transfers) {
  switch (target.type) {
    case TargetType::Webhook:
      return std::make_unique<WebhookChannel>(target, clock, *transfers);
    case TargetType::Email:
      return std::make_unique<MailChannel>(target, clock, *transfers);
    case TargetType::Command:
      return std::make_unique<CommandChannel>(target);
  }
  return nullptr;
}

QString foreign(const QByteArray &text, const QStringList &secrets) {
  constexpr qsizetype longest = 300;
  QString shown = QString::fromUtf8(text).trimmed();
  for (const QString &secret : secrets) {
    if (!secret.isEmpty()) shown.replace(secret, QStringLiteral("***"));
  }
  return onOneLine(shown.left(longest));
}

}  // namespace tagwire::alarms
