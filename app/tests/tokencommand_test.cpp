// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QRegularExpression>
#include <QTest>

#include "access/tokenstore.h"
#include "accessprogram.h"
#include "testprogram.h"

namespace tokencommand_test {

using namespace tagwire;

/// `tagwire token`: the real program, real files.
class TokenCommandTest : public QObject, DataFolder {
  Q_OBJECT

 private Q_SLOTS:
  void init() { renew(); }

  void wrongUseIs64_data();
  void wrongUseIs64();
  void everyVerbHasHelp();
  void aFolderThatIsNotThereIs66();
  void aNewFolderIsToldOf();
  void R2_11_tokenStandsAloneOnStdout();
  void R2_11_lifetimes_data();
  void R2_11_lifetimes();
  void R2_11_listAndRevoke();
  void R2_11_processesSideBySideLoseNothing();
  void killedProgramsLeaveAWholeFile();
  void besideARunningInstance();
  void whatCannotBeWrittenIs73_data();
  void whatCannotBeWrittenIs73();
  void tokenThatNobodySawIsRevoked();
};

void TokenCommandTest::wrongUseIs64_data() {
  addWrongUseColumns();
  addWrongUse("token", "usage: tagwire token create NAME --allow");
  addWrongUse("token creat", "unknown \"token creat\", did you mean \"create\"? (allowed: create, list, revoke)");
  addWrongUse("token create a --allow points:read", "either --data-dir DIR or --manifest FILE is due");
  addWrongUse("token create a --allow points:read --data-dir D --manifest F",
              "either --data-dir DIR or --manifest FILE");
  addWrongUse("token create --allow points:read --data-dir D", "usage: tagwire token create NAME");
  addWrongUse("token create a --data-dir D", "--allow is due");
  addWrongUse("token create a points:read --data-dir D", "--allow is due");
  addWrongUse("token create a b --allow points:read --data-dir D", "\"b\" is no permission");
  addWrongUse("token create a --allow points:reed --data-dir D",
              "unknown verb \"reed\", did you mean \"read\"? (allowed: ");
  addWrongUse("token create a --allow points:read point:read --data-dir D", "did you mean \"points\"? (allowed: ");
  addWrongUse("token create a:b --allow points:read --data-dir D", "a name for the token is due");
  addWrongUse("token create a/b --allow points:read --data-dir D", "is no name (allowed: 1 to 64 letters");
  addWrongUse("token create a --allow points:read --expires soon --data-dir D",
              "--expires: \"soon\" is no time (allowed: as in");
  addWrongUse("token create a --allow points:read --expires= --data-dir D", "--expires: \"\" is no time");
  addWrongUse("token create a --allow points:read --expires 0d --data-dir D", "is no time");
  addWrongUse("token create a --allow points:read --expires 36501d --data-dir D",
              "is too long (allowed: up to 36500d)");
  addWrongUse("token create a --allow points:read --expires 2020-01-01 --data-dir D",
              "2020-01-01T00:00:00Z is in the past");
  addWrongUse("token create a --alow points:read --data-dir D", "did you mean \"--allow\"?");
  addWrongUse("token list a --data-dir D", "usage: tagwire token list (--data-dir");
  addWrongUse("token revoke --data-dir D", "usage: tagwire token revoke NAME");
}

void TokenCommandTest::wrongUseIs64() {
  wrongUse(*this);
  QCOMPARE(modeOf(file("tokens.json")), -1);
  QCOMPARE(modeOf(file("users.json")), -1);
}

void TokenCommandTest::everyVerbHasHelp() {
  for (const char *command : {"token", "token create", "token list", "token revoke", "user", "user add", "user list",
                              "user remove", "user password", "user role"}) {
    const Outcome outcome = runProgram(words(command) << QStringLiteral("--help"));
    QCOMPARE(outcome.code, 0);
    QVERIFY2(outcome.out.startsWith(QByteArray("usage: tagwire ") + command), outcome.out.constData());
    QVERIFY(outcome.out.contains("--data-dir DIR | --manifest FILE"));
    QCOMPARE(outcome.errors, QByteArray());
  }
}

void TokenCommandTest::R2_11_tokenStandsAloneOnStdout() {
  const Outcome outcome =
      runProgram(at("token create ems --allow device:ems_001:publish points:read --allow alarms:ack"));
  QVERIFY2(outcome.code == 0, outcome.errors.constData());
  QVERIFY(QRegularExpression(QStringLiteral("\\Atw_[A-Za-z0-9_-]{43}\\n\\z"))
              .match(QString::fromUtf8(outcome.out))
              .hasMatch());
  const QByteArray text = outcome.out.trimmed();
  QVERIFY(outcome.errors.contains("never expires") && !outcome.errors.contains(text));
  QCOMPARE(modeOf(dataDir()), 0700);
  for (const QString &name : QDir(dataDir()).entryList(QDir::Files | QDir::Hidden)) {
    QCOMPARE(modeOf(dataDir() + u'/' + name), 0600);
    QVERIFY(!contentOf(dataDir() + u'/' + name).contains(text));
  }
  TokenStore store(dataDir());
  store.refresh();
  const auto token = store.find(text, Clock().now());
  QVERIFY(token);
  QCOMPARE(token->permissions.texts().size(), 3);
  QVERIFY(token->permissions.allow(right::publishDevice, u"ems_001"));
  QVERIFY(token->permissions.allow(right::readPoints, u"a"));
  QVERIFY(token->permissions.allow(right::acknowledgeAlarms, u"a"));
  QVERIFY(!token->permissions.allow(right::publishDevice, u"ems_002"));
  QVERIFY(!token->expires);
  QVERIFY(token->createdBy.startsWith(QLatin1String("command line, ")));
}

void TokenCommandTest::R2_11_lifetimes_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<qint64>("minutes");
  QTest::addColumn<QString>("until");
  QTest::newRow("days") << QStringLiteral("90d") << qint64(90 * 24 * 60) << QString();
  QTest::newRow("hours") << QStringLiteral("12h") << qint64(12 * 60) << QString();
  QTest::newRow("minutes") << QStringLiteral("30m") << qint64(30) << QString();
  QTest::newRow("date") << QStringLiteral("2100-02-03") << qint64(0) << QStringLiteral("2100-02-03T00:00:00.000Z");
  QTest::newRow("time") << QStringLiteral("2100-02-03T06:30:00+05:30") << qint64(0)
                        << QStringLiteral("2100-02-03T01:00:00.000Z");
}

void TokenCommandTest::R2_11_lifetimes() {
  QFETCH(QString, text);
  QFETCH(qint64, minutes);
  QFETCH(QString, until);
  const Outcome right = runProgram(at("token create a --allow points:read") << QStringLiteral("--expires") << text);
  QVERIFY2(right.code == 0, right.errors.constData());
  TokenStore store(dataDir());
  store.refresh();
  const AccessToken &token = store.list().first();
  QVERIFY(token.expires);
  if (until.isEmpty()) QVERIFY(*token.expires - token.created == std::chrono::minutes(minutes));
  if (!until.isEmpty()) QCOMPARE(toIso(*token.expires), until);
  QVERIFY(right.errors.contains("expires " + toIso(*token.expires, 0).toLatin1()));
}

void TokenCommandTest::R2_11_listAndRevoke() {
  QVERIFY(QDir().mkpath(dataDir()));
  const Outcome none = runProgram(at("token list"));
  QCOMPARE(none.code, 0);
  QCOMPARE(none.out, QByteArray());
  QVERIFY(none.errors.startsWith("There are no tokens in "));
  const Outcome unknown = runProgram(at("token revoke a"));
  QCOMPARE(unknown.code, 64);
  QVERIFY2(unknown.errors.startsWith("there is no token \"a\""), unknown.errors.constData());
  const QByteArray first = runProgram(at("token create ems --allow points:read alarms:ack --expires 2100-01-01")).out;
  const QByteArray second = runProgram(at("token create a.longer-name_2 --allow *:read")).out;
  const Outcome twice = runProgram(at("token create ems --allow points:read"));
  QCOMPARE(twice.code, 64);
  QVERIFY(twice.errors.contains("there is a token \"ems\" already"));
  const Outcome list = runProgram(at("token list"));
  QCOMPARE(list.code, 0);
  const QString expected = QStringLiteral(
      "\\ANAME +PERMISSIONS +CREATED +EXPIRES\\n"
      "ems              points:read,alarms:ack  \\d{4}-\\S+Z  2100-01-01T00:00:00Z\\n"
      "a\\.longer-name_2  \\*:read +\\d{4}-\\S+Z  never\\n\\z");
  QVERIFY2(QRegularExpression(expected).match(QString::fromUtf8(list.out)).hasMatch(), list.out.constData());
  TokenStore store(dataDir());
  store.refresh();
  for (const AccessToken &token : store.list()) QVERIFY(!list.out.contains(token.sha256.toLatin1()));
  const auto id = store.find(first.trimmed(), Clock().now())->id;
  QCOMPARE(runProgram(at("token revoke ems")).code, 0);
  // What a running instance does once a second.
  QVERIFY(store.refresh());
  QVERIFY(!store.find(first.trimmed(), Clock().now()) && !store.isValid(id, Clock().now()));
  QVERIFY(store.find(second.trimmed(), Clock().now()));
  QCOMPARE(runProgram(at("token revoke ems")).code, 64);
}

void TokenCommandTest::R2_11_processesSideBySideLoseNothing() {
  const auto script = QStringLiteral(
      "for i in $(seq 50); do \"$1\" token create \"$2$i\" --allow points:read --data-dir \"$3\" 2>/dev/null || exit; "
      "done");
  QProcess both[2];
  for (int i = 0; i < 2; ++i) {
    both[i].start(QStringLiteral("sh"),
                  {QStringLiteral("-c"), script, QStringLiteral("sh"), program, QString(QChar(u'a' + i)), dataDir()});
  }
  QByteArray texts;
  for (QProcess &each : both) {
    QVERIFY(each.waitForFinished(50'000));
    QCOMPARE(each.exitCode(), 0);
    texts += each.readAllStandardOutput();
  }
  TokenStore store(dataDir());
  store.refresh();
  QCOMPARE(store.list().size(), 100);
  QCOMPARE(texts.count('\n'), 100);
  for (const QByteArray &text : texts.trimmed().split('\n')) QVERIFY(store.find(text, Clock().now()));
}

void TokenCommandTest::killedProgramsLeaveAWholeFile() {
  QByteArray texts;
  for (int i = 1; i <= 40; ++i) {
    const QString after = QStringLiteral("0.%1").arg(i, 3, 10, QLatin1Char('0'));
    QProcess process;
    process.start(QStringLiteral("timeout"),
                  QStringList{QStringLiteral("-s"), QStringLiteral("KILL"), after, program} + at("token create") +
                      QStringList{QStringLiteral("t%1").arg(i), QStringLiteral("--allow=points:read")});
    QVERIFY(process.waitForFinished(30'000));
    texts += process.readAllStandardOutput();
    TokenStore store(dataDir());
    store.refresh();
    QVERIFY2(store.problem().isEmpty(), qPrintable(store.problem()));
  }
  const Outcome last = runProgram(at("token create last --allow points:read"));
  QVERIFY2(last.code == 0, last.errors.constData());
  texts += last.out;
  TokenStore store(dataDir());
  store.refresh();
  for (const QByteArray &text : texts.trimmed().split('\n')) QVERIFY(store.find(text, Clock().now()));
}

void TokenCommandTest::besideARunningInstance() {
  const QString manifest = writeManifest("{ \"data_dir\": \"var/data\", \"plugins\": [] }");
  QProcess running;
  running.start(program, {QStringLiteral("run"), manifest});
  QVERIFY(running.waitForReadyRead(20'000));
  QCOMPARE(running.readAllStandardOutput(), QByteArray("ready\n"));
  const QStringList with{QStringLiteral("--manifest"), manifest};
  QCOMPARE(runProgram(words("token create a --allow points:read") + with).code, 0);
  QCOMPARE(runProgram(words("user add anna --role admin") + with, "correct horse\n").code, 0);
  QCOMPARE(runProgram(words("token list") + with).out.count('\n'), 2);
  QCOMPARE(modeOf(file("tokens.json")), 0600);
  QCOMPARE(running.state(), QProcess::Running);
  running.terminate();
  QVERIFY(running.waitForFinished(20'000));
  QCOMPARE(running.exitCode(), 0);
}

void TokenCommandTest::aFolderThatIsNotThereIs66() {
  const QStringList commands{QStringLiteral("token list"),      QStringLiteral("token revoke a"),
                             QStringLiteral("user list"),       QStringLiteral("user remove a"),
                             QStringLiteral("user password a"), QStringLiteral("user role a --role viewer"),
                             QStringLiteral("audit verify"),    QStringLiteral("audit list")};
  for (const QString &command : commands) {
    const Outcome outcome = runProgram(at(command.toUtf8().constData()));
    QVERIFY2(outcome.code == 66, qPrintable(command));
    QCOMPARE(outcome.errors, "there is no folder " + dataDir().toUtf8() + '\n');
    QVERIFY(!QFile::exists(dataDir()));
  }
}

void TokenCommandTest::aNewFolderIsToldOf() {
  const QByteArray told = "(the folder is new: does the manifest's data_dir say the same?)\n";
  const Outcome first = runProgram(at("token create a --allow points:read"));
  QCOMPARE(first.code, 0);
  QVERIFY2(first.errors.endsWith(told), first.errors.constData());
  const Outcome second = runProgram(at("token create b --allow points:read"));
  QCOMPARE(second.code, 0);
  QVERIFY2(!second.errors.contains(told), second.errors.constData());
  // A manifest is right about its own folder.
  const QString manifest = writeManifest("{ \"data_dir\": \"other\", \"plugins\": [] }");
  const Outcome ofManifest = runProgram(words("token create a --allow points:read --manifest") << manifest);
  QCOMPARE(ofManifest.code, 0);
  QVERIFY2(!ofManifest.errors.contains(told), ofManifest.errors.constData());
  const Outcome user =
      runProgram(words("user add anna --role viewer --data-dir") << dataDir() + u'2', "correct horse\n");
  QVERIFY2(user.code == 0 && user.errors.endsWith(told), user.errors.constData());
}

void TokenCommandTest::whatCannotBeWrittenIs73_data() {
  QTest::addColumn<QString>("script");
  QTest::addColumn<QString>("said");
  const auto row = [](const char *name, const char *script, const char *said) {
    QTest::newRow(name) << QString::fromLatin1(script) << QString::fromLatin1(said);
  };
  row("disk full", "trap '' XFSZ; ulimit -f 0; \"$1\" token create b --allow points:read --data-dir \"$2\"",
      "(nothing was changed: it could not go on record)");
  row("folder", "\"$1\" token create b --allow points:read --data-dir /proc/nowhere", "/proc/nowhere can't be made: ");
  row("broken file", "echo >> \"$2\"/tokens.json x; \"$1\" token create b --allow points:read --data-dir \"$2\"",
      "tokens.json:");
  row("broken list", "echo >> \"$2\"/tokens.json x; \"$1\" token list --data-dir \"$2\"", "tokens.json:");
  row("open to others", "chmod 640 \"$2\"/tokens.json; \"$1\" token revoke a --data-dir \"$2\"",
      "is open to others (mode 640; allowed: 600, so chmod 600 it)");
  row("folder in its place", "rm \"$2\"/tokens.json; mkdir \"$2\"/users.json; \"$1\" user list --data-dir \"$2\"",
      "users.json is no plain file");
}

void TokenCommandTest::whatCannotBeWrittenIs73() {
  QFETCH(QString, script);
  QFETCH(QString, said);
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  const QByteArray before = contentOf(file("tokens.json"));
  const Outcome outcome = shell(script, {program, dataDir()});
  QVERIFY2(outcome.code == 73, outcome.errors.constData());
  QVERIFY2(QString::fromUtf8(outcome.errors).contains(said), outcome.errors.constData());
  QCOMPARE(outcome.out, QByteArray());
  const QByteArray after = contentOf(file("tokens.json"));
  QVERIFY(after == before || after == before + "x\n" || after.isEmpty());
  QVERIFY(!QFile::exists(file("tokens.json.new")));
}

void TokenCommandTest::tokenThatNobodySawIsRevoked() {
  const auto script = QStringLiteral("\"$1\" token create a --allow points:read --data-dir \"$2\" > /dev/full");
  const Outcome outcome = shell(script, {program, dataDir()});
  QCOMPARE(outcome.code, 73);
  QVERIFY2(outcome.errors.contains("so it was revoked again"), outcome.errors.constData());
  TokenStore store(dataDir());
  store.refresh();
  QVERIFY(store.problem().isEmpty() && store.list().isEmpty());
}

TAGWIRE_TEST(TokenCommandTest)

}  // namespace tokencommand_test

#include "tokencommand_test.moc"
