// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTest>

#include "busbook.h"
#include "modbusfixture.h"
#include "rtu.h"
#include "testprogram.h"

namespace tst_modbus_bus {

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

constexpr auto never = std::chrono::nanoseconds::max();
constexpr int timeoutMs = 150;
constexpr int healMs = timeoutMs + 2000 + 500;

/// A client that always, or never, has something; counts what was taken.
class FakeClient : public BusClient {
 public:
  explicit FakeClient(quint8 id = 1) : unit(id) {}

  std::optional<Request> takeCommand(Moment) override {
    if (commands == 0) return std::nullopt;
    --commands;
    return request(0, false);
  }
  std::optional<Request> takePoll(Moment, Scope scope) override {
    if (scope != Scope::Healthy && hasAside) return request(2, true);
    if (polls == 0) return std::nullopt;
    --polls;
    return request(1, false);
  }
  Moment commandDue() const override { return commands > 0 ? Moment::min() : never; }
  Moment due(Scope scope) const override {
    if (scope == Scope::Aside) return hasAside ? Moment(0) : never;
    return polls > 0 ? pollDue : never;
  }
  std::chrono::milliseconds asideTime() const override { return hasAside ? 100ms : 0ms; }
  bool hasHealthyUnits() const override { return true; }
  void linkOpened(Moment) override {}
  void linkLost(QualityReason, const QString &) override {}
  void answered(const Request &, const modbus::Reply &, Moment, std::chrono::nanoseconds) override {}
  void unanswered(const Request &, QualityReason, const QString &, Moment) override {}
  void interrupted(const Request &, const QString &) override {}
  void turnEnded() override {}

  quint8 unit;
  int commands = 0;
  int polls = 0;
  Moment pollDue{0};
  bool hasAside = false;

 private:
  Request request(quint64 mark, bool isAside) const {
    Request made;
    made.unit = unit;
    made.mark = mark;
    made.isAside = isAside;
    return made;
  }
};

/// "c" for a command, "p" for a poll, "a" for one aside, with the unit.
QString order(Arbiter &arbiter, int count, std::chrono::nanoseconds now = 0s) {
  QString text;
  for (int i = 0; i < count; ++i) {
    const auto request = arbiter.next(Scope::All, true, now);
    if (!request) break;
    text += QStringLiteral("cpa")[static_cast<qsizetype>(request->mark)] + QString::number(request->unit) + u' ';
  }
  return text.trimmed();
}

QList<ModbusPoint> pointsOfUnits(int units, int periodMs = 20) {
  QList<ModbusPoint> points;
  for (int unit = 1; unit <= units; ++unit) {
    points.append(makePoint("p", Table::Holding, 0, PointType::Uint16, periodMs));
    points.last().name = QStringLiteral("p%1").arg(unit);
    points.last().unit = static_cast<quint8>(unit);
  }
  return points;
}

std::shared_ptr<Bus> busWith(quint16 port, int maxOutstanding, bool hasSecondConnection) {
  return std::make_shared<Bus>(Bus::Settings{{SourceUnderTest::endpointTo(port)},
                                             maxOutstanding,
                                             hasSecondConnection,
                                             std::chrono::milliseconds(patientMs),
                                             {}});
}

std::shared_ptr<Bus> busWithEndpoints(const QList<quint16> &ports, int connectMs) {
  Bus::Settings settings{{}, 1, false, std::chrono::milliseconds(connectMs), {}};
  for (const quint16 port : ports) settings.endpoints.append(SourceUnderTest::endpointTo(port));
  return std::make_shared<Bus>(settings);
}

double counted(SourceUnderTest &test, const char *name) { return test.context.metrics().counter(name, "").value(); }

/// Counts the requests to a silent unit beside which others were answered before it timed out: nobody waited for it. By
/// the order of things, not by their time.
class BesideSilence {
 public:
  explicit BesideSilence(SourceUnderTest &test) : m_test(test) {}

  void silentWasAsked() { m_timeouts = counted(m_test, "tagwire_modbus_timeouts_total"); }
  void otherWasAnswered() {
    if (m_timeouts != counted(m_test, "tagwire_modbus_timeouts_total")) return;
    m_timeouts = -1;
    ++times;
  }

  int times = 0;

 private:
  SourceUnderTest &m_test;
  double m_timeouts = -1;  ///< when it was asked
};

qint64 residentKiB() {
  QFile file(QStringLiteral("/proc/self/statm"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  return file.readAll().split(' ').value(1).toLongLong() * 4;
}

const Value seven = qint64(7);
const Value eight = qint64(8);

}  // namespace

class TestModbusBus : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void commandsGoFirstButDoNotStarvePolls() {
    FakeClient client;
    Arbiter arbiter;
    arbiter.add(&client);
    client.commands = 20;
    client.polls = 3;
    QCOMPARE(order(arbiter, 11), QStringLiteral("c1 c1 c1 c1 c1 c1 c1 c1 p1 c1 c1"));
    client.polls = 0;
    QCOMPARE(order(arbiter, 100).count(u'c'), 10);
    QVERIFY(!arbiter.next(Scope::All, true, 0s));
  }

  void equalsTakeTurns() {
    FakeClient first(1);
    FakeClient second(2);
    Arbiter arbiter;
    arbiter.add(&first);
    arbiter.add(&second);
    first.polls = second.polls = 3;
    second.commands = 1;
    first.commands = 1;
    QCOMPARE(order(arbiter, 8), QStringLiteral("c2 c1 p2 p1 p2 p1 p2 p1"));
    arbiter.remove(&second);
    second.polls = 1;
    QVERIFY(!arbiter.next(Scope::All, true, 0s));
  }

  void unitsAsideGetTheirShareOrTheGaps() {
    FakeClient client;
    Arbiter arbiter;
    arbiter.add(&client);
    client.hasAside = true;
    client.polls = 1000;
    QCOMPARE(order(arbiter, 1, 10s), QStringLiteral("a1"));
    arbiter.asideEnded(10s, 100ms);
    QCOMPARE(order(arbiter, 3, 10s), QStringLiteral("p1 p1 p1"));
    QCOMPARE(order(arbiter, 1, 12s), QStringLiteral("a1"));
    // Nobody else has anything to ask for long enough: no need to wait.
    arbiter.asideEnded(12s, 100ms);
    client.pollDue = 12s + 100ms;
    QCOMPARE(order(arbiter, 1, 12s), QStringLiteral("a1"));
    client.pollDue = 12s + 99ms;
    QCOMPARE(order(arbiter, 1, 12s), QStringLiteral("p1"));
    QCOMPARE(arbiter.due(Scope::All, true, 12s), std::chrono::nanoseconds(12s + 99ms));
    client.polls = 0;
    QCOMPARE(order(arbiter, 1, 12s), QStringLiteral("a1"));
  }

  void theBreakerOpensAndCloses() {
    using State = CircuitBreaker::State;
    CircuitBreaker breaker(2, 1000ms, false);
    breaker.failed(0s);
    QCOMPARE(breaker.state(), State::Closed);
    QVERIFY(!breaker.isGivenUp());
    breaker.answered();
    breaker.failed(1s);
    breaker.failed(2s);
    QCOMPARE(breaker.state(), State::Open);
    QVERIFY(breaker.isGivenUp());
    QCOMPARE(breaker.probeAt(), std::chrono::nanoseconds(2250ms));
    breaker.failed(3s);
    QCOMPARE(breaker.probeAt(), std::chrono::nanoseconds(3500ms));
    breaker.failed(4s);
    breaker.failed(6s);
    QCOMPARE(breaker.probeAt(), std::chrono::nanoseconds(7s));
    // Who answers probes but no real request goes on waiting ever longer.
    breaker.probeAnswered();
    QCOMPARE(breaker.state(), State::Trial);
    breaker.failed(8s);
    QCOMPARE(breaker.probeAt(), std::chrono::nanoseconds(9s));
    breaker.probeAnswered();
    breaker.answered();
    QCOMPARE(breaker.state(), State::Closed);
    // On a line the very first failure opens it, with a probe at once.
    CircuitBreaker line(2, 1000ms, true);
    line.failed(5s);
    QCOMPARE(line.state(), State::Open);
    QCOMPARE(line.probeAt(), std::chrono::nanoseconds(5s));
    QVERIFY(!line.isGivenUp());
  }

  void severalRequestsAreUnderWayAtOnce() {
    FaultyServer server;
    QList<std::pair<QPointer<QTcpSocket>, Frame>> held;
    // Answers in fours, the last one first; each answer holds its own address.
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      held.append({client, request});
      if (held.size() < 4) return;
      std::reverse(held.begin(), held.end());
      for (const auto &[socket, frame] : std::exchange(held, {})) {
        const quint16 address = static_cast<quint16>((quint8(frame.pdu[1]) << 8) | quint8(frame.pdu[2]));
        if (socket) {
          socket->write(encodeMbap({frame.transaction, frame.unit, FaultyServer::wellPdu(frame.pdu, address)}));
        }
      }
    };
    QList<ModbusPoint> points;
    for (int i = 0; i < 16; ++i) {
      points.append(makePoint("p", Table::Holding, i * 1000, PointType::Uint16, 50));
      points.last().name = QStringLiteral("p%1").arg(i);
    }
    SourceUnderTest test(busWith(server.port(), 4, false), SourceUnderTest::settingsOf(patientMs), points);
    test.source->start();
    for (int i = 0; i < 16; ++i) QTRY_VERIFY(test.value(i) == Value(qint64(i * 1000)));
    QCOMPARE(server.connections, 1);
    QCOMPARE(counted(test, "tagwire_modbus_timeouts_total"), 0.0);
  }

  void whoWaitsBesideALostRequestIsNotBad() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.unit != 2) FaultyServer::well(7)(client, request);
    };
    SourceUnderTest test(busWith(server.port(), 8, false), SourceUnderTest::settingsWithSilent(2, 50),
                         pointsOfUnits(6));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:timeout"));
    QTRY_COMPARE(test.quality(5), QStringLiteral("good"));
    QTRY_VERIFY(server.requests.size() > 100);
    for (const Sample &sample : std::as_const(test.samples)) {
      QVERIFY2(sample.point == test.ids[1] || sample.quality.isGood(), qPrintable(toText(sample.quality)));
    }
    server.behaviour = FaultyServer::well(8);
    QVERIFY(test.isGoodWithin(50 + 2000 + 500, 1));
  }

  void aDeadUnitOverTcpCostsTheOthersNothing() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.unit != 2) FaultyServer::well(7)(client, request);
    };
    SourceUnderTest test(busWith(server.port(), 1, true), SourceUnderTest::settingsWithSilent(2, timeoutMs),
                         pointsOfUnits(3));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:timeout"));
    // It is known to be dead now: from here on no other unit waits for it, though it is probed all the time.
    BesideSilence beside(test);
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      if (request.unit == 2) return beside.silentWasAsked();
      FaultyServer::well(7)(client, request);
      beside.otherWasAnswered();
    };
    QTRY_VERIFY(beside.times >= 3);
    QVERIFY(server.connections >= 2);
    server.behaviour = FaultyServer::well(8);
    QVERIFY(test.isGoodWithin(healMs, 1));
  }

  void aDeviceThatTakesOneConnectionOnlyIsReadAllTheSame() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.unit != 2) FaultyServer::well(7)(client, request);
    };
    int open = 0;
    server.onConnect = [&](QTcpSocket *client) {
      connect(client, &QTcpSocket::disconnected, this, [&] { --open; });
      if (++open > 1) client->abort();
    };
    SourceUnderTest test(busWith(server.port(), 1, true), SourceUnderTest::settingsWithSilent(2, 50), pointsOfUnits(3));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:timeout"));
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    QTRY_COMPARE(test.quality(2), QStringLiteral("good"));
    const qsizetype before = server.requests.size();
    QTRY_VERIFY(server.requests.size() > before + 60);
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    server.behaviour = FaultyServer::well(8);
    server.onConnect = nullptr;
    QVERIFY(test.isGoodWithin(50 + 2000 + 500, 1));
  }

  void aSecondConnectionThatNobodyLooksAtIsNotUsed() {
    // Many devices serve one connection after the other: the second is accepted by their system and never looked at.
    FaultyServer server;
    QPointer<QTcpSocket> served;
    bool isSilent = true;
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      if (!served) served = client;
      if (client != served || (request.unit == 2 && isSilent)) return;
      FaultyServer::well(7)(client, request);
    };
    SourceUnderTest test(busWith(server.port(), 1, true), SourceUnderTest::settingsOf(timeoutMs),
                         pointsOfUnits(2, 100));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:timeout"));
    const qsizetype before = server.requests.size();
    QTRY_VERIFY(server.requests.size() > before + 20);
    isSilent = false;
    QVERIFY(test.isGoodWithin(healMs + 1000, 1));
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
  }

  void pipeliningAndADeadUnitGoTogether() {
    // A gateway that asks its units one after the other: what waits behind the dead unit is late.
    QHash<QTcpSocket *, bool> isBusy;
    FaultyServer server;
    std::optional<BesideSilence> beside;
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      if (request.unit == 2) {
        isBusy[client] = true;  // nothing comes behind it on this connection
        connect(client, &QObject::destroyed, this, [&isBusy, client] { isBusy.remove(client); });
        if (beside) beside->silentWasAsked();
      }
      if (isBusy.value(client)) return;
      FaultyServer::well(7)(client, request);
      if (beside) beside->otherWasAnswered();
    };
    SourceUnderTest test(busWith(server.port(), 8, true), SourceUnderTest::settingsWithSilent(2, timeoutMs),
                         pointsOfUnits(4, 50));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:timeout"));
    for (int i : {0, 2, 3}) QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
    // Known to be dead, and the second connection is in use.
    QTRY_VERIFY(counted(test, "tagwire_modbus_timeouts_total") >= 4);
    beside.emplace(test);
    QTRY_VERIFY(beside->times >= 2);
    for (int i : {0, 2, 3}) QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
  }

  void aConnectionForEachAnswerKeepsTheSchedule_data() {
    QTest::addColumn<int>("copies");
    QTest::newRow("hangs up behind each answer") << 0;
    QTest::newRow("answers five times over") << 5;
  }
  void aConnectionForEachAnswerKeepsTheSchedule() {
    QFETCH(int, copies);
    FaultyServer server;
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      for (int i = 0; i < std::max(copies, 1); ++i) FaultyServer::well(7)(client, request);
      if (copies == 0) client->disconnectFromHost();
    };
    QList<ModbusPoint> points;
    for (int i = 0; i < 5; ++i) {
      points.append(makePoint("p", Table::Holding, i * 1000, PointType::Uint16, 100));
      points.last().name = QStringLiteral("p%1").arg(i);
    }
    SourceUnderTest test(server.port(), points, patientMs);
    QElapsedTimer watch;
    watch.start();
    test.source->start();
    for (int i = 0; i < 5; ++i) QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
    QTRY_VERIFY(server.requests.size() >= 60);
    // Five requests in 100 ms are due, and one connection for each: not a redial in a circle.
    const auto due = watch.elapsed() / 100 + 2;
    QVERIFY2(server.requests.size() <= due * 5 * 2, qPrintable(QString::number(server.requests.size())));
    QVERIFY2(server.connections <= due * 5 * 2, qPrintable(QString::number(server.connections)));
    QMap<int, int> asked;
    for (const Frame &frame : std::as_const(server.requests))
      ++asked[(quint8(frame.pdu[1]) << 8) | quint8(frame.pdu[2])];
    QCOMPARE(asked.size(), 5);
    for (const int count : std::as_const(asked)) QVERIFY(count >= 6);
    QCOMPARE(test.state, PluginState::Running);
  }

  void aPeerThatHangsUpAtOnceIsNotDialledInACircle() {
    FaultyServer server;
    server.onConnect = [](QTcpSocket *client) { client->disconnectFromHost(); };
    Endpoint endpoint = SourceUnderTest::endpointTo(server.port());
    endpoint.transport = Transport::RtuOverTcp;
    SourceUnderTest test(std::make_shared<Bus>(Bus::Settings{{endpoint}, 1, false, 150ms, {}}),
                         SourceUnderTest::settingsOf(timeoutMs), pointsOfUnits(1));
    QElapsedTimer watch;
    watch.start();
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:no_connection"));
    QTRY_COMPARE(test.state, PluginState::Degraded);
    QTRY_VERIFY(server.connections >= 4);
    QVERIFY2(server.connections <= 3 + watch.elapsed() / 150, qPrintable(QString::number(server.connections)));
  }

  void aUnitWhoseAnswersBreakTheLinkIsPutAside() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.unit == 2) return client->abort();
      FaultyServer::well(7)(client, request);
    };
    SourceUnderTest test(busWith(server.port(), 1, false), SourceUnderTest::settingsWithSilent(2, timeoutMs),
                         pointsOfUnits(2, 50));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:no_connection"));
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    const qsizetype before = server.requests.size();
    QTRY_VERIFY(server.requests.size() > before + 60);
    const auto asked = std::count_if(server.requests.begin() + before, server.requests.end(),
                                     [](const Frame &frame) { return frame.unit == 2; });
    QVERIFY2(asked <= 20, qPrintable(QString::number(asked)));
    QCOMPARE(test.quality(0), QStringLiteral("good"));
    server.behaviour = FaultyServer::well(8);
    QVERIFY(test.isGoodWithin(healMs, 1));
  }

  void aTableThatIsNeverAnsweredLeavesTheOthersGood_data() {
    QTest::addColumn<bool>("isFirst");
    QTest::newRow("first in the plan") << true;
    QTest::newRow("last in the plan") << false;
  }
  void aTableThatIsNeverAnsweredLeavesTheOthersGood() {
    QFETCH(bool, isFirst);
    FaultyServer server;
    const char silent = static_cast<char>(isFirst ? Function::ReadInputRegisters : Function::ReadHoldingRegisters);
    server.behaviour = [silent](QTcpSocket *client, const Frame &request) {
      if (request.pdu[0] != silent) FaultyServer::well(7)(client, request);
    };
    QList<ModbusPoint> points{makePoint("input", Table::Input, 0, PointType::Uint16, 50),
                              makePoint("holding", Table::Holding, 0, PointType::Uint16, 50)};
    SourceUnderTest test(busWith(server.port(), 1, false), SourceUnderTest::settingsOf(timeoutMs), points);
    test.source->start();
    const int good = isFirst ? 1 : 0;
    QTRY_COMPARE(test.quality(good), QStringLiteral("good"));
    QTRY_COMPARE(test.quality(1 - good), QStringLiteral("bad:timeout"));
    const qsizetype before = server.requests.size();
    StallWatch watch;
    QTRY_VERIFY(server.requests.size() > before + 30);
    const auto asked = std::count_if(server.requests.begin() + before, server.requests.end(),
                                     [silent](const Frame &frame) { return frame.pdu[0] == silent; });
    QVERIFY2(asked <= 3 + watch.heldMs() / 1000, qPrintable(QString::number(asked)));
    QTRY_COMPARE(test.quality(good), QStringLiteral("good"));
  }

  void aUnitOfALineBelongsToOneInstance() {
    BusBook book;
    Endpoint endpoint;
    endpoint.transport = Transport::Serial;
    endpoint.device = QStringLiteral("/dev/ttyNone");
    const Bus::Settings settings{{endpoint}, 1, false, 1000ms, {}};
    const auto bus = book.bus(settings, {1, 2});
    QVERIFY(bus);
    auto first = std::make_unique<SourceUnderTest>(*bus, SourceUnderTest::settingsOf(), pointsOfUnits(2));
    QVERIFY(book.bus(settings, {3}));
    const auto again = book.bus(settings, {3, 2});
    QVERIFY(!again);
    QVERIFY2(again.error().contains(u"unit 2 on rtu:///dev/ttyNone is asked by another instance"),
             qPrintable(again.error()));
    first.reset();
    QVERIFY(book.bus(settings, {3, 2}));
  }

  void everyCommandToASilentUnitFailsAtOnce() {
    FaultyServer server;
    std::function<void()> onProbe;
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      if (request.unit != 2) return FaultyServer::well(7)(client, request);
      if (onProbe) std::exchange(onProbe, {})();
    };
    // Nothing else is due for an hour: only the commands themselves can keep the bus going.
    SourceUnderTest test(busWith(server.port(), 1, false), SourceUnderTest::settingsWithSilent(2, 50),
                         pointsOfUnits(2, 3'600'000));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:timeout"));
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    QTRY_VERIFY(server.requests.size() >= 4);
    // They arrive while a probe is under way, so that they wait together.
    qsizetype asked = 0;
    onProbe = [&] {
      asked = server.requests.size();
      for (int i = 0; i < 8; ++i) test.write(1, qint64(i));
    };
    QTRY_COMPARE(test.steps.size(), 8);
    QCOMPARE(test.stepsText().count(QStringLiteral("failed")), 8);
    QCOMPARE(server.requests.size(), asked);  // none was sent, and none had to wait for the next probe
  }

  void aGatewaysWordForAUnitSuspendsItOnly() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.unit != 2) return FaultyServer::well(7)(client, request);
      client->write(encodeMbap({request.transaction, request.unit, QByteArray::fromHex("830B")}));
    };
    SourceUnderTest test(busWith(server.port(), 1, false), SourceUnderTest::settingsWithSilent(2, timeoutMs),
                         pointsOfUnits(2));
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:gateway_target_failed"));
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    const qsizetype before = server.requests.size();
    QTRY_VERIFY(server.requests.size() > before + 100);
    const auto asked = std::count_if(server.requests.begin() + before, server.requests.end(),
                                     [](const Frame &frame) { return frame.unit == 2; });
    QVERIFY2(asked < 15, qPrintable(QString::number(asked)));
    server.behaviour = FaultyServer::well(8);
    QVERIFY(test.isGoodWithin(healMs, 1));
  }

  void takesTheNextEndpointWhenOneFails() {
    FaultyServer first;
    FaultyServer second;
    second.behaviour = FaultyServer::well(8);
    SourceUnderTest test(busWithEndpoints({first.port(), second.port()}, patientMs),
                         SourceUnderTest::settingsOf(patientMs), pointsOfUnits(1));
    test.source->start();
    QTRY_VERIFY(test.value(0) == seven);
    QCOMPARE(second.connections, 0);
    first.close();
    QTRY_VERIFY(test.value(0) == eight);
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
  }

  void takesTheNextEndpointWhenOneIsSilent() {
    // It accepts and never answers: it has failed as well.
    FaultyServer first;
    first.behaviour = [](QTcpSocket *, const Frame &) {};
    FaultyServer second;
    second.behaviour = FaultyServer::well(8);
    SourceUnderTest test(busWithEndpoints({first.port(), second.port()}, timeoutMs),
                         SourceUnderTest::settingsOf(timeoutMs), pointsOfUnits(1));
    test.source->start();
    QVERIFY(comesTrueWithin(healMs, [&] { return test.value(0) == eight && test.quality(0) == u"good"; }));
    first.behaviour = FaultyServer::well(7);
    second.behaviour = [](QTcpSocket *, const Frame &) {};
    QVERIFY(comesTrueWithin(healMs, [&] { return test.value(0) == seven && test.quality(0) == u"good"; }));
  }

  void pausesAreKept() {
    FaultyServer server;
    QElapsedTimer watch;
    watch.start();
    QList<qint64> asked;
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      asked.append(watch.elapsed());
      FaultyServer::well(7)(client, request);
    };
    auto bus =
        std::make_shared<Bus>(Bus::Settings{{SourceUnderTest::endpointTo(server.port())}, 1, false, 1000ms, 100ms});
    SourceSettings settings = SourceUnderTest::settingsOf(1000);
    settings.units.particular[1] = settings.units.usual;
    settings.units.particular[1].requestPause = 50ms;
    SourceUnderTest test(bus, settings, pointsOfUnits(1, 10));
    test.source->start();
    QTRY_VERIFY(asked.size() >= 5);
    QVERIFY(asked[0] >= 98);
    for (qsizetype i = 1; i < asked.size(); ++i) QVERIFY(asked[i] - asked[i - 1] >= 48);
  }

  void twoInstancesShareALine() {
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    int connections = 0;
    int underWay = 0;
    int most = 0;
    QList<quint8> units;
    connect(&server, &QTcpServer::newConnection, this, [&] {
      QTcpSocket *client = server.nextPendingConnection();
      ++connections;
      auto decoder = std::make_shared<RtuDecoder>(RtuDecoder::Reads::Requests);
      connect(client, &QTcpSocket::readyRead, client, [&, client, decoder] {
        decoder->add(client->readAll());
        while (const auto frame = decoder->next()) {
          most = std::max(most, ++underWay);
          units.append(frame->unit);
          QTimer::singleShot(2, client, [&, client, frame] {
            --underWay;
            client->write(encodeRtu({0, frame->unit, FaultyServer::wellPdu(frame->pdu, frame->unit)}));
          });
        }
      });
    });
    Endpoint endpoint = SourceUnderTest::endpointTo(server.serverPort());
    endpoint.transport = Transport::RtuOverTcp;
    const Bus::Settings settings{{endpoint}, 1, false, std::chrono::milliseconds(patientMs), {}};
    BusBook book;
    const auto firstBus = book.bus(settings, {});
    const auto secondBus = book.bus(settings, {});
    QVERIFY(firstBus && secondBus);
    QVERIFY(*firstBus == *secondBus);
    QList<ModbusPoint> points = pointsOfUnits(2);
    SourceUnderTest first(*firstBus, SourceUnderTest::settingsOf(patientMs), {points[0]});
    SourceUnderTest second(*secondBus, SourceUnderTest::settingsOf(patientMs), {points[1]});
    first.source->start();
    second.source->start();
    QTRY_VERIFY(first.value(0) == Value(qint64(1)));
    QTRY_VERIFY(second.value(0) == Value(qint64(2)));
    QTRY_VERIFY(units.count(1) >= 10 && units.count(2) >= 10);
    QCOMPARE(connections, 1);
    QCOMPARE(most, 1);
    // One stops, the other goes on.
    first.source->stop();
    const qsizetype before = units.count(2);
    QTRY_VERIFY(units.count(2) > before + 5);
    QCOMPARE(second.quality(0), QStringLiteral("good"));
    first.source->start();
    QTRY_VERIFY(first.samples.size() >= 2);
    // Over and over, with requests and commands under way: what was asked before a stop is never taken for later.
    for (int i = 0; i < 50; ++i) {
      const qsizetype asked = units.count(1);
      first.write(0, qint64(1));
      QTRY_VERIFY(units.count(1) > asked);
      first.source->stop();
      first.source->start();
    }
    QTRY_COMPARE(first.quality(0), QStringLiteral("good"));
    QVERIFY(first.value(0) == Value(qint64(1)));
    QCOMPARE(second.quality(0), QStringLiteral("good"));
  }

  void aLineHasOneSetting() {
    BusBook book;
    Endpoint endpoint;
    endpoint.transport = Transport::Serial;
    endpoint.device = QStringLiteral("/dev/ttyNone");
    auto first = book.bus({{endpoint}, 1, false, 1000ms, {}}, {});
    QVERIFY(first);
    endpoint.baud = 9600;
    const auto other = book.bus({{endpoint}, 1, false, 1000ms, {}}, {});
    QVERIFY(!other);
    QVERIFY2(other.error().contains(u"rtu:///dev/ttyNone is shared"), qPrintable(other.error()));
    first->reset();  // nobody has it any more
    QVERIFY(book.bus({{endpoint}, 1, false, 1000ms, {}}, {}));
  }

  void aFloodNeitherFillsTheMemoryNorPublishesAnything() {
    // 300 MB of garbage as fast as loopback carries it, whether asked or not.
    FaultyServer server;
    SourceUnderTest test(server.port(), pointsOfUnits(1), timeoutMs);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    const QByteArray garbage(256 * 1024, '\xA5');
    qint64 sent = 0;
    const auto flood = [&](QTcpSocket *client) {
      const auto more = [&, client] {
        while (client->bytesToWrite() < 4 * garbage.size() && sent < 300'000'000) sent += client->write(garbage);
      };
      connect(client, &QTcpSocket::bytesWritten, client, more);
      more();
    };
    server.onConnect = flood;
    server.behaviour = [&](QTcpSocket *client, const Frame &) { flood(client); };
    const qint64 before = residentKiB();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:invalid_response"));
    QTRY_VERIFY(server.connections >= 5);
    QVERIFY2(residentKiB() - before < 30'000, qPrintable(QString::number(residentKiB() - before)));
    for (const Sample &sample : std::as_const(test.samples)) {
      QVERIFY(!sample.quality.isGood() || sample.value == seven);
    }
    server.onConnect = nullptr;
    server.behaviour = FaultyServer::well(8);
    QVERIFY(test.isGoodWithin(healMs, 0));
  }

  void disabledPointsAreSaidAndNeverRead() {
    FaultyServer server;
    QList<ModbusPoint> points = pointsOfUnits(2);
    points[1].isEnabled = false;
    SourceUnderTest test(server.port(), points, timeoutMs);
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:disabled"));
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    QTRY_COMPARE(test.state, PluginState::Running);
    test.write(1, qint64(3));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("failed"));
    server.close();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:no_connection"));
    QCOMPARE(test.quality(1), QStringLiteral("bad:disabled"));
    QVERIFY(std::none_of(server.requests.begin(), server.requests.end(),
                         [](const Frame &frame) { return frame.unit == 2; }));
  }
};

TAGWIRE_TEST(TestModbusBus)

}  // namespace tst_modbus_bus

#include "tst_modbus_bus.moc"
