// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter.h"
#include "connection.h"

namespace tagwire::modbus {

/// The way to the units behind one endpoint: keeps the link up, decides who sends next (Arbiter), and tells its clients
/// what came of it. A serial line may have several clients. Over Modbus TCP, units that are being probed or are slow
/// are asked over a second connection, so that they cost the others nothing, once that connection was seen to be
/// served. Endpoints beyond the first are back-ups: a link that fails is opened to the next one. Thread-bound; shared
/// by its clients.
class Bus : public QObject {
  Q_OBJECT
 public:
  using Moment = BusClient::Moment;

  struct Settings {
    QList<Endpoint> endpoints;
    int maxOutstanding = 1;
    bool hasSecondConnection = false;
    std::chrono::milliseconds connectTimeout{1000};
    std::chrono::milliseconds connectPause{0};
  };

  explicit Bus(const Settings &settings);

  void attach(BusClient *client);
  /// Nothing is told to it any more, not even the outcome of what is under way.
  void detach(BusClient *client);
  /// A client has something new to send.
  void wake() { pump(); }
  /// Between two attempts: there is no link.
  bool isDown() const { return m_main.retry.isActive(); }
  bool isLine() const { return m_settings.endpoints.first().isLine(); }
  const Settings &settings() const { return m_settings; }
  /// Units of all clients, whether they run or not.
  QList<quint8> units() const { return m_units; }
  void addUnits(const QList<quint8> &units) { m_units += units; }
  void removeUnits(const QList<quint8> &units);
  /// The endpoint in use.
  QString endpointText() const { return m_main.connection.endpoint().toText(); }
  /// Attempts to connect so far.
  quint64 connects() const { return m_connects; }

 private:
  /// One connection and what keeps it up.
  struct Lane {
    Lane(const Settings &settings, bool main);

    bool isMain;
    Connection connection;
    QTimer wake;
    QTimer retry;
    Backoff backoff;
    qsizetype endpoint = 0;
    bool answeredSinceOpen = false;
    int failuresInRow = 0;
    Moment openedAt{0};
    Moment quietUntil{0};
    // Of the second connection only.
    bool isServed = false;  ///< it was answered once, so the device takes two
    Moment unusableUntil{0};
  };

  void connectLane(Lane &lane);
  Scope scopeOf(const Lane &lane) const;
  bool hasHealthyUnits() const;
  bool mayUseAside() const;
  bool usesAside() const { return mayUseAside() && m_aside.isServed; }
  void asideClosed(QualityReason reason, Connection::State before);
  void retryLater(Lane &lane);
  void pump();
  void pump(Lane &lane);
  void sendFrom(Lane &lane);
  void sleep(Lane &lane, Moment until);
  void open(Lane &lane);
  void onReplied(Lane &lane, const Request &request, const Reply &reply, std::chrono::nanoseconds took);
  void onFailed(Lane &lane, const Request &request, QualityReason reason, const QString &text);
  void onClosed(Lane &lane, QualityReason reason, const QString &text, Connection::State before, bool wasAsked);
  void tellDown(QualityReason reason, const QString &text);
  bool isAttached(const BusClient *client) const { return m_arbiter.clients().contains(client); }
  template <class Tell>
  void deliver(Tell tell);

  Settings m_settings;
  Arbiter m_arbiter;
  Lane m_main;
  Lane m_aside;
  QList<quint8> m_units;
  quint64 m_connects = 0;
  int m_delivering = 0;
  bool m_isPumping = false;
  bool m_pumpAgain = false;
};

}  // namespace tagwire::modbus
