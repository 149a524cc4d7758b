// SPDX-License-Identifier: Apache-2.0
#include "commandqueue.h"
#include "serverfixture.h"
#include "testprogram.h"

namespace tst_modbus_server_exposure {

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

/// An exposure over images of its own.
struct ExposureUnderTest {
  ExposureUnderTest(const QByteArray &points, const char *onBad = "exception")
      : read("{\"listen\": \"127.0.0.1:0\", \"on_bad\": \"" + QByteArray(onBad) + "\", \"points\": [" + points + "]}",
             plant.points()),
        exposure(read.exposed, read.config.value_or(ModbusServerConfig()).onBad,
                 [this](quint8 unit) -> RegisterImage & { return images[unit]; }) {
    if (!read.errors.isEmpty()) qWarning().noquote() << read.errors;
    problems = exposure.bind(plant.points());
  }
  QStringList take(const char *name, const Value &value, Quality quality = Quality::good()) {
    return exposure.take(plant.sample(name, value, quality));
  }
  /// The answer to a request, in hex.
  QByteArray ask(const QByteArray &hex, quint8 unit = 1) {
    return images[unit].answer(QByteArray::fromHex(hex)).toHex();
  }
  /// "temp=1.5,run=true", or the exception.
  QString meaning(const RegisterWrite &write, quint8 unit = 1) const {
    const auto writes = exposure.meaning(unit, write);
    if (!writes) return QStringLiteral("exception %1").arg(writes.error());
    QStringList all;
    for (const PointWrite &each : *writes) {
      all << plant.points().point(each.point)->name + u'=' + toText(each.value) + u':' + toText(typeOf(each.value));
    }
    return all.join(u',');
  }

  Plant plant;
  ConfigUnderTest read;
  QMap<quint8, RegisterImage> images;
  Exposure exposure;
  QStringList problems;
};

const QByteArray floatPoint =
    "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"float32\", "
    "\"writable\": true, \"quality_address\": 7}";

}  // namespace

class TestModbusServerExposure : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void valuesBecomeRegisters_data() {
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QString>("point");
    QTest::addColumn<double>("value");
    QTest::addColumn<QByteArray>("registers");
    const auto row = [](const char *name, const char *keys, double value, const char *registers,
                        const char *point = "temp") {
      QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(point) << value << QByteArray(registers);
    };
    row("float32", "\"type\": \"float32\"", 81.25, "42a28000");
    row("float32 words", "\"type\": \"float32\", \"word_order\": \"little\"", 81.25, "800042a2");
    row("float32 bytes", "\"type\": \"float32\", \"byte_order\": \"little\"", 81.25, "a2420080");
    row("float64", "\"type\": \"float64\"", -0.1, "bfb999999999999a");
    row("float16", "\"type\": \"float16\"", 1.5, "3e00");
    row("scaled", "\"type\": \"int16\", \"scale\": 0.1, \"offset\": -40", 21.5, "0267");
    row("uint16", "\"type\": \"uint16\"", 65535, "ffff", "count");
    row("int32", "\"type\": \"int32\"", -2, "fffffffe", "count");
    row("uint32", "\"type\": \"uint32\"", 4294967295.0, "ffffffff", "count");
    row("int64", "\"type\": \"int64\"", -2, "fffffffffffffffe", "count");
    row("uint64", "\"type\": \"uint64\"", 258, "0000000000000102", "count");
    row("bcd16", "\"type\": \"bcd16\"", 1234, "1234", "count");
    row("bcd32", "\"type\": \"bcd32\"", 12345678, "12345678", "count");
  }
  void valuesBecomeRegisters() {
    QFETCH(QByteArray, keys);
    QFETCH(QString, point);
    QFETCH(double, value);
    QFETCH(QByteArray, registers);
    ExposureUnderTest test("{\"point\": \"plc/" + point.toLatin1() + "\", \"register\": \"40001\", " + keys + "}");
    const Value given = point == u"count" ? Value(static_cast<qint64>(value)) : Value(value);
    QCOMPARE(test.take(point.toLatin1().constData(), given), QStringList());
    const int count = static_cast<int>(registers.size()) / 4;
    const QByteArray request = "03000000" + QByteArray::number(count).rightJustified(2, '0');
    QCOMPARE(test.ask(request), "03" + QByteArray::number(count * 2, 16).rightJustified(2, '0') + registers);
  }

  void textsAndBools() {
    ExposureUnderTest test(
        "{\"point\": \"plc/batch\", \"register\": \"40001\", \"type\": \"string\", \"length\": 4},"
        "{\"point\": \"plc/run\", \"register\": \"00001\"}, {\"point\": \"plc/run\", \"register\": \"10005\"},"
        "{\"point\": \"plc/run\", \"register\": \"40010\", \"type\": \"uint16\"}");
    test.take("batch", QStringLiteral("A7"));
    test.take("run", true);
    QCOMPARE(test.ask("0300000002"), QByteArray("030441370000"));
    QCOMPARE(test.ask("0100000001"), QByteArray("010101"));
    QCOMPARE(test.ask("0200040001"), QByteArray("020101"));
    QCOMPARE(test.ask("0300090001"), QByteArray("03020001"));
    QCOMPARE(test.take("batch", QStringLiteral("much too long")).size(), 1);
    QCOMPARE(test.ask("0300000002"), QByteArray("8304"));
  }

  void nothingLooksGoodBeforeTheFirstValue() {
    for (const char *mode : {"exception", "hold"}) {
      ExposureUnderTest test(floatPoint, mode);
      QCOMPARE(test.ask("0300000002"), QByteArray("8304"));
      QCOMPARE(test.ask("0200070001"), QByteArray("020100"));
    }
  }

  void badIsException() {
    ExposureUnderTest test(floatPoint + ", {\"point\": \"plc/count\", \"register\": \"40003\", \"type\": \"int16\"}");
    test.take("temp", 81.25);
    test.take("count", qint64(5));
    QCOMPARE(test.ask("0300000003"), QByteArray("030642a280000005"));
    QCOMPARE(test.ask("0200070001"), QByteArray("020101"));
    test.take("temp", 81.25, Quality::bad(QualityReason::NoConnection));
    QCOMPARE(test.ask("0300000003"), QByteArray("8304"));
    QCOMPARE(test.ask("0300010001"), QByteArray("8304"));
    QCOMPARE(test.ask("0300020001"), QByteArray("03020005"));
    QCOMPARE(test.ask("0200070001"), QByteArray("020100"));
    test.take("temp", 81.25, Quality::uncertain(QualityReason::Stale));
    QCOMPARE(test.ask("0300000002"), QByteArray("030442a28000"));
    QCOMPARE(test.ask("0200070001"), QByteArray("020100"));
  }

  void badIsHeldZeroOrNan() {
    const QByteArray all = floatPoint +
                           ", {\"point\": \"plc/count\", \"register\": \"40003\", \"type\": \"int16\"},"
                           "{\"point\": \"plc/run\", \"register\": \"00001\"}";
    const auto afterBad = [&](const char *mode, const char *request) {
      ExposureUnderTest test(all, mode);
      for (const Quality quality : {Quality::good(), Quality::bad(QualityReason::Timeout)}) {
        test.take("temp", 81.25, quality);
        test.take("count", qint64(5), quality);
        test.take("run", true, quality);
      }
      return test.ask("0200070001") + ' ' + test.ask(request);
    };
    QCOMPARE(afterBad("hold", "0300000003"), QByteArray("020100 030642a280000005"));
    QCOMPARE(afterBad("hold", "0100000001"), QByteArray("020100 010101"));
    QCOMPARE(afterBad("zero", "0300000003"), QByteArray("020100 0306000000000000"));
    QCOMPARE(afterBad("zero", "0100000001"), QByteArray("020100 010100"));
    QCOMPARE(afterBad("nan", "0300000002"), QByteArray("020100 03047fc00000"));
    QCOMPARE(afterBad("nan", "0300020001"), QByteArray("020100 8304"));
    QCOMPARE(afterBad("exception", "0100000001"), QByteArray("020100 8104"));
  }

  void nanInEveryOrder() {
    ExposureUnderTest test(
        "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"float32\", "
        "\"byte_order\": \"little\", \"word_order\": \"little\", \"scale\": 2},"
        "{\"point\": \"plc/temp\", \"register\": \"40003\", \"type\": \"float64\"},"
        "{\"point\": \"plc/temp\", \"register\": \"40007\", \"type\": \"float16\"}",
        "nan");
    QCOMPARE(test.ask("0300000007"), QByteArray("030e0000c07f7ff80000000000007e00"));
  }

  void whatDoesNotFitIsBadAndToldOnce() {
    ExposureUnderTest test("{\"point\": \"plc/count\", \"register\": \"40001\", \"type\": \"int16\"}");
    QCOMPARE(test.take("count", qint64(7)), QStringList());
    const QStringList wrong = test.take("count", qint64(40000));
    QCOMPARE(wrong.size(), 1);
    QVERIFY2(wrong[0].contains(u"plc/count") && wrong[0].contains(u"40000"), qPrintable(wrong[0]));
    QCOMPARE(test.ask("0300000001"), QByteArray("8304"));
    QCOMPARE(test.take("count", qint64(40001)), QStringList());
    QCOMPARE(test.exposure.misfits(), quint64(2));
    QCOMPARE(test.take("count", qint64(8)), QStringList());
    QCOMPARE(test.ask("0300000001"), QByteArray("03020008"));
    QCOMPARE(test.take("count", qint64(40002)).size(), 1);
  }

  void bitsShareARegister() {
    ExposureUnderTest test(
        "{\"point\": \"plc/run\", \"register\": \"40001\", \"bit\": 0, \"writable\": true},"
        "{\"point\": \"plc/door\", \"register\": \"40001\", \"bit\": 15}");
    test.take("run", true);
    QCOMPARE(test.ask("0300000001"), QByteArray("8304"));  // one of them is not known yet
    test.take("door", true);
    QCOMPARE(test.ask("0300000001"), QByteArray("03028001"));
    test.take("door", false, Quality::bad(QualityReason::Timeout));
    test.take("run", false);
    QCOMPARE(test.ask("0300000001"), QByteArray("8304"));
    test.take("door", true);
    QCOMPARE(test.ask("0300000001"), QByteArray("03028000"));
  }

  void severalUnits() {
    ExposureUnderTest test(
        "{\"point\": \"plc/count\", \"register\": \"40001\", \"type\": \"int16\", \"unit_id\": 2},"
        "{\"point\": \"plc/count\", \"register\": \"40001\", \"type\": \"int16\", \"unit_id\": 3}");
    test.take("count", qint64(7));
    QCOMPARE(test.ask("0300000001", 2), QByteArray("03020007"));
    QCOMPARE(test.ask("0300000001", 3), QByteArray("03020007"));
    QCOMPARE(test.images.size(), 2);
  }

  void writesMeanCommands() {
    ExposureUnderTest test(floatPoint +
                           ", {\"point\": \"plc/count\", \"register\": \"40003\", \"type\": \"int16\", \"scale\": 0.1, "
                           "\"writable\": true},"
                           "{\"point\": \"plc/batch\", \"register\": \"40004\", \"type\": \"string\", \"length\": 4, "
                           "\"writable\": true},"
                           "{\"point\": \"plc/level\", \"register\": \"40006\", \"type\": \"uint16\"},"
                           "{\"point\": \"plc/run\", \"register\": \"00001\", \"writable\": true}");
    QCOMPARE(test.meaning({Table::Holding, 0, {0x42A2, 0x8000}}), QStringLiteral("temp=81.25:double"));
    QCOMPARE(test.meaning({Table::Holding, 0, {0x42A2, 0x8000, 300, 0x4137, 0}}),
             QStringLiteral("temp=81.25:double,count=30:int,batch=A7:text"));
    QCOMPARE(test.meaning({Table::Coil, 0, {1}}), QStringLiteral("run=true:bool"));
    // Half a value, from either side.
    QCOMPARE(test.meaning({Table::Holding, 0, {0x42A2}}), QStringLiteral("exception 3"));
    QCOMPARE(test.meaning({Table::Holding, 1, {0x42A2, 1}}), QStringLiteral("exception 3"));
    // No value, no whole number, out of the point's range (-100 to 1000).
    QCOMPARE(test.meaning({Table::Holding, 0, {0x7FC0, 0}}), QStringLiteral("exception 3"));
    QCOMPARE(test.meaning({Table::Holding, 2, {305}}), QStringLiteral("exception 3"));
    QCOMPARE(test.meaning({Table::Holding, 2, {10010}}), QStringLiteral("exception 3"));
    // Not writable; and then nothing of it is done.
    QCOMPARE(test.meaning({Table::Holding, 5, {1}}), QStringLiteral("exception 2"));
    QCOMPARE(test.meaning({Table::Holding, 2, {300, 0x4137, 0, 1}}), QStringLiteral("exception 2"));
    QCOMPARE(test.meaning({Table::Coil, 0, {1}}, 9), QStringLiteral("exception 2"));
  }

  void writesOfBits() {
    ExposureUnderTest test(
        "{\"point\": \"plc/run\", \"register\": \"40001\", \"bit\": 0, \"writable\": true},"
        "{\"point\": \"plc/door\", \"register\": \"40001\", \"bit\": 1},"
        "{\"point\": \"plc/count\", \"register\": \"40002\", \"type\": \"uint16\", \"writable\": true}");
    test.take("run", false);
    test.take("door", true);
    QCOMPARE(test.meaning({Table::Holding, 0, {3}}), QStringLiteral("run=true:bool"));
    QCOMPARE(test.meaning({Table::Holding, 0, {2}}), QString());
    QCOMPARE(test.meaning({Table::Holding, 0, {1}}), QStringLiteral("exception 2"));  // would shut the door
    // A mask says which bits are meant, be they the same or not.
    QCOMPARE(test.meaning({Table::Holding, 0, {0}, 1}), QStringLiteral("run=false:bool"));
    QCOMPARE(test.meaning({Table::Holding, 0, {2}, 2}), QStringLiteral("exception 2"));
    QCOMPARE(test.meaning({Table::Holding, 0, {8}, 8}), QString());
    QCOMPARE(test.meaning({Table::Holding, 1, {1}, 1}), QStringLiteral("exception 4"));  // the rest is not known
    test.take("count", qint64(6));
    QCOMPARE(test.meaning({Table::Holding, 1, {1}, 3}), QStringLiteral("count=5:int"));
  }

  void pointsThatAreNotThere() {
    Plant plant;
    QMap<quint8, RegisterImage> images;
    ExposedPoint point;
    point.place.name = QStringLiteral("plc/none");
    point.place.writable = true;
    ExposedPoint text = point;
    text.place.name = QStringLiteral("plc/batch");
    text.place.address = 1;
    Exposure exposure({point, text}, OnBad::Exception, [&](quint8 unit) -> RegisterImage & { return images[unit]; });
    const QStringList problems = exposure.bind(plant.points());
    QCOMPARE(problems, (QStringList{QStringLiteral("there is no point plc/none"),
                                    QStringLiteral("point plc/batch is a text (allowed: string)")}));
    QCOMPARE(images[1].answer(QByteArray::fromHex("0300000001")).toHex(), QByteArray("8304"));
    QCOMPARE(exposure.meaning(1, {Table::Holding, 0, {1}}).error(), quint8(4));
  }

  void pendingWrites() {
    PendingWrites pending;
    QList<int> told;
    const auto tell = [&](quint8 exception) { told << exception; };
    const auto step = [&](const char *id, CommandState state) {
      pending.take({QString::fromLatin1(id), PointId::None, state, Value(), QString()});
    };
    pending.add({QStringLiteral("a"), QStringLiteral("b")}, 30ms, tell);
    step("a", CommandState::Queued);
    step("a", CommandState::Succeeded);
    step("a", CommandState::Succeeded);
    step("stranger", CommandState::Failed);
    QVERIFY(told.isEmpty());
    step("b", CommandState::Succeeded);
    QCOMPARE(told, QList<int>{0});
    for (const auto state :
         {CommandState::Failed, CommandState::Blocked, CommandState::Expired, CommandState::Unknown}) {
      pending.add({QStringLiteral("c")}, 30ms, tell);
      step("c", state);
      QCOMPARE(told.takeLast(), 4);
    }
    QVERIFY(!pending.firstDeadline());
    pending.clear();
    QCOMPARE(told, QList<int>{0});
  }

  void writesThatWaitTooLong() {
    PendingWrites pending;
    QStringList told;
    const auto add = [&](const char *id, std::chrono::milliseconds deadline) {
      const QString name = QString::fromLatin1(id);
      pending.add({name}, deadline, [&told, name](quint8 exception) { told << name + QString::number(exception); });
    };
    const auto step = [&](const char *id) {
      pending.take({QString::fromLatin1(id), PointId::None, CommandState::Succeeded, Value(), QString()});
    };
    add("a", 30ms);
    add("b", 30ms);
    add("c", 50ms);
    QVERIFY(pending.firstDeadline() == 30ms);
    pending.expire(29ms);
    QVERIFY(told.isEmpty());
    step("b");
    pending.expire(30ms);
    pending.expire(30ms);
    step("a");
    QCOMPARE(told, (QStringList{QStringLiteral("b0"), QStringLiteral("a5")}));
    QVERIFY(pending.firstDeadline() == 50ms);
    step("c");
    QVERIFY(!pending.firstDeadline());
    pending.expire(1000ms);
    QCOMPARE(told.size(), 3);
  }

  void commandsThatWaitAreBounded() {
    static_assert(PendingWrites::capacity <= CommandQueue::capacity);
    PendingWrites pending;
    int told = 0;
    const auto add = [&](int first, int count) {
      QStringList ids;
      for (int i = 0; i < count; ++i) ids << QString::number(first + i);
      pending.add(ids, 30ms, [&](quint8) { ++told; });
    };
    QVERIFY(pending.hasRoomFor(100) && !pending.hasRoomFor(101));
    add(0, 60);
    QVERIFY(pending.hasRoomFor(40) && !pending.hasRoomFor(41));
    pending.take({QStringLiteral("7"), PointId::None, CommandState::Failed, Value(), QString()});
    QVERIFY(pending.hasRoomFor(41) && !pending.hasRoomFor(42));
    add(100, 41);
    QVERIFY(!pending.hasRoomFor(1));
    pending.expire(30ms);
    QCOMPARE(told, 2);
    QVERIFY(pending.hasRoomFor(100));
    add(200, 100);
    pending.clear();
    QVERIFY(pending.hasRoomFor(100));
    QCOMPARE(told, 2);
  }
};

TAGWIRE_TEST(TestModbusServerExposure)

}  // namespace tst_modbus_server_exposure

#include "tst_modbus_server_exposure.moc"
