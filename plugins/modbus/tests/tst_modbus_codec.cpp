// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <cmath>

#include "registercodec.h"
#include "testprogram.h"

namespace tst_modbus_codec {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

RegisterFormat formatOf(PointType type, Order bytes = Order::Big, Order words = Order::Big) {
  RegisterFormat format;
  format.type = type;
  format.byteOrder = bytes;
  format.wordOrder = words;
  return format;
}

Reading decodeList(const RegisterFormat &format, const Registers &registers) {
  return decode(format, {registers.constData(), static_cast<size_t>(registers.size())});
}

QString errorOf(const Result<Registers> &result) { return result ? QString() : result.error(); }

}  // namespace

class TestModbusCodec : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void bothWays_data() {
    QTest::addColumn<PointType>("type");
    QTest::addColumn<Order>("bytes");
    QTest::addColumn<Order>("words");
    QTest::addColumn<Registers>("registers");
    QTest::addColumn<Value>("value");
    const auto row = [](const char *name, PointType type, Order bytes, Order words, const Registers &registers,
                        const Value &value) { QTest::newRow(name) << type << bytes << words << registers << value; };
    const Order B = Order::Big;
    const Order L = Order::Little;
    row("int16", PointType::Int16, B, B, {0xFFFE}, qint64(-2));
    row("int16 bytes swapped", PointType::Int16, L, B, {0xFEFF}, qint64(-2));
    row("uint16", PointType::Uint16, B, B, {0xFFFE}, qint64(65534));
    row("int32", PointType::Int32, B, B, {0xFFFF, 0xFFFE}, qint64(-2));
    row("int32 words swapped", PointType::Int32, B, L, {0xFFFE, 0xFFFF}, qint64(-2));
    row("uint32 ABCD", PointType::Uint32, B, B, {0x1122, 0x3344}, qint64(0x11223344));
    row("uint32 BADC", PointType::Uint32, L, B, {0x2211, 0x4433}, qint64(0x11223344));
    row("uint32 CDAB", PointType::Uint32, B, L, {0x3344, 0x1122}, qint64(0x11223344));
    row("uint32 DCBA", PointType::Uint32, L, L, {0x4433, 0x2211}, qint64(0x11223344));
    row("int64", PointType::Int64, B, B, {0x8000, 0, 0, 0}, std::numeric_limits<qint64>::min());
    row("int64 words swapped", PointType::Int64, B, L, {4, 3, 2, 1}, qint64(0x0001000200030004));
    row("uint64 above 2^53", PointType::Uint64, B, B, {0x0020, 0, 0, 1}, qint64(9007199254740993));
    // IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction.
    row("float16 81.5", PointType::Float16, B, B, {0x5518}, 81.5);
    row("float16 bytes swapped", PointType::Float16, L, B, {0x00C0}, -2.0);
    row("float16 largest", PointType::Float16, B, B, {0x7BFF}, 65504.0);
    row("float16 smallest subnormal", PointType::Float16, B, B, {0x0001}, 0x1p-24);
    row("float32 81.5", PointType::Float32, B, B, {0x42A3, 0x0000}, 81.5);
    row("float32 words swapped", PointType::Float32, B, L, {0x0000, 0x42A3}, 81.5);
    row("float32 all swapped", PointType::Float32, L, L, {0x0000, 0xA342}, 81.5);
    row("float64 -0.1", PointType::Float64, B, B, {0xBFB9, 0x9999, 0x9999, 0x999A}, -0.1);
    row("float64 words swapped", PointType::Float64, B, L, {0x999A, 0x9999, 0x9999, 0xBFB9}, -0.1);
    row("bcd16", PointType::Bcd16, B, B, {0x1234}, qint64(1234));
    row("bcd32", PointType::Bcd32, B, B, {0x1234, 0x5678}, qint64(12345678));
    row("bcd32 words swapped", PointType::Bcd32, B, L, {0x5678, 0x1234}, qint64(12345678));
  }
  void bothWays() {
    QFETCH(PointType, type);
    QFETCH(Order, bytes);
    QFETCH(Order, words);
    QFETCH(Registers, registers);
    QFETCH(Value, value);
    const RegisterFormat format = formatOf(type, bytes, words);
    QCOMPARE(format.size(), registers.size());
    const Reading reading = decodeList(format, registers);
    QVERIFY(reading.quality.isGood());
    QVERIFY2(reading.value == value, qPrintable(toText(reading.value)));
    QCOMPARE(typeOf(reading.value), format.valueType());
    const auto encoded = encode(format, value);
    QVERIFY2(encoded, qPrintable(errorOf(encoded)));
    QCOMPARE(*encoded, registers);
  }

  void scales() {
    RegisterFormat format = formatOf(PointType::Int16);
    format.scale = 0.1;
    format.offset = -40;
    QCOMPARE(format.valueType(), ValueType::Double);
    QCOMPARE(std::get<double>(decodeList(format, {500}).value), 10.0);
    QCOMPARE(*encode(format, 10.0), Registers{500});
    QCOMPARE(*encode(format, qint64(10)), Registers{500});
    QCOMPARE(*encode(format, 10.04), Registers{500});
    QCOMPARE(*encode(format, 10.06), Registers{501});
    const QString error = errorOf(encode(format, 4000.0));
    QVERIFY2(error.contains(u"int16") && error.contains(u"-3316.8") && error.contains(u"3236.7"), qPrintable(error));
    format.scale = -1;
    QCOMPARE(limitsOf(format), std::pair(-32807.0, 32728.0));
  }

  void namesTheLimits_data() {
    QTest::addColumn<PointType>("type");
    QTest::addColumn<Value>("value");
    QTest::addColumn<bool>("fits");
    const auto row = [](const char *name, PointType type, const Value &value, bool fits) {
      QTest::newRow(name) << type << value << fits;
    };
    row("int16 top", PointType::Int16, qint64(32767), true);
    row("int16 above", PointType::Int16, qint64(32768), false);
    row("int16 bottom", PointType::Int16, qint64(-32768), true);
    row("int16 below", PointType::Int16, qint64(-32769), false);
    row("uint16 negative", PointType::Uint16, qint64(-1), false);
    row("uint32 top", PointType::Uint32, qint64(4294967295), true);
    row("uint32 above", PointType::Uint32, qint64(4294967296), false);
    row("uint64 negative", PointType::Uint64, qint64(-1), false);
    row("uint64 top of int64", PointType::Uint64, std::numeric_limits<qint64>::max(), true);
    row("int64 double too large", PointType::Int64, 0x1p63, false);
    row("float16 too large", PointType::Float16, 65520.0, false);
    row("float32 too large", PointType::Float32, 1e39, false);
    row("float32 largest", PointType::Float32, double(std::numeric_limits<float>::max()), true);
    row("float64 infinite", PointType::Float64, std::numeric_limits<double>::infinity(), false);
    row("float64 NaN", PointType::Float64, std::nan(""), false);
    row("int32 NaN", PointType::Int32, std::nan(""), false);
    row("bcd16 top", PointType::Bcd16, qint64(9999), true);
    row("bcd16 above", PointType::Bcd16, qint64(10000), false);
    row("bcd16 negative", PointType::Bcd16, qint64(-1), false);
    row("text for a number", PointType::Int16, QStringLiteral("12"), false);
    row("nothing", PointType::Int16, Value(), false);
  }
  void namesTheLimits() {
    QFETCH(PointType, type);
    QFETCH(Value, value);
    QFETCH(bool, fits);
    const auto registers = encode(formatOf(type), value);
    QCOMPARE(registers.has_value(), fits);
    if (!fits && toNumber(value)) QVERIFY2(errorOf(registers).contains(u"allowed:"), qPrintable(errorOf(registers)));
  }

  void isNeverGoodWhenItIsNoValue() {
    QCOMPARE(decodeList(formatOf(PointType::Float32), {0x7FC0, 0}).quality, Quality::bad(QualityReason::NotANumber));
    QCOMPARE(decodeList(formatOf(PointType::Float32), {0x7F80, 0}).quality, Quality::bad(QualityReason::NotANumber));
    QCOMPARE(decodeList(formatOf(PointType::Float16), {0x7E00}).quality, Quality::bad(QualityReason::NotANumber));
    QCOMPARE(decodeList(formatOf(PointType::Float16), {0xFC00}).quality, Quality::bad(QualityReason::NotANumber));
    QCOMPARE(decodeList(formatOf(PointType::Float64), {0xFFF0, 0, 0, 0}).quality,
             Quality::bad(QualityReason::NotANumber));
    QCOMPARE(decodeList(formatOf(PointType::Bcd16), {0x12A4}).quality, Quality::bad(QualityReason::NotANumber));
    QCOMPARE(decodeList(formatOf(PointType::Uint64), {0x8000, 0, 0, 0}).quality,
             Quality::bad(QualityReason::OutOfRange));
    RegisterFormat huge = formatOf(PointType::Float64);
    huge.scale = 1e300;
    QCOMPARE(decodeList(huge, *encode(formatOf(PointType::Float64), 1e300)).quality,
             Quality::bad(QualityReason::NotANumber));
  }

  void scaledUint64IsADouble() {
    RegisterFormat format = formatOf(PointType::Uint64);
    format.scale = 0.5;
    const Reading reading = decodeList(format, {0x8000, 0, 0, 0});
    QVERIFY(reading.quality.isGood());
    QCOMPARE(std::get<double>(reading.value), 0x1p62);
  }

  void bits() {
    RegisterFormat format = formatOf(PointType::Bool);
    format.bit = 0;
    QCOMPARE(std::get<bool>(decodeList(format, {0x0001}).value), true);
    format.bit = 15;
    QCOMPARE(std::get<bool>(decodeList(format, {0x8000}).value), true);
    QCOMPARE(std::get<bool>(decodeList(format, {0x7FFF}).value), false);
    QCOMPARE(bitInRegister(format), quint16(0x8000));
    format.byteOrder = Order::Little;
    QCOMPARE(std::get<bool>(decodeList(format, {0x0080}).value), true);
    QCOMPARE(bitInRegister(format), quint16(0x0080));
  }

  void texts() {
    RegisterFormat format = formatOf(PointType::String);
    format.length = 5;
    QCOMPARE(format.size(), 3);
    QCOMPARE(*encode(format, QStringLiteral("abc")), (Registers{0x6162, 0x6300, 0}));
    QCOMPARE(std::get<QString>(decodeList(format, {0x6162, 0x6300, 0}).value), QStringLiteral("abc"));
    QCOMPARE(std::get<QString>(decodeList(format, {0x6162, 0x2020, 0x20FF}).value), QStringLiteral("ab"));
    QCOMPARE(std::get<QString>(decodeList(format, {0xC2B0, 0x4300, 0}).value), QStringLiteral("°C"));
    QCOMPARE(decodeList(format, {0xFF62, 0x6300, 0}).quality, Quality::bad(QualityReason::InvalidResponse));
    QVERIFY(errorOf(encode(format, QStringLiteral("abcdef"))).contains(u"up to 5"));
    QVERIFY(!encode(format, qint64(1)));
    QVERIFY(!encode(format, QString(QChar(0))));
    format.byteOrder = Order::Little;
    QCOMPARE(*encode(format, QStringLiteral("abc")), (Registers{0x6261, 0x0063, 0}));
    QCOMPARE(std::get<QString>(decodeList(format, {0x6261, 0x0063, 0}).value), QStringLiteral("abc"));
  }
};

TAGWIRE_TEST(TestModbusCodec)

}  // namespace tst_modbus_codec

#include "tst_modbus_codec.moc"
