// SPDX-License-Identifier: Apache-2.0
#include "deskfixture.h"
#include "testprogram.h"

namespace command_test {

using namespace tagwire;
using namespace tagwire::alarms;
using namespace std::chrono_literals;

/// Programs that are run for a notice: shell scripts of the test.
class CommandTest : public QObject {
  Q_OBJECT

  /// A target whose program is this script; "$OUT" in it is a file that read() reads.
  QByteArray target(const QByteArray &script, const QByteArray &arguments = {}, const QByteArray &keys = {}) {
    const QString program = m_folder.filePath(QStringLiteral("page"));
    QFile file(program);
    if (!file.open(QFile::WriteOnly)) qFatal("no script");
    file.write("#!/bin/sh\nOUT=" + out().toUtf8() + '\n' + script + '\n');
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return "{\"id\":\"page\",\"type\":\"command\",\"command\":[\"" + program.toUtf8() + "\"" + arguments + "]" + keys +
           "}";
  }
  QString out() const { return m_folder.filePath(QStringLiteral("out")); }
  QByteArray read() const {
    QFile file(out());
    return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
  }

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void cleanup() { QFile::remove(out()); }

  void r3_23_runsItWithTheNotice() {
    DeskFixture fixture(target("for each in \"$@\"; do echo \"<$each>\" >> $OUT; done; cat >> $OUT",
                               ",\"--\",\"{severity}\",\"{rule_name}\",\"a b\""));
    fixture.desk->start();
    fixture.raise(DeskFixture::occasion(QStringLiteral("$(rm -rf /); `id` 'x' \"y\" ü")));
    QTRY_COMPARE(fixture.settled, QList<qint64>{1});
    const QByteArray said = read();
    const qsizetype at = said.indexOf('{');
    QCOMPARE(said.first(at), QByteArray("<-->\n<critical>\n<$(rm -rf /); `id` 'x' \"y\" ü>\n<a b>\n"));
    const QJsonObject json = QJsonDocument::fromJson(said.mid(at)).object();
    QCOMPARE(json.value(QStringLiteral("rule_id")).toInt(), 77);
    QVERIFY(json.contains(QStringLiteral("text")));
  }

  void itsEnvironmentHoldsNoSecrets() {
    qputenv("SOME_SECRET", "hunter2");
    qputenv("LD_PRELOAD_X", "hunter2");
    DeskFixture fixture(target("/usr/bin/env > $OUT"));
    fixture.desk->start();
    fixture.raise();
    QTRY_COMPARE(fixture.settled.size(), 1);
    QStringList names;
    for (const QByteArray &line : read().split('\n')) names << QString::fromUtf8(line.left(line.indexOf('=')));
    names = names.filter(QRegularExpression(QStringLiteral("^(?!TAGWIRE_|PATH$|LANG$|PWD$|OLDPWD$|SHLVL$|_$|$)")));
    QCOMPARE(names, QStringList());
    QVERIFY(read().contains("TAGWIRE_RULE_NAME=Boiler High Temp\n"));
    QVERIFY(read().contains("TAGWIRE_VALUE_TEXT=85.5\n"));
    QVERIFY(!read().contains("hunter2"));
  }

  void anExitCodeIsAFailure() {
    LogCatcher log;
    DeskFixture fixture(target("echo broken: hunter2 >&2; [ -e $OUT ]"));
    fixture.desk->start();
    fixture.raise();
    QTRY_COMPARE(fixture.postponed.size(), 1);
    QCOMPARE(LogCatcher::count(QStringLiteral("exit code 1")), 1);
    QCOMPARE(LogCatcher::count(QStringLiteral("hunter2")), 0);
    QFile file(out());
    QVERIFY(file.open(QFile::WriteOnly));
    fixture.passPause();
    QTRY_COMPARE(fixture.settled.size(), 1);
    QCOMPARE(LogCatcher::count(QStringLiteral("works again after 1 attempts")), 1);
  }

  void exitCode65RefusesTheMessage() {
    DeskFixture fixture(target("exit 65"));
    fixture.desk->start();
    fixture.raise();
    for (int i = 1; i < 5; ++i) {
      QTRY_COMPARE(fixture.postponed.size(), i);
      fixture.passPause();
    }
    QTRY_COMPARE(fixture.settled.size(), 1);
  }

  void oneThatHangsIsKilledWithAllItStarted() {
    LogCatcher log;
    DeskFixture fixture(
        target("sleep 1000 & echo $! > $OUT; wait", {}, ",\"connect_timeout_ms\":300,\"timeout_ms\":300"));
    fixture.desk->start();
    fixture.raise();
    QTRY_COMPARE(fixture.postponed.size(), 1);
    QCOMPARE(LogCatcher::count(QStringLiteral("took longer than 300 ms and was killed")), 1);
    const int child = read().trimmed().toInt();
    QVERIFY(child > 1);
    const auto isRunning = [child] {
      QFile status(QStringLiteral("/proc/%1/status").arg(child));
      return status.open(QFile::ReadOnly) && !status.readAll().contains("State:\tZ");
    };
    QTRY_VERIFY(!isRunning());
  }

  void oneThatIsMissingIsAFailure() {
    DeskFixture fixture("{\"id\":\"page\",\"type\":\"command\",\"command\":[\"/no/such/program\"]}");
    fixture.desk->start();
    fixture.raise();
    QTRY_COMPARE(fixture.postponed.size(), 1);
    fixture.passPause();
    QTRY_COMPARE(fixture.postponed.size(), 2);
  }

  void oneThatSaysMuchIsHeardALittle() {
    DeskFixture fixture(target("exec <&-; head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"));
    fixture.desk->start();
    fixture.raise();
    QTRY_COMPARE(fixture.settled.size(), 1);
  }

  void inOrderOneAtATime() {
    DeskFixture fixture(target("[ -e $OUT.lock ] && echo twice >> $OUT; touch $OUT.lock; echo $1 >> $OUT; rm $OUT.lock",
                               ",\"{rule_name}\""));
    fixture.desk->start();
    for (const char *name : {"a", "b", "c", "d"}) fixture.raise(DeskFixture::occasion(QLatin1String(name)));
    QTRY_COMPARE(fixture.settled.size(), 4);
    QCOMPARE(read(), QByteArray("a\nb\nc\nd\n"));
  }

  void stopWhileItRuns() {
    DeskFixture fixture(target("echo here > $OUT; sleep 1000"));
    fixture.desk->start();
    fixture.raise();
    QTRY_COMPARE(read(), QByteArray("here\n"));
    fixture.desk->stop();
    QVERIFY(fixture.settled.isEmpty() && fixture.postponed.isEmpty());
  }
};

TAGWIRE_TEST(CommandTest)

}  // namespace command_test

#include "command_test.moc"
