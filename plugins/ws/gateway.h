// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <map>
#include <unordered_map>

#include "http/addressgroup.h"
#include "http/admission.h"
#include "http/farewell.h"
#include "http/shortage.h"
#include "listener.h"
#include "plugin.h"
#include "rest/part.h"
#include "websocket/endpoints.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// The plugin: one listener for WebSockets and REST. Decides who gets in and who answers; the rest is done by
/// Endpoints and the routes of rest/. Thread-bound; owned by the host.
class Gateway : public Plugin, public Source, public Sink, public HttpHost {
  Q_OBJECT
 public:
  Gateway(WsConfig config, PluginContext &context, ProtocolFactory makeProtocol,
          std::shared_ptr<ListenerBook> listeners = nullptr);
  ~Gateway() override;

  void start() override;
  void stop() override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;
  void execute(const Command &command) override;
  /// The certificate and its key.
  void reloadFiles() override;

  /// Where it listens; 0 while it does not. (The manifest may leave the choice to the system.)
  quint16 port() const;
  /// For tests that can't wait.
  void setHttpLimits(const HttpLimits &limits) { m_httpLimits = limits; }
  /// A few times a second, by a timer of its own; tests that move the clock call it themselves.
  void tick();

 private:
  struct Counters {
    explicit Counters(Metrics &metrics);
    Counter accepted;
    Counter turnedAway;
    Counter crowded;
    Counter refusedAnswers;
    Gauge open;
    Gauge unsent;
  };

  bool useTls(Listener &listener);
  void showState();
  void welcome();
  bool makeRoom();
  void uncrowd(const Stream &stream);
  void tellShortages();
  void requestArrived(HttpConnection &connection, const Request &request) override;
  void requestRefused(int status) override;
  Response reworded(const QByteArray &target, const Response &response) const override;
  qint64 longestBody(HttpConnection &connection, const Request &head) override;
  void connectionOver(HttpConnection &connection) override;
  void unsentChanged(qint64 by) override { m_unsent += by; }
  bool isBacklogged() const override { return m_unsent >= m_httpLimits.unsentBytes; }
  qint64 unsentBytes() const { return m_unsent + m_farewells.bytesToWrite(); }
  bool isTooMuch(const Response &response) const;
  void respond(HttpConnection &connection, const Request &request, const Target &target, const Sender &sender);
  void publish(const Samples &samples);
  void raise(const Event &event);
  Answer answerTo(HttpConnection &connection, const Request &request);
  void answerPreflight(const Request &request, const Answer &answer) const;
  void count(int status);

  GatewayState m_state;
  PluginContext &m_context;
  ProtocolFactory m_makeProtocol;
  HttpLimits m_httpLimits;
  Admission m_admission;
  Farewells m_farewells;
  Counters m_counters;
  std::map<int, Counter> m_responses;  ///< by status: there are some twenty
  Router m_router;
  std::vector<std::unique_ptr<RestPart>> m_parts;
  std::chrono::nanoseconds m_lastRefresh{0};
  QTimer m_ticks;
  std::unique_ptr<Listener> m_listener;
  std::unique_ptr<Endpoints> m_endpoints;
  std::unordered_map<HttpConnection *, std::unique_ptr<HttpConnection>> m_connections;
  qint64 m_unsent = 0;  ///< that waits for the clients of m_connections
  AddressLog m_crowdLog;
  std::optional<QString> m_shownTrouble;
  bool m_hasToldNoTls = false;
  bool m_isPaused = false;  ///< the listener stopped accepting after an error
  Shortage m_sockets;
  Shortage m_room;
};

}  // namespace tagwire::ws
