// SPDX-License-Identifier: Apache-2.0
// The source against a server that misbehaves in every way a device in the field does.
#include <QTest>

#include "epolldispatcher.h"
#include "faultyanswers.h"
#include "testprogram.h"

namespace tst_modbus_faults {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

const Value seven{qint64(7)};
const Value eight{qint64(8)};
constexpr int timeoutMs = 150;
constexpr int healMs = timeoutMs + 2000;

QList<ModbusPoint> onePoint() { return {makePoint("level", Table::Holding, 0, PointType::Uint16)}; }

/// One source and one server with a fault: good, bad for the fault's reason, good again.
class Recovery {
 public:
  explicit Recovery(const Fault &fault) : m_fault(fault), m_test(m_server.port(), onePoint(), timeoutMs) {
    m_test.source->start();
  }

  /// Goes on to the next step if this one is over.
  bool isFinished() {
    if (m_step == Step::Good && isNow("good", PluginState::Running)) {
      m_good = m_test.last[m_test.ids[0]].time;
      m_server.behaviour = m_fault.behaviour;
      m_step = Step::Bad;
    } else if (m_step == Step::Bad && isNow(m_fault.quality, PluginState::Degraded)) {
      checkKept();
      m_server.behaviour = FaultyServer::well(8);
      m_healing.start();
      m_stalls = std::make_unique<StallWatch>();
      m_step = Step::GoodAgain;
    } else if (m_step == Step::GoodAgain && m_test.quality(0) == u"good") {
      // Each stall may cost a round more, ten of them at most.
      check(m_healing.elapsed() <= healMs * (1 + std::min(m_stalls->stalls(), 10)) + m_stalls->heldMs(),
            "bad for too long");
      m_step = Step::Running;
    } else if (m_step == Step::Running && isNow("good", PluginState::Running)) {
      checkHealed();
      m_step = Step::Finished;
    }
    return m_step == Step::Finished;
  }
  QString text() const {
    return QStringLiteral("%1: step %2, %3").arg(QLatin1String(m_fault.name)).arg(int(m_step)).arg(m_test.quality(0));
  }
  /// What was not as it has to be; empty if all was.
  QString problem() const { return m_problem; }

 private:
  enum class Step : quint8 { Good, Bad, GoodAgain, Running, Finished };

  bool isNow(const char *quality, PluginState state) const {
    return m_test.quality(0) == QLatin1String(quality) && m_test.state == state;
  }
  void check(bool holds, const char *what) {
    if (!holds && m_problem.isEmpty())
      m_problem = QStringLiteral("%1: %2").arg(QLatin1String(m_fault.name), QLatin1String(what));
  }
  /// The last value stays with its old time.
  void checkKept() {
    check(!m_test.statusText.isEmpty(), "degraded without a reason");
    check(m_test.value(0) == seven, "the last value is gone");
    check(m_test.last[m_test.ids[0]].time == m_good, "the last value has another time");
  }
  void checkHealed() {
    check(m_test.value(0) == eight, "good without the new value");
    for (const Sample &sample : std::as_const(m_test.samples)) {
      check(!sample.quality.isGood() || sample.value == seven || sample.value == eight, "a wrong value was told");
    }
  }

  Fault m_fault;
  FaultyServer m_server;
  SourceUnderTest m_test;
  Step m_step = Step::Good;
  Time m_good;
  QElapsedTimer m_healing;
  std::unique_ptr<StallWatch> m_stalls;  ///< while it heals
  QString m_problem;
};

}  // namespace

class TestModbusFaults : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void isBadAndRecovers_data() {
    QTest::addColumn<std::vector<Fault>>("faults");
    QTest::newRow("broken connections") << brokenConnections();
    QTest::newRow("wrong frames") << wrongFrames();
    QTest::newRow("exceptions") << exceptions();
  }
  void isBadAndRecovers() {
    // All of a kind at once, since each waits for about a second.
    QFETCH(std::vector<Fault>, faults);
    std::vector<std::unique_ptr<Recovery>> recoveries;
    for (const Fault &fault : faults) recoveries.push_back(std::make_unique<Recovery>(fault));
    const auto unfinished = [&] {
      QStringList texts;
      for (const auto &recovery : recoveries) {
        if (!recovery->isFinished()) texts << recovery->text();
      }
      return texts;
    };
    QTRY_COMPARE(unfinished(), QStringList());
    for (const auto &recovery : recoveries) QVERIFY2(recovery->problem().isEmpty(), qPrintable(recovery->problem()));
  }

  void answersFiveTimesOverAreTakenOnce() {
    FaultyServer server;
    quint16 counter = 0;
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      const QByteArray bytes =
          encodeMbap({request.transaction, request.unit, FaultyServer::wellPdu(request.pdu, ++counter)});
      for (int i = 0; i < 5; ++i) client->write(bytes);
    };
    SourceUnderTest test(server.port(), onePoint(), patientMs);
    test.source->start();
    QTRY_VERIFY(counter >= 20);
    QTRY_VERIFY(test.samples.size() >= 20);
    for (qsizetype i = 0; i < test.samples.size(); ++i) {
      QVERIFY(test.samples[i].quality.isGood());
      QVERIFY(test.samples[i].value == Value(qint64(i + 1)));
    }
  }

  void aLateReplyIsNeverTakenForTheNext() {
    FaultyServer server;
    // Each answer carries the number of its request, but only after the deadline.
    QList<std::pair<QPointer<QTcpSocket>, QByteArray>> late;
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      late.append({client, encodeMbap({request.transaction, request.unit, FaultyServer::wellPdu(request.pdu, 99)})});
    };
    SourceUnderTest test(server.port(), onePoint(), 50);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:timeout"));
    server.behaviour = FaultyServer::well(8);
    for (const auto &[client, bytes] : late) {
      if (client) client->write(bytes);
    }
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    for (const Sample &sample : std::as_const(test.samples)) QVERIFY(sample.value != Value(qint64(99)));
  }

  /// The process stood (a full machine, a debugger) while the answer lay there.
  void anAnswerThatLayThereIsNoTimeout() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      FaultyServer::well(7)(client, request);
      client->flush();
      QThread::msleep(timeoutMs + 50);
    };
    SourceUnderTest test(server.port(), onePoint(), timeoutMs);
    test.source->start();
    QTRY_VERIFY(server.requests.size() >= 10);
    QCOMPARE(test.context.metrics().counter("tagwire_modbus_timeouts_total", "").value(), 0.0);
    QCOMPARE(server.connections, 1);
  }

  void theServerComesLateAndGoes() {
    quint16 port = 0;
    {
      FaultyServer placeholder;
      port = placeholder.port();
    }
    SourceUnderTest test(port, onePoint(), timeoutMs);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:no_connection"));
    QVERIFY(test.value(0) == Value());
    QTRY_COMPARE(test.state, PluginState::Degraded);
    QVERIFY2(test.statusText.contains(u"no connection to tcp://127.0.0.1"), qPrintable(test.statusText));
    FaultyServer server;
    server.close();
    QVERIFY(server.listenAgain(port));
    QVERIFY(test.isGoodWithin(healMs, 0));
    server.close();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:no_connection"));
    QVERIFY(test.value(0) == seven);
    QVERIFY(server.listenAgain(port));
    QVERIFY(test.isGoodWithin(healMs, 0));
  }

  void tellsEachChangeOnce() {
    FaultyServer server;
    SourceUnderTest test(server.port(), onePoint(), 50);
    test.source->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    server.behaviour = [](QTcpSocket *, const Frame &) {};
    const int before = server.connections;
    QTRY_VERIFY(server.connections >= before + 4);
    QCOMPARE(test.statusChanges, 2);
    QCOMPARE(test.samples.size(), 2);
  }

  void aServerThatHangsUpWhenQuietIsNotBad() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      FaultyServer::well(7)(client, request);
      client->disconnectFromHost();
    };
    QList<ModbusPoint> points = onePoint();
    points[0].period = std::chrono::milliseconds(60);
    SourceUnderTest test(server.port(), points, patientMs);
    test.source->start();
    QTRY_VERIFY(server.requests.size() >= 5);
    QVERIFY(server.connections >= 5);
    QCOMPARE(test.samples.size(), 1);
    QCOMPARE(test.quality(0), QStringLiteral("good"));
    QCOMPARE(test.state, PluginState::Running);
  }

  void oneBadAddressDoesNotSpoilTheOthers() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      const int first = static_cast<quint8>(request.pdu[2]);
      const int count = static_cast<quint8>(request.pdu[4]);
      const bool refuses = first <= 5 && 5 < first + count;
      const QByteArray pdu = refuses ? QByteArray::fromHex("8302") : FaultyServer::wellPdu(request.pdu, 7);
      client->write(encodeMbap({request.transaction, request.unit, pdu}));
    };
    QList<ModbusPoint> points;
    for (int i = 0; i < 10; ++i) {
      points.append(makePoint("p", Table::Holding, i, PointType::Uint16));
      points.last().name = QStringLiteral("p%1").arg(i);
    }
    SourceUnderTest test(server.port(), points, patientMs);
    test.source->start();
    for (int i = 0; i < 10; ++i) {
      QTRY_COMPARE(test.quality(i), i == 5 ? QStringLiteral("bad:illegal_address") : QStringLiteral("good"));
    }
    QTRY_VERIFY2(test.statusText.startsWith(QLatin1String("1 of 10 points of tcp://127.0.0.1:")) &&
                     test.statusText.endsWith(QLatin1String(" are bad: illegal_address (p5)")),
                 qPrintable(test.statusText));
    server.behaviour = FaultyServer::well(8);
    for (int i = 0; i < 10; ++i) QVERIFY(comesTrueWithin(healMs, [&] { return test.value(i) == eight; }));
    QTRY_COMPARE(test.state, PluginState::Running);
  }

  void aSilentUnitLeavesTheOthersGood() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.unit == 1) FaultyServer::well(7)(client, request);
    };
    QList<ModbusPoint> points = onePoint();
    points.append(makePoint("other", Table::Holding, 0, PointType::Uint16));
    points[1].unit = 2;
    SourceUnderTest test(SourceUnderTest::busTo(server.port(), patientMs), SourceUnderTest::settingsWithSilent(2, 50),
                         points);
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:timeout"));
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    const qsizetype before = server.requests.size();
    QTRY_VERIFY(server.requests.size() > before + 30);
    for (const Sample &sample : std::as_const(test.samples)) {
      if (sample.point == test.ids[0]) QVERIFY(sample.quality.isGood());
    }
    server.behaviour = FaultyServer::well(8);
    QVERIFY(test.isGoodWithin(healMs, 1));
  }

  void samplesOfOneReplyLeaveInOneBatch() {
    FaultyServer server;
    QList<ModbusPoint> points;
    for (int i = 0; i < 50; ++i) {
      points.append(makePoint("p", Table::Holding, i, PointType::Uint16));
      points.last().name = QStringLiteral("p%1").arg(i);
    }
    SourceUnderTest test(server.port(), points, patientMs);
    test.source->start();
    QTRY_COMPARE(test.samples.size(), 50);
    QCOMPARE(test.batches, 1);
  }

  void R5_11_commandsGoBeforePolling() {
    FaultyServer server;
    QList<ModbusPoint> points;
    for (int i = 0; i < 40; ++i) {  // gaps of 100: one request each
      points.append(makePoint("p", Table::Holding, i * 100, PointType::Uint16, 10));
      points.last().name = QStringLiteral("p%1").arg(i);
    }
    SourceUnderTest test(server.port(), points, patientMs);
    test.source->start();
    QTRY_VERIFY(server.requests.size() >= 100);
    const qsizetype before = server.requests.size();
    test.write(39, qint64(7));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,acked,succeeded"));
    qsizetype at = before;
    while (at < server.requests.size() && server.requests[at].pdu[0] != 6) ++at;
    QVERIFY2(at <= before + 1, qPrintable(QString::number(at - before)));
    QCOMPARE(server.requests[at + 1].pdu, readPdu(Table::Holding, 3900, 1));
  }

  void R5_11_aLostAnswerToAWriteIsNeverSentAgain() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.pdu[0] != 6) FaultyServer::well(7)(client, request);
    };
    SourceUnderTest test(server.port(), onePoint(), 50);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    test.write(0, qint64(7));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,succeeded"));
    test.steps.clear();
    test.write(0, qint64(9));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,failed"));
    QVERIFY(test.steps.last().actualValue == seven);
    const auto writes = std::count_if(server.requests.begin(), server.requests.end(),
                                      [](const Frame &frame) { return frame.pdu[0] == 6; });
    QCOMPARE(writes, 2);
  }

  void R5_5_anOutcomeThatCanNotBeReadBackIsUnknown() {
    FaultyServer server;
    SourceUnderTest test(server.port(), onePoint(), 50);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    server.behaviour = [](QTcpSocket *, const Frame &) {};
    test.write(0, qint64(9));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,unknown"));
    QVERIFY(!test.steps.last().error.isEmpty());
  }

  void aCommandWithoutALinkFailsAtOnce() {
    quint16 port = 0;
    {
      FaultyServer placeholder;
      port = placeholder.port();
    }
    SourceUnderTest test(port, onePoint(), timeoutMs);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:no_connection"));
    test.write(0, qint64(1));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("failed"));
    QVERIFY2(test.steps.last().error.contains(u"no connection"), qPrintable(test.steps.last().error));
  }

  void nothingComesAfterStop() {
    FaultyServer server;
    SourceUnderTest test(server.port(), onePoint(), timeoutMs);
    test.source->stop();  // before start
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    server.behaviour = [](QTcpSocket *, const Frame &) {};
    test.write(0, qint64(1));
    test.write(0, qint64(2));
    QTRY_COMPARE(test.steps.size(), 1);
    test.source->stop();
    QCOMPARE(test.stepsText(), QStringLiteral("sent,unknown,failed"));
    const qsizetype samples = test.samples.size();
    const int changes = test.statusChanges;
    const int connections = server.connections;
    test.source->stop();
    test.write(0, qint64(3));
    QElapsedTimer watch;
    watch.start();
    QTRY_VERIFY(watch.elapsed() > 3 * timeoutMs);
    QCOMPARE(test.samples.size(), samples);
    QCOMPARE(test.statusChanges, changes);
    QCOMPARE(test.steps.size(), 3);
    QCOMPARE(server.connections, connections);
    // And it can begin anew, telling everything again.
    server.behaviour = FaultyServer::well(7);
    test.source->start();
    QTRY_COMPARE(test.samples.size(), samples + 1);
    QTRY_COMPARE(test.state, PluginState::Running);
  }

  void stoppingInTheMiddleOfASignalIsSafe() {
    FaultyServer server;
    SourceUnderTest test(server.port(), onePoint(), patientMs);
    int changesAtStop = -1;
    connect(test.source.get(), &Plugin::samplesReady, this, [&] {
      test.source->stop();
      changesAtStop = test.statusChanges;
    });
    test.source->start();
    QTRY_COMPARE(test.samples.size(), 1);
    QTRY_VERIFY(server.requests.size() == 1);
    QCOMPARE(test.statusChanges, changesAtStop);
  }

  void countsWhatHappens() {
    FaultyServer server;
    SourceUnderTest test(server.port(), onePoint(), 50);
    test.source->start();
    const auto count = [&](const char *name) { return test.context.metrics().counter(name, "").value(); };
    QTRY_VERIFY(count("tagwire_modbus_scans_total") >= 3);
    server.behaviour = exception(4);
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:device_failure"));
    server.behaviour = [](QTcpSocket *, const Frame &) {};
    QTRY_COMPARE(test.quality(0), QStringLiteral("bad:timeout"));
    QVERIFY(count("tagwire_modbus_answers_total") >= 1);
    QVERIFY(count("tagwire_modbus_exceptions_total") >= 1);
    QVERIFY(count("tagwire_modbus_timeouts_total") >= 1);
    QVERIFY(count("tagwire_modbus_connects_total") >= 1);
    QVERIFY(count("tagwire_modbus_requests_total") >= 3);
  }
};

/// By the program's own event loop: which of sockets and timers comes first matters here.
int runOnOurLoop(int argc, char *argv[]) {
  QCoreApplication::setEventDispatcher(new EpollDispatcher);
  return testing::runTest<TestModbusFaults>(argc, argv);
}

TAGWIRE_TEST_BY(TestModbusFaults, runOnOurLoop)

}  // namespace tst_modbus_faults

#include "tst_modbus_faults.moc"
