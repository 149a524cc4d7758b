// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "mbap.h"
#include "pdu.h"
#include "testprogram.h"

namespace tst_modbus_framing {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

QByteArray hex(const char *text) { return QByteArray::fromHex(text); }

}  // namespace

class TestModbusFraming : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void encodesTheSpecificationsExample() {
    // Implementation guide 4.2: read of one holding register at 5, transaction 0x1501, unit 0xFF.
    QCOMPARE(encodeMbap({0x1501, 0xFF, readPdu(Table::Holding, 5, 1)}), hex("150100000006FF0300050001"));
  }

  void requestsOfEachFunction() {
    QCOMPARE(readPdu(Table::Coil, 19, 19), hex("0100130013"));
    QCOMPARE(readPdu(Table::Discrete, 196, 22), hex("0200C40016"));
    QCOMPARE(readPdu(Table::Holding, 107, 3), hex("03006B0003"));
    QCOMPARE(readPdu(Table::Input, 8, 1), hex("0400080001"));
    QCOMPARE(writeCoilPdu(172, true), hex("0500ACFF00"));
    QCOMPARE(writeCoilPdu(172, false), hex("0500AC0000"));
    QCOMPARE(writeRegisterPdu(1, 3), hex("0600010003"));
    QCOMPARE(writeRegistersPdu(1, {10, 258}), hex("100001000204000A0102"));
    QCOMPARE(maskWritePdu(4, 0xF2, 0x25), hex("16000400F20025"));
    QCOMPARE(writeCoilsPdu(19, true), hex("0F001300010101"));
    QCOMPARE(writeRegistersPdu(1, {3}), hex("1000010001020003"));
    QCOMPARE(writeAndReadPdu(3, {255, 256}), hex("1700030002000300020400FF0100"));
    QCOMPARE(readIdentificationPdu(1, 0), hex("2B0E0100"));
  }

  void readsDeviceIdentification() {
    const QByteArray request = readIdentificationPdu(1, 0);
    const Reply whole = checkReply(request, hex("2B0E01010000030003414243010244450201460000").left(20));
    QCOMPARE(whole.kind, Reply::Kind::Answer);
    const auto identification = identificationAt(whole.bytes);
    QVERIFY(identification);
    QCOMPARE(identification->objects.value(0), QByteArray("ABC"));
    QCOMPARE(identification->objects.value(1), QByteArray("DE"));
    QCOMPARE(identification->objects.value(2), QByteArray("F"));
    QVERIFY(!identification->next);
    const auto more = identificationAt(checkReply(request, hex("2B0E0101FF020100014100")).bytes);
    QCOMPARE(more->next, quint8(2));
    QCOMPARE(more->objects.size(), 1);
    QVERIFY(!identificationAt(checkReply(request, hex("2B0E010100000100FF41")).bytes));
    QCOMPARE(checkReply(request, hex("2B0E0101")).kind, Reply::Kind::Invalid);
    QCOMPARE(checkReply(request, hex("2B0D010100000000")).kind, Reply::Kind::Invalid);
    QCOMPARE(checkReply(request, hex("AB01")).exception, quint8(1));
  }

  void decodesHoweverTheBytesAreCut() {
    const QByteArray stream = encodeMbap({1, 2, hex("03021234")}) + encodeMbap({2, 3, hex("8302")});
    for (qsizetype size = 1; size <= stream.size(); ++size) {
      MbapDecoder decoder;
      QList<Frame> frames;
      for (qsizetype at = 0; at < stream.size(); at += size) {
        decoder.add(stream.mid(at, size));
        while (auto frame = decoder.next()) frames.append(*frame);
      }
      QCOMPARE(frames.size(), 2);
      QCOMPARE(frames[0].transaction, quint16(1));
      QCOMPARE(frames[0].unit, quint8(2));
      QCOMPARE(frames[0].pdu, hex("03021234"));
      QCOMPARE(frames[1].pdu, hex("8302"));
      QCOMPARE(decoder.pending(), 0);
      QVERIFY(decoder.error().isEmpty());
    }
  }

  void waitsForMissingBytes() {
    MbapDecoder decoder;
    decoder.add(hex("000100000005010302"));
    QVERIFY(!decoder.next());
    QVERIFY(decoder.error().isEmpty());
    QCOMPARE(decoder.pending(), 9);
  }

  void refusesBrokenHeaders_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("what");
    QTest::newRow("length 0") << hex("000100000000") << QStringLiteral("length 0");
    QTest::newRow("length 1") << hex("000100000001") << QStringLiteral("length 1");
    QTest::newRow("length 255") << hex("0001000000FF") << QStringLiteral("length 255");
    QTest::newRow("length 65535") << hex("00010000FFFF") << QStringLiteral("length 65535");
    QTest::newRow("protocol 1") << hex("000100010006") << QStringLiteral("protocol id 1");
    QTest::newRow("http") << QByteArrayLiteral("HTTP/1.1 400 Bad Request") << QStringLiteral("protocol id");
  }
  void refusesBrokenHeaders() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, what);
    MbapDecoder decoder;
    decoder.add(bytes);
    QVERIFY(!decoder.next());
    QVERIFY2(decoder.error().contains(what), qPrintable(decoder.error()));
    // Broken for good: what follows is not looked at and not kept.
    decoder.add(encodeMbap({1, 1, hex("03021234")}));
    QVERIFY(!decoder.next());
  }

  void takesTheLargestFrame() {
    MbapDecoder decoder;
    decoder.add(encodeMbap({1, 1, QByteArray(253, 'x')}));
    QCOMPARE(decoder.next().value_or(Frame()).pdu.size(), 253);
  }

  void checksReplies_data() {
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("response");
    QTest::addColumn<bool>("isValid");
    QTest::addColumn<QByteArray>("bytes");
    const QByteArray registers = readPdu(Table::Holding, 0, 2);
    QTest::newRow("registers") << registers << hex("030411112222") << true << hex("11112222");
    QTest::newRow("coils") << readPdu(Table::Coil, 0, 9) << hex("0102FF01") << true << hex("FF01");
    QTest::newRow("other function") << registers << hex("040411112222") << false << QByteArray();
    QTest::newRow("count too small") << registers << hex("03021111") << false << QByteArray();
    QTest::newRow("count too large") << registers << hex("0306111122223333") << false << QByteArray();
    QTest::newRow("count without bytes") << registers << hex("03041111") << false << QByteArray();
    QTest::newRow("bytes behind") << registers << hex("03041111222233") << false << QByteArray();
    QTest::newRow("function alone") << registers << hex("03") << false << QByteArray();
    QTest::newRow("exception without code") << registers << hex("83") << false << QByteArray();
    QTest::newRow("exception of another function") << registers << hex("8402") << false << QByteArray();
    QTest::newRow("coil echo") << writeCoilPdu(7, true) << hex("050007FF00") << true << QByteArray();
    QTest::newRow("coil other address") << writeCoilPdu(7, true) << hex("050008FF00") << false << QByteArray();
    QTest::newRow("register other value") << writeRegisterPdu(7, 1) << hex("0600070002") << false << QByteArray();
    QTest::newRow("registers echo") << writeRegistersPdu(7, {1, 2}) << hex("1000070002") << true << QByteArray();
    QTest::newRow("registers other count")
        << writeRegistersPdu(7, {1, 2}) << hex("1000070001") << false << QByteArray();
    QTest::newRow("mask echo") << maskWritePdu(4, 1, 2) << hex("16000400010002") << true << QByteArray();
  }
  void checksReplies() {
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, response);
    QFETCH(bool, isValid);
    QFETCH(QByteArray, bytes);
    const Reply reply = checkReply(request, response);
    QCOMPARE(reply.kind, isValid ? Reply::Kind::Answer : Reply::Kind::Invalid);
    QCOMPARE(reply.error.isEmpty(), isValid);
    QCOMPARE(reply.bytes, bytes);
  }

  void namesExceptions() {
    const QList<QualityReason> reasons{
        QualityReason::DeviceException, QualityReason::IllegalFunction,        QualityReason::IllegalAddress,
        QualityReason::IllegalValue,    QualityReason::DeviceFailure,          QualityReason::DeviceBusy,
        QualityReason::DeviceBusy,      QualityReason::DeviceException,        QualityReason::DeviceFailure,
        QualityReason::DeviceException, QualityReason::GatewayPathUnavailable, QualityReason::GatewayTargetFailed};
    for (quint8 code = 0; code < reasons.size(); ++code) {
      const QByteArray response = hex("83").append(static_cast<char>(code));
      const Reply reply = checkReply(readPdu(Table::Holding, 0, 1), response);
      QCOMPARE(reply.kind, Reply::Kind::Exception);
      QCOMPARE(reply.exception, code);
      QCOMPARE(reasonOf(code), reasons[code]);
    }
    QCOMPARE(exceptionText(2), QStringLiteral("exception 2 (illegal data address)"));
    QCOMPARE(exceptionText(200), QStringLiteral("exception 200 (unknown)"));
  }
};

TAGWIRE_TEST(TestModbusFraming)

}  // namespace tst_modbus_framing

#include "tst_modbus_framing.moc"
