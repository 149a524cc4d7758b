// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "http/addressgroup.h"
#include "http/admission.h"
#include "http/requestreader.h"
#include "http/target.h"
#include "testprogram.h"

namespace http_test {

using namespace tagwire::ws;

namespace {

struct Outcome {
  QByteArrayList requests;  ///< "GET /a body"
  int refused = 0;
};

/// Reads one request after the other, as a connection does.
Outcome read(const QByteArray &bytes, qsizetype pieceSize, const HttpLimits &limits = {}) {
  Outcome outcome;
  auto reader = std::make_unique<RequestReader>(limits);
  QByteArray input;
  for (qsizetype i = 0; i < bytes.size(); i += pieceSize) {
    input += bytes.mid(i, pieceSize);
    for (;;) {
      const auto step = reader->feed(input);
      if (step == RequestReader::Step::NeedMore) break;
      if (step == RequestReader::Step::Refused) {
        outcome.refused = reader->refusal().status;
        return outcome;
      }
      const Request &request = reader->request();
      outcome.requests << request.method + ' ' + request.target + (request.body.isEmpty() ? "" : ' ' + request.body);
      reader = std::make_unique<RequestReader>(limits);
    }
  }
  return outcome;
}

const QByteArray host = "Host: localhost\r\n";

}  // namespace

class HttpTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsAndRefuses_data();
  void readsAndRefuses();
  void whatFollowsAnUpgradeIsLeft();
  void headIsRefusedAsSoonAsItIsTooLong();
  void trailersDoNotBecomeFields();
  void expectsContinueUntilTheBodyCame();
  void keepAlive_data();
  void keepAlive();
  void parsesTargets_data();
  void parsesTargets();
  void listsInTheQuery();
  void credentialsInTheQuery_data();
  void credentialsInTheQuery();
  void admits_data();
  void admits();
  void origins();
  void anOwnPageHasOurScheme();
  void R1_37_theClientBehindProxies();
  void addressesOfOneSubscriber();
  void onlySoManyAddressesAreLogged();
  void loopbackHosts();
};

void HttpTest::readsAndRefuses_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<QByteArrayList>("requests");
  QTest::addColumn<int>("refused");
  const auto row = [](const char *name, const QByteArray &bytes, const QByteArrayList &requests, int refused) {
    QTest::newRow(name) << bytes << requests << refused;
  };
  const QByteArray get = "GET /a HTTP/1.1\r\n" + host;
  const QByteArray post = "POST /a HTTP/1.1\r\n" + host;
  row("get", get + "\r\n", {"GET /a"}, 0);
  row("pipeline", get + "\r\n" + post + "Content-Length: 2\r\n\r\nhi" + get + "\r\n",
      {"GET /a", "POST /a hi", "GET /a"}, 0);
  row("HTTP/1.0 without Host", "GET /a HTTP/1.0\r\n\r\n", {"GET /a"}, 0);
  row("chunks", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" + get + "\r\n",
      {"POST /a abcde", "GET /a"}, 0);
  row("two equal lengths", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi" + get + "\r\n", {}, 400);
  row("two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi" + get + "\r\n", {}, 400);
  row("list of lengths", post + "Content-Length: 2, 2\r\n\r\nhi", {}, 400);
  row("negative length", post + "Content-Length: -1\r\n\r\n", {}, 400);
  row("length with plus", post + "Content-Length: +2\r\n\r\nhi", {}, 400);
  row("hexadecimal length", post + "Content-Length: 0x2\r\n\r\nhi", {}, 400);
  row("huge length", post + "Content-Length: 99999999999999999999999\r\n\r\n", {}, 400);
  row("length and chunks", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {}, 400);
  row("chunks and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", {}, 400);
  row("chunks twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {}, 400);
  row("gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {}, 501);
  row("gzip", post + "Transfer-Encoding: gzip\r\n\r\n", {}, 501);
  row("chunks in HTTP/1.0", "POST /a HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {}, 400);
  row("bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", {}, 400);
  row("chunk longer than it says", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", {}, 400);
  row("bare LF", "GET /a HTTP/1.1\nHost: localhost\n\n", {}, 400);
  row("bare LF after a field", "GET /a HTTP/1.1\r\nHost: localhost\n\r\n", {}, 400);
  row("bare CR", "GET /a HTTP/1.1\r\nHost: local\rhost\r\n\r\n", {}, 400);
  row("space before colon", "GET /a HTTP/1.1\r\nHost : localhost\r\n\r\n", {}, 400);
  row("folded line", get + "X: a\r\n b\r\n\r\n", {}, 400);
  row("line that begins with a tab", "GET /a HTTP/1.1\r\n\tHost: localhost\r\n\r\n", {}, 400);
  row("NUL in a value", get + QByteArray("X: a\0b\r\n\r\n", 10), {}, 400);
  row("control character in a value",
      get +
          "X: a\x01"
          "b\r\n\r\n",
      {}, 400);
  row("no colon", get + "nonsense\r\n\r\n", {}, 400);
  row("no name", get + ": x\r\n\r\n", {}, 400);
  row("no Host", "GET /a HTTP/1.1\r\n\r\n", {}, 400);
  row("two Hosts", get + "Host: evil.example\r\n\r\n", {}, 400);
  row("absolute target", "GET http://evil.example/ HTTP/1.1\r\n" + host + "\r\n", {}, 400);
  row("CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\n" + host + "\r\n", {}, 400);
  row("blank in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", {}, 505);
  row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {}, 505);
  row("HTTP/0.9", "GET /\r\n\r\n", {}, 400);
  row("empty lines first", "\r\n\r\n" + get + "\r\n", {}, 400);
  row("TLS hello", QByteArray::fromHex("16030100a5010000a10303") + "\r\n\r\n", {}, 400);
  row("unknown expectation", get + "Expect: wonders\r\n\r\n", {}, 417);
  row("long body", post + "Content-Length: 65537\r\n\r\n", {}, 413);
  row("long chunk", post + "Transfer-Encoding: chunked\r\n\r\n10001\r\n", {}, 413);
  row("65 fields", get + QByteArray("A: b\r\n").repeated(64) + "\r\n", {}, 431);
  row("64 fields", get + QByteArray("A: b\r\n").repeated(63) + "\r\n", {"GET /a"}, 0);
  row("long head", get + "A: " + QByteArray(16 * 1024, 'x') + "\r\n\r\n", {}, 431);
  row("long target", "GET /" + QByteArray(17 * 1024, 'x') + " HTTP/1.1\r\n" + host + "\r\n", {}, 431);
}

void HttpTest::readsAndRefuses() {
  QFETCH(QByteArray, bytes);
  QFETCH(QByteArrayList, requests);
  QFETCH(int, refused);
  // Whole, byte by byte, and cut in two at every byte.
  QList<qsizetype> sizes{bytes.size(), 1};
  if (bytes.size() < 1000) {
    for (qsizetype cut = 1; cut < bytes.size(); ++cut) sizes << cut;
  }
  for (const qsizetype size : sizes) {
    const Outcome outcome = read(bytes, size);
    QCOMPARE(outcome.refused, refused);
    QCOMPARE(outcome.requests, requests);
  }
}

void HttpTest::whatFollowsAnUpgradeIsLeft() {
  RequestReader reader(HttpLimits{});
  QByteArray bytes = "GET /ws HTTP/1.1\r\n" + host + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00\n";
  bytes.append('\0');
  const qsizetype tail = bytes.size() - bytes.indexOf("\r\n\r\n") - 4;
  QVERIFY(reader.feed(bytes) == RequestReader::Step::Complete);
  QVERIFY(reader.request().wantsWebSocket());
  QCOMPARE(bytes.size(), tail);
}

void HttpTest::headIsRefusedAsSoonAsItIsTooLong() {
  RequestReader reader(HttpLimits{});
  QByteArray bytes = "GET / HTTP/1.1\r\nA: " + QByteArray(16 * 1024, 'x');
  QVERIFY(reader.feed(bytes) == RequestReader::Step::Refused);
  QCOMPARE(reader.refusal().status, 431);
  RequestReader early(HttpLimits{});
  bytes = "GET / HTTP/1.1\n";
  QVERIFY(early.feed(bytes) == RequestReader::Step::Refused);
}

void HttpTest::trailersDoNotBecomeFields() {
  RequestReader reader(HttpLimits{});
  QByteArray bytes = "POST /a HTTP/1.1\r\n" + host +
                     "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nAuthorization: Bearer x\r\n\r\n";
  QVERIFY(reader.feed(bytes) == RequestReader::Step::Complete);
  QCOMPARE(reader.request().body, QByteArray("hi"));
  QCOMPARE(reader.request().count("authorization"), 0);
  QVERIFY(bytes.isEmpty());
}

void HttpTest::expectsContinueUntilTheBodyCame() {
  RequestReader reader(HttpLimits{});
  QByteArray bytes = "POST /a HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  QVERIFY(reader.feed(bytes) == RequestReader::Step::NeedMore);
  QVERIFY(reader.expectsContinue());
  bytes = "hi";
  QVERIFY(reader.feed(bytes) == RequestReader::Step::Complete);
  QVERIFY(!reader.expectsContinue());
}

void HttpTest::keepAlive_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<bool>("keepAlive");
  QTest::newRow("1.1") << QByteArray("GET / HTTP/1.1\r\n" + host + "\r\n") << true;
  QTest::newRow("1.1 close") << QByteArray("GET / HTTP/1.1\r\n" + host + "Connection: Close\r\n\r\n") << false;
  QTest::newRow("1.0") << QByteArray("GET / HTTP/1.0\r\n\r\n") << false;
  QTest::newRow("1.0 keep-alive") << QByteArray("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") << true;
}

void HttpTest::keepAlive() {
  QFETCH(QByteArray, bytes);
  QFETCH(bool, keepAlive);
  RequestReader reader(HttpLimits{});
  QVERIFY(reader.feed(bytes) == RequestReader::Step::Complete);
  QCOMPARE(reader.request().keepAlive, keepAlive);
}

void HttpTest::parsesTargets_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("path");
  QTest::addColumn<int>("segments");
  QTest::newRow("root") << QByteArray("/") << QStringLiteral("/") << 0;
  QTest::newRow("plain") << QByteArray("/ws/live?x=1") << QStringLiteral("/ws/live") << 2;
  QTest::newRow("encoded slash") << QByteArray("/ws/a%2Fb") << QStringLiteral("/ws/a/b") << 2;
  QTest::newRow("UTF-8") << QByteArray("/K%C3%BChlung") << QStringLiteral("/Kühlung") << 1;
  QTest::newRow("plus stays") << QByteArray("/a+b") << QStringLiteral("/a+b") << 1;
  QTest::newRow("bad UTF-8") << QByteArray("/%ff") << QString() << 0;
  QTest::newRow("half a code") << QByteArray("/a%2") << QString() << 0;
  QTest::newRow("bad code") << QByteArray("/a%zz") << QString() << 0;
  QTest::newRow("NUL") << QByteArray("/a%00") << QString() << 0;
  QTest::newRow("line feed") << QByteArray("/a%0Alog") << QString() << 0;
  QTest::newRow("bad query") << QByteArray("/a?x=%ff") << QString() << 0;
}

void HttpTest::parsesTargets() {
  QFETCH(QByteArray, text);
  QFETCH(QString, path);
  QFETCH(int, segments);
  const auto target = Target::parse(text);
  QCOMPARE(target.has_value(), !path.isEmpty());
  if (!target) return;
  QCOMPARE(target->path(), path);
  QCOMPARE(target->segments().size(), segments);
}

void HttpTest::listsInTheQuery() {
  const auto target = Target::parse("/p?a=1&a=2,,x%2cy+z,%2C&b=,&c&d=%C3%BC,1");
  QVERIFY(target);
  QCOMPARE(target->values("a"),
           (QStringList{QStringLiteral("1"), QStringLiteral("2"), QStringLiteral("x,y z"), QStringLiteral(",")}));
  QCOMPARE(target->words("a"),
           (QStringList{QStringLiteral("1"), QStringLiteral("2"), QStringLiteral("x"), QStringLiteral("y z")}));
  QVERIFY(target->values("b").isEmpty() && target->values("c").isEmpty() && target->values("e").isEmpty());
  QCOMPARE(target->values("d"), (QStringList{QStringLiteral("ü"), QStringLiteral("1")}));
  QCOMPARE(target->value("a"), QStringLiteral("1"));
}

void HttpTest::credentialsInTheQuery_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<bool>("found");
  for (const char *bad : {"token=x", "access_token=x", "api_key=x", "jwt=x", "a=b&TOKEN=x", "%74oken=x", "token",
                          "token%20=x", "+jwt=x"}) {
    QTest::newRow(bad) << QByteArray(bad) << true;
  }
  for (const char *good : {"", "tokens=x", "a=token", "zone=417"}) QTest::newRow(good) << QByteArray(good) << false;
}

void HttpTest::credentialsInTheQuery() {
  QFETCH(QByteArray, query);
  QFETCH(bool, found);
  QCOMPARE(Target::parse("/ws?" + query)->hasCredential(), found);
}

void HttpTest::admits_data() {
  QTest::addColumn<QByteArrayList>("fields");
  QTest::addColumn<bool>("admitted");
  const auto row = [](const char *name, const QByteArrayList &fields, bool admitted) {
    QTest::newRow(name) << fields << admitted;
  };
  row("localhost", {"host: localhost:8080"}, true);
  row("127.0.0.1", {"host: 127.0.0.1:8080"}, true);
  row("[::1]", {"host: [::1]:8080"}, true);
  row("rebound name", {"host: evil.example:8080"}, false);
  row("name that looks like an address", {"host: 127.0.0.1.evil.example"}, false);
  row("other address", {"host: 192.168.1.5:8080"}, false);
  row("no host", {}, false);
  row("same origin", {"host: localhost:8080", "origin: http://localhost:8080"}, true);
  row("same origin, default port", {"host: localhost", "origin: http://localhost:80"}, true);
  row("hostile page", {"host: localhost:8080", "origin: https://evil.example"}, false);
  row("other port", {"host: localhost:8080", "origin: http://localhost:3000"}, false);
  row("name that begins alike", {"host: localhost:8080", "origin: http://localhost:8080.evil.example"}, false);
  row("null origin", {"host: localhost:8080", "origin: null"}, false);
  row("empty origin", {"host: localhost:8080", "origin: "}, false);
  row("allowed page, which has to show a credential", {"host: localhost:8080", "origin: https://panel.example.org"},
      false);
  row("same host, but https", {"host: localhost:8080", "origin: https://localhost:8080"}, false);
  row("own page, as the browser says", {"host: localhost", "sec-fetch-site: same-origin"}, true);
  row("typed by a person", {"host: localhost", "sec-fetch-site: none"}, true);
  row("cross-site", {"host: localhost", "sec-fetch-site: cross-site"}, false);
  row("page of another port", {"host: localhost", "sec-fetch-site: same-site"}, false);
  row("cross-site too", {"host: localhost", "sec-fetch-site: none", "sec-fetch-site: cross-site"}, false);
  row("forwarded", {"host: localhost", "forwarded: for=127.0.0.1"}, false);
  row("forwarded, by Via", {"host: localhost", "via: 1.1 proxy"}, false);
  row("forwarded, by X-Real-IP", {"host: localhost", "x-real-ip: 127.0.0.1"}, false);
  row("forwarded, by CF-Connecting-IP", {"host: localhost", "cf-connecting-ip: 127.0.0.1"}, false);
  row("forwarded by a proxy that we trust, from here", {"host: localhost", "x-forwarded-for: 127.0.0.1"}, true);
  row("forwarded from elsewhere", {"host: localhost", "x-forwarded-for: 203.0.113.7"}, false);
  row("forged first hop", {"host: localhost", "x-forwarded-for: 127.0.0.1, 203.0.113.7"}, false);
  row("unreadable hop", {"host: localhost", "x-forwarded-for: unknown"}, false);
  row("forwarded without hops", {"host: localhost", "x-forwarded-proto: https"}, false);
}

void HttpTest::admits() {
  QFETCH(QByteArrayList, fields);
  QFETCH(bool, admitted);
  Request request;
  for (const QByteArray &field : fields) {
    request.fields.append({field.left(field.indexOf(':')), field.mid(field.indexOf(':') + 2)});
  }
  const QList<QString> origins{QStringLiteral("https://panel.example.org")};
  const Admission admission(origins, {QStringLiteral("127.0.0.1/32")}, false);
  const QHostAddress here(QHostAddress::LocalHost);
  const auto isLocal = [&](const Admission &judge, const QHostAddress &peer) {
    return judge.isLocal(request, judge.sender(request, peer, 40000));
  };
  QCOMPARE(isLocal(admission, here), admitted);
  QVERIFY(!isLocal(admission, QHostAddress(QStringLiteral("203.0.113.7"))));
  const bool isForwarded = fields.join().contains("forwarded");
  QCOMPARE(isLocal(Admission(origins, {}, false), here), admitted && !isForwarded);
}

void HttpTest::origins() {
  const Admission admission({QStringLiteral("https://panel.example.org")}, {}, false);
  const auto isAdmitted = [&](const QByteArray &origin) {
    Request request;
    request.fields = {{"host", "tagwire.example:8080"}, {"origin", origin}};
    return !admission.checkOrigin(request, Sender()).has_value();
  };
  QVERIFY(isAdmitted("http://tagwire.example:8080"));
  QVERIFY(isAdmitted("https://panel.example.org"));
  for (const char *origin :
       {"https://evil.example", "null", "", "http://tagwire.example", "https://panel.example.org.evil.example"}) {
    QVERIFY2(!isAdmitted(origin), origin);
  }
  QVERIFY(!admission.checkOrigin({}, Sender()).has_value());  // no page, no origin
}

/// A page that came without TLS may be anybody's: it is not ours where we speak TLS.
void HttpTest::anOwnPageHasOurScheme() {
  const QHostAddress proxy(QHostAddress::LocalHost);
  const auto judge = [&](const QByteArray &origin, bool overTls, const QByteArray &forwarded) {
    const Admission admission({}, {QStringLiteral("127.0.0.1")}, overTls);
    Request request;
    request.fields = {{"host", "tagwire.example"}, {"origin", origin}};
    if (!forwarded.isEmpty()) request.fields.append(std::pair<QByteArray, QByteArray>("x-forwarded-proto", forwarded));
    const Sender sender = admission.sender(request, proxy, 40000);
    const bool isOwn = admission.isOwnPage(request, sender);
    const bool isAdmitted = !admission.checkOrigin(request, sender).has_value();
    return isOwn == isAdmitted ? QByteArray(isOwn ? "own" : "foreign") : QByteArray("own here and foreign there");
  };
  QCOMPARE(judge("http://tagwire.example", false, {}), QByteArray("own"));
  QCOMPARE(judge("https://tagwire.example", false, {}), QByteArray("foreign"));
  QCOMPARE(judge("http://tagwire.example", true, {}), QByteArray("foreign"));
  QCOMPARE(judge("https://tagwire.example", true, {}), QByteArray("own"));
  QCOMPARE(judge("https://tagwire.example:443", true, {}), QByteArray("own"));
  QCOMPARE(judge("https://tagwire.example:80", true, {}), QByteArray("foreign"));
  QCOMPARE(judge("http://tagwire.example", false, "https"), QByteArray("foreign"));
  QCOMPARE(judge("https://tagwire.example", false, "https"), QByteArray("own"));
}

void HttpTest::R1_37_theClientBehindProxies() {
  const Admission admission({}, {QStringLiteral("10.0.0.0/8")}, false);
  const QHostAddress proxy(QStringLiteral("10.0.0.1"));
  const auto senderOf = [&](const QByteArray &hops, const QHostAddress &peer) {
    Request request;
    request.fields = {{"x-forwarded-for", hops}};
    return admission.sender(request, peer, 4242);
  };
  QCOMPARE(senderOf("203.0.113.7", proxy).text, QStringLiteral("203.0.113.7:4242"));
  QCOMPARE(senderOf("1.1.1.1, 203.0.113.7, 10.0.0.2", proxy).text, QStringLiteral("203.0.113.7:4242"));
  QCOMPARE(senderOf("2001:db8::7", proxy).text, QStringLiteral("[2001:db8::7]:4242"));
  QVERIFY(senderOf("203.0.113.7", proxy).isDirect);
  QVERIFY(!senderOf("nonsense", proxy).isDirect);
  // Nobody else is believed.
  const Sender stranger = senderOf("203.0.113.7", QHostAddress(QStringLiteral("198.51.100.1")));
  QCOMPARE(stranger.text, QStringLiteral("198.51.100.1:4242"));
  QVERIFY(!stranger.isDirect);
}

void HttpTest::addressesOfOneSubscriber() {
  const auto group = [](const char *text) { return addressGroup(QHostAddress(QString::fromLatin1(text))); };
  QCOMPARE(group("2001:db8:1:2::1"), group("2001:db8:1:2:ffff::9"));
  QVERIFY(group("2001:db8:1:2::1") != group("2001:db8:1:3::1"));
  QCOMPARE(group("::ffff:192.0.2.7"), group("192.0.2.7"));
  QVERIFY(group("192.0.2.7") != group("192.0.2.8"));
}

void HttpTest::onlySoManyAddressesAreLogged() {
  using namespace std::chrono_literals;
  AddressLog log;
  QCOMPARE(log.admit("a", 0s), std::optional(0));
  QVERIFY(!log.admit("a", 59s));
  for (int i = 0; i < 200; ++i) (void)log.admit(QByteArray::number(i), 59s);
  QCOMPARE(log.admit("a", 60s), std::optional(101));
  QCOMPARE(log.admit("b", 61s), std::optional(0));
}

void HttpTest::loopbackHosts() {
  for (const char *good : {"localhost", "LOCALHOST:1", "127.0.0.1", "127.9.8.7:65535", "[::1]", "[::1]:80"}) {
    QVERIFY2(isLoopbackHost(good), good);
  }
  for (const char *bad : {"", "localhost.evil.example", "127.1", "2130706433", "127.0.0.1:", "127.0.0.1:x", "[::2]",
                          "::1", "localhost:99999", "user@localhost", "127.0.0.1 ", "0.0.0.0", "localhost:80:80"}) {
    QVERIFY2(!isLoopbackHost(bad), bad);
  }
}

TAGWIRE_TEST(HttpTest)

}  // namespace http_test

#include "http_test.moc"
