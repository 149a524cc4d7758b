// SPDX-License-Identifier: Apache-2.0
// Commands that outlive something: the program, or the writes that were to end them.
#include <QTest>

#include "commandplant.h"
#include "testprogram.h"

namespace commandkills_test {

using Request = FaultyPlc::Request;

class CommandKillsTest : public QObject, private CommandPlant {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { begin(); }
  void init() { heal(); }
  void cleanupTestCase() { QCOMPARE(end(), 0); }

  void R5_11_aKillInTheMiddleOfACommand() {
    m_plc.onWrite = [this](QTcpSocket &, const Request &request) { m_plc.carriedOut(request); };
    m_plc.onReadBack = FaultyPlc::nothing();
    const QByteArray sent = R"({"point":"plc1/speed","value":71,"correlation_id":"sent"})";
    const QByteArray waiting = R"({"point":"plc1/speed","value":72,"correlation_id":"waiting"})";
    m_live->send(R"({"op":"command","id":"sent","p":"plc1/speed","v":71,"correlation_id":"sent"})");
    m_live->send(R"({"op":"command","id":"waiting","p":"plc1/speed","v":72,"correlation_id":"waiting"})");
    QTRY_COMPARE(m_plc.writes.size(), 1);
    QTRY_COMPARE(clientSteps("waiting"), QStringLiteral("queued"));
    m_program.kill();
    m_plc.onWrite = m_plc.onReadBack = m_plc.well();
    start();
    becomeHealthy();
    const HttpAnswer outcome = post("/api/v1/commands", sent);
    QCOMPARE(outcome.status, 409);
    QCOMPARE(outcome.json()[u"status"].toString(), QStringLiteral("unknown"));
    QVERIFY2(outcome.json()[u"message"].toString().contains(u"the program ended"), outcome.body.constData());
    QCOMPARE(m_plc.writes.size(), 1);
    // What never went out may: once.
    for (int i = 0; i < 3; ++i) QCOMPARE(post("/api/v1/commands", waiting).status, 200);
    QCOMPARE(m_plc.writes.size(), 2);
    QCOMPARE(m_plc.registers[0], quint16(72));
  }

  void R5_9_theEndOfAPulseIsRepeatedUntilItIsThere() {
    int lost = 0;
    m_plc.onWrite = [&](QTcpSocket &client, const Request &request) {
      if (request.value() == 0 && lost++ < 2) return;
      client.write(m_plc.carriedOut(request));
    };
    const HttpAnswer pulse = post("/api/os/command", horn);
    QCOMPARE(pulse.status, 409);
    QVERIFY2(pulse.json()[u"message"].toString().contains(u"tried again until it is done"), pulse.body.constData());
    QVERIFY2(isAsTold(pulse.json()[u"commandId"].toString(), QStringLiteral("queued,sent,acked,failed")),
             qPrintable(m_wrong));
    QTRY_VERIFY(isSaid("pulse_ended", u"at try 3"));
    QVERIFY(isSaid("pulse_not_ended", u"plc1/horn could not be brought back"));
    QVERIFY(!m_plc.coils[1]);
    QCOMPARE(m_plc.writes.size(), 4);
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 4);
  }
  void R5_9_theEndOfAPulseIsReadBackWhenItsAnswerIsLost() {
    m_plc.onWrite = [this](QTcpSocket &client, const Request &request) {
      const QByteArray answer = m_plc.carriedOut(request);
      if (request.value() != 0) client.write(answer);
    };
    const HttpAnswer pulse = post("/api/os/command", horn);
    QVERIFY2(isAsTold(pulse.json()[u"commandId"].toString(), QStringLiteral("queued,sent,acked,succeeded")),
             qPrintable(m_wrong));
    QCOMPARE(pulse.json()[u"actualValue"].toBool(), true);
    QVERIFY(!m_plc.coils[1]);
    QCOMPARE(m_plc.writes.size(), 2);
  }
  void R5_9_aPulseThatAKillCutIsEndedWhateverIsLost() {
    post("/api/v1/commands", R"({"point":"plc1/horn","value":true,"type":"pulse","duration_ms":600000,"wait_ms":0})");
    QTRY_VERIFY(m_plc.coils[1]);
    m_program.kill();
    m_plc.writes.clear();
    m_plc.onWrite = [this](QTcpSocket &client, const Request &request) {
      if (m_plc.writes.size() > 2) client.write(m_plc.carriedOut(request));
    };
    start();
    QTRY_VERIFY(isSaid("pulse_ended", u"plc1/horn is back at its safe value"));
    QVERIFY(!m_plc.coils[1]);
    for (const Request &each : std::as_const(m_plc.writes)) QCOMPARE(each.value(), quint16(0));
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 3);
  }

 private:
  static constexpr const char *horn = R"({"endpointId":61,"value":true,"commandType":"pulse","durationMs":50})";
};

TAGWIRE_TEST(CommandKillsTest)

}  // namespace commandkills_test

#include "commandkills_test.moc"
