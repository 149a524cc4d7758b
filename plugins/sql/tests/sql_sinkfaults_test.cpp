// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QTest>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sinkcase.h"
#include "testprogram.h"

namespace sql_sinkfaults_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

namespace {

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
class SqlSinkFaultsTest : public QObject, private SinkCase {
  Q_OBJECT
 private Q_SLOTS:
  void init() { begin(); }

  void aLockByAnotherProgramLosesNothing() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    QSignalSpy written(&sink, &Plugin::written);
    sink.start();
    QTRY_COMPARE(lastState(states), PluginState::Running);
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    sink.write(samples(3000));
    QTRY_COMPARE(lastState(states), PluginState::Degraded);
    QVERIFY2(lastText(states).contains(u"lock"), qPrintable(lastText(states)));
    for (int i = 0; i < 10; ++i) sink.write(samples(1000));
    sink.notify(systemEvent(1));
    QCOMPARE(written.size(), 11);
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_COMPARE(lastState(states), PluginState::Running);
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
    QTRY_COMPARE(metric("spooled"), 0.0);
    const double dropped = metric("dropped_total");
    QCOMPARE(metric("ledger_difference"), 0.0);
    sink.stop();  // tells what is not told yet
    QCOMPARE(read("SELECT sum(records) FROM gaps"), QString::number(dropped));
    QCOMPARE(read("SELECT count(*), max(value) FROM history"),
             QStringLiteral("%1|%2").arg(all - static_cast<int>(dropped)).arg(all - 1));
    QTRY_VERIFY(read("SELECT count(*) FROM events WHERE source = 'history'").toInt() > 0);
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
};

TAGWIRE_TEST(SqlSinkFaultsTest)

}  // namespace sql_sinkfaults_test

#include "sql_sinkfaults_test.moc"
