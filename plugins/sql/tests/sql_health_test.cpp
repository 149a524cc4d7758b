// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QTest>

#include "sinkcase.h"
#include "spool/losstally.h"
#include "testprogram.h"

namespace sql_health_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

namespace {

SpoolLoss loss(qint64 records, int from, SpoolLoss::Reason reason = SpoolLoss::Reason::Overflow) {
  return {reason, Stream::Telemetry, records, Time(std::chrono::seconds(from)), Time(std::chrono::seconds(from + 1))};
}

}  // namespace

/// What a history says of itself: when a loss is told, and the points that alarm rules stand on.
class SqlHealthTest : public QObject, private SinkCase {
  Q_OBJECT

  /// What a point of the sink was said to be last.
  static Value last(const QSignalSpy &published, const TestContext &context, const char *name) {
    const PointId id = context.points().find(QStringLiteral("history/") + QLatin1String(name));
    Value value;
    for (const auto &call : published) {
      for (const Sample &sample : call.first().value<Samples>()) {
        if (sample.point == id) value = sample.value;
      }
    }
    return value;
  }

 private Q_SLOTS:
  void init() { begin(); }

  void theFirstLossIsToldAtOnceAndThenAMinuteTogether() {
    LossTally losses;
    QVERIFY(losses.take(1, false).isEmpty());
    losses.add(loss(3, 10));
    QCOMPARE(losses.take(1, false).size(), 1);
    QCOMPARE(losses.recent(1), 3);
    losses.add(loss(4, 20));
    losses.add(loss(5, 5));
    losses.add(loss(1, 30, SpoolLoss::Reason::Damaged));
    QVERIFY(losses.take(LossTally::pause, false).isEmpty());
    QCOMPARE(losses.recent(LossTally::pause), 3);
    const auto told = losses.take(LossTally::pause + 1, false);
    QCOMPARE(told.size(), 2);
    QCOMPARE(told.first().records, 9);
    QCOMPARE(told.first().from, Time(5s));
    QCOMPARE(told.first().to, Time(21s));
    QCOMPARE(losses.recent(LossTally::pause + 1), 10);
  }

  void aLossIsOverAfterAMinuteWithoutOne() {
    LossTally losses;
    QCOMPARE(losses.recent(1), 0);
    QCOMPARE(losses.recent(1000), 0);
    losses.add(loss(3, 10));
    QCOMPARE(losses.take(1000, false).size(), 1);
    QCOMPARE(losses.recent(1000 + LossTally::pause - 1), 3);
    QCOMPARE(losses.recent(1000 + LossTally::pause), 0);
    losses.add(loss(2, 10));
    QCOMPARE(losses.take(5000, false).size(), 1);
    QCOMPARE(losses.recent(5000), 2);
  }

  void atTheEndAllIsTold() {
    LossTally losses;
    losses.add(loss(3, 10));
    QCOMPARE(losses.take(1, false).size(), 1);
    losses.add(loss(4, 10));
    QCOMPARE(losses.take(2, true).size(), 1);
    QVERIFY(losses.take(2, true).isEmpty());
  }

  void aHealthyHistorySaysSoOnceAndAgainAfterEachStart() {
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    for (int start = 0; start < 2; ++start) {
      QSignalSpy published(&sink, &Plugin::samplesReady);
      sink.start();
      sink.write(samples(10));
      QTRY_COMPARE(last(published, *m_context, "quarantined"), Value(qint64(0)));
      QCOMPARE(last(published, *m_context, "outage"), Value(false));
      QCOMPARE(last(published, *m_context, "lost"), Value(qint64(0)));
      QCOMPARE(last(published, *m_context, "spool_fill"), Value(qint64(0)));
      qsizetype told = 0;
      for (const auto &call : published) told += call.first().value<Samples>().size();
      QCOMPARE(told, 4);
      sink.stop();
    }
  }

  void anOutageBeginsAndEnds() {
    QVERIFY(QDir().mkpath(m_path));  // a folder where the file should be
    SqlSink sink(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    QSignalSpy published(&sink, &Plugin::samplesReady);
    sink.start();
    QTRY_COMPARE(last(published, *m_context, "outage"), Value(true));
    QCOMPARE(typeOf(last(published, *m_context, "quarantined")), ValueType::None);
    QVERIFY(QDir().rmdir(m_path));
    QTRY_COMPARE(last(published, *m_context, "outage"), Value(false));
    sink.stop();
  }

  void aFullSpoolIsSeenFillingAndThenLosing() {
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.spool.mostMegabytes = 16;
    SqlSink sink(config, *m_context);
    QSignalSpy states(&sink, &Plugin::statusChanged);
    QSignalSpy published(&sink, &Plugin::samplesReady);
    sink.start();
    QTRY_COMPARE(lastState(states), PluginState::Running);
    OtherProgram other(m_path);
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    for (int i = 0; i < 100; ++i) sink.write(samples(10'000));
    QTRY_VERIFY(std::get<qint64>(last(published, *m_context, "lost")) > 0);
    QVERIFY(std::get<qint64>(last(published, *m_context, "spool_fill")) >= 50);
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_COMPARE(metric("spooled"), 0.0);
    sink.stop();
  }

  void eventsThatFoundNoSpoolAreALossToo() {
    TestContext otherContext(QStringLiteral("other"));
    SqlConfig config = configFor(QStringLiteral("sqlite:history.db"));
    config.spool.folder = m_context->dataDir() + QStringLiteral("/shared.spool");
    SqlSink first(config, otherContext);
    SqlSink second(config, *m_context);
    QSignalSpy published(&second, &Plugin::samplesReady);
    QSignalSpy raised(&second, &Plugin::eventRaised);
    first.start();
    second.start();  // the spool is the first one's
    for (quint64 i = 0; i < 10'003; ++i) second.notify(systemEvent(i));
    first.stop();
    QTRY_VERIFY(!raised.isEmpty());
    QTRY_COMPARE(last(published, *m_context, "lost"), Value(qint64(3)));
    second.stop();
  }
};

TAGWIRE_TEST(SqlHealthTest)

}  // namespace sql_health_test

#include "sql_health_test.moc"
