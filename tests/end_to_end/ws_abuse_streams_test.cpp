// SPDX-License-Identifier: Apache-2.0
#include <QMap>
#include <QSet>

#include <algorithm>
#include <memory>

#include "abusedprogram.h"
#include "testprogram.h"

namespace ws_abuse_streams_test {

using tagwire::ws::ClientFrame;
using tagwire::ws::clientText;
using tagwire::ws::RawClient;

namespace {

constexpr int raceDevices = 8;
constexpr qint64 mostGrowthKiB = 32 * 1024;

/// A WebSocket that was let in, and every message that it got.
class Stream {
 public:
  /// `fields`: of the head, as the credential.
  Stream(quint16 port, const QByteArray &path, const QByteArray &fields, const QByteArray &firstWords = {})
      : m_client(port) {
    m_client.send(RawClient::upgradeHead(path, fields) + firstWords);
  }
  /// Its answer came, with this status.
  bool isAnswered(int status) {
    if (!tagwire::testing::waitFor([this] { return m_status != 0 || m_client.status() != 0; })) return false;
    if (m_status == 0) {
      m_status = m_client.status();
      m_client.dropHead();
    }
    return m_status == status;
  }
  int status() {
    (void)isAnswered(0);
    return m_status;
  }
  /// Takes what has come.
  void read() {
    for (RawClient::ServerFrame frame; m_code == 0 && m_client.takeFrame(frame);) {
      if (frame.opcode == 1) m_texts.append(frame.payload);
      if (frame.opcode == 8) m_code = frame.closeCode();
    }
  }
  const QByteArrayList &texts() {
    read();
    return m_texts;
  }
  int closeCode() {
    read();
    return m_code;
  }
  /// What came behind the close.
  QByteArray afterwards() { return closeCode() == 0 ? QByteArray() : m_client.input(); }
  RawClient &client() { return m_client; }
  void say(const QByteArray &text) { m_client.send(clientText(quoted(text))); }

 private:
  RawClient m_client;
  QByteArrayList m_texts;
  int m_status = 0;
  int m_code = 0;
};

using Streams = std::vector<std::unique_ptr<Stream>>;

QByteArray payload(int number, int filler = 0) {
  return quoted("{'soc':0.5,'n':" + QByteArray::number(number) + ",'x':'" + QByteArray(filler, 'x') + "'}");
}

int numberOf(const QByteArray &text) {
  return QJsonDocument::fromJson(text).object().value(QLatin1String("n")).toInt(-1);
}

QByteArray configuration() {
  QByteArray devices = "{'id':'ems','model':'ems'}";
  for (int i = 0; i < raceDevices; ++i) devices += ",{'id':'race" + QByteArray::number(i) + "','model':'ems'}";
  return "'auth':{'anonymous':['*:read','ws:broadcast']},"
         "'endpoints':[{'path':'/ws/live','protocol':'live'},{'path':'/ws/"
         "rooms','protocol':'rooms','limits':{'write_timeout_ms':500}},"
         // Who reads nothing answers no PING either, and is still to be there when the machine was slow.
         "{'path':'/ws/device/{device_id}','protocol':'device',"
         "'limits':{'ping_interval_ms':3600000,'pong_timeout_ms':7200000}}],"
         "'rooms':[{'id':1,'name':'Hall'}],"
         "'models':{'ems':{'fields':{'soc':'float','n':'int'}}},'devices':[" +
         devices + "]";
}

}  // namespace

/// The real program with streams of full speed, and clients that do what they should not: take nothing, fight for one
/// device, stay when they may not any more.
class WsAbuseStreamsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void whoNeverReadsCostsNobodyAMessage();
  void R2_4_takeoverRaces();
  void R2_11_revokedWhileItStreams();
  void aUserWithoutTheRightAnyMore();

 private:
  void open(Streams &streams, int count, const QByteArray &path, const QByteArray &token);
  bool awaitTokens();
  QByteArray numberOfPoint() const;

  AbusedProgram m_program;
  QByteArray m_device;
  QByteArray m_watcher;
  int m_probes = 0;
};

void WsAbuseStreamsTest::initTestCase() {
  QVERIFY(m_program.start(configuration()));
  m_device = m_program.token("device", {QStringLiteral("device:ems:publish")});
  m_watcher = m_program.token("watcher", {QStringLiteral("device:*:watch")});
  QVERIFY(!m_device.isEmpty() && !m_watcher.isEmpty());
  QVERIFY(awaitTokens());
}

/// Until all tokens of before hold.
bool WsAbuseStreamsTest::awaitTokens() {
  const QByteArray name = "probe" + QByteArray::number(++m_probes);
  const QByteArray probe = m_program.token(name.constData(), {QStringLiteral("device:ems:watch")});
  return tagwire::testing::waitFor([&] { return m_program.upgradeStatus("/ws/device/ems", probe) == 101; });
}

void WsAbuseStreamsTest::open(Streams &streams, int count, const QByteArray &path, const QByteArray &token) {
  for (int i = 0; i < count; ++i) {
    const QByteArray fields = token.isEmpty() ? QByteArray() : bearer(token);
    streams.push_back(std::make_unique<Stream>(m_program.port(), path, fields));
    QVERIFY2(streams.back()->isAnswered(101), path.constData());
  }
}

/// Twenty-five who watch a device, and twenty-five in the rooms, to whom every message is an event.
void WsAbuseStreamsTest::whoNeverReadsCostsNobodyAMessage() {
  constexpr int messages = 3000;
  constexpr int atOnce = 50;
  Streams readers;
  Streams silent;
  open(readers, 5, "/ws/device/ems", m_watcher);
  open(readers, 5, "/ws/rooms", {});
  open(silent, 25, "/ws/device/ems", m_watcher);
  open(silent, 25, "/ws/rooms", {});
  for (const auto &each : silent) {
    each->client().stopReading();
    each->client().socket().setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 16 * 1024);
  }
  Stream device(m_program.port(), "/ws/device/ems", bearer(m_device));
  QVERIFY(device.isAnswered(101));
  const qsizetype lines = m_program.logLines();
  m_program.forgetPeak();
  const qint64 before = m_program.residentKiB();

  // As fast as the readers take them, so that none of those may lose one.
  RawClient speaker(m_program.port());
  for (int first = 0; first < messages; first += atOnce) {
    QByteArray posts;
    for (int i = first; i < first + atOnce; ++i) {
      device.client().send(clientText(payload(i, 1000)));
      const QByteArray body = "{\"type\":\"news\",\"data\":" + payload(i, 1000) + '}';
      posts += RawClient::head("POST", "/api/v1/websocket/broadcast",
                               "Content-Length: " + QByteArray::number(body.size()) + "\r\n") +
               body;
    }
    speaker.send(posts);
    const auto haveAll = [&] {
      return std::all_of(readers.begin(), readers.end(),
                         [&](const auto &each) { return each->texts().size() >= first + atOnce; });
    };
    QVERIFY2(tagwire::testing::waitFor(haveAll), qPrintable(QString::number(first)));
  }
  for (size_t i = 0; i < readers.size(); ++i) {
    int due = 0;
    for (const QByteArray &text : readers[i]->texts()) {
      const QJsonObject json = QJsonDocument::fromJson(text).object();
      const bool isNews = json.value(QLatin1String("type")) == QLatin1String("news");
      if (i >= 5 && !isNews) continue;  // welcome, heartbeat
      const QJsonObject data = isNews ? json.value(QLatin1String("data")).toObject() : json;
      QCOMPARE(data.value(QLatin1String("n")).toInt(-1), due++);
    }
    QCOMPARE(due, messages);
    QCOMPARE(readers[i]->closeCode(), 0);
  }
  const qint64 growth = m_program.peakKiB() - before;
  qInfo() << "memory grew by" << growth << "KiB beside 50 clients that read nothing";
  QVERIFY(growth <= mostGrowthKiB);
  // Telemetry is coalesced, events never: who does not take those is dropped, and told why.
  QVERIFY(m_program.metric("tagwire_device_coalesced_payloads_total") > 0);
  QTRY_COMPARE(m_program.metric("tagwire_ws_slow_clients_total", {"/ws/rooms"}), 25.0);
  QCOMPARE(m_program.metric("tagwire_ws_closed_total", {"/ws/rooms", "code=\"1013\""}), 25.0);
  QVERIFY(m_program.metric("tagwire_ws_dropped_messages_total", {"/ws/rooms"}) >= 25 * 256);
  QVERIFY2(m_program.logLines() - lines <= 25, qPrintable(m_program.log()));
  // A watcher that reads again gets the newest in the end.
  Stream &late = *silent.front();
  late.client().readAgain();
  QTRY_VERIFY(!late.texts().isEmpty() && numberOf(late.texts().last()) == messages - 1);
  QVERIFY(late.texts().size() < messages);
}

/// Twenty at once for one device: the first, five that replace it, and nobody else for a minute.
void WsAbuseStreamsTest::R2_4_takeoverRaces() {
  constexpr int rivals = 20;
  QByteArrayList tokens;
  for (int i = 0; i < raceDevices; ++i) {
    const QByteArray name = "race" + QByteArray::number(i);
    tokens << m_program.token(name.constData(), {QStringLiteral("device:%1:publish").arg(QLatin1String(name))});
  }
  QVERIFY(awaitTokens());
  QTRY_COMPARE(m_program.metric("tagwire_ws_sessions", {"/ws/device"}), 0.0);
  const double takeovers = m_program.metric("tagwire_device_takeovers_total");
  const double refused = m_program.metric("tagwire_device_takeovers_refused_total");
  Streams holders;
  for (int i = 0; i < raceDevices; ++i) {
    const QByteArray path = "/ws/device/race" + QByteArray::number(i);
    Streams watchers;
    open(watchers, 1, path, m_watcher);
    Streams race;
    for (int rival = 0; rival < rivals; ++rival) {
      QByteArray words;
      for (int k = 0; k < 5; ++k) words += clientText(payload(rival));
      race.push_back(std::make_unique<Stream>(m_program.port(), path, bearer(tokens[i]), words));
    }
    QList<int> in;
    QList<int> held;
    for (int rival = 0; rival < rivals; ++rival) {
      const int status = race[static_cast<size_t>(rival)]->status();
      QVERIFY2(status == 101 || status == 429, qPrintable(QString::number(status)));
      if (status == 101) in << rival;
    }
    QCOMPARE(in.size(), 6);
    const auto closedOnes = [&] {
      held.clear();
      for (const int rival : std::as_const(in)) {
        const int code = race[static_cast<size_t>(rival)]->closeCode();
        if (code == 0) held << rival;
        if (code != 0 && code != 4409) return false;
      }
      return held.size() == 1;
    };
    QTRY_VERIFY(closedOnes());
    // Only the holder is heard, and what watchers got never goes back to one that was replaced.
    Stream &holder = *race[static_cast<size_t>(held.first())];
    holder.client().send(clientText(payload(1000)));
    QTRY_COMPARE(numberOf(watchers[0]->texts().value(watchers[0]->texts().size() - 1)), 1000);
    QSet<int> gone;
    int current = -1;
    for (const QByteArray &text : watchers[0]->texts()) {
      const int number = numberOf(text);
      if (number == current) continue;
      if (number != 1000) QVERIFY2(in.contains(number), text.constData());
      QVERIFY2(!gone.contains(number), text.constData());
      gone.insert(current);
      current = number;
    }
    QVERIFY(gone.contains(held.first()));
    holders.push_back(std::move(race[static_cast<size_t>(held.first())]));
  }
  QCOMPARE(m_program.metric("tagwire_device_takeovers_total"), takeovers + 5 * raceDevices);
  QCOMPARE(m_program.metric("tagwire_device_takeovers_refused_total"), refused + 14 * raceDevices);
  QCOMPARE(m_program.log().count(QLatin1String("is its token in use twice?")), raceDevices);
  QTRY_COMPARE(m_program.metric("tagwire_ws_sessions", {"/ws/device"}), double{raceDevices});
  holders.clear();
  QTRY_COMPARE(m_program.metric("tagwire_ws_sessions", {"/ws/device"}), 0.0);
}

void WsAbuseStreamsTest::R2_11_revokedWhileItStreams() {
  const QByteArray token = m_program.token("revoked", {QStringLiteral("*:read"), QStringLiteral("device:ems:watch")});
  QVERIFY(awaitTokens());
  Streams victims;
  open(victims, 3, "/ws/live", token);
  open(victims, 3, "/ws/device/ems", token);
  Streams others;
  open(others, 1, "/ws/live", {});
  open(others, 1, "/ws/device/ems", m_watcher);
  const QByteArray subscribe = "{'op':'subscribe','id':'a','topics':['points/#']}";
  for (size_t i = 0; i < 3; ++i) victims[i]->say(subscribe);
  others[0]->say(subscribe);
  RawClient events(m_program.port());
  events.send(
      RawClient::head("GET", "/api/os/events?channels=telemetry&endpointIds=" + numberOfPoint(), bearer(token)));
  QTRY_COMPARE(events.status(), 200);
  Stream device(m_program.port(), "/ws/device/ems", bearer(m_device));
  QVERIFY(device.isAnswered(101));

  int number = 0;
  device.client().send(clientText(payload(number)));
  const auto stream = [&](auto isOver) {
    return tagwire::testing::waitFor([&] {
      // Whoever watches has to keep up, so that nothing that comes late was on its way before.
      if (numberOf(others[1]->texts().value(others[1]->texts().size() - 1)) == number) {
        device.client().send(clientText(payload(++number, 500)));
      }
      return isOver();
    });
  };
  QVERIFY(stream([&] {
    return events.input().count("data:") > 3 &&
           std::all_of(victims.begin(), victims.end(), [](const auto &each) { return each->texts().size() > 5; });
  }));
  QVERIFY(m_program.command("token revoke", {QStringLiteral("revoked")}));
  QVERIFY(stream([&] {
    return !events.isConnected() &&
           std::all_of(victims.begin(), victims.end(), [](const auto &each) { return each->closeCode() != 0; });
  }));
  const qsizetype had = others[0]->texts().size();
  const int last = number;
  QVERIFY(stream([&] { return number > last + 20 && others[0]->texts().size() > had; }));
  for (const auto &each : victims) {
    QCOMPARE(each->closeCode(), 4401);
    QCOMPARE(each->afterwards(), QByteArray());
  }
  QVERIFY(events.input().trimmed().endsWith("the credential was revoked or has expired\"}"));
  for (const auto &each : others) QCOMPARE(each->closeCode(), 0);
  QCOMPARE(m_program.metric("tagwire_ws_closed_total", {"code=\"4401\""}), 7.0);
  QCOMPARE(m_program.upgradeStatus("/ws/live", token), 403);
}

/// Of ems/n, as older protocols name it.
QByteArray WsAbuseStreamsTest::numberOfPoint() const {
  const auto answer = http(m_program.port(), "GET", "/api/v1/points/ems/n");
  return QByteArray::number(answer.json().value(QLatin1String("number")).toInt());
}

void WsAbuseStreamsTest::aUserWithoutTheRightAnyMore() {
  const QByteArray password = "correct horse battery";
  const QStringList asAdmin{QStringLiteral("ann"), QStringLiteral("--role"), QStringLiteral("admin")};
  QVERIFY(m_program.command("user add", asAdmin, password + '\n'));
  const QByteArray words = quoted("{'user':'ann','password':'" + password + "'}");
  const QByteArray login =
      RawClient::head("POST", "/api/v1/login", "Content-Length: " + QByteArray::number(words.size()) + "\r\n") + words;
  QByteArray answer;
  const auto isLoggedIn = [&] {
    RawClient client(m_program.port());
    client.send(login);
    (void)tagwire::testing::waitFor([&] { return client.status() != 0; });
    answer = client.input();
    return client.status() == 200;
  };
  QTRY_VERIFY(isLoggedIn());
  const qsizetype at = answer.indexOf("Set-Cookie: ") + 12;
  const QByteArray cookie = "Cookie: " + answer.mid(at, answer.indexOf(';', at) - at) + "\r\n";
  Stream watching(m_program.port(), "/ws/device/ems", cookie + "Origin: http://localhost\r\n");
  QVERIFY(watching.isAnswered(101));
  Stream device(m_program.port(), "/ws/device/ems", bearer(m_device));
  QVERIFY(device.isAnswered(101));
  device.client().send(clientText(payload(1)));
  QTRY_VERIFY(!watching.texts().isEmpty());

  const QStringList asViewer{QStringLiteral("ann"), QStringLiteral("--role"), QStringLiteral("viewer")};
  QVERIFY(m_program.command("user role", asViewer));
  int number = 1;
  const auto isClosed = [&] {
    device.client().send(clientText(payload(++number)));
    return watching.closeCode() != 0;
  };
  QTRY_VERIFY(isClosed());
  QCOMPARE(watching.closeCode(), 4401);
  QCOMPARE(watching.afterwards(), QByteArray());
  QCOMPARE(device.closeCode(), 0);
}

TAGWIRE_TEST(WsAbuseStreamsTest)

}  // namespace ws_abuse_streams_test

#include "ws_abuse_streams_test.moc"
