// SPDX-License-Identifier: Apache-2.0
#include <QHostAddress>
#include <QTest>

#include "auth/lockout.h"
#include "testprogram.h"

namespace lockout_test {

using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

using Elapsed = LoginLockout::Elapsed;
const QString ann = QStringLiteral("ann");

QHostAddress address(quint32 number) { return QHostAddress(0x0A000000U + number); }
QString userName(int number) { return QStringLiteral("user%1").arg(number); }

/// How many attempts come through; each fails.
int attempts(LoginLockout &lockout, const QHostAddress &from, const QString &user, Elapsed now, int count = 100) {
  int allowed = 0;
  for (int i = 0; i < count; ++i) allowed += lockout.begin(from, user, now) ? 0 : 1;
  return allowed;
}

}  // namespace

class LockoutTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void tenFailuresAMinutePerAddress();
  void tenFailuresAMinutePerUser();
  void slowFailuresLockNobody();
  void refusedAttemptsDoNotProlong();
  void rightPasswordsDoNotCount();
  void aRightPasswordForgivesNoOtherFailure();
  void manyAtOnceGetNoMoreTries();
  void oneSubscriberIsOneAddress();
  void unknownAndLongNamesAreNoDifferent();
  void memoryIsBounded();
  void aFloodOfNamesPushesNoLockOut();
  void aFloodOfNamesPushesNoFailuresOut();
  void whenAllAreLockedTheRestShareACount();
};

void LockoutTest::tenFailuresAMinutePerAddress() {
  LoginLockout lockout({});
  for (int i = 0; i < 10; ++i) QVERIFY(!lockout.begin(address(1), userName(i), i * 1s));
  QCOMPARE(lockout.begin(address(1), userName(10), 10s), 59s);
  QVERIFY(!lockout.begin(address(2), userName(11), 10s));
  QCOMPARE(lockout.begin(address(1), userName(10), 69s - 1ns), 1s);
  QVERIFY(!lockout.begin(address(1), userName(10), 69s));
}

void LockoutTest::tenFailuresAMinutePerUser() {
  LoginLockout lockout({});
  for (quint32 i = 0; i < 10; ++i) QVERIFY(!lockout.begin(address(i), ann, 5s));
  QCOMPARE(lockout.begin(address(11), ann, 5s), 60s);
  QVERIFY(!lockout.begin(address(11), QStringLiteral("bob"), 5s));
  QVERIFY(!lockout.begin(address(11), ann, 65s));
}

void LockoutTest::slowFailuresLockNobody() {
  LoginLockout lockout({});
  for (int i = 0; i < 1000; ++i) QVERIFY(!lockout.begin(address(1), ann, i * 6700ms));
  LoginLockout other({});
  int refused = 0;
  for (int i = 0; i < 1000; ++i) refused += other.begin(address(1), ann, i * 6s) ? 1 : 0;
  QVERIFY(refused > 400);  // ten failures within 54 s, then 60 s of refusal
}

void LockoutTest::refusedAttemptsDoNotProlong() {
  LoginLockout lockout({});
  QCOMPARE(attempts(lockout, address(1), ann, 0s), 10);
  for (Elapsed now = 1s; now < 60s; now += 1s) QCOMPARE(attempts(lockout, address(1), ann, now), 0);
  QCOMPARE(attempts(lockout, address(1), ann, 60s), 10);
}

void LockoutTest::rightPasswordsDoNotCount() {
  LoginLockout lockout({});
  for (int i = 0; i < 1000; ++i) {
    QVERIFY(!lockout.begin(address(1), ann, i * 1ms));
    lockout.takeBack(address(1), ann, i * 1ms);
  }
  QCOMPARE(lockout.addresses().size(), 0);
  QCOMPARE(lockout.users().size(), 0);
}

void LockoutTest::aRightPasswordForgivesNoOtherFailure() {
  LoginLockout lockout({});
  int tries = 0;
  for (int i = 0; i < 100; ++i) {  // somebody with a password of their own, in turn with tries at another's
    const Elapsed now = i * 1ms;
    if (!lockout.begin(address(1), QStringLiteral("mallory"), now)) {
      lockout.takeBack(address(1), QStringLiteral("mallory"), now);
    }
    tries += lockout.begin(address(1), ann, now) ? 0 : 1;
  }
  QCOMPARE(tries, 10);
}

void LockoutTest::manyAtOnceGetNoMoreTries() {
  LoginLockout lockout({});
  QCOMPARE(attempts(lockout, address(1), ann, 0s, 1000), 10);  // none of them answered yet
  lockout.takeBack(address(1), ann, 0s);                       // one was right
  QCOMPARE(attempts(lockout, address(1), ann, 1s), 1);
}

void LockoutTest::oneSubscriberIsOneAddress() {
  const auto tries = [](const char *first, const char *second) {
    LoginLockout lockout({});
    attempts(lockout, QHostAddress(QString::fromLatin1(first)), ann, 0s);
    return attempts(lockout, QHostAddress(QString::fromLatin1(second)), QStringLiteral("bob"), 0s);
  };
  QCOMPARE(tries("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"), 0);
  QCOMPARE(tries("2001:db8:1:2::1", "2001:db8:1:3::1"), 10);
  QCOMPARE(tries("192.0.2.1", "::ffff:192.0.2.1"), 0);
  QCOMPARE(tries("192.0.2.1", "192.0.2.2"), 10);
  QCOMPARE(tries("::1", "127.0.0.1"), 10);
}

void LockoutTest::unknownAndLongNamesAreNoDifferent() {
  LoginLockout lockout({});
  const QString longName(100'000, u'a');
  QCOMPARE(attempts(lockout, address(1), longName, 0s), 10);
  QCOMPARE(attempts(lockout, address(2), longName + u'b', 0s), 10);
  QCOMPARE(attempts(lockout, address(3), QString(), 0s), 10);
  QCOMPARE(attempts(lockout, address(4), QString(), 0s), 0);
}

void LockoutTest::memoryIsBounded() {
  LockoutLimits limits;
  limits.entries = 100;
  LoginLockout lockout(limits);
  for (int i = 0; i < 10'000; ++i) lockout.begin(address(static_cast<quint32>(i)), userName(i), i * 1ms);
  QCOMPARE(lockout.users().size(), 100);
  QCOMPARE(lockout.addresses().size(), 100);
  QCOMPARE(lockout.users().forgotten(), 9'900U);
  for (int i = 0; i < 100; ++i) lockout.begin(address(static_cast<quint32>(i)), userName(i), 1h);
  QCOMPARE(lockout.users().forgotten(), 9'900U);  // who went after a minute was not forgotten before their time
}

void LockoutTest::aFloodOfNamesPushesNoLockOut() {
  LoginLockout lockout({});
  for (quint32 i = 0; i < 10; ++i) lockout.begin(address(i), ann, 0s);
  for (int i = 0; i < 12'000; ++i) lockout.begin(address(1000 + static_cast<quint32>(i)), userName(i), 1s);
  QCOMPARE(lockout.users().size(), 10'000);
  QCOMPARE(lockout.begin(address(99), ann, 2s), 58s);
}

void LockoutTest::aFloodOfNamesPushesNoFailuresOut() {
  LockoutLimits limits;
  limits.entries = 100;
  LoginLockout lockout(limits);
  quint32 from = 0;
  int tries = 0;
  for (int round = 0; round < 50; ++round) {  // one more try at ann, then a flood of names to have it forgotten
    tries += lockout.begin(address(++from), ann, round * 1ms) ? 0 : 1;
    if (round == 0) tries += lockout.begin(address(++from), ann, 0s) ? 0 : 1;
    for (int i = 0; i < 200; ++i) lockout.begin(address(++from), userName(round * 200 + i), round * 1ms);
  }
  QCOMPARE(tries, 10);
}

void LockoutTest::whenAllAreLockedTheRestShareACount() {
  LockoutLimits limits;
  limits.entries = 50;
  LoginLockout lockout(limits);
  quint32 from = 1'000'000;
  for (int i = 0; i < 50; ++i) {
    for (int failure = 0; failure < 10; ++failure) QVERIFY(!lockout.begin(address(++from), userName(i), 0s));
  }
  int tries = 0;
  for (int i = 0; i < 100; ++i) tries += lockout.begin(address(++from), userName(50 + i), 1s) ? 0 : 1;
  QCOMPARE(tries, 10);
  QVERIFY(lockout.begin(address(++from), userName(0), 1s));  // those that were locked still are
  QCOMPARE(lockout.users().size(), 50);
  QVERIFY(!lockout.begin(address(++from), ann, 60s));  // there is room again
}

TAGWIRE_TEST(LockoutTest)

}  // namespace lockout_test

#include "lockout_test.moc"
