// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <sys/socket.h>

#include <QSignalSpy>

#include "streamfixture.h"
#include "testprogram.h"

namespace stream_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

QByteArray pattern(qsizetype size) {
  QByteArray bytes(size, Qt::Uninitialized);
  for (qsizetype i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

/// Ends a connection by a reset.
void reset(QSslSocket &socket) {
  const linger atOnce{1, 0};
  ::setsockopt(static_cast<int>(socket.socketDescriptor()), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
  socket.abort();
}

}  // namespace

/// What holds for a stream of either kind.
class StreamTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void bothDirections_data() { kinds(); }
  void bothDirections();
  void whatThePeerDoesNotTakeIsKept_data() { kinds(); }
  void whatThePeerDoesNotTakeIsKept();
  void theKernelHoldsLittle();
  void endsItsDirectionAfterWhatWaits_data() { kinds(); }
  void endsItsDirectionAfterWhatWaits();
  void unreadInputDoesNotCostTheLastWords_data() { kinds(); }
  void unreadInputDoesNotCostTheLastWords();
  void peerLeaves_data() { kinds(); }
  void peerLeaves();
  void peerResets_data() { kinds(); }
  void peerResets();
  void peerResetsWhileMuchWaits_data() { kinds(); }
  void peerResetsWhileMuchWaits();
  void readsOnlyWhenAsked_data() { kinds(); }
  void readsOnlyWhenAsked();
  void abortIsSilent_data() { kinds(); }
  void abortIsSilent();

 private:
  static void kinds() {
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
  }
};

void StreamTest::bothDirections() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  RecordingUser &user = fixture.last();
  QCOMPARE(user.stream->peerAddress(), QHostAddress(QHostAddress::LocalHost));
  QCOMPARE(user.stream->peerPort(), client->localPort());
  const QByteArray request = pattern(300'000);
  client->write(request);
  QTRY_COMPARE(user.input.size(), request.size());
  QCOMPARE(user.input, request);
  user.stream->write("answer");
  QTRY_COMPARE(client->bytesAvailable(), 6);
  QCOMPARE(client->readAll(), QByteArray("answer"));
  QTRY_COMPARE(user.stream->bytesToWrite(), 0);
  QCOMPARE(user.ended, 0);
}

void StreamTest::whatThePeerDoesNotTakeIsKept() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  client->setReadBufferSize(1024);
  RecordingUser &user = fixture.last();
  const QByteArray much = pattern(24 * 1024 * 1024);
  constexpr qsizetype piece = 1024 * 1024;
  for (qsizetype at = 0; at < much.size(); at += piece) user.stream->write(much.mid(at, piece));
  const qint64 waiting = user.stream->bytesToWrite();
  QVERIFY(waiting > 0);
  QTest::qWait(20);
  QVERIFY(user.stream->bytesToWrite() > 0);

  client->setReadBufferSize(0);
  QByteArray got;
  QTRY_COMPARE((got += client->readAll(), got.size()), much.size());
  QCOMPARE(got, much);
  QTRY_COMPARE(user.stream->bytesToWrite(), 0);
  QVERIFY(user.took >= waiting);  // and what was on its way into the kernel, with TLS around it
}

/// So that a slow client is noticed before megabytes are on their way to it.
void StreamTest::theKernelHoldsLittle() {
  StreamFixture fixture(false);
  const Descriptor client(::socket(AF_INET, SOCK_STREAM, 0));
  const int few = 32 * 1024;
  ::setsockopt(client.number(), SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(fixture.listener.port());
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  QCOMPARE(::connect(client.number(), reinterpret_cast<const sockaddr *>(&server), sizeof server), 0);
  QTRY_VERIFY(!fixture.users.empty());
  Stream &stream = *fixture.last().stream;
  const QByteArray piece = pattern(16 * 1024);
  qsizetype written = 0;
  for (int i = 0; i < 1000 && stream.bytesToWrite() == 0; ++i) {
    stream.write(piece);
    written += piece.size();
    QTest::qWait(1);
  }
  QVERIFY(stream.bytesToWrite() > 0);
  QVERIFY2(written < 1024 * 1024, qPrintable(QString::number(written)));
}

void StreamTest::endsItsDirectionAfterWhatWaits() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  RecordingUser &user = fixture.last();
  const QByteArray much = pattern(8 * 1024 * 1024);
  QByteArray got;
  connect(client.get(), &QSslSocket::readyRead, this, [&] { got += client->readAll(); });
  user.stream->write(much);
  user.stream->endWriting();
  user.stream->write("too late");
  QTRY_COMPARE(client->state(), QAbstractSocket::UnconnectedState);
  QVERIFY(got == much);
  QTRY_COMPARE(user.ended, 1);
}

void StreamTest::unreadInputDoesNotCostTheLastWords() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  RecordingUser &user = fixture.last();
  user.stream->setReading(false);
  client->write(pattern(2 * 1024 * 1024));
  client->flush();
  user.stream->write("last words");
  user.stream->endWriting();
  QTRY_COMPARE(client->bytesAvailable(), 10);
  QCOMPARE(client->readAll(), QByteArray("last words"));
}

void StreamTest::peerLeaves() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  RecordingUser &user = fixture.last();
  client->write("bye");
  client->disconnectFromHost();
  QTRY_COMPARE(user.ended, 1);
  QCOMPARE(user.input, QByteArray("bye"));
  QVERIFY(user.stream->hasEnded());
  user.stream->write("nobody hears it");
  user.stream->endWriting();
  QTest::qWait(20);
  QCOMPARE(user.ended, 1);
}

void StreamTest::peerResets() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  RecordingUser &user = fixture.last();
  reset(*client);
  QTRY_COMPARE(user.ended, 1);
  user.stream->write(pattern(1000));
  QCOMPARE(user.stream->bytesToWrite(), 0);
}

void StreamTest::peerResetsWhileMuchWaits() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  client->setReadBufferSize(1024);
  RecordingUser &user = fixture.last();
  user.stream->setReading(false);  // so that only writing can notice
  user.stream->write(pattern(16 * 1024 * 1024));
  QVERIFY(user.stream->bytesToWrite() > 0);
  reset(*client);
  QTRY_COMPARE(user.ended, 1);
  QCOMPARE(user.stream->bytesToWrite(), 0);
}

void StreamTest::readsOnlyWhenAsked() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  RecordingUser &user = fixture.last();
  user.stream->setReading(false);
  const QByteArray much = pattern(4 * 1024 * 1024);
  client->write(much);
  QTest::qWait(50);
  QCOMPARE(user.told, 0);
  user.stream->setReading(true);
  QTRY_COMPARE(user.input.size(), much.size());
  QCOMPARE(user.input, much);
  QVERIFY(user.told >= much.size() / Stream::readAtOnce);
}

void StreamTest::abortIsSilent() {
  QFETCH(bool, isTls);
  StreamFixture fixture(isTls);
  const auto client = fixture.client(isTls);
  QVERIFY(client);
  RecordingUser &user = fixture.last();
  client->setReadBufferSize(1024);
  user.stream->write(pattern(16 * 1024 * 1024));
  user.stream->abort();
  QCOMPARE(user.stream->bytesToWrite(), 0);
  client->setReadBufferSize(0);
  connect(client.get(), &QSslSocket::readyRead, this, [&] { client->readAll(); });
  client->readAll();
  QTRY_COMPARE(client->state(), QAbstractSocket::UnconnectedState);
  QCOMPARE(user.ended, 0);
}

TAGWIRE_TEST(StreamTest)

}  // namespace stream_test

#include "stream_test.moc"
