// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <QRandomGenerator>

namespace tagwire::cluster {

using namespace std::chrono_literals;

namespace {

constexpr qsizetype longestMark = 1024;
const char *const commandKind = "cmd";
const char *const deskKind = "alarms";
const char *const aliveWord = "alive";
const char *const speaksWord = "speaks";
const char *const listensWord = "listens";

/// Of "tw.<site>.node.<node>.<what>".
Sender nodeOf(const QByteArray &subject) {
  const QByteArrayList parts = subject.split('.');
  return {QString::fromUtf8(parts.value(1)), QString::fromUtf8(parts.value(3))};
}

/// By its sender, that is: not by the server, which confirms to any subject that somebody names, with its own rights.
bool isSaid(natsMsg *message) {
  const char **keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &keys, &count) == NATS_OK) free(keys);
  return count == 0 && !natsMsg_GetReply(message);
}

QByteArray lastPart(const QByteArray &subject) { return subject.mid(subject.lastIndexOf('.') + 1); }

}  // namespace

Wire::Wire(const ClusterConfig &config, const QString &site, Take take, Tell tell)
    : Feed(config, "wire", std::move(tell)),
      m_take(std::move(take)),
      m_site(site.toUtf8()),
      m_node(config.node.toUtf8()),
      m_inbox(inboxOf(config.node) + '.') {
  begin();
}

Wire::~Wire() { end(); }

quint64 Wire::newNumber() { return QRandomGenerator::system()->generate64(); }

Result<std::vector<Listening>> Wire::listen(const Link &link) const {
  std::vector<Listening> all;
  Result<void> done;
  const auto add = [&](bool isWanted, const QByteArray &to, Listening::Take take) {
    if (!done || !isWanted) return;
    auto listening = link.listen(to, std::move(take));
    if (!listening) return void(done = failure(listening.error()));
    all.push_back(std::move(*listening));
  };
  const auto answers = [&](const char *kind, const TakeAnswer &taker) {
    add(bool(taker), m_inbox + kind + ".*", [&taker](natsMsg *message) { handBack(taker, message); });
  };
  const auto asks = [&](const char *kind, const TakeAsk &taker) {
    add(bool(taker), "tw." + m_site + '.' + kind + '.' + m_node + ".*",
        [&taker, kind](natsMsg *message) { handOn(kind, taker, message); });
  };
  answers(commandKind, m_take.answer);
  answers(deskKind, m_take.deskAnswer);
  asks(commandKind, m_take.command);
  asks(deskKind, m_take.deskAsk);
  add(bool(m_take.alive), "tw.*.node.*.alive", [this](natsMsg *message) {
    if (isSaid(message) && dataOf(message) == aliveWord) m_take.alive(nodeOf(natsMsg_GetSubject(message)));
  });
  add(bool(m_take.hub), "tw.*.node.*.hub", [this](natsMsg *message) {
    if (!isSaid(message) || (dataOf(message) != speaksWord && dataOf(message) != listensWord)) return;
    m_take.hub(nodeOf(natsMsg_GetSubject(message)), dataOf(message) == speaksWord);
  });
  add(bool(m_take.mark), "tw.*.node.*.mark", [this](natsMsg *message) {
    if (isSaid(message) && natsMsg_GetDataLength(message) <= longestMark) m_take.mark(dataOf(message));
  });
  if (!done) return failure(done.error());
  return all;
}

Result<void> Wire::read(const Link &link) {
  const auto all = listen(link);
  if (!all) return failure(all.error());
  while (!mustStop() && !link.isClosed()) {
    m_isConnected = link.isConnected();
    say(m_isConnected ? QString()
                      : QStringLiteral("no connection to %1").arg(m_config.servers.join(QStringLiteral(", "))));
    waitUntil(500ms, [this] { return !m_out.empty() || !m_deskAnswers.empty(); });
    sendWaiting(link);
    sendDeskAnswer(link);
  }
  m_isConnected = false;
  return {};
}

void Wire::sendWaiting(const Link &link) {
  std::deque<Out> out;
  change([&] {
    out.swap(m_out);
    m_outBytes = 0;
  });
  for (const Out &each : out) {
    const bool isSent = !mustStop() && link.isConnected() && link.publish(each.subject, each.data, each.reply);
    if (!isSent && each.notSent) each.notSent();
  }
}

void Wire::sendDeskAnswer(const Link &link) {
  std::optional<DeskAnswer> answer;
  change([&] {
    if (m_deskAnswers.empty()) return;
    answer = std::move(m_deskAnswers.front());
    m_deskAnswers.pop_front();
    m_answerElements -= answer->elements;
  });
  if (!answer) return;
  const QByteArrayList parts = encodeAnswer(answer->data);
  for (const QByteArray &part : parts) {
    if (mustStop() || !link.isConnected()) return;
    (void)link.publish(answer->reply, part);  // who asks sees that it does not come
    sendWaiting(link);                        // nobody who says something short waits behind something long
  }
}

bool Wire::send(Out out) {
  bool isTaken = false;
  const qsizetype bytes = out.subject.size() + out.data.size() + out.reply.size();
  change([&] {
    // What waits for a connection would come when nobody wants it any more.
    isTaken = m_isConnected && m_outBytes + bytes <= mostOutBytes;
    if (!isTaken) return;
    m_outBytes += bytes;
    m_out.push_back(std::move(out));
  });
  return isTaken;
}

Result<void> Wire::ask(const char *kind, const Sender &node, quint64 number, const QByteArray &data,
                       const TakeAnswer &taker) {
  if (!m_isConnected) return failure(QStringLiteral("there is no connection to the NATS servers"));
  const QByteArray to = "tw." + node.site.toUtf8() + '.' + kind + '.' + node.node.toUtf8() + '.' + m_node;
  const QByteArray reply = m_inbox + kind + '.' + QByteArray::number(number);
  if (send({to, data, reply, [&taker, number] { taker(number, {}, true); }})) return {};
  return failure(QStringLiteral("too much waits for the NATS servers"));
}

Result<void> Wire::ask(const Sender &node, quint64 number, const QByteArray &data) {
  return ask(commandKind, node, number, data, m_take.answer);
}

Result<void> Wire::askDesk(const Sender &hub, quint64 number, const QByteArray &data) {
  return ask(deskKind, hub, number, data, m_take.deskAnswer);
}

void Wire::answer(const QByteArray &reply, const QByteArray &data) { send({reply, data}); }

void Wire::answerDesk(const QByteArray &reply, const Result<QCborValue> &data) {
  const qsizetype elements = 1 + (data && data->isArray() ? data->toArray().size() : 0);
  change([&] {
    // Who asks sees that nothing comes.
    if (!m_deskAnswers.empty() && m_answerElements + elements > mostAnswerElements) return;
    m_answerElements += elements;
    m_deskAnswers.push_back({reply, data, elements});
  });
}

void Wire::sayAlive() { send({subject("alive"), aliveWord}); }

void Wire::sayHub(bool isSpeaking) { send({subject("hub"), isSpeaking ? speaksWord : listensWord}); }

void Wire::sayMark(const QByteArray &data) { send({subject("mark"), data}); }

void Wire::handOn(const char *kind, const TakeAsk &taker, const natsMsg *asked) {
  const QByteArray from = lastPart(natsMsg_GetSubject(asked));
  const QByteArray reply(natsMsg_GetReply(asked));
  // An answer goes with our rights to where the asker says: to its own inbox only, never into a stream or a bucket.
  if (!reply.startsWith(inboxOf(QString::fromUtf8(from)) + '.' + kind + '.')) return;
  taker(QString::fromUtf8(from), dataOf(asked), reply);
}

void Wire::handBack(const TakeAnswer &taker, natsMsg *answer) {
  taker(lastPart(natsMsg_GetSubject(answer)).toULongLong(), dataOf(answer), natsMsg_IsNoResponders(answer));
}

}  // namespace tagwire::cluster
