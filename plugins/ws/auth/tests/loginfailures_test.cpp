// SPDX-License-Identifier: Apache-2.0
#include "auth/loginfailures.h"

#include <QJsonArray>
#include <QTest>
#include "testprogram.h"

namespace loginfailures_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

LoginFailures::Failure failureOf(const char *address, const char *user = "", bool isLocked = false) {
  return {QHostAddress(QLatin1String(address)), QString::fromLatin1(user), isLocked};
}

qint64 countOf(const AuditEntry &entry) { return entry.details.value(QStringLiteral("count")).toInteger(); }

}  // namespace

/// A flood of failed logins fills no disk, and no failure is left out of the counts.
class LoginFailuresTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theFirstIsToldAtOnce();
  void othersOfAMinuteAreOneRecord();
  void aQuietMinuteEndsIt();
  void usersAreNamed();
  void manyAddressesShareOne();
  void aFloodIsBoundedAndCountedWhole();
  void theEndLosesNothing();
};

void LoginFailuresTest::theFirstIsToldAtOnce() {
  LoginFailures failures;
  const auto entries = failures.add(failureOf("192.0.2.7", "anna"), 5s);
  QCOMPARE(entries.size(), 1);
  QCOMPARE(entries[0].kind, QStringLiteral("login"));
  QCOMPARE(entries[0].action, QStringLiteral("failed"));
  QCOMPARE(entries[0].actor, QStringLiteral("anonymous"));
  QCOMPARE(entries[0].address, QStringLiteral("192.0.2.7"));
  QCOMPARE(entries[0].subject, QStringLiteral("anna"));
  QCOMPARE(entries[0].details, (QJsonObject{{QStringLiteral("count"), 1}}));
}

void LoginFailuresTest::othersOfAMinuteAreOneRecord() {
  LoginFailures failures;
  QCOMPARE(failures.add(failureOf("192.0.2.7"), 0s).size(), 1);
  QCOMPARE(failures.add(failureOf("192.0.2.8"), 1s).size(), 1);
  for (int i = 0; i < 5; ++i) QCOMPARE(failures.add(failureOf("192.0.2.7", "", i > 2), 2s).size(), 0);
  QCOMPARE(failures.due(59s).size(), 0);
  const auto entries = failures.due(60s);
  QCOMPARE(entries.size(), 1);
  QCOMPARE(entries[0].address, QStringLiteral("192.0.2.7"));
  QCOMPARE(entries[0].subject, QString());
  QCOMPARE(entries[0].details, (QJsonObject{{QStringLiteral("count"), 5}, {QStringLiteral("locked_out"), 2}}));
  // It goes on: then one a minute.
  QCOMPARE(failures.add(failureOf("192.0.2.7"), 61s).size(), 0);
  QCOMPARE(failures.due(119s).size(), 0);
  QCOMPARE(failures.due(120s).size(), 1);
}

void LoginFailuresTest::aQuietMinuteEndsIt() {
  LoginFailures failures;
  QCOMPARE(failures.add(failureOf("192.0.2.7"), 0s).size(), 1);
  QCOMPARE(failures.due(60s).size(), 0);
  QCOMPARE(failures.add(failureOf("192.0.2.7"), 61s).size(), 1);
}

void LoginFailuresTest::usersAreNamed() {
  LoginFailures failures;
  (void)failures.add(failureOf("2001:db8::1"), 0s);
  for (int i = 0; i < 30; ++i)
    (void)failures.add(failureOf("2001:db8::2", qPrintable(QStringLiteral("u%1").arg(i))), 1s);
  const auto entries = failures.due(60s);
  QCOMPARE(entries.size(), 1);  // one /64
  QCOMPARE(countOf(entries[0]), 30);
  QCOMPARE(entries[0].details.value(QStringLiteral("users")).toArray().size(), LoginFailures::mostUsers);
}

void LoginFailuresTest::manyAddressesShareOne() {
  LoginFailures failures;
  int told = 0;
  for (int i = 0; i < 250; ++i) {
    told += failures.add(failureOf(qPrintable(QStringLiteral("192.0.2.%1").arg(i))), 1s).size();
  }
  QCOMPARE(told, LoginFailures::mostAddresses + 1);
  const auto entries = failures.due(61s);
  QCOMPARE(entries.size(), 1);
  QCOMPARE(entries[0].address, QString());
  QCOMPARE(entries[0].details.value(QStringLiteral("addresses")).toString(), QStringLiteral("several"));
  QCOMPARE(countOf(entries[0]), 250 - LoginFailures::mostAddresses - 1);
}

void LoginFailuresTest::aFloodIsBoundedAndCountedWhole() {
  LoginFailures failures;
  QList<AuditEntry> all;
  for (int i = 0; i < 100'000; ++i) {
    all += failures.add(failureOf(qPrintable(QStringLiteral("10.0.%1.%2").arg(i / 7 % 200).arg(i % 251))), i * 6ms);
  }
  all += failures.all();
  qint64 counted = 0;
  for (const AuditEntry &entry : std::as_const(all)) counted += countOf(entry);
  QCOMPARE(counted, 100'000);
  QVERIFY2(all.size() <= 11 * 2 * (LoginFailures::mostAddresses + 1), qPrintable(QString::number(all.size())));
}

void LoginFailuresTest::theEndLosesNothing() {
  LoginFailures failures;
  QCOMPARE(failures.add(failureOf("192.0.2.7"), 0s).size(), 1);
  QCOMPARE(failures.add(failureOf("192.0.2.7"), 0s).size(), 0);
  QCOMPARE(failures.all().size(), 1);
  QCOMPARE(failures.all().size(), 0);
}

TAGWIRE_TEST(LoginFailuresTest)

}  // namespace loginfailures_test

#include "loginfailures_test.moc"
