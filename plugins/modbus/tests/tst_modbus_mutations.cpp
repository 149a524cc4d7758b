// SPDX-License-Identifier: Apache-2.0
#include <QRandomGenerator>
#include <QTest>

#include "mbap.h"
#include "registerimage.h"
#include "rtu.h"
#include "testprogram.h"

namespace tst_modbus_mutations {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

constexpr int mutations = 100'000;

QByteArray hex(const char *text) { return QByteArray::fromHex(text); }

/// A request and its right answer.
struct Exchange {
  QByteArray request;
  QByteArray answer;
};

const QList<Exchange> exchanges{{readPdu(Table::Coil, 19, 9), hex("0102CD01")},
                                {readPdu(Table::Holding, 107, 3), hex("0306022B00000064")},
                                {readPdu(Table::Input, 8, 1), hex("0402000A")},
                                {writeCoilPdu(172, true), hex("0500ACFF00")},
                                {writeRegisterPdu(1, 3), hex("0600010003")},
                                {writeRegistersPdu(1, {10, 258}), hex("1000010002")},
                                {maskWritePdu(4, 0xF2, 0x25), hex("16000400F20025")},
                                {writeAndReadPdu(3, {1, 2}), hex("170400010002")},
                                {readIdentificationPdu(1, 0), hex("2B0E010100000200034142430101FF")},
                                {readPdu(Table::Holding, 0, 1), hex("8302")}};

class Mutator {
 public:
  explicit Mutator(quint32 seed) : m_random(seed) {}

  int upTo(qsizetype most) { return static_cast<int>(m_random.bounded(static_cast<quint32>(most) + 1)); }
  QByteArray mutated(QByteArray bytes) {
    for (int steps = 1 + upTo(3); steps > 0; --steps) change(bytes);
    return bytes;
  }
  /// The same bytes in pieces as a network would cut them.
  QList<QByteArray> cut(const QByteArray &bytes) {
    QList<QByteArray> pieces;
    for (qsizetype at = 0; at < bytes.size();) {
      const int size = 1 + upTo(15);
      pieces.append(bytes.mid(at, size));
      at += size;
    }
    return pieces;
  }

 private:
  char any() { return static_cast<char>(upTo(255)); }
  void change(QByteArray &bytes) {
    const int at = upTo(std::max<qsizetype>(bytes.size() - 1, 0));
    switch (bytes.isEmpty() ? 2 : upTo(5)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << upTo(7)));
        break;
      case 1:
        bytes[at] = any();
        break;
      case 2:
        bytes.insert(at, any());
        break;
      case 3:
        bytes.remove(at, 1 + upTo(3));
        break;
      case 4:
        bytes += bytes.mid(at);
        break;
      default:
        bytes.truncate(at);
    }
  }

  QRandomGenerator m_random;
};

/// What a client does with an answer, as far as it goes. False: an answer was accepted that can't be one.
bool useAnswer(const QByteArray &request, const QByteArray &pdu) {
  const Reply reply = checkReply(request, pdu);
  if (reply.kind == Reply::Kind::Invalid) return !reply.error.isEmpty();
  if (reply.kind == Reply::Kind::Exception) return pdu.size() == 2;
  const auto function = static_cast<Function>(request[0]);
  if (function == Function::ReadDeviceIdentification) {
    const auto found = identificationAt(reply.bytes);
    return !found || found->objects.size() <= 255;
  }
  const int count = static_cast<quint8>(request[4]);
  if (function == Function::ReadCoils) {
    for (int i = 0; i < count; ++i) bitAt(reply.bytes, i);
    return reply.bytes.size() == (count + 7) / 8;
  }
  const bool isRead = function == Function::ReadHoldingRegisters || function == Function::ReadInputRegisters ||
                      function == Function::ReadWriteRegisters;
  if (!isRead) return reply.bytes.isEmpty();
  ModbusPoint point;
  for (const PointType type : {PointType::Uint16, PointType::Bcd16, PointType::Float16, PointType::Int16}) {
    point.format.type = type;
    for (int i = 0; i < count; ++i) readingAt(point, reply.bytes, i);
  }
  point.format.type = PointType::String;
  point.format.length = count * 2;
  readingAt(point, reply.bytes, 0);
  return reply.bytes.size() == count * 2;
}

}  // namespace

class TestModbusMutations : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void answersOverTcp() {
    Mutator mutator(1);
    for (int i = 0; i < mutations; ++i) {
      const Exchange &exchange = exchanges[i % exchanges.size()];
      MbapDecoder decoder;
      for (const QByteArray &piece : mutator.cut(mutator.mutated(encodeMbap({7, 1, exchange.answer})))) {
        decoder.add(piece);
        while (const auto frame = decoder.next()) QVERIFY(useAnswer(exchange.request, frame->pdu));
      }
      QVERIFY(decoder.pending() < 1000);
    }
  }

  void answersOverASerialLine() {
    Mutator mutator(2);
    for (int i = 0; i < mutations; ++i) {
      const Exchange &exchange = exchanges[i % exchanges.size()];
      RtuDecoder decoder(RtuDecoder::Reads::Answers);
      for (const QByteArray &piece : mutator.cut(mutator.mutated(encodeRtu({0, 1, exchange.answer})))) {
        decoder.add(piece);
        while (const auto frame = decoder.next()) QVERIFY(useAnswer(exchange.request, frame->pdu));
      }
      if (const auto frame = decoder.atSilence()) QVERIFY(useAnswer(exchange.request, frame->pdu));
      QCOMPARE(decoder.pending(), 0);
    }
  }

  void answersWithAValidFrame() {
    // The frame is right, what is in it is not: the checks behind the framing have to hold by themselves.
    Mutator mutator(3);
    for (int i = 0; i < mutations; ++i) {
      const Exchange &exchange = exchanges[i % exchanges.size()];
      const QByteArray pdu = mutator.mutated(exchange.answer);
      if (!pdu.isEmpty()) QVERIFY2(useAnswer(exchange.request, pdu), pdu.toHex().constData());
    }
  }

  void requestsToAServer() {
    Mutator mutator(4);
    RegisterImage image;
    for (int i = 0; i < 200; ++i) {
      for (const Table table : {Table::Coil, Table::Discrete, Table::Input, Table::Holding}) image.set(table, i, 1);
    }
    for (int i = 0; i < mutations; ++i) {
      const QByteArray pdu = mutator.mutated(exchanges[i % exchanges.size()].request);
      if (pdu.isEmpty()) continue;
      const QByteArray answer = image.answer(pdu);
      QVERIFY(answer.size() >= 2 && answer.size() <= 253);
      RtuDecoder decoder(RtuDecoder::Reads::Requests);
      for (const QByteArray &piece : mutator.cut(mutator.mutated(encodeRtu({0, 1, pdu})))) decoder.add(piece);
      while (const auto frame = decoder.next()) QVERIFY(!frame->pdu.isEmpty());
    }
  }
};

TAGWIRE_TEST(TestModbusMutations)

}  // namespace tst_modbus_mutations

#include "tst_modbus_mutations.moc"
