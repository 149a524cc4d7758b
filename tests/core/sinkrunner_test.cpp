// SPDX-License-Identifier: Apache-2.0
#include "sinkrunner.h"

#include <QTest>
#include <QThread>
#include "manualclock.h"
#include "testprogram.h"

namespace sinkrunner_test {

using namespace tagwire;

namespace {

/// A sink that takes its time: `written` comes when the test says so.
class SlowSink : public Plugin, public Sink {
 public:
  void start() override {}
  void stop() override {}
  void write(const Samples &samples) override {
    batches << samples;
    if (prompt) Q_EMIT written();
  }
  void notify(const Event &event) override { events << event; }

  bool prompt = true;
  QList<Samples> batches;
  QList<Event> events;
};

Samples samples(int count, double first = 0) {
  Samples batch;
  for (int i = 0; i < count; ++i) batch << Sample{static_cast<PointId>(1), Quality::good(), Time(), Value(first + i)};
  return batch;
}

Event systemEvent(const char *kind) {
  Event event;
  event.body = SystemEvent{QString::fromLatin1(kind), QString(), Severity::Info};
  return event;
}

}  // namespace

class SinkRunnerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void promptSinkGetsEachBatchAtOnceAndUncopied() {
    SlowSink sink;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock);
    runner.open();
    const Samples batch = samples(3);
    runner.offer(batch);
    QCOMPARE(sink.batches.size(), 1);
    QCOMPARE(sink.batches.first().constData(), batch.constData());
    QVERIFY(runner.isIdle());
  }
  void slowSinkGetsAllThatQueuedInOneHandOver() {
    SlowSink sink;
    sink.prompt = false;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock);
    runner.open();
    for (int i = 0; i < 5; ++i) runner.offer(samples(10, i * 10));
    QCOMPARE(sink.batches.size(), 1);
    Q_EMIT sink.written();
    QCOMPARE(sink.batches.size(), 2);
    QCOMPARE(sink.batches[1].size(), 40);
    QCOMPARE(std::get<double>(sink.batches[1].last().value), 49.0);
  }
  void handOverIsBounded() {
    SlowSink sink;
    sink.prompt = false;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock, {1000, 100, 25});
    runner.open();
    for (int i = 0; i < 5; ++i) runner.offer(samples(10));
    Q_EMIT sink.written();
    QCOMPARE(sink.batches[1].size(), 20);
  }
  void overflowDropsTheOldestCountsAndMarksTheGap() {
    SlowSink sink;
    sink.prompt = false;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock, {20, 100, 1000});
    runner.open();
    for (int i = 0; i < 6; ++i) runner.offer(samples(10, i * 10));  // one in flight, two fit, three are dropped
    Q_EMIT sink.written();
    QCOMPARE(sink.events.size(), 1);
    QVERIFY(std::get<SystemEvent>(sink.events.first().body).text.startsWith(QLatin1String("30 samples")));
    QCOMPARE(sink.batches[1].size(), 20);
    QCOMPARE(std::get<double>(sink.batches[1].first().value), 40.0);
    QVERIFY(metrics.text().find("tagwire_sink_dropped_samples_total{reason=\"queue_full\"} 30") != std::string::npos);
  }
  void samplesAndEventsKeepTheirOrder() {
    SlowSink sink;
    sink.prompt = false;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock);
    runner.open();
    runner.offer(samples(1));
    runner.offer(samples(1));
    runner.offer(systemEvent("between"));
    runner.offer(samples(1));
    Q_EMIT sink.written();
    QCOMPARE(sink.batches.size(), 2);  // not merged over the event
    QCOMPARE(sink.events.size(), 0);
    Q_EMIT sink.written();
    QCOMPARE(sink.events.size(), 1);
    QCOMPARE(sink.batches.size(), 3);
  }
  void eventsAreNeverDroppedSilently() {
    SlowSink sink;
    sink.prompt = false;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock, {1000, 3, 1000});
    runner.open();
    runner.offer(samples(1));
    QTest::ignoreMessage(QtCriticalMsg, "the queue of events is full: the oldest are dropped and counted");
    for (int i = 0; i < 5; ++i) runner.offer(systemEvent("e"));
    QVERIFY(metrics.text().find("tagwire_sink_dropped_events_total{reason=\"queue_full\"} 2") != std::string::npos);
    Q_EMIT sink.written();
    QCOMPARE(sink.events.size(), 4);
    const auto marker = std::get<SystemEvent>(sink.events.first().body);
    QCOMPARE(marker.kind, QStringLiteral("events_dropped"));
    QVERIFY(marker.text.startsWith(QLatin1String("2 events")));
  }
  void aBatchThatIsTooLargeIsHandedOverInParts() {
    SlowSink sink;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock, {1000, 100, 25});
    runner.open();
    runner.offer(samples(60));
    QCOMPARE(sink.batches.size(), 3);
    QCOMPARE(sink.batches[2].size(), 10);
    QCOMPARE(std::get<double>(sink.batches[2].last().value), 59.0);
    QVERIFY(runner.isIdle());
  }
  void aWaveOfEventsReachesASinkInAThreadOfItsOwnWhole() {
    auto *sink = new SlowSink;
    QThread thread;
    sink->moveToThread(&thread);
    Metrics metrics;
    SinkRunner runner(sink, sink, metrics, m_log, m_clock);
    runner.open();
    // All alarms of a large site at once, and the thread is not even running yet.
    for (int i = 0; i < 100'000; ++i) runner.offer(systemEvent("e"));
    thread.start();
    QTRY_VERIFY(runner.isIdle());
    QCOMPARE(sink->events.size(), 100'000);
    QVERIFY(metrics.text().find("tagwire_sink_dropped_events_total{reason=\"queue_full\"} 0") != std::string::npos);
    thread.quit();
    thread.wait();
    delete sink;
  }
  void closedRunnerHandsOverNothing() {
    SlowSink sink;
    Metrics metrics;
    SinkRunner runner(&sink, &sink, metrics, m_log, m_clock);
    runner.offer(samples(1));
    QCOMPARE(sink.batches.size(), 0);
    runner.open();
    QCOMPARE(sink.batches.size(), 1);
    runner.close();
    runner.offer(samples(1));
    QCOMPARE(sink.batches.size(), 1);
  }
  void sinkInAThreadOfItsOwn() {
    auto *sink = new SlowSink;
    QThread thread;
    sink->moveToThread(&thread);
    thread.start();
    Metrics metrics;
    SinkRunner runner(sink, sink, metrics, m_log, m_clock);
    runner.open();
    for (int i = 0; i < 100; ++i) {
      runner.offer(samples(10));
      runner.offer(systemEvent("e"));
    }
    QTRY_VERIFY(runner.isIdle());
    qsizetype taken = 0;
    for (const Samples &batch : std::as_const(sink->batches)) taken += batch.size();
    QCOMPARE(taken, 1000);
    QCOMPARE(sink->events.size(), 100);
    thread.quit();
    thread.wait();
    delete sink;
  }

 private:
  QLoggingCategory m_log{"tagwire.test", QtInfoMsg};
  ManualClock m_clock;
};

TAGWIRE_TEST(SinkRunnerTest)

}  // namespace sinkrunner_test

#include "sinkrunner_test.moc"
