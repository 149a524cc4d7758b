// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "otherprogram.h"
#include "sqlsink.h"
#include "testcontext.h"

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

namespace {

SqlConfig configFor(const QString &database) {
  SqlConfig config;
  config.database = DatabaseLocation::fromText(database).value();
  config.batchInterval = 20ms;
  return config;
}

Event systemEvent(quint64 sequence) {
  return {sequence, fromMilliseconds(1'767'225'600'000), QStringLiteral("tagwire"),
          SystemEvent{QStringLiteral("test"), QStringLiteral("text"), Severity::Info}};
}

/// Files are made and opened as a user without rights, even when the test is run by root. This thread only.
class AsNobody {
 public:
  AsNobody() { ::setfsuid(65534); }
  ~AsNobody() { ::setfsuid(::geteuid()); }
  AsNobody(const AsNobody &) = delete;
  AsNobody &operator=(const AsNobody &) = delete;
};

}  // namespace

/// The whole plugin, with a database that fails in every way that can be had here.
class SqlSinkTest : public QObject {
  Q_OBJECT

  std::unique_ptr<TestContext> m_context;
  QString m_path;
  PointId m_point = PointId::None;
  qint64 m_next = 0;

  Samples samples(int count) {
    Samples batch;
    for (int i = 0; i < count; ++i) {
      batch << Sample{m_point, Quality::good(), fromMilliseconds(1'767'225'600'000 + m_next), m_next};
      ++m_next;
    }
    return batch;
  }
  QString read(const char *sql) const { return OtherProgram(m_path).one(sql); }
  QString count() const { return read("SELECT count(*) FROM samples"); }
  double dropped() { return m_context->metrics().counter("tagwire_sql_samples_dropped_total", "").value(); }

  static QString lastText(const QSignalSpy &spy) { return spy.isEmpty() ? QString() : spy.last().at(1).toString(); }
  static PluginState lastState(const QSignalSpy &spy) {
    return spy.isEmpty() ? PluginState::Stopped : spy.last().at(0).value<PluginState>();
  }

 private Q_SLOTS:
  void init() {
    m_context = std::make_unique<TestContext>(QStringLiteral("history"));
    m_path = m_context->dataDir() + QStringLiteral("/history.db");
    PointInfo info;
    info.name = QStringLiteral("a");
    m_point = m_context->pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value();
    m_next = 0;
  }

  void aSmallBatchIsWrittenAfterItsTime() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    QSignalSpy written(&sink, &Plugin::written);
    sink.start();
    QCOMPARE(lastState(states), PluginState::Running);
    sink.write(samples(3));
    sink.notify(systemEvent(7));
    QCOMPARE(written.size(), 1);
    QCOMPARE(count(), QStringLiteral("0"));
    QTRY_COMPARE(count(), QStringLiteral("3"));
    QCOMPARE(read("SELECT sequence FROM events"), QStringLiteral("7"));
  }

  void aFullBatchIsWrittenAtOnce() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.batchInterval = 1h;
    config.batchSize = 10;
    SqlSink sink(config, *m_context);
    sink.start();
    sink.write(samples(25));
    QCOMPARE(count(), QStringLiteral("20"));
    sink.write(samples(5));
    QCOMPARE(count(), QStringLiteral("30"));
    for (quint64 i = 1; i <= 11; ++i) sink.notify(systemEvent(i));
    QCOMPARE(read("SELECT count(*) FROM events"), QStringLiteral("10"));
  }

  void stopWritesTheRestAndIsQuietAfterwards() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.batchInterval = 10ms;
    SqlSink sink(config, *m_context);
    QSignalSpy written(&sink, &Plugin::written);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    sink.stop();
    sink.start();
    sink.write(samples(3));
    sink.notify(systemEvent(1));
    sink.stop();
    sink.stop();
    QCOMPARE(count(), QStringLiteral("3"));
    QCOMPARE(read("SELECT count(*) FROM events"), QStringLiteral("1"));
    QVERIFY(!QFile::exists(m_path + QStringLiteral("-wal")));
    const auto emitted = written.size() + states.size();
    sink.write(samples(1));
    QTest::qWait(50);
    QCOMPARE(written.size() + states.size(), emitted);
    QCOMPARE(count(), QStringLiteral("3"));
  }

  void startingAgainAppends() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    for (int i = 1; i <= 3; ++i) {
      sink.start();
      sink.write(samples(2));
      sink.stop();
      QCOMPARE(count(), QString::number(2 * i));
    }
    QCOMPARE(read("SELECT count(*) FROM points"), QStringLiteral("1"));
  }

  void destroyedWhileRunningItWritesTheRest() {
    auto sink = std::make_unique<SqlSink>(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink->start();
    sink->write(samples(3));
    sink.reset();
    QCOMPARE(count(), QStringLiteral("3"));
  }

  void makingOneTouchesNoFile() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    QVERIFY(!QFile::exists(m_path));
    sink.stop();
    QVERIFY(!QFile::exists(m_path));
  }

  void twoInstancesMayShareAFile() {
    SqlSink first(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    SqlSink second(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    first.start();
    second.start();
    first.write(samples(2));
    second.write(samples(2));
    QTRY_COMPARE(count(), QStringLiteral("4"));
  }

  void itWorksInAThreadOfItsOwn() {
    QThread thread;
    auto *sink = new SqlSink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink->moveToThread(&thread);
    connect(&thread, &QThread::finished, sink, &QObject::deleteLater);
    thread.start();
    const Samples batch = samples(5);
    QMetaObject::invokeMethod(sink, [sink] { sink->start(); });
    QMetaObject::invokeMethod(sink, [sink, batch] { sink->write(batch); });
    QTRY_VERIFY(QFile::exists(m_path));
    QTRY_COMPARE(count(), QStringLiteral("5"));
    QMetaObject::invokeMethod(
        sink, [sink] { sink->stop(); }, Qt::BlockingQueuedConnection);
    thread.quit();
    QVERIFY(thread.wait());
  }

  void onlyChosenPointsAreStored() {
    PointInfo info;
    info.name = QStringLiteral("b/c");
    const PointId other = m_context->pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value();
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.points = {QStringLiteral("plc1/b/#")};
    SqlSink sink(config, *m_context);
    sink.start();
    Samples mixed = samples(2);
    mixed << Sample{other, {}, fromMilliseconds(1), 1.5} << samples(2);
    sink.write(mixed);
    sink.stop();
    QCOMPARE(read("SELECT name, value FROM history"), QStringLiteral("plc1/b/c|1.5"));
  }

  void aLockByAnotherProgramLosesNothing() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    QSignalSpy written(&sink, &Plugin::written);
    sink.start();
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    sink.write(samples(3000));
    QCOMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"lock"), qPrintable(lastText(states)));
    for (int i = 0; i < 10; ++i) sink.write(samples(1000));
    sink.notify(systemEvent(1));
    QCOMPARE(written.size(), 11);
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QTRY_COMPARE(count(), QStringLiteral("13000"));
    QCOMPARE(read("SELECT sum(value) FROM samples"), QString::number(13000LL * 12999 / 2));
    QCOMPARE(read("SELECT sequence FROM events"), QStringLiteral("1"));
    QCOMPARE(dropped(), 0.0);
    QCOMPARE(states.size(), 4);  // starting, running, degraded, running: said once each
  }

  void beyondTheBufferTheOldestGoAndTheGapIsMarked() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.bufferSamples = 10'000;
    config.bufferEvents = 100;
    SqlSink sink(config, *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    QSignalSpy raised(&sink, &Plugin::eventRaised);
    sink.start();
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    for (int i = 0; i < 15; ++i) sink.write(samples(1000));
    for (quint64 i = 1; i <= 107; ++i) sink.notify(systemEvent(i));
    QCOMPARE(dropped(), 5000.0);
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QCOMPARE(raised.size(), 1);
    const auto gap = std::get<SystemEvent>(raised.first().first().value<Event>().body);
    QCOMPARE(gap.kind, QStringLiteral("history_gap"));
    QVERIFY2(gap.text.contains(u"5000 samples and 7 events"), qPrintable(gap.text));
    QTRY_COMPARE(read("SELECT count(*) FROM events WHERE source = 'history'"), QStringLiteral("1"));
    QCOMPARE(read("SELECT min(value), max(value), count(*) FROM samples"), QStringLiteral("5000|14999|10000"));
    QCOMPARE(read("SELECT min(sequence), max(sequence) FROM events"), QStringLiteral("8|107"));
  }

  void stoppedWhileLockedItCountsWhatIsLost() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    sink.write(samples(1500));
    sink.stop();
    QCOMPARE(dropped(), 1500.0);
  }

  void aFolderWithoutRightsIsReportedAndHeals() {
    const QString folder = m_context->dataDir() + QStringLiteral("/closed");
    m_path = folder + QStringLiteral("/history.db");
    QVERIFY(QDir().mkpath(folder));
    QCOMPARE(::chmod(QFile::encodeName(m_context->dataDir()).constData(), 0755), 0);
    QCOMPARE(::chmod(QFile::encodeName(folder).constData(), 0555), 0);
    std::optional<AsNobody> asNobody(std::in_place);
    SqlSink sink(configFor(QStringLiteral("sqlite:closed/history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    sink.start();
    QCOMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"Permission denied"), qPrintable(lastText(states)));
    QVERIFY(lastText(states).contains(m_path));
    sink.write(samples(5));
    asNobody.reset();
    QCOMPARE(::chmod(QFile::encodeName(folder).constData(), 0777), 0);
    asNobody.emplace();
    QTRY_COMPARE(lastState(states), PluginState::Running);
    asNobody.reset();
    QCOMPARE(count(), QStringLiteral("5"));
  }

  void aFullDiskLosesNothingWithinTheBuffer() {
    const QString disk = m_context->dataDir() + QStringLiteral("/disk");
    const QByteArray folder = QFile::encodeName(disk);
    QVERIFY(QDir().mkpath(disk));
    if (::mount("tmpfs", folder.constData(), "tmpfs", 0, "size=2m") != 0) QSKIP("mounting a small disk needs root");
    const auto unmount = qScopeGuard([&] { ::umount2(folder.constData(), MNT_DETACH); });
    m_path = disk + QStringLiteral("/history.db");
    QFile ballast(disk + QStringLiteral("/ballast"));
    QVERIFY(ballast.open(QIODevice::WriteOnly));
    QVERIFY(ballast.resize(0));
    SqlSink sink(configFor(QStringLiteral("sqlite:disk/history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    sink.start();
    QCOMPARE(lastState(states), PluginState::Running);
    const QByteArray block(4096, 'x');
    while (ballast.write(block) == block.size() && ballast.flush()) {
    }
    sink.write(samples(5000));
    QCOMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"full") || lastText(states).contains(u"disk"), qPrintable(lastText(states)));
    ballast.close();
    QVERIFY(ballast.remove());
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QCOMPARE(read("SELECT count(*), sum(value) FROM samples"), QStringLiteral("5000|12497500"));
    QCOMPARE(read("PRAGMA integrity_check"), QStringLiteral("ok"));
    sink.stop();
  }

  void aDamagedFileIsKeptAndLeftForANewOneOnceMovedAway() {
    QFile damaged(m_path);
    QVERIFY(damaged.open(QIODevice::WriteOnly));
    damaged.write(QByteArray(8192, 'x'));
    damaged.close();
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    sink.start();
    QCOMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"not a database"), qPrintable(lastText(states)));
    sink.write(samples(5));
    QVERIFY(damaged.rename(m_path + QStringLiteral(".damaged")));
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QCOMPARE(count(), QStringLiteral("5"));
    QCOMPARE(damaged.size(), 8192);
  }

  void aMovedFileIsCompleteAndANewOneBegun() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    sink.write(samples(1000));
    const QString moved = m_path + QStringLiteral(".2026");
    QVERIFY(QFile::rename(m_path, moved));
    sink.write(samples(2000));
    QTRY_COMPARE(count(), QStringLiteral("2000"));
    QCOMPARE(OtherProgram(moved).one("SELECT count(*), max(value) FROM history"), QStringLiteral("1000|999"));
    QCOMPARE(read("SELECT name, min(value) FROM history"), QStringLiteral("plc1/a|1000"));
  }

  void aDeletedFileIsBegunAnew() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    sink.write(samples(1000));
    for (const char *suffix : {"", "-wal", "-shm"}) QVERIFY(QFile::remove(m_path + QLatin1String(suffix)));
    sink.write(samples(10));
    QTRY_VERIFY(QFile::exists(m_path));
    QTRY_COMPARE(count(), QStringLiteral("10"));
  }

  void manyLongTextsAreStoredNotDropped() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.bufferSamples = 10'000;
    SqlSink sink(config, *m_context);
    sink.start();
    Samples batch = samples(40);
    for (Sample &sample : batch) sample.value = QString(100'000, u'x');
    sink.write(batch);
    sink.stop();
    QCOMPARE(dropped(), 0.0);
    QCOMPARE(read("SELECT count(*), min(length(value)), max(length(value)) FROM samples"),
             QStringLiteral("40|65536|65536"));
  }

  void pointsNobodyDeclaredAreCountedAndLeftOut() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    Samples batch = samples(2);
    batch.insert(1, Sample{PointId(999), {}, {}, 1.0});
    sink.write(batch);
    sink.stop();
    QCOMPARE(count(), QStringLiteral("2"));
    QCOMPARE(m_context->metrics().counter("tagwire_sql_rows_refused_total", "").value(), 1.0);
    QCOMPARE(m_context->metrics().counter("tagwire_sql_samples_written_total", "").value(), 2.0);
  }
};

QTEST_GUILESS_MAIN(SqlSinkTest)
#include "sql_sink_test.moc"
