// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QWebSocketServer>

#include <memory>

#include "testprogram.h"
#include "watch.h"

namespace watch_test {

using namespace tagwire;
using namespace std::chrono_literals;

/// A server of `live` that says what the test tells it to.
struct Peer {
  Peer() : server(QStringLiteral("peer"), QWebSocketServer::NonSecureMode) {
    listen(0);
    QObject::connect(&server, &QWebSocketServer::newConnection, &server, [this] {
      socket.reset(server.nextPendingConnection());
      ++connections;
      QObject::connect(socket.get(), &QWebSocket::textMessageReceived, socket.get(), [this](const QString &text) {
        received.append(QJsonDocument::fromJson(text.toUtf8()).object());
      });
    });
  }
  void listen(quint16 port) { QVERIFY(server.listen(QHostAddress::LocalHost, port)); }
  QString url() const { return QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(server.serverPort()); }
  void say(const char *json) { socket->sendTextMessage(QString::fromUtf8(json)); }

  QWebSocketServer server;
  std::unique_ptr<QWebSocket> socket;
  QList<QJsonObject> received;
  int connections = 0;
};

/// A Watch and what it printed.
struct Watched {
  explicit Watched(const QStringList &arguments)
      : watch(
            *WatchRequest::fromArguments(arguments), [this](const QString &line) { output << line; },
            [this](const QString &line) { complaints << line; }, {10ms, 20ms}) {}

  QStringList output;
  QStringList complaints;
  Watch watch;
};

class WatchTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { qputenv("TZ", "UTC"); }
  void arguments_data();
  void arguments();
  void credentialsAreNotRepeated();
  void lines();
  void oneValueMakesOneLine();
  void printsWhatComes();
  void comesBackWhereItLeftOff();
  void saysOnceThatNobodyIsThere();
  void refusedTopicsEndIt();
  void anotherProtocolEndsIt();
  void refusedCredentialsEndIt_data();
  void refusedCredentialsEndIt();
  void aRevokedCredentialEndsIt();
  void nothingAfterStop();
};

void WatchTest::arguments_data() {
  QTest::addColumn<QStringList>("given");
  QTest::addColumn<QString>("error");
  QTest::newRow("none") << QStringList() << "the URL is missing";
  QTest::newRow("no URL") << QStringList{QStringLiteral("points/#")} << "must be ws://";
  QTest::newRow("http") << QStringList{QStringLiteral("http://localhost/")} << "must be ws://";
  QTest::newRow("no host") << QStringList{QStringLiteral("ws:///ws/live")} << "must be ws://";
  QTest::newRow("option") << QStringList{QStringLiteral("ws://localhost/"), QStringLiteral("--json")}
                          << "no such option";
  QTest::newRow("password") << QStringList{QStringLiteral("ws://me:secret@localhost/")} << "password or token";
  QTest::newRow("token") << QStringList{QStringLiteral("ws://localhost/?a=1&Token=secret")} << "password or token";
}

void WatchTest::arguments() {
  QFETCH(QStringList, given);
  QFETCH(QString, error);
  const auto request = WatchRequest::fromArguments(given);
  QVERIFY(!request);
  QVERIFY2(request.error().contains(error), qPrintable(request.error()));
}

void WatchTest::credentialsAreNotRepeated() {
  for (const char *url : {"ws://me:secret@localhost/", "ws://localhost/?access_token=secret",
                          "ws://localhost/?jwt=secret", "ws://localhost/?api%5Fkey=secret"}) {
    const auto request = WatchRequest::fromArguments({QString::fromUtf8(url)});
    QVERIFY(!request);
    QVERIFY2(!request.error().contains(QLatin1String("secret")), qPrintable(request.error()));
  }
  const auto good = WatchRequest::fromArguments({QStringLiteral("ws://localhost:8080")});
  QVERIFY(good);
  QCOMPARE(good->url.toString(), QStringLiteral("ws://localhost:8080/ws/live"));
  QCOMPARE(good->topics.size(), 4);
}

void WatchTest::lines() {
  WatchLines lines;
  const auto of = [&](const char *json) { return lines.linesOf(QJsonDocument::fromJson(json).object()); };
  QCOMPARE(of(R"({"op":"snapshot","points":[{"p":"plc1/boiler/temp","v":81.2,"q":"good",)"
              R"("t":"2026-01-01T12:34:56.789Z","u":"°C"},{"p":"plc1/x","v":null,"q":"bad:waiting_for_first_value",)"
              R"("t":null}]})"),
           (QStringList{QStringLiteral("12:34:56.789  plc1/boiler/temp  81.2 °C  good"),
                        QStringLiteral("--:--:--.---  plc1/x  -  bad:waiting_for_first_value")}));
  QCOMPARE(of(R"({"points":[{"p":"plc1/boiler/temp","v":82,"q":"good","t":"2026-01-01T12:34:57.000Z"}]})"),
           QStringList{QStringLiteral("12:34:57.000  plc1/boiler/temp  82 °C  good")});
  QCOMPARE(of(R"({"tags":[{"ID":"SIM1","TS":"2026-01-01T00:00:01.000Z","X":1.5,"Y":2.5,"Z":0,"zone_id":417,)"
              R"("q":"good"}]})"),
           QStringList{QStringLiteral("00:00:01.000  tag SIM1  (1.50, 2.50, 0.00)  zone 417  good")});
  // One transition by two topics is one line; another event is another.
  QCOMPARE(
      of(R"({"alarms":[{"ts":"2026-01-01T00:00:01.000000+00:00","rule_id":77,"state":"ALARM","severity":"critical",)"
         R"("value":85.5,"message":"hot"}],"events":[{"seq":5,"type":"alarm","t":"2026-01-01T00:00:01.000Z",)"
         R"("rule_id":77,"state":"ALARM"},{"seq":6,"type":"system","t":"2026-01-01T00:00:02.000Z","kind":"x"}]})"),
      (QStringList{QStringLiteral("00:00:01.000  alarm 77  ALARM  critical  85.5  hot"),
                   QStringLiteral("00:00:02.000  event system  {\"kind\":\"x\"}")}));
  QCOMPARE(
      of(R"({"alarms":[{"type":"alarm_condition","ts":"2026-01-01T00:00:01.000000+00:00","rule_id":77,"cause":"ack",)"
         R"("condition":"Acknowledged-Active","severity":"critical","by":"anna","comment":"seen"}],"events":[{"seq":5,)"
         R"("type":"alarm_condition","t":"2026-01-01T00:00:01.000Z","rule_id":77,"cause":"ack"}]})"),
      QStringList{QStringLiteral("00:00:01.000  alarm 77  Acknowledged-Active  critical  ack by anna  seen")});
  QVERIFY(of(R"({"points":5,"tags":{},"alarms":[7],"events":null})").size() == 1);
}

void WatchTest::oneValueMakesOneLine() {
  const QString hostile = QStringLiteral("a\n12:00:00.000  plc1/x  1  good\r\t\\") + QChar(0x1b) +
                          QStringLiteral("[2J") + QChar(0x9b) + QChar(0x202e) + QChar(0x2028) + QChar(0);
  QCOMPARE(printable(hostile), QStringLiteral("a\\x0a12:00:00.000  plc1/x  1  good\\x0d\\x09\\\\\\x1b[2J\\x9b\\u{202e}"
                                              "\\u{2028}\\x00"));
  QCOMPARE(printable(QStringLiteral("Größe 温度 °C")), QStringLiteral("Größe 温度 °C"));
  WatchLines lines;
  const QJsonObject point{{QStringLiteral("p"), hostile},
                          {QStringLiteral("v"), hostile + u'"'},
                          {QStringLiteral("q"), hostile},
                          {QStringLiteral("u"), hostile}};
  const QJsonObject event{{QStringLiteral("type"), hostile}, {QStringLiteral("text"), hostile}};
  const QStringList printed =
      lines.linesOf({{QStringLiteral("points"), QJsonArray{point}},
                     {QStringLiteral("tags"), QJsonArray{QJsonObject{{QStringLiteral("ID"), hostile}}}},
                     {QStringLiteral("events"), QJsonArray{event}}});
  QCOMPARE(printed.size(), 3);
  for (const QString &line : printed) {
    for (const QChar character : line) QVERIFY(character.isPrint());
  }
}

void WatchTest::printsWhatComes() {
  Peer peer;
  Watched watched({peer.url(), QStringLiteral("points/plc1/#")});
  watched.watch.start();
  QTRY_COMPARE(peer.received.size(), 1);
  // In a variable: moc stumbles over # in a raw string within a macro.
  const QByteArray subscribe = R"({"id":"watch","op":"subscribe","topics":["points/plc1/#"]})";
  QCOMPARE(QJsonDocument(peer.received[0]).toJson(QJsonDocument::Compact), subscribe);
  peer.say(R"({"op":"subscribed","id":"watch","epoch":"e","seq":5})");
  peer.say(R"({"op":"snapshot","id":"watch","seq":5,"points":[{"p":"plc1/a","v":1,"q":"good",)"
           R"("t":"2026-01-01T00:00:01.000Z"}],"tags":[],"alarms":[]})");
  peer.say(R"({"op":"update","id":"watch","seq":6,"points":[{"p":"plc1/a","v":2,"q":"good",)"
           R"("t":"2026-01-01T00:00:02.000Z"}]})");
  QTRY_COMPARE(watched.output, (QStringList{QStringLiteral("00:00:01.000  plc1/a  1  good"),
                                            QStringLiteral("00:00:02.000  plc1/a  2  good")}));
  QVERIFY(watched.complaints.isEmpty());
  peer.say("no json");
  peer.say(R"({"op":"error","id":null,"message":"be\u001bep"})");
  QTRY_COMPARE(watched.complaints, QStringList{QStringLiteral("error: be\\x1bep")});
}

void WatchTest::anotherProtocolEndsIt() {
  Peer peer;
  Watched watched({peer.url()});
  QSignalSpy finished(&watched.watch, &Watch::finished);
  watched.watch.start();
  QTRY_COMPARE(peer.received.size(), 1);
  peer.say(R"({"type":"snapshot","active":[]})");
  QTRY_COMPARE(finished.size(), 1);
  QVERIFY(watched.complaints.first().contains(QStringLiteral("no endpoint of the protocol live")));
}

void WatchTest::comesBackWhereItLeftOff() {
  Peer peer;
  Watched watched({peer.url()});
  watched.watch.start();
  QTRY_COMPARE(peer.received.size(), 1);
  peer.say(R"({"op":"subscribed","id":"watch","epoch":"e","seq":5})");
  peer.say(R"({"op":"update","id":"watch","seq":9,"points":[{"p":"a","v":1,"q":"good","t":null}]})");
  QTRY_COMPARE(watched.output.size(), 1);
  const quint16 port = peer.server.serverPort();
  peer.server.close();
  peer.socket->abort();
  QTRY_COMPARE(watched.complaints.size(), 1);
  QVERIFY(watched.complaints[0].contains(QLatin1String("trying again")));
  QTest::qWait(100);  // some attempts in vain
  QCOMPARE(watched.complaints.size(), 1);
  peer.listen(port);
  QTRY_COMPARE(peer.received.size(), 2);
  QCOMPARE(peer.received[1].value(QStringLiteral("epoch")).toString(), QStringLiteral("e"));
  QCOMPARE(peer.received[1].value(QStringLiteral("after")).toInt(), 9);
  peer.say(R"({"op":"subscribed","id":"watch","epoch":"e2","seq":3})");
  QTRY_COMPARE(watched.complaints.size(), 2);
  QCOMPARE(watched.complaints[1], QStringLiteral("connected again"));
  peer.say(R"({"op":"snapshot","id":"watch","gap":true,"seq":3,"points":[]})");
  QTRY_COMPARE(watched.complaints.size(), 3);
}

void WatchTest::saysOnceThatNobodyIsThere() {
  QString url;
  {
    Peer gone;
    url = gone.url();
  }
  Watched watched({url});
  watched.watch.start();
  QTRY_COMPARE(watched.complaints.size(), 1);
  QTest::qWait(100);
  QCOMPARE(watched.complaints.size(), 1);
  QVERIFY(watched.complaints[0].contains(url));
}

void WatchTest::refusedTopicsEndIt() {
  Peer peer;
  Watched watched({peer.url(), QStringLiteral("boiler/#")});
  QSignalSpy finished(&watched.watch, &Watch::finished);
  watched.watch.start();
  QTRY_COMPARE(peer.received.size(), 1);
  peer.say(R"({"op":"error","id":"watch","message":"topics[0] must begin with points/"})");
  QTRY_COMPARE(finished.size(), 1);
  QCOMPARE(finished[0][0].toInt(), 64);
  QCOMPARE(watched.complaints, QStringList{QStringLiteral("error: topics[0] must begin with points/")});
  QTest::qWait(50);
  QCOMPARE(peer.connections, 1);
}

void WatchTest::refusedCredentialsEndIt_data() {
  QTest::addColumn<QByteArray>("token");
  QTest::addColumn<QByteArray>("status");
  QTest::addColumn<QString>("complaint");
  QTest::addColumn<bool>("isKept");
  for (const bool isKept : {false, true}) {
    const auto row = [isKept](const char *name, const char *token, const char *status, const char *complaint) {
      QTest::addRow("%s%s", name, isKept ? ", and the connection stays" : "")
          << QByteArray(token) << QByteArray(status) << QString::fromLatin1(complaint) << isKept;
    };
    row("none", "", "401 Unauthorized", "a credential is needed");
    row("wrong", "secret-one", "403 Forbidden", "is refused");
    row("path", "", "404 Not Found", "error: nothing is served at ws://");
    row("busy", "", "503 Service Unavailable", "trying again");
  }
}

void WatchTest::refusedCredentialsEndIt() {
  QFETCH(QByteArray, token);
  QFETCH(QByteArray, status);
  QFETCH(QString, complaint);
  QFETCH(bool, isKept);
  QTcpServer server;
  QVERIFY(server.listen(QHostAddress::LocalHost));
  connect(&server, &QTcpServer::newConnection, &server, [&] {
    QTcpSocket *socket = server.nextPendingConnection();
    connect(socket, &QTcpSocket::readyRead, socket, [socket, status, isKept] {
      if (!socket->readAll().endsWith("\r\n\r\n")) return;
      socket->write("HTTP/1.1 " + status + "\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\nConnection: " +
                    (isKept ? "keep-alive" : "close") + "\r\n\r\n");
      if (!isKept) socket->disconnectFromHost();
    });
  });
  qputenv("TAGWIRE_TOKEN", token);
  Watched watched({QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(server.serverPort())});
  qunsetenv("TAGWIRE_TOKEN");
  QSignalSpy finished(&watched.watch, &Watch::finished);
  watched.watch.start();
  QTRY_COMPARE(watched.complaints.size(), 1);
  QVERIFY2(watched.complaints[0].contains(complaint), qPrintable(watched.complaints[0]));
  QVERIFY(!watched.complaints[0].contains(QStringLiteral("secret-one")));
  QCOMPARE(finished.size(), status.startsWith("40") ? 1 : 0);
}

void WatchTest::aRevokedCredentialEndsIt() {
  Peer peer;
  Watched watched({peer.url()});
  QSignalSpy finished(&watched.watch, &Watch::finished);
  watched.watch.start();
  QTRY_COMPARE(peer.received.size(), 1);
  peer.socket->close(static_cast<QWebSocketProtocol::CloseCode>(4401), QStringLiteral("revoked"));
  QTRY_COMPARE(finished.size(), 1);
  QVERIFY(watched.complaints[0].contains(QStringLiteral("credential")));
}

void WatchTest::nothingAfterStop() {
  Peer peer;
  Watched watched({peer.url()});
  watched.watch.stop();
  watched.watch.start();
  QTRY_COMPARE(peer.received.size(), 1);
  watched.watch.stop();
  watched.watch.stop();
  QTest::qWait(50);
  QVERIFY(watched.complaints.isEmpty());
  QCOMPARE(peer.connections, 1);
  watched.watch.start();
  QTRY_COMPARE(peer.connections, 2);
}

TAGWIRE_TEST(WatchTest)

}  // namespace watch_test

#include "watch_test.moc"
