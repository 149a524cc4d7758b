// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

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

/// The whole program works as a user without rights, even when the test is run by root.
class AsNobody {
 public:
  AsNobody() { m_isDone = ::geteuid() != 0 || ::seteuid(65534) == 0; }
  ~AsNobody() {
    if (::geteuid() != ::getuid()) m_isDone = ::seteuid(::getuid()) == 0;
  }
  AsNobody(const AsNobody &) = delete;
  AsNobody &operator=(const AsNobody &) = delete;

 private:
  bool m_isDone = false;
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
  QString count() const { return QFile::exists(m_path) ? read("SELECT count(*) FROM history") : QString(); }
  double metric(const QByteArray &name) {
    double sum = 0;
    for (const QByteArray &line : QByteArray::fromStdString(m_context->metrics().text()).split('\n')) {
      if (line.startsWith("tagwire_sql_" + name)) sum += line.mid(line.lastIndexOf(' ') + 1).toDouble();
    }
    return sum;
  }

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
    QTRY_COMPARE(lastState(states), PluginState::Running);
    sink.write(samples(3));
    sink.notify(systemEvent(7));
    QCOMPARE(written.size(), 1);
    QTRY_COMPARE(count(), QStringLiteral("3"));
    QTRY_COMPARE(read("SELECT sequence FROM events"), QStringLiteral("7"));
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
    TestContext otherContext(QStringLiteral("archive"));
    PointInfo info;
    info.name = QStringLiteral("a");
    QVERIFY(otherContext.pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info));
    SqlSink first(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    SqlSink second(configFor(QStringLiteral("sqlite:") + m_path), otherContext);
    first.start();
    second.start();
    first.write(samples(2));
    second.write(samples(2));
    QTRY_COMPARE(count(), QStringLiteral("4"));
    QCOMPARE(read("SELECT count(*) FROM points"), QStringLiteral("1"));
  }

  void aSpoolIsOneInstancesOnly() {
    SqlSink first(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    SqlSink second(configFor(QStringLiteral("sqlite:other.db")), *m_context);
    QSignalSpy states(&second, &Plugin::statusChanged);
    first.start();
    second.start();
    QCOMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"history.spool"), qPrintable(lastText(states)));
    second.write(samples(2));
    first.stop();
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QTRY_COMPARE(OtherProgram(m_context->dataDir() + QStringLiteral("/other.db")).one("SELECT count(*) FROM history"),
                 QStringLiteral("2"));
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

  void rulesDecideWhatIsStored() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.rules = {{{QStringLiteral("plc1/a")}, Keep::SwingingDoor, 0.5, {}, {}}};
    SqlSink sink(config, *m_context);
    sink.start();
    sink.write(samples(1000));  // a straight line: its two ends, the last when we stop
    sink.stop();
    QCOMPARE(read("SELECT value FROM history ORDER BY time_ns"), QStringLiteral("0\n999"));
  }

  void aLockByAnotherProgramLosesNothing() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    QSignalSpy written(&sink, &Plugin::written);
    sink.start();
    QTRY_COMPARE(lastState(states), PluginState::Running);
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    sink.write(samples(3000));
    QTRY_COMPARE_WITH_TIMEOUT(lastState(states), PluginState::Degraded, 10'000);
    QVERIFY2(lastText(states).contains(u"lock"), qPrintable(lastText(states)));
    for (int i = 0; i < 10; ++i) sink.write(samples(1000));
    sink.notify(systemEvent(1));
    QCOMPARE(written.size(), 11);
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_COMPARE_WITH_TIMEOUT(lastState(states), PluginState::Running, 10'000);
    QTRY_COMPARE(count(), QStringLiteral("13000"));
    QCOMPARE(read("SELECT sum(value) FROM history"), QString::number(13000LL * 12999 / 2));
    QTRY_COMPARE(read("SELECT sequence FROM events"), QStringLiteral("1"));
    QTRY_COMPARE(metric("written_total"), 13001.0);
    QCOMPARE(metric("dropped_total"), 0.0);
    QCOMPARE(metric("ledger_difference"), 0.0);
    QCOMPARE(states.size(), 4);  // starting, running, degraded, running: said once each
  }

  void stoppedWhileLockedItWaitsInTheSpool() {
    OtherProgram(m_path).execute("PRAGMA user_version");
    {
      SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
      sink.start();
      QTRY_VERIFY(QFile::exists(m_path));
      sink.stop();
    }
    {
      OtherProgram other(m_path);
      QVERIFY(other.execute("BEGIN IMMEDIATE"));
      SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
      sink.start();
      sink.write(samples(1500));
      sink.stop();
    }
    QCOMPARE(count(), QStringLiteral("0"));
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    QTRY_COMPARE(count(), QStringLiteral("1500"));
    QTRY_COMPARE(metric("ledger_difference"), 0.0);
  }

  void aFullSpoolDropsTheOldestAndMarksTheGap() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.spool.mostMegabytes = 16;
    SqlSink sink(config, *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    QSignalSpy raised(&sink, &Plugin::eventRaised);
    sink.start();
    QTRY_COMPARE(lastState(states), PluginState::Running);
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    constexpr int all = 1'000'000;
    for (int i = 0; i < all / 10'000; ++i) sink.write(samples(10'000));
    QTRY_VERIFY(metric("dropped_total{") > 0);
    QTRY_VERIFY(!raised.isEmpty());
    const auto gap = std::get<SystemEvent>(raised.first().first().value<Event>().body);
    QCOMPARE(gap.kind, QStringLiteral("history_gap"));
    QVERIFY2(gap.text.contains(u"the spool was full"), qPrintable(gap.text));
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_COMPARE_WITH_TIMEOUT(metric("spooled"), 0.0, 30'000);
    const double dropped = metric("dropped_total");
    QCOMPARE(metric("ledger_difference"), 0.0);
    sink.stop();  // tells what is not told yet
    QCOMPARE(read("SELECT sum(records) FROM gaps"), QString::number(dropped));
    QCOMPARE(read("SELECT count(*), max(value) FROM history"),
             QStringLiteral("%1|%2").arg(all - static_cast<int>(dropped)).arg(all - 1));
    QTRY_VERIFY(read("SELECT count(*) FROM events WHERE source = 'history'").toInt() > 0);
  }

  void itAnswersQuestions() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    sink.write(samples(100));
    QTRY_COMPARE(count(), QStringLiteral("100"));
    HistoryQuery query;
    query.points = {QStringLiteral("plc1/a"), QStringLiteral("plc1/none")};
    query.from = fromMilliseconds(1'767'225'600'010);
    query.to = fromMilliseconds(1'767'225'600'020);
    std::optional<Result<HistoryPage>> answer;
    sink.values([&](const Result<HistoryPage> &page) { answer = page; }, query);
    QVERIFY(!answer);
    QTRY_VERIFY(answer);
    QVERIFY2(answer->has_value(), qPrintable(answer->has_value() ? QString() : answer->error()));
    QCOMPARE((*answer)->unknown, QStringList{QStringLiteral("plc1/none")});
    QCOMPARE((*answer)->series.first().values.size(), 10);
    QCOMPARE((*answer)->series.first().values.first().value, Value(qint64(10)));
    sink.stop();
    answer.reset();
    sink.values([&](const Result<HistoryPage> &page) { answer = page; }, query);
    QVERIFY(answer && !answer->has_value());
  }

  void aFolderWithoutRightsIsReportedAndHeals() {
    const QString folder = m_context->dataDir() + QStringLiteral("/closed");
    m_path = folder + QStringLiteral("/history.db");
    QVERIFY(QDir().mkpath(folder));
    QCOMPARE(::chmod(QFile::encodeName(m_context->dataDir()).constData(), 0777), 0);
    QCOMPARE(::chmod(QFile::encodeName(folder).constData(), 0555), 0);
    std::optional<AsNobody> asNobody(std::in_place);
    SqlSink sink(configFor(QStringLiteral("sqlite:closed/history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    sink.start();
    QTRY_COMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"Permission denied"), qPrintable(lastText(states)));
    QVERIFY(lastText(states).contains(folder));
    sink.write(samples(5));
    asNobody.reset();
    QCOMPARE(::chmod(QFile::encodeName(folder).constData(), 0777), 0);
    asNobody.emplace();
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QTRY_COMPARE(count(), QStringLiteral("5"));
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
    QTRY_COMPARE(lastState(states), PluginState::Running);
    const QByteArray block(4096, 'x');
    while (ballast.write(block) == block.size() && ballast.flush()) {
    }
    sink.write(samples(5000));
    QTRY_COMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"full") || lastText(states).contains(u"disk"), qPrintable(lastText(states)));
    ballast.close();
    QVERIFY(ballast.remove());
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QTRY_COMPARE(read("SELECT count(*), sum(value) FROM history"), QStringLiteral("5000|12497500"));
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
    QTRY_COMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"not a database"), qPrintable(lastText(states)));
    sink.write(samples(5));
    QVERIFY(damaged.rename(m_path + QStringLiteral(".damaged")));
    QTRY_COMPARE(lastState(states), PluginState::Running);
    QTRY_COMPARE(count(), QStringLiteral("5"));
    QCOMPARE(damaged.size(), 8192);
  }

  void aMovedFileIsCompleteAndANewOneBegun() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    sink.write(samples(1000));
    QTRY_COMPARE(count(), QStringLiteral("1000"));
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
    QTRY_COMPARE(count(), QStringLiteral("1000"));
    for (const char *suffix : {"", "-wal", "-shm"}) QVERIFY(QFile::remove(m_path + QLatin1String(suffix)));
    sink.write(samples(10));
    QTRY_VERIFY(QFile::exists(m_path));
    QTRY_COMPARE(count(), QStringLiteral("10"));
  }

  void longTextsAreCut() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    Samples batch = samples(40);
    for (Sample &sample : batch) sample.value = QString(100'000, u'x');
    sink.write(batch);
    sink.stop();
    QCOMPARE(metric("dropped_total"), 0.0);
    QCOMPARE(read("SELECT count(*), min(length(value)), max(length(value)) FROM history"),
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
    QCOMPARE(metric("unknown_points_total"), 1.0);
    QCOMPARE(metric("written_total"), 2.0);
  }
};

QTEST_GUILESS_MAIN(SqlSinkTest)
#include "sql_sink_test.moc"
