// SPDX-License-Identifier: Apache-2.0
#include "notify/mailchannel.h"

#include "notify/mailtext.h"

namespace tagwire::alarms {
namespace {

/// The server answered to one recipient, or to the mail, that it never will take it. 53x is about our name there, 50x
/// about the server itself: that may be mended.
bool isForGood(int status) { return status >= 550 && status < 560; }

}  // namespace

MailChannel::MailChannel(const NotificationTarget &target, const Clock &, Transfers &transfers)
    : m_target(target), m_transfers(transfers), m_secrets({{target.password}}) {}

void MailChannel::send(const Message &message, Done done) {
  if (message.key != m_key) {
    m_have.clear();
    m_attempts = 0;
  }
  m_key = message.key;
  ++m_attempts;
  m_putOff.clear();
  m_putOffWords.clear();
  m_isServerGone = false;
  m_mail = mailText(message, m_target);
  m_done = std::move(done);
  m_recipient = -1;
  m_refused.clear();
  m_trouble = {};
  m_secrets.read([this](const QList<Secret> &secrets) {
    m_password = secrets.first().reveal();
    next();
  });
}

void MailChannel::next() {
  do ++m_recipient;
  while (m_have.contains(m_recipient));
  if (m_recipient >= m_target.to.size()) return conclude();
  Transfer transfer;
  transfer.url = m_target.url->url.toEncoded();
  transfer.body = m_mail;
  transfer.mailFrom = '<' + m_target.from->text.toLatin1() + '>';
  transfer.mailTo = '<' + m_target.to.at(m_recipient).text.toLatin1() + '>';
  transfer.user = m_target.user.toUtf8();
  transfer.password = m_password.toUtf8();
  transfer.isTlsRequired = !m_target.url->isEncrypted() && m_target.startTls == StartTls::Required;
  transfer.caFile = m_target.caFile.toUtf8();
  transfer.connectTimeout = m_target.connectTimeout;
  transfer.timeout = m_target.timeout;
  m_transfers.begin(transfer, [this, life = std::weak_ptr<int>(m_life)](const TransferEnd &end) {
    if (!life.expired()) ended(end);
  });
}

void MailChannel::ended(const TransferEnd &end) {
  const QString status = end.status > 0 ? QStringLiteral(" (SMTP status %1)").arg(end.status) : QString();
  m_trouble.answer = foreign(end.answer, {m_password});
  if (end.error.isEmpty()) {
    m_have.insert(m_recipient);
    m_givenUp.remove(m_recipient);
  } else if (isForGood(end.status)) {
    m_refused << m_target.to.at(m_recipient).text + status;
  } else {
    m_trouble.reason = end.error + status;
    m_putOff.insert(m_recipient);
    m_putOffWords << m_target.to.at(m_recipient).text + status;
    // It is not there: the others would only wait for the same.
    m_isServerGone = end.status == 0;
    if (m_isServerGone) return conclude();
  }
  next();
}

void MailChannel::conclude() {
  // One full mailbox must not keep the next alarm from all the others.
  const bool isEnough = m_attempts >= mostAttempts || m_givenUp.contains(m_putOff);
  if (!m_isServerGone && !m_have.isEmpty() && !m_putOff.isEmpty() && isEnough) {
    m_givenUp += m_putOff;
    m_refused += m_putOffWords;
    m_trouble.reason.clear();
  }
  Outcome outcome = m_trouble;
  if (outcome.reason.isEmpty()) {
    const QString refused = QStringLiteral("refused for %1").arg(m_refused.join(QLatin1String(", ")));
    outcome.kind = m_have.isEmpty() ? Outcome::Kind::Refused : Outcome::Kind::Delivered;
    if (!m_refused.isEmpty()) outcome.reason = refused;
  }
  const Done done = std::move(m_done);
  done(outcome);  // may delete this
}

}  // namespace tagwire::alarms
