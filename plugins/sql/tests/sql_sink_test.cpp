// SPDX-License-Identifier: Apache-2.0
#include <QTest>
#include <QThread>

#include "sinkcase.h"
#include "testprogram.h"

namespace sql_sink_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

/// The whole plugin, with a database that does what it should.
class SqlSinkTest : public QObject, private SinkCase {
  Q_OBJECT

  bool stopsWritingTheRest() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.batchInterval = 10ms;
    SqlSink sink(config, *m_context);
    QSignalSpy written(&sink, &Plugin::written);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    sink.stop();
    sink.start();
    sink.write(samples(3));
    sink.notify(systemEvent(1));
    if (!endsWithAllWritten([&] { sink.stop(); })) return false;
    sink.stop();
    checkQuiet(sink, written, states);
    return true;
  }
  void checkQuiet(SqlSink &sink, const QSignalSpy &written, const QSignalSpy &states) {
    QCOMPARE(count(), QStringLiteral("3"));
    QCOMPARE(read("SELECT count(*) FROM events"), QStringLiteral("1"));
    QVERIFY(!QFile::exists(m_path + QStringLiteral("-wal")));
    const auto emitted = written.size() + states.size();
    sink.write(samples(1));
    QTest::qWait(50);
    QCOMPARE(written.size() + states.size(), emitted);
    QCOMPARE(count(), QStringLiteral("3"));
  }

 private Q_SLOTS:
  void init() { begin(); }

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
    // Anew where the disk stood: then it may leave something.
    bool isAllWritten = false;
    for (int attempt = 0; attempt < 5 && !isAllWritten && !QTest::currentTestFailed(); ++attempt) {
      begin();
      isAllWritten = stopsWritingTheRest();
    }
    QVERIFY(isAllWritten);
  }

  void startingAgainAppends() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    for (int i = 1; i <= 3; ++i) {
      sink.start();
      sink.write(samples(2));
      endWritingAll([&] { sink.stop(); });
      QCOMPARE(count(), QString::number(2 * i));
    }
    QCOMPARE(read("SELECT count(*) FROM points"), QStringLiteral("1"));
  }

  void destroyedWhileRunningItWritesTheRest() {
    auto sink = std::make_unique<SqlSink>(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink->start();
    sink->write(samples(3));
    endWritingAll([&] { sink.reset(); });
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
    endWritingAll([&] { sink.stop(); });
    QCOMPARE(read("SELECT name, value FROM history"), QStringLiteral("plc1/b/c|1.5"));
  }

  void rulesDecideWhatIsStored() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.rules = {{{QStringLiteral("plc1/a")}, Keep::SwingingDoor, 0.5, {}, {}}};
    SqlSink sink(config, *m_context);
    sink.start();
    sink.write(samples(1000));  // a straight line: its two ends, the last when we stop
    endWritingAll([&] { sink.stop(); });
    QCOMPARE(read("SELECT value FROM history ORDER BY time_ns"), QStringLiteral("0\n999"));
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

  void longTextsAreCut() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    sink.start();
    Samples batch = samples(40);
    for (Sample &sample : batch) sample.value = QString(100'000, u'x');
    sink.write(batch);
    endWritingAll([&] { sink.stop(); });
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
    endWritingAll([&] { sink.stop(); });
    QCOMPARE(count(), QStringLiteral("2"));
    QCOMPARE(metric("unknown_points_total"), 1.0);
    QCOMPARE(metric("written_total"), 2.0);
  }
};

TAGWIRE_TEST(SqlSinkTest)

}  // namespace sql_sink_test

#include "sql_sink_test.moc"
