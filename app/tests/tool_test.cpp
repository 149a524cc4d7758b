// SPDX-License-Identifier: Apache-2.0
#include <QProcess>
#include <QTest>
#include "testprogram.h"

namespace tool_test {

/// `tagwire sim` and `tagwire probe` with a plugin of the test.
class ToolTest : public QObject {
  Q_OBJECT

  static void start(QProcess &process, const QStringList &arguments) {
    QStringList all = arguments;
    all.insert(1, QStringLiteral(TOOLS_FOLDER));
    all.insert(1, QStringLiteral("--plugin-dir"));
    process.start(QStringLiteral(TAGWIRE_PROGRAM), all);
  }

 private Q_SLOTS:
  void endsWithWhatTheToolSays_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("out");
    QTest::addColumn<QByteArray>("errors");
    const auto row = [](const char *command, const char *type, const char *does, int code, const char *out,
                        const char *errors) {
      QStringList arguments{QLatin1String(command), QLatin1String(type)};
      if (*does) arguments << QLatin1String(does) << QStringLiteral("--its-own");
      QTest::addRow("%s %s %s", command, type, does) << arguments << code << QByteArray(out) << QByteArray(errors);
    };
    row("probe", "tools", "end", 3, "one\ntwo\n", "");
    row("sim", "tools", "end", 3, "one\ntwo\n", "");
    row("probe", "tools", "busy", 69, "", "port 1502 is busy\n");
    row("sim", "tools", "busy", 69, "", "port 1502 is busy\n");
    row("sim", "tools", "wrong", 64, "", "usage: wrong --its-own\n");
    row("probe", "tool", "end", 64, "", "no plugin of type \"tool\", did you mean \"tools\"?");
    row("probe", "--nonsense", "", 64, "", "usage: tagwire probe TYPE");
  }
  void endsWithWhatTheToolSays() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QByteArray, out);
    QFETCH(QByteArray, errors);
    QProcess process;
    start(process, arguments);
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitCode(), code);
    QCOMPARE(process.readAllStandardOutput(), out);
    const QByteArray said = process.readAllStandardError();
    QVERIFY2(said.startsWith(errors), said.constData());
  }

  void helpNamesTheTypes() {
    for (const char *command : {"sim", "probe"}) {
      QProcess process;
      start(process, {QLatin1String(command), QStringLiteral("--help")});
      QVERIFY(process.waitForFinished(20'000));
      QCOMPARE(process.exitCode(), 0);
      QCOMPARE(process.readAllStandardError(), QByteArray());
      const QByteArray said = process.readAllStandardOutput();
      QVERIFY2(said.startsWith(QByteArray("usage: tagwire ") + command + " TYPE"), said.constData());
      QVERIFY2(said.contains("tools"), said.constData());
    }
  }

  void runsUntilItIsTold_data() {
    QTest::addColumn<QString>("command");
    QTest::addColumn<int>("code");
    QTest::newRow("what is meant to") << QStringLiteral("sim") << 0;
    QTest::newRow("what should have ended by itself") << QStringLiteral("probe") << 128 + 15;
  }
  void runsUntilItIsTold() {
    QFETCH(QString, command);
    QFETCH(int, code);
    QProcess process;
    start(process, {command, QStringLiteral("tools"), QStringLiteral("run")});
    QVERIFY(process.waitForReadyRead(20'000));
    QCOMPARE(process.readAllStandardOutput(), QByteArray("running\n"));
    process.terminate();
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), code);
  }

  void aPluginWithoutTheToolSaysSo() {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("WITHOUT_SIMULATOR"), QStringLiteral("1"));
    process.setProcessEnvironment(environment);
    start(process, {QStringLiteral("sim"), QStringLiteral("tools")});
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitCode(), 64);
    QCOMPARE(process.readAllStandardError(), QByteArray("plugin \"tools\" has nothing to simulate\n"));
  }
};

TAGWIRE_TEST(ToolTest)

}  // namespace tool_test

#include "tool_test.moc"
