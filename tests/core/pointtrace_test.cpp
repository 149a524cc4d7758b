// SPDX-License-Identifier: Apache-2.0
#include "pointtrace.h"

#include <QTest>
#include "hub.h"
#include "manualclock.h"
#include "testprogram.h"

namespace pointtrace_test {

using namespace tagwire;
using namespace std::chrono_literals;

namespace {

constexpr PointId traced{7};

class PromptSink : public Plugin, public Sink {
 public:
  void start() override {}
  void stop() override {}
  void write(const Samples &) override { Q_EMIT written(); }
  void notify(const Event &) override {}
};

}  // namespace

class PointTraceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void hubAndSinkTellWhereAValueIs() {
    ManualClock clock;
    PointTrace trace(clock);
    Metrics metrics;
    PointTable points;
    Hub hub(points, metrics);
    hub.setTrace(&trace);
    PromptSink sink;
    SinkRunner runner(&sink, &sink, metrics, m_log, clock);
    runner.follow(&trace, QStringLiteral("history"));
    hub.addSink(&sink, &runner);
    runner.open();

    const Time read = clock.now();
    clock.advance(3ms);
    hub.publish(nullptr, {sample(traced, read), sample(PointId{8}, read)});
    QVERIFY(trace.report().rows.isEmpty());  // nobody traces
    QVERIFY(trace.begin(traced, 10s));
    hub.publish(nullptr, {sample(PointId{8}, read), sample(traced, read)});
    const PointTrace::Report report = trace.report();
    QVERIFY(report.isOn);
    QCOMPARE(report.rows.size(), 1);
    QStringList hops;
    for (const PointTrace::Hop &hop : report.rows.first().hops) {
      hops << QLatin1String(hop.hop) + u' ' + hop.instance;
      QCOMPARE(hop.time - read, std::chrono::nanoseconds(3ms));
    }
    QCOMPARE(hops, (QStringList{QStringLiteral("received "), QStringLiteral("handed_over history"),
                                QStringLiteral("taken history")}));
  }
  void endsByItself() {
    ManualClock clock;
    PointTrace trace(clock);
    QVERIFY(trace.begin(traced, 10s));
    QVERIFY(!trace.begin(PointId{8}, 10s));
    clock.advance(6s);
    QVERIFY(trace.begin(traced, 10s));  // goes on
    clock.advance(6s);
    QVERIFY(trace.report().isOn);
    clock.advance(5s);
    QVERIFY(!trace.report().isOn);
    trace.received({sample(traced, clock.now())});
    QVERIFY(trace.report().rows.isEmpty() && !trace.isOn());
    QVERIFY(trace.begin(PointId{8}, 10s));
  }
  void isBounded() {
    ManualClock clock;
    PointTrace trace(clock);
    QVERIFY(trace.begin(traced, 1h));
    QVERIFY(trace.report().until <= clock.now() + PointTrace::longest);
    for (int i = 0; i < 3 * PointTrace::mostRows; ++i) {
      clock.advance(1ms);
      trace.received({sample(traced, clock.now())});
    }
    // The first ones are followed to the end of their way, however many come after them.
    const Time first = trace.report().rows.first().sample.time;
    for (int i = 0; i < 3 * PointTrace::mostHops; ++i) trace.reached({sample(traced, first)}, "sent", {}, {});
    trace.reached({sample(traced, clock.now())}, "sent", {}, {});
    const PointTrace::Report report = trace.report();
    QCOMPARE(report.rows.size(), PointTrace::mostRows);
    QCOMPARE(report.rows.first().hops.size(), PointTrace::mostHops);
    QCOMPARE(report.rows.first().omitted, 3 * PointTrace::mostHops - PointTrace::mostHops + 1);
    QCOMPARE(report.rows.last().hops.size(), 1);
  }

 private:
  static Sample sample(PointId point, Time time) { return {point, Quality::good(), time, Value(1.0)}; }
  QLoggingCategory m_log{"tagwire.test", QtInfoMsg};
};

TAGWIRE_TEST(PointTraceTest)

}  // namespace pointtrace_test

#include "pointtrace_test.moc"
