// SPDX-License-Identifier: Apache-2.0
#include <QElapsedTimer>
#include <QJsonArray>
#include <QMessageAuthenticationCode>
#include <QTemporaryDir>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deskfixture.h"
#include "hookserver.h"
#include "notify/targetqueue.h"
#include "testprogram.h"

namespace webhook_test {

using namespace tagwire;
using namespace tagwire::alarms;
using namespace std::chrono_literals;

namespace {

QByteArray target(const QByteArray &id, const QByteArray &url, const QByteArray &keys = {}) {
  return "{\"id\":\"" + id + "\",\"type\":\"webhook\",\"url\":\"" + url + "\"" + keys + "}";
}

QStringList namesOf(const HookServer &server) {
  QStringList names;
  for (const HookRequest &each : server.requests) names << each.json().value(QStringLiteral("rule_name")).toString();
  return names;
}

}  // namespace

/// Webhooks over real sockets.
class WebhookTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase();
  void r3_23_postsWhatHappened();
  void r3_23_isSigned();
  void aFileOfASecretThatHangsHoldsUpNobody();
  void r3_23_downForTenMinutes();
  void r3_23_inOrderAfterAnswersOfAllKinds();
  void r3_23_oneThatIsDownHoldsUpNoOther();
  void r3_23_aTargetThatHangsIsLeft();
  void whatTheAnswersMean_data();
  void whatTheAnswersMean();
  void aRedirectionIsNotFollowed();
  void anEndlessAnswerIsNotRead();
  void retryAfterIsHeeded();
  void theRateIsKept();
  void groups();
  void r3_22_afterAKillTheSameDeliveryComesAgain();
  void ofATargetThatIsGoneNothingStays();
  void tooManyAreGivenUp();
  void nothingAfterStop();
  void startsAgainAfterStop();
};

void WebhookTest::initTestCase() {
  qputenv("HOOK_SECRET", "hunter2-secret");
  qputenv("HOOK_TOKEN", "hunter2-token");
}

void WebhookTest::r3_23_postsWhatHappened() {
  HookServer server;
  DeskFixture fixture(
      target("ops", server.url(), ",\"subject\":\"{severity}: {rule_name}\",\"text\":\"{message} {value}\""));
  fixture.desk->start();
  Occasion occasion = DeskFixture::occasion();
  occasion.by = QStringLiteral("ann");
  occasion.comment = QStringLiteral("pump \"2\" äöü");
  fixture.raise(occasion);
  QTRY_COMPARE(fixture.settled, QList<qint64>{1});
  QCOMPARE(server.requests.size(), 1);
  const HookRequest &request = server.requests.first();
  QCOMPARE(request.line, QByteArray("POST /hook HTTP/1.1"));
  QCOMPARE(request.headers.value("content-type"), QByteArray("application/json"));
  QCOMPARE(request.headers.value("x-tagwire-delivery"), QByteArray("alarms-1"));
  QVERIFY(!request.headers.contains("x-tagwire-signature"));
  const QJsonObject expected{{QStringLiteral("kind"), QStringLiteral("raised")},
                             {QStringLiteral("notice_id"), 1},
                             {QStringLiteral("site"), QStringLiteral("Plant 1")},
                             {QStringLiteral("instance"), QStringLiteral("alarms")},
                             {QStringLiteral("ts"), QStringLiteral("2026-01-01T00:00:00.000Z")},
                             {QStringLiteral("local_time"), QStringLiteral("2026-01-01 05:30:00 IST")},
                             {QStringLiteral("alarm_id"), 1001},
                             {QStringLiteral("rule_id"), 77},
                             {QStringLiteral("rule_name"), QStringLiteral("Boiler High Temp")},
                             {QStringLiteral("area"), QStringLiteral("boiler-house")},
                             {QStringLiteral("state"), QStringLiteral("ALARM")},
                             {QStringLiteral("previous"), QStringLiteral("OK")},
                             {QStringLiteral("condition"), QStringLiteral("Unacknowledged-Active")},
                             {QStringLiteral("severity"), QStringLiteral("critical")},
                             {QStringLiteral("comparison"), QStringLiteral("above")},
                             {QStringLiteral("datapoint_id"), 0},
                             {QStringLiteral("value"), 85.5},
                             {QStringLiteral("message"), QStringLiteral("Rule Boiler High Temp -> ALARM")},
                             {QStringLiteral("by"), QStringLiteral("ann")},
                             {QStringLiteral("comment"), QStringLiteral("pump \"2\" äöü")},
                             {QStringLiteral("subject"), QStringLiteral("critical: Boiler High Temp")},
                             {QStringLiteral("text"), QStringLiteral("Rule Boiler High Temp -> ALARM 85.5")}};
  QCOMPARE(request.json(), expected);
}

void WebhookTest::r3_23_isSigned() {
  HookServer server;
  DeskFixture fixture(
      target("ops", server.url(), ",\"secret\":{\"$env\":\"HOOK_SECRET\"},\"token\":{\"$env\":\"HOOK_TOKEN\"}"));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(server.requests.size(), 1);
  const HookRequest &request = server.requests.first();
  QCOMPARE(request.headers.value("authorization"), QByteArray("Bearer hunter2-token"));
  QCOMPARE(request.headers.value("x-tagwire-timestamp"), QByteArray("1767225600"));
  const QByteArray hex =
      QMessageAuthenticationCode::hash("1767225600." + request.body, "hunter2-secret", QCryptographicHash::Sha256)
          .toHex();
  QCOMPARE(request.headers.value("x-tagwire-signature"), "sha256=" + hex);
}

void WebhookTest::aFileOfASecretThatHangsHoldsUpNobody() {
  QTemporaryDir folder;
  const QByteArray path = QFile::encodeName(folder.filePath(QStringLiteral("token")));
  const auto write = [&](int flags, const QByteArray &text) {
    const int file = ::open(path.constData(), flags | O_WRONLY | O_CLOEXEC, 0600);
    const bool isWritten =
        file >= 0 && ::write(file, text.constData(), static_cast<size_t>(text.size())) == text.size();
    ::close(file);
    return isWritten;
  };
  QVERIFY(write(O_CREAT, "old-token\n"));
  HookServer server;
  DeskFixture fixture(target("ops", server.url(), ",\"token\":{\"$file\":\"" + path + "\"}"));
  // As a network file system that is gone: opened, it does not answer until somebody writes.
  QVERIFY(::unlink(path.constData()) == 0 && ::mkfifo(path.constData(), 0600) == 0);
  fixture.desk->start();
  QElapsedTimer looking;
  looking.start();
  fixture.raise();
  fixture.desk->look();
  QVERIFY2(looking.elapsed() < 1000, "the event loop waited for the file");
  QTRY_COMPARE(server.requests.size(), 1);
  QCOMPARE(server.requests.first().headers.value("authorization"), QByteArray("Bearer old-token"));
  QTRY_COMPARE(fixture.settled, QList<qint64>{1});
  fixture.raise();
  QVERIFY(write(O_NONBLOCK, "new-token\n"));
  QTRY_COMPARE(server.requests.size(), 2);
  QCOMPARE(server.requests.last().headers.value("authorization"), QByteArray("Bearer new-token"));
  // What can't be a token is none: not even the first one is better then.
  QVERIFY(::unlink(path.constData()) == 0 && write(O_CREAT, "half a line and\nanother\n"));
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2}));
  fixture.raise();
  QTRY_COMPARE(server.requests.size(), 3);
  QCOMPARE(server.requests.last().headers.value("authorization"), QByteArray("Bearer new-token"));
}

void WebhookTest::r3_23_downForTenMinutes() {
  LogCatcher log;
  HookServer server;
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  server.goDown();
  const Time began = fixture.context.clock().now();
  QStringList raised;
  int attempts = 0;
  while (fixture.context.clock().now() - began < 10min) {
    raised << QStringLiteral("Alarm %1").arg(raised.size());
    fixture.raise(DeskFixture::occasion(raised.last()));
    ++attempts;
    QTRY_COMPARE(fixture.postponed.size(), attempts);
    QCOMPARE(fixture.postponed.last().id, 1);
    QCOMPARE(fixture.postponed.last().attempts, attempts);
    fixture.passPause();
  }
  QVERIFY2(attempts >= 9 && attempts <= 12, qPrintable(QString::number(attempts)));
  ++attempts;
  QTRY_COMPARE(fixture.postponed.size(), attempts);
  QCOMPARE(LogCatcher::count(QStringLiteral("was not told")), 1);
  server.comeBack();
  fixture.passPause();
  QTRY_COMPARE(fixture.settled.size(), raised.size());
  QCOMPARE(namesOf(server), raised);
  QVERIFY(fixture.kept.isEmpty());
  QCOMPARE(LogCatcher::count(QStringLiteral("works again after %1 attempts").arg(attempts)), 1);
  QCOMPARE(LogCatcher::lines().size(), 2);
  QVERIFY(fixture.metric("tagwire_alarms_notices_delivered_total").endsWith(QStringLiteral(" %1").arg(raised.size())));
  QVERIFY(fixture.metric("tagwire_alarms_notice_failures_total").endsWith(QStringLiteral(" %1").arg(attempts)));
  QVERIFY(fixture.metric("tagwire_alarms_notices_waiting").endsWith(QStringLiteral(" 0")));
}

void WebhookTest::r3_23_inOrderAfterAnswersOfAllKinds() {
  HookServer server;
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  const QList<QByteArray> answers{"500 No", "503 No", "401 No", "403 No", "404 No", "429 No", "301 No", "408 No"};
  QStringList raised;
  int failures = 0;
  for (const QByteArray &answer : answers) {
    server.status = answer;
    raised << QString::fromLatin1(answer);
    fixture.raise(DeskFixture::occasion(raised.last()));
    ++failures;
    QTRY_COMPARE(fixture.postponed.size(), failures);
    fixture.passPause();
    ++failures;
    QTRY_COMPARE(fixture.postponed.size(), failures);
    server.requests.clear();
    server.status = "204 Yes";
    fixture.passPause();
    QTRY_COMPARE(fixture.settled.size(), raised.size());
    QCOMPARE(namesOf(server), QStringList{raised.last()});
  }
}

void WebhookTest::r3_23_oneThatIsDownHoldsUpNoOther() {
  HookServer up;
  HookServer down;
  HookServer silent;
  silent.isSilent = true;
  down.goDown();
  DeskFixture fixture(target("down", down.url()) + ',' + target("silent", silent.url()) + ',' +
                      target("nowhere", "http://no-such-host.invalid/") + ',' + target("up", up.url()));
  fixture.desk->start();
  for (int i = 0; i < 20; ++i) fixture.raise(DeskFixture::occasion(QString::number(i)));
  QTRY_COMPARE(up.requests.size(), 20);
  QTRY_COMPARE(silent.requests.size(), 1);  // one at a time
  QTRY_VERIFY(fixture.postponed.size() >= 2);
  QTRY_COMPARE(fixture.kept.size(), 60);
}

void WebhookTest::r3_23_aTargetThatHangsIsLeft() {
  HookServer server;
  server.isSilent = true;
  DeskFixture fixture(target("ops", server.url(), ",\"connect_timeout_ms\":200,\"timeout_ms\":200"));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  server.isSilent = false;
  fixture.passPause();
  QTRY_COMPARE(fixture.settled.size(), 1);
}

void WebhookTest::whatTheAnswersMean_data() {
  QTest::addColumn<QByteArray>("status");
  QTest::addColumn<bool>("isMessage");
  for (const char *status : {"400 a", "413 a", "415 a", "422 a"}) QTest::newRow(status) << QByteArray(status) << true;
  for (const char *status : {"401 a", "404 a", "410 a", "429 a", "500 a"}) {
    QTest::newRow(status) << QByteArray(status) << false;
  }
}

void WebhookTest::whatTheAnswersMean() {
  QFETCH(QByteArray, status);
  QFETCH(bool, isMessage);
  HookServer server;
  server.status = status;
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  fixture.raise();
  for (int i = 1; i < TargetQueue::mostRefusals; ++i) {
    QTRY_COMPARE(fixture.postponed.size(), i);
    fixture.passPause();
  }
  QTRY_COMPARE(fixture.settled.size() + fixture.postponed.size(), TargetQueue::mostRefusals);
  QCOMPARE(fixture.settled.size(), isMessage ? 1 : 0);
  const QString givenUp = fixture.metric("tagwire_alarms_notices_given_up_total");
  QCOMPARE(givenUp.contains(QStringLiteral("reason=\"refused\"")), isMessage);
}

void WebhookTest::aRedirectionIsNotFollowed() {
  HookServer other;
  HookServer server;
  server.status = "302 Found";
  server.headers = "Location: " + other.url() + "\r\n";
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  QCOMPARE(other.connections, 0);
}

void WebhookTest::anEndlessAnswerIsNotRead() {
  HookServer server;
  server.hasEndlessBody = true;
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.settled.size(), 1);  // at once, by its status
}

void WebhookTest::retryAfterIsHeeded() {
  HookServer server;
  server.status = "429 Slow";
  server.headers = "Retry-After: 120\r\n";
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  QVERIFY(fixture.postponed.first().notBefore == fixture.context.clock().now() + 120s);
}

void WebhookTest::theRateIsKept() {
  HookServer server;
  DeskFixture fixture(target("ops", server.url(), ",\"rate_limit\":5"));
  fixture.desk->start();
  for (int i = 0; i < 12; ++i) fixture.raise(DeskFixture::occasion(QString::number(i)));
  QTRY_COMPARE(fixture.settled.size(), 5);
  fixture.pass(59s);
  fixture.pass(1s);
  QTRY_COMPARE(fixture.settled.size(), 10);
  fixture.pass(60s);
  QTRY_COMPARE(fixture.settled.size(), 12);
  QCOMPARE(server.requests.size(), 12);
}

void WebhookTest::groups() {
  HookServer server;
  DeskFixture fixture(
      target("ops", server.url(), ",\"group_ms\":30000,\"subject\":\"{rule_name}\",\"text\":\"{state}\""));
  fixture.desk->start();
  for (const char *name : {"one", "two", "three"}) {
    Occasion occasion = DeskFixture::occasion(QLatin1String(name));
    if (qstrcmp(name, "two") != 0) occasion.alarm.severity = Severity::Minor;
    fixture.raise(occasion);
  }
  fixture.pass(30s);
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2, 3}));
  QCOMPARE(server.requests.size(), 1);
  const QJsonObject json = server.requests.first().json();
  QCOMPARE(json.value(QStringLiteral("notices")).toArray().size(), 3);
  QCOMPARE(
      json.value(QStringLiteral("notices")).toArray().at(2).toObject().value(QStringLiteral("rule_name")).toString(),
      QStringLiteral("three"));
  QCOMPARE(json.value(QStringLiteral("subject")).toString(), QStringLiteral("3 notices: two"));
  QCOMPARE(json.value(QStringLiteral("text")).toString(), QStringLiteral("ALARM\n\n---\n\nALARM\n\n---\n\nALARM"));
  QCOMPARE(server.requests.first().headers.value("x-tagwire-delivery"), QByteArray("alarms-1-3"));
}

void WebhookTest::r3_22_afterAKillTheSameDeliveryComesAgain() {
  HookServer server;
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  server.isSilent = true;
  fixture.raise(DeskFixture::occasion(QStringLiteral("one")));
  fixture.raise(DeskFixture::occasion(QStringLiteral("two")));
  QTRY_COMPARE(server.requests.size(), 1);  // it has it, and we do not know
  const auto stored = fixture.kept.values();
  fixture.make();
  server.isSilent = false;
  fixture.desk->restore(stored);
  fixture.desk->start();
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2}));
  QCOMPARE(server.requests.size(), 3);
  QCOMPARE(server.requests[0].headers.value("x-tagwire-delivery"), QByteArray("alarms-1"));
  QCOMPARE(server.requests[1].headers.value("x-tagwire-delivery"), QByteArray("alarms-1"));
  QCOMPARE(server.requests[0].body, server.requests[1].body);
  QCOMPARE(server.requests[2].headers.value("x-tagwire-delivery"), QByteArray("alarms-2"));
}

void WebhookTest::ofATargetThatIsGoneNothingStays() {
  HookServer server;
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->restore(
      {{.id = 5, .target = QStringLiteral("gone"), .created = {}, .notBefore = {}, .attempts = 0, .body = {}}});
  QVERIFY(fixture.settled.isEmpty());
  fixture.desk->start();
  QTRY_COMPARE(fixture.settled, QList<qint64>{5});
}

void WebhookTest::tooManyAreGivenUp() {
  LogCatcher log;
  HookServer server;
  server.goDown();
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  for (int i = 0; i < TargetQueue::mostWaiting + 7; ++i) fixture.raise();
  QTRY_COMPARE(fixture.settled.size(), 7);
  QCOMPARE(fixture.settled.first(), TargetQueue::mostWaiting + 1);
  QCOMPARE(LogCatcher::count(QStringLiteral("are given up until there is room")), 1);
  QVERIFY(fixture.metric("tagwire_alarms_notices_given_up_total").contains(QStringLiteral("reason=\"full\"")));
}

void WebhookTest::nothingAfterStop() {
  HookServer server;
  server.isSilent = true;
  DeskFixture fixture(target("ops", server.url(), ",\"connect_timeout_ms\":100,\"timeout_ms\":100"));
  fixture.desk->stop();
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(server.requests.size(), 1);
  fixture.desk->stop();
  fixture.desk->stop();
  fixture.raise();
  fixture.pass(1h);
  HookServer other;  // something else to wait for, longer than the time-out
  DeskFixture later(target("ops", other.url()));
  server.isSilent = false;
  for (int i = 0; i < 3; ++i) {
    later.make();
    later.desk->start();
    later.raise();
    QTRY_COMPARE(other.requests.size(), i + 1);
  }
  QVERIFY(fixture.settled.isEmpty() && fixture.postponed.isEmpty());
  QCOMPARE(server.requests.size(), 1);
}

void WebhookTest::startsAgainAfterStop() {
  HookServer server;
  server.isSilent = true;
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(server.requests.size(), 1);
  fixture.desk->stop();
  server.isSilent = false;
  fixture.desk->start();
  QTRY_COMPARE(fixture.settled, QList<qint64>{1});
  // Whoever is told may end it.
  connect(fixture.desk.get(), &NotificationDesk::settled, &fixture, [&] { fixture.desk->stop(); });
  fixture.raise();
  fixture.raise();
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2}));
  QCOMPARE(fixture.kept.size(), 1);
}

TAGWIRE_TEST(WebhookTest)

}  // namespace webhook_test

#include "webhook_test.moc"
