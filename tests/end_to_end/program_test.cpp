// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QTcpServer>
#include <QTest>

#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>

#include "runningprogram.h"
#include "testprogram.h"

namespace program_test {

namespace {

struct Outcome {
  int code = -1;
  QString out;
  QString errors;
};

Outcome tagwire(const QStringList &arguments,
                const QProcessEnvironment &environment = QProcessEnvironment::systemEnvironment()) {
  QProcess process;
  process.setProcessEnvironment(environment);
  process.start(QStringLiteral(TAGWIRE_PROGRAM), arguments);
  if (!process.waitForFinished(20'000)) return {};
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2,
          QString::fromUtf8(process.readAllStandardOutput()), QString::fromUtf8(process.readAllStandardError())};
}

}  // namespace

/// Command line, exit codes, and what an operator may do wrong.
class ProgramTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void wrongUseIs64_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("said");
    const auto row = [](const char *name, const QStringList &arguments, const char *said) {
      QTest::newRow(name) << arguments << QString::fromLatin1(said);
    };
    row("nothing", {}, "a command is due");
    row("unknown command", {QStringLiteral("rn")}, "did you mean \"run\"");
    row("no manifest", {QStringLiteral("run")}, "usage: tagwire run MANIFEST");
    row("two manifests", {QStringLiteral("check"), QStringLiteral("a"), QStringLiteral("b")},
        "unexpected \"b\"\nusage: tagwire check MANIFEST");
    row("unknown verb", {QStringLiteral("manifest"), QStringLiteral("histroy")},
        "unknown \"manifest histroy\", did you mean \"history\"? (allowed: history, show, diff, rollback)\nusage: ");
    row("unknown history", {QStringLiteral("history"), QStringLiteral("foo")},
        "unknown \"history foo\" (allowed: export, import)\nusage: ");
    row("history export",
        {QStringLiteral("history"), QStringLiteral("export"), QStringLiteral("m"), QStringLiteral("x")},
        "unexpected \"x\"\nusage: ");
    row("unknown option", {QStringLiteral("check"), QStringLiteral("--plugn-dir=x"), QStringLiteral("a")},
        "did you mean \"--plugin-dir\"");
    row("option without value", {QStringLiteral("check"), QStringLiteral("a"), QStringLiteral("--plugin-dir")},
        "needs a value");
    row("log level", {QStringLiteral("check"), QStringLiteral("--log-level=loud"), QStringLiteral("a")},
        "allowed: debug");
    row("unknown sim", {QStringLiteral("sim"), QStringLiteral("modbuss")}, "did you mean \"modbus\"");
    row("watch with a credential", {QStringLiteral("watch"), QStringLiteral("ws://127.0.0.1:1/ws/live?token=hunter2")},
        "");
  }
  void helpIsNoError_data() {
    QTest::addColumn<QString>("command");
    for (const char *command : {"run",
                                "check",
                                "check a b",
                                "init",
                                "convert",
                                "points",
                                "points list",
                                "points export",
                                "schema",
                                "plugins",
                                "new-plugin",
                                "sim",
                                "sim modbus",
                                "sim rtls",
                                "probe",
                                "probe modbus",
                                "alarms",
                                "alarms test-target",
                                "history",
                                "history export",
                                "history import",
                                "manifest",
                                "manifest history",
                                "manifest show",
                                "manifest diff",
                                "manifest rollback",
                                "token",
                                "token list",
                                "user",
                                "user add",
                                "audit",
                                "audit verify",
                                "watch",
                                "watch ws://x",
                                "trace",
                                "bundle",
                                "bundle a"}) {
      QTest::newRow(command) << QString::fromLatin1(command);
    }
  }
  void helpIsNoError() {
    QFETCH(QString, command);
    const Outcome outcome = tagwire(command.split(u' ') << QStringLiteral("--help"));
    QCOMPARE(outcome.errors, QString());
    QCOMPARE(outcome.code, 0);
    // Where a plugin's own help is asked for, or that of a verb, it is that one.
    const QString due =
        QStringLiteral("tagwire ") + command.section(QRegularExpression(QStringLiteral(" (a|ws:).*")), 0, 0);
    QVERIFY2(outcome.out.contains(due), qPrintable(outcome.out));
  }
  void wrongUseIs64() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, said);
    const Outcome outcome = tagwire(arguments);
    QCOMPARE(outcome.code, 64);
    QVERIFY2(outcome.errors.contains(said), qPrintable(outcome.errors));
    QVERIFY(!outcome.errors.contains(QLatin1String("hunter2")));
  }
  void demoManifestIsGood() {
    const Outcome outcome = tagwire({QStringLiteral("check"), QStringLiteral(DEMO "/demo.json")});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.errors));
    QCOMPARE(outcome.out.section(u',', 0, 0), QStringLiteral("ok: 6 plugins"));
  }
  void missingManifestIs78() {
    const Outcome outcome = tagwire({QStringLiteral("run"), QStringLiteral("/nowhere/at/all.json")});
    QCOMPARE(outcome.code, 78);
    QVERIFY(outcome.errors.contains(QLatin1String("/nowhere/at/all.json: no such file")));
    QCOMPARE(tagwire({QStringLiteral("run"), QStringLiteral("/tmp")}).code, 78);
  }
  void unreadableManifestIs78() {
    const Outcome outcome = tagwire({QStringLiteral("check"), QStringLiteral("/proc/self/mem")});
    QCOMPARE(outcome.code, 78);
  }
  void busyPortIs69AndNamed() {
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost, 0));
    RunningProgram program;
    QVERIFY(!program.start(webManifest(other.serverPort())));
    QCOMPARE(program.process().exitCode(), 69);
    QVERIFY2(program.errors().contains(QStringLiteral("127.0.0.1:%1").arg(other.serverPort())),
             qPrintable(program.errors()));
  }
  void aStartThatHasToSucceedAndFailsIs70AndWaitsForNoSink() {
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost, 0));
    RunningProgram program;
    const QByteArray history = "{\"id\":\"h\",\"type\":\"sql\",\"config\":{\"database\":\"sqlite:h.db\"}},";
    const QByteArray manifest = webManifest(other.serverPort(), history);
    QVERIFY(!program.start(QByteArray(manifest).replace("\"ws\",", "\"ws\", \"on_start_error\": \"fail\",")));
    QCOMPARE(program.process().exitCode(), 70);
    QVERIFY2(!program.errors().contains(QLatin1String("stops without")), qPrintable(program.errors()));
  }
  void dataDirThatCantBeMadeIs73() {
    RunningProgram program;
    QVERIFY(!program.start("{ \"data_dir\": \"/proc/nowhere\", \"plugins\": [] }"));
    QCOMPARE(program.process().exitCode(), 73);
    QVERIFY2(program.errors().contains(QStringLiteral("/proc/nowhere can't be made: ") + qt_error_string(ENOENT)),
             qPrintable(program.errors()));
    RunningProgram second;
    QFile file(second.file("var"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(!second.start("{ \"data_dir\": \"var\", \"plugins\": [] }"));
    QCOMPARE(second.process().exitCode(), 73);
    QVERIFY2(second.errors().contains(QStringLiteral("var can't be made: ") + qt_error_string(ENOTDIR)),
             qPrintable(second.errors()));
  }
  void secondInstanceOnTheSameDataDirIs75() {
    RunningProgram first;
    QVERIFY2(first.start("{ \"data_dir\": \"var\", \"plugins\": [] }"), qPrintable(first.errors()));
    const Outcome second = tagwire({QStringLiteral("run"), first.file("manifest.json")});
    QCOMPARE(second.code, 75);
    const QString held = QStringLiteral("is held by another instance (pid %1): end it, or").arg(first.processId());
    QVERIFY2(second.errors.contains(held), qPrintable(second.errors));
    QCOMPARE(first.terminate(), 0);
  }
  void killedProgramStartsAgain() {
    const quint16 port = freePort();
    RunningProgram program;
    QVERIFY(program.start(webManifest(port)));
    program.kill();
    QVERIFY2(program.start(webManifest(port)), qPrintable(program.errors()));
    QCOMPARE(program.terminate(), 0);
  }
  void textFileInThePluginFolderIsRefusedAndAllElseRuns() {
    RunningProgram program;
    QFile text(program.file("bad.so"));
    QVERIFY(text.open(QIODevice::WriteOnly));
    text.write("not a library");
    text.close();
    const Outcome list = tagwire({QStringLiteral("plugins"), QStringLiteral("--plugin-dir"), program.folder()});
    QCOMPARE(list.code, 0);
    const QString refusal = list.out.mid(list.out.indexOf(QLatin1String("refused: ")));
    QVERIFY2(refusal.contains(QLatin1String("bad.so: is no Qt plugin")), qPrintable(list.out));
    QVERIFY2(refusal.count(program.file("bad.so")) == 1, qPrintable(refusal));
    for (const char *type : {"modbus", "rtls", "alarms", "sql", "ws"}) QVERIFY(list.out.contains(QLatin1String(type)));
  }
  void clientsGet1001AtShutdown() {
    const quint16 port = freePort();
    RunningProgram program;
    QVERIFY(program.start(webManifest(port)));
    Client client(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(port));
    QVERIFY(client.waitOpen());
    ::kill(static_cast<pid_t>(program.process().processId()), SIGTERM);
    QTRY_COMPARE(client.closeCode, 1001);
    QTRY_COMPARE(program.process().state(), QProcess::NotRunning);
    QCOMPARE(program.process().exitCode(), 0);
  }
  void hangUpDoesNotEndIt() {
    RunningProgram program;
    QVERIFY(program.start("{ \"data_dir\": \"var\", \"plugins\": [] }"));
    ::kill(static_cast<pid_t>(program.process().processId()), SIGHUP);
    QTRY_VERIFY(program.errors().contains(QLatin1String("SIGHUP")));
    QCOMPARE(program.terminate(), 0);
  }
  void runTakesEveryDescriptorItMay() {
    RunningProgram program;
    program.process().setChildProcessModifier([] {
      rlimit limit{};
      ::getrlimit(RLIMIT_NOFILE, &limit);
      limit.rlim_cur = 64;
      limit.rlim_max = std::min<rlim_t>(limit.rlim_max, 4321);
      ::setrlimit(RLIMIT_NOFILE, &limit);
    });
    QVERIFY(program.start("{ \"data_dir\": \"var\", \"plugins\": [] }"));
    rlimit limit{};
    QCOMPARE(::prlimit(static_cast<pid_t>(program.process().processId()), RLIMIT_NOFILE, nullptr, &limit), 0);
    QCOMPARE(limit.rlim_cur, limit.rlim_max);
    QVERIFY(limit.rlim_max > 64);
    QCOMPARE(program.terminate(), 0);
  }
  void eventLoopIsOursUnlessQtsIsAskedFor_data() {
    QTest::addColumn<QString>("loop");
    QTest::addColumn<bool>("isOurs");
    QTest::newRow("unset") << QString() << true;
    QTest::newRow("epoll") << QStringLiteral("epoll") << true;
    QTest::newRow("qt") << QStringLiteral("qt") << false;
  }
  void eventLoopIsOursUnlessQtsIsAskedFor() {
    QFETCH(QString, loop);
    QFETCH(bool, isOurs);
    RunningProgram program;
    program.process().setProcessEnvironment(withEventLoop(loop));
    QVERIFY(program.start("{ \"data_dir\": \"var\", \"plugins\": [] }"));
    bool hasEpoll = false;
    QDir folder(QStringLiteral("/proc/%1/fd").arg(program.process().processId()));
    for (const QFileInfo &each : folder.entryInfoList(QDir::Files | QDir::System)) {
      hasEpoll = hasEpoll || each.symLinkTarget().contains(QLatin1String("[eventpoll]"));
    }
    QCOMPARE(hasEpoll, isOurs);
    QCOMPARE(program.terminate(), 0);
  }
  void unknownEventLoopIs64() {
    const Outcome outcome = tagwire({QStringLiteral("plugins")}, withEventLoop(QStringLiteral("fast")));
    QCOMPARE(outcome.code, 64);
    QVERIFY2(outcome.errors.contains(QLatin1String("\"fast\" (allowed: epoll, qt)")), qPrintable(outcome.errors));
  }
  void plcThatIsNotThereDoesNotHinderTheStart() {
    const quint16 port = freePort();
    RunningProgram program;
    const QByteArray plc =
        "{\"id\":\"plc1\",\"type\":\"modbus\",\"config\":{\"endpoint\":\"tcp://127.0.0.1:1\",\"points\":"
        "[{\"name\":\"a\",\"register\":\"40001\",\"type\":\"int16\"}]}},";
    QVERIFY(program.start(webManifest(port, plc)));
    QTRY_COMPARE(http(port, "GET", "/healthz").json().value(QLatin1String("status")).toString(),
                 QStringLiteral("degraded"));
    QVERIFY(http(port, "GET", "/api/v1/points").body.contains("bad:"));
    QCOMPARE(program.terminate(), 0);
  }

 private:
  static QProcessEnvironment withEventLoop(const QString &name) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove(QStringLiteral("TAGWIRE_EVENT_LOOP"));
    if (!name.isEmpty()) environment.insert(QStringLiteral("TAGWIRE_EVENT_LOOP"), name);
    return environment;
  }
  static QByteArray webManifest(quint16 port, const QByteArray &more = {}) {
    return "{ \"data_dir\": \"var\", \"plugins\": [" + more +
           "{ \"id\": \"web\", \"type\": \"ws\", \"config\": { \"listen\": \"127.0.0.1:" + QByteArray::number(port) +
           "\", \"auth\": { \"anonymous\": [\"*:*\"] }, \"endpoints\": [ { \"path\": \"/ws/live\", \"protocol\": "
           "\"live\" } ] } } ] }";
  }
};

TAGWIRE_TEST(ProgramTest)

}  // namespace program_test

#include "program_test.moc"
