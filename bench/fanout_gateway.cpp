// SPDX-License-Identifier: Apache-2.0
// The gateway of plugins/ws as it is, listener to session, with a protocol that sends every client the same messages.
//
//   fanout_gateway [--clients 100] [--burst 1] [--size 200] [--rate 0]
//
// The first line on stdout is {"listening":[port]}. Waits for all clients. From then on every turn of the event loop
// brings samples, as a source would, and the protocol answers them with a burst: each frame encoded once, sent to each
// session. As fast as the clients take it (--rate 0): while one is congested, nothing is sent. Or --rate turns a second
// whoever may be congested, as a plant does. Ends with SIGTERM.
#include <QCoreApplication>
#include <QHash>
#include <QTimer>

#include <csignal>

#include "epolldispatcher.h"
#include "fanout_message.h"
#include "gateway.h"
#include "testcontext.h"

namespace tagwire::bench {
namespace {

using namespace tagwire::ws;

/// The host, with a clock that goes.
class BenchContext : public TestContext {
 public:
  const Clock &clock() const override { return m_clock; }

 private:
  Clock m_clock;
};

/// Sends each turn's messages to all sessions. Owned by the gateway.
class Broadcast : public Protocol {
 public:
  Broadcast(const Options &options, std::function<void()> ready)
      : m_clients(options.number("clients", 1, 100'000)),
        m_burst(options.number("burst", 1, 10'000)),
        m_size(static_cast<std::size_t>(options.number("size", 64, 60'000))),
        m_waits(options.number("rate", 0, 1'000'000) == 0),
        m_ready(std::move(ready)) {}

  std::optional<Refusal> check(const Upgrade &, const Caller &) const override { return std::nullopt; }
  void callerChanged(Session &) override {}
  void opened(Session &session) override {
    m_sessions.append(&session);
    if (m_sessions.size() == m_clients) m_ready();
  }
  void received(Session &, const QByteArray &) override {}
  void drained(Session &) override {
    if (m_waits && !isHeldUp()) m_ready();
  }
  void closed(Session &session) override { m_sessions.removeOne(&session); }
  void write(const Samples &) override {}
  void notify(const Event &) override {}
  void tick(Time) override {}
  Activity activityOf(const Session &) const override { return {1, std::nullopt, 0}; }
  void flush() override {
    if (m_waits && isHeldUp()) return;
    for (qint64 i = 0; i < m_burst; ++i) {
      const std::string text = fanoutMessage(m_size);
      const Frame frame = Frame::text(QByteArray::fromRawData(text.data(), static_cast<qsizetype>(text.size())));
      for (Session *session : std::as_const(m_sessions)) session->send(frame);
    }
  }
  bool isHeldUp() const {
    return std::any_of(m_sessions.begin(), m_sessions.end(), [](const Session *each) { return each->isCongested(); });
  }

 private:
  qsizetype m_clients;
  qint64 m_burst;
  std::size_t m_size;
  bool m_waits;
  std::function<void()> m_ready;
  QList<Session *> m_sessions;
};

WsConfig configOf() {
  LimitsConfig limits;
  limits.connections = 100'000;
  EndpointConfig endpoint{*EndpointPath::fromText(QStringLiteral("/")), ProtocolKind::Live, limits};
  WsConfig config;
  config.listen = {QHostAddress(QHostAddress::LocalHost), 0};
  config.endpoints = {endpoint};
  config.auth = AuthConfig();
  config.auth->anonymous = {QStringLiteral("*:read")};
  return config;
}

int run(QCoreApplication &application, const Options &options) {
  BenchContext context;
  Gateway *gateway = nullptr;
  const Broadcast *broadcast = nullptr;
  const qint64 rate = options.number("rate", 0, 1'000'000);
  QTimer turns;
  turns.setTimerType(Qt::PreciseTimer);
  const auto begin = [&] {
    if (rate == 0) return gateway->write({Sample()});
    turns.start(std::chrono::milliseconds(std::max<qint64>(1000 / rate, 1)));
  };
  Gateway made(configOf(), context, [&](const EndpointConfig &, GatewayState &) {
    auto protocol = std::make_unique<Broadcast>(options, begin);
    broadcast = protocol.get();
    return protocol;
  });
  gateway = &made;
  QObject::connect(&turns, &QTimer::timeout, gateway, [&] { gateway->write({Sample()}); });
  QObject::connect(gateway, &Plugin::written, gateway, [&] {
    if (rate == 0 && !broadcast->isHeldUp()) gateway->write({Sample()});
  });
  gateway->start();
  say("{\"listening\":[" + std::to_string(gateway->port()) + "]}");
  return application.exec();
}

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  qputenv("QT_NO_GLIB", "1");  // as the program does
  const Options options(count, words, {{"clients", "100"}, {"burst", "1"}, {"size", "200"}, {"rate", "0"}});
  QLoggingCategory::setFilterRules(QStringLiteral("tagwire.*=false"));
  QCoreApplication::setEventDispatcher(new tagwire::EpollDispatcher);
  QCoreApplication application(count, words);
  std::signal(SIGTERM, [](int) { std::_Exit(0); });
  return run(application, options);
}
