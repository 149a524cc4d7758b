// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QPluginLoader>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <functional>

#include "testauthority.h"
#include "testcontext.h"
#include "testprogram.h"

namespace prometheus_test {

using namespace tagwire;

/// An endpoint that does what the test says with each request.
class Endpoint {
 public:
  using Answer = std::function<void(QTcpSocket &)>;

  Endpoint() {
    if (!server.listen(QHostAddress::LocalHost)) qFatal("no port");
    QObject::connect(&server, &QTcpServer::newConnection, &server, [this] {
      auto *socket = server.nextPendingConnection();
      QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket] {
        request += socket->readAll();
        if (!request.endsWith("\r\n\r\n")) return;
        requests << std::exchange(request, {});
        answer(*socket);
      });
    });
  }
  void say(const QByteArray &body, const QByteArray &type = "text/plain; version=0.0.4") {
    answer = [=](QTcpSocket &socket) { socket.write(head(body.size(), type) + body); };
  }
  /// Just these bytes, then the end.
  void sayRaw(const QByteArray &text) {
    answer = [=](QTcpSocket &socket) {
      socket.write(text);
      socket.disconnectFromHost();
    };
  }
  /// First this, then always the same, as fast as it is read.
  void flood(const QByteArray &first, const QByteArray &piece) {
    answer = [=, this](QTcpSocket &socket) {
      socket.write(first);
      QObject::connect(&socket, &QTcpSocket::bytesWritten, &socket, [=, this, &socket](qint64 bytes) {
        flooded += bytes;
        if (socket.bytesToWrite() < 1'000'000) socket.write(piece);
      });
      socket.write(piece);
    };
  }
  static QByteArray head(qint64 size, const QByteArray &type) {
    return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + QByteArray::number(size) + "\r\n\r\n";
  }

  QTcpServer server;
  Answer answer;
  QByteArray request;
  QByteArrayList requests;
  qint64 flooded = 0;
};

/// An https endpoint.
class TlsEndpoint : public QTcpServer {
 public:
  explicit TlsEndpoint(const QSslConfiguration &tls) : m_tls(tls) {
    if (!listen(QHostAddress::LocalHost)) qFatal("no port");
  }
  int served = 0;

 protected:
  void incomingConnection(qintptr descriptor) override {
    auto *socket = new QSslSocket(this);
    socket->setSocketDescriptor(descriptor);
    socket->setSslConfiguration(m_tls);
    connect(socket, &QSslSocket::readyRead, this, [this, socket] {
      if (!socket->readAll().endsWith("\r\n\r\n")) return;
      ++served;
      socket->write(Endpoint::head(4, "text/plain") + "v 1\n");
    });
    socket->startServerEncryption();
  }

 private:
  QSslConfiguration m_tls;
};

/// The library as it is shipped, loaded as the host does it.
class PrometheusPluginTest : public QObject {
  Q_OBJECT

  QPluginLoader m_loader{QStringLiteral(PLUGIN_LIBRARY)};
  std::unique_ptr<TestContext> m_context;
  std::unique_ptr<Endpoint> m_endpoint;
  std::unique_ptr<Plugin> m_plugin;
  QString m_errors;
  QMap<QString, Sample> m_last;
  int m_batches = 0;
  PluginState m_state = PluginState::Stopped;
  QString m_status;

  PluginFactory &factory() {
    auto *factory = qobject_cast<PluginFactory *>(m_loader.instance());
    if (!factory) qFatal("%s", qPrintable(m_loader.errorString()));
    return *factory;
  }
  bool make(const QByteArray &json) {
    m_context = std::make_unique<TestContext>(QStringLiteral("p"));
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    m_plugin = factory().create(reader, *m_context);
    m_errors.clear();
    for (const Problem &problem : problems) m_errors += toText(problem) + u'\n';
    if (!m_plugin) return false;
    connect(m_plugin.get(), &Plugin::samplesReady, this, [this](const Samples &samples) {
      ++m_batches;
      for (const Sample &sample : samples) m_last[m_context->points().point(sample.point)->name] = sample;
    });
    connect(m_plugin.get(), &Plugin::statusChanged, this, [this](PluginState state, const QString &text) {
      m_state = state;
      m_status = text;
    });
    return true;
  }
  /// `keys` begin with a comma.
  void begin(const QByteArray &points, const QByteArray &keys = {}, quint16 port = 0) {
    const QByteArray url = "http://127.0.0.1:" + QByteArray::number(port ? port : m_endpoint->server.serverPort());
    QVERIFY2(make("{\"url\": \"" + url + "\", \"interval_ms\": 100, \"points\": [" + points + "]" + keys + "}"),
             qPrintable(m_errors));
    m_plugin->start();
  }
  QString quality(const char *point) const { return toText(m_last.value(QString::fromLatin1(point)).quality); }
  Value value(const char *point) const { return m_last.value(QString::fromLatin1(point)).value; }

 private Q_SLOTS:
  void init() {
    m_endpoint = std::make_unique<Endpoint>();
    m_last.clear();
    m_batches = 0;
    m_state = PluginState::Stopped;
    m_status.clear();
  }
  void cleanup() {
    m_plugin.reset();
    m_endpoint.reset();
  }

  void itMakesPointsOfSeries() {
    m_endpoint->say(
        "# TYPE load gauge\nload 0.5\ncpu{cpu=\"0\",mode=\"idle\"} 10\ncpu{cpu=\"1\",mode=\"idle\"} 20\n"
        "cpu{cpu=\"0\",mode=\"user\"} 99\nup{job=\"a\"} 1\nold 7 1767225500000\nnan NaN\ninf -Inf\nhalf 0.5\n"
        "far 1 1800000000000\n");
    begin(R"({"name": "load", "metric": "load", "scale": 2, "offset": 1, "unit": "%", "number": 17},)"
          R"({"name": "sum", "metric": "cpu{mode='idle'}", "combine": "sum"},)"
          R"({"name": "average", "metric": "cpu", "labels": {"mode": "idle"}, "combine": "average"},)"
          R"({"name": "min", "metric": "cpu", "combine": "min"}, {"name": "max", "metric": "cpu", "combine": "max"},)"
          R"({"name": "many", "metric": "cpu"}, {"name": "up", "metric": "up", "type": "bool"},)"
          R"({"name": "old", "metric": "old", "type": "int64"}, {"name": "nan", "metric": "nan"},)"
          R"({"name": "inf", "metric": "inf"}, {"name": "half", "metric": "half", "type": "int64"},)"
          R"({"name": "far", "metric": "far"}, {"name": "gone", "metric": "gone", "labels": {"a": "b"}})",
          R"(, "stale_after_ms": 60000)");
    QTRY_COMPARE(m_batches, 1);
    QCOMPARE(value("load"), Value(2.0));
    QCOMPARE(m_last[QStringLiteral("load")].time, m_context->clock().now());
    QCOMPARE(m_context->points().findNumber(17), m_last[QStringLiteral("load")].point);
    QCOMPARE(value("sum"), Value(30.0));
    QCOMPARE(value("average"), Value(15.0));
    QCOMPARE(value("min"), Value(10.0));
    QCOMPARE(value("max"), Value(99.0));
    QCOMPARE(quality("many"), QStringLiteral("bad:invalid_response"));
    QCOMPARE(value("up"), Value(true));
    QCOMPARE(value("old"), Value(qint64{7}));
    QCOMPARE(quality("old"), QStringLiteral("uncertain:stale"));
    QCOMPARE(m_last[QStringLiteral("old")].time, fromMilliseconds(1767225500000));
    QCOMPARE(quality("nan"), QStringLiteral("bad:not_a_number"));
    QCOMPARE(quality("inf"), QStringLiteral("bad:not_a_number"));
    QCOMPARE(quality("half"), QStringLiteral("bad:illegal_value"));
    QCOMPARE(quality("far"), QStringLiteral("bad:invalid_response"));
    QCOMPARE(quality("gone"), QStringLiteral("bad:illegal_address"));
    QCOMPARE(m_state, PluginState::Degraded);
    QVERIFY2(m_status.contains(u"gone{a='b'}") && m_status.contains(u"3 series fit cpu"), qPrintable(m_status));
    QVERIFY(m_endpoint->requests.first().startsWith("GET /metrics HTTP/1.1\r\n"));
    QVERIFY(!m_endpoint->requests.first().toLower().contains("authorization"));
    // The second scrape brings nothing new; what is missing comes back.
    QTRY_VERIFY(m_endpoint->requests.size() > 1);
    m_endpoint->say("gone{a=\"b\"} 5\n");
    QTRY_COMPARE(quality("gone"), QStringLiteral("good"));
    QCOMPARE(quality("load"), QStringLiteral("bad:illegal_address"));
  }

  void whatTagwireSaysOfItselfIsRead() {
    Metrics metrics;
    metrics.counter("things_total", "of all kinds", {{"kind", "a {b}, \"c\" \\"}, {"n", "1"}}).add(41);
    metrics.histogram("wait_seconds", "of waiting").observe(2);
    m_endpoint->say(QByteArray::fromStdString(metrics.text()));
    begin(R"({"name": "things", "metric": "things_total", "labels": {"n": "1"}},)"
          R"({"name": "all", "metric": "wait_seconds_bucket{le='+Inf'}"})");
    QTRY_COMPARE(m_state, PluginState::Running);
    QCOMPARE(value("things"), Value(41.0));
    QCOMPARE(value("all"), Value(1.0));
  }

  void aCounterBecomesARate() {
    m_endpoint->say("c 100\n");
    begin(R"({"name": "c", "metric": "c", "per_second": true})");
    QTRY_COMPARE(m_state, PluginState::Running);
    QCOMPARE(m_batches, 0);
    m_context->manualClock().advance(std::chrono::seconds(10));
    m_endpoint->say("c 150\n");
    QTRY_COMPARE(value("c"), Value(5.0));
    m_context->manualClock().advance(std::chrono::seconds(10));
    m_endpoint->say("c 20\n");  // it began anew
    QTRY_COMPARE(value("c"), Value(2.0));
  }

  void openMetricsIsRead() {
    m_endpoint->say("v 1 1767225600.25 # {} 3\n# EOF\n", "application/openmetrics-text; version=1.0.0; charset=utf-8");
    begin(R"({"name": "v", "metric": "v"})");
    QTRY_COMPARE(m_state, PluginState::Running);
    QCOMPARE(m_last[QStringLiteral("v")].time, fromMilliseconds(1767225600250));
    // The same time once more is no new value.
    QTRY_VERIFY(m_endpoint->requests.size() > 2);
    QCOMPARE(m_batches, 1);
  }

  void itFailsAndComesBack_data() {
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<QString>("why");
    const auto row = [](const char *name, const QByteArray &answer, const char *reason, const char *why) {
      QTest::newRow(name) << answer << QString::fromLatin1(reason) << QString::fromLatin1(why);
    };
    const QByteArray ok = "HTTP/1.1 200 OK\r\n";
    const QByteArray plain = ok + "Content-Type: text/plain\r\n";
    row("error", "HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", "invalid_response", "status 503");
    row("not found", "HTTP/1.1 404 Not\r\nContent-Length: 2\r\n\r\nno", "invalid_response", "status 404");
    row("password", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
        "invalid_response", "status 401");
    row("redirection", "HTTP/1.1 302 Found\r\nLocation: http://169.254.1.1/metrics\r\nContent-Length: 0\r\n\r\n",
        "invalid_response", "redirection");
    row("web page", ok + "Content-Type: text/html\r\nContent-Length: 4\r\n\r\nv 1\n", "invalid_response", "neither");
    row("page as text", plain + "Content-Length: 7\r\n\r\n<html>\n", "invalid_response", "line 1");
    row("compressed", plain + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nv 1\n", "invalid_response",
        "compressed");
    row("half by length", plain + "Content-Length: 50\r\n\r\nv 1\n", "invalid_response", "too early");
    row("half a number", plain + "\r\nv 12", "invalid_response", "within a line");
    row("half of chunks", plain + "Transfer-Encoding: chunked\r\n\r\n4\r\nv 1\n\r\n", "invalid_response", "");
    row("half OpenMetrics", ok + "Content-Type: application/openmetrics-text\r\n\r\nv 1\n", "invalid_response",
        "# EOF");
    row("announced too large", plain + "Content-Length: 99999999999\r\n\r\nv 1\n", "invalid_response",
        "larger than 10000");
    row("not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "invalid_response", "not HTTP");
    row("nothing", "", "no_connection", "without an answer");
  }
  void itFailsAndComesBack() {
    QFETCH(QByteArray, answer);
    QFETCH(QString, reason);
    QFETCH(QString, why);
    m_endpoint->sayRaw(answer);
    begin(R"({"name": "v", "metric": "v"})", R"(, "max_bytes": 10000)");
    QTRY_COMPARE(m_state, PluginState::Degraded);
    QVERIFY2(quality("v").startsWith(QLatin1String("bad:") + reason), qPrintable(quality("v") + m_status));
    QVERIFY2(m_status.contains(why), qPrintable(m_status));
    QCOMPARE(value("v"), Value());
    // It asked this endpoint only, and waits with the next attempt.
    QTest::qWait(20);
    QCOMPARE(m_endpoint->requests.size(), 1);
  }

  void anEndpointThatIsAwayComesBack() {
    const quint16 port = m_endpoint->server.serverPort();
    m_endpoint->server.close();
    begin(R"({"name": "v", "metric": "v"})", {}, port);
    QTRY_COMPARE(m_state, PluginState::Degraded);
    QCOMPARE(quality("v"), QStringLiteral("bad:no_connection"));
    QVERIFY(m_endpoint->server.listen(QHostAddress::LocalHost, port));
    m_endpoint->say("v 1\n");
    QTRY_COMPARE(quality("v"), QStringLiteral("good"));
    QCOMPARE(m_state, PluginState::Running);
    QVERIFY(m_status.isEmpty());
    QCOMPARE(m_batches, 2);
  }

  void aLargeAnswerInChunksIsRead() {
    m_endpoint->answer = [](QTcpSocket &socket) {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
      const QByteArray piece = QByteArray("some_metric{a=\"b\"} 1\n").repeated(200);
      for (int i = 0; i < 1000; ++i) socket.write(QByteArray::number(piece.size(), 16) + "\r\n" + piece + "\r\n");
      socket.write("4\r\nv 1\n\r\n0\r\n\r\n");
    };
    begin(R"({"name": "v", "metric": "v"})");
    QTRY_COMPARE(m_state, PluginState::Running);
    QCOMPARE(value("v"), Value(1.0));
  }

  void httpsIsCheckedByTheAuthorityGiven() {
    const TestAuthority authority("IP:127.0.0.1");
    const TestAuthority other("IP:127.0.0.1");
    QTemporaryDir folder;
    const auto write = [&](const QByteArray &name, const QByteArray &text) {
      QFile out(folder.filePath(QString::fromLatin1(name)));
      QVERIFY(out.open(QIODevice::WriteOnly));
      out.write(text);
    };
    write("right", authority.authority);
    write("wrong", other.authority);
    write("none", "no certificate");
    TlsEndpoint endpoint(tlsOf(authority));
    const QByteArray config =
        QByteArray(
            R"({"url": "https:\/\/127.0.0.1:PORT", "ca_file": "FILE", "points": [{"name": "v", "metric": "v"}]})")
            .replace("PORT", QByteArray::number(endpoint.serverPort()))
            .replace("FILE", folder.path().toUtf8() + "/FILE");
    QVERIFY(make(QByteArray(config).replace("FILE", "none")));
    m_plugin->start();
    QCOMPARE(m_state, PluginState::Failed);
    QVERIFY(make(QByteArray(config).replace("FILE", "wrong")));
    m_plugin->start();
    QTRY_COMPARE(m_state, PluginState::Degraded);
    QCOMPARE(quality("v"), QStringLiteral("bad:no_connection"));
    QCOMPARE(endpoint.served, 0);
    QVERIFY(make(QByteArray(config).replace("FILE", "right")));
    m_plugin->start();
    QTRY_COMPARE(quality("v"), QStringLiteral("good"));
  }

  void aNameThatNobodyKnowsIsNoConnection() {
    QVERIFY(make(R"({"url": "http:\/\/nowhere.invalid:1", "points": [{"name": "v", "metric": "v"}]})"));
    m_plugin->start();
    QTRY_COMPARE(m_state, PluginState::Degraded);
    QCOMPARE(quality("v"), QStringLiteral("bad:no_connection"));
  }

  void slowAnswersEnd() {
    // A byte now and then, for ever.
    QTimer drip;
    m_endpoint->answer = [&](QTcpSocket &socket) {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
      connect(&drip, &QTimer::timeout, &socket, [&socket] { socket.write("#"); });
      drip.start(5);
    };
    begin(R"({"name": "v", "metric": "v"})", R"(, "timeout_ms": 100)");
    QTRY_COMPARE(m_state, PluginState::Degraded);
    QCOMPARE(quality("v"), QStringLiteral("bad:timeout"));
    QVERIFY(m_status.contains(u"100 ms"));
  }

  void silenceEnds() {
    m_endpoint->answer = [](QTcpSocket &) {};
    begin(R"({"name": "v", "metric": "v"})", R"(, "timeout_ms": 50)");
    QTRY_COMPARE(quality("v"), QStringLiteral("bad:timeout"));
  }

  void floodsEnd_data() {
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("piece");
    QTest::addColumn<QString>("why");
    const QByteArray plain = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    QTest::newRow("lines") << QByteArray(plain + "\r\n") << QByteArray("a_long_name_of_some_metric 1\n").repeated(1000)
                           << QStringLiteral("larger than");
    QTest::newRow("one line") << QByteArray(plain + "\r\n") << QByteArray(30'000, 'a') << QStringLiteral("longer than");
    QTest::newRow("chunks") << QByteArray(plain + "Transfer-Encoding: chunked\r\n\r\n")
                            << QByteArray("6\r\nb 1\nb \r\n4\r\n1\n\nb\r\n3\r\n 1\n\r\n").repeated(1000)
                            << QStringLiteral("larger than");
    QTest::newRow("header") << QByteArray("HTTP/1.1 200 OK\r\nX: ") << QByteArray(30'000, 'a')
                            << QStringLiteral("head of the answer");
    QTest::newRow("headers") << QByteArray("HTTP/1.1 200 OK\r\n") << QByteArray("X: 1\r\n").repeated(5000)
                             << QStringLiteral("head of the answer");
    QTest::newRow("status") << QByteArray("HTTP/1.1 200 ") << QByteArray(30'000, 'a')
                            << QStringLiteral("head of the answer");
  }
  void floodsEnd() {
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, piece);
    QFETCH(QString, why);
    m_endpoint->flood(first, piece);
    begin(R"({"name": "v", "metric": "v"})", R"(, "max_bytes": 1000000, "timeout_ms": 4000)");
    QTRY_COMPARE(m_state, PluginState::Degraded);
    QVERIFY(quality("v").startsWith(QLatin1String("bad:")));
    QVERIFY2(m_status.contains(why), qPrintable(m_status));
    QVERIFY2(m_endpoint->flooded < 20'000'000, qPrintable(QString::number(m_endpoint->flooded)));
  }

  void theTokenIsSentAndReadAgain() {
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("token"));
    const auto write = [&](const QByteArray &text) {
      QFile out(file);
      QVERIFY(out.open(QIODevice::WriteOnly));
      out.write(text);
    };
    write("secret-one\n");
    m_endpoint->say("v 1\n");
    begin(R"({"name": "v", "metric": "v"})",
          QByteArray(R"(, "bearer_token": {"$file": "TOKEN"})").replace("TOKEN", file.toUtf8()));
    QTRY_VERIFY(!m_endpoint->requests.isEmpty());
    QVERIFY(m_endpoint->requests.last().contains("\r\nAuthorization: Bearer secret-one\r\n"));
    write("secret-two\n");
    m_plugin->reloadFiles();
    QTRY_VERIFY(m_endpoint->requests.last().contains("Authorization: Bearer secret-two\r\n"));
    write("two\r\nX: words");
    m_plugin->reloadFiles();
    const qsizetype before = m_endpoint->requests.size();
    QTRY_VERIFY(m_endpoint->requests.size() > before);
    QVERIFY(m_endpoint->requests.last().contains("Authorization: Bearer secret-two\r\n"));
    QVERIFY(!make(
        QByteArray(
            R"({"url": "http:\/\/h", "points": [{"name": "v", "metric": "v"}], "bearer_token": {"$file": "TOKEN"}})")
            .replace("TOKEN", file.toUtf8())));
    QVERIFY2(m_errors.contains(u"bearer_token") && !m_errors.contains(u"words"), qPrintable(m_errors));
  }

  void stoppedItAsksNoMore() {
    m_endpoint->answer = [](QTcpSocket &) {};
    begin(R"({"name": "v", "metric": "v"})", R"(, "timeout_ms": 50)");
    QTRY_COMPARE(m_endpoint->requests.size(), 1);
    m_plugin->stop();
    QTest::qWait(100);
    QCOMPARE(m_batches, 0);
    QCOMPARE(m_state, PluginState::Stopped);
    m_endpoint->say("v 1\n");
    m_plugin->start();
    QTRY_COMPARE(m_state, PluginState::Running);
  }

  void wrongKeysAreRefused() {
    QVERIFY(!make(R"({"url": "http:\/\/a:b@h", "interval_ms": 1, "points": []})"));
    QVERIFY2(m_errors.contains(u"url") && m_errors.contains(u"interval_ms") && m_errors.contains(u"points"),
             qPrintable(m_errors));
    const QByteArray wrongTypes =
        R"({"url": "http:\/\/h", "bearer_token": "plain", "points": [{"name": "a", "metric": "a b"}]})";
    QVERIFY(!make(wrongTypes));
    QVERIFY2(m_errors.contains(u"points[0].metric") && m_errors.contains(u"bearer_token"), qPrintable(m_errors));
    const QByteArray atOdds =
        R"({"url": "http:\/\/h", "ca_file": "x", "points": [)"
        R"({"name": "b", "metric": "a{x='1'}", "labels": {"x": "2"}}, {"name": "c", "metric": "c", "labels": {"1": "2"}},)"
        R"({"name": "d", "metric": "d", "per_second": true, "type": "int64"}]})";
    QVERIFY(!make(atOdds));
    for (const char *at : {"ca_file", "points[0].labels.x", "points[1].labels.1", "points[2].type"}) {
      QVERIFY2(m_errors.contains(QLatin1String(at)), qPrintable(m_errors));
    }
  }

  void rowsHaveTheLabelsWithTheMetric() {
    Problems problems;
    const ConfigNode node =
        parseJson(R"({"url": "http:\/\/h", "points": [{"name": "b", "metric": "a", "labels": {"x": "2"}}]})",
                  QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    const PointRows rows = factory().pointRows(reader);
    QCOMPARE(rows.rows.size(), 1);
    QCOMPARE(rows.rows[0][QStringLiteral("metric")].toString(), QStringLiteral("a{x='2'}"));
    QVERIFY(!rows.columns.contains(QStringLiteral("labels")));
  }
};

TAGWIRE_TEST(PrometheusPluginTest)

}  // namespace prometheus_test

#include "prometheus_test.moc"
