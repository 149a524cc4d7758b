// SPDX-License-Identifier: Apache-2.0
#include <QtTest>

#include "remote/remotefeed.h"
#include "remote/remoteschedule.h"
#include "testing/manualclock.h"
#include "testprogram.h"

namespace remoteparts_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

constexpr auto oneEvent =
    "{\"type\":\"TriggerEvent\",\"trigger_id\":900,\"direction\":\"OnEnter\",\"tag_id\":\"SIM1\","
    "\"timestamp\":\"2025-05-05T12:34:56.789Z\"}";

RemoteMessage read(const QByteArray &text, const QTimeZone &zone = QTimeZone::utc()) {
  const auto message = readRemoteMessage(text, zone);
  if (!message) qFatal("%s", qPrintable(message.error()));
  return *message;
}

RemoteEvent told(const QByteArray &text = oneEvent) { return std::get<RemoteEvent>(read(text)); }

IncomingFix fixOf(const char *tag, double x) {
  IncomingFix fix;
  fix.fix.tag = QString::fromLatin1(tag);
  fix.x = x;
  return fix;
}

StaticNames names() {
  StaticNames names;
  names.triggers.insert(900, {900, QStringLiteral("Entry Gate"), 418, QStringLiteral("OnEnter"), false, true});
  names.tags.insert(QStringLiteral("SIM1"), {QStringLiteral("SIM1"), QStringLiteral("Employee Badge 1"), {}, true});
  return names;
}

RemoteFeed feed(int zone = 417) {
  RemoteFeed feed({QStringLiteral("wss://other/ws/Manager1"),
                   zone,
                   {QStringLiteral("SIM1"), QStringLiteral("SIM2")},
                   {PointId(7), PointId(8)},
                   30s});
  feed.setNames(names());
  feed.begin();
  return feed;
}

}  // namespace

/// The plain classes behind `remotes`, with a clock that stands still.
class RemotePartsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_31_pausesDoubleUpToTheLongest();
  void R1_31_jitterStaysWithinItsShare();
  void R1_31_aConnectionThatHeldBeginsThePausesAnew();
  void R1_31_aConnectionThatNeverStreamedDoesNot();
  void noAnswerIsGivenUp();
  void R1_32_silenceIsGivenUp();
  void R1_5_eachPartHasADeadlineOfItsOwn();
  void aFloodIsNoticed();
  void R1_33_namesThatTheEventLacks();
  void R1_33_namesThatTheEventHasStay();
  void R1_33_zoneOfTheSubscription();
  void R1_30_eventsKeepTheirTime();
  void R1_31_whatCameBeforeAReconnectIsNotTakenAgain();
  void withinOneConnectionNothingIsARepetition();
  void R1_34_sinceTheNewestEvent();
  void R1_34_whatIsOwedStaysOwed();
  void whatNobodyAskedForIsDropped();
  void whatAnotherSiteRelaysIsDropped();
  void positionsAndTheirEnds();
  void zonesOfPositionsAreThoseOfTheManifest();
};

void RemotePartsTest::R1_31_pausesDoubleUpToTheLongest() {
  ManualClock clock;
  RemoteSchedule schedule(Backoff(5s, 60s, 0), 60s);
  QCOMPARE(schedule.due(clock.elapsed()), RemoteSchedule::Step::None);
  QVERIFY(schedule.next() == endless);
  schedule.start(clock.elapsed());
  for (const auto pause : {5s, 10s, 20s, 40s, 60s, 60s, 60s}) {
    QCOMPARE(schedule.due(clock.elapsed()), RemoteSchedule::Step::Dial);
    schedule.dialled(clock.elapsed());
    schedule.ended(clock.elapsed());
    QVERIFY(schedule.next() == clock.elapsed() + pause);
    clock.advance(pause - 1ns);
    QCOMPARE(schedule.due(clock.elapsed()), RemoteSchedule::Step::None);
    clock.advance(1ns);
  }
  schedule.stop();
  QCOMPARE(schedule.due(clock.elapsed()), RemoteSchedule::Step::None);
}

void RemotePartsTest::R1_31_jitterStaysWithinItsShare() {
  QSet<qint64> pauses;
  for (int i = 0; i < 100; ++i) {
    RemoteSchedule schedule(Backoff(5s, 60s, 0.2), 60s);
    schedule.start(0s);
    schedule.dialled(0s);
    schedule.ended(0s);
    QVERIFY(schedule.next() >= 4s && schedule.next() <= 6s);
    pauses.insert(schedule.next().count());
  }
  QVERIFY(pauses.size() > 10);
}

void RemotePartsTest::R1_31_aConnectionThatHeldBeginsThePausesAnew() {
  RemoteSchedule schedule(Backoff(5s, 60s, 0), 60s);
  RemoteSchedule::Elapsed now = 0s;
  schedule.start(now);
  const auto holdsFor = [&](std::chrono::nanoseconds time) {
    schedule.dialled(now);
    schedule.opened(now);
    schedule.begun(now);
    now += time;
    schedule.ended(now);
    const auto pause = schedule.next() - now;
    now = schedule.next();
    return pause;
  };
  QVERIFY(holdsFor(1s) == 5s);
  QVERIFY(holdsFor(59s) == 10s);
  QVERIFY(holdsFor(60s) == 5s);
  QVERIFY(holdsFor(0s) == 10s);
}

void RemotePartsTest::R1_31_aConnectionThatNeverStreamedDoesNot() {
  RemoteSchedule schedule(Backoff(5s, 60s, 0), 60s);
  schedule.start(0s);
  schedule.dialled(0s);
  schedule.opened(0s);
  schedule.ended(100s);
  QVERIFY(schedule.next() == 105s);
  schedule.dialled(105s);
  schedule.ended(300s);
  QVERIFY(schedule.next() == 310s);
}

void RemotePartsTest::noAnswerIsGivenUp() {
  RemoteSchedule schedule(Backoff(5s, 60s, 0), 60s);
  schedule.start(0s);
  schedule.dialled(0s);
  QCOMPARE(schedule.due(9s), RemoteSchedule::Step::None);
  QCOMPARE(schedule.due(10s), RemoteSchedule::Step::GiveUp);
  schedule.opened(9s);
  QCOMPARE(schedule.due(10s), RemoteSchedule::Step::None);
  QCOMPARE(schedule.due(19s), RemoteSchedule::Step::GiveUp);
  schedule.heard(18s);  // heartbeats are no answer
  QCOMPARE(schedule.due(19s), RemoteSchedule::Step::GiveUp);
}

void RemotePartsTest::R1_32_silenceIsGivenUp() {
  RemoteSchedule schedule(Backoff(5s, 60s, 0), 60s);
  schedule.start(0s);
  schedule.dialled(0s);
  schedule.opened(0s);
  schedule.begun(0s);
  QVERIFY(schedule.isStreaming());
  schedule.heard(30s);
  QCOMPARE(schedule.due(89s), RemoteSchedule::Step::None);
  QCOMPARE(schedule.due(90s), RemoteSchedule::Step::GiveUp);
  schedule.ended(90s);
  QVERIFY(!schedule.isStreaming());
}

void RemotePartsTest::R1_5_eachPartHasADeadlineOfItsOwn() {
  RemoteSchedule schedule(Backoff(5s, 60s, 0), 60s);
  schedule.start(0s);
  schedule.dialled(0s);
  schedule.opened(1s);
  for (int part = 0; part < 5; ++part) {
    schedule.asked(1s + 9s * part);
    QCOMPARE(schedule.next(), RemoteSchedule::Elapsed(11s + 9s * part));
  }
  QVERIFY(!schedule.isStreaming());
  schedule.begun(46s);
  schedule.asked(100s);
  QCOMPARE(schedule.next(), RemoteSchedule::Elapsed(106s));
}

void RemotePartsTest::aFloodIsNoticed() {
  FloodGate gate;
  for (int i = 0; i < FloodGate::mostMessages; ++i) QVERIFY(gate.admits(1, 100, 5s));
  QVERIFY(!gate.admits(1, 100, 5s + 999ms));
  QVERIFY(gate.admits(1, 100, 6s));
  for (int i = 0; i < 127; ++i) QVERIFY(gate.admits(1, 64 * 1024, 6s));
  QVERIFY(!gate.admits(1, 64 * 1024, 6s));
}

void RemotePartsTest::R1_33_namesThatTheEventLacks() {
  RemoteFeed remote = feed();
  const auto taken = remote.take(told(), Moment());
  QVERIFY(taken);
  const auto &trigger = std::get<TriggerEvent>(taken->body);
  QCOMPARE(trigger.triggerName, QStringLiteral("Entry Gate"));
  QCOMPARE(trigger.tagName, QStringLiteral("Employee Badge 1"));
  QCOMPARE(trigger.direction, QStringLiteral("OnEnter"));
  QCOMPARE(trigger.origin, QStringLiteral("wss://other/ws/Manager1"));
}

void RemotePartsTest::R1_33_namesThatTheEventHasStay() {
  RemoteFeed remote = feed();
  const auto taken = remote.take(told("{\"type\":\"TriggerEvent\",\"trigger_id\":900,\"direction\":\"OnExit\","
                                      "\"tag_id\":\"SIM1\",\"trigger_name\":\"Gate\",\"tag_name\":\"Ann\","
                                      "\"zone_id\":420,\"x\":1.5,\"y\":2.5,\"z\":3,\"reason\":\"timeout\"}"),
                                 Moment());
  QVERIFY(taken);
  const auto &trigger = std::get<TriggerEvent>(taken->body);
  QCOMPARE(trigger.triggerName, QStringLiteral("Gate"));
  QCOMPARE(trigger.tagName, QStringLiteral("Ann"));
  QCOMPARE(trigger.zoneId, 420);
  QCOMPARE(trigger.x, 1.5);
  QCOMPARE(trigger.y, 2.5);
  QCOMPARE(trigger.z, 3.0);
  QCOMPARE(trigger.reason, QStringLiteral("timeout"));
}

void RemotePartsTest::R1_33_zoneOfTheSubscription() {
  RemoteFeed remote = feed();
  QCOMPARE(std::get<TriggerEvent>(remote.take(told(), Moment())->body).zoneId, 417);
  RemoteFeed everywhere = feed(0);
  QCOMPARE(std::get<TriggerEvent>(everywhere.take(told(), Moment())->body).zoneId, 418);  // that of its trigger
  everywhere.setNames({});
  QCOMPARE(std::get<TriggerEvent>(everywhere.take(told(), Moment())->body).zoneId, 0);
}

void RemotePartsTest::R1_30_eventsKeepTheirTime() {
  ManualClock clock;
  RemoteFeed remote = feed();
  QCOMPARE(toIso(remote.take(told(), {clock.now(), {}})->time), QStringLiteral("2025-05-05T12:34:56.789Z"));
  RemoteEvent timeless = told();
  timeless.time.reset();
  QVERIFY(remote.take(timeless, {clock.now(), {}})->time == clock.now());
  const QByteArray local =
      "{\"type\":\"TriggerEvent\",\"trigger_id\":1,\"direction\":\"OnEnter\",\"tag_id\":\"SIM1\","
      "\"timestamp\":\"2025-05-05T12:00:00.000\"}";
  const auto there = std::get<RemoteEvent>(read(local, QTimeZone("Asia/Kolkata")));
  QCOMPARE(toIso(*there.time), QStringLiteral("2025-05-05T06:30:00.000Z"));
}

void RemotePartsTest::R1_31_whatCameBeforeAReconnectIsNotTakenAgain() {
  RemoteFeed remote = feed();
  QVERIFY(remote.take(told(), Moment()));
  remote.begin();
  QCOMPARE(remote.take(told(), Moment()).error(), RemoteFeed::Drop::Repeated);
  RemoteEvent later = told();
  *later.time += 1ms;
  QVERIFY(remote.take(later, Moment()));
  RemoteEvent other = told();
  other.event.direction = QStringLiteral("OnExit");
  QVERIFY(remote.take(other, Moment()));
  remote.begin();
  QCOMPARE(remote.take(told(), Moment()).error(), RemoteFeed::Drop::Repeated);
  QCOMPARE(remote.take(later, Moment()).error(), RemoteFeed::Drop::Repeated);
}

void RemotePartsTest::withinOneConnectionNothingIsARepetition() {
  RemoteFeed remote = feed();
  QVERIFY(remote.take(told(), Moment()));
  QVERIFY(remote.take(told(), Moment()));
}

void RemotePartsTest::R1_34_sinceTheNewestEvent() {
  ManualClock clock;
  RemoteFeed remote = feed();
  const Time began = clock.now();
  const auto again = [&](std::chrono::nanoseconds after) {
    remote.caughtUp();
    remote.begin();
    return remote.resume(began + after);
  };
  QVERIFY(!remote.resume(began));
  QVERIFY(again(1h) == began);
  QVERIFY(remote.take(told(), {began + 2h, 2h}));
  QVERIFY(again(3h) == *told().time);
  // What came late may be older than the newest.
  RemoteEvent soon = told();
  soon.time = began + 59s;
  QVERIFY(remote.take(soon, {began + 4h, 4h}));
  QVERIFY(again(4h) == began);
  soon.time = began + 61s;
  QVERIFY(remote.take(soon, {began + 4h, 4h}));
  QVERIFY(again(4h) == began + 1s);
  // A clock that is ahead there hides nothing of what comes after.
  RemoteEvent ahead = told();
  ahead.time = began + 1000h;
  QVERIFY(remote.take(ahead, {began + 4h, 4h}));
  QVERIFY(again(5h) == began + 4h - 60s);
}

/// Whatever the stream brings before the answer, and however often the link goes.
void RemotePartsTest::R1_34_whatIsOwedStaysOwed() {
  ManualClock clock;
  RemoteFeed remote = feed();
  const Time began = clock.now();
  QVERIFY(!remote.resume(began));
  RemoteEvent live = told();
  live.event.zoneId = 417;
  for (const auto at : {1h, 2h, 3h}) {
    remote.begin();
    live.time = began + at;
    QVERIFY(remote.take(live, {began + at, at}));  // of the first part of the tags
    QVERIFY(remote.resume(began + at) == began);
  }
  RemoteEvent missed = live;
  missed.time = began + 30min;
  QVERIFY(remote.takeMissed(missed, began, began + 3h));
  QCOMPARE(remote.takeMissed(live, began, began + 3h).error(), RemoteFeed::Drop::Repeated);
  remote.caughtUp();
  remote.begin();
  QVERIFY(remote.resume(began + 4h) == began + 3h - 60s);
}

void RemotePartsTest::whatNobodyAskedForIsDropped() {
  RemoteFeed remote = feed();
  RemoteEvent stranger = told();
  stranger.event.tagId = QStringLiteral("SIM3");
  QCOMPARE(remote.take(stranger, Moment()).error(), RemoteFeed::Drop::NotAsked);
  QCOMPARE(remote.take(fixOf("SIM3", 1), Moment()).error(), RemoteFeed::Drop::NotAsked);
  RemoteFeed eventsOnly({QStringLiteral("x"), 0, {QStringLiteral("SIM1")}, {}, 30s});
  QCOMPARE(eventsOnly.take(fixOf("SIM1", 1), Moment()).error(), RemoteFeed::Drop::NotAsked);
}

void RemotePartsTest::whatAnotherSiteRelaysIsDropped() {
  RemoteFeed remote = feed();
  RemoteEvent relayed = told();
  relayed.event.origin = QStringLiteral("wss://third/ws/Manager1");
  QCOMPARE(remote.take(relayed, Moment()).error(), RemoteFeed::Drop::Relayed);
}

void RemotePartsTest::positionsAndTheirEnds() {
  ManualClock clock;
  RemoteFeed remote = feed();
  QVERIFY(remote.nextDeadline() == endless);
  const auto first = remote.take(fixOf("SIM1", 1), {clock.now(), 0s});
  QVERIFY(first);
  QCOMPARE(first->point, PointId(7));
  QVERIFY(first->quality.isGood());
  QVERIFY(first->time == clock.now());
  QCOMPARE(std::get<Position>(first->value).fix->origin, QStringLiteral("wss://other/ws/Manager1"));
  QVERIFY(remote.take(fixOf("SIM2", 2), {clock.now(), 10s}));
  QVERIFY(remote.nextDeadline() == 30s);
  const Samples lost = remote.advance({clock.now(), 30s});
  QCOMPARE(lost.size(), 1);
  QCOMPARE(lost.first().point, PointId(7));
  QCOMPARE(lost.first().quality, Quality::bad(QualityReason::Lost));
  QCOMPARE(std::get<Position>(lost.first().value).x, 1.0);
  const Samples gone = remote.disconnect(clock.now());
  QCOMPARE(gone.size(), 1);
  QCOMPARE(gone.first().point, PointId(8));
  QCOMPARE(gone.first().quality, Quality::bad(QualityReason::Disconnected));
  QVERIFY(remote.disconnect(clock.now()).isEmpty());
  QVERIFY(remote.nextDeadline() == endless);
}

/// 418 is told by the static data; 1 may well be a zone of ours.
void RemotePartsTest::zonesOfPositionsAreThoseOfTheManifest() {
  const auto zoneOf = [](int subscribed, int told) {
    RemoteFeed remote = feed(subscribed);
    StaticNames known = names();
    known.zones.insert(418, {418, QStringLiteral("Gate"), {}, 417, true});
    remote.setNames(known);
    IncomingFix fix = fixOf("SIM1", 1);
    fix.fix.zone = told;
    return std::get<Position>(remote.take(fix, Moment())->value).fix->zone;
  };
  QCOMPARE(zoneOf(0, 1), 0);
  QCOMPARE(zoneOf(0, 0), 0);
  QCOMPARE(zoneOf(0, 418), 418);
  QCOMPARE(zoneOf(417, 418), 418);
  QCOMPARE(zoneOf(417, 417), 417);
  QCOMPARE(zoneOf(417, 1), 417);
  QCOMPARE(zoneOf(417, 0), 417);
}

TAGWIRE_TEST(RemotePartsTest)

}  // namespace remoteparts_test

#include "remoteparts_test.moc"
