// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "commandqueue.h"
#include "testprogram.h"

namespace tst_modbus_commands {

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

ModbusPoint pointOf(Table table, PointType type, int address = 4) {
  ModbusPoint point;
  point.table = table;
  point.address = static_cast<quint16>(address);
  point.format.type = type;
  point.writable = true;
  return point;
}

modbus::Reply answerOf(const QByteArray &bytes = {}) {
  modbus::Reply reply;
  reply.kind = modbus::Reply::Kind::Answer;
  reply.bytes = bytes;
  return reply;
}

modbus::Reply exceptionOf(quint8 code) {
  modbus::Reply reply;
  reply.kind = modbus::Reply::Kind::Exception;
  reply.exception = code;
  reply.error = exceptionText(code);
  return reply;
}

Command commandOf(const Value &value, Time expires = {}) {
  Command command;
  command.id = QStringLiteral("c1");
  command.point = PointId(9);
  command.value = value;
  command.expires = expires;
  return command;
}

const Time now = fromMilliseconds(1'000'000);

}  // namespace

class TestModbusCommands : public QObject {
  Q_OBJECT

  QList<CommandStatus> m_steps;
  std::chrono::nanoseconds m_at{0};
  QList<std::pair<int, Value>> m_shown;
  CommandQueue m_queue{[this](const CommandStatus &status) {
                         m_statesShown << m_shown.size();
                         m_steps.append(status);
                       },
                       [this](int point, const Reading &reading) {
                         m_shown.append({point, reading.value});
                       }};
  QList<qsizetype> m_statesShown;  ///< what was shown when each step was told

  QStringList states() const {
    QStringList words;
    for (const CommandStatus &status : m_steps) words << QString(toText(status.state));
    return words;
  }

 private Q_SLOTS:
  void init() {
    m_queue.failAll(QString());
    m_steps.clear();
    m_shown.clear();
    m_statesShown.clear();
    m_at = 0ns;
  }

  void R5_11_isConfirmedByReadingBack() {
    m_queue.add(commandOf(81.5), pointOf(Table::Holding, PointType::Float32), 3);
    QCOMPARE(m_queue.next(now, m_at)->pdu, writeRegistersPdu(4, {0x42A3, 0}));
    QCOMPARE(states(), QStringList{QStringLiteral("sent")});
    m_queue.answered(answerOf(), m_at);
    QVERIFY(m_shown.isEmpty());
    QCOMPARE(m_queue.next(now, m_at)->pdu, readPdu(Table::Holding, 4, 2));
    m_queue.answered(answerOf(QByteArray::fromHex("42A30000")), m_at);
    QCOMPARE(m_shown.size(), 1);
    QCOMPARE(m_shown.first().first, 3);
    QCOMPARE(m_statesShown.last(), 1);  // before the outcome was told
    QCOMPARE(states(), (QStringList{QStringLiteral("sent"), QStringLiteral("acked"), QStringLiteral("succeeded")}));
    QVERIFY(m_steps.last().actualValue == Value(81.5));
    QCOMPARE(m_queue.due(), std::chrono::nanoseconds::max());
  }

  void R5_11_aValueThatDidNotStayFails() {
    m_queue.add(commandOf(qint64(100)), pointOf(Table::Holding, PointType::Uint16), 0);
    QCOMPARE(m_queue.next(now, m_at)->pdu, writeRegisterPdu(4, 100));
    m_queue.answered(answerOf(), m_at);
    // The device gets a second to take the value over.
    int looks = 0;
    while (m_queue.next(now, m_at)) {
      ++looks;
      m_queue.answered(answerOf(QByteArray::fromHex("0050")), m_at);
      if (m_queue.due() != std::chrono::nanoseconds::max()) m_at = m_queue.due();
    }
    QCOMPARE(looks, 21);
    QCOMPARE(m_at, std::chrono::nanoseconds(1s));
    QCOMPARE(m_steps.last().state, CommandState::Failed);
    QVERIFY(m_steps.last().actualValue == Value(qint64(80)));
    QVERIFY2(m_steps.last().error.contains(u"80") && m_steps.last().error.contains(u"100"),
             qPrintable(m_steps.last().error));
  }

  void R5_11_aDeviceMayTakeTheValueOverLater() {
    m_queue.add(commandOf(qint64(100)), pointOf(Table::Holding, PointType::Uint16), 0);
    m_queue.next(now, m_at);
    m_queue.answered(answerOf(), m_at);
    m_queue.next(now, m_at);
    m_queue.answered(answerOf(QByteArray::fromHex("0050")), m_at);
    QVERIFY(!m_queue.next(now, m_at));
    QCOMPARE(m_queue.due(), m_at + 50ms);
    m_at += 50ms;
    QCOMPARE(m_queue.next(now, m_at)->pdu, readPdu(Table::Holding, 4, 1));
    m_queue.answered(answerOf(QByteArray::fromHex("0064")), m_at);
    QCOMPARE(states(), (QStringList{QStringLiteral("sent"), QStringLiteral("acked"), QStringLiteral("succeeded")}));
  }

  void writesWithTheFunctionsTheDeviceKnows() {
    UnitBook units;
    units.particular[1].writeStyle = WriteStyle::Multiple;
    units.particular[2].writeStyle = WriteStyle::ReadWrite;
    QList<CommandStatus> steps;
    Value shown;
    CommandQueue queue([&](const CommandStatus &status) { steps.append(status); },
                       [&](int, const Reading &reading) { shown = reading.value; }, units);
    ModbusPoint coil = pointOf(Table::Coil, PointType::Bool);
    ModbusPoint holding = pointOf(Table::Holding, PointType::Uint16);
    queue.add(commandOf(true), coil, 0);
    QCOMPARE(queue.next(now, m_at)->pdu, writeCoilsPdu(4, true));
    queue.answered(exceptionOf(4), m_at);
    queue.add(commandOf(qint64(7)), holding, 0);
    QCOMPARE(queue.next(now, m_at)->pdu, writeRegistersPdu(4, {7}));
    queue.answered(exceptionOf(4), m_at);
    holding.unit = 2;
    steps.clear();
    queue.add(commandOf(qint64(7)), holding, 0);
    QCOMPARE(queue.next(now, m_at)->pdu, writeAndReadPdu(4, {7}));
    queue.answered(answerOf(QByteArray::fromHex("0007")), m_at);
    QVERIFY(shown == Value(qint64(7)));
    QCOMPARE(steps.last().state, CommandState::Succeeded);
    QCOMPARE(queue.due(), std::chrono::nanoseconds::max());
  }

  void aUnitFoundSilentBeforehandFailsWithoutSending() {
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    QCOMPARE(m_queue.nextUnit(m_at), quint8(1));
    m_queue.unreachable(QStringLiteral("unit 1 does not answer"));
    QCOMPARE(states(), QStringList{QStringLiteral("failed")});
    QCOMPARE(m_queue.due(), std::chrono::nanoseconds::max());
  }

  void R5_11_withinTheToleranceIsWell() {
    ModbusPoint point = pointOf(Table::Holding, PointType::Uint16);
    point.verifyTolerance = 1;
    m_queue.add(commandOf(qint64(100)), point, 0);
    m_queue.next(now, m_at);
    m_queue.answered(answerOf(), m_at);
    m_queue.next(now, m_at);
    m_queue.answered(answerOf(QByteArray::fromHex("0063")), m_at);
    QCOMPARE(m_steps.last().state, CommandState::Succeeded);
    QVERIFY(m_steps.last().actualValue == Value(qint64(99)));
  }

  void R5_11_withoutVerifyTheAckIsTheEnd() {
    ModbusPoint point = pointOf(Table::Coil, PointType::Bool);
    point.verify = false;
    m_queue.add(commandOf(true), point, 0);
    QCOMPARE(m_queue.next(now, m_at)->pdu, writeCoilPdu(4, true));
    m_queue.answered(answerOf(), m_at);
    QCOMPARE(states(), (QStringList{QStringLiteral("sent"), QStringLiteral("acked"), QStringLiteral("succeeded")}));
    QVERIFY(!m_queue.next(now, m_at));
  }

  void R5_10_whatStandsInTheWayIsAskedRightBeforeSending() {
    bool isClear = true;
    int asked = 0;
    Command command = commandOf(true);
    command.obstacle = [&]() -> std::optional<Obstacle> {
      ++asked;
      if (isClear) return std::nullopt;
      return Obstacle{CommandState::Blocked, QStringLiteral("interlock 5"), 5};
    };
    m_queue.add(command, pointOf(Table::Coil, PointType::Bool), 0);
    QCOMPARE(asked, 0);
    isClear = false;
    QVERIFY(!m_queue.next(now, m_at));
    QCOMPARE(asked, 1);
    QCOMPARE(states(), QStringList{QStringLiteral("blocked")});
    QCOMPARE(m_steps.last().interlock, 5);
    isClear = true;
    m_queue.add(command, pointOf(Table::Coil, PointType::Bool), 0);
    QVERIFY(m_queue.next(now, m_at));
    QCOMPARE(m_steps.last().state, CommandState::Sent);
  }

  void urgentOnesGoFirst() {
    Command command = commandOf(true);
    for (const char *id : {"first", "second", "trip"}) {
      command.id = QString::fromLatin1(id);
      command.isUrgent = command.id == QLatin1String("trip");
      m_queue.add(command, pointOf(Table::Coil, PointType::Bool), 0);
    }
    QVERIFY(m_queue.next(now, m_at));
    QCOMPARE(m_steps.last().commandId, QStringLiteral("trip"));
  }

  void R5_11_expiresBeforeSending() {
    m_queue.add(commandOf(true, now), pointOf(Table::Coil, PointType::Bool), 0);
    m_queue.add(commandOf(true, now + 1ms), pointOf(Table::Coil, PointType::Bool), 0);
    QVERIFY(m_queue.next(now, m_at));
    QCOMPARE(states(), (QStringList{QStringLiteral("expired"), QStringLiteral("sent")}));
  }

  void oneBitIsWrittenByMask() {
    ModbusPoint point = pointOf(Table::Holding, PointType::Bool);
    point.format.bit = 3;
    m_queue.add(commandOf(true), point, 0);
    QCOMPARE(m_queue.next(now, m_at)->pdu, maskWritePdu(4, 0xFFF7, 0x0008));
    m_queue.answered(exceptionOf(1), m_at);
    QCOMPARE(m_steps.last().state, CommandState::Failed);
    QVERIFY(m_steps.last().error.contains(u"mask write"));
    m_queue.add(commandOf(false), point, 0);
    QCOMPARE(m_queue.next(now, m_at)->pdu, maskWritePdu(4, 0xFFF7, 0));
  }

  void anExceptionFails() {
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    m_queue.next(now, m_at);
    m_queue.answered(exceptionOf(2), m_at);
    QCOMPARE(states(), (QStringList{QStringLiteral("sent"), QStringLiteral("failed")}));
    QVERIFY(m_steps.last().error.contains(u"illegal data address"));
  }

  void R5_5_whatMayHaveBeenCarriedOutIsReadBack_data() {
    QTest::addColumn<int>("exception");
    QTest::newRow("acknowledge: still at work") << 5;
    QTest::newRow("gateway path unavailable") << 10;
    QTest::newRow("gateway target failed to respond") << 11;
  }
  void R5_5_whatMayHaveBeenCarriedOutIsReadBack() {
    QFETCH(int, exception);
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    m_queue.next(now, m_at);
    m_queue.answered(exceptionOf(static_cast<quint8>(exception)), m_at);
    QCOMPARE(states(), QStringList{QStringLiteral("sent")});
    QCOMPARE(m_queue.next(now, m_at)->pdu, readPdu(Table::Coil, 4, 1));
    // Busy when read back: it is looked at again.
    m_queue.answered(exceptionOf(6), m_at);
    QVERIFY(!m_queue.next(now, m_at));
    m_at += 50ms;
    QCOMPARE(m_queue.next(now, m_at)->pdu, readPdu(Table::Coil, 4, 1));
    m_queue.answered(answerOf(QByteArray::fromHex("01")), m_at);
    QCOMPARE(m_steps.last().state, CommandState::Succeeded);
  }

  void anOldReadBackIsNotToldAgain() {
    m_queue.add(commandOf(qint64(100)), pointOf(Table::Holding, PointType::Uint16), 0);
    m_queue.next(now, m_at);
    m_queue.answered(answerOf(), m_at);
    m_queue.next(now, m_at);
    m_queue.answered(answerOf(QByteArray::fromHex("0050")), m_at);
    QCOMPARE(m_shown.size(), 1);
    m_at += 50ms;
    m_queue.next(now, m_at);
    m_queue.answered(exceptionOf(4), m_at);
    QCOMPARE(m_shown.size(), 1);
    QCOMPARE(m_steps.last().state, CommandState::Unknown);
  }

  void aLostAnswerIsReadBackNeverSentAgain() {
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    m_queue.next(now, m_at);
    m_queue.lost(QStringLiteral("no answer"));
    QCOMPARE(m_queue.next(now, m_at)->pdu, readPdu(Table::Coil, 4, 1));
    m_queue.answered(answerOf(QByteArray::fromHex("01")), m_at);
    QCOMPARE(states(), (QStringList{QStringLiteral("sent"), QStringLiteral("succeeded")}));
    QVERIFY(m_steps.last().actualValue == Value(true));
  }

  void aLostAnswerThatCanNotBeReadBackIsUnknown() {
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    m_queue.next(now, m_at);
    m_queue.lost(QStringLiteral("no answer"));
    for (int i = 0; i < 2; ++i) {
      QCOMPARE(m_queue.next(now, m_at)->pdu, readPdu(Table::Coil, 4, 1));
      m_queue.lost(QStringLiteral("no answer"));
    }
    QCOMPARE(states(), (QStringList{QStringLiteral("sent"), QStringLiteral("unknown")}));
    QVERIFY(!m_queue.next(now, m_at));
  }

  void withoutVerifyALostAnswerIsUnknownAtOnce() {
    ModbusPoint point = pointOf(Table::Coil, PointType::Bool);
    point.verify = false;
    m_queue.add(commandOf(true), point, 0);
    m_queue.next(now, m_at);
    m_queue.lost(QStringLiteral("no answer"));
    QCOMPARE(m_steps.last().state, CommandState::Unknown);
    QVERIFY(!m_queue.next(now, m_at));
  }

  void aValueThatDoesNotFitIsNeverSent() {
    m_queue.add(commandOf(qint64(70000)), pointOf(Table::Holding, PointType::Uint16), 0);
    QVERIFY(!m_queue.next(now, m_at));
    QCOMPARE(m_steps.last().state, CommandState::Failed);
    QVERIFY2(m_steps.last().error.contains(u"65535"), qPrintable(m_steps.last().error));
  }

  void theQueueIsBounded() {
    for (size_t i = 0; i < CommandQueue::capacity; ++i) {
      m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    }
    QVERIFY(m_steps.isEmpty());
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    QCOMPARE(m_steps.size(), 1);
    QCOMPARE(m_steps.last().state, CommandState::Failed);
    QVERIFY(m_steps.last().error.startsWith(u"busy"));
  }

  void withoutALinkEverythingEnds() {
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    m_queue.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    m_queue.next(now, m_at);
    m_queue.failAll(QStringLiteral("no connection"));
    QCOMPARE(states(), (QStringList{QStringLiteral("sent"), QStringLiteral("unknown"), QStringLiteral("failed")}));
    QCOMPARE(m_queue.due(), std::chrono::nanoseconds::max());
  }

  void whoHearsOfTheEndMaySendTheNext() {
    int sent = 0;
    CommandQueue *queue = nullptr;
    CommandQueue echo(
        [&](const CommandStatus &status) {
          if (isFinal(status.state) && sent++ < 3)
            queue->add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
        },
        [](int, const Reading &) {});
    queue = &echo;
    echo.add(commandOf(true), pointOf(Table::Coil, PointType::Bool), 0);
    int requests = 0;
    while (echo.next(now, m_at)) {
      ++requests;
      echo.answered(exceptionOf(4), m_at);
    }
    QCOMPARE(requests, 4);
  }
};

TAGWIRE_TEST(TestModbusCommands)

}  // namespace tst_modbus_commands

#include "tst_modbus_commands.moc"
