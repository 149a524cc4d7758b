// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include "runningprogram.h"
#include "testprogram.h"

namespace manifest_test {

namespace {

QByteArray quoted(const QString &text) { return QString(text).replace(u'\'', u'"').toUtf8(); }

}  // namespace

/// The manifest of the real program, changed while it runs.
class ManifestTest : public QObject {
  Q_OBJECT

  quint16 m_port = 0;
  std::unique_ptr<RunningProgram> m_program;

  /// With so many points, and a second listener if a port for it is given.
  QByteArray manifest(int points, quint16 second = 0, const QString &dataDir = QStringLiteral("var")) const {
    QStringList list;
    for (int i = 1; i <= points; ++i) list << QStringLiteral("{ 'name': 'p%1', 'type': 'float64' }").arg(i);
    const QString listener =
        QStringLiteral(",\n{ 'id': 'second', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%1' } }").arg(second);
    return quoted(QStringLiteral("{ 'data_dir': '%1', 'plugins': [ // a comment that stays\n"
                                 "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [ %2 ] } },\n"
                                 "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%3', 'auth': { "
                                 "'anonymous': ['*:*'] } } }%4 ] }\n")
                      .arg(dataDir, list.join(QStringLiteral(", ")))
                      .arg(m_port)
                      .arg(second > 0 ? listener : QString()));
  }
  QJsonObject get(const QByteArray &path) const { return http(m_port, "GET", path).json(); }
  QByteArray file() const {
    QFile file(m_program->file("manifest.json"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  HttpAnswer put(const QByteArray &text, const char *comment = "because") const {
    const QJsonObject json{{QStringLiteral("text"), QString::fromUtf8(text)},
                           {QStringLiteral("comment"), QString::fromLatin1(comment)},
                           {QStringLiteral("base_hash"), get("/api/v1/manifest")[u"hash"]}};
    return http(m_port, "PUT", "/api/v1/manifest", QJsonDocument(json).toJson());
  }
  /// Points that are served now; -1: nothing is.
  int points() const {
    const HttpAnswer answer = http(m_port, "GET", "/api/v1/points");
    return answer.status == 200 ? static_cast<int>(QJsonDocument::fromJson(answer.body).array().size()) : -1;
  }
  int version() const { return get("/api/v1/manifest")[u"version"].toInt(-1); }
  /// What the program told of the manifest, the newest last.
  QStringList notices() const {
    QStringList texts;
    const QByteArray body = http(m_port, "GET", "/api/v1/events?type=system").body;
    const QJsonDocument document = QJsonDocument::fromJson(body);
    const QJsonArray events = document.isArray() ? document.array() : document.object()[u"events"].toArray();
    for (const QJsonValue &each : events) {
      const QString text = QString::fromUtf8(QJsonDocument(each.toObject()).toJson(QJsonDocument::Compact));
      if (text.contains(QStringLiteral("of the manifest"))) texts << text;
    }
    return texts;
  }
  QString actions() const {
    QStringList all;
    const QJsonArray records = get("/api/v1/audit?kind=config")[u"records"].toArray();
    for (const QJsonValue &each : records) all.prepend(each[u"action"].toString());
    return all.join(u' ');
  }

 private Q_SLOTS:
  void init() {
    m_port = freePort();
    m_program = std::make_unique<RunningProgram>();
  }
  void cleanup() { m_program.reset(); }

  void anotherOneAndBackAgain() {
    QVERIFY2(m_program->start(manifest(1)), qPrintable(m_program->errors()));
    const qint64 pid = m_program->processId();
    const QJsonObject before = get("/api/v1/manifest");
    QCOMPARE(before[u"file"].toString(), QStringLiteral("manifest.json"));
    QCOMPARE(before[u"text"].toString().toUtf8(), manifest(1));
    QVERIFY(before[u"can_apply"].toBool() && before[u"is_running"].toBool());
    QCOMPARE(before[u"version"].toInt(), 1);

    const HttpAnswer answer = put(manifest(3), "two more");
    QCOMPARE(answer.status, 202);
    QCOMPARE(answer.json()[u"version"].toInt(), 2);
    QTRY_COMPARE(points(), 3);
    QCOMPARE(file(), manifest(3));
    QTRY_VERIFY(!notices().isEmpty());
    QVERIFY2(notices().last().contains(QStringLiteral("version 2 of the manifest runs: 1 replaced (lab)")),
             qPrintable(notices().last()));

    const QJsonArray versions = get("/api/v1/manifest/versions")[u"versions"].toArray();
    QCOMPARE(versions.size(), 2);
    QCOMPARE(versions[0][u"comment"].toString(), QStringLiteral("two more"));
    QCOMPARE(versions[0][u"by"].toString(), QStringLiteral("anonymous"));
    QVERIFY(versions[0][u"is_current"].toBool() && !versions[1][u"is_current"].toBool());
    QCOMPARE(versions[1][u"by"].toString(), QStringLiteral("file"));

    QCOMPARE(http(m_port, "POST", "/api/v1/manifest/versions/1/rollback", "{}").status, 202);
    QTRY_COMPARE(points(), 1);
    QCOMPARE(file(), manifest(1));
    QCOMPARE(version(), 3);
    QTRY_COMPARE(actions(), QStringLiteral("start change reload applied rollback reload applied"));
    QCOMPARE(m_program->processId(), pid);
    QCOMPARE(m_program->terminate(), 0);
  }

  void aWrongOneChangesNothing() {
    QVERIFY2(m_program->start(manifest(1)), qPrintable(m_program->errors()));
    const QByteArray wrong = manifest(1).replace("float64", "flaot64");
    const QByteArray body = QJsonDocument(QJsonObject{{QStringLiteral("text"), QString::fromUtf8(wrong)}}).toJson();
    const QJsonObject checked = http(m_port, "POST", "/api/v1/manifest/check", body).json();
    QVERIFY(!checked[u"ok"].toBool(true));
    const QJsonValue problem = checked[u"problems"][0];
    QCOMPARE(problem[u"line"].toInt(), 2);
    QVERIFY(problem[u"column"].toInt() > 1);
    QCOMPARE(problem[u"file"].toString(), QStringLiteral("manifest.json"));
    QCOMPARE(problem[u"path"].toString(), QStringLiteral("plugins[0].config.points[0].type"));
    QVERIFY(problem[u"message"].toString().contains(QStringLiteral("did you mean")));

    QCOMPARE(put(wrong).status, 422);
    QCOMPARE(put("{").status, 422);
    const HttpAnswer moved = put(manifest(1, 0, QStringLiteral("elsewhere")));
    QCOMPARE(moved.status, 422);
    QCOMPARE(moved.json()[u"problems"][0][u"path"].toString(), QStringLiteral("data_dir"));
    // A large one arrives whole, at the process that checks it, too.
    const QByteArray large = manifest(1) + QByteArray(8 * 1024 * 1024, ' ');
    const QJsonObject wish{{QStringLiteral("text"), QString::fromUtf8(large + "x")}};
    const QJsonObject found = http(m_port, "POST", "/api/v1/manifest/check", QJsonDocument(wish).toJson()).json();
    QCOMPARE(found[u"problems"][0][u"column"].toInt(), 8 * 1024 * 1024 + 1);
    // Somebody else was faster.
    const QByteArray stale =
        QJsonDocument(QJsonObject{{QStringLiteral("text"), QString::fromUtf8(manifest(2))},
                                  {QStringLiteral("base_hash"), QString(QStringLiteral("0")).repeated(64)}})
            .toJson();
    QCOMPARE(http(m_port, "PUT", "/api/v1/manifest", stale).status, 409);
    QCOMPARE(file(), manifest(1));
    QCOMPARE(version(), 1);
    QCOMPARE(points(), 1);
    QCOMPARE(get("/api/v1/manifest/versions")[u"versions"].toArray().size(), 1);
    QTRY_COMPARE(actions(), QStringLiteral("start check check check check check"));
  }

  /// What is on the disk after an upgrade would check another program's manifest.
  void afterAnUpgradeNothingIsChecked() {
    QTemporaryDir plugins;
    const auto install = [&plugins](const char *content) {
      QFile file(plugins.filePath(QStringLiteral("own.so")));
      return file.open(QIODevice::WriteOnly) && file.write(content) > 0;
    };
    QVERIFY(install("not a plugin yet"));
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("TAGWIRE_PLUGIN_PATH"), plugins.path());
    m_program->process().setProcessEnvironment(environment);
    QVERIFY2(m_program->start(manifest(1)), qPrintable(m_program->errors()));
    const QByteArray body =
        QJsonDocument(QJsonObject{{QStringLiteral("text"), QString::fromUtf8(manifest(2))}}).toJson();
    QCOMPARE(http(m_port, "POST", "/api/v1/manifest/check", body).status, 200);
    QVERIFY(install("another one now"));
    for (const HttpAnswer &answer : {http(m_port, "POST", "/api/v1/manifest/check", body), put(manifest(2))}) {
      QCOMPARE(answer.status, 503);
      QCOMPARE(answer.json()[u"error"].toString(),
               QStringLiteral("the program was upgraded while it runs (own.so): restart it first"));
    }
    QCOMPARE(file(), manifest(1));
    QCOMPARE(m_program->terminate(), 0);
    QVERIFY2(m_program->start(manifest(1)), qPrintable(m_program->errors()));
    QCOMPARE(http(m_port, "POST", "/api/v1/manifest/check", body).status, 200);
  }

  void oneThatDoesNotComeUpGoesBack() {
    QTcpServer taken;
    QVERIFY(taken.listen(QHostAddress::LocalHost));
    QVERIFY2(m_program->start(manifest(1)), qPrintable(m_program->errors()));
    const qint64 pid = m_program->processId();
    QCOMPARE(put(manifest(3, taken.serverPort())).status, 202);
    QTRY_VERIFY(!notices().isEmpty());
    const QString notice = notices().last();
    QVERIFY2(notice.contains(QStringLiteral("version 2 of the manifest did not come up: port is busy: 127.0.0.1:%1")
                                 .arg(taken.serverPort())),
             qPrintable(notice));
    QVERIFY(notice.contains(QStringLiteral("version 1 is back")));
    QCOMPARE(points(), 1);
    QCOMPARE(version(), 1);
    QCOMPARE(file(), manifest(1));
    QVERIFY(get("/api/v1/manifest")[u"can_apply"].toBool());
    QTRY_COMPARE(actions(), QStringLiteral("start change reload reload taken back"));
    // It can be mended: the port is free now.
    const quint16 port = taken.serverPort();
    taken.close();
    QCOMPARE(put(manifest(3, port)).status, 202);
    QTRY_COMPARE(points(), 3);
    QCOMPARE(m_program->processId(), pid);
    QCOMPARE(m_program->terminate(), 0);
  }

  void whatSomebodyWroteIntoTheFileIsNotLost() {
    QVERIFY2(m_program->start(manifest(1)), qPrintable(m_program->errors()));
    QFile changed(m_program->file("manifest.json"));
    QVERIFY(changed.open(QIODevice::WriteOnly) && changed.write(manifest(2)) > 0);
    changed.close();
    const QJsonObject state = get("/api/v1/manifest");
    QCOMPARE(state[u"text"].toString().toUtf8(), manifest(2));
    QVERIFY(!state[u"is_running"].toBool(true));
    QCOMPARE(put(manifest(4)).status, 202);
    QTRY_COMPARE(points(), 4);
    const QJsonArray versions = get("/api/v1/manifest/versions")[u"versions"].toArray();
    QCOMPARE(versions.size(), 3);
    QCOMPARE(get("/api/v1/manifest/versions/2")[u"text"].toString().toUtf8(), manifest(2));
    // After a restart it is the same version, and no new one.
    QCOMPARE(m_program->terminate(), 0);
    QVERIFY2(m_program->start(manifest(4)), qPrintable(m_program->errors()));
    QCOMPARE(version(), 3);
  }

  void killedAtAnyMoment() {
    QByteArray now = manifest(1);
    for (int delay = 0; delay < 12; ++delay) {
      QVERIFY2(m_program->start(now), qPrintable(m_program->errors()));
      const QByteArray other = manifest(now == manifest(1) ? 2 : 1);
      const QByteArray body =
          QJsonDocument(QJsonObject{{QStringLiteral("text"), QString::fromUtf8(other)},
                                    {QStringLiteral("comment"), QStringLiteral("x")},
                                    {QStringLiteral("base_hash"), get("/api/v1/manifest")[u"hash"]}})
              .toJson();
      QTcpSocket socket;
      socket.connectToHost(QHostAddress::LocalHost, m_port);
      QVERIFY(socket.waitForConnected(5000));
      socket.write("PUT /api/v1/manifest HTTP/1.1\r\nHost: 127.0.0.1:" + QByteArray::number(m_port) +
                   "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
      QVERIFY(socket.waitForBytesWritten(5000));
      QTest::qWait(delay * 60);  // a moment of its own each time: no outcome depends on which
      m_program->kill();
      const QByteArray left = file();
      QVERIFY2(left == now || left == other, left.constData());
      now = left;
    }
    QVERIFY2(m_program->start(now), qPrintable(m_program->errors()));
    QCOMPARE(get("/api/v1/manifest")[u"text"].toString().toUtf8(), now);
    QVERIFY(get("/api/v1/manifest")[u"can_apply"].toBool());
    QCOMPARE(put(manifest(5)).status, 202);
    QTRY_COMPARE(points(), 5);
  }

  void checkTellsOtherProgramsInJson() {
    QProcess process;
    process.setWorkingDirectory(m_program->folder());
    process.start(QStringLiteral(TAGWIRE_PROGRAM), {QStringLiteral("check"), QStringLiteral("--json"),
                                                    QStringLiteral("--stdin"), QStringLiteral("m.json")});
    process.write(manifest(1).replace("ingest", "inngest"));
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(30'000));
    QCOMPARE(process.exitCode(), 78);
    const QJsonObject said = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    QCOMPARE(said[u"problems"][0][u"file"].toString(), QStringLiteral("m.json"));
    QCOMPARE(said[u"problems"][0][u"severity"].toString(), QStringLiteral("error"));
    QVERIFY(process.readAllStandardError().isEmpty());
    QVERIFY(!QFile::exists(m_program->file("m.json")));
  }

  void theFirstAdministrator() {
    const QByteArray closed = quoted(QStringLiteral("{ 'data_dir': 'var', 'plugins': [ { 'id': 'web', 'type': 'ws', "
                                                    "'config': { 'listen': '127.0.0.1:%1' } } ] }")
                                         .arg(m_port));
    QVERIFY2(m_program->start(closed), qPrintable(m_program->errors()));
    static const QRegularExpression pattern(QStringLiteral("one-time code: ([0-9A-Z-]+)"));
    QTRY_VERIFY(pattern.match(m_program->errors()).hasMatch());
    const QByteArray code = pattern.match(m_program->errors()).captured(1).toLatin1();
    QCOMPARE(get("/api/v1/setup")[u"needed"], QJsonValue(true));
    const QByteArray body = "{\"code\":\"" + code + "\",\"name\":\"ann\",\"password\":\"correct horse battery\"}";
    QCOMPARE(http(m_port, "POST", "/api/v1/setup", QByteArray(body).replace(code, "AAAA-AAAA-AAAA-AAAA")).status, 403);
    QCOMPARE(http(m_port, "POST", "/api/v1/setup", body).status, 201);
    QCOMPARE(get("/api/v1/setup")[u"needed"], QJsonValue(false));
    QCOMPARE(http(m_port, "POST", "/api/v1/login", "{\"user\":\"ann\",\"password\":\"correct horse battery\"}").status,
             200);
    QVERIFY(!m_program->errors().contains(QStringLiteral("correct horse")));
    // No code is made for a site that has users.
    QCOMPARE(m_program->terminate(), 0);
    const auto told = m_program->errors().count(QStringLiteral("one-time code"));
    QVERIFY2(m_program->start(closed), qPrintable(m_program->errors()));
    QCOMPARE(get("/api/v1/setup")[u"needed"], QJsonValue(false));
    QCOMPARE(m_program->errors().count(QStringLiteral("one-time code")), told);
  }
};

TAGWIRE_TEST(ManifestTest)

}  // namespace manifest_test

#include "manifest_test.moc"
