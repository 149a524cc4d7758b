// SPDX-License-Identifier: Apache-2.0
#include <QElapsedTimer>

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <memory>

#include "abusedprogram.h"
#include "crowd.h"
#include "testprogram.h"

namespace ws_abuse_test {

using tagwire::ws::ClientFrame;
using tagwire::ws::clientText;
using tagwire::ws::RawClient;

namespace {

constexpr int million = 1'000'000;
constexpr int flooders = 8;
/// What a flood may add to the program's memory: what the sockets and queues of one client hold, and what malloc keeps.
constexpr qint64 mostGrowthKiB = 16 * 1024;

/// Somebody honest, who must not notice a flood: each question is answered before the next is asked.
class Honest {
 public:
  explicit Honest(quint16 port) : m_client(port) {
    if (!m_client.upgrade("/ws/live")) qFatal("an honest client was not let in");
  }
  bool isServed() {
    QElapsedTimer timer;
    timer.start();
    m_client.send(clientText(quoted("{'op':'ping'}")));
    RawClient::ServerFrame frame = m_client.nextFrame();
    for (; frame.opcode == 9; frame = m_client.nextFrame()) m_client.send(ClientFrame{10, frame.payload}.bytes());
    m_slowest = qMax(m_slowest, timer.elapsed());
    return frame.payload == quoted("{'op':'pong'}");
  }
  /// Asks on until `isOver`. How many answers came; -1 when one did not.
  template <class Over>
  int askUntil(Over isOver) {
    for (int answers = 0;; ++answers) {
      if (isOver()) return answers;
      if (!isServed()) return -1;
    }
  }
  qint64 slowestMs() const { return m_slowest; }

 private:
  RawClient m_client;
  qint64 m_slowest = 0;
};

/// Sends as fast as it can, whatever the other side answers, until that takes no more.
class Flood {
 public:
  Flood(RawClient &client, const QByteArray &bytes)
      : m_socket(::dup(static_cast<int>(client.socket().socketDescriptor()))), m_bytes(bytes) {}
  ~Flood() { ::close(m_socket); }
  Flood(const Flood &) = delete;
  Flood &operator=(const Flood &) = delete;

  /// Sends what goes at once. True when it is over: all was taken, or the connection was cut.
  bool goesOn() {
    while (m_sent < m_bytes.size()) {
      const ssize_t taken = ::send(m_socket, m_bytes.constData() + m_sent, static_cast<size_t>(m_bytes.size() - m_sent),
                                   MSG_DONTWAIT | MSG_NOSIGNAL);
      if (taken < 0) return errno != EAGAIN;
      m_sent += taken;
    }
    return true;
  }

 private:
  int m_socket;
  QByteArray m_bytes;
  qsizetype m_sent = 0;
};

}  // namespace

/// The real program under a client's worst: floods of frames and of requests, at full speed. Each time it has to stay
/// small, to serve others meanwhile, to count what it refused and to write few lines about it.
class WsAbuseTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void cleanupTestCase();
  void floodsOfFrames_data();
  void floodsOfFrames();
  void floodOfTextsIsServedAndBounded();
  void floodOfRequestsThatNobodyReads();
  void floodOfHalfHeads();
  void floodOfUpgrades();
  void floodWithoutDescriptors();

 private:
  AbusedProgram m_program;
};

void WsAbuseTest::initTestCase() {
  QVERIFY(Crowd::raiseDescriptorLimit() >= 4096);
  QVERIFY2(m_program.start("'auth':{'anonymous':['*:read']},"
                           "'endpoints':[{'path':'/ws/live','protocol':'live'},{'path':'/strict','protocol':'live',"
                           "'limits':{'connections':5,'write_timeout_ms':300}}]"),
           qPrintable(m_program.log()));
}

void WsAbuseTest::cleanupTestCase() {
  QTRY_COMPARE(m_program.metric("tagwire_ws_sessions"), 0.0);
  QVERIFY2(!m_program.log().contains(QLatin1String("exception")), qPrintable(m_program.log()));
}

void WsAbuseTest::floodsOfFrames_data() {
  QTest::addColumn<QByteArray>("first");
  QTest::addColumn<QByteArray>("frame");
  QTest::addColumn<int>("times");
  QTest::addColumn<int>("code");
  QTest::addColumn<QByteArray>("reason");
  const QByteArray none;
  const auto row = [](const char *name, const QByteArray &first, const QByteArray &frame, int times, int code,
                      const QByteArray &reason) { QTest::newRow(name) << first << frame << times << code << reason; };
  const QByteArray control = "too many control frames";
  row("pings", none, ClientFrame{9, "x"}.bytes(), million, 1008, control);
  row("long pings", none, ClientFrame{9, QByteArray(125, 'x')}.bytes(), 100'000, 1008, control);
  row("pongs", none, ClientFrame{10, ""}.bytes(), million, 1008, control);
  const QByteArray begun = ClientFrame{1, "x", false}.bytes();
  row("empty continuations", begun, ClientFrame{0, "", false}.bytes(), million, 1008, "too many fragments");
  row("fragments without end", begun, ClientFrame{0, QByteArray(1000, 'x'), false}.bytes(), 20'000, 1009,
      "message too large");
  row("two announced gigabytes", ClientFrame{1, "", true, true, 0, qint64{2} << 30}.bytes(), QByteArray(1000, 'x'),
      20'000, 1009, "message too large");
  row("unmasked", none, ClientFrame{1, "x", true, false}.bytes(), million, 1002, "broken frame");
  row("behind a close", ClientFrame{8, QByteArray("\x03\xe8")}.bytes(), ClientFrame{9, "x"}.bytes(), million, 1000,
      none);
}

void WsAbuseTest::floodsOfFrames() {
  QFETCH(QByteArray, first);
  QFETCH(QByteArray, frame);
  QFETCH(int, times);
  QFETCH(int, code);
  QFETCH(QByteArray, reason);
  const QByteArray counted = "code=\"" + QByteArray::number(code) + '"';
  Honest honest(m_program.port());
  std::vector<std::unique_ptr<RawClient>> clients;
  std::vector<std::unique_ptr<Flood>> floods;
  const QByteArray bytes = first + frame.repeated(times);
  for (int i = 0; i < flooders; ++i) {
    clients.push_back(std::make_unique<RawClient>(m_program.port()));
    QVERIFY(clients.back()->upgrade("/ws/live"));
    floods.push_back(std::make_unique<Flood>(*clients.back(), bytes));
  }
  const double closed = m_program.metric("tagwire_ws_closed_total", {counted});
  const qsizetype lines = m_program.logLines();
  m_program.forgetPeak();
  const qint64 before = m_program.residentKiB();

  const int answers = honest.askUntil([&] {
    const auto going = std::count_if(floods.begin(), floods.end(), [](const auto &each) { return !each->goesOn(); });
    return going == 0 &&
           std::none_of(clients.begin(), clients.end(), [](const auto &each) { return each->isConnected(); });
  });
  QVERIFY2(answers > 0, qPrintable(QString::number(answers)));
  for (const auto &each : clients) {
    RawClient::ServerFrame last = each->nextFrame();
    while (last.opcode == 10) last = each->nextFrame();
    QCOMPARE(last.closeCode(), code);
    QCOMPARE(last.payload.mid(2), reason);
  }
  QCOMPARE(m_program.metric("tagwire_ws_closed_total", {counted}), closed + flooders);
  const qint64 growth = m_program.peakKiB() - before;
  qInfo() << answers << "answers for others, the slowest after" << honest.slowestMs() << "ms; memory grew by" << growth
          << "KiB";
  QVERIFY(growth <= mostGrowthKiB);
  QVERIFY2(m_program.logLines() - lines <= flooders, qPrintable(m_program.log()));
}

/// There is no limit of messages here, so all are answered as fast as the answers are read; who reads none is not heard
/// any more either, and cut off.
void WsAbuseTest::floodOfTextsIsServedAndBounded() {
  constexpr int texts = 100'000;
  const QByteArray flood = clientText(quoted("{'op':'no'}")).repeated(texts);
  Honest honest(m_program.port());
  RawClient reads(m_program.port());
  QVERIFY(reads.upgrade("/ws/live"));
  RawClient readsNot(m_program.port());
  QVERIFY(readsNot.upgrade("/strict"));
  readsNot.stopReading();
  const double slow = m_program.metric("tagwire_ws_slow_clients_total", {"/strict"});
  const double refused = m_program.metric("tagwire_ws_messages_refused_total");
  const qsizetype lines = m_program.logLines();
  m_program.forgetPeak();
  const qint64 before = m_program.residentKiB();

  readsNot.send(flood);
  QTRY_COMPARE(m_program.metric("tagwire_ws_slow_clients_total", {"/strict"}), slow + 1);
  readsNot.readAgain();  // at once: who goes on reading nothing is cut off without a word
  QCOMPARE(readsNot.closeCode(), 1013);
  reads.send(flood);
  const int answers =
      honest.askUntil([&] { return !reads.isConnected() || reads.input().count("unknown op") == texts; });
  QVERIFY2(answers > 0 && reads.isConnected(), qPrintable(QString::number(answers)));
  QVERIFY(m_program.metric("tagwire_ws_messages_refused_total") >= refused + texts);
  const qint64 growth = m_program.peakKiB() - before;
  qInfo() << answers << "answers for others, the slowest after" << honest.slowestMs() << "ms; memory grew by" << growth
          << "KiB";
  QVERIFY(growth <= mostGrowthKiB);
  QVERIFY2(m_program.logLines() - lines <= 2, qPrintable(m_program.log()));
}

void WsAbuseTest::floodOfRequestsThatNobodyReads() {
  constexpr int requests = 100'000;
  Honest honest(m_program.port());
  const double answered = m_program.metric("tagwire_http_responses_total");
  m_program.forgetPeak();
  const qint64 before = m_program.residentKiB();
  RawClient client(m_program.port());
  client.stopReading();
  client.socket().setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 16 * 1024);
  client.send(RawClient::head("GET", "/api/v1/openapi.json").repeated(requests));
  // It stops taking requests: what it has answered, beside our own looks at the metrics, does not grow any more.
  double last = -1;
  int looks = 0;
  int stands = 0;
  const auto hasStopped = [&] {
    const double others = m_program.metric("tagwire_http_responses_total") - answered - ++looks;
    stands = others == last ? stands + 1 : 0;
    last = others;
    return stands == 10;
  };
  QVERIFY(honest.askUntil(hasStopped) > 0);
  QVERIFY2(last > 0 && last < requests / 100, qPrintable(QString::number(last)));
  const qint64 growth = m_program.peakKiB() - before;
  qInfo() << last << "answers, memory grew by" << growth << "KiB";
  QVERIFY(growth <= mostGrowthKiB);
}

void WsAbuseTest::floodOfHalfHeads() {
  constexpr int sockets = 3000;
  Honest honest(m_program.port());
  const double turnedAway = m_program.metric("tagwire_http_turned_away_total");
  const qsizetype lines = m_program.logLines();
  m_program.forgetPeak();
  const qint64 before = m_program.residentKiB();
  Crowd crowd;
  for (int opened = 0; opened < sockets; opened += 100) {
    QVERIFY(crowd.open(m_program.port(), 100, "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + QByteArray(8000, 'x')));
    QVERIFY(honest.isServed());
    QCOMPARE(http(m_program.port(), "GET", "/healthz").status, 200);
    QVERIFY(m_program.metric("tagwire_http_connections") <= 1024);
  }
  QVERIFY(m_program.metric("tagwire_http_turned_away_total") - turnedAway >= sockets - 1024);
  QTRY_VERIFY(crowd.closed() >= sockets - 1024);
  const qint64 growth = m_program.peakKiB() - before;
  qInfo() << "memory grew by" << growth << "KiB";
  // A thousand heads of 8 KB are held, and what goes with a connection.
  QVERIFY(growth <= 1024 * (16 + 8));
  QVERIFY2(m_program.logLines() - lines <= 2, qPrintable(m_program.log()));
}

void WsAbuseTest::floodOfUpgrades() {
  constexpr int sockets = 2000;
  Honest honest(m_program.port());
  const double refused = m_program.metric("tagwire_http_responses_total", {"status=\"503\""});
  const qsizetype lines = m_program.logLines();
  Crowd crowd;
  for (int opened = 0; opened < sockets; opened += 100) {
    QVERIFY(crowd.open(m_program.port(), 100, RawClient::upgradeHead("/strict")));
    QVERIFY(honest.isServed());
  }
  const double due = refused + sockets - 5;
  QTRY_COMPARE(m_program.metric("tagwire_http_responses_total", {"status=\"503\""}), due);
  QCOMPARE(m_program.metric("tagwire_ws_sessions", {"/strict"}), 5.0);
  QVERIFY2(m_program.logLines() - lines <= 8, qPrintable(m_program.log()));
}

/// More connections than the program may have descriptors, again and again: those who are in do not notice.
void WsAbuseTest::floodWithoutDescriptors() {
  AbusedProgram program;
  program.limitDescriptors(100);
  QVERIFY2(program.start("'auth':{'anonymous':['*:read']},'endpoints':[{'path':'/ws/live','protocol':'live'}]"),
           qPrintable(program.log()));
  Honest honest(program.port());
  for (int round = 0; round < 5; ++round) {
    Crowd crowd;
    QVERIFY(crowd.open(program.port(), 200, "GET / HTTP/1.1\r\n"));
    for (int i = 0; i < 20; ++i) QVERIFY(honest.isServed());
  }
  QCOMPARE(http(program.port(), "GET", "/healthz").status, 200);
  QCOMPARE(program.log().count(QLatin1String("can't accept connections")), 1);
}

TAGWIRE_TEST(WsAbuseTest)

}  // namespace ws_abuse_test

#include "ws_abuse_test.moc"
