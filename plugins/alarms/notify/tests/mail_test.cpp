// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QProcess>
#include <QSslKey>

#include "deskfixture.h"
#include "mailserver.h"
#include "notify/mailchannel.h"
#include "notify/mailtext.h"
#include "notify/targetqueue.h"
#include "testing/testauthority.h"
#include "testprogram.h"

namespace mail_test {

using namespace tagwire;
using namespace tagwire::alarms;
using namespace std::chrono_literals;

namespace {

QByteArray target(const QByteArray &url, const QByteArray &keys = ",\"starttls\":\"off\"",
                  const QByteArray &to = "\"ops@plant.example\"") {
  return "{\"id\":\"mail\",\"type\":\"email\",\"url\":\"" + url + "\",\"from\":\"tagwire@plant.example\",\"to\":[" +
         to + "]" + keys + "}";
}

/// The subject, of encoded words each of which is whole characters.
QByteArray subjectOf(const ReceivedMail &mail) {
  QByteArray decoded;
  for (const QByteArray &word : mail.header("Subject").split('\n')) {
    const QByteArray one = word.trimmed();
    if (!one.startsWith("=?UTF-8?B?") || !one.endsWith("?=") || one.size() > 75) return "no encoded word: " + one;
    const QByteArray bytes = QByteArray::fromBase64(one.mid(10).chopped(2));
    if (QString::fromUtf8(bytes).toUtf8() != bytes) return "a character is cut: " + one;
    decoded += bytes;
  }
  return decoded;
}

QStringList bodiesOf(const MailServer &server) {
  QStringList bodies;
  for (const ReceivedMail &each : server.mails) bodies << QString::fromUtf8(each.body()).trimmed();
  return bodies;
}

const QByteArray nameOnly = ",\"starttls\":\"off\",\"subject\":\"{rule_name}\",\"text\":\"{rule_name}\"";

}  // namespace

/// Mail over real sockets.
class MailTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { qputenv("MAIL_PASSWORD", "hunter2"); }
  void r3_23_sendsAMail();
  void r3_23_downForTenMinutes();
  void troubleIsTriedAgain_data();
  void troubleIsTriedAgain();
  void aServerThatHangsIsLeft_data();
  void aServerThatHangsIsLeft();
  void aGoodByeWithoutAnAnswerHoldsUpNobody();
  void oneUnknownRecipientKeepsItFromNobody();
  void greylistingOfOneSendsItToNobodyTwice();
  void aFullMailboxHoldsUpNoOther();
  void aMailThatIsRefusedHoldsUpNoOther();
  void aWrongPasswordIsTriedAgain();
  void encryptionIsRequired();
  void encryptionAndPassword();
  void aStrangerGetsNoPassword();
  void nothingOfAnAlarmIsAHeader();
  void longSubjectsAreWhole();
  void aGroupIsOneMail();
  void anotherMailServer();
};

void MailTest::r3_23_sendsAMail() {
  MailServer server;
  DeskFixture fixture(target(server.url(), ",\"starttls\":\"off\"", "\"a@plant.example\",\"b@plant.example\""));
  fixture.desk->start();
  Occasion occasion = DeskFixture::occasion(QStringLiteral("Kessel überhitzt"));
  fixture.raise(occasion);
  QTRY_COMPARE(fixture.settled, QList<qint64>{1});
  QCOMPARE(server.mails.size(), 2);
  QCOMPARE(server.mails[0].from, QByteArray("<tagwire@plant.example>"));
  QCOMPARE(server.mails[0].to, QByteArrayList{"<a@plant.example>"});
  QCOMPARE(server.mails[1].to, QByteArrayList{"<b@plant.example>"});
  QCOMPARE(server.mails[0].text, server.mails[1].text);
  const ReceivedMail &mail = server.mails.first();
  QCOMPARE(mail.header("To"), QByteArray("<a@plant.example>,\r\n <b@plant.example>"));
  QCOMPARE(mail.header("From"), QByteArray("<tagwire@plant.example>"));
  QCOMPARE(mail.header("Message-ID"), QByteArray("<alarms-1.1767225600000@plant.example>"));
  QCOMPARE(mail.header("X-Tagwire-Delivery"), QByteArray("alarms-1"));
  QCOMPARE(mail.header("Content-Type"), QByteArray("text/plain; charset=utf-8"));
  QVERIFY(mail.text.startsWith("Date: 01 Jan 2026 00:00:00 +0000\r\n"));
  QCOMPARE(subjectOf(mail), QByteArray("[critical] Kessel überhitzt: ALARM (raised)"));
  QVERIFY(mail.body().startsWith("Rule Kessel überhitzt -> ALARM"));
  QVERIFY(mail.body().contains("Time: 2026-01-01 05:30:00 IST"));
  for (const QByteArray &line : mail.text.split('\n')) QVERIFY(line.size() <= 79);
}

void MailTest::r3_23_downForTenMinutes() {
  LogCatcher log;
  MailServer server;
  DeskFixture fixture(target(server.url(), nameOnly));
  fixture.desk->start();
  server.close();
  const Time began = fixture.context.clock().now();
  QStringList raised;
  int attempts = 0;
  while (fixture.context.clock().now() - began < 10min) {
    raised << QStringLiteral("Alarm %1").arg(raised.size());
    fixture.raise(DeskFixture::occasion(raised.last()));
    ++attempts;
    QTRY_COMPARE(fixture.postponed.size(), attempts);
    fixture.passPause();
  }
  ++attempts;
  QTRY_COMPARE(fixture.postponed.size(), attempts);
  server.comeBack();
  fixture.passPause();
  QTRY_COMPARE(fixture.settled.size(), raised.size());
  QCOMPARE(bodiesOf(server), raised);
  QCOMPARE(LogCatcher::lines().size(), 2);
}

void MailTest::troubleIsTriedAgain_data() {
  QTest::addColumn<QByteArray>("command");
  QTest::addColumn<QByteArray>("answer");
  QTest::newRow("greeting") << QByteArray("CONNECT") << QByteArray("554 not today");
  QTest::newRow("sender") << QByteArray("MAIL") << QByteArray("451 later");
  QTest::newRow("greylisting") << QByteArray("RCPT") << QByteArray("451 4.7.1 come back");
  QTest::newRow("full") << QByteArray("RCPT") << QByteArray("452 full");
  QTest::newRow("data") << QByteArray("DATA") << QByteArray("421 bye");
  QTest::newRow("end") << QByteArray("END") << QByteArray("451 disk");
  QTest::newRow("nonsense") << QByteArray("RCPT") << QByteArray("hello?");
}

void MailTest::troubleIsTriedAgain() {
  QFETCH(QByteArray, command);
  QFETCH(QByteArray, answer);
  MailServer server;
  server.answers.insert(command, answer);
  DeskFixture fixture(target(server.url(), nameOnly + ",\"connect_timeout_ms\":500,\"timeout_ms\":500"));
  fixture.desk->start();
  fixture.raise();
  for (int i = 1; i <= 7; ++i) {
    QTRY_COMPARE(fixture.postponed.size(), i);
    if (i == 7) server.answers.clear();
    fixture.passPause();
  }
  QTRY_COMPARE(fixture.settled.size(), 1);
  QCOMPARE(server.mails.size(), 1);
}

void MailTest::aServerThatHangsIsLeft_data() {
  QTest::addColumn<QByteArray>("command");
  for (const char *each : {"EHLO", "MAIL", "RCPT", "DATA", "END"}) QTest::newRow(each) << QByteArray(each);
}

void MailTest::aServerThatHangsIsLeft() {
  QFETCH(QByteArray, command);
  MailServer server;
  server.silentAt = command;
  DeskFixture fixture(target(server.url(), nameOnly + ",\"connect_timeout_ms\":300,\"timeout_ms\":300"));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  server.silentAt.clear();
  // On a machine that stands, 300 ms are over again before the answer was read.
  qsizetype passed = 0;
  const auto isSettled = [&] {
    if (passed < fixture.postponed.size()) {
      passed = fixture.postponed.size();
      fixture.passPause();
    }
    return fixture.settled.size() == 1;
  };
  QTRY_VERIFY(isSettled());
}

void MailTest::aGoodByeWithoutAnAnswerHoldsUpNobody() {
  MailServer server;
  MailServer other;
  server.silentAt = "QUIT";
  server.answers.insert("RCPT", "451 later");
  const QByteArray second = target(other.url(), nameOnly).replace("\"id\":\"mail\"", "\"id\":\"other\"");
  {
    // It would wait for five minutes, at the end of the attempt or of all.
    DeskFixture fixture(target(server.url(), nameOnly + ",\"timeout_ms\":300000") + ',' + second);
    fixture.desk->start();
    fixture.raise();
    QTRY_COMPARE(fixture.settled, QList<qint64>{2});
    QTRY_VERIFY(server.commands.contains("QUIT"));
  }
}

void MailTest::oneUnknownRecipientKeepsItFromNobody() {
  LogCatcher log;
  MailServer server;
  server.answers.insert("RCPT TO:<gone@", "550 5.1.1 no such user");
  DeskFixture fixture(target(server.url(), nameOnly, "\"gone@plant.example\",\"b@plant.example\""));
  fixture.desk->start();
  for (int i = 0; i < 3; ++i) fixture.raise();
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2, 3}));
  QCOMPARE(server.mails.size(), 3);
  QCOMPARE(LogCatcher::count(QStringLiteral("works, but was refused for gone@plant.example (SMTP status 550)")), 1);
  QCOMPARE(LogCatcher::lines().size(), 1);
}

void MailTest::greylistingOfOneSendsItToNobodyTwice() {
  MailServer server;
  server.answers.insert("RCPT TO:<grey@", "451 later");
  DeskFixture fixture(target(server.url(), nameOnly, "\"a@plant.example\",\"grey@plant.example\",\"c@plant.example\""));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  QCOMPARE(server.mails.size(), 2);
  server.answers.clear();
  fixture.passPause();
  QTRY_COMPARE(fixture.settled.size(), 1);
  QCOMPARE(server.mails.size(), 3);
  QCOMPARE(server.mails.last().to, QByteArrayList{"<grey@plant.example>"});
}

void MailTest::aFullMailboxHoldsUpNoOther() {
  MailServer server;
  server.answers.insert("RCPT TO:<full@", "452 mailbox full");
  DeskFixture fixture(target(server.url(), nameOnly, "\"a@plant.example\",\"full@plant.example\""));
  fixture.desk->start();
  fixture.raise();
  fixture.raise();
  for (int i = 1; i < MailChannel::mostAttempts; ++i) {
    QTRY_COMPARE(fixture.postponed.size(), i);
    fixture.passPause();
  }
  // The second is not put off again: he had his chance.
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2}));
  QCOMPARE(fixture.postponed.size(), MailChannel::mostAttempts - 1);
  QCOMPARE(server.mails.size(), 2);
  server.answers.clear();
  fixture.raise();
  QTRY_COMPARE(server.mails.size(), 4);
}

void MailTest::aMailThatIsRefusedHoldsUpNoOther() {
  MailServer server;
  server.answers.insert("END", "554 looks like spam");
  DeskFixture fixture(target(server.url(), nameOnly));
  fixture.desk->start();
  fixture.raise();
  for (int i = 1; i < TargetQueue::mostRefusals; ++i) {
    QTRY_COMPARE(fixture.postponed.size(), i);
    fixture.passPause();
  }
  QTRY_COMPARE(fixture.settled, QList<qint64>{1});
  server.answers.clear();
  fixture.raise();
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2}));
  QCOMPARE(server.mails.size(), 1);
}

void MailTest::aWrongPasswordIsTriedAgain() {
  LogCatcher log;
  MailServer server;
  server.offersAuth = true;
  server.answers.insert("AUTH", "535 5.7.8 wrong, hunter2");
  DeskFixture fixture(
      target(server.url(), nameOnly + ",\"user\":\"tagwire\",\"password\":{\"$env\":\"MAIL_PASSWORD\"}"));
  fixture.desk->start();
  fixture.raise();
  for (int i = 1; i <= 7; ++i) {
    QTRY_COMPARE(fixture.postponed.size(), i);
    if (i == 7) server.answers.clear();
    fixture.passPause();
  }
  QTRY_COMPARE(fixture.settled.size(), 1);
  QCOMPARE(LogCatcher::count(QStringLiteral("535")), 1);
  QCOMPARE(LogCatcher::count(QStringLiteral("hunter2")), 0);
}

void MailTest::encryptionIsRequired() {
  MailServer server;  // has none
  server.offersAuth = true;
  DeskFixture fixture(target(server.url(), ",\"user\":\"u\",\"password\":{\"$env\":\"MAIL_PASSWORD\"}"));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  for (const QByteArray &each : server.commands) QVERIFY2(each.startsWith("EHLO") || each == "QUIT", each.constData());
}

void MailTest::encryptionAndPassword() {
  const TestAuthority authority("IP:127.0.0.1");
  MailServer server;
  server.offersAuth = true;
  server.tls = QSslConfiguration::defaultConfiguration();
  server.tls->setLocalCertificate(QSslCertificate(authority.certificate));
  server.tls->setPrivateKey(QSslKey(authority.key, QSsl::Ec));
  QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("ca.pem")));
  QVERIFY(file.open(QFile::WriteOnly));
  file.write(authority.authority);
  file.close();
  DeskFixture fixture(
      target(server.url(), ",\"user\":\"tagwire\",\"password\":{\"$env\":\"MAIL_PASSWORD\"},\"ca_file\":\"" +
                               file.fileName().toUtf8() + '"'));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.settled.size(), 1);
  QVERIFY(server.commands.contains("STARTTLS"));
  const QByteArray login = QByteArray("\0tagwire\0hunter2", 16).toBase64();
  QVERIFY(server.commands.contains("AUTH PLAIN " + login) || server.commands.contains(login));
  QVERIFY(server.commands.indexOf("STARTTLS") < server.commands.size() - 4);
}

void MailTest::aStrangerGetsNoPassword() {
  const TestAuthority authority("IP:127.0.0.1");  // that nobody trusts
  MailServer server;
  server.offersAuth = true;
  server.tls = QSslConfiguration::defaultConfiguration();
  server.tls->setLocalCertificate(QSslCertificate(authority.certificate));
  server.tls->setPrivateKey(QSslKey(authority.key, QSsl::Ec));
  DeskFixture fixture(target(server.url(), ",\"user\":\"tagwire\",\"password\":{\"$env\":\"MAIL_PASSWORD\"}"));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  for (const QByteArray &each : server.commands) QVERIFY2(!each.startsWith("AUTH"), each.constData());
}

void MailTest::nothingOfAnAlarmIsAHeader() {
  MailServer server;
  DeskFixture fixture(target(server.url(), nameOnly));
  fixture.desk->start();
  fixture.raise(DeskFixture::occasion(QStringLiteral("a\r\nBcc: x@evil.example\r\n\r\nb\r\n.\r\nQUIT")));
  QTRY_COMPARE(fixture.settled.size(), 1);
  QCOMPARE(server.mails.size(), 1);
  QVERIFY(server.mails.first().header("Bcc").isEmpty());
  QCOMPARE(server.mails.first().header("Subject"), QByteArray("a Bcc: x@evil.example b . QUIT"));
  QVERIFY(server.mails.first().body().contains("Bcc: x@evil.example"));
}

void MailTest::longSubjectsAreWhole() {
  MailServer server;
  DeskFixture fixture(target(server.url(), nameOnly));
  fixture.desk->start();
  const QString name = QString(QStringLiteral("ü€😀")).repeated(40);
  fixture.raise(DeskFixture::occasion(name));
  QTRY_COMPARE(fixture.settled.size(), 1);
  const QByteArray decoded = subjectOf(server.mails.first());
  QVERIFY(name.startsWith(QString::fromUtf8(decoded)));
  QVERIFY(decoded.size() > 300);
}

void MailTest::aGroupIsOneMail() {
  MailServer server;
  DeskFixture fixture(target(server.url(), nameOnly + ",\"group_ms\":5000"));
  fixture.desk->start();
  fixture.raise(DeskFixture::occasion(QStringLiteral("one")));
  fixture.raise(DeskFixture::occasion(QStringLiteral("two")));
  fixture.pass(5s);
  QTRY_COMPARE(fixture.settled, (QList<qint64>{1, 2}));
  QCOMPARE(server.mails.size(), 1);
  QCOMPARE(server.mails.first().header("Subject"), QByteArray("2 notices: one"));
  QCOMPARE(server.mails.first().body(), QByteArray("one\n\n---\n\ntwo"));
}

/// aiosmtpd, which others wrote, takes the mails, and Python's email package reads them.
void MailTest::anotherMailServer() {
  const QStringList isThere{QStringLiteral("-c"), QStringLiteral("import aiosmtpd")};
  if (QProcess::execute(QStringLiteral(MAIL_PYTHON), isThere) != 0) QSKIP("python3-aiosmtpd is not there");
  QProcess peer;
  peer.setProcessChannelMode(QProcess::ForwardedErrorChannel);
  peer.start(QStringLiteral(MAIL_PYTHON), {QStringLiteral(MAIL_PEER)});
  QVERIFY(peer.waitForReadyRead(20'000));
  const QByteArray port = peer.readLine().trimmed();
  DeskFixture fixture(target("smtp://127.0.0.1:" + port, ",\"starttls\":\"off\",\"text\":\"{comment}\"",
                             "\"a@plant.example\",\"b@plant.example\""));
  fixture.desk->start();
  Occasion occasion =
      DeskFixture::occasion(QStringLiteral("Kessel überhitzt, und das schon zum fünften Mal am heutigen Tag"));
  occasion.comment = QStringLiteral("erste Zeile ü\n.\n..zwei");
  fixture.raise(occasion);
  QTRY_COMPARE(fixture.settled.size(), 1);
  peer.closeWriteChannel();
  QVERIFY(peer.waitForFinished(20'000));
  const QJsonArray mails = QJsonDocument::fromJson(peer.readAllStandardOutput()).array();
  QCOMPARE(mails.size(), 2);
  const QJsonObject mail = mails.first().toObject();
  QCOMPARE(mail.value(QStringLiteral("sender")).toString(), QStringLiteral("tagwire@plant.example"));
  QCOMPARE(mail.value(QStringLiteral("recipients")).toArray(), QJsonArray{QStringLiteral("a@plant.example")});
  QCOMPARE(mail.value(QStringLiteral("to")).toString(), QStringLiteral("a@plant.example, b@plant.example"));
  QCOMPARE(mail.value(QStringLiteral("subject")).toString(),
           QStringLiteral("[critical] %1: ALARM (raised)").arg(occasion.alarm.ruleName));
  QCOMPARE(mail.value(QStringLiteral("text")).toString().trimmed(), occasion.comment);
  QCOMPARE(mail.value(QStringLiteral("defects")).toArray(), QJsonArray());
}

TAGWIRE_TEST(MailTest)

}  // namespace mail_test

#include "mail_test.moc"
