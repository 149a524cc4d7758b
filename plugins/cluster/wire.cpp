// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

namespace tagwire::cluster {

using namespace std::chrono_literals;

Wire::Wire(const ClusterConfig &config, const QString &site, Take take, Tell tell)
    : Feed(config, "wire", std::move(tell)),
      m_take(std::move(take)),
      m_site(site.toUtf8()),
      m_node(config.node.toUtf8()) {
  natsInbox *inbox = nullptr;
  if (natsInbox_Create(&inbox) == NATS_OK) m_inbox = QByteArray(inbox) + '.';
  natsInbox_Destroy(inbox);
  begin();
}

Wire::~Wire() { end(); }

Result<void> Wire::read(const Link &link) {
  std::vector<Subscription> subscriptions;
  const auto listen = [&](const QByteArray &subject, natsMsgHandler handler) -> Result<void> {
    auto subscription = link.subscribe(subject, handler, this);
    if (!subscription) return failure(subscription.error());
    subscriptions.push_back(std::move(*subscription));
    return {};
  };
  Result<void> done = listen(m_inbox + '*', &Wire::onAnswer);
  if (done && m_take.command) done = listen("tw." + m_site + ".cmd." + m_node + ".*", &Wire::onCommand);
  if (done && m_take.alive) done = listen("tw.*.alive.*", &Wire::onAlive);
  if (!done) return done;
  {
    const std::lock_guard lock(m_linkMutex);
    m_link = &link;
  }
  while (!mustStop()) {
    say(link.isConnected() ? QString()
                           : QStringLiteral("no connection to %1").arg(m_config.servers.join(QStringLiteral(", "))));
    waitUntil(500ms, [] { return false; });
  }
  const std::lock_guard lock(m_linkMutex);
  m_link = nullptr;
  return {};
}

Result<void> Wire::publish(const QByteArray &subject, const QByteArray &data, const QByteArray &reply) {
  const std::lock_guard lock(m_linkMutex);
  // What waits for a connection would come when nobody wants it any more.
  if (!m_link || !m_link->isConnected()) return failure(QStringLiteral("there is no connection to the NATS servers"));
  return m_link->publish(subject, data, reply);
}

Result<void> Wire::ask(const Sender &node, quint64 number, const QByteArray &data) {
  const QByteArray subject = "tw." + node.site.toUtf8() + ".cmd." + node.node.toUtf8() + '.' + m_node;
  return publish(subject, data, m_inbox + QByteArray::number(number));
}

void Wire::answer(const QByteArray &reply, const QByteArray &data) {
  // Nobody waits for it any more when it can't be sent.
  (void)publish(reply, data);
}

void Wire::sayAlive(const QByteArray &data) { (void)publish("tw." + m_site + ".alive." + m_node, data); }

void Wire::onCommand(natsConnection *, natsSubscription *, natsMsg *raw, void *closure) {
  const Message message(raw);
  const QByteArray subject(natsMsg_GetSubject(raw));
  const QByteArray reply(natsMsg_GetReply(raw));
  const QByteArray from = subject.mid(subject.lastIndexOf('.') + 1);
  static_cast<Wire *>(closure)->m_take.command(QString::fromUtf8(from), dataOf(raw), reply);
}

void Wire::onAnswer(natsConnection *, natsSubscription *, natsMsg *raw, void *closure) {
  const Message message(raw);
  const QByteArray subject(natsMsg_GetSubject(raw));
  const quint64 number = subject.mid(subject.lastIndexOf('.') + 1).toULongLong();
  static_cast<Wire *>(closure)->m_take.answer(number, dataOf(raw), natsMsg_IsNoResponders(raw));
}

void Wire::onAlive(natsConnection *, natsSubscription *, natsMsg *raw, void *closure) {
  const Message message(raw);
  if (const auto sender = senderOf(natsMsg_GetSubject(raw)))
    static_cast<Wire *>(closure)->m_take.alive(*sender, dataOf(raw));
}

}  // namespace tagwire::cluster
