// SPDX-License-Identifier: Apache-2.0
#include "remote/remoteclient.h"

#include <QNetworkRequest>
#include <QSslConfiguration>

#include <algorithm>

namespace tagwire::rtls {

namespace {

constexpr std::chrono::milliseconds longestLook{1'000};

}  // namespace

RemoteClient::RemoteClient(const RemoteConfig &config, const RemoteFeed::Subscription &subscription, const Title &title,
                           PluginContext &context)
    : m_config(config),
      m_context(context),
      m_title(title),
      m_feed(subscription),
      m_missed(config, context.site().timeZone),
      m_requests(streamRequests(subscription.tags, config.zone.value_or(0), config.positions)),
      m_schedule(Backoff(config.retry, config.longestRetry, config.retryJitter), 2 * config.heartbeatInterval),
      m_token(config.token),
      m_timer(this),
      m_events(context.metrics().counter("tagwire_rtls_remote_events_total", "Trigger events of other sites taken",
                                         m_title.labels)),
      m_fixes(context.metrics().counter("tagwire_rtls_remote_fixes_total", "Positions of other sites taken",
                                        m_title.labels)),
      m_malformed(refused("malformed")),
      m_up(context.metrics().gauge("tagwire_rtls_remote_up", "1 while the other site's stream is there",
                                   m_title.labels)) {
  m_timer.setSingleShot(true);
  connect(&m_timer, &QTimer::timeout, this, &RemoteClient::look);
  connect(&m_missed, &MissedEvents::came, this, &RemoteClient::catchUp);
  connect(&m_missed, &MissedEvents::failed, this, &RemoteClient::tellNotCaughtUp);
}

RemoteClient::~RemoteClient() { letGo(); }

Counter RemoteClient::refused(const char *reason) {
  Metrics::Labels labels = m_title.labels;
  labels["reason"] = reason;
  return m_context.metrics().counter("tagwire_rtls_remote_refused_total", "Messages of other sites that were not taken",
                                     labels);
}

void RemoteClient::start() {
  m_schedule.start(now().elapsed);
  m_trouble = QStringLiteral("not connected so far");
  m_saidTrouble.clear();
  look();
}

void RemoteClient::stop() {
  m_schedule.stop();
  m_timer.stop();
  m_loopWatch.expect(endless);
  m_up.set(0);
  if (m_socket) m_socket->disconnect(this);
  // Farewell, so that the other site need not wait for a heartbeat that never comes.
  if (m_isOpen && !m_isGivenUp) m_socket->close(QWebSocketProtocol::CloseCodeGoingAway);
  letGo();
}

/// After the loop stood still, what waits in the socket is read before anybody is called silent.
void RemoteClient::look() {
  const Moment moment = now();
  noteStall(moment.elapsed);
  if (m_input) m_input->look();
  if (moment.elapsed >= m_heldUntil) judgeSilence(moment);
  arm();
}

void RemoteClient::noteStall(std::chrono::nanoseconds elapsed) {
  if (const auto until = m_loopWatch.pass(elapsed)) m_heldUntil = *until;
}

void RemoteClient::judgeSilence(const Moment &moment) {
  if (const Samples lost = m_feed.advance(moment); !lost.isEmpty()) Q_EMIT samplesCame(lost);
  switch (m_schedule.due(moment.elapsed)) {
    case RemoteSchedule::Step::None:
      break;
    case RemoteSchedule::Step::Dial:
      dial();
      break;
    case RemoteSchedule::Step::GiveUp:
      giveUp(m_schedule.isStreaming() ? QStringLiteral("nothing came for twice its heartbeat interval")
                                      : QStringLiteral("no answer within 10 s"));
      break;
  }
}

void RemoteClient::arm() {
  using std::chrono::milliseconds;
  const auto elapsed = m_context.clock().elapsed();
  noteStall(elapsed);
  m_loopWatch.expect(endless);
  if (m_schedule.next() == endless) return m_timer.stop();
  const auto next = std::max(m_heldUntil, std::min(m_schedule.next(), m_feed.nextDeadline()));
  const auto wait = std::clamp(std::chrono::ceil<milliseconds>(next - elapsed), milliseconds(1), longestLook);
  m_loopWatch.expect(elapsed + wait);
  m_timer.start(wait);
}

void RemoteClient::dial() {
  letGo();
  Q_EMIT dialling();
  m_schedule.dialled(now().elapsed);
  if (const auto token = readToken(); !token) {
    m_schedule.ended(now().elapsed);
    return setTrouble(token.error());
  }
  m_socket = std::make_unique<QWebSocket>();
  m_input = std::make_unique<InputGate>(*m_socket, m_context.clock());
  connect(m_input.get(), &InputGate::offended, this, &RemoteClient::offended);
  connect(m_socket.get(), &QWebSocket::connected, this, &RemoteClient::opened);
  // It may well come from within open().
  connect(m_socket.get(), &QWebSocket::disconnected, this, [this] { giveUp(QString()); });
  // Refused by HTTP the connection may well stay open.
  connect(m_socket.get(), qOverload<QAbstractSocket::SocketError>(&QWebSocket::error), this, [this] {
    if (!m_isOpen) giveUp(QString());
  });
  connect(m_socket.get(), &QWebSocket::textMessageReceived, this, &RemoteClient::receive);
  connect(m_socket.get(), &QWebSocket::sslErrors, this, [this](const QList<QSslError> &errors) {
    if (!errors.isEmpty()) m_certificateTrouble = errors.first().errorString();
  });
  if (!m_trusted.isEmpty()) {
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setCaCertificates(m_trusted);
    m_socket->setSslConfiguration(tls);
  }
  QNetworkRequest request(m_config.endpoint.url);
  if (!m_token.isEmpty()) request.setRawHeader("Authorization", "Bearer " + m_token.reveal().toUtf8());
  m_socket->open(request);
  m_input->watch();
}

/// Without the token that is meant there is no connection: neither another one nor none is sent instead.
Result<void> RemoteClient::readToken() {
  const auto token = m_config.token.again();
  if (!token) return failure(QStringLiteral("the token can't be read: %1").arg(token.error()));
  if (!fitsAHeader(*token)) {
    return failure(
        QStringLiteral("the token does not fit into a header (allowed: visible ASCII characters in what `token` "
                       "refers to)"));
  }
  if (token->reveal() != m_token.reveal()) m_tokenBefore = std::exchange(m_token, *token);
  return {};
}

/// What the other site said, without our tokens: it may well repeat what it was sent.
QString RemoteClient::foreign(QString text) const {
  const bool isLonger = m_tokenBefore.reveal().size() > m_token.reveal().size();
  for (const Secret *each : {isLonger ? &m_tokenBefore : &m_token, isLonger ? &m_token : &m_tokenBefore}) {
    if (!each->isEmpty()) text.replace(each->reveal(), QStringLiteral("(token)"), Qt::CaseInsensitive);
  }
  return text;
}

void RemoteClient::opened() {
  m_isOpen = true;
  m_input->opened();
  m_schedule.opened(now().elapsed);
  m_feed.begin();
  m_toldRefusal = false;
  m_asking = 0;
  ask();
}

void RemoteClient::ask() {
  m_schedule.asked(now().elapsed);
  m_input->send(m_requests.at(m_asking).text);
  arm();
}

void RemoteClient::begun() {
  const Moment moment = now();
  m_schedule.begun(moment.elapsed);
  setTrouble(QString());
  if (const auto since = m_feed.resume(moment.time)) {
    m_missedSince = *since;
    m_missed.ask(m_token, m_trusted, *since);
  }
  arm();
}

void RemoteClient::catchUp(const RecentEvents &recent) {
  m_feed.caughtUp();
  m_saidMissed.clear();
  m_malformed.add(recent.malformed);
  for (const RemoteEvent &event : recent.events) {
    const auto taken = m_feed.takeMissed(event, m_missedSince, now().time);
    if (!taken) continue;  // no fault: the list is everybody's
    m_events.add();
    Q_EMIT eventCame(*taken);
  }
}

void RemoteClient::tellNotCaughtUp(const QString &why) {
  const QString text = printable(foreign(why));
  if (std::exchange(m_saidMissed, text) == text) return;
  qCWarning(m_context.log()).noquote() << "remote" << m_title.name
                                       << "does not say what happened while it was not connected:" << text;
}

void RemoteClient::closed() {
  RemoteEnd end{m_isOpen, m_socket->closeCode(), foreign(m_socket->closeReason()), foreign(m_socket->errorString()),
                foreign(m_certificateTrouble)};
  // When the connection was simply gone the socket says "normal", but has an error.
  if (end.closeCode == QWebSocketProtocol::CloseCodeNormal && end.closeReason.isEmpty() &&
      m_socket->error() != QAbstractSocket::UnknownSocketError) {
    end.closeCode = 0;
  }
  const QString why = m_isGivenUp && !m_whyGivenUp.isEmpty() ? m_whyGivenUp : troubleText(end);
  const Moment moment = now();
  letGo();
  m_schedule.ended(moment.elapsed);
  if (const Samples gone = m_feed.disconnect(moment.time); !gone.isEmpty()) Q_EMIT samplesCame(gone);
  setTrouble(why.isEmpty() ? QStringLiteral("the connection is gone") : why);
  arm();
}

/// An empty `why`: as the socket says. Not from within a signal of the socket, which would find itself closed in the
/// middle of its work.
void RemoteClient::giveUp(const QString &why) {
  if (m_isGivenUp || !m_socket) return;
  m_isGivenUp = true;
  m_whyGivenUp = why;
  m_input->shut();
  QMetaObject::invokeMethod(this, &RemoteClient::endNow, Qt::QueuedConnection);
}

void RemoteClient::endNow() {
  if (!m_isGivenUp) return;
  m_socket->disconnect(this);
  if (!m_farewell.isEmpty()) m_socket->close(m_farewellCode, m_farewell);
  closed();
}

void RemoteClient::letGo() {
  m_isOpen = m_isGivenUp = false;
  m_certificateTrouble.clear();
  m_farewell.clear();
  m_missed.cancel();
  m_input.reset();
  if (!m_socket) return;
  m_socket->disconnect(this);
  m_socket->abort();
  m_socket.release()->deleteLater();
}

/// Said in the log once for each change; `trouble` is empty when all is well.
void RemoteClient::setTrouble(const QString &trouble) {
  m_up.set(trouble.isEmpty() ? 1 : 0);
  if (trouble == m_trouble) return;
  m_trouble = trouble;
  if (trouble.isEmpty()) {
    qCInfo(m_context.log()).noquote() << "remote" << m_title.name << "is connected";
  } else if (trouble != m_saidTrouble) {
    qCWarning(m_context.log()).noquote() << "remote" << m_title.name << "is not connected:" << trouble
                                         << "(trying again until it works)";
  }
  m_saidTrouble = trouble;
  Q_EMIT troubleChanged();
}

void RemoteClient::receive(const QString &text) {
  if (m_isGivenUp) return;
  const QByteArray utf8 = text.toUtf8();
  m_schedule.heard(now().elapsed);
  const auto message = readRemoteMessage(utf8, m_context.site().timeZone);
  if (message) return std::visit([this](const auto &each) { handle(each); }, *message);
  m_malformed.add();
  if (std::exchange(m_toldMalformed, true)) return;
  qCWarning(m_context.log()).noquote() << "remote" << m_title.name
                                       << "sent what is no message:" << printable(foreign(message.error()))
                                       << "(said once; refusals are counted)";
}

void RemoteClient::offended(InputGate::Offence offence) {
  switch (offence) {
    case InputGate::Offence::Flood:
      refused("flood").add();
      return refuseSite(QWebSocketProtocol::CloseCodePolicyViolated, "too many messages",
                        QStringLiteral("it sends more than %1 messages or %2 MiB a second")
                            .arg(FloodGate::mostMessages)
                            .arg(FloodGate::mostBytes / 1024 / 1024));
    case InputGate::Offence::Binary:
      m_malformed.add();
      return refuseSite(QWebSocketProtocol::CloseCodeDatatypeNotSupported, "no binary messages",
                        QStringLiteral("it sent a binary message: it is no manager"));
    case InputGate::Offence::TooLong:
      m_malformed.add();
      return refuseSite(QWebSocketProtocol::CloseCodeTooMuchData, "message too long",
                        QStringLiteral("it sent a message of over 64 KiB"));
    case InputGate::Offence::Unread:
      return giveUp(QStringLiteral("it does not read what it is sent"));
  }
}

void RemoteClient::refuseSite(QWebSocketProtocol::CloseCode code, const char *farewell, const QString &why) {
  m_farewellCode = code;
  m_farewell = QLatin1String(farewell);
  giveUp(why);
}

void RemoteClient::handle(const RemoteHeartBeat &beat) { m_input->send(heartBeatText(beat.ts)); }

void RemoteClient::handle(const RemoteAnswer &answer) {
  const StreamRequest &asked = m_requests.at(std::min(m_asking, m_requests.size() - 1));
  if (answer.response == QLatin1String("BeginStream") || answer.response == QLatin1String("AddTag")) {
    if (m_schedule.isStreaming() || answer.response != asked.name) return;
    if (!answer.request.isEmpty() && answer.request != asked.id) return;
    if (++m_asking < m_requests.size()) return ask();
    return begun();
  }
  const QString why = printable(foreign(answer.message));
  if (!m_schedule.isStreaming()) {
    return giveUp(
        QStringLiteral("%1 is refused: %2; look at `tags`, `zone` and the rights of `token`").arg(asked.name, why));
  }
  refused("request_refused").add();
  if (std::exchange(m_toldRefusal, true) || why == m_saidRefusal) return;
  m_saidRefusal = why;
  qCWarning(m_context.log()).noquote() << "remote" << m_title.name << "says:" << why
                                       << "(said once for each connection; refusals are counted)";
}

void RemoteClient::handle(const RemoteEvent &event) {
  const auto taken = m_feed.take(event, now());
  if (!taken) return drop(taken.error());
  m_events.add();
  Q_EMIT eventCame(*taken);
}

void RemoteClient::handle(const IncomingFix &fix) {
  const auto taken = m_feed.take(fix, now());
  if (!taken) return drop(taken.error());
  m_fixes.add();
  Q_EMIT samplesCame({*taken});
}

void RemoteClient::drop(RemoteFeed::Drop reason) {
  switch (reason) {
    case RemoteFeed::Drop::NotAsked:
      return refused("not_asked").add();
    case RemoteFeed::Drop::Repeated:
      return refused("repeated").add();
    case RemoteFeed::Drop::Relayed:
      return refused("relayed").add();
  }
}

}  // namespace tagwire::rtls
