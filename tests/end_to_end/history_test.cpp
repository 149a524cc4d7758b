// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTest>

#include "runningprogram.h"
#include "testprogram.h"

namespace history_test {

/// The history with the real program: values in by REST, out by REST, by the command line and over kills.
class HistoryTest : public QObject {
  Q_OBJECT

  quint16 m_port = 0;
  std::unique_ptr<RunningProgram> m_program;

  QByteArray manifest() const {
    return QStringLiteral(
               "{ 'data_dir': 'var', 'plugins': [\n"
               "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [\n"
               "  { 'name': 'ph', 'number': 80, 'type': 'float64', 'unit': 'pH' },\n"
               "  { 'name': 'note', 'number': 81, 'type': 'string' } ] } },\n"
               "{ 'id': 'history', 'type': 'sql', 'config': { 'database': 'sqlite:history.db', 'batch_interval_ms': 20 "
               "} },\n"
               "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%1', 'auth': { 'anonymous': ['*:*'] },\n"
               "  'endpoints': [ { 'path': '/ws', 'protocol': 'panel' } ] } } ] }\n")
        .arg(m_port)
        .replace(u'\'', u'"')
        .toUtf8();
  }

  bool post(int number, const QByteArray &value, int second) {
    const QByteArray time = "2026-02-10T12:" + QByteArray::number(10 + second / 60) + ':' +
                            QByteArray::number(100 + second % 60).mid(1) + 'Z';
    const QByteArray body =
        "{\"endpointId\":" + QByteArray::number(number) + ",\"value\":" + value + ",\"timestamp\":\"" + time + "\"}";
    return http(m_port, "POST", "/api/os/telemetry/ingest", body).status == 200;
  }

  QJsonObject get(const QByteArray &path) { return http(m_port, "GET", path).json(); }

  static QJsonArray valuesIn(const QJsonObject &answer) {
    return answer.value(QLatin1String("series")).toArray().first().toObject().value(QLatin1String("values")).toArray();
  }
  static QJsonArray bucketsIn(const QJsonObject &answer) {
    return answer.value(QLatin1String("series")).toArray().first().toObject().value(QLatin1String("buckets")).toArray();
  }

  /// `tagwire history …`; what it prints.
  QByteArray run(const QStringList &arguments, int expected = 0) {
    QProcess process;
    process.setWorkingDirectory(m_program->folder());
    process.start(QStringLiteral(TAGWIRE_PROGRAM), QStringList{QStringLiteral("history")} + arguments);
    if (!process.waitForFinished(20'000)) return "does not end";
    const QByteArray errors = process.readAllStandardError();
    if (process.exitCode() != expected) return QByteArray::number(process.exitCode()) + ": " + errors;
    return process.readAllStandardOutput();
  }

  static constexpr const char *range = "&from=2026-02-10T12:00:00Z&to=2026-02-10T13:00:00Z";

 private Q_SLOTS:
  void initTestCase() {
    m_port = freePort();
    m_program = std::make_unique<RunningProgram>();
    QVERIFY2(m_program->start(manifest()), qPrintable(m_program->errors()));
    for (int i = 0; i < 120; ++i) QVERIFY(post(80, QByteArray::number(7 + i * 0.01), i));
    QVERIFY(post(81, "\"caustic, \\\"2 %\\\"\"", 5));
  }
  void cleanupTestCase() {
    QCOMPARE(m_program->terminate(), 0);
    QVERIFY2(!m_program->errors().contains(QLatin1String(" error ")), qPrintable(m_program->errors()));
  }

  void whatCameInCanBeAskedFor() {
    const QByteArray path = QByteArray("/api/v1/history?point=lab/ph&limit=1000") + range;
    QTRY_COMPARE(valuesIn(get(path)).size(), 120);
    const QJsonObject last = valuesIn(get(path)).last().toObject();
    QCOMPARE(last.value(QLatin1String("v")).toDouble(), 8.19);
    QCOMPARE(last.value(QLatin1String("t")).toString(), QStringLiteral("2026-02-10T12:11:59.000Z"));
  }

  void aTrendHasItsPeaks() {
    const auto lastCount = [this] {
      const QJsonArray all = bucketsIn(get(QByteArray("/api/v1/history?point=lab/ph&interval=1min") + range));
      return all.size() == 2 ? all[1].toObject().value(QLatin1String("count")).toInt() : 0;
    };
    QTRY_COMPARE(lastCount(), 60);
    const auto buckets = bucketsIn(get(QByteArray("/api/v1/history?point=lab/ph&interval=1min") + range));
    QCOMPARE(buckets[1].toObject().value(QLatin1String("min")).toDouble(), 7.6);
    QCOMPARE(buckets[1].toObject().value(QLatin1String("max")).toDouble(), 8.19);
    QCOMPARE(buckets[1].toObject().value(QLatin1String("count")).toInt(), 60);
  }

  void everythingIsThereAfterAKill() {
    m_program->kill();
    QVERIFY(QFile::exists(m_program->file("var/history.db")));
    QVERIFY(m_program->start(manifest()));
    QTRY_COMPARE(valuesIn(get(QByteArray("/api/v1/history?point=lab/ph&limit=1000") + range)).size(), 120);
    QVERIFY(http(m_port, "GET", "/metrics").body.contains("tagwire_sql_ledger_difference{plugin=\"history\"} 0"));
  }

  void theCommandLineExportsWhileItRuns() {
    QTRY_COMPARE(run({QStringLiteral("export"), QStringLiteral("manifest.json"), QStringLiteral("--point"),
                      QStringLiteral("lab/note"), QStringLiteral("--from"), QStringLiteral("2026-02-10T00:00:00Z")})
                     .count('\n'),
                 2);
    const QByteArray csv = run({QStringLiteral("export"), QStringLiteral("manifest.json"), QStringLiteral("--point"),
                                QStringLiteral("lab/#"), QStringLiteral("--from"), QStringLiteral("2026-02-10")});
    QCOMPARE(csv.count('\n'), 122);
    QVERIFY2(csv.contains("\"caustic, \"\"2 %\"\"\""), csv.constData());
  }

  void whatIsImportedIsMarkedAndStoredOnce() {
    QFile file(m_program->file("old.csv"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("time,point,value\n");
    for (int i = 0; i < 10; ++i)
      file.write("2025-01-01T00:00:0" + QByteArray::number(i) + "Z,lab/ph,5." + QByteArray::number(i) + '\n');
    file.close();
    const QStringList import{QStringLiteral("import"), QStringLiteral("manifest.json"), QStringLiteral("old.csv")};
    run(import);
    run(import);
    const QJsonArray values =
        valuesIn(get("/api/v1/history?point=lab/ph&from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z"));
    QCOMPARE(values.size(), 10);
    QVERIFY(values.first().toObject().value(QLatin1String("historical")).toBool());
    const QJsonArray days =
        bucketsIn(get("/api/v1/history?point=lab/ph&interval=1d&from=2025-01-01T00:00:00Z&to=2025-01-03T00:00:00Z"));
    QCOMPARE(days.size(), 1);
    QCOMPARE(days.first().toObject().value(QLatin1String("max")).toDouble(), 5.9);
  }

  void whatCantBeReadIs66AndWhatCantBeWritten73() {
    // What run() prints before the text is the exit code, which it did not expect.
    const QString manifest = QStringLiteral("manifest.json");
    const QByteArray noFile = run({QStringLiteral("import"), manifest, QStringLiteral("nope.csv")});
    QVERIFY2(noFile.startsWith("66: can't read nope.csv: "), noFile.constData());
    const QString nowhere = QStringLiteral("/proc/x/y.csv");
    const QByteArray noOutput = run({QStringLiteral("export"), manifest, QStringLiteral("--output"), nowhere});
    QVERIFY2(noOutput.startsWith("73: can't write /proc/x/y.csv: "), noOutput.constData());
    // So little that it is written out at the end only. What a full disk says, a limit on the size of files does, too.
    QProcess limited;
    limited.setWorkingDirectory(m_program->folder());
    limited.start(QStringLiteral("sh"),
                  {QStringLiteral("-c"),
                   QStringLiteral("trap '' XFSZ; ulimit -f 1; exec \"$1\" history export manifest.json --point 'lab/#' "
                                  "--from 2026-02-10 --output small.csv"),
                   QStringLiteral("sh"), QStringLiteral(TAGWIRE_PROGRAM)});
    QVERIFY(limited.waitForFinished(20'000));
    const QByteArray tooLarge = limited.readAllStandardError();
    QVERIFY2(limited.exitCode() == 73 && tooLarge.startsWith("can't write small.csv: "), tooLarge.constData());
    QVERIFY(!QFile::exists(m_program->file("small.csv")));
    QFile other(m_program->file("other.json"));
    QVERIFY(other.open(QIODevice::WriteOnly));
    other.write(
        "{ \"data_dir\": \"other\", \"plugins\": [ { \"id\": \"h\", \"type\": \"sql\", \"config\": "
        "{ \"database\": \"sqlite:history.db\" } } ] }");
    other.close();
    const QByteArray none = run({QStringLiteral("export"), QStringLiteral("other.json")});
    QCOMPARE(none, "66: there is no history yet in " + m_program->file("other/history.db").toUtf8() +
                       ": tagwire run makes it\n");
    QVERIFY(!QFile::exists(m_program->file("other")));
  }

  void aLineThatIsWrongIsNamed() {
    QFile file(m_program->file("bad.csv"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("time,point,value\n2025-01-01T00:00:00Z,lab/ph,5.1\nyesterday,lab/ph,5\n");
    file.close();
    const QByteArray said = run({QStringLiteral("import"), QStringLiteral("manifest.json"), QStringLiteral("bad.csv")});
    QVERIFY2(said.contains("bad.csv:3") && said.contains("yesterday"), said.constData());
  }
};

TAGWIRE_TEST(HistoryTest)

}  // namespace history_test

#include "history_test.moc"
