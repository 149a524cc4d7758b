// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "gatewaystate.h"
#include "http/connection.h"
#include "http/farewell.h"
#include "http/target.h"
#include "protocols/protocol.h"
#include "websocket/framejoiner.h"
#include "websocket/notices.h"
#include "websocket/outboundsession.h"
#include "websocket/strangers.h"

namespace tagwire::ws {

struct Call;
class WebSocketSession;

/// Makes the protocol of an endpoint; null for one that is not there yet.
using ProtocolFactory = std::function<std::unique_ptr<Protocol>(const EndpointConfig &, GatewayState &)>;

/// One open session as the list of connections shows it.
struct ConnectionInfo {
  const OutboundSession &session;
  ProtocolKind kind;
  Activity activity;  ///< empty as long as nobody knows who the client is
};

/// The WebSocket endpoints of one gateway, its event streams, and all their sessions. Thread-bound; owned by the
/// gateway.
class Endpoints : public QObject, public SessionHost {
  Q_OBJECT
 public:
  Endpoints(GatewayState &state, const ProtocolFactory &makeProtocol, Farewells &farewells);
  /// Close 1001 for everybody, at once.
  ~Endpoints() override;

  bool has(const Target &target) const { return find(target).first != nullptr; }
  /// Turns the connection into a session and takes its socket, or says why not. `caller` is null when nobody knows yet:
  /// then the first message has to tell, where the protocol allows that.
  std::optional<Refusal> accept(HttpConnection &connection, const Request &request, const Target &target,
                                const Sender &sender, CallerPointer caller);

  /// Answers a request with an event stream (R5-13), or says why not.
  std::optional<Refusal> openEvents(const Call &call);

  void write(const Samples &samples);
  void notify(const Event &event);
  /// A few times a second.
  void tick();
  /// Ends the sessions whose credential does not hold any more.
  void checkCallers();
  /// Of every open session, the oldest first. Valid until control returns to the event loop.
  QList<ConnectionInfo> connections() const;

 Q_SIGNALS:
  /// What was handed to write() is with the protocols and their clients.
  void flushed();

 private:
  struct Endpoint;
  struct Held {
    std::unique_ptr<OutboundSession> session;
    Endpoint *endpoint = nullptr;
    std::chrono::nanoseconds authDeadline{0};  ///< while nobody knows who it is
    bool isCounted = false;                    ///< takes a place at the endpoint: somebody is known
    bool isTold = false;                       ///< the log has a line of it, so that its end gets one too
  };
  using Match = std::pair<Endpoint *, QHash<QString, QString>>;

  Match find(const Target &target) const;
  std::optional<Refusal> check(const Match &match, const Request &request, const Upgrade &upgrade,
                               CallerPointer &caller) const;
  Endpoint &addEndpoint(const EndpointPath &path, ProtocolKind kind, const Limits &limits,
                        std::unique_ptr<Protocol> protocol);
  Held &hold(std::unique_ptr<OutboundSession> session, Endpoint &endpoint);
  void open(Held &held, const CallerPointer &caller);
  void wait(Held &held, const QByteArray &group);
  bool takeAuth(Held &held, const QByteArray &text);
  static void turnAway(Held &held, quint16 code, const QString &reason);
  void admit(Held &held, const CallerPointer &caller);
  void scheduleTurn();
  void endTurn();
  void forget(Held &held);

  void flushDue(OutboundSession &session) override;
  QByteArray join(const QList<QByteArray> &frames) override { return m_joiner.join(frames); }
  void textArrived(WebSocketSession &session, const QByteArray &text) override;
  void binaryArrived(WebSocketSession &session, const QByteArray &bytes) override;
  void textRefused(WebSocketSession &session) override;
  void sessionDrained(OutboundSession &session) override;
  void sessionOver(OutboundSession &session) override;

  GatewayState &m_state;
  PluginContext &m_context;
  Farewells &m_farewells;
  std::vector<std::unique_ptr<Endpoint>> m_endpoints;
  Endpoint *m_events = nullptr;  ///< that of event streams, one of m_endpoints; null when REST is not served
  std::unordered_map<quint64, Held> m_sessions;
  Strangers m_strangers;
  AddressLog m_strangerLog;
  FrameJoiner m_joiner;
  QList<OutboundSession *> m_flushDue;   ///< none that is gone
  std::chrono::nanoseconds m_lastCheck;  ///< of the callers
  quint64 m_lastId = 0;
  bool m_isTurnScheduled = false;
  bool m_hasNews = false;
};

}  // namespace tagwire::ws
