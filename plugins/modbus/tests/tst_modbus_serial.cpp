// SPDX-License-Identifier: Apache-2.0
// The source on a serial line whose other end the test itself writes, byte by byte.
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <deque>

#include "busbook.h"
#include "modbusfixture.h"
#include "modbusprober.h"
#include "pseudoterminal.h"
#include "rtu.h"
#include "testprogram.h"

namespace tst_modbus_serial {

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

constexpr int timeoutMs = 100;
constexpr int healMs = timeoutMs + 2000;
const Value seven{qint64(7)};
const Value eight{qint64(8)};

Endpoint endpointAt(const QString &device) {
  Endpoint endpoint;
  endpoint.transport = Transport::Serial;
  endpoint.device = device;
  endpoint.baud = 115200;
  endpoint.parity = Parity::None;
  return endpoint;
}

Bus::Settings busSettings(const QString &device) {
  return {{endpointAt(device)}, 1, false, std::chrono::milliseconds(timeoutMs), {}};
}

std::shared_ptr<Bus> busAt(const QString &device) { return std::make_shared<Bus>(busSettings(device)); }

QList<ModbusPoint> onePoint(int unit = 1) {
  QList<ModbusPoint> points{makePoint("level", Table::Holding, 0, PointType::Uint16)};
  points[0].unit = static_cast<quint8>(unit);
  return points;
}

SourceSettings usualSettings() { return SourceUnderTest::settingsOf(timeoutMs); }

/// A silent unit is asked again sooner than usual, so that the tests are done sooner too.
SourceSettings settings() {
  SourceSettings settings = usualSettings();
  settings.longestPause = std::chrono::milliseconds(200);
  return settings;
}

/// For a PLC that answers every request.
SourceSettings patientSettings() { return SourceUnderTest::settingsOf(patientMs); }

QByteArray answerOf(const Frame &request, quint16 value) {
  return encodeRtu({0, request.unit, FaultyServer::wellPdu(request.pdu, value)});
}

/// A PLC at the end of a line that does with each request what the test says.
class LinePlc : public QObject {
 public:
  using Behaviour = std::function<void(LinePlc &, const Frame &)>;

  LinePlc() {
    port.onBytes = [this](const QByteArray &bytes) { take(bytes); };
  }

  void take(const QByteArray &bytes) {
    m_decoder.add(bytes);
    while (const auto frame = m_decoder.next()) {
      requests.append(*frame);
      behaviour(*this, *frame);
    }
    if (!m_decoder.error().isEmpty()) garbage = m_decoder.error();
  }
  void write(const QByteArray &bytes) {
    if (deviceServer) {
      deviceServer->send(bytes);
    } else {
      port.write(bytes);
    }
  }
  /// Reached over TCP from now on; the port it listens at.
  quint16 beBehindDeviceServer() {
    deviceServer = std::make_unique<SerialDeviceServer>([this](const QByteArray &bytes) { take(bytes); });
    return deviceServer->port();
  }

  static Behaviour well(quint16 value) {
    return [value](LinePlc &plc, const Frame &request) { plc.write(answerOf(request, value)); };
  }
  static Behaviour raw(const std::function<QByteArray(const Frame &)> &bytes) {
    return [bytes](LinePlc &plc, const Frame &request) { plc.write(bytes(request)); };
  }
  /// `bytes` this much later.
  void writeLater(int milliseconds, const QByteArray &bytes) {
    QTimer::singleShot(milliseconds, Qt::PreciseTimer, this, [this, bytes] { write(bytes); });
  }

  Pseudoterminal port;
  std::unique_ptr<SerialDeviceServer> deviceServer;
  Behaviour behaviour = well(7);
  QList<Frame> requests;
  QString garbage;  ///< what arrived was no request

 private:
  RtuDecoder m_decoder{RtuDecoder::Reads::Requests};
};

/// A PLC that answers in order, each request so much after it came, or after the answer before it.
class SlowPlc : public QObject {
 public:
  explicit SlowPlc(LinePlc &plc) : m_plc(plc) {
    plc.behaviour = [this](LinePlc &, const Frame &request) {
      m_waiting.push_back(request);
      if (m_waiting.size() == 1) next();
    };
  }

  std::function<int(const Frame &)> delayMs = [](const Frame &) { return 1; };
  /// Empty: none. Unless set, each register holds its own address.
  std::function<QByteArray(const Frame &)> answer = [](const Frame &request) {
    // Read device identification is shorter, and not known here.
    if (request.pdu.size() < 5) return encodeRtu({0, request.unit, QByteArray::fromHex("AB01")});
    const auto first = qFromBigEndian<quint16>(request.pdu.constData() + 1);
    const int count = static_cast<quint8>(request.pdu[4]);
    QByteArray pdu = request.pdu.left(1) + static_cast<char>(count * 2);
    for (int i = 0; i < count; ++i) {
      const int address = first + i;
      pdu.append(static_cast<char>(address >> 8)).append(static_cast<char>(address & 0xFF));
    }
    return encodeRtu({0, request.unit, pdu});
  };
  int answers = 0;

 private:
  void next() {
    QTimer::singleShot(delayMs(m_waiting.front()), Qt::PreciseTimer, this, [this] {
      const Frame request = m_waiting.front();
      m_waiting.pop_front();
      ++answers;
      const QByteArray bytes = answer(request);
      if (!bytes.isEmpty()) m_plc.write(bytes);
      if (!m_waiting.empty()) next();
    });
  }

  LinePlc &m_plc;
  std::deque<Frame> m_waiting;
};

}  // namespace

class TestModbusSerial : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  /// A name for a port, to be given to one and another.
  QString portName() const { return m_folder.filePath(QStringLiteral("port")); }
  void plugIn(const Pseudoterminal &port) {
    QFile::remove(portName());
    QVERIFY(QFile::link(port.device(), portName()));
  }

  /// What was wrong with a probe of a PLC whose every seventh answer is late; a value at another's place fails at once,
  /// whatever the machine does meanwhile.
  static QString probeOfALatePlc(bool overTcp) {
    LinePlc plc;
    const QString where = overTcp ? QStringLiteral("rtu+tcp://127.0.0.1:%1").arg(plc.beBehindDeviceServer())
                                  : QStringLiteral("rtu://%1?baud=115200&parity=none").arg(plc.port.device());
    SlowPlc slow(plc);
    slow.delayMs = [&](const Frame &) { return slow.answers % 7 == 6 ? 250 : 1; };
    ModbusProber prober;
    QStringList lines;
    std::optional<int> exitCode;
    connect(&prober, &Tool::line, &prober, [&](const QString &text) { lines << text; });
    connect(&prober, &Tool::finished, &prober, [&](int code) { exitCode = code; });
    const auto started = prober.start({where, QStringLiteral("--units"), QStringLiteral("1"),
                                       QStringLiteral("--timeout-ms"), QStringLiteral("50"), QStringLiteral("--values"),
                                       QStringLiteral("--registers"), QStringLiteral("holding:1000-1499")});
    if (!started) return started.error().text;
    if (!tagwire::testing::waitFor([&] { return exitCode.has_value(); })) return QStringLiteral("not done");
    int values = 0;
    for (const QString &text : std::as_const(lines)) {
      const QStringList words = text.split(u' ', Qt::SkipEmptyParts);
      if (words.size() != 4 || !words[2].startsWith(u"0x")) continue;
      if (words[3] != words[1]) QTest::qFail(qPrintable(QStringLiteral("swapped: ") + text), __FILE__, __LINE__);
      ++values;
    }
    const QString said = lines.join(u'\n').right(1000);
    return exitCode == 0 && values == 500 ? QString() : QStringLiteral("%1 values: %2").arg(values).arg(said);
  }

 private Q_SLOTS:
  void cleanup() { QFile::remove(portName()); }

  void isBadAndRecovers_data() {
    QTest::addColumn<LinePlc::Behaviour>("fault");
    QTest::addColumn<QString>("quality");
    const auto row = [](const char *name, const LinePlc::Behaviour &fault, const char *quality) {
      QTest::newRow(name) << fault << QString::fromLatin1(quality);
    };
    row(
        "silence", [](LinePlc &, const Frame &) {}, "bad:timeout");
    row("garbage before the answer",
        LinePlc::raw([](const Frame &request) { return QByteArray::fromHex("FF00A5") + answerOf(request, 99); }),
        "bad:invalid_response");
    row("only garbage", LinePlc::raw([](const Frame &) { return QByteArray(300, '\xA5'); }), "bad:invalid_response");
    row("wrong CRC", LinePlc::raw([](const Frame &request) {
          QByteArray bytes = answerOf(request, 99);
          bytes.back() = static_cast<char>(bytes.back() ^ 1);
          return bytes;
        }),
        "bad:invalid_response");
    row("a bit fell over", LinePlc::raw([](const Frame &request) {
          QByteArray bytes = answerOf(request, 7);
          bytes[4] = static_cast<char>(bytes[4] ^ 8);
          return bytes;
        }),
        "bad:invalid_response");
    row("answer of another unit", LinePlc::raw([](const Frame &request) {
          return answerOf({0, static_cast<quint8>(request.unit + 1), request.pdu}, 99);
        }),
        "bad:invalid_response");
    row("answer to another function", LinePlc::raw([](const Frame &request) {
          return encodeRtu({0, request.unit, QByteArray::fromHex("04020063")});
        }),
        "bad:invalid_response");
    row("too many registers", LinePlc::raw([](const Frame &request) {
          return encodeRtu({0, request.unit, QByteArray::fromHex("030600630063") + QByteArray(2, '\0')});
        }),
        "bad:invalid_response");
    row("half an answer", LinePlc::raw([](const Frame &request) { return answerOf(request, 99).left(4); }),
        "bad:timeout");
    row(
        "one byte every 150 ms",
        [](LinePlc &plc, const Frame &request) {
          const QByteArray bytes = answerOf(request, 99);
          for (int i = 0; i < bytes.size(); ++i) plc.writeLater(150 * i, bytes.mid(i, 1));
        },
        "bad:timeout");
    row("the request's own echo", LinePlc::raw([](const Frame &request) { return encodeRtu(request); }),
        "bad:invalid_response");
    row("exception 4", LinePlc::raw([](const Frame &request) {
          return encodeRtu({0, request.unit, QByteArray::fromHex("8304")});
        }),
        "bad:device_failure");
  }
  void isBadAndRecovers() {
    QFETCH(LinePlc::Behaviour, fault);
    QFETCH(QString, quality);
    LinePlc plc;
    SourceUnderTest test(busAt(plc.port.device()), settings(), onePoint());
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    QTRY_COMPARE(test.state, PluginState::Running);
    const Time good = test.last[test.ids[0]].time;

    plc.behaviour = fault;
    QTRY_COMPARE(test.quality(0), quality);
    QTRY_COMPARE(test.state, PluginState::Degraded);
    QVERIFY(test.value(0) == seven);
    QVERIFY(test.last[test.ids[0]].time == good);
    const qsizetype before = plc.requests.size();
    QTRY_VERIFY(plc.requests.size() > before + 1);

    plc.behaviour = LinePlc::well(8);
    QVERIFY(test.isGoodWithin(healMs, 0));
    QTRY_COMPARE(test.state, PluginState::Running);
    QVERIFY(test.value(0) == eight);
    for (const Sample &sample : std::as_const(test.samples)) {
      QVERIFY(!sample.quality.isGood() || sample.value == seven || sample.value == eight);
    }
    QVERIFY2(plc.garbage.isEmpty(), qPrintable(plc.garbage));
  }

  void aSilentPlcHealsInTimeWithTheUsualPauses() {
    LinePlc plc;
    plc.behaviour = [](LinePlc &, const Frame &) {};
    SourceUnderTest test(busAt(plc.port.device()), usualSettings(), onePoint());
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:timeout"));
    QTRY_VERIFY(plc.requests.size() >= 5);
    plc.behaviour = LinePlc::well(8);
    QVERIFY(test.isGoodWithin(healMs, 0));
  }

  void garbageBehindTheAnswerDoesNoHarm() {
    LinePlc plc;
    quint16 counter = 0;
    plc.behaviour = [&](LinePlc &line, const Frame &request) {
      line.write(answerOf(request, ++counter) + QByteArray::fromHex("00FFA5"));
    };
    SourceUnderTest test(busAt(plc.port.device()), patientSettings(), onePoint());
    test.source->start();
    QTRY_VERIFY(test.samples.size() >= 20);
    for (qsizetype i = 0; i < test.samples.size(); ++i) QVERIFY(test.samples[i].value == Value(qint64(i + 1)));
  }

  void answersFiveTimesOverAreTakenOnce() {
    LinePlc plc;
    quint16 counter = 0;
    plc.behaviour = [&](LinePlc &line, const Frame &request) {
      const QByteArray bytes = answerOf(request, ++counter);
      for (int i = 0; i < 5; ++i) line.write(bytes);
    };
    SourceUnderTest test(busAt(plc.port.device()), patientSettings(), onePoint());
    test.source->start();
    QTRY_VERIFY(test.samples.size() >= 20);
    for (qsizetype i = 0; i < test.samples.size(); ++i) {
      QVERIFY(test.samples[i].quality.isGood());
      QVERIFY(test.samples[i].value == Value(qint64(i + 1)));
    }
  }

  /// The answer comes after the deadline and looks just like the one to the next request.
  void aLateAnswerIsNeverTakenForTheNext_data() {
    QTest::addColumn<int>("lateMs");
    for (const int late : {timeoutMs + 40, timeoutMs + 60, timeoutMs * 2, timeoutMs * 3, timeoutMs * 5}) {
      QTest::addRow("%d ms", late) << late;
    }
  }
  void aLateAnswerIsNeverTakenForTheNext() {
    QFETCH(int, lateMs);
    LinePlc plc;
    SourceUnderTest test(busAt(plc.port.device()), settings(), onePoint());
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    int late = 0;
    plc.behaviour = [&](LinePlc &line, const Frame &request) {
      line.writeLater(lateMs, answerOf(request, 99));
      if (++late == 3) line.behaviour = LinePlc::well(8);
    };
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:timeout"));
    QTRY_VERIFY(test.value(0) == eight);
    const qsizetype before = plc.requests.size();
    QTRY_VERIFY(plc.requests.size() > before + 20);
    for (const Sample &sample : std::as_const(test.samples)) QVERIFY(sample.value != Value(qint64(99)));
    QCOMPARE(test.quality(0), QStringLiteral("good"));
  }

  /// Two blocks of one shape on a PLC that is often late: no value may end up at the other's point.
  void aPlcThatIsOftenLateNeverSwapsValues_data() {
    QTest::addColumn<int>("every");
    QTest::addColumn<int>("lateMs");
    QTest::addColumn<bool>("overTcp");
    for (const int every : {1, 2, 3, 5}) {
      for (const int late : {timeoutMs + 50, timeoutMs * 2 + 10}) {
        QTest::addRow("every %d by %d ms", every, late) << every << late << false;
      }
    }
    QTest::addRow("every 2 over TCP") << 2 << timeoutMs + 50 << true;
    QTest::addRow("every 3 over TCP") << 3 << timeoutMs * 2 + 10 << true;
  }
  void aPlcThatIsOftenLateNeverSwapsValues() {
    QFETCH(int, every);
    QFETCH(int, lateMs);
    QFETCH(bool, overTcp);
    LinePlc plc;
    Endpoint endpoint = endpointAt(plc.port.device());
    if (overTcp) {
      endpoint = SourceUnderTest::endpointTo(plc.beBehindDeviceServer());
      endpoint.transport = Transport::RtuOverTcp;
    }
    SlowPlc slow(plc);
    slow.delayMs = [&](const Frame &) { return slow.answers % every == every - 1 ? lateMs : 1; };
    QList<ModbusPoint> points{makePoint("a", Table::Holding, 11, PointType::Uint16),
                              makePoint("b", Table::Holding, 500, PointType::Uint16),
                              makePoint("c", Table::Holding, 900, PointType::Uint16)};
    // Told every time.
    for (ModbusPoint &point : points) point.maxSilence = std::chrono::milliseconds(1);
    const auto bus =
        std::make_shared<Bus>(Bus::Settings{{endpoint}, 1, false, std::chrono::milliseconds(timeoutMs), {}});
    SourceUnderTest test(bus, settings(), points);
    test.source->start();
    QTRY_VERIFY(slow.answers >= 12);
    slow.delayMs = [](const Frame &) { return 1; };
    for (int i = 0; i < 3; ++i) QVERIFY(test.isGoodWithin(healMs + lateMs, i));
    for (const Sample &sample : std::as_const(test.samples)) {
      if (!sample.quality.isGood()) continue;
      const qsizetype index = test.ids.indexOf(sample.point);
      QVERIFY2(sample.value == Value(qint64(points[index].address)), qPrintable(points[index].name));
    }
  }

  void aLateEchoIsNotTakenForTheNextWrite() {
    LinePlc plc;
    SlowPlc slow(plc);
    int writes = 0;
    const auto isWrite = [](const Frame &request) { return request.pdu[0] == 6; };
    // The first write is answered late, the second never.
    slow.delayMs = [&](const Frame &request) { return isWrite(request) && writes == 0 ? timeoutMs + 60 : 1; };
    slow.answer = [&](const Frame &request) {
      return isWrite(request) && ++writes == 2 ? QByteArray() : answerOf(request, 7);
    };
    QList<ModbusPoint> points = onePoint();
    points[0].verify = false;
    SourceUnderTest test(busAt(plc.port.device()), settings(), points);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    test.write(0, qint64(9));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,unknown"));
    test.steps.clear();
    test.write(0, qint64(9));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,unknown"));
    QTRY_COMPARE(writes, 2);
  }

  void thePortComesLate() {
    LinePlc plc;
    SourceUnderTest test(busAt(portName()), settings(), onePoint());
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:no_connection"));
    QTRY_COMPARE(test.state, PluginState::Degraded);
    QVERIFY2(test.statusText.contains(u"no connection to rtu://"), qPrintable(test.statusText));
    QCOMPARE(test.samples.size(), 1);
    plugIn(plc.port);
    QVERIFY(test.isGoodWithin(healMs, 0));
    QTRY_COMPARE(test.state, PluginState::Running);
  }

  void thePortIsPulledAndComesBack() {
    auto plc = std::make_unique<LinePlc>();
    plugIn(plc->port);
    SourceUnderTest test(busAt(portName()), settings(), onePoint());
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    QTRY_COMPARE(test.state, PluginState::Running);
    const qsizetype samples = test.samples.size();
    const int changes = test.statusChanges;
    QFile::remove(portName());
    plc->port.unplug();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:no_connection"));
    QTRY_COMPARE(test.state, PluginState::Degraded);
    // Said once, however often it is tried again meanwhile.
    QElapsedTimer watch;
    watch.start();
    QTRY_VERIFY(watch.elapsed() > 1000);
    QCOMPARE(test.samples.size(), samples + 1);
    QVERIFY2(test.statusChanges <= changes + 2, qPrintable(QString::number(test.statusChanges - changes)));
    plc = std::make_unique<LinePlc>();
    plc->behaviour = LinePlc::well(8);
    plugIn(plc->port);
    QVERIFY(test.isGoodWithin(healMs, 0));
    QVERIFY(test.value(0) == eight);
    QTRY_COMPARE(test.state, PluginState::Running);
  }

  void twoInstancesShareTheLine() {
    LinePlc plc;
    int underWay = 0;
    int most = 0;
    plc.behaviour = [&](LinePlc &line, const Frame &request) {
      most = std::max(most, ++underWay);
      QTimer::singleShot(5, &line, [&, request] {
        --underWay;
        line.write(answerOf(request, request.unit));
      });
    };
    BusBook book;
    const auto bus = book.bus(busSettings(plc.port.device()), {});
    QVERIFY(bus);
    SourceUnderTest one(*bus, patientSettings(), onePoint(1));
    SourceUnderTest other(*book.bus(busSettings(plc.port.device()), {}), patientSettings(), onePoint(2));
    one.source->start();
    other.source->start();
    QTRY_VERIFY(one.value(0) == Value(qint64(1)));
    QTRY_VERIFY(other.value(0) == Value(qint64(2)));
    const auto asked = [&](int unit) {
      return std::count_if(plc.requests.begin(), plc.requests.end(), [=](const Frame &f) { return f.unit == unit; });
    };
    QTRY_VERIFY(asked(1) > 20 && asked(2) > 20);
    other.write(0, qint64(2));
    QTRY_COMPARE(other.stepsText(), QStringLiteral("sent,acked,succeeded"));
    QCOMPARE(most, 1);
    QVERIFY2(plc.garbage.isEmpty(), qPrintable(plc.garbage));

    // One stops, the other goes on.
    one.source->stop();
    const auto before = asked(2);
    QTRY_VERIFY(asked(2) > before + 5);
    QCOMPARE(other.quality(0), QStringLiteral("good"));
    one.source->start();
    QTRY_COMPARE(one.quality(0), QStringLiteral("good"));
  }

  void aDeadUnitOnTheLineLeavesTheOtherInstanceGood() {
    LinePlc plc;
    plc.behaviour = [](LinePlc &line, const Frame &request) {
      if (request.unit == 1) LinePlc::well(7)(line, request);
    };
    BusBook book;
    SourceUnderTest one(*book.bus(busSettings(plc.port.device()), {}), patientSettings(), onePoint(1));
    SourceUnderTest dead(*book.bus(busSettings(plc.port.device()), {}), settings(), onePoint(2));
    one.source->start();
    dead.source->start();
    QTRY_COMPARE(dead.quality(0), QStringLiteral("bad:timeout"));
    QTRY_VERIFY(plc.requests.size() > 60);
    for (const Sample &sample : std::as_const(one.samples)) QVERIFY(sample.quality.isGood());
    QTRY_COMPARE(one.quality(0), QStringLiteral("good"));
    plc.behaviour = LinePlc::well(8);
    QVERIFY(dead.isGoodWithin(healMs, 0));
    QTRY_VERIFY(one.value(0) == eight);
  }

  void otherLineSettingsAreRefused() {
    BusBook book;
    const auto first = book.bus(busSettings(QStringLiteral("/dev/nothing")), {});
    QVERIFY(first);
    Bus::Settings differing = busSettings(QStringLiteral("/dev/nothing"));
    differing.endpoints[0].baud = 9600;
    const auto second = book.bus(differing, {});
    QVERIFY(!second);
    QVERIFY2(second.error().contains(u"shared with another instance"), qPrintable(second.error()));
  }

  void theProberAsksALine() {
    LinePlc plc;
    plc.behaviour = [](LinePlc &line, const Frame &request) {
      if (request.unit != 3) return;
      const bool isRead = request.pdu[0] == 3;
      const QByteArray refusal = QByteArray(1, static_cast<char>(request.pdu[0] | 0x80)) + '\1';
      line.write(isRead ? answerOf(request, 7) : encodeRtu({0, request.unit, refusal}));
    };
    ModbusProber prober;
    QStringList lines;
    std::optional<int> exitCode;
    connect(&prober, &Tool::line, this, [&](const QString &text) { lines << text; });
    connect(&prober, &Tool::finished, this, [&](int code) { exitCode = code; });
    const auto started =
        prober.start({QStringLiteral("rtu://%1?baud=115200&parity=none").arg(plc.port.device()),
                      QStringLiteral("--units"), QStringLiteral("1-4"), QStringLiteral("--timeout-ms"),
                      QStringLiteral("50"), QStringLiteral("--registers"), QStringLiteral("holding:0-199")});
    QVERIFY2(started, qPrintable(started ? QString() : started.error().text));
    QTRY_COMPARE(exitCode, std::optional(0));
    QVERIFY2(lines.contains(QStringLiteral("  holding 0-199         200 addresses")), qPrintable(lines.join(u'\n')));
    QVERIFY(lines.contains(QStringLiteral("no answer: 1-2, 4")));
    QCOMPARE(lines.last(), QStringLiteral("1 of 4 unit ids answer: 3"));
    QVERIFY2(plc.garbage.isEmpty(), qPrintable(plc.garbage));
  }

  void theProberSwapsNothingOnAPlcThatIsOftenLate_data() {
    QTest::addColumn<bool>("overTcp");
    QTest::newRow("port") << false;
    QTest::newRow("over TCP") << true;
  }
  void theProberSwapsNothingOnAPlcThatIsOftenLate() {
    QFETCH(bool, overTcp);
    const QString wrong = wrongWithoutStall(50ms, [&] { return probeOfALatePlc(overTcp); });
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
  }

  void theProberSaysThatThereIsNoPort() {
    ModbusProber prober;
    QStringList lines;
    std::optional<int> exitCode;
    connect(&prober, &Tool::line, this, [&](const QString &text) { lines << text; });
    connect(&prober, &Tool::finished, this, [&](int code) { exitCode = code; });
    QVERIFY(prober.start({QStringLiteral("rtu:///dev/no-such-port")}));
    QTRY_COMPARE(exitCode, std::optional(69));
    QVERIFY2(lines.value(0).startsWith(u"no connection to rtu:///dev/no-such-port"), qPrintable(lines.join(u'\n')));
  }
};

TAGWIRE_TEST(TestModbusSerial)

}  // namespace tst_modbus_serial

#include "tst_modbus_serial.moc"
