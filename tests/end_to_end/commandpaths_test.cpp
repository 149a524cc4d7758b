// SPDX-License-Identifier: Apache-2.0
// Every way a command can end: the real program, asked by REST, and a device that goes wrong. A subscriber hears every
// step; how often was written, the device tells.
#include <QTest>

#include "commandplant.h"
#include "testprogram.h"

namespace commandpaths_test {

using Request = FaultyPlc::Request;

class CommandPathsTest : public QObject, private CommandPlant {
  Q_OBJECT

  /// What the device does with a write of register 0 and when it is read back, and how the command then goes.
  struct Mishap {
    const char *name;
    FaultyPlc::Behaviour write;
    FaultyPlc::Behaviour readBack;
    const char *steps;
    const char *text;  ///< is in the error
  };

 private Q_SLOTS:
  void initTestCase() { begin(); }
  void init() { heal(); }
  void cleanupTestCase() { QCOMPARE(end(), 0); }

  void R5_5_everyOutcomeStepByStep_data() {
    QTest::addColumn<int>("index");
    m_mishaps = mishaps();
    for (size_t i = 0; i < m_mishaps.size(); ++i) QTest::newRow(m_mishaps[i].name) << static_cast<int>(i);
  }
  void R5_5_everyOutcomeStepByStep() {
    QFETCH(int, index);
    const Mishap &mishap = m_mishaps[static_cast<size_t>(index)];
    const QString steps = QString::fromLatin1(mishap.steps);
    m_plc.onWrite = mishap.write;
    m_plc.onReadBack = mishap.readBack;
    const int value = 100 + index;
    const HttpAnswer answer = write(63, value);
    const QJsonObject outcome = answer.json();
    QVERIFY2(isAsTold(outcome[u"commandId"].toString(), steps), qPrintable(m_wrong));
    QCOMPARE(answer.status, steps.endsWith(u"succeeded") ? 200 : 409);
    QVERIFY2(outcome[u"message"].toString().contains(QLatin1String(mishap.text)), answer.body.constData());
    if (answer.status == 200) QCOMPARE(outcome[u"actualValue"].toInt(), value);
    // Whatever was lost: never a second time, then or later.
    QCOMPARE(m_plc.writes.size(), 1);
    heal();
    QVERIFY(m_plc.writes.isEmpty());
  }

  void R5_11_actualValueIsWhatTheDeviceReports() {
    m_plc.onWrite = [this](QTcpSocket &client, const Request &request) {
      client.write(m_plc.carriedOut(request));
      m_plc.registers[1] = 105;  // it knows steps of five
    };
    const HttpAnswer answer = write(64, 103);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json()[u"actualValue"].toInt(), 105);
    QTRY_COMPARE(latest(64)[u"value"].toInt(), 105);
  }

  void R5_11_aLateAnswerToAWriteIsNotTakenForAnother() {
    QByteArray late;
    m_plc.onWrite = [&](QTcpSocket &, const Request &request) { late = m_plc.carriedOut(request); };
    m_plc.onReadBack = [&](QTcpSocket &client, const Request &request) {
      client.write(std::exchange(late, {}) + m_plc.carriedOut(request));
    };
    const HttpAnswer answer = write(63, 77);
    QVERIFY2(isAsTold(answer.json()[u"commandId"].toString(), QStringLiteral("queued,sent,succeeded")),
             qPrintable(m_wrong));
    QCOMPARE(m_plc.writes.size(), 1);
    QCOMPARE(m_plc.readBacks, 2);  // the late answer spoilt the first
  }
  void R5_11_aLateReadBackIsNotTakenForAnother() {
    m_plc.registers[0] = 5;
    QByteArray late;
    m_plc.onReadBack = [&](QTcpSocket &client, const Request &request) {
      const QByteArray old = FaultyPlc::answered(request, QByteArray::fromHex("03020005"));
      if (m_plc.readBacks == 1) {
        late = old;
      } else {
        client.write(late + m_plc.carriedOut(request));
      }
    };
    const HttpAnswer answer = write(63, 78);
    // Neither failed by the old value, nor well by anything but a whole read-back.
    QVERIFY2(isAsTold(answer.json()[u"commandId"].toString(), QStringLiteral("queued,sent,acked,unknown")),
             qPrintable(m_wrong));
    QCOMPARE(m_plc.readBacks, 2);
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
  }

  void R5_11_whatExpiresWhileTheDeviceIsAwayIsNeverWritten() {
    m_plc.isSilent = true;
    // At once, so that the first is still under way. The second waits for its turn at the point, the third at the bus.
    m_live->send(R"({"op":"command","id":"sent","p":"plc1/speed","v":21})");
    m_live->send(R"({"op":"command","id":"turn","p":"plc1/speed","v":22,"expires_in_ms":100})");
    m_live->send(R"({"op":"command","id":"bus","p":"plc1/level","v":23,"expires_in_ms":100})");
    QTRY_COMPARE(clientSteps("turn"), QStringLiteral("queued,expired"));
    QTRY_COMPARE(clientSteps("sent"), QStringLiteral("queued,sent,unknown"));
    QTRY_COMPARE(clientSteps("bus"), QStringLiteral("queued,expired"));
    m_plc.isSilent = false;
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
    QCOMPARE(m_plc.writes.first().value(), quint16(21));
  }

  void R5_5_withoutAConnectionItFailsAtOnceAndNothingIsWrittenLater() {
    m_plc.goAway();
    QTRY_COMPARE(latest(63)[u"quality"].toString(), QStringLiteral("bad:no_connection"));
    const HttpAnswer answer = write(63, 31);
    QCOMPARE(answer.status, 409);
    QVERIFY2(answer.json()[u"message"].toString().contains(u"no connection"), answer.body.constData());
    QVERIFY2(isAsTold(answer.json()[u"commandId"].toString(), QStringLiteral("queued,failed")), qPrintable(m_wrong));
    QVERIFY(m_plc.listen());
    becomeHealthy();
    QVERIFY(m_plc.writes.isEmpty());
  }

  void R5_10_blockedWhileItWaitsForTheBus() {
    m_plc.onWrite = m_plc.onReadBack = FaultyPlc::nothing();
    post("/api/v1/commands", R"({"point":"plc1/speed","value":41,"wait_ms":0})");
    QTRY_COMPARE(m_plc.writes.size(), 1);
    const QString id =
        post("/api/v1/commands", R"({"point":"plc1/press","value":true,"wait_ms":0})").json()[u"command_id"].toString();
    QCOMPARE(ingestHatch("false"), 200);
    m_plc.onReadBack = m_plc.well();
    QVERIFY2(isAsTold(id, QStringLiteral("queued,blocked")), qPrintable(m_wrong));
    QCOMPARE(http(m_webPort, "GET", "/api/os/command/" + id.toUtf8()).json()[u"interlockId"].toInt(), 5);
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
    QVERIFY(!m_plc.coils[2]);
    m_plc.heal();
    QCOMPARE(ingestHatch("true"), 200);
    QCOMPARE(write(62, "true").status, 200);
  }

  void R5_9_cancelledBeforeItIsSent() {
    m_plc.onWrite = m_plc.onReadBack = FaultyPlc::nothing();
    const auto ask = [this](int value) {
      return post("/api/v1/commands", R"({"point":"plc1/speed","wait_ms":0,"value":)" + QByteArray::number(value) + '}')
          .json()[u"command_id"]
          .toString();
    };
    const QString first = ask(51);
    const QString second = ask(52);
    QTRY_COMPARE(m_plc.writes.size(), 1);
    QCOMPARE(post("/api/v1/commands/" + second.toUtf8() + "/cancel", "{}").status, 200);
    const HttpAnswer tooLate = post("/api/v1/commands/" + first.toUtf8() + "/cancel", "{}");
    QCOMPARE(tooLate.status, 409);
    QVERIFY(tooLate.body.contains("sent already"));
    QVERIFY2(isAsTold(second, QStringLiteral("queued,failed")), qPrintable(m_wrong));
    QVERIFY2(isAsTold(first, QStringLiteral("queued,sent,unknown")), qPrintable(m_wrong));
    m_plc.onReadBack = m_plc.well();
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
  }

  void R5_11_oneCorrelationIdIsOneWriteWhileItIsUnderWay() {
    m_plc.onWrite = [this](QTcpSocket &, const Request &request) { m_plc.carriedOut(request); };
    const QByteArray command = R"({"point":"plc1/speed","value":61,"correlation_id":"busy","wait_ms":0})";
    const QString id = post("/api/v1/commands", command).json()[u"command_id"].toString();
    for (int i = 0; i < 5; ++i) QCOMPARE(post("/api/v1/commands", command).json()[u"command_id"].toString(), id);
    QVERIFY2(isAsTold(id, QStringLiteral("queued,sent,succeeded")), qPrintable(m_wrong));
    const HttpAnswer after = post("/api/v1/commands", command);
    QCOMPARE(after.status, 200);
    QCOMPARE(after.json()[u"command_id"].toString(), id);
    QCOMPARE(post("/api/v1/commands", R"({"point":"plc1/speed","value":62,"correlation_id":"busy"})").status, 409);
    QCOMPARE(m_plc.writes.size(), 1);
  }

 private:
  std::vector<Mishap> mishaps() {
    const auto done = m_plc.answering(true, [](const Request &) { return QByteArray(); });
    const auto garbage = m_plc.answering(true, [](const Request &) { return QByteArray(40, '\xA5'); });
    const auto holdsOther = [this](QTcpSocket &client, const Request &request) {
      client.write(m_plc.carriedOut(request));
      m_plc.registers[0] = 7;
    };
    return {
        {"well", m_plc.well(), m_plc.well(), "queued,sent,acked,succeeded", ""},
        {"answer lost, value there", done, m_plc.well(), "queued,sent,succeeded", ""},
        {"answer lost, value not there", FaultyPlc::nothing(), m_plc.well(), "queued,sent,failed",
         "its answer was lost"},
        {"answer lost, no read-back", done, FaultyPlc::nothing(), "queued,sent,unknown", "is not known"},
        {"answer lost, read-back refused", done, m_plc.refusing(4), "queued,sent,unknown", "could not be read back"},
        {"refused", m_plc.refusing(2), m_plc.well(), "queued,sent,failed", "illegal data address"},
        {"still at work", m_plc.refusing(5, true), m_plc.well(), "queued,sent,succeeded", ""},
        {"the gateway got no answer", m_plc.refusing(11, true), m_plc.well(), "queued,sent,succeeded", ""},
        {"taken, but it holds another value", holdsOther, m_plc.well(), "queued,sent,acked,failed", "reported 7, not"},
        {"taken, no read-back", m_plc.well(), FaultyPlc::nothing(), "queued,sent,acked,unknown", "is not known"},
        {"closed behind the write", m_plc.closing(true, 0), m_plc.well(), "queued,sent,succeeded", ""},
        {"closed before the write", m_plc.closing(false, 0), m_plc.well(), "queued,sent,failed", "its answer was lost"},
        {"closed in the middle of the answer", m_plc.closing(true, 9), m_plc.well(), "queued,sent,succeeded", ""},
        {"garbage", garbage, m_plc.well(), "queued,sent,succeeded", ""},
        {"the answer to another", m_plc.changing(1), m_plc.well(), "queued,sent,succeeded", ""},
        {"the echo of another value", m_plc.changing(11), m_plc.well(), "queued,sent,succeeded", ""},
        {"closed when read back", m_plc.well(), m_plc.closing(false, 0), "queued,sent,acked,unknown", "is not known"}};
  }

  std::vector<Mishap> m_mishaps;
};

TAGWIRE_TEST(CommandPathsTest)

}  // namespace commandpaths_test

#include "commandpaths_test.moc"
