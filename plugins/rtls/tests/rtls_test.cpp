// SPDX-License-Identifier: Apache-2.0
#include "rtlsfixture.h"
#include "testprogram.h"

namespace rtls_test {

using namespace tagwire;
using namespace tagwire::rtls;

class RtlsTest : public RtlsFixture {
  Q_OBJECT
 private Q_SLOTS:
  void init() { reset(); }
  void declaresItsPoints();
  void R1_10_fixBecomesSamples();
  void R1_20_fixRaisesTriggerEvent();
  void R1_25_lostTagTurnsBad();
  void R1_10_refusalsNameTheReason();
  void R1_10_refusedFixMakesNoPoint();
  void unknownTagsAreTakenUpToALimit();
  void R1_2_directoryTellsAll();
  void R1_36_directoryTellsTriggers();
  void everythingOfATurnIsOneBatch();
  void namesAreForWhatIsBelieved();
  void metricsCount();
  void walkerFeedsTheSameIntake();
  void occupancyIsThereFromTheStart();
  void occupancyIsBelievedWhileFixesComeIn();
  void occupancyIsNotBelievedAfterAStop();
  void nothingAfterStop();
  void notRunningRefusesFixes();
  void restartKeepsOccupancy();
  void twoInstances();
  void destroyWhileRunning();
  void creatingEmitsNothingAndStartsNoTimer();
  void R1_24_delayComesByTheClock();
  void R1_25_stalledLoopLosesNobodyUnheard();
  void stopIsNoStall();
  void placesOfLostTagsAreTakenByOthers();
};

void RtlsTest::declaresItsPoints() {
  auto rtls = make();
  QStringList names = m_context->points().fullNames();
  names.sort();
  QCOMPARE(names, (QStringList{QStringLiteral("uwb/tag/FORK1/position"), QStringLiteral("uwb/tag/FORK1/zone"),
                               QStringLiteral("uwb/tag/SIM1/position"), QStringLiteral("uwb/tag/SIM1/zone"),
                               QStringLiteral("uwb/zone/417/occupancy"), QStringLiteral("uwb/zone/418/occupancy")}));
  const auto position = m_context->points().point(m_context->points().find(QStringLiteral("uwb/tag/SIM1/position")));
  QCOMPARE(position->type, ValueType::Position);
  QCOMPARE(position->unit, QStringLiteral("ft"));
  QCOMPARE(position->description, QStringLiteral("Employee Badge 1"));
  QVERIFY(!position->writable);
  // Whoever reads where a tag is has to hold positions:read of that tag.
  const auto tagOf = [&](const char *point) {
    return m_context->points().point(m_context->points().find(QLatin1String(point)))->tag;
  };
  QCOMPARE(position->tag, QStringLiteral("SIM1"));
  QCOMPARE(tagOf("uwb/tag/FORK1/zone"), QStringLiteral("FORK1"));
  QCOMPARE(tagOf("uwb/zone/417/occupancy"), QString());
}

void RtlsTest::R1_10_fixBecomesSamples() {
  auto rtls = make();
  rtls->start();
  QCOMPARE(take(*rtls, "SIM1", 15, 15, 17), QString());
  QTRY_COMPARE(m_batches.size(), 2);
  const Sample position = last("uwb/tag/SIM1/position");
  QVERIFY(position.quality.isGood());
  QVERIFY(position.time == m_context->clock().now());
  const auto *at = std::get_if<Position>(&position.value);
  QVERIFY(at && at->fix);
  QCOMPARE(at->x, 15.0);
  QCOMPARE(at->fix->tag, QStringLiteral("SIM1"));
  QCOMPARE(at->fix->sequence, 17);
  QCOMPARE(at->fix->zone, 418);
  QVERIFY(last("uwb/tag/SIM1/zone").value == Value(qint64(418)));
  QVERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(1)));
  QVERIFY(last("uwb/zone/417/occupancy").value == Value(qint64(1)));
}

void RtlsTest::R1_20_fixRaisesTriggerEvent() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 5, 5);
  take(*rtls, "SIM1", 15, 15);
  QTRY_COMPARE(m_events.size(), 1);
  const auto &event = std::get<TriggerEvent>(m_events.at(0).body);
  QCOMPARE(event.triggerId, 123);
  QCOMPARE(event.tagName, QStringLiteral("Employee Badge 1"));
  QVERIFY(m_events.at(0).time == m_context->clock().now());
  // The positions are out before the event that they led to.
  QVERIFY(last("uwb/tag/SIM1/zone").value == Value(qint64(418)));
}

void RtlsTest::R1_25_lostTagTurnsBad() {
  auto rtls = make(R"(,"timeout_ms":100)");
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  QTRY_COMPARE(m_batches.size(), 2);
  m_context->manualClock().advance(std::chrono::milliseconds(100));
  QTRY_VERIFY(last("uwb/tag/SIM1/position").quality == Quality::bad(QualityReason::Lost));
  QVERIFY(last("uwb/tag/SIM1/zone").value == Value(qint64(0)));
  QVERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(0)));
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).reason, QStringLiteral("timeout"));
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).triggerId, 125);
}

void RtlsTest::R1_10_refusalsNameTheReason() {
  auto rtls = make();
  rtls->start();
  QCOMPARE(take(*rtls, "SIM1", 15, 15, 18), QString());
  QCOMPARE(take(*rtls, "SIM1", 15, 15, 17), QStringLiteral("Sequence 17 is not after 18"));
  QVERIFY(take(*rtls, "SIM1", std::nan(""), 15, 19).contains(QLatin1String("X is nan")));
  QCOMPARE(take(*rtls, "SIM1", 15, 15, 19, 999), QStringLiteral("no zone 999"));
  QCOMPARE(take(*rtls, "SIM1", 15, 15, 19, 417), QString());
}

void RtlsTest::R1_10_refusedFixMakesNoPoint() {
  auto rtls = make();
  rtls->start();
  const quint32 before = m_context->points().count();
  QVERIFY(!take(*rtls, "NEW", std::nan(""), 1).isEmpty());
  QVERIFY(!take(*rtls, "NEW/../x", 1, 1).isEmpty());
  QVERIFY(!take(*rtls, "NEW", 1, 1, 0).isEmpty());
  QVERIFY(!take(*rtls, "NEW", 1, 1, 5, 999).isEmpty());
  QCOMPARE(m_context->points().count(), before);
}

void RtlsTest::unknownTagsAreTakenUpToALimit() {
  auto rtls = make(R"(,"unknown_tags":2)");
  rtls->start();
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("tag \"X3\" is not listed")));
  QCOMPARE(take(*rtls, "X1", 15, 15), QString());
  QCOMPARE(take(*rtls, "X2", 15, 15), QString());
  QVERIFY(take(*rtls, "X3", 15, 15).contains(QLatin1String("there are 2 such tags already")));
  QVERIFY(!take(*rtls, "X4", 15, 15).isEmpty());
  QCOMPARE(take(*rtls, "X1", 16, 15), QString());
  QCOMPARE(take(*rtls, "SIM1", 16, 15), QString());
  QTRY_COMPARE(m_batches.size(), 2);
  QVERIFY(last("uwb/tag/X2/position").quality.isGood());
  QVERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(3)));
  QVERIFY(m_context->refusals().isEmpty());
}

void RtlsTest::R1_2_directoryTellsAll() {
  auto rtls = make();
  rtls->start();
  m_context->answerWith(rtls.get());
  std::optional<ZoneDirectory> directory;
  m_context->request(&ZoneCatalog::directory, [&](Result<ZoneDirectory> answer) { directory = *answer; });
  QTRY_VERIFY(directory.has_value());
  QCOMPARE(directory->managers.at(0).name, QStringLiteral("Manager1"));
  QCOMPARE(directory->managers.at(0).host, QStringLiteral("10.0.0.1"));
  QCOMPARE(directory->managers.at(0).port, 8001);
  QCOMPARE(directory->zones.size(), 2);
  QCOMPARE(directory->zones.at(1).parent, 417);
  QCOMPARE(directory->tags.size(), 2);
}

void RtlsTest::R1_36_directoryTellsTriggers() {
  auto rtls = make();
  std::optional<ZoneDirectory> directory;
  rtls->directory([&](Result<ZoneDirectory> answer) { directory = *answer; });
  QCOMPARE(directory->triggers.size(), 3);
  QCOMPARE(directory->triggers.at(0).id, 123);
  QCOMPARE(directory->triggers.at(0).zone, 417);
  QCOMPARE(directory->triggers.at(0).direction, QStringLiteral("OnEnter"));
  QVERIFY(directory->triggers.at(2).isPortable);
}

void RtlsTest::everythingOfATurnIsOneBatch() {
  auto rtls = make();
  rtls->start();
  QCOMPARE(m_batches.size(), 1);
  for (int i = 1; i <= 50; ++i) QCOMPARE(take(*rtls, "SIM1", i, 30, i), QString());
  QCOMPARE(m_batches.size(), 1);
  QTRY_COMPARE(m_batches.size(), 2);
  QVERIFY(m_batches.at(1).size() >= 50);
}

/// They stay until the next start.
void RtlsTest::namesAreForWhatIsBelieved() {
  auto rtls = make(R"(,"unknown_tags":1,"filter":{"max_age_ms":1000})");
  rtls->start();
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("X10.*10 such tags were there")));
  IncomingFix old;
  old.x = old.y = 15;
  old.time = m_context->clock().now() - std::chrono::seconds(2);
  for (int i = 0; i < 20; ++i) {
    old.fix.tag = QStringLiteral("OLD%1").arg(i);
    QString reason;
    rtls->take([&](Result<bool> accepted) { reason = accepted ? QString() : accepted.error(); }, old);
    QVERIFY2(reason.startsWith(QStringLiteral("TS is 2000 ms old")), qPrintable(reason));
  }
  QCOMPARE(m_context->metrics()
               .counter("tagwire_rtls_fixes_refused_total", "Fixes that were not taken", {{"reason", "age"}})
               .value(),
           20.0);
  for (int i = 0; i < 11; ++i) {
    QCOMPARE(take(*rtls, qPrintable(QStringLiteral("X%1").arg(i)), 15, 15).isEmpty(), i < 10);
    letTimePass(*rtls, std::chrono::seconds(31));
  }
}

void RtlsTest::metricsCount() {
  auto rtls = make(R"(,"unknown_tags":0)");
  rtls->start();
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("not listed")));
  take(*rtls, "SIM1", 1, 1, 5);
  take(*rtls, "SIM1", 1, 1, 5);
  take(*rtls, "SIM1", std::nan(""), 1, 6);
  take(*rtls, "X", 1, 1);
  const auto refused = [this](const char *reason) {
    return m_context->metrics()
        .counter("tagwire_rtls_fixes_refused_total", "Fixes that were not taken", {{"reason", reason}})
        .value();
  };
  QCOMPARE(m_context->metrics().counter("tagwire_rtls_fixes_accepted_total", "").value(), 1.0);
  QCOMPARE(refused("sequence"), 1.0);
  QCOMPARE(refused("malformed"), 1.0);
  QCOMPARE(refused("unknown_tag"), 1.0);
}

void RtlsTest::walkerFeedsTheSameIntake() {
  auto rtls = make(R"(,"simulate":{"interval_ms":20,"tags":["SIM1"]})");
  rtls->start();
  QTRY_VERIFY(m_batches.size() >= 4);
  QVERIFY(last("uwb/tag/SIM1/position").quality.isGood());
  QVERIFY(last("uwb/tag/FORK1/position").quality.isBad());
  const auto at = std::get<Position>(last("uwb/tag/SIM1/position").value);
  QVERIFY(at.x >= 0 && at.x <= 100 && at.y >= 0 && at.y <= 60);
  QVERIFY(at.fix->zone == 417 || at.fix->zone == 418);
  QVERIFY(last("uwb/zone/417/occupancy").value == Value(qint64(1)));
}

void RtlsTest::occupancyIsThereFromTheStart() {
  auto rtls = make();
  QSignalSpy status(rtls.get(), &Plugin::statusChanged);
  rtls->start();
  QCOMPARE(status.size(), 1);
  QCOMPARE(status.at(0).at(0).value<PluginState>(), PluginState::Running);
  QVERIFY(last("uwb/zone/417/occupancy").quality == Quality::uncertain(QualityReason::Stale));
  QVERIFY(last("uwb/zone/417/occupancy").value == Value(qint64(0)));
}

/// A zone that is empty only because nothing comes in any more is never Good and 0.
void RtlsTest::occupancyIsBelievedWhileFixesComeIn() {
  const auto occupancy = [this] { return last("uwb/zone/418/occupancy"); };
  const auto stale = Quality::uncertain(QualityReason::Stale);
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  QTRY_VERIFY(occupancy().value == Value(qint64(1)));
  QCOMPARE(occupancy().quality, stale);  // others may not have been heard yet
  letTimePass(*rtls, std::chrono::seconds(5));
  QTRY_VERIFY(occupancy().quality.isGood());
  letTimePass(*rtls, std::chrono::milliseconds(9999));
  take(*rtls, "nobody has this tag and its fix says nonsense", std::nan(""), 0);
  QVERIFY(occupancy().quality.isGood());
  letTimePass(*rtls, std::chrono::milliseconds(1));
  QTRY_COMPARE(occupancy().quality, stale);
  QVERIFY(occupancy().value == Value(qint64(1)));
  letTimePass(*rtls, std::chrono::seconds(15));
  QTRY_VERIFY(occupancy().value == Value(qint64(0)));
  QCOMPARE(occupancy().quality, stale);
  take(*rtls, "FORK1", 50, 50);  // something comes in again, and SIM1 may be heard in a moment
  QTRY_VERIFY(last("uwb/tag/FORK1/position").quality.isGood());
  QCOMPARE(occupancy().quality, stale);
  letTimePass(*rtls, std::chrono::seconds(5));
  QTRY_VERIFY(occupancy().quality.isGood());
  for (const Samples &batch : std::as_const(m_batches)) {
    for (const Sample &sample : batch) {
      if (sample.point != occupancy().point || &batch == &m_batches.constLast()) continue;
      QVERIFY(!sample.quality.isGood() || sample.value == Value(qint64(1)));
    }
  }
}

void RtlsTest::occupancyIsNotBelievedAfterAStop() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  letTimePass(*rtls, std::chrono::seconds(5));
  QTRY_VERIFY(last("uwb/zone/418/occupancy").quality.isGood());
  rtls->stop();
  rtls->start();
  QVERIFY(!last("uwb/zone/418/occupancy").quality.isGood());
  QVERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(1)));
}

void RtlsTest::nothingAfterStop() {
  auto rtls = make(R"(,"timeout_ms":100,"simulate":{"interval_ms":20})");
  rtls->start();
  QTRY_VERIFY(m_batches.size() >= 2);
  take(*rtls, "SIM1", 15, 15);
  rtls->stop();
  const auto batches = m_batches.size();
  const auto events = m_events.size();
  m_context->manualClock().advance(std::chrono::seconds(1));
  QTest::qWait(150);
  QCOMPARE(m_batches.size(), batches);
  QCOMPARE(m_events.size(), events);
}

void RtlsTest::notRunningRefusesFixes() {
  auto rtls = make();
  QCOMPARE(take(*rtls, "SIM1", 15, 15), QStringLiteral("\"uwb\" is not running"));
  rtls->start();
  QCOMPARE(take(*rtls, "SIM1", 15, 15), QString());
  rtls->stop();
  QCOMPARE(take(*rtls, "SIM1", 15, 15), QStringLiteral("\"uwb\" is not running"));
}

void RtlsTest::restartKeepsOccupancy() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  take(*rtls, "X1", 15, 15);
  QTRY_COMPARE(m_batches.size(), 2);
  rtls->stop();
  rtls->start();
  QVERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(2)));
  QCOMPARE(take(*rtls, "X1", 5, 5), QString());
  QTRY_VERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(1)));
  QVERIFY(m_context->refusals().isEmpty());
}

void RtlsTest::twoInstances() {
  TestContext other(QStringLiteral("ble"));
  auto one = make();
  auto two = make({}, &other);
  one->start();
  two->start();
  take(*one, "SIM1", 15, 15);
  QTRY_VERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(1)));
  const PointId elsewhere = other.points().find(QStringLiteral("ble/zone/418/occupancy"));
  QVERIFY(other.points().last(elsewhere).value == Value(qint64(0)));
  one.reset();
  QCOMPARE(take(*two, "SIM1", 15, 15), QString());
  QTRY_VERIFY(other.points().last(elsewhere).value == Value(qint64(1)));
}

void RtlsTest::destroyWhileRunning() {
  auto rtls = make(R"(,"simulate":{"interval_ms":20})");
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  rtls.reset();
  const auto batches = m_batches.size();
  QTest::qWait(60);
  QCOMPARE(m_batches.size(), batches);
}

void RtlsTest::creatingEmitsNothingAndStartsNoTimer() {
  auto rtls = make(R"(,"simulate":{})");
  const auto timers = rtls->findChildren<QTimer *>();
  QCOMPARE(timers.size(), 2);
  for (const QTimer *timer : timers) QVERIFY(!timer->isActive());
  QVERIFY(m_batches.isEmpty() && m_events.isEmpty());
}

void RtlsTest::R1_24_delayComesByTheClock() {
  auto rtls = make(R"(,"timeout_ms":60000)");
  rtls.reset();
  m_context = std::make_unique<TestContext>(QStringLiteral("uwb"));
  Problems problems;
  const ConfigNode node = parseJson(R"({"managers":["Manager1"],
      "zones":[{"id":417,"name":"Hall","polygon":[[0,0],[100,0],[100,60],[0,60]]}],
      "triggers":[{"id":1,"name":"Stays","zone":417,"direction":"OnDwell","dwell_ms":200,"regions":[{"circle":{"center":[15,15],"radius":5}}]}]})",
                                    QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  rtls = makeRtls(reader, *m_context);
  connect(rtls.get(), &Plugin::eventRaised, this, [this](const Event &event) { m_events << event; });
  rtls->start();
  take(*rtls, "A", 15, 15);
  // An earlier deadline than the timer was set for.
  m_context->manualClock().advance(std::chrono::milliseconds(200));
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).direction, QStringLiteral("OnDwell"));
  QVERIFY(m_events.at(0).time == m_context->clock().now());
}

/// As after a SIGSTOP: the fix of SIM1 is still in its socket when that of FORK1 is read.
void RtlsTest::R1_25_stalledLoopLosesNobodyUnheard() {
  auto rtls = make(R"(,"timeout_ms":5000)");
  rtls->start();
  for (const char *tag : {"SIM1", "FORK1", "X1"}) take(*rtls, tag, 15, 15);
  letTimePass(*rtls, std::chrono::seconds(3));
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("the event loop stood still")));
  m_context->manualClock().advance(std::chrono::seconds(20));
  take(*rtls, "FORK1", 15, 15);
  take(*rtls, "SIM1", 15, 15);
  letTimePass(*rtls, std::chrono::seconds(3));
  QTRY_VERIFY(last("uwb/tag/X1/position").quality == Quality::bad(QualityReason::Lost));
  QVERIFY(last("uwb/tag/SIM1/position").quality.isGood());
  for (const Event &event : std::as_const(m_events)) {
    QCOMPARE(std::get<TriggerEvent>(event.body).tagId, QStringLiteral("X1"));
  }
  QCOMPARE(m_context->metrics().counter("tagwire_rtls_stalls_total", "").value(), 1.0);
}

void RtlsTest::stopIsNoStall() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  rtls->stop();
  m_context->manualClock().advance(std::chrono::seconds(31));
  rtls->start();
  QTRY_VERIFY(last("uwb/tag/SIM1/position").quality == Quality::bad(QualityReason::Lost));
  QCOMPARE(m_context->metrics().counter("tagwire_rtls_stalls_total", "").value(), 0.0);
}

void RtlsTest::placesOfLostTagsAreTakenByOthers() {
  auto rtls = make(R"(,"unknown_tags":1)");
  rtls->start();
  QCOMPARE(take(*rtls, "X1", 15, 15), QString());
  const PointId point = m_context->points().find(QStringLiteral("uwb/tag/X1/position"));
  QVERIFY(!take(*rtls, "X2", 15, 15).isEmpty());
  letTimePass(*rtls, std::chrono::seconds(31));
  QCOMPARE(take(*rtls, "X2", 15, 15), QString());
  QCOMPARE(m_context->metrics().counter("tagwire_rtls_places_reused_total", "").value(), 1.0);
  QVERIFY(take(*rtls, "X1", 15, 15).contains(QLatin1String("there are 1 such tags already")));
  letTimePass(*rtls, std::chrono::seconds(31));
  QCOMPARE(take(*rtls, "X1", 15, 15), QString());
  QVERIFY(m_context->points().find(QStringLiteral("uwb/tag/X1/position")) == point);
  QTRY_VERIFY(last("uwb/tag/X1/position").quality.isGood());
  QCOMPARE(m_context->metrics().counter("tagwire_rtls_places_reused_total", "").value(), 1.0);
}

TAGWIRE_TEST(RtlsTest)

}  // namespace rtls_test

#include "rtls_test.moc"
