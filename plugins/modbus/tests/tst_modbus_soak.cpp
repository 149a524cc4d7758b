// SPDX-License-Identifier: Apache-2.0
// Minutes of a device that misbehaves at random, over each transport: no wrong value is ever published as Good, the
// source comes back within time-out + 2 s each time, and the memory stays flat. Part of `make test-long`.
#include <QFile>
#include <QRandomGenerator>
#include <QTest>
#include <QtEndian>

#include <deque>

#include <malloc.h>

#include "busbook.h"
#include "modbusfixture.h"
#include "pseudoterminal.h"
#include "rtu.h"
#include "testprogram.h"

namespace tst_modbus_soak {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

constexpr int rounds = 12;
constexpr int chaosMs = 5000;
constexpr int timeoutMs = 100;
constexpr int healMs = timeoutMs + 2000 + 1000;  // and a second for a machine that is busy
constexpr int units = 3;
constexpr int pointsPerUnit = 12;

qint64 residentKiB() {
  malloc_trim(0);
  QFile file(QStringLiteral("/proc/self/statm"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  return file.readAll().split(' ').value(1).toLongLong() * 4;
}

/// What a register always holds, so that a value of another unit or address is seen.
quint16 truth(int unit, int address) { return static_cast<quint16>(unit * 1000 + address); }

QByteArray rightPdu(const Frame &request) {
  const int first = qFromBigEndian<quint16>(request.pdu.constData() + 1);
  const int count = qFromBigEndian<quint16>(request.pdu.constData() + 3);
  QByteArray pdu = request.pdu.left(1).append(static_cast<char>(count * 2));
  for (int i = 0; i < count; ++i) {
    const quint16 word = truth(request.unit, first + i);
    pdu.append(static_cast<char>(word >> 8)).append(static_cast<char>(word & 0xFF));
  }
  return pdu;
}

/// A device at random. What it sends goes through `send`, which tells whether there is still somebody.
class WildDevice : public QObject {
 public:
  using Send = std::function<void(const QByteArray &)>;

  WildDevice(bool isRtu, quint32 seed) : m_isRtu(isRtu), m_random(seed) {}

  /// Behind a line a device answers one request after the other: a late answer holds up those behind it.
  void takeInOrder(const Frame &request, const Send &send) {
    if (m_isBusy) {
      m_waiting.push_back(request);
      return;
    }
    take(
        request, send, [] {}, [] {});
    if (m_isBusy) return;
    nextInOrder(send);
  }

  void take(const Frame &request, const Send &send, const std::function<void()> &hangUp,
            const std::function<void()> &mute) {
    ++requests;
    const QByteArray right = frame(request, rightPdu(request));
    switch (isWild ? m_random.bounded(14) : 99) {
      case 0:
        return;  // silence
      case 1:
        return later(m_random.bounded(300), send, right);
      case 2:
        // Then silence: nothing could tell the rest of this answer from the beginning of the next.
        send(right.left(m_random.bounded(static_cast<quint32>(right.size()))));
        return mute();
      case 3:
        return send(frame(request, QByteArray::fromHex("83") + static_cast<char>(m_random.bounded(12))));
      case 4:
        for (int i = 0; i < 5; ++i) send(right);
        return;
      case 5: {
        QByteArray bytes = right;
        bytes[m_random.bounded(static_cast<int>(bytes.size()))] ^= static_cast<char>(1 << m_random.bounded(8));
        // Over TCP nothing guards the values themselves: a flipped bit there is a wrong value, not a fault we can see.
        return send(m_isRtu ? bytes : right.left(7) + bytes.mid(7, 2) + right.mid(9));
      }
      case 6: {
        Frame other = request;
        ++other.unit;
        return send(frame(other, rightPdu(other)));
      }
      case 7:
        return send(QByteArray(static_cast<qsizetype>(m_random.bounded(600)), '\xA5'));
      case 8:
        return hangUp();
      case 9:
        send(right.left(5));
        return hangUp();
      default:
        return send(right);
    }
  }

  bool isWild = true;
  int requests = 0;

 private:
  QByteArray frame(const Frame &request, const QByteArray &pdu) const {
    const Frame answer{request.transaction, request.unit, pdu};
    return m_isRtu ? encodeRtu(answer) : encodeMbap(answer);
  }
  void later(quint32 milliseconds, const Send &send, const QByteArray &bytes) {
    m_isBusy = true;
    QTimer::singleShot(static_cast<int>(milliseconds), this, [this, send, bytes] {
      send(bytes);
      m_isBusy = false;
      nextInOrder(send);
    });
  }
  void nextInOrder(const Send &send) {
    if (m_waiting.empty()) return;
    const Frame request = m_waiting.front();
    m_waiting.pop_front();
    takeInOrder(request, send);
  }

  bool m_isRtu;
  QRandomGenerator m_random;
  bool m_isBusy = false;
  std::deque<Frame> m_waiting;
};

/// The device behind a TCP port.
class WildServer : public QObject {
 public:
  explicit WildServer(bool isRtu) : device(isRtu, 7) {
    m_server.listen(QHostAddress::LocalHost);
    connect(&m_server, &QTcpServer::newConnection, this, [this, isRtu] {
      QPointer<QTcpSocket> client = m_server.nextPendingConnection();
      std::shared_ptr<FrameDecoder> decoder;
      if (isRtu) {
        decoder = std::make_shared<RtuDecoder>(RtuDecoder::Reads::Requests);
      } else {
        decoder = std::make_shared<MbapDecoder>();
      }
      const auto isMute = std::make_shared<bool>(false);
      const auto send = [client, isMute](const QByteArray &bytes) {
        if (client && client->isOpen() && !*isMute) client->write(bytes);
      };
      connect(client, &QTcpSocket::readyRead, client, [this, client, decoder, send, isMute] {
        decoder->add(client->readAll());
        while (const auto frame = decoder->next()) {
          device.take(
              *frame, send,
              [client] {
                if (client) client->abort();
              },
              [isMute] { *isMute = true; });
        }
      });
      connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
    });
  }

  quint16 port() const { return m_server.serverPort(); }
  WildDevice device;

 private:
  QTcpServer m_server;
};

QList<ModbusPoint> allPoints() {
  QList<ModbusPoint> points;
  for (int unit = 1; unit <= units; ++unit) {
    for (int i = 0; i < pointsPerUnit; ++i) {
      // Pairs, so that each unit has several requests of the very same size: the hardest case for late answers.
      points.append(makePoint("p", Table::Holding, (i / 2) * 50 + i % 2, PointType::Uint16, 30));
      points.last().name = QStringLiteral("u%1/p%2").arg(unit).arg(i);
      points.last().unit = static_cast<quint8>(unit);
    }
  }
  return points;
}

void soak(const std::shared_ptr<Bus> &bus, WildDevice &device) {
  const QList<ModbusPoint> points = allPoints();
  SourceUnderTest test(bus, SourceUnderTest::settingsOf(timeoutMs, 0), points);
  QHash<PointId, qint64> due;
  for (qsizetype i = 0; i < points.size(); ++i) due.insert(test.ids[i], truth(points[i].unit, points[i].address));
  qint64 flat = 0;
  device.isWild = false;
  test.source->start();
  for (int round = 0; round <= rounds; ++round) {
    device.isWild = round > 0;
    if (round > 0) QTest::qWait(chaosMs);
    device.isWild = false;
    const auto areAllGood = [&] {
      return std::all_of(test.ids.begin(), test.ids.end(), [&](PointId id) {
        const auto found = test.last.constFind(id);
        return found != test.last.constEnd() && found->quality.isGood();
      });
    };
    QVERIFY(comesTrueWithin(healMs, areAllGood));
    for (const Sample &sample : std::as_const(test.samples)) {
      QVERIFY(!sample.quality.isGood() || sample.value == Value(due.value(sample.point)));
    }
    test.samples.clear();
    test.steps.clear();
    if (round == 2) flat = residentKiB();
  }
  QVERIFY(device.requests > rounds * 50);
  QVERIFY2(residentKiB() - flat < 4096, qPrintable(QStringLiteral("%1 KiB more").arg(residentKiB() - flat)));
}

}  // namespace

class TestModbusSoak : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tcp_data() {
    QTest::addColumn<int>("outstanding");
    QTest::addColumn<bool>("hasSecondConnection");
    QTest::newRow("one request at a time") << 1 << false;
    QTest::newRow("with a second connection") << 1 << true;
    QTest::newRow("eight requests at once") << 8 << true;
  }
  void tcp() {
    QFETCH(int, outstanding);
    QFETCH(bool, hasSecondConnection);
    WildServer server(false);
    soak(std::make_shared<Bus>(Bus::Settings{{SourceUnderTest::endpointTo(server.port())},
                                             outstanding,
                                             hasSecondConnection,
                                             std::chrono::milliseconds(timeoutMs),
                                             {}}),
         server.device);
  }

  void rtuOverTcp() {
    WildServer server(true);
    Endpoint endpoint = SourceUnderTest::endpointTo(server.port());
    endpoint.transport = Transport::RtuOverTcp;
    soak(std::make_shared<Bus>(Bus::Settings{{endpoint}, 1, false, std::chrono::milliseconds(timeoutMs), {}}),
         server.device);
  }

  void serialLine() {
    WildDevice device(true, 11);
    Pseudoterminal port;
    RtuDecoder decoder(RtuDecoder::Reads::Requests);
    port.onBytes = [&](const QByteArray &bytes) {
      decoder.add(bytes);
      while (const auto frame = decoder.next()) {
        device.takeInOrder(*frame, [&](const QByteArray &answer) { port.write(answer); });
      }
      if (!decoder.error().isEmpty()) decoder.clear();
    };
    Endpoint endpoint;
    endpoint.transport = Transport::Serial;
    endpoint.device = port.device();
    endpoint.baud = 115200;
    soak(std::make_shared<Bus>(Bus::Settings{{endpoint}, 1, false, std::chrono::milliseconds(timeoutMs), {}}), device);
  }
};

TAGWIRE_TEST(TestModbusSoak)

}  // namespace tst_modbus_soak

#include "tst_modbus_soak.moc"
