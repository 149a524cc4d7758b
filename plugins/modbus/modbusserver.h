// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "endpoint.h"
#include "frame.h"
#include "metrics.h"
#include "network/descriptor.h"
#include "registerimage.h"

class QHostAddress;
class QIODevice;
class QTcpServer;
class QTcpSocket;

namespace tagwire::modbus {

class ServerLink;

/// What a server does without being told otherwise, and no more than this.
struct ServerLimits {
  int clients = 64;                        ///< over TCP, all listeners together
  std::chrono::milliseconds idle{30'000};  ///< for half a frame, or for answers that nobody takes
};

/// Where a server is to listen: as Endpoint::toListenOn(), or "127.0.0.1:1502" for Modbus TCP. Port 0: any free one.
Result<Endpoint> listenAddress(const QString &text);

/// Why a server does not listen.
struct ListenError {
  QString text;
  bool isBusy = false;  ///< somebody else listens there
};

/// A Modbus server over register images, one for each unit id, by Modbus TCP, RTU over TCP and serial lines. Each
/// peer's requests are answered in their order. Over TCP a unit id without an image is answered as a gateway does
/// (exception 11); on a line it stays silent, and unit id 0 is for all and never answered. Who breaks the framing,
/// leaves half a frame or does not take his answers is dropped. Thread-bound; owned by the simulator or the northbound
/// sink.
class ModbusServer : public QObject {
  Q_OBJECT
 public:
  /// Who is to be told the outcome of a write: 0, or the exception.
  using Done = std::function<void(quint8 exception)>;
  /// Carries a write out instead of the image; calls `done` once, now or later.
  using WriteHandler =
      std::function<void(quint8 unit, const RegisterWrite &write, const QString &peer, const Done &done)>;
  /// Gets the answer; nothing: there is none.
  using Answer = std::function<void(const std::optional<QByteArray> &pdu)>;

  explicit ModbusServer(ServerLimits limits = {});
  ~ModbusServer() override;

  /// Listens here too; a host is an IP address or "localhost".
  /// `socket`, if it is open, listens there already (TCP only).
  tl::expected<void, ListenError> listen(const Endpoint &where, Descriptor socket = {});
  /// By Modbus TCP.
  tl::expected<void, ListenError> listen(const QString &host, quint16 port);
  /// Ends all; listen() may follow.
  void close();
  /// The same, but the listening sockets of TCP stay, in the order of listen(): who connects waits.
  std::vector<Descriptor> closeClients();

  /// The port of the first listener over TCP: the one really taken, when 0 was asked for.
  quint16 port() const;
  /// "tcp://127.0.0.1:1502", "rtu:///dev/ttyS0"
  const QStringList &addresses() const { return m_addresses; }
  /// Made when asked for the first time.
  RegisterImage &image(quint8 unit) { return m_images[unit]; }

  /// Who may connect over TCP; everybody when not set.
  void setAdmission(std::function<bool(const QHostAddress &)> admits) { m_admits = std::move(admits); }
  void setWriteHandler(WriteHandler handler) { m_writeHandler = std::move(handler); }
  /// Counts from now on, as tagwire_modbus_server_…
  void countIn(Metrics &metrics);
  /// For trying out how a client takes it: answers come this much later, this unit never answers.
  void setDelay(std::chrono::milliseconds delay) { m_delay = delay; }
  void setSilent(quint8 unit) { m_silentUnits.insert(unit); }

  int clients() const { return static_cast<int>(m_clients.size()); }

 Q_SIGNALS:
  /// Each time; `why` names the peer.
  void turnedAway(const QString &why);
  /// A serial line is gone (an adapter was pulled); the others go on.
  void lost(const QString &why);

 private:
  friend class ServerLink;
  struct Counters {
    explicit Counters(Metrics &metrics);
    Counter requests, exceptions, writes, turnedAway, dropped;
    Gauge clients;
  };

  tl::expected<void, ListenError> listenOverTcp(const Endpoint &where, Descriptor socket);
  tl::expected<void, ListenError> openLine(const Endpoint &where);
  void welcome(QTcpSocket *client, Transport transport);
  bool makeRoom();
  void turnAway(QTcpSocket *client, const char *why);
  void drop(ServerLink *link);
  void dropFaulty(ServerLink *link);
  void dropStuck();
  void countClients();

  void answer(const Frame &request, const QString &peer, bool isLine, const Answer &answer);
  void answerBroadcast(const QByteArray &request, const QString &peer);
  void serve(quint8 unit, RegisterImage &image, const QByteArray &request, const QString &peer, const Answer &answer);
  void finish(quint8 exception, quint8 unit, const QByteArray &request, const Answer &answer);

  ServerLimits m_limits;
  std::vector<std::unique_ptr<QTcpServer>> m_listeners;
  std::vector<std::unique_ptr<ServerLink>> m_clients;
  std::vector<std::unique_ptr<ServerLink>> m_lines;
  QStringList m_addresses;
  QTimer m_ticks;
  std::map<quint8, RegisterImage> m_images;
  std::function<bool(const QHostAddress &)> m_admits;
  WriteHandler m_writeHandler;
  std::optional<Counters> m_counters;
  std::chrono::milliseconds m_delay{0};
  QSet<quint8> m_silentUnits;
};

}  // namespace tagwire::modbus
