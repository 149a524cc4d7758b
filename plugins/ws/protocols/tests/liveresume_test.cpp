// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/liveprotocol.h"
#include "recordingsession.h"
#include "services/resumepoints.h"
#include "testprogram.h"

namespace liveresume_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

/// What the instance that knows the other nodes says.
class Others : public Plugin, public ResumePoints {
 public:
  void start() override {}
  void stop() override {}
  void expectsClients(Reply<bool> reply) override { reply(true); }
  void resumeAfter(Reply<ResumePoint> reply, QString epoch, quint64 after) override {
    asked << epoch + QStringLiteral(" ") + QString::number(after);
    held = reply;
  }
  void answer(quint64 after, const QList<PointId> &own = {}) {
    std::exchange(held, nullptr)(ResumePoint{after, std::make_shared<const QList<PointId>>(own)});
  }
  QStringList asked;
  Reply<ResumePoint> held;
};

struct Bench {
  Bench() : state(WsConfig(), context), live(state, Limits()) {
    context.addInstance(QStringLiteral("cluster"), QStringLiteral("cluster"), &others);
    temp = declarePoint(context, "temp", 1);
    own = declarePoint(context, "own", 2);
    live.opened(session);
  }
  void put(PointId point, double value) { publish(context, live, {sampleOf(context, point, value)}); }
  void comeBack() {
    live.received(session, R"({"op":"subscribe","id":"a","topics":["#"],"epoch":"other","after":77})");
  }
  /// Of one point in all that came.
  QList<double> valuesOf(const char *name) const {
    QList<double> values;
    for (qsizetype index = 0; index < session.count(); ++index) {
      for (const QJsonValue &point : session.message(index).value(QLatin1String("points")).toArray()) {
        const QJsonObject entry = point.toObject();
        if (entry.value(QLatin1String("p")).toString() == QLatin1String(name)) {
          values << entry.value(QLatin1String("v")).toDouble();
        }
      }
    }
    return values;
  }

  TestContext context;
  Others others;
  GatewayState state;
  LiveProtocol live;
  RecordingSession session;
  PointId temp;
  PointId own;
};

class LiveResumeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // What came before the answer and after it: each once, in order, and no snapshot.
  void R6_3_aClientOfAnotherNodeGoesOn() {
    Bench bench;
    bench.put(bench.own, 5.0);
    for (const double value : {1.0, 2.0, 3.0}) bench.put(bench.temp, value);
    bench.comeBack();
    QTRY_COMPARE(bench.others.asked, QStringList{QStringLiteral("other 77")});
    QCOMPARE(bench.session.each("op"), QStringList{QStringLiteral("subscribed")});
    bench.put(bench.temp, 4.0);
    raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
    bench.live.flush();
    QCOMPARE(bench.session.count(), 1);
    bench.others.answer(2, {bench.own});
    QTRY_COMPARE(bench.session.count(), 2);
    bench.put(bench.temp, 5.0);
    bench.live.flush();
    QCOMPARE(bench.valuesOf("test/temp"), (QList{2.0, 3.0, 4.0, 5.0}));
    QCOMPARE(bench.valuesOf("test/own"), QList{5.0});
    QCOMPARE(bench.session.message(1).value(QStringLiteral("events")).toArray().size(), 1);
    QCOMPARE(bench.session.each("op"),
             (QStringList{QStringLiteral("subscribed"), QStringLiteral("update"), QStringLiteral("update")}));
    QVERIFY(!bench.session.each("gap").contains(QStringLiteral("true")));
  }

  void R6_3_notKnownIsAGap() {
    Bench bench;
    bench.comeBack();
    QTRY_VERIFY(bench.others.held);
    bench.put(bench.temp, 1.0);
    raise(bench.context, bench.live, alarmOf(77, AlarmState::Alarm, AlarmState::Ok));
    bench.others.held(failure(QStringLiteral("nobody knows")));
    QTRY_COMPARE(bench.session.count(), 3);
    QCOMPARE(bench.session.message(1).value(QStringLiteral("op")).toString(), QStringLiteral("snapshot"));
    QCOMPARE(bench.session.message(1).value(QStringLiteral("gap")), QJsonValue(true));
    QCOMPARE(bench.session.message(2).value(QStringLiteral("events")).toArray().size(), 1);
    QCOMPARE(bench.valuesOf("test/temp"), QList{1.0});
  }

  void R6_3_aPlaceThatTheRingHasNotIsAGap() {
    Bench bench;
    bench.put(bench.temp, 1.0);
    bench.context.manualClock().advance(61s);
    bench.live.tick(bench.context.clock().now());
    bench.comeBack();
    QTRY_VERIFY(bench.others.held);
    bench.others.answer(0);
    QTRY_COMPARE(bench.session.count(), 2);
    QCOMPARE(bench.session.last().value(QStringLiteral("gap")), QJsonValue(true));
  }

  void R6_3_anAnswerThatComesTooLate() {
    Bench bench;
    bench.comeBack();
    QTRY_VERIFY(bench.others.held);
    bench.live.received(bench.session, R"({"op":"unsubscribe","id":"a"})");
    bench.others.answer(0);
    QCoreApplication::processEvents();
    QCOMPARE(bench.session.each("op"), (QStringList{QStringLiteral("subscribed"), QStringLiteral("unsubscribed")}));

    // Other rights meanwhile begin with a snapshot of what they allow, and the answer changes nothing any more.
    bench.session.clear();
    bench.comeBack();
    QTRY_VERIFY(bench.others.held);
    bench.live.callerChanged(bench.session);
    QTRY_COMPARE(bench.session.count(), 2);
    bench.others.answer(0);
    bench.put(bench.temp, 1.0);
    bench.live.flush();
    QCOMPARE(bench.session.count(), 3);
    QCOMPARE(bench.valuesOf("test/temp").last(), 1.0);

    bench.comeBack();
    QTRY_VERIFY(bench.others.held);
    bench.live.closed(bench.session);
    bench.others.answer(0);
    QCoreApplication::processEvents();
  }

  // Nobody is here, but clients of other nodes may come.
  void R6_3_theRingIsKeptForOthers() {
    Bench bench;
    bench.live.closed(bench.session);
    bench.context.manualClock().advance(61s);
    bench.live.tick(bench.context.clock().now());
    QCoreApplication::processEvents();
    bench.put(bench.temp, 1.0);
    const quint64 before = bench.context.sequence();
    bench.put(bench.temp, 2.0);
    bench.session.clear();
    bench.live.opened(bench.session);
    bench.comeBack();
    QTRY_VERIFY(bench.others.held);
    bench.others.answer(before);
    QTRY_COMPARE(bench.session.count(), 2);
    QCOMPARE(bench.session.last().value(QStringLiteral("op")).toString(), QStringLiteral("update"));
    QCOMPARE(bench.valuesOf("test/temp"), QList{2.0});
  }
};

TAGWIRE_TEST(LiveResumeTest)

}  // namespace liveresume_test

#include "liveresume_test.moc"
