// SPDX-License-Identifier: Apache-2.0
#include "notify/webhookchannel.h"

#include <QMessageAuthenticationCode>

namespace tagwire::alarms {
namespace {

/// What the status says of this very message; all else is about the target, and may be mended there or here.
bool isAboutTheMessage(int status) { return status == 400 || status == 413 || status == 415 || status == 422; }

Outcome outcomeOf(const TransferEnd &end, const QStringList &secrets) {
  Outcome outcome{.reason = end.error, .answer = foreign(end.answer, secrets), .retryAfter = end.retryAfter};
  if (!end.error.isEmpty()) return outcome;
  outcome.reason = QStringLiteral("HTTP status %1").arg(end.status);
  if (end.status >= 200 && end.status < 300) {
    outcome.kind = Outcome::Kind::Delivered;
  } else if (end.status >= 300 && end.status < 400) {
    outcome.reason += QStringLiteral(", a redirection, which is not followed");
  } else if (isAboutTheMessage(end.status)) {
    outcome.kind = Outcome::Kind::Refused;
  }
  return outcome;
}

}  // namespace

QByteArray webhookSignature(const QByteArray &secret, const QByteArray &timestamp, const QByteArray &body) {
  const QByteArray signedText = timestamp + '.' + body;
  return "sha256=" + QMessageAuthenticationCode::hash(signedText, secret, QCryptographicHash::Sha256).toHex();
}

WebhookChannel::WebhookChannel(const NotificationTarget &target, const Clock &clock, Transfers &transfers)
    : m_target(target),
      m_clock(clock),
      m_transfers(transfers),
      m_secrets({{target.secret}, {target.token, fitsAHeader}}) {}

void WebhookChannel::send(const Message &message, Done done) {
  m_secrets.read([this, message, done = std::move(done)](const QList<Secret> &secrets) {
    post(message, secrets.at(0).reveal(), secrets.at(1).reveal(), done);
  });
}

void WebhookChannel::post(const Message &message, const QString &secret, const QString &token, Done done) {
  Transfer transfer;
  transfer.url = m_target.url->url.toEncoded();
  transfer.body = message.json();
  transfer.caFile = m_target.caFile.toUtf8();
  if (m_target.proxy) transfer.proxy = m_target.proxy->url.toEncoded();
  transfer.connectTimeout = m_target.connectTimeout;
  transfer.timeout = m_target.timeout;
  const QByteArray timestamp = QByteArray::number(toMilliseconds(m_clock.now()) / 1000);
  transfer.headers = {"Content-Type: application/json", "User-Agent: Tagwire",
                      "Expect:", "X-Tagwire-Delivery: " + message.key.toUtf8(), "X-Tagwire-Timestamp: " + timestamp};
  if (!secret.isEmpty()) {
    transfer.headers << "X-Tagwire-Signature: " + webhookSignature(secret.toUtf8(), timestamp, transfer.body);
  }
  if (!token.isEmpty()) transfer.headers << "Authorization: Bearer " + token.toUtf8();
  m_transfers.begin(transfer, [life = std::weak_ptr<int>(m_life), done = std::move(done),
                               secrets = QStringList{secret, token}](const TransferEnd &end) {
    if (!life.expired()) done(outcomeOf(end, secrets));
  });
}

}  // namespace tagwire::alarms
