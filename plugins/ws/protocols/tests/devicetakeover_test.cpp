// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "devicebench.h"
#include "testprogram.h"

namespace devicetakeover_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class DeviceTakeoverTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_4_theNewConnectionReplacesTheOld();
  void R2_4_onlyTheExactTokenPublishes_data();
  void R2_4_onlyTheExactTokenPublishes();
  void R2_4_tooManyTakeovers();
  void R2_4_aSilentConnectionIsAlwaysReplaced();
  void R2_4_whatKeepsAConnectionLive();
};

void DeviceTakeoverTest::R2_4_theNewConnectionReplacesTheOld() {
  DeviceBench bench;
  DeviceSession first(publishing);
  DeviceSession second(publishing);
  QCOMPARE(bench.open(first), 101);
  QCOMPARE(bench.open(second), 101);
  QCOMPARE(first.closeCode, 4409);
  QCOMPARE(first.closeReason, QStringLiteral("replaced by a new connection"));
  bench.say(first, "{'battery':{'soc':0.1}}");
  QVERIFY(bench.samples.isEmpty());
  bench.say(second, "{'battery':{'soc':0.2}}");
  QCOMPARE(bench.samples.size(), 1);
  bench.end(first);
  QCOMPARE(bench.last("ems_001/battery/soc").quality, Quality::good());
  QCOMPARE(second.closeCode, 0);
}

void DeviceTakeoverTest::R2_4_onlyTheExactTokenPublishes_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<Caller::Kind>("kind");
  QTest::addColumn<bool>("publishes");
  const auto row = [](const char *name, const char *permission, Caller::Kind kind, bool publishes) {
    QTest::newRow(name) << QString::fromLatin1(permission) << kind << publishes;
  };
  row("exact token", "device:ems_001:publish", Caller::Kind::Token, true);
  row("wildcard", "device:*:publish", Caller::Kind::Token, false);
  row("rest", "device:#:publish", Caller::Kind::Token, false);
  row("no pattern", "device:publish", Caller::Kind::Token, false);
  row("every verb", "device:ems_001:*", Caller::Kind::Token, false);
  row("all", "*:*", Caller::Kind::Token, false);
  row("JWT", "device:ems_001:publish", Caller::Kind::Jwt, false);
  row("user", "device:ems_001:publish", Caller::Kind::User, false);
}

void DeviceTakeoverTest::R2_4_onlyTheExactTokenPublishes() {
  QFETCH(QString, permission);
  QFETCH(Caller::Kind, kind);
  QFETCH(bool, publishes);
  DeviceBench bench;
  DeviceSession device(publishing);
  DeviceSession watcher(watching);
  DeviceSession other({permission}, "ems_001", kind);
  bench.open(device);
  bench.open(watcher);
  QCOMPARE(bench.open(other), 101);
  QCOMPARE(device.closeCode, publishes ? 4409 : 0);
  bench.say(other, "{'battery':{'soc':0.2}}");
  QCOMPARE(watcher.count(), publishes ? 1 : 0);
  QCOMPARE(bench.samples.size(), publishes ? 1 : 0);
  QCOMPARE(other.closeCode, 0);
}

void DeviceTakeoverTest::R2_4_tooManyTakeovers() {
  DeviceBench bench;
  std::vector<std::unique_ptr<DeviceSession>> sessions;
  const auto connect = [&] {
    sessions.push_back(std::make_unique<DeviceSession>(publishing));
    return bench.open(*sessions.back());
  };
  for (int i = 0; i < 6; ++i) {  // the first, and five takeovers
    QCOMPARE(connect(), 101);
    bench.context.manualClock().advance(5s);
  }
  QVERIFY(bench.events.isEmpty());
  DeviceSession seventh(publishing);
  seventh.answered = bench.context.clock().elapsed();
  QVERIFY(!bench.protocol->check(seventh.upgrade(), *seventh.caller()));
  const auto refusal = bench.protocol->admit(seventh.upgrade(), *seventh.caller());
  QVERIFY(refusal);
  QCOMPARE(refusal->status, 429);
  QCOMPARE(refusal->fields.first().first, QByteArray("Retry-After"));
  QCOMPARE(refusal->fields.first().second, QByteArray("60"));
  QCOMPARE(bench.events.size(), 1);
  const auto *event = std::get_if<SystemEvent>(&bench.events.first().body);
  QVERIFY(event);
  QCOMPARE(event->kind, QStringLiteral("security"));
  QVERIFY2(event->text.startsWith(QLatin1String("device ems_001: ")), qPrintable(event->text));

  // 59 s long, while the connection stays live; one event for all of it.
  for (int i = 0; i < 59; ++i) {
    bench.context.manualClock().advance(1s);
    bench.say(*sessions[5], "{'battery':{'soc':0.2}}");
    QCOMPARE(connect(), 429);
  }
  QCOMPARE(bench.events.size(), 1);
  QCOMPARE(sessions[5]->closeCode, 0);
  bench.context.manualClock().advance(1s);
  QCOMPARE(connect(), 101);
  QCOMPARE(sessions[5]->closeCode, 4409);
  // Watchers are nobody's successors.
  DeviceSession watcher(watching);
  QCOMPARE(bench.open(watcher), 101);
}

void DeviceTakeoverTest::R2_4_aSilentConnectionIsAlwaysReplaced() {
  DeviceBench bench;
  std::vector<std::unique_ptr<DeviceSession>> sessions;
  const auto connect = [&] {
    sessions.push_back(std::make_unique<DeviceSession>(publishing));
    return bench.open(*sessions.back());
  };
  for (int i = 0; i < 6; ++i) QCOMPARE(connect(), 101);
  QCOMPARE(connect(), 429);
  bench.context.manualClock().advance(20s + 1ms);
  QCOMPARE(connect(), 101);  // the pause is not over, but nobody is there
  QCOMPARE(connect(), 429);
}

void DeviceTakeoverTest::R2_4_whatKeepsAConnectionLive() {
  DeviceBench bench;
  DeviceSession session(publishing);
  bench.open(session);
  const auto device = bench.book->find(QStringLiteral("ems_001"));
  const auto isLive = [&] { return device->isLive(bench.context.clock().elapsed()); };
  bench.context.manualClock().advance(20s);
  QVERIFY(isLive());
  bench.context.manualClock().advance(1s);
  QVERIFY(!isLive());
  session.answered = bench.context.clock().elapsed();
  QVERIFY(isLive());
  bench.context.manualClock().advance(21s);
  QVERIFY(!isLive());
  bench.say(session, "{'battery':{'soc':0.2}}");
  QVERIFY(isLive());
}

TAGWIRE_TEST(DeviceTakeoverTest)

}  // namespace devicetakeover_test

#include "devicetakeover_test.moc"
