// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/channel.h"
#include "notify/newestsecrets.h"
#include "notify/transfers.h"

namespace tagwire::alarms {

/// "sha256=<hex>": HMAC-SHA256 of `<timestamp>.<body>`, so that neither can be changed nor sent again much later.
QByteArray webhookSignature(const QByteArray &secret, const QByteArray &timestamp, const QByteArray &body);

/// Posts each message as JSON. Thread-bound; owned by the target's lane.
class WebhookChannel : public Channel {
 public:
  WebhookChannel(const NotificationTarget &target, const Clock &clock, Transfers &transfers);
  void send(const Message &message, Done done) override;

 private:
  void post(const Message &message, const QString &secret, const QString &token, Done done);

  const NotificationTarget &m_target;
  const Clock &m_clock;
  Transfers &m_transfers;
  NewestSecrets m_secrets;
  std::shared_ptr<int> m_life = std::make_shared<int>();  ///< gone with this, so that a late answer knows
};

}  // namespace tagwire::alarms
