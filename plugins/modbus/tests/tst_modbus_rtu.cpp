// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "rtu.h"
#include "testprogram.h"

namespace tst_modbus_rtu {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

QByteArray hex(const char *text) { return QByteArray::fromHex(text); }

/// One answer of each function, as PDU.
const QList<QByteArray> answers{hex("0101CD"),
                                hex("020155"),
                                hex("0304000A0102"),
                                hex("0402000A"),
                                hex("0500ACFF00"),
                                hex("0600010003"),
                                hex("0F0013000A"),
                                hex("1000010002"),
                                hex("16000400F20025"),
                                hex("170400FE0ACD"),
                                hex("2B0E010100000200034142430101FF"),
                                hex("8302")};
const QList<QByteArray> requests{hex("0100130013"),       hex("03006B0003"),
                                 hex("0500ACFF00"),       hex("0600010003"),
                                 hex("0F0013000A02CD01"), hex("100001000204000A0102"),
                                 hex("16000400F20025"),   hex("1700030006000E00030600FF00FF00FF"),
                                 hex("2B0E0100")};

QList<Frame> framesOf(RtuDecoder &decoder, const QByteArray &bytes) {
  QList<Frame> frames;
  decoder.add(bytes);
  while (auto frame = decoder.next()) frames.append(*frame);
  return frames;
}

}  // namespace

class TestModbusRtu : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void crcIsThatOfTheSpecification() {
    // MODBUS over Serial Line V1.02, 6.2.2: 02 07 has the CRC 0x1241, sent 41 12.
    QCOMPARE(encodeRtu({0, 2, hex("07")}), hex("02074112"));
    QCOMPARE(encodeRtu({0, 1, hex("030000000A")}), hex("01030000000AC5CD"));
  }

  void findsTheEndOfEveryFrame_data() {
    QTest::addColumn<RtuDecoder::Reads>("reads");
    QTest::addColumn<QByteArray>("pdu");
    for (const QByteArray &pdu : answers) {
      QTest::newRow(("answer " + pdu.toHex()).constData()) << RtuDecoder::Reads::Answers << pdu;
    }
    for (const QByteArray &pdu : requests) {
      QTest::newRow(("request " + pdu.toHex()).constData()) << RtuDecoder::Reads::Requests << pdu;
    }
  }
  void findsTheEndOfEveryFrame() {
    QFETCH(RtuDecoder::Reads, reads);
    QFETCH(QByteArray, pdu);
    // Two in a row, cut into pieces of every size.
    const QByteArray stream = encodeRtu({0, 17, pdu}) + encodeRtu({0, 18, pdu});
    for (qsizetype size = 1; size <= stream.size(); ++size) {
      RtuDecoder decoder(reads);
      QList<Frame> frames;
      for (qsizetype at = 0; at < stream.size(); at += size) frames += framesOf(decoder, stream.mid(at, size));
      QCOMPARE(frames.size(), 2);
      QCOMPARE(frames[0].unit, quint8(17));
      QCOMPARE(frames[1].unit, quint8(18));
      QCOMPARE(frames[0].pdu, pdu);
      QCOMPARE(frames[1].pdu, pdu);
      QCOMPARE(decoder.pending(), 0);
    }
  }

  void oneWrongBitIsSeen() {
    for (const QByteArray &pdu : answers) {
      const QByteArray good = encodeRtu({0, 17, pdu});
      for (qsizetype bit = 0; bit < good.size() * 8; ++bit) {
        QByteArray bytes = good;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        RtuDecoder decoder(RtuDecoder::Reads::Answers);
        QVERIFY2(framesOf(decoder, bytes).isEmpty(), bytes.toHex().constData());
      }
    }
  }

  void afterAnErrorNothingComesUntilItIsCleared() {
    RtuDecoder decoder(RtuDecoder::Reads::Answers);
    QVERIFY(framesOf(decoder, hex("0199")).isEmpty());
    QVERIFY(decoder.error().contains(u"function 153") || decoder.error().isEmpty());
    decoder.clear();
    QVERIFY(framesOf(decoder, hex("0141AABB")).isEmpty());
    QVERIFY2(decoder.error().contains(u"function 65"), qPrintable(decoder.error()));
    QVERIFY(framesOf(decoder, encodeRtu({0, 1, hex("8302")})).isEmpty());
    decoder.clear();
    QCOMPARE(framesOf(decoder, encodeRtu({0, 1, hex("8302")})).size(), 1);
  }

  void aFrameIsNeverLongerThanTheSpecificationAllows() {
    RtuDecoder decoder(RtuDecoder::Reads::Answers);
    QVERIFY(framesOf(decoder, hex("0103FF")).isEmpty());
    QVERIFY2(decoder.error().contains(u"260 bytes"), qPrintable(decoder.error()));
    QCOMPARE(decoder.pending(), 0);
  }

  void silenceEndsWhatHasNoOtherEnd() {
    RtuDecoder decoder(RtuDecoder::Reads::Requests);
    const QByteArray odd = hex("4101020304");
    QVERIFY(framesOf(decoder, encodeRtu({0, 5, odd})).isEmpty());
    const auto frame = decoder.atSilence();
    QVERIFY(frame);
    QCOMPARE(frame->unit, quint8(5));
    QCOMPARE(frame->pdu, odd);
    QVERIFY(framesOf(decoder, hex("0541010203")).isEmpty());
    QVERIFY(!decoder.atSilence());
    QCOMPARE(decoder.pending(), 0);
    QVERIFY(framesOf(decoder, QByteArray(300, 'A')).isEmpty());
    QVERIFY(!decoder.error().isEmpty());
  }
};

TAGWIRE_TEST(TestModbusRtu)

}  // namespace tst_modbus_rtu

#include "tst_modbus_rtu.moc"
