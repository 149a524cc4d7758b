// SPDX-License-Identifier: Apache-2.0
#include "rtlsfixture.h"
#include "testprogram.h"

namespace rtlsstate_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// What outlives a restart.
class RtlsStateTest : public RtlsFixture {
  Q_OBJECT
 private Q_SLOTS:
  void init() { reset(); }
  void stateOutlivesTheProgram();
  void stateIsJudgedByTheWallClock();
  void stateIsWrittenNowAndThen();
  void stateKeepsTagsThatAreNotListed();
  void stateKeepsNoTagThatComesFromAnotherSiteNow();
  void stateFreesThePlacesOfLostTagsThatAreNotListed();
  void stopSendsWhatWaits();
  void stateThatCanNotBeWrittenIsTold();
  void damagedStateIsPutAside_data();
  void damagedStateIsPutAside();
  void noStateOfWhatNeverRan();
};

void RtlsStateTest::stateOutlivesTheProgram() {
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

void RtlsStateTest::stateIsJudgedByTheWallClock() {
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

void RtlsStateTest::stateIsWrittenNowAndThen() {
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

void RtlsStateTest::stateKeepsTagsThatAreNotListed() {
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

void RtlsStateTest::stateKeepsNoTagThatComesFromAnotherSiteNow() {
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

void RtlsStateTest::stateFreesThePlacesOfLostTagsThatAreNotListed() {
  auto rtls = make(R"(,"unknown_tags":1)");
  rtls->start();
  take(*rtls, "X1", 15, 15);
  letTimePass(*rtls, std::chrono::seconds(31));
  take(*rtls, "SIM1", 50, 30);
  QTRY_VERIFY(last("uwb/tag/X1/position").quality == Quality::bad(QualityReason::Lost));
  rtls->stop();
  rtls.reset();
  QFile kept(statePath());
  QVERIFY(kept.open(QIODevice::ReadOnly));
  const QByteArray content = kept.readAll();
  QVERIFY(content.contains("SIM1") && !content.contains("X1"));
  restartProgram(std::chrono::seconds(1));
  rtls = make(R"(,"unknown_tags":1)");
  rtls->start();
  take(*rtls, "X2", 15, 15);
  QTRY_VERIFY(last("uwb/tag/X2/position").quality.isGood());
}

/// What is kept goes on from behind the event, so it may not be lost.
void RtlsStateTest::stopSendsWhatWaits() {
  auto rtls = make();
  rtls->start();
  take(*rtls, "SIM1", 5, 5);
  take(*rtls, "SIM1", 15, 15);
  rtls->stop();
  QCOMPARE(m_events.size(), 1);
  QCOMPARE(std::get<TriggerEvent>(m_events.at(0).body).triggerId, 123);
  QVERIFY(last("uwb/tag/SIM1/zone").value == Value(qint64(418)));
}

void RtlsStateTest::stateThatCanNotBeWrittenIsTold() {
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

void RtlsStateTest::damagedStateIsPutAside_data() {
  QTest::addColumn<QByteArray>("content");
  QTest::addColumn<bool>("isOpenToOthers");
  QTest::newRow("nonsense") << QByteArray("nonsense") << false;
  QTest::newRow("empty") << QByteArray() << false;
  QTest::newRow("open to others") << QByteArray("nonsense") << true;
}

void RtlsStateTest::damagedStateIsPutAside() {
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

void RtlsStateTest::noStateOfWhatNeverRan() {
  auto rtls = make();
  rtls->stop();
  rtls.reset();
  rtls = make();
  rtls->start();
  rtls->stop();
  QVERIFY(!QFile::exists(statePath()));
}

TAGWIRE_TEST(RtlsStateTest)

}  // namespace rtlsstate_test

#include "rtlsstate_test.moc"
