// SPDX-License-Identifier: Apache-2.0
#include "rtls.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>

#include "testing/testcontext.h"

using namespace tagwire;
using namespace tagwire::rtls;

/// The shell: fixes in by the service, samples and events out, with a real point table and a clock that stands still.
class RtlsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
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
  void metricsCount();
  void walkerFeedsTheSameIntake();
  void occupancyIsThereFromTheStart();
  void stopWithoutStartAndTwice();
  void nothingAfterStop();
  void notRunningRefusesFixes();
  void restartKeepsOccupancy();
  void twoInstances();
  void destroyWhileRunning();
  void creatingEmitsNothingAndStartsNoTimer();
  void R1_24_delayComesByTheClock();
  void stateOutlivesTheProgram();
  void stateIsJudgedByTheWallClock();
  void stateIsWrittenNowAndThen();
  void stateKeepsTagsThatAreNotListed();
  void stateFreesThePlacesOfLostTagsThatAreNotListed();
  void stateKeepsNoTagThatComesFromAnotherSiteNow();
  void stopSendsWhatWaits();
  void stateThatCanNotBeWrittenIsTold();
  void damagedStateIsPutAside_data();
  void damagedStateIsPutAside();
  void noStateOfWhatNeverRan();
  void collisionsBecomeEvents();
  void unaccompaniedBecomesEvents();
  void occupancyOfClasses();
  void whereaboutsTellsWhoIsMissing();
  void outlinesAndPlans();

 private:
  QString statePath(const char *end = "") {
    return m_context->dataDir() + QStringLiteral("/rtls-uwb.state") + QLatin1String(end);
  }
  void restartProgram(std::chrono::milliseconds downtime);
  std::unique_ptr<Rtls> make(const QByteArray &keys = {}, TestContext *context = nullptr);
  QString take(Rtls &rtls, const char *tag, double x, double y, int sequence = -1, int zone = 0);
  const Sample &last(const char *point);

  std::unique_ptr<TestContext> m_context;
  QList<Samples> m_batches;
  QList<Event> m_events;
};

void RtlsTest::init() {
  m_context = std::make_unique<TestContext>(QStringLiteral("uwb"));
  m_batches.clear();
  m_events.clear();
}

/// `keys` may bring tags of its own.
std::unique_ptr<Rtls> RtlsTest::make(const QByteArray &keys, TestContext *context) {
  const QByteArray tags =
      keys.startsWith(",\"tags\"")
          ? QByteArray()
          : R"("tags":[{"id":"SIM1","name":"Employee Badge 1"},{"id":"FORK1","name":"Forklift 1"}],)";
  if (!context) context = m_context.get();
  Problems problems;
  const ConfigNode node = parseJson(
      R"({"managers":[{"name":"Manager1","host":"10.0.0.1","port":8001}],"length_unit":"ft",
      "zones":[{"id":417,"name":"Hall","level":"building","polygon":[[0,0],[100,0],[100,60],[0,60]],"z":[0,20]},
               {"id":418,"name":"Gate","level":"area","parent":417,"polygon":[[10,10],[20,10],[20,20],[10,20]],"z":[0,20]}],
      )" + tags +
          R"("triggers":[{"id":123,"name":"Entry Gate","zone":417,"direction":"OnEnter","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]},
                  {"id":125,"name":"Exit Gate","zone":417,"direction":"OnExit","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]},
                  {"id":124,"name":"Near forklift","zone":417,"direction":"OnEnter","portable":{"tag":"FORK1","radius":3}}])" +
          keys + "}",
      QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto rtls = makeRtls(reader, *context);
  for (const Problem &problem : std::as_const(problems)) qWarning() << toText(problem);
  if (!rtls) return nullptr;
  connect(rtls.get(), &Plugin::samplesReady, this, [this, context](const Samples &samples) {
    m_batches << samples;
    context->pointTable().update(samples);
  });
  connect(rtls.get(), &Plugin::eventRaised, this, [this](const Event &event) { m_events << event; });
  return rtls;
}

/// Empty when it was accepted, else the reason.
QString RtlsTest::take(Rtls &rtls, const char *tag, double x, double y, int sequence, int zone) {
  IncomingFix fix;
  fix.fix.tag = QString::fromLatin1(tag);
  fix.fix.type = QStringLiteral("Sim");
  fix.fix.sequence = sequence;
  fix.fix.zone = zone;
  fix.x = x;
  fix.y = y;
  fix.z = 1;
  fix.sender = QStringLiteral("test");
  QString reason = QStringLiteral("no answer");
  rtls.take([&](Result<bool> accepted) { reason = accepted ? QString() : accepted.error(); }, fix);
  return reason;
}

const Sample &RtlsTest::last(const char *point) {
  const PointId id = m_context->points().find(QString::fromLatin1(point));
  if (id == PointId::None) qFatal("no point %s", point);
  return m_context->points().last(id);
}

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
  QVERIFY(last("uwb/zone/417/occupancy").quality.isGood());
  QVERIFY(last("uwb/zone/417/occupancy").value == Value(qint64(0)));
}

void RtlsTest::stopWithoutStartAndTwice() {
  auto rtls = make();
  rtls->stop();
  rtls->start();
  rtls->stop();
  rtls->stop();
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

/// Another context with the same data dir's content: its clock that only goes forward begins anew.
void RtlsTest::restartProgram(std::chrono::milliseconds downtime) {
  const Time now = m_context->clock().now();
  auto next = std::make_unique<TestContext>(QStringLiteral("uwb"));
  QVERIFY(QFile::copy(statePath(), next->dataDir() + QStringLiteral("/rtls-uwb.state")));
  next->manualClock().advance(std::chrono::seconds(7));
  next->manualClock().setNow(now + downtime);
  m_context = std::move(next);
  m_batches.clear();
  m_events.clear();
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

void RtlsTest::stateOutlivesTheProgram() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  take(*rtls, "FORK1", 50, 30);
  const Time fixTime = m_context->clock().now();
  rtls->stop();
  QVERIFY(!(QFile::permissions(statePath()) & (QFile::ReadGroup | QFile::ReadOther)));
  rtls.reset();
  restartProgram(std::chrono::seconds(20));
  rtls = make();
  rtls->start();
  QTRY_VERIFY(!m_batches.isEmpty());
  const Sample position = last("uwb/tag/SIM1/position");
  QVERIFY(position.quality.isGood());
  QVERIFY(position.time == fixTime);
  QCOMPARE(std::get<Position>(position.value).x, 15.0);
  QCOMPARE(std::get<Position>(position.value).fix->type, QStringLiteral("Sim"));
  QVERIFY(last("uwb/tag/SIM1/zone").value == Value(qint64(418)));
  QVERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(1)));
  QVERIFY(last("uwb/zone/417/occupancy").value == Value(qint64(2)));
  take(*rtls, "SIM1", 16, 15);
  take(*rtls, "SIM1", 5, 5);
  QTRY_COMPARE(m_events.size(), 1);  // no entry: it was inside
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).triggerId, 125);
}

void RtlsTest::stateIsJudgedByTheWallClock() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  const Time fixTime = m_context->clock().now();
  rtls->stop();
  rtls.reset();
  restartProgram(std::chrono::seconds(31));
  rtls = make();
  rtls->start();
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).reason, QStringLiteral("timeout"));
  QVERIFY(m_events.at(0).time == fixTime + std::chrono::seconds(30));
  QVERIFY(last("uwb/tag/SIM1/position").quality == Quality::bad(QualityReason::Lost));
  QVERIFY(last("uwb/zone/417/occupancy").value == Value(qint64(0)));
  rtls->stop();
  rtls.reset();
  // A clock that was set back takes no time away.
  restartProgram(std::chrono::hours(-5));
  rtls = make();
  rtls->start();
  QTRY_VERIFY(last("uwb/tag/SIM1/position").quality == Quality::bad(QualityReason::Lost));
  take(*rtls, "SIM1", 15, 15);
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).triggerId, 123);
}

void RtlsTest::stateIsWrittenNowAndThen() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  QVERIFY(!QFile::exists(statePath()));
  QTRY_VERIFY(QFile::exists(statePath()));  // while it runs: it may be killed
  rtls.reset();
  restartProgram(std::chrono::seconds(1));
  rtls = make();
  rtls->start();
  QTRY_VERIFY(last("uwb/tag/SIM1/position").quality.isGood());
}

void RtlsTest::stateKeepsTagsThatAreNotListed() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "X1", 15, 15);
  take(*rtls, "X2", 15, 15);
  rtls->stop();
  rtls.reset();
  restartProgram(std::chrono::seconds(1));
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("^1 tags .* are not listed")));
  rtls = make(R"(,"unknown_tags":1)");
  rtls->start();
  QTRY_VERIFY(last("uwb/tag/X1/position").quality.isGood());
  QVERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(1)));
}

void RtlsTest::stateKeepsNoTagThatComesFromAnotherSiteNow() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "X1", 15, 15);
  rtls->stop();
  rtls.reset();
  restartProgram(std::chrono::seconds(1));
  rtls = make(",\"remotes\":[{\"endpoint\":\"ws://127.0.0.1:1/ws/Far\",\"tags\":[\"X1\"],\"positions\":true}]");
  rtls->start();
  QVERIFY(m_context->pointTable().find(QStringLiteral("uwb/tag/X1/position")) != PointId::None);
  QCOMPARE(m_context->pointTable().find(QStringLiteral("uwb/tag/X1/zone")), PointId::None);
  QTRY_VERIFY(last("uwb/zone/418/occupancy").value == Value(qint64(0)));
  QCOMPARE(m_context->refusals(), QStringList());
  QCOMPARE(m_context->metrics().gauge("tagwire_rtls_tags", "").value(), 2.0);
}

void RtlsTest::stateFreesThePlacesOfLostTagsThatAreNotListed() {
  auto rtls = make(R"(,"unknown_tags":1)");
  rtls->start();
  take(*rtls, "X1", 15, 15);
  m_context->manualClock().advance(std::chrono::seconds(31));
  take(*rtls, "SIM1", 50, 30);
  QTRY_VERIFY(last("uwb/tag/X1/position").quality == Quality::bad(QualityReason::Lost));
  rtls->stop();
  rtls.reset();
  restartProgram(std::chrono::seconds(1));
  rtls = make(R"(,"unknown_tags":1)");
  rtls->start();
  take(*rtls, "X2", 15, 15);
  QTRY_VERIFY(last("uwb/tag/X2/position").quality.isGood());
}

/// What is kept goes on from behind the event, so it may not be lost.
void RtlsTest::stopSendsWhatWaits() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 5, 5);
  take(*rtls, "SIM1", 15, 15);
  rtls->stop();
  QCOMPARE(m_events.size(), 1);
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).triggerId, 123);
  QVERIFY(last("uwb/tag/SIM1/zone").value == Value(qint64(418)));
}

void RtlsTest::stateThatCanNotBeWrittenIsTold() {
  auto rtls = make();
  rtls->start();
  QVERIFY(QDir().mkpath(statePath() + QStringLiteral("/in the way")));
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("rtls-uwb.state.*it is tried again")));
  take(*rtls, "SIM1", 50, 30);
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(std::get<SystemEvent>(m_events.at(0).body).kind, QStringLiteral("rtls_state_not_kept"));
  QVERIFY(QDir(statePath()).removeRecursively());
  rtls->stop();
  QVERIFY(QFile::exists(statePath()));
}

void RtlsTest::damagedStateIsPutAside_data() {
  QTest::addColumn<QByteArray>("content");
  QTest::addColumn<bool>("isOpenToOthers");
  QTest::newRow("nonsense") << QByteArray("nonsense") << false;
  QTest::newRow("empty") << QByteArray() << false;
  QTest::newRow("open to others") << QByteArray("nonsense") << true;
}

void RtlsTest::damagedStateIsPutAside() {
  QFETCH(QByteArray, content);
  QFETCH(bool, isOpenToOthers);
  QFile file(statePath());
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(content);
  file.close();
  file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | (isOpenToOthers ? QFile::ReadOther : QFile::Permission()));
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("rtls-uwb.state .*put aside as .*damaged")));
  auto rtls = make();
  rtls->start();
  QTRY_COMPARE(m_events.size(), 1);
  const auto &event = std::get<SystemEvent>(m_events.at(0).body);
  QCOMPARE(event.kind, QStringLiteral("rtls_state_lost"));
  QVERIFY(event.text.contains(statePath()));
  QVERIFY(QFile::exists(statePath(".damaged")));
  QVERIFY(!QFile::exists(statePath()));
  QCOMPARE(take(*rtls, "SIM1", 15, 15), QString());
  rtls->stop();
  QVERIFY(QFile::exists(statePath()));
}

void RtlsTest::noStateOfWhatNeverRan() {
  auto rtls = make();
  rtls->stop();
  rtls.reset();
  rtls = make();
  rtls->start();
  rtls->stop();
  QVERIFY(!QFile::exists(statePath()));
}

namespace {

QJsonObject jsonOf(const Event &event) {
  return QJsonDocument::fromJson(std::get<CustomEvent>(event.body).json).object();
}

/// Further keys for make(): its tags have no class, so these take their place.
const QByteArray classes =
    ",\"tags\":[{\"id\":\"SIM1\",\"name\":\"Ann\",\"class\":\"person\"},{\"id\":\"FORK1\",\"class\":\"vehicle\"},"
    "{\"id\":\"SIM9\",\"class\":\"person\"}]";

}  // namespace

void RtlsTest::collisionsBecomeEvents() {
  const auto rtls = make(classes +
                         ",\"proximity\":[{\"id\":7,\"name\":\"Too "
                         "near\",\"between\":[\"person\",\"vehicle\"],\"distance\":5}],\"timeout_ms\":100");
  rtls->start();
  take(*rtls, "FORK1", 50, 50);
  take(*rtls, "SIM1", 54, 53);
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(kindOf(m_events.first()), QStringLiteral("collision"));
  const QJsonObject start = jsonOf(m_events.first());
  QCOMPARE(start.value(QStringLiteral("phase")).toString(), QStringLiteral("start"));
  QCOMPARE(start.value(QStringLiteral("rule_id")).toInt(), 7);
  QCOMPARE(start.value(QStringLiteral("distance")).toDouble(), 5.0);
  const QJsonObject ann = start.value(QStringLiteral("a")).toObject();
  QCOMPARE(ann.value(QStringLiteral("id")).toString(), QStringLiteral("SIM1"));
  QCOMPARE(ann.value(QStringLiteral("name")).toString(), QStringLiteral("Ann"));
  QCOMPARE(ann.value(QStringLiteral("zone_id")).toInt(), 417);
  m_context->manualClock().advance(std::chrono::milliseconds(100));
  QTRY_COMPARE(m_events.size(), 2);
  const QJsonObject end = jsonOf(m_events.last());
  QCOMPARE(end.value(QStringLiteral("phase")).toString(), QStringLiteral("end"));
  QCOMPARE(end.value(QStringLiteral("reason")).toString(), QStringLiteral("timeout"));
}

void RtlsTest::unaccompaniedBecomesEvents() {
  const auto rtls =
      make(classes +
           ",\"unaccompanied\":[{\"id\":8,\"name\":\"Alone\",\"class\":\"person\",\"needs\":\"vehicle\",\"distance\":5,"
           "\"zone\":417,\"move\":2}]");
  rtls->start();
  take(*rtls, "SIM1", 50, 50);
  take(*rtls, "SIM1", 52, 50);
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(kindOf(m_events.first()), QStringLiteral("unaccompanied"));
  QCOMPARE(jsonOf(m_events.first()).value(QStringLiteral("tag")).toObject().value(QStringLiteral("id")).toString(),
           QStringLiteral("SIM1"));
  take(*rtls, "FORK1", 50, 50);
  QTRY_COMPARE(m_events.size(), 2);
  QCOMPARE(jsonOf(m_events.last()).value(QStringLiteral("phase")).toString(), QStringLiteral("end"));
}

void RtlsTest::occupancyOfClasses() {
  const auto rtls = make(classes);
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  take(*rtls, "SIM9", 50, 50);
  take(*rtls, "FORK1", 50, 50);
  QTRY_COMPARE(std::get<qint64>(last("uwb/zone/417/occupancy").value), 3);
  QCOMPARE(std::get<qint64>(last("uwb/zone/417/occupancy/person").value), 2);
  QCOMPARE(std::get<qint64>(last("uwb/zone/417/occupancy/vehicle").value), 1);
  QCOMPARE(std::get<qint64>(last("uwb/zone/418/occupancy/person").value), 1);
  QCOMPARE(std::get<qint64>(last("uwb/zone/418/occupancy/vehicle").value), 0);
  take(*rtls, "SIM1", 500, 500);
  QTRY_COMPARE(std::get<qint64>(last("uwb/zone/417/occupancy/person").value), 1);
  QCOMPARE(std::get<qint64>(last("uwb/zone/418/occupancy/person").value), 0);
}

void RtlsTest::whereaboutsTellsWhoIsMissing() {
  const auto rtls = make(classes);
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  m_context->manualClock().advance(std::chrono::seconds(31));
  take(*rtls, "STRANGER", 500, 50);
  QList<Whereabouts> everybody;
  rtls->whereabouts([&](const Result<QList<Whereabouts>> &answer) { everybody = *answer; });
  QStringList lines;
  for (const Whereabouts &each : everybody) {
    lines << QStringLiteral("%1 %2 %3").arg(each.tag).arg(static_cast<int>(each.state)).arg(each.zone);
  }
  QCOMPARE(lines, (QStringList{QStringLiteral("FORK1 2 0"), QStringLiteral("SIM1 1 418"), QStringLiteral("SIM9 2 0"),
                               QStringLiteral("STRANGER 0 0")}));
  QCOMPARE(everybody.at(1).name, QStringLiteral("Ann"));
  QCOMPARE(everybody.at(1).tagClass, QStringLiteral("person"));
}

void RtlsTest::outlinesAndPlans() {
  const auto rtls = make(
      ",\"georeference\":{\"points\":[{\"local\":[0,0],\"wgs84\":[8.5,47.4]},"
      "{\"local\":[1000,0],\"wgs84\":[8.50404,47.4]}]}");
  QJsonObject outlines;
  rtls->outlines([&](const Result<QJsonObject> &answer) { outlines = *answer; });
  const QJsonArray zones = outlines.value(QStringLiteral("zones")).toArray();
  QCOMPARE(zones.size(), 2);
  const QJsonObject gate = zones.at(1).toObject();
  QCOMPARE(gate.value(QStringLiteral("parent")).toInt(), 417);
  QCOMPARE(gate.value(QStringLiteral("polygon")).toArray().at(1).toArray(), (QJsonArray{20, 10}));
  const QJsonArray corner = zones.at(0).toObject().value(QStringLiteral("polygon_wgs84")).toArray().at(0).toArray();
  QVERIFY(std::abs(corner.at(0).toDouble() - 8.5) < 1e-9);
  QVERIFY(std::abs(corner.at(1).toDouble() - 47.4) < 1e-9);
  Result<PlanFile> plan;
  rtls->plan([&](const Result<PlanFile> &answer) { plan = answer; }, 417);
  QCOMPARE(plan.error(), QStringLiteral("zone 417 has no plan"));
  rtls->plan([&](const Result<PlanFile> &answer) { plan = answer; }, 9);
  QCOMPARE(plan.error(), QStringLiteral("there is no zone 9"));
}

QTEST_GUILESS_MAIN(RtlsTest)
#include "rtls_test.moc"
