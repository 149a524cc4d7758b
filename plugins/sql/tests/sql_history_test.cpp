// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>

#include "historywriter.h"
#include "otherprogram.h"
#include "schema.h"

using namespace tagwire;
using namespace tagwire::sql;

namespace {

constexpr Time moment{std::chrono::nanoseconds(1'770'733'530'123'456'789)};  // 2026-02-10T14:25:30.123456789Z

Result<void> writeAll(SqliteFile &file, const PointTable &points, const Samples &samples) {
  HistoryWriter writer(file, points, QStringLiteral("epoch"));
  Result<void> result = writer.prepare();
  if (result) result = writer.begin();
  for (const Sample &sample : samples) {
    if (result) result = writer.add(sample);
  }
  return result ? writer.commit() : result;
}

}  // namespace

/// The file and its writer, against a second connection that reads what is really there.
class SqlHistoryTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<PointTable> m_points;
  QString m_path;

  PointId declare(const char *name, ValueType type = ValueType::Double, const char *unit = "") {
    PointInfo info;
    info.name = QString::fromUtf8(name);
    info.type = type;
    info.unit = QString::fromUtf8(unit);
    return m_points->declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value_or(PointId::None);
  }
  QString read(const char *sql) const { return OtherProgram(m_path).one(sql); }

 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_points = std::make_unique<PointTable>();
    m_path = m_folder->filePath(QStringLiteral("history.db"));
  }

  void valuesOfEveryTypeRoundTrip_data() {
    QTest::addColumn<Value>("value");
    QTest::addColumn<QString>("stored");
    const auto row = [](const char *name, Value value, const char *stored) {
      QTest::newRow(name) << std::move(value) << QString::fromUtf8(stored);
    };
    row("none", {}, "null|NULL");
    row("true", true, "integer|1");
    row("false", false, "integer|0");
    row("largest", std::numeric_limits<qint64>::max(), "integer|9223372036854775807");
    row("smallest", std::numeric_limits<qint64>::min(), "integer|-9223372036854775808");
    row("beyond 2^53", qint64(9'007'199'254'740'993), "integer|9007199254740993");
    row("double", 81.25, "real|81.25");
    row("whole double", 3.0, "real|3.0");
    row("text", QStringLiteral("Läuft 'gut'; DROP TABLE samples; --"), "text|Läuft 'gut'; DROP TABLE samples; --");
    row("number as text", QStringLiteral("007"), "text|007");
    row("empty text", QStringLiteral(""), "text|");
  }
  void valuesOfEveryTypeRoundTrip() {
    QFETCH(Value, value);
    QFETCH(QString, stored);
    const PointId point = declare("a");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points, {{point, Quality::good(), moment, value}}).has_value());
    QCOMPARE(read("SELECT typeof(value), value FROM samples"), stored);
  }

  void doublesAreExactToTheBit() {
    const PointId point = declare("a");
    const QList<double> values{0.1, -0.0, 1e308, 5e-324, 1.0 / 3, std::nextafter(1.0, 2.0)};
    Samples samples;
    for (double value : values)
      samples << Sample{point, Quality::good(), moment + std::chrono::hours(samples.size()), value};
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points, samples).has_value());
    sqlite3_stmt *statement = nullptr;
    QCOMPARE(sqlite3_prepare_v2(file.handle(), "SELECT value FROM samples ORDER BY time_ns", -1, &statement, nullptr),
             0);
    for (double value : values) {
      QCOMPARE(sqlite3_step(statement), SQLITE_ROW);
      QVERIFY(sqlite3_column_double(statement, 0) == value);
    }
    sqlite3_finalize(statement);
  }

  void timeIsExactToTheNanosecondAndQualityKept() {
    const PointId point = declare("boiler/temp", ValueType::Double, "°C");
    const Quality lost = Quality::bad(QualityReason::NoConnection);
    const Quality stale = Quality::uncertain(QualityReason::Stale);
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points,
                     {{point, Quality::good(), moment, 81.5},
                      {point, lost, moment + std::chrono::nanoseconds(1), 81.5},
                      {point, stale, moment + std::chrono::nanoseconds(2), 81.5},
                      {point, lost, moment + std::chrono::nanoseconds(3), 81.5}})
                .has_value());
    QCOMPARE(read("SELECT time, name, value, unit, quality, time_ns FROM history ORDER BY time_ns"),
             QStringLiteral("2026-02-10T14:25:30.123Z|plc1/boiler/temp|81.5|°C|good|1770733530123456789\n"
                            "2026-02-10T14:25:30.123Z|plc1/boiler/temp|81.5|°C|bad:no_connection|1770733530123456790\n"
                            "2026-02-10T14:25:30.123Z|plc1/boiler/temp|81.5|°C|uncertain:stale|1770733530123456791\n"
                            "2026-02-10T14:25:30.123Z|plc1/boiler/temp|81.5|°C|bad:no_connection|1770733530123456792"));
  }

  void notANumberIsNullAndTheQualitySaysSo() {
    const PointId point = declare("a");
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    const auto infinity = std::numeric_limits<double>::infinity();
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points,
                     {{point, Quality::good(), moment, nan},
                      {point, Quality::good(), moment + std::chrono::nanoseconds(1), -infinity},
                      {point, Quality::bad(QualityReason::OutOfRange), moment + std::chrono::nanoseconds(2), infinity},
                      {point, Quality::good(), moment + std::chrono::nanoseconds(3), 1.5}})
                .has_value());
    QCOMPARE(read("SELECT value, quality FROM history ORDER BY time_ns"),
             QStringLiteral("NULL|bad:not_a_number\nNULL|bad:not_a_number\nNULL|bad:out_of_range\n1.5|good"));
  }

  void positionsKeepAllThatCameWithThem() {
    const PointId point = declare("tags/SIM1", ValueType::Position, "ft");
    auto fix = std::make_shared<Fix>();
    fix->tag = QStringLiteral("SIM1");
    fix->type = QStringLiteral("Sim");
    fix->gateway = QStringLiteral("GW-3");
    fix->confidence = 87.5;
    fix->battery = 0;
    fix->sequence = 17;
    fix->zone = 417;
    auto bare = std::make_shared<Fix>();
    bare->tag = QStringLiteral("SIM1");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points,
                     {{point, Quality::good(), moment, Position{1.25, -2.5, 3, fix}},
                      {point, Quality::good(), moment + std::chrono::nanoseconds(1), Position{1, 2, 3, bare}},
                      {point, Quality::bad(QualityReason::Lost), moment + std::chrono::nanoseconds(2), {}}})
                .has_value());
    QCOMPARE(read("SELECT name, tag, x, y, z, unit, quality, zone, battery, confidence, gateway, sequence, type "
                  "FROM position_history ORDER BY time_ns"),
             QStringLiteral("plc1/tags/SIM1|SIM1|1.25|-2.5|3.0|ft|good|417|0|87.5|GW-3|17|Sim\n"
                            "plc1/tags/SIM1|SIM1|1.0|2.0|3.0|ft|good|NULL|NULL|NULL|NULL|NULL|NULL\n"
                            "plc1/tags/SIM1|NULL|NULL|NULL|NULL|ft|bad:lost|NULL|NULL|NULL|NULL|NULL|NULL"));
    QCOMPARE(read("SELECT count(*) FROM samples"), QStringLiteral("0"));
  }

  void theSameMomentTwiceKeepsBothValues() {
    const PointId point = declare("a");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    for (int i = 0; i < 3; ++i) {
      QVERIFY(writeAll(file, *m_points, {{point, {}, moment, double(i)}, {point, {}, moment, i + 0.5}}).has_value());
    }
    QCOMPARE(read("SELECT group_concat(value, ' ') FROM (SELECT value FROM samples ORDER BY time_ns, repeat)"),
             QStringLiteral("0.0 0.5 1.0 1.5 2.0 2.5"));
  }

  void hostileTextNeverHoldsUpTheOthers() {
    const PointId text = declare("text", ValueType::Text);
    const PointId number = declare("number");
    const QString hostile = QString(QChar(0xdfff)) + QStringLiteral("a") + QChar(u'\0') + QStringLiteral("b");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    HistoryWriter writer(file, *m_points, QString(QChar(0xd800)));
    QVERIFY(writer.prepare().has_value());
    QVERIFY(writer.begin().has_value());
    QVERIFY(writer.add(Sample{text, {}, moment, hostile}).has_value());
    QVERIFY(writer.add(Sample{PointId(4711), {}, moment, 1.0}).has_value());
    QVERIFY(writer.add(Sample{number, {}, moment, 2.0}).has_value());
    const Event event{1, moment, hostile, CustomEvent{hostile, "[\"\\u0000\\ud800\"]"}};
    QVERIFY(writer.add(storedForm(event, *m_points)).has_value());
    QVERIFY(writer.commit().has_value());
    QCOMPARE(writer.refused(), 1);
    QCOMPARE(read("SELECT value FROM history ORDER BY name"), QStringLiteral("2.0\n\uFFFDa\uFFFDb"));
    QCOMPARE(read("SELECT length(value) FROM samples WHERE typeof(value) = 'text'"), QStringLiteral("4"));
    QCOMPARE(read("SELECT source, kind, json_valid(json) FROM events"),
             QStringLiteral("\uFFFDa\uFFFDb|\uFFFDa\uFFFDb|1"));
  }

  void eventsAreStoredAsTheyAreSent() {
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    HistoryWriter writer(file, *m_points, QStringLiteral("run-1"));
    QVERIFY(writer.prepare().has_value());
    QVERIFY(writer.begin().has_value());
    const SystemEvent body{QStringLiteral("plugin_status"), QStringLiteral("plc1: running"), Severity::Info};
    const Event event{42, moment, QStringLiteral("tagwire"), body};
    QVERIFY(writer.add(storedForm(event, *m_points)).has_value());
    QVERIFY(writer.add(storedForm(Event{0, moment, QStringLiteral("x"), body}, *m_points)).has_value());
    QVERIFY(writer.commit().has_value());
    QCOMPARE(read("SELECT time, epoch, sequence, source, kind, time_ns FROM event_history"),
             QStringLiteral("2026-02-10T14:25:30.123Z|run-1|42|tagwire|system|1770733530123456789\n"
                            "2026-02-10T14:25:30.123Z|run-1|NULL|x|system|1770733530123456789"));
    QVERIFY(read("SELECT json FROM events LIMIT 1").contains(u"plc1: running"));
  }

  void aHugeEventIsReplacedByARemark() {
    const Event event{1, moment, QStringLiteral("x"),
                      CustomEvent{QStringLiteral("big"), '"' + QByteArray(2'000'000, 'x') + '"'}};
    const StoredEvent stored = storedForm(event, *m_points);
    QVERIFY(stored.json.size() < 1000);
    QVERIFY(stored.json.contains("too_large_bytes"));
  }

  void reopeningAppendsAndKeepsThePointsRows() {
    const PointId first = declare("a");
    const PointId second = declare("b", ValueType::Double, "bar");
    {
      SqliteFile file;
      QVERIFY(file.open(m_path).has_value());
      QVERIFY(writeAll(file, *m_points, {{first, {}, moment, 1.0}, {second, {}, moment, 2.0}}).has_value());
    }
    const QString before = read("SELECT id, name FROM points ORDER BY id");
    m_points = std::make_unique<PointTable>();  // another run: other ids, another unit
    const PointId again = declare("b", ValueType::Double, "psi");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points, {{again, {}, moment + std::chrono::seconds(1), 3.0}}).has_value());
    QCOMPARE(read("SELECT id, name FROM points ORDER BY id"), before);
    QCOMPARE(read("SELECT unit FROM points WHERE name = 'plc1/b'"), QStringLiteral("psi"));
    QCOMPARE(read("SELECT name, value FROM history ORDER BY value"),
             QStringLiteral("plc1/a|1.0\nplc1/b|2.0\nplc1/b|3.0"));
  }

  void aPointIsDescribedAnewWhenItChangesInTheSameRun() {
    const PointId point = declare("a");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    HistoryWriter writer(file, *m_points, {});
    QVERIFY(writer.prepare().has_value());
    for (const char *number : {"NULL", "1"}) {
      QVERIFY(writer.begin().has_value());
      QVERIFY(writer.add(Sample{point, {}, moment, 1.0}).has_value());
      QVERIFY(writer.commit().has_value());
      QCOMPARE(read("SELECT number FROM points"), QString::fromLatin1(number));
      QVERIFY(m_points->assignNumbers().has_value());
    }
  }

  void aFailedTransactionLeavesNothingAndCanBeRepeated() {
    const PointId point = declare("a");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    const QByteArray limit = "PRAGMA max_page_count = " + read("PRAGMA page_count").toLatin1();
    QVERIFY(file.execute(limit.constData()).has_value());
    HistoryWriter writer(file, *m_points, {});
    QVERIFY(writer.prepare().has_value());
    const auto writeMany = [&]() -> Result<void> {
      Result<void> result = writer.begin();
      for (int i = 0; i < 1000 && result; ++i) {
        result = writer.add(Sample{point, {}, moment + std::chrono::nanoseconds(i), double(i)});
      }
      return result ? writer.commit() : result;
    };
    const auto full = writeMany();
    QVERIFY(!full.has_value());
    QVERIFY2(full.error().contains(u"full"), qPrintable(full.error()));
    writer.rollBack();
    QCOMPARE(read("SELECT (SELECT count(*) FROM samples), (SELECT count(*) FROM points)"), QStringLiteral("0|0"));
    QVERIFY(file.execute("PRAGMA max_page_count = 100000").has_value());
    QVERIFY(writeMany().has_value());
    QCOMPARE(read("SELECT count(*), sum(value) FROM history WHERE name = 'plc1/a'"), QStringLiteral("1000|499500.0"));
  }

  void aKilledProgramLosesNothingCommitted() {
    const PointId point = declare("a");
    const pid_t child = ::fork();
    if (child == 0) {
      SqliteFile file;
      if (!file.open(m_path)) ::_exit(1);
      if (!writeAll(file, *m_points, {{point, {}, moment, 1.0}, {point, {}, moment, 2.0}})) ::_exit(2);
      HistoryWriter writer(file, *m_points, {});
      if (!writer.prepare() || !writer.begin() || !writer.add(Sample{point, {}, moment, 3.0})) ::_exit(3);
      ::raise(SIGKILL);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points, {{point, {}, moment, 4.0}}).has_value());
    QCOMPARE(read("SELECT group_concat(value, ' ') FROM samples"), QStringLiteral("1.0 2.0 4.0"));
    QCOMPARE(read("PRAGMA integrity_check"), QStringLiteral("ok"));
  }

  void filesAreForTheOwnerOnly() {
    const PointId point = declare("a");
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    QVERIFY(writeAll(file, *m_points, {{point, {}, moment, 1.0}}).has_value());
    for (const char *suffix : {"", "-wal", "-shm"}) {
      struct stat status {};
      QCOMPARE(::stat((QFile::encodeName(m_path) + suffix).constData(), &status), 0);
      QCOMPARE(status.st_mode & 0777, mode_t(0600));
    }
  }

  void aFileOfAnotherProgramIsLeftAlone() {
    QVERIFY(OtherProgram(m_path).execute("CREATE TABLE samples(mine)"));
    SqliteFile file;
    const auto opened = file.open(m_path);
    QVERIFY(!opened.has_value());
    QVERIFY2(opened.error().contains(u"another program"), qPrintable(opened.error()));
    QCOMPARE(read("SELECT group_concat(name) FROM sqlite_schema"), QStringLiteral("samples"));
    QCOMPARE(read("PRAGMA journal_mode"), QStringLiteral("delete"));
  }

  void aFileOfANewerVersionIsRefused() {
    { QVERIFY(SqliteFile().open(m_path).has_value()); }
    QVERIFY(OtherProgram(m_path).execute("PRAGMA user_version = 2"));
    const auto opened = SqliteFile().open(m_path);
    QVERIFY(!opened.has_value());
    QVERIFY2(opened.error().contains(u"newer version"), qPrintable(opened.error()));
  }

  void aFileThatIsNoDatabaseIsReportedAndKept() {
    QFile noise(m_path);
    QVERIFY(noise.open(QIODevice::WriteOnly));
    noise.write(QByteArray(10'000, 'x'));
    noise.close();
    const auto opened = SqliteFile().open(m_path);
    QVERIFY(!opened.has_value());
    QVERIFY2(opened.error().contains(u"not a database"), qPrintable(opened.error()));
    QVERIFY(noise.open(QIODevice::ReadOnly));
    QCOMPARE(noise.readAll(), QByteArray(10'000, 'x'));
  }

  void aRangeOfTimeIsReadWithoutAFullScan() {
    SqliteFile file;
    QVERIFY(file.open(m_path).has_value());
    const QString plan =
        read("EXPLAIN QUERY PLAN SELECT value FROM history WHERE name = 'a' AND time_ns >= 1 AND time_ns < 2");
    QVERIFY2(plan.contains(u"SEARCH s USING PRIMARY KEY (time_ns>? AND time_ns<?)"), qPrintable(plan));
  }

  void foldersAreMadeAndImpossibleOnesReported() {
    SqliteFile file;
    QVERIFY(file.open(m_folder->filePath(QStringLiteral("a/b/history.db"))).has_value());
    const auto below = SqliteFile().open(m_folder->filePath(QStringLiteral("a/b/history.db/c.db")));
    QVERIFY(!below.has_value());
    QVERIFY2(below.error().contains(u"can't be made"), qPrintable(below.error()));
  }
};

QTEST_GUILESS_MAIN(SqlHistoryTest)
#include "sql_history_test.moc"
