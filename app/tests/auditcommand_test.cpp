// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <unistd.h>

#include <sqlite3.h>

#include "accessprogram.h"
#include "audit/auditfile.h"
#include "audit/auditreader.h"
#include "testprogram.h"

namespace auditcommand_test {

using namespace tagwire;

/// `tagwire audit`, and what `token` and `user` put on record: the real program, real files.
class AuditCommandTest : public QObject, DataFolder {
  Q_OBJECT

  QList<QJsonObject> listed(const char *options = "") const {
    QList<QJsonObject> records;
    for (const QByteArray &line :
         runProgram(at((QByteArray("audit list --json ") + options).constData())).out.split('\n')) {
      if (!line.isEmpty()) records << QJsonDocument::fromJson(line).object();
    }
    return records;
  }
  bool run(const char *sql) const {
    sqlite3 *database = nullptr;
    sqlite3_open(file("audit.db").toUtf8().constData(), &database);
    const bool isDone = sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(database);
    return isDone;
  }

 private Q_SLOTS:
  void init() { renew(); }

  void wrongUseIs64_data();
  void wrongUseIs64();
  void everyVerbHasHelp();
  void withoutATrail();
  void tokensAndUsersAreOnRecord();
  void whatIsNotDoneIsNotOnRecord();
  void withoutARecordNothingIsDone();
  void verifyTellsTheEndToBeNoted();
  void verifyNamesTheFirstWrongRecord();
  void whatIsNoTrailIsNotWhole();
  void listFilters();
  void listIsForPeopleToo();
  void longTrailsComeWhole();
  void besideARunningInstance();
  void rootLeavesItToTheFoldersOwner();
};

void AuditCommandTest::wrongUseIs64_data() {
  addWrongUseColumns();
  addWrongUse("audit", "usage: tagwire audit verify");
  addWrongUse("audit verfy", "did you mean \"verify\"? (allowed: verify, list)");
  addWrongUse("audit verify", "either --data-dir DIR or --manifest FILE is due");
  addWrongUse("audit verify x --data-dir D", "usage: tagwire audit verify");
  addWrongUse("audit verify --noted 5 --data-dir D",
              "--noted: \"5\" is wrong (allowed: NUMBER:HASH, as verify has printed it)");
  addWrongUse("audit list --from noon --data-dir D", "--from: ");
  addWrongUse("audit list --kind= --data-dir D", "--kind is empty");
  addWrongUse("audit list --knd x --data-dir D", "did you mean \"--kind\"?");
  addWrongUse("audit verify --json --data-dir D", "unknown option --json");
}

void AuditCommandTest::wrongUseIs64() {
  QVERIFY(QDir().mkpath(dataDir()));
  wrongUse(*this);
  QVERIFY(QDir(dataDir()).isEmpty());
}

void AuditCommandTest::everyVerbHasHelp() {
  for (const char *command : {"audit", "audit verify", "audit list"}) {
    const Outcome outcome = runProgram(words(command) << QStringLiteral("--help"));
    QCOMPARE(outcome.code, 0);
    QVERIFY2(outcome.out.startsWith(QByteArray("usage: tagwire ") + command), outcome.out.constData());
  }
}

void AuditCommandTest::withoutATrail() {
  for (const char *command : {"audit verify", "audit list"}) {
    const Outcome outcome = runProgram(at(command));
    QCOMPARE(outcome.code, 66);
    QVERIFY2(outcome.errors.startsWith("there is no folder /"), outcome.errors.constData());
    QCOMPARE(modeOf(dataDir()), -1);
  }
  QVERIFY(QDir().mkpath(dataDir()));
  const Outcome empty = runProgram(at("audit verify"));
  QCOMPARE(empty.code, 66);
  QCOMPARE(empty.errors, "there is no " + file("audit.db").toUtf8() + '\n');
  // A link to itself, for nothing is forbidden to root.
  QVERIFY(QFile::link(QStringLiteral("audit.db"), file("audit.db")));
  const Outcome unreadable = runProgram(at("audit verify"));
  QCOMPARE(unreadable.code, 66);
  QCOMPARE(unreadable.errors, file("audit.db").toUtf8() + " can't be read: " + qt_error_string(ELOOP).toUtf8() + '\n');
}

void AuditCommandTest::tokensAndUsersAreOnRecord() {
  const Outcome made = runProgram(at("token create meter --allow points:read --expires 2100-01-01"));
  QCOMPARE(made.code, 0);
  QCOMPARE(runProgram(at("user add anna --role operator"), "correct horse\n").code, 0);
  QCOMPARE(runProgram(at("user role anna --role viewer")).code, 0);
  QCOMPARE(runProgram(at("user password anna"), "battery staple\n").code, 0);
  QCOMPARE(runProgram(at("user remove anna")).code, 0);
  QCOMPARE(runProgram(at("token revoke meter")).code, 0);
  QStringList lines;
  for (const QJsonObject &each : listed()) {
    lines << QStringList{each[u"kind"].toString(), each[u"action"].toString(), each[u"subject"].toString(),
                         QString::fromUtf8(QJsonDocument(each[u"details"].toObject()).toJson(QJsonDocument::Compact))}
                 .join(u' ');
    if (each[u"kind"] != QLatin1String("audit")) QVERIFY(each[u"actor"].toString().startsWith(QLatin1String("os:")));
  }
  QCOMPARE(lines, (QStringList{QStringLiteral("token revoke meter {}"), QStringLiteral("user remove anna {}"),
                               QStringLiteral("user change anna {\"password\":true}"),
                               QStringLiteral("user change anna {\"after\":\"viewer\",\"before\":\"operator\"}"),
                               QStringLiteral("user create anna {\"role\":\"operator\"}"),
                               QStringLiteral("token create meter {\"expires\":\"2100-01-01T00:00:00.000Z\","
                                              "\"permissions\":[\"points:read\"]}"),
                               QStringLiteral("audit begin  {}")}));
  QCOMPARE(modeOf(file("audit.db")), 0600);
  const QByteArray content = contentOf(file("audit.db"));
  for (const QByteArray &secret : {made.out.trimmed(), QByteArray("correct horse"), QByteArray("battery staple")}) {
    QVERIFY(!content.contains(secret));
  }
}

void AuditCommandTest::whatIsNotDoneIsNotOnRecord() {
  QCOMPARE(runProgram(at("token create meter --allow points:read")).code, 0);
  QCOMPARE(runProgram(at("token create meter --allow points:read")).code, 64);
  QCOMPARE(runProgram(at("token revoke nobody")).code, 64);
  QCOMPARE(runProgram(at("user remove nobody")).code, 64);
  QCOMPARE(listed().size(), 2);
}

void AuditCommandTest::withoutARecordNothingIsDone() {
  QCOMPARE(runProgram(at("token create meter --allow points:read")).code, 0);
  QFile::remove(file("audit.db"));
  QVERIFY(QDir(file("audit.db")).mkpath(QStringLiteral(".")));
  const Outcome refused = runProgram(at("token revoke meter"));
  QCOMPARE(refused.code, 73);
  QVERIFY2(refused.errors.contains("(nothing was changed: it could not go on record)"), refused.errors.constData());
  QVERIFY(runProgram(at("token list")).out.contains("meter"));
}

void AuditCommandTest::verifyTellsTheEndToBeNoted() {
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  const Outcome whole = runProgram(at("audit verify"));
  QCOMPARE(whole.code, 0);
  QVERIFY2(whole.out.startsWith("ok: 2 records, chain whole, last hash "), whole.out.constData());
  const QByteArray mark = whole.out.trimmed().split(' ').last();
  QVERIFY(mark.startsWith("2:"));
  QVERIFY(whole.out.contains("last hash " + mark.mid(2)));
  QCOMPARE(runProgram(at("token create b --allow points:read")).code, 0);
  QCOMPARE(runProgram(at(("audit verify --noted " + mark).constData())).code, 0);
  QVERIFY(run("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE number > 1"));
  QCOMPARE(runProgram(at("audit verify")).code, 0);
  const Outcome cut = runProgram(at(("audit verify --noted " + mark).constData()));
  QCOMPARE(cut.code, 1);
  QVERIFY2(cut.errors.contains("record 2: it is missing: the end was cut off"), cut.errors.constData());
}

void AuditCommandTest::verifyNamesTheFirstWrongRecord() {
  for (const char *name : {"a", "b", "c", "d"}) {
    QCOMPARE(runProgram(at((QByteArray("token create ") + name + " --allow points:read").constData())).code, 0);
  }
  const QString time = listed("--subject b").first()[u"time"].toString().left(23);
  QVERIFY(run("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'os:eve' WHERE subject IN ('b', 'd')"));
  const Outcome wrong = runProgram(at("audit verify"));
  QCOMPARE(wrong.code, 1);
  QCOMPARE(wrong.out, QByteArray());
  QVERIFY2(wrong.errors.startsWith("record 3 of " + time.toLatin1() + "Z: its hash does not fit"),
           wrong.errors.constData());
  QVERIFY(wrong.errors.contains("2 records before it are whole"));
}

void AuditCommandTest::whatIsNoTrailIsNotWhole() {
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  QFile trail(file("audit.db"));
  QVERIFY(trail.open(QIODevice::WriteOnly) && trail.write(QByteArray(5000, 'x')) == 5000);
  trail.close();
  const Outcome wrong = runProgram(at("audit verify"));
  QCOMPARE(wrong.code, 1);
  QVERIFY2(wrong.errors.contains("is no audit trail"), wrong.errors.constData());
  QCOMPARE(runProgram(at("audit list")).code, 66);
  QCOMPARE(contentOf(file("audit.db")), QByteArray(5000, 'x'));
}

void AuditCommandTest::listFilters() {
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  QCOMPARE(runProgram(at("token create b --allow points:read")).code, 0);
  QCOMPARE(listed("--subject a").size(), 1);
  QCOMPARE(listed("--kind token").size(), 2);
  QCOMPARE(listed("--kind token --subject b").size(), 1);
  QCOMPARE(listed("--actor os:nobody-at-all").size(), 0);
  QCOMPARE(listed("--actor tagwire").size(), 1);
  QCOMPARE(listed("--to 2020-01-01").size(), 0);
  QCOMPARE(listed("--from 2020-01-01 --to 2100-01-01").size(), 3);
}

void AuditCommandTest::listIsForPeopleToo() {
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  const QByteArrayList lines = runProgram(at("audit list")).out.split('\n');
  QCOMPARE(lines.size(), 4);
  QVERIFY(lines[0].startsWith("NUMBER  TIME "));
  QVERIFY(lines[1].startsWith("2 "));
  QVERIFY(lines[1].contains(" token  create  os:"));
}

void AuditCommandTest::longTrailsComeWhole() {
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  {
    AuditFile trail(dataDir());
    AuditEntry entry;
    entry.time = fromMilliseconds(1'770'000'000'000);
    entry.kind = QStringLiteral("test");
    QVERIFY(trail.append(QList<AuditRow>(2500, AuditRow::fromEntry(entry))));
  }
  const auto all = listed();
  QCOMPARE(all.size(), 2502);
  for (qsizetype i = 0; i < all.size(); ++i) QCOMPARE(all[i][u"number"].toInteger(), 2502 - i);
  QCOMPARE(runProgram(at("audit list")).out.count("NUMBER"), 1);
}

void AuditCommandTest::besideARunningInstance() {
  const QString manifest = writeManifest("{ \"data_dir\": \"var/data\", \"plugins\": [] }");
  QProcess running;
  running.start(program, {QStringLiteral("run"), manifest});
  QVERIFY(running.waitForReadyRead(20'000));
  QCOMPARE(running.readAllStandardOutput(), QByteArray("ready\n"));
  QTRY_COMPARE(modeOf(file("audit.db")), 0600);
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  QCOMPARE(runProgram(at("audit verify")).code, 0);
  QTRY_COMPARE(listed().size(), 3);  // the file's beginning, the program's start, the token
  running.terminate();
  QVERIFY(running.waitForFinished(20'000));
  QCOMPARE(running.exitCode(), 0);
  QCOMPARE(runProgram(at("audit verify")).code, 0);
}

void AuditCommandTest::rootLeavesItToTheFoldersOwner() {
  if (::geteuid() != 0) QSKIP("needs root");
  constexpr uid_t nobody = 65534;
  QVERIFY(QDir().mkpath(dataDir()));
  QCOMPARE(::chown(dataDir().toUtf8().constData(), nobody, nobody), 0);
  QCOMPARE(runProgram(at("token create a --allow points:read")).code, 0);
  QCOMPARE(QFileInfo(file("audit.db")).ownerId(), nobody);
}

TAGWIRE_TEST(AuditCommandTest)

}  // namespace auditcommand_test

#include "auditcommand_test.moc"
