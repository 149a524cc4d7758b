// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <csignal>

#include "modbusplc.h"
#include "runningprogram.h"
#include "testprogram.h"

namespace reload_test {

namespace {

QByteArray quoted(const QString &text) { return QString(text).replace(u'\'', u'"').toUtf8(); }

/// Connects all the time, and counts how often nobody listened.
class Knocker {
 public:
  explicit Knocker(quint16 port) : m_port(port) { knock(); }
  int accepted = 0;
  int refused = 0;

 private:
  void knock() {
    m_socket = std::make_unique<QTcpSocket>();
    QObject::connect(m_socket.get(), &QTcpSocket::connected, &m_here, [this] { next(accepted); });
    QObject::connect(m_socket.get(), &QTcpSocket::errorOccurred, &m_here, [this](QAbstractSocket::SocketError error) {
      if (error == QAbstractSocket::ConnectionRefusedError) next(refused);
    });
    m_socket->connectToHost(QHostAddress::LocalHost, m_port);
  }
  void next(int &count) {
    ++count;
    QTimer::singleShot(1, &m_here, [this] { knock(); });
  }
  const quint16 m_port;
  std::unique_ptr<QTcpSocket> m_socket;
  QObject m_here;
};

}  // namespace

/// The manifest of the real program is changed in its file, and SIGHUP is sent.
class ReloadTest : public QObject {
  Q_OBJECT

  std::unique_ptr<RunningProgram> m_program;
  quint16 m_port = 0;
  quint16 m_second = 0;
  quint16 m_server = 0;

  /// A manifest of parts that a test can replace.
  struct Parts {
    QString site = QStringLiteral("'name': 'cold store'");
    QString points = QStringLiteral("{ 'name': 'ph', 'number': 80, 'type': 'float64' }");
    QString web;
    QString more;
    QString top;
  };
  QByteArray manifest(const Parts &parts) const {
    return quoted(
        QStringLiteral(
            "{ 'data_dir': 'var', 'site': { %1 }, 'plugins': [\n"
            "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [ %2 ] } },\n"
            "{ 'id': 'other', 'type': 'ingest', 'config': { 'points': [ { 'name': 'level', 'number': 90, 'type': "
            "'float64' } ] } },\n"
            "{ 'id': 'history', 'type': 'sql', 'config': { 'database': 'sqlite:history.db', 'batch_interval_ms': 20 } "
            "},\n"
            "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%3', 'auth': { 'anonymous': ['*:*'] }%4,\n"
            "  'endpoints': [ { 'path': '/ws', 'protocol': 'panel' }, { 'path': '/ws/live', 'protocol': 'live' } ] } "
            "},\n"
            "{ 'id': 'second', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%5', 'auth': { 'anonymous': ['*:*'] },\n"
            "  'endpoints': [ { 'path': '/ws/live', 'protocol': 'live' } ] } },\n"
            "{ 'id': 'out', 'type': 'modbus-server', 'config': { 'listen': 'tcp://127.0.0.1:%6', 'points': [ { "
            "'point': 'other/level', 'table': 'holding', 'address': 0, 'type': 'float32' } ] } }%7 ]%8 }\n")
            .arg(parts.site, parts.points)
            .arg(m_port)
            .arg(parts.web)
            .arg(m_second)
            .arg(m_server)
            .arg(parts.more, parts.top));
  }
  void put(const QByteArray &text) const { put("manifest.json", text); }
  void put(const char *name, const QByteArray &text) const {
    QFile file(m_program->file(name));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
  }
  void hup() const { QVERIFY(::kill(static_cast<pid_t>(m_program->processId()), SIGHUP) == 0); }
  QJsonObject get(const QByteArray &path) const { return http(m_second, "GET", path).json(); }
  /// Of the manifest, the oldest first.
  QStringList notices() const {
    QStringList texts;
    const QJsonDocument document =
        QJsonDocument::fromJson(http(m_second, "GET", "/api/v1/events?type=system&limit=1000").body);
    const QJsonArray events = document.isArray() ? document.array() : document.object()[u"events"].toArray();
    for (const QJsonValue &each : events) {
      const QString text = QString::fromUtf8(QJsonDocument(each.toObject()).toJson(QJsonDocument::Compact));
      if (text.contains(QStringLiteral("manifest"))) texts << text;
    }
    return texts;
  }
  /// Puts it into the file and waits until it runs; what was told.
  QString reload(const QByteArray &text) {
    const auto before = notices().size();
    put(text);
    hup();
    (void)tagwire::testing::waitFor([&] { return notices().size() > before; });
    return notices().value(before);
  }
  bool post(int number, double value) const {
    const QByteArray body =
        "{\"endpointId\":" + QByteArray::number(number) + ",\"value\":" + QByteArray::number(value) + '}';
    return http(m_second, "POST", "/api/os/telemetry/ingest", body).status == 200;
  }
  QJsonObject point(const QByteArray &name) const {
    for (const QJsonValue &each :
         QJsonDocument::fromJson(http(m_second, "GET", "/api/v1/points?prefix=" + name).body).array()) {
      if (each[u"point"].toString().toUtf8() == name || each[u"name"].toString().toUtf8() == name) {
        return each.toObject();
      }
    }
    return {};
  }

 private Q_SLOTS:
  void init() {
    m_port = freePort();
    m_second = freePort();
    m_server = freePort();
    m_program = std::make_unique<RunningProgram>();
    QVERIFY2(m_program->start(manifest({})), qPrintable(m_program->errors()));
  }
  void cleanup() { m_program.reset(); }

  void onlyWhatDiffersIsReplaced() {
    const qint64 pid = m_program->processId();
    QVERIFY(post(80, 7.1) && post(90, 4));
    Client stays(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(m_second));
    Client goes(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(m_port));
    QTcpSocket modbus;
    modbus.connectToHost(QHostAddress::LocalHost, m_server);
    QVERIFY(stays.waitOpen() && goes.waitOpen() && modbus.waitForConnected(5000));
    stays.send("{\"op\":\"subscribe\",\"id\":\"s\",\"topics\":[\"points/lab/#\",\"points/new/#\"]}");
    QVERIFY(!stays.waitFor([](const QJsonObject &each) { return each[u"op"].toString() == u"snapshot"; }).isEmpty());
    const QJsonObject level = point("other/level");

    Parts parts;
    parts.points = QStringLiteral("{ 'name': 'temp', 'type': 'float64' }");
    parts.web = QStringLiteral(", 'rooms': [ { 'id': 1, 'name': 'Hall' } ]");
    parts.more = QStringLiteral(
        ",\n{ 'id': 'new', 'type': 'ingest', 'config': { 'points': [ { 'name': 'x', 'number': 80, 'type': 'bool' } ] } "
        "}");
    const QString told = reload(manifest(parts));
    QVERIFY2(told.contains(QStringLiteral("version 2 of the manifest runs: 1 added (new), 2 replaced (lab, web)")),
             qPrintable(told));
    QCOMPARE(m_program->processId(), pid);
    QTRY_VERIFY(m_program->errors().contains(QStringLiteral("info host: version 2 of the manifest runs: ")));

    // Who has nothing to do with it is still there, and gets what is new.
    QVERIFY(!stays
                 .waitFor([](const QJsonObject &each) {
                   return QJsonDocument(each).toJson().contains("lab/ph") &&
                          QJsonDocument(each).toJson().contains("bad:removed");
                 })
                 .isEmpty());
    QCOMPARE(stays.closeCode, 0);
    QTRY_COMPARE(goes.closeCode, 1001);
    QCOMPARE(modbus.state(), QAbstractSocket::ConnectedState);
    QCOMPARE(point("other/level"), level);
    QVERIFY(point("lab/ph").isEmpty());
    QVERIFY(!point("lab/temp").isEmpty());
    QVERIFY(post(80, 1));  // another point's number now
    QVERIFY(!stays.waitFor([](const QJsonObject &each) { return QJsonDocument(each).toJson().contains("new/x"); })
                 .isEmpty());
    QCOMPARE(QJsonDocument::fromJson(http(m_port, "GET", "/api/v1/rooms").body).toJson().contains("Hall"), true);

    // And back: what is there again has its number again, and waits for its first value.
    const QString back = reload(manifest({}));
    QVERIFY2(back.contains(QStringLiteral("2 replaced (lab, web), 1 removed (new)")), qPrintable(back));
    QVERIFY(QJsonDocument(point("lab/ph")).toJson().contains("waiting_for_first_value"));
    QVERIFY(post(80, 7.3));
    QTRY_VERIFY(QJsonDocument(point("lab/ph")).toJson().contains("7.3"));
    QCOMPARE(modbus.state(), QAbstractSocket::ConnectedState);
    QCOMPARE(m_program->terminate(), 0);
  }

  void nobodyIsRefusedMeanwhile() {
    Knocker gateway(m_port);
    Knocker server(m_server);
    QTRY_VERIFY(gateway.accepted > 5 && server.accepted > 5);
    for (int i = 1; i <= 3; ++i) {
      Parts parts;
      parts.web = QStringLiteral(", 'rooms': [ { 'id': %1, 'name': 'Hall' } ]").arg(i);
      QByteArray text = manifest(parts);
      text.replace("\"address\": 0", "\"address\": " + QByteArray::number(2 * i));
      const QString told = reload(text);
      QVERIFY2(told.contains(QStringLiteral("2 replaced")), qPrintable(told));
    }
    const int before = gateway.accepted;
    QTRY_VERIFY(gateway.accepted > before + 5);
    QCOMPARE(gateway.refused, 0);
    QCOMPARE(server.refused, 0);
  }

  void filesThatItNames() {
    put("points.csv", "name,number,type\nph,80,float64\n");
    Parts parts;
    parts.points = QStringLiteral("{ '$csv': 'points.csv' }");
    QVERIFY(reload(manifest(parts)).contains(QStringLiteral("1 replaced (lab)")));
    put("points.csv", "name,number,type\nph,80,float64\ntemp,81,float64\n");
    const auto before = notices().size();
    hup();
    QTRY_COMPARE(notices().size(), before + 1);
    QVERIFY2(notices().last().contains(QStringLiteral("1 replaced (lab)")), qPrintable(notices().last()));
    QVERIFY(!point("lab/temp").isEmpty());
    // Comments, the order of keys and one's own keys are no difference.
    hup();
    QTRY_COMPARE(notices().size(), before + 2);
    QVERIFY2(notices().last().contains(QStringLiteral("no instance differs")), qPrintable(notices().last()));
    const QString same = reload(manifest(parts).replace("\"id\": \"lab\", \"type\": \"ingest\"",
                                                        "\"type\": \"ingest\", \"x-note\": 1, \"id\": \"lab\""));
    QVERIFY2(same.contains(QStringLiteral("no instance differs")), qPrintable(same));
  }

  void brokenOnesChangeNothing() {
    struct Case {
      const char *from;
      const char *to;
      const char *said;
    };
    static constexpr Case cases[]{
        {"{ \"data_dir\"", "{{ \"data_dir\"", "Missing a name"},
        {"] }\n", "", "1 runs on"},
        {"\"points\"", "\"pionts\"", "did you mean"},
        {"\"ingest\"", "\"injest\"", "did you mean"},
        {"\"other\"", "\"lab\"", "taken"},
        {"\"number\": 90", "\"number\": 80", "number 80"},
        {"\"number\": 80", "\"number\": \"80\"", "whole number"},
        {"other/level", "other/levle", "unknown point"},
        {"\"batch_interval_ms\": 20", "\"batch_interval_ms\": -1", "allowed"},
        {"{ \"name\": \"ph\", \"number\": 80, \"type\": \"float64\" }", "{ \"$csv\": \"none.csv\" }", "none.csv"},
        {"\"var\"", "\"elsewhere\"", "needs a restart"},
        {"cold store", "warm store", "needs a restart"},
        {"\"name\": \"cold store\"", "\"timezone\": \"Asia/Kolkata\", \"name\": \"cold store\"", "needs a restart"},
    };
    Client stays(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(m_port));
    QVERIFY(stays.waitOpen());
    for (const Case &each : cases) {
      QByteArray text = manifest({});
      const auto at = text.indexOf(each.from);
      QVERIFY2(at >= 0, each.from);
      const QString told = reload(text.replace(at, static_cast<qsizetype>(qstrlen(each.from)), each.to));
      QVERIFY2(told.contains(QStringLiteral("the manifest in the file is not taken: ")) &&
                   told.contains(QLatin1String(each.said)) && told.contains(QStringLiteral("version 1 runs on")),
               qPrintable(told));
    }
    QVERIFY(m_program->errors().contains(QStringLiteral("the manifest was not read again")));
    QVERIFY(post(80, 1) && post(90, 2));
    QCOMPARE(stays.closeCode, 0);
    QCOMPARE(get("/api/v1/manifest")[u"version"].toInt(), 1);
    QVERIFY(!get("/api/v1/manifest")[u"is_running"].toBool(true));
    QCOMPARE(get("/healthz")[u"status"].toString(), QStringLiteral("degraded"));
    const QJsonObject host = get("/healthz")[u"instances"].toArray().last().toObject();
    QCOMPARE(host[u"id"].toString(), QStringLiteral("tagwire"));
    QVERIFY(host[u"text"].toString().contains(QStringLiteral("the manifest in the file is not taken: ")));
    put(manifest({}));
    hup();
    QTRY_COMPARE(get("/healthz")[u"status"].toString(), QStringLiteral("ok"));
  }

  void versionsAtTheCommandLine() {
    const auto run = [this](const QStringList &arguments, int expected) {
      QProcess process;
      process.setWorkingDirectory(m_program->folder());
      process.start(QStringLiteral(TAGWIRE_PROGRAM), QStringList{QStringLiteral("manifest")} + arguments);
      const bool isOver = process.waitForFinished(20'000);
      const QString said = QString::fromUtf8(process.readAllStandardOutput() + process.readAllStandardError());
      return isOver && process.exitCode() == expected ? said
                                                      : QStringLiteral("exit %1: ").arg(process.exitCode()) + said;
    };
    const auto file = QStringLiteral("manifest.json");
    QCOMPARE(run({QStringLiteral("diff"), file}, 0), QString());
    Parts parts;
    parts.points += QStringLiteral(", { 'name': 'temp', 'type': 'float64' }");
    QVERIFY(reload(manifest(parts)).contains(QStringLiteral("version 2 of the manifest runs")));
    QVERIFY(run({QStringLiteral("history"), file}, 0).contains(QStringLiteral("\n2*")));
    const QString difference = run({QStringLiteral("diff"), file, QStringLiteral("1")}, 1);
    QVERIFY2(difference.startsWith(QStringLiteral("--- version 1\n+++ manifest.json\n")) &&
                 difference.contains(QStringLiteral("temp")),
             qPrintable(difference));
    QCOMPARE(run({QStringLiteral("show"), file, QStringLiteral("1")}, 0).toUtf8(), manifest({}));
    const QString none = run({QStringLiteral("rollback"), file, QStringLiteral("7")}, 64);
    QVERIFY2(none.contains(QStringLiteral("there is no version \"7\" (allowed: 1 to 2)")), qPrintable(none));

    // Also from a file that is no manifest any more; what stood there is kept.
    put("{ broken");
    const QStringList back{QStringLiteral("rollback"), file, QStringLiteral("1"), QStringLiteral("--data-dir"),
                           m_program->file("var")};
    const QString said = run(back, 0);
    QVERIFY2(said.contains(QStringLiteral("manifest.json is version 1 again, kept as version 4")), qPrintable(said));
    const auto before = notices().size();
    hup();
    QTRY_COMPARE(notices().size(), before + 1);
    QVERIFY2(notices().last().contains(QStringLiteral("version 4 of the manifest runs: 1 replaced (lab)")),
             qPrintable(notices().last()));
    QVERIFY(point("lab/temp").isEmpty());
    QCOMPARE(get("/api/v1/manifest/versions")[u"versions"].toArray().size(), 4);
  }

  void oneThatDoesNotComeUpLeavesTheFile() {
    QTcpServer taken;
    QVERIFY(taken.listen(QHostAddress::LocalHost));
    Parts parts;
    parts.more = QStringLiteral(",\n{ 'id': 'third', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%1' } }")
                     .arg(taken.serverPort());
    const QByteArray text = manifest(parts);
    const QString told = reload(text);
    QVERIFY2(told.contains(QStringLiteral("did not come up: port is busy")) &&
                 told.contains(QStringLiteral("version 1 is back")),
             qPrintable(told));
    QFile file(m_program->file("manifest.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), text);
    QVERIFY(post(80, 1));
    QTRY_VERIFY(m_program->errors().contains(
        QStringLiteral("version 1 of the manifest is back; the file holds the one that did not come up")));
    QCOMPARE(get("/healthz")[u"status"].toString(), QStringLiteral("degraded"));
  }

  void manySignalsAreOne() {
    Parts parts;
    parts.points += QStringLiteral(", { 'name': 'temp', 'type': 'float64' }");
    put(manifest(parts));
    for (int i = 0; i < 100; ++i) hup();
    QTRY_VERIFY(!point("lab/temp").isEmpty());
    // One for the first, and at most a few for those that came while that was under way: all before the next change.
    parts.points += QStringLiteral(", { 'name': 'last', 'type': 'float64' }");
    put(manifest(parts));
    hup();
    QTRY_VERIFY(!point("lab/last").isEmpty());
    QTRY_VERIFY(notices().join(u' ').contains(QStringLiteral("version 3 of the manifest runs")));
    QVERIFY2(notices().size() <= 7, qPrintable(notices().join(u'\n')));
    QCOMPARE(get("/api/v1/manifest")[u"version"].toInt(), 3);
    QVERIFY(post(80, 1));
  }

  /// Asked to end at any moment of a reload.
  void endsInTheMiddle() {
    for (const int delay : {0, 2, 5, 8, 20, 120, 260, 400}) {
      Parts parts;
      parts.points += QStringLiteral(", { 'name': 'p%1', 'type': 'float64' }").arg(delay);
      put(manifest(parts));
      hup();
      if (delay > 0) (void)m_program->process().waitForFinished(delay);
      QCOMPARE(m_program->terminate(), 0);
      QVERIFY2(m_program->start(manifest({})), qPrintable(m_program->errors()));
      QVERIFY(post(90, delay));
    }
  }

  /// What was accepted is stored, each value once, whatever is replaced meanwhile.
  void nothingIsLost() {
    int sent = 0;
    QStringList told;
    for (int round = 0; round < 3; ++round) {
      Parts parts;
      parts.web = QStringLiteral(", 'rooms': [ { 'id': %1, 'name': 'Hall' } ]").arg(round + 1);
      QByteArray text = manifest(parts);
      text.replace("\"batch_interval_ms\": 20", "\"batch_interval_ms\": " + QByteArray::number(30 + round));
      const auto before = notices().size();
      put(text);
      hup();
      while (notices().size() == before) {
        for (int i = 0; i < 20; ++i) {
          QVERIFY(post(90, sent));
          ++sent;
        }
      }
      told << notices().last();
      QVERIFY2(told.last().contains(QStringLiteral("2 replaced (history, web)")), qPrintable(told.join(u'\n')));
    }
    QVERIFY(sent > 100);
    const auto stored = [this] {
      const QJsonObject answer =
          get("/api/v1/history?point=other/level&limit=10000&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z");
      return answer[u"series"][0][u"values"].toArray();
    };
    QTRY_COMPARE(stored().size(), sent);
    const QJsonArray values = stored();
    for (int i = 0; i < sent; ++i) QCOMPARE(values[i][u"v"].toInt(-1), i);
  }
};

TAGWIRE_TEST(ReloadTest)

}  // namespace reload_test

#include "reload_test.moc"
