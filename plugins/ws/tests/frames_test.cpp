// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clientframe.h"
#include "testprogram.h"
#include "websocket/framejoiner.h"
#include "websocket/framereader.h"
#include "websocket/handshake.h"
#include "websocket/rates.h"
#include "websocket/session.h"

namespace frames_test {

using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

constexpr int messageBytes = 10'000;

struct Outcome {
  QStringList texts;
  int code = 0;  ///< of the failure, or of the client's close
};

Outcome read(const QByteArray &bytes, qsizetype pieceSize, int limit = messageBytes) {
  FrameReader reader(limit);
  Outcome outcome;
  for (qsizetype i = 0; i < bytes.size(); i += pieceSize) {
    for (const auto &received : reader.feed(bytes.mid(i, pieceSize))) {
      if (received.kind == FrameReader::Kind::Text) outcome.texts << QString::fromUtf8(received.payload);
      if (received.kind == FrameReader::Kind::Ping)
        outcome.texts << QStringLiteral("ping ") + QString::fromUtf8(received.payload);
      if (received.kind == FrameReader::Kind::Pong) outcome.texts << QStringLiteral("pong");
      if (received.kind == FrameReader::Kind::Close) {
        outcome.texts << QStringLiteral("close ") + QString::fromUtf8(received.payload);
        outcome.code = received.code;
      }
    }
  }
  if (reader.failure()) outcome.code = reader.failure()->code;
  return outcome;
}

}  // namespace

class FramesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsAndRefuses_data();
  void readsAndRefuses();
  void announcedLengthIsRefusedBeforeItComes();
  void everyMessageMayBringAToken();
  void nothingIsReadAfterAFailure();
  void binaryOnlyWhereItIsTaken();
  void restsBetweenMessages_data();
  void restsBetweenMessages();
  void tooManyFragments();
  void encodesTextFrames_data();
  void encodesTextFrames();
  void joinsTheSameFramesOnce();
  void R5_8_tenMessagesInAnySecond();
  void R5_8_tooManyForFiveSeconds();
  void controlFramesTenASecondBurstTwenty();
  void checksHandshakes_data();
  void checksHandshakes();
  void closeReasonIsCutToWholeCharacters();
};

void FramesTest::readsAndRefuses_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<QStringList>("texts");
  QTest::addColumn<int>("code");
  const auto row = [](const char *name, const QByteArray &bytes, const QStringList &texts, int code) {
    QTest::newRow(name) << bytes << texts << code;
  };
  const QString word = QStringLiteral("grün €");
  const QByteArray utf8 = word.toUtf8();
  row("one text", clientText("hello"), {QStringLiteral("hello")}, 0);
  row("empty text", clientText(""), {QString()}, 0);
  row("two texts", clientText("a") + clientText("b"), {QStringLiteral("a"), QStringLiteral("b")}, 0);
  row("16-bit length", clientText(QByteArray(300, 'x')), {QString(300, u'x')}, 0);
  row("fragments, split inside a character",
      ClientFrame{1, utf8.left(3), false}.bytes() + ClientFrame{0, utf8.mid(3, 4), false}.bytes() +
          ClientFrame{0, utf8.mid(7)}.bytes(),
      {word}, 0);
  row("ping between fragments",
      ClientFrame{1, "a", false}.bytes() + ClientFrame{9, "p"}.bytes() + ClientFrame{0, "b"}.bytes(),
      {QStringLiteral("ping p"), QStringLiteral("ab")}, 0);
  row("pong", ClientFrame{10, "x"}.bytes(), {QStringLiteral("pong")}, 0);
  row("close with reason", ClientFrame{8, QByteArray("\x03\xe8") + "bye"}.bytes(), {QStringLiteral("close bye")}, 1000);
  row("close without code", ClientFrame{8, ""}.bytes(), {QStringLiteral("close ")}, 0);
  row("nothing counts after a close", ClientFrame{8, QByteArray("\x03\xe8")}.bytes() + clientText("late"),
      {QStringLiteral("close ")}, 1000);
  row("unmasked", ClientFrame{1, "hello", true, false}.bytes(), {}, 1002);
  row("good, then unmasked", clientText("a") + ClientFrame{1, "b", true, false}.bytes(), {QStringLiteral("a")}, 1002);
  row("reserved bit", ClientFrame{1, "hello", true, true, 4}.bytes(), {}, 1002);
  row("unknown opcode", ClientFrame{3, "hello"}.bytes(), {}, 1002);
  row("unknown control opcode", ClientFrame{11, "hello"}.bytes(), {}, 1002);
  row("continuation of nothing", ClientFrame{0, "hello"}.bytes(), {}, 1002);
  row("text within a text", ClientFrame{1, "a", false}.bytes() + clientText("b"), {}, 1002);
  row("fragmented ping", ClientFrame{9, "a", false}.bytes(), {}, 1002);
  row("long ping", ClientFrame{9, QByteArray(126, 'x')}.bytes(), {}, 1002);
  row("close with half a code", ClientFrame{8, "\x03"}.bytes(), {}, 1002);
  row("close with code 1005", ClientFrame{8, QByteArray("\x03\xed")}.bytes(), {}, 1002);
  row("close with bad UTF-8", ClientFrame{8, QByteArray("\x03\xe8\xff")}.bytes(), {}, 1007);
  row("bad UTF-8", clientText("\xff\xfe"), {}, 1007);
  row("overlong UTF-8", clientText("\xc0\xaf"), {}, 1007);
  row("surrogate", clientText("\xed\xa0\x80"), {}, 1007);
  row("half a character", clientText(utf8.chopped(1)), {}, 1007);
  row("binary", ClientFrame{2, "hello"}.bytes(), {}, 1003);
  row("too large", clientText(QByteArray(messageBytes + 1, 'x')), {}, 1009);
  row("too large in fragments",
      ClientFrame{1, QByteArray(messageBytes, 'x'), false}.bytes() + ClientFrame{0, "y"}.bytes(), {}, 1009);
  row("as large as admitted", clientText(QByteArray(messageBytes, 'x')), {QString(messageBytes, u'x')}, 0);
}

void FramesTest::readsAndRefuses() {
  QFETCH(QByteArray, bytes);
  QFETCH(QStringList, texts);
  QFETCH(int, code);
  for (const qsizetype pieceSize : {bytes.size(), qsizetype{1}, qsizetype{7}}) {
    const Outcome outcome = read(bytes, pieceSize);
    QCOMPARE(outcome.texts, texts);
    QCOMPARE(outcome.code, code);
  }
}

void FramesTest::announcedLengthIsRefusedBeforeItComes() {
  const QByteArray head = ClientFrame{1, "x", true, true, 0, qint64{1} << 40}.bytes();
  QCOMPARE(read(head, head.size()).code, 1009);
  QByteArray highBit = head;
  highBit[2] = static_cast<char>(0x80);
  QCOMPARE(read(highBit, highBit.size()).code, 1002);
}

void FramesTest::everyMessageMayBringAToken() {
  const QByteArray token = R"({"type":"auth","access_token":")" + QByteArray(4000, 't') + R"("})";
  QCOMPARE(read(clientText(token), 1000, 512).texts.size(), 1);
  QCOMPARE(read(clientText(QByteArray(4000, 'x')), 1000, 512).code, 1009);
  QCOMPARE(read(clientText("a") + clientText(token), 1000, 512).texts.size(), 2);
  QCOMPARE(read(clientText("a") + clientText(QByteArray(4000, 'x')), 1000, 512).code, 1009);
  QCOMPARE(read(clientText(token + QByteArray(5000, ' ')), 1000, 512).code, 1009);
}

void FramesTest::nothingIsReadAfterAFailure() {
  FrameReader reader(messageBytes);
  QVERIFY(reader.feed(ClientFrame{2, "x"}.bytes()).isEmpty());
  QCOMPARE(reader.failure()->code, quint16{1003});
  QVERIFY(reader.feed(clientText("late")).isEmpty());
}

void FramesTest::binaryOnlyWhereItIsTaken() {
  const QByteArray bytes("\xff\x00\xfe", 3);
  const QByteArray whole = ClientFrame{2, bytes}.bytes();
  FrameReader refusing(messageBytes);
  QVERIFY(refusing.feed(whole.left(7)).isEmpty());  // the head and the first octet
  QCOMPARE(refusing.failure()->code, quint16{1003});

  FrameReader taking(messageBytes, FrameReader::Binary::Taken);
  const auto received = taking.feed(whole + clientText("text") + ClientFrame{2, bytes, false}.bytes() +
                                    ClientFrame{9, ""}.bytes() + ClientFrame{0, bytes}.bytes());
  QCOMPARE(received.size(), 4);
  QCOMPARE(received[0].kind, FrameReader::Kind::Binary);
  QCOMPARE(received[0].payload, bytes);
  QCOMPARE(received[1].kind, FrameReader::Kind::Text);
  QCOMPARE(received[2].kind, FrameReader::Kind::Ping);
  QCOMPARE(received[3].kind, FrameReader::Kind::Binary);
  QCOMPARE(received[3].payload, bytes + bytes);
  QVERIFY(taking.isAtRest());
  taking.feed(ClientFrame{2, "x", true, true, 0, messageBytes + 1}.bytes());
  QCOMPARE(taking.failure()->code, quint16{1009});
}

void FramesTest::restsBetweenMessages_data() {
  QTest::addColumn<int>("size");
  for (const int size : {0, 1, 125, 126, 4090, 4096, 65535, 65536, 100'000}) {
    QTest::newRow(QByteArray::number(size)) << size;
  }
}

void FramesTest::restsBetweenMessages() {
  QFETCH(int, size);
  const QByteArray payload(size, 'x');
  const QByteArray whole = clientText(payload);
  FrameReader reader(200'000);
  QVERIFY(reader.isAtRest());
  QCOMPARE(reader.feed(whole + ClientFrame{9, "p"}.bytes() + whole).size(), 3);
  QVERIFY(reader.isAtRest());
  reader.feed(whole.left(5));
  QVERIFY(!reader.isAtRest());
  QCOMPARE(reader.feed(whole.mid(5)).size(), 1);
  QVERIFY(reader.isAtRest());
  reader.feed(ClientFrame{1, payload, false}.bytes());
  reader.feed(ClientFrame{9, "in between"}.bytes());
  QVERIFY(!reader.isAtRest());
  const auto received = reader.feed(ClientFrame{0, payload}.bytes() + whole);
  QCOMPARE(received.size(), 2);
  QCOMPARE(received[0].payload, payload + payload);
  QVERIFY(reader.isAtRest());
  reader.feed(ClientFrame{8, ""}.bytes());
  QVERIFY(reader.isAtRest());
  QVERIFY(reader.feed(whole).isEmpty());
}

void FramesTest::tooManyFragments() {
  QByteArray flood = ClientFrame{1, "", false}.bytes();
  const QByteArray empty = ClientFrame{0, "", false}.bytes();
  for (int i = 0; i < 5000; ++i) flood += empty;
  QCOMPARE(read(flood, flood.size()).code, 1008);
}

void FramesTest::encodesTextFrames_data() {
  QTest::addColumn<int>("size");
  QTest::addColumn<QByteArray>("head");
  QTest::newRow("0") << 0 << QByteArray::fromHex("8100");
  QTest::newRow("125") << 125 << QByteArray::fromHex("817d");
  QTest::newRow("126") << 126 << QByteArray::fromHex("817e007e");
  QTest::newRow("65535") << 65535 << QByteArray::fromHex("817effff");
  QTest::newRow("65536") << 65536 << QByteArray::fromHex("817f0000000000010000");
}

void FramesTest::encodesTextFrames() {
  QFETCH(int, size);
  QFETCH(QByteArray, head);
  const QByteArray payload(size, 'x');
  QCOMPARE(Frame::text(payload).bytes(), head + payload);
}

void FramesTest::joinsTheSameFramesOnce() {
  const QByteArray one(100, '1');
  const QByteArray two(100, '2');
  const QByteArray equalToTwo(100, '2');
  FrameJoiner joiner;
  QVERIFY(joiner.join({}).isEmpty());
  QCOMPARE(joiner.join({one}).constData(), one.constData());
  const QByteArray both = joiner.join({one, two});
  QCOMPARE(both, one + two);
  QCOMPARE(joiner.join({one, two}).constData(), both.constData());
  QVERIFY(joiner.join({one, equalToTwo}).constData() != both.constData());
  QCOMPARE(joiner.join({two, one}), two + one);
  QCOMPARE(joiner.join({one, two, one}), one + two + one);
  joiner.clear();
  QVERIFY(joiner.join({}).isEmpty());
}

void FramesTest::R5_8_tenMessagesInAnySecond() {
  MessageRate rate(10);
  for (int i = 0; i < 10; ++i) QCOMPARE(rate.judge(i * 50ms), MessageRate::Verdict::Admitted);
  QCOMPARE(rate.judge(900ms), MessageRate::Verdict::TooMany);
  QCOMPARE(rate.judge(999ms), MessageRate::Verdict::TooMany);
  QCOMPARE(rate.judge(1000ms), MessageRate::Verdict::Admitted);
  QCOMPARE(rate.judge(1001ms), MessageRate::Verdict::TooMany);
  QCOMPARE(rate.judge(60s), MessageRate::Verdict::Admitted);

  MessageRate unlimited(0);
  for (int i = 0; i < 1000; ++i) QCOMPARE(unlimited.judge(0s), MessageRate::Verdict::Admitted);
}

void FramesTest::R5_8_tooManyForFiveSeconds() {
  MessageRate rate(2);
  std::optional<std::chrono::milliseconds> gone;
  for (auto now = 0ms; now < 10s && !gone; now += 100ms) {
    if (rate.judge(now) == MessageRate::Verdict::GoesOn) gone = now;
  }
  QVERIFY(gone.has_value());
  QCOMPARE(*gone, 5200ms);  // the third message, at 200 ms, was the first one too many

  MessageRate paused(2);
  for (auto now = 0ms; now < 20s; now += 100ms) {
    // Three seconds too many, two seconds of silence, and so on: it never goes on for five.
    if (now % 5s < 3s) QVERIFY(paused.judge(now) != MessageRate::Verdict::GoesOn);
  }
}

void FramesTest::controlFramesTenASecondBurstTwenty() {
  ControlRate rate(10);
  for (int i = 0; i < 20; ++i) QVERIFY(rate.admit(1s));
  QVERIFY(!rate.admit(1s));
  for (int i = 0; i < 10; ++i) QVERIFY(rate.admit(2s + 1ms));
  QVERIFY(!rate.admit(2s + 1ms));
  ControlRate steady(10);
  for (int i = 0; i < 600; ++i) QVERIFY(steady.admit(i * 100ms));
}

void FramesTest::checksHandshakes_data() {
  QTest::addColumn<QByteArray>("name");
  QTest::addColumn<QByteArray>("value");
  QTest::addColumn<int>("status");
  QTest::newRow("good") << QByteArray() << QByteArray() << 0;
  QTest::newRow("version 8") << QByteArray("sec-websocket-version") << QByteArray("8") << 426;
  QTest::newRow("no version") << QByteArray("sec-websocket-version") << QByteArray() << 426;
  QTest::newRow("short key") << QByteArray("sec-websocket-key") << QByteArray("c2hvcnQ=") << 400;
  QTest::newRow("key is no base64") << QByteArray("sec-websocket-key") << QByteArray("!!!!!!!!!!!!!!!!!!!!!!==") << 400;
  QTest::newRow("no key") << QByteArray("sec-websocket-key") << QByteArray() << 400;
  QTest::newRow("connection: close") << QByteArray("connection") << QByteArray("close") << 400;
  QTest::newRow("connection: keep-alive, Upgrade")
      << QByteArray("connection") << QByteArray("keep-alive, Upgrade") << 0;
  QTest::newRow("upgrade: h2c") << QByteArray("upgrade") << QByteArray("h2c") << 400;
}

void FramesTest::checksHandshakes() {
  QFETCH(QByteArray, name);
  QFETCH(QByteArray, value);
  QFETCH(int, status);
  Request request;
  request.method = "GET";
  request.fields = {{"upgrade", "WebSocket"},
                    {"connection", "Upgrade"},
                    {"sec-websocket-version", "13"},
                    {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  for (auto &field : request.fields) {
    if (field.first == name) field.second = value;
  }
  const auto problem = handshakeProblem(request);
  QCOMPARE(problem ? problem->status : 0, status);
  if (problem) return;
  // The example of RFC 6455, 1.3.
  QVERIFY(handshakeAnswer(request).contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  request.method = "POST";
  QCOMPARE(handshakeProblem(request)->status, 400);
}

void FramesTest::closeReasonIsCutToWholeCharacters() {
  QCOMPARE(closeFrame(1001, QStringLiteral("bye")), QByteArray("\x88\x05\x03\xe9") + "bye");
  const QByteArray frame = closeFrame(1008, QString(200, u'€'));
  QCOMPARE(frame.size(), 2 + 2 + 123);
  QCOMPARE(QString::fromUtf8(frame.mid(4)), QString(41, u'€'));
}

TAGWIRE_TEST(FramesTest)

}  // namespace frames_test

#include "frames_test.moc"
