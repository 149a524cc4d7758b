// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QTimer>

#include "mbap.h"
#include "modbussource.h"
#include "stallwatch.h"
#include "testcontext.h"

namespace tagwire::modbus {

using testing::StallWatch;

/// The time-out for devices that always answer: only a machine that stands for a while makes them late, and that is not
/// what their tests are about.
constexpr int patientMs = 20'000;

/// Whether `isSo` comes true within `limitMs` of the time that this thread had its event loop. Each stall may cost a
/// whole round more: an answer that came too late, and the pause before the next attempt. Ten of them are excused.
template <typename Condition>
bool comesTrueWithin(qint64 limitMs, Condition isSo) {
  StallWatch watch;
  QElapsedTimer elapsed;
  elapsed.start();
  while (!isSo()) {
    if (elapsed.elapsed() > limitMs * (1 + std::min(watch.stalls(), 10)) + watch.heldMs()) return false;
    QTest::qWait(10);
  }
  return true;
}

/// Sockets run on real time, so the plugin's clock has to as well.
class RealTimeContext : public TestContext {
 public:
  const Clock &clock() const override { return m_realClock; }

 private:
  Clock m_realClock;
};

/// One ModbusSource with its host, and everything it said.
class SourceUnderTest : public QObject {
 public:
  SourceUnderTest(quint16 port, const QList<ModbusPoint> &points, int timeoutMs = 150, int maxGap = 0)
      : SourceUnderTest(busTo(port, timeoutMs), settingsOf(timeoutMs, maxGap), points) {}
  SourceUnderTest(std::shared_ptr<Bus> bus, const SourceSettings &settings, const QList<ModbusPoint> &points) {
    QList<PointInfo> infos;
    for (const ModbusPoint &point : points) {
      PointInfo info;
      info.name = point.name;
      info.type = point.format.valueType();
      info.writable = point.writable;
      infos.append(info);
    }
    ids = context.declare(infos);
    source = std::make_unique<ModbusSource>(settings, std::move(bus), points, ids, context);
    connect(source.get(), &Plugin::samplesReady, this, [this](const Samples &batch) {
      ++batches;
      samples += batch;
      for (const Sample &sample : batch) last[sample.point] = sample;
    });
    connect(source.get(), &Plugin::eventRaised, this,
            [this](const Event &event) { steps.append(std::get<CommandStatus>(event.body)); });
    connect(source.get(), &Plugin::statusChanged, this, [this](PluginState now, const QString &text) {
      state = now;
      statusText = text;
      ++statusChanges;
    });
  }

  static Endpoint endpointTo(quint16 port) {
    Endpoint endpoint;
    endpoint.host = QStringLiteral("127.0.0.1");
    endpoint.port = port;
    return endpoint;
  }
  static std::shared_ptr<Bus> busTo(quint16 port, int timeoutMs = 150) {
    return std::make_shared<Bus>(Bus::Settings{{endpointTo(port)}, 1, false, std::chrono::milliseconds(timeoutMs), {}});
  }
  static SourceSettings settingsOf(int timeoutMs = 150, int maxGap = 0) {
    SourceSettings settings;
    settings.units.usual.timeout = std::chrono::milliseconds(timeoutMs);
    settings.maxGap = maxGap;
    return settings;
  }
  /// Only `unit` has this time-out; the others answer, and are waited for.
  static SourceSettings settingsWithSilent(quint8 unit, int timeoutMs) {
    SourceSettings settings = settingsOf(patientMs);
    settings.units.particular[unit].timeout = std::chrono::milliseconds(timeoutMs);
    return settings;
  }

  /// "good", "bad:timeout" …; empty before the first sample.
  QString quality(int index) const {
    const auto found = last.constFind(ids[index]);
    return found == last.constEnd() ? QString() : toText(found->quality);
  }
  bool isGoodWithin(qint64 milliseconds, int index) const {
    if (comesTrueWithin(milliseconds, [&] { return quality(index) == u"good"; })) return true;
    qWarning("point %d is %s after %lld ms", index, qPrintable(quality(index)), milliseconds);
    return false;
  }
  Value value(int index) const { return last.value(ids[index]).value; }

  void write(int index, const Value &to) {
    Command command;
    command.id = newCommandId();
    command.point = ids[index];
    command.value = to;
    command.expires = context.clock().now() + std::chrono::seconds(10);
    source->execute(command);
  }
  /// "sent,acked,succeeded" of all commands together.
  QString stepsText() const {
    QStringList words;
    for (const CommandStatus &step : steps) words << QString(toText(step.state));
    return words.join(u',');
  }

  RealTimeContext context;
  QList<PointId> ids;
  std::unique_ptr<ModbusSource> source;
  Samples samples;
  int batches = 0;
  QHash<PointId, Sample> last;
  QList<CommandStatus> steps;
  PluginState state = PluginState::Stopped;
  QString statusText;
  int statusChanges = 0;
};

inline ModbusPoint makePoint(const char *name, Table table, int address, PointType type, int periodMs = 20) {
  ModbusPoint point;
  point.name = QString::fromLatin1(name);
  point.table = table;
  point.address = static_cast<quint16>(address);
  point.format.type = type;
  point.period = std::chrono::milliseconds(periodMs);
  point.writable = table == Table::Coil || table == Table::Holding;
  return point;
}

/// A TCP server that does with each request what the test says: the test's function gets the frame and the socket.
class FaultyServer : public QObject {
 public:
  using Behaviour = std::function<void(QTcpSocket *, const Frame &)>;

  FaultyServer() {
    m_server.listen(QHostAddress::LocalHost);
    connect(&m_server, &QTcpServer::newConnection, this, [this] {
      QTcpSocket *client = m_server.nextPendingConnection();
      ++connections;
      if (onConnect) onConnect(client);
      connect(client, &QTcpSocket::readyRead, this, [this, client, decoder = MbapDecoder()]() mutable {
        decoder.add(client->readAll());
        while (const auto frame = decoder.next()) {
          requests.append(*frame);
          behaviour(client, *frame);
        }
      });
      connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
    });
  }

  quint16 port() const { return m_server.serverPort(); }
  void close() {
    m_server.close();
    for (QTcpSocket *client : m_server.findChildren<QTcpSocket *>()) client->abort();
  }
  bool listenAgain(quint16 at) { return m_server.listen(QHostAddress::LocalHost, at); }

  /// Answers every read with registers of this value and echoes every write.
  static Behaviour well(quint16 value) {
    return [value](QTcpSocket *client, const Frame &request) {
      client->write(encodeMbap({request.transaction, request.unit, wellPdu(request.pdu, value)}));
    };
  }
  static QByteArray wellPdu(const QByteArray &request, quint16 value) {
    if (static_cast<quint8>(request[0]) > 4) return request.left(5);
    const int count = static_cast<quint8>(request[4]);
    QByteArray pdu = request.left(1).append(static_cast<char>(count * 2));
    for (int i = 0; i < count; ++i) pdu.append(static_cast<char>(value >> 8)).append(static_cast<char>(value & 0xFF));
    return pdu;
  }

  Behaviour behaviour = well(7);
  std::function<void(QTcpSocket *)> onConnect;
  QList<Frame> requests;
  int connections = 0;

 private:
  QTcpServer m_server;
};

/// What `look` found wrong in real time, empty if nothing. A finding counts only if the machine left this thread its
/// event loop meanwhile: who was held for longer than `stall` has late answers for a reason of its own, and looks
/// again.
template <typename Look>
QString wrongWithoutStall(std::chrono::milliseconds stall, Look look) {
  QString wrong;
  for (int attempt = 0; attempt < 10; ++attempt) {
    StallWatch watch(stall.count());
    wrong = look();
    if (wrong.isEmpty() || watch.stalls() == 0) return wrong;
  }
  return wrong;
}

}  // namespace tagwire::modbus
