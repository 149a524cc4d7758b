// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <csignal>

#include "isolatedrun.h"
#include "testprogram.h"

namespace isolation_test {

using namespace isolation_tests;

namespace {

QByteArray isolated(const QByteArray &id, const QByteArray &config, const QByteArray &more = {}) {
  // No raw text: moc would lose count of the brackets.
  return "{ \"id\": \"" + id + "\", \"type\": \"faulty\", \"isolation\": \"process\", \"config\": " + config + more +
         " }";
}

QByteArray contentOf(const QString &name) {
  QFile file(name);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

/// What an isolated instance may do and what not, on the real program.
class IsolationTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void valuesCommandsAndEventsGoThrough() {
    IsolatedRun run;
    QVERIFY(run.start(isolated("iso", R"({ "fault": "echo", "input": "wave/sine" })"),
                      R"({ "write": ["iso/value"], "event": "[1]" })"));
    QVERIFY(run.waitFor(QStringLiteral("iso/value good"), 5));
    QVERIFY(run.waitFor(QStringLiteral("\"type\":\"echo\""), 2));
    QVERIFY(run.waitFor(QStringLiteral("\"json\":[1]"), 1));
    QVERIFY(run.waitFor(QStringLiteral("\"point\":\"iso/value\",\"seq\""), 2));
    QVERIFY(run.waitFor(QStringLiteral("\"actual_value\":7"), 1));
    // The very values of the other instance.
    const QStringList lines = run.lines();
    QStringList given;
    QStringList told;
    for (const QString &line : lines) {
      if (line.startsWith(QLatin1String("wave/sine"))) given << line.section(u' ', 2);
      if (line.startsWith(QLatin1String("iso/value good"))) told << line.section(u' ', 2);
    }
    QCOMPARE(told.takeFirst(), QStringLiteral("1"));
    for (const QString &value : std::as_const(told)) QVERIFY2(given.contains(value), qPrintable(value));
    QCOMPARE(run.program().terminate(), 0);
  }
  void whatHasExpiredMeanwhileMayNotBeSent() {
    IsolatedRun run;
    QVERIFY(
        run.start(isolated("iso", R"({ "fault": "asks_late" })"), R"({ "write": ["iso/value"], "expire_ms": 100 })"));
    QVERIFY(run.waitFor(QStringLiteral("iso/text good expired"), 2));
    QCOMPARE(run.count(QStringLiteral("iso/text good may be sent")), 0);
    QCOMPARE(run.program().terminate(), 0);
  }
  void secretsGoOverTheSocketOnly() {
    qputenv("TAGWIRE_TEST_SECRET", "not-for-others");
    IsolatedRun run;
    QVERIFY(run.start(isolated("told", R"({ "token": { "$env": "TAGWIRE_TEST_SECRET" } })") + ",\n" +
                      isolated("other", R"({ "fault": "environment" })")));
    QVERIFY(run.waitFor(QStringLiteral("told/text good not-for-others")));
    QVERIFY(run.waitFor(QStringLiteral("other/text good not there")));
    const QList<qint64> children = run.children();
    QCOMPARE(children.size(), 2);
    for (const qint64 child : children) {
      const QString folder = QStringLiteral("/proc/%1/").arg(child);
      QVERIFY(!contentOf(folder + QLatin1String("environ")).contains("not-for-others"));
      QVERIFY(!contentOf(folder + QLatin1String("cmdline")).contains("not-for-others"));
    }
    QVERIFY(!run.program().errors().contains(QLatin1String("not-for-others")));
    qunsetenv("TAGWIRE_TEST_SECRET");
  }
  void whatIsNotItsOwnIsRefused() {
    IsolatedRun run;
    QVERIFY(run.start(isolated("iso", R"({ "fault": "foreign_points" })")));
    QVERIFY(run.waitFor(QStringLiteral("iso/value good 2")));
    QVERIFY(run.neighbourGoesOn());
    QCOMPARE(run.count(QStringLiteral("iso/value good a text")), 0);
    QCOMPARE(run.count(QStringLiteral("iso is failed")), 0);
    QVERIFY(run.program().errors().contains(QLatin1String("a sample is refused")));
  }
  void exceptionInASlotIsContainedThere() {
    IsolatedRun run;
    QVERIFY(run.start(isolated("iso", R"({ "fault": "throw_in_slot" })")));
    QVERIFY(run.waitFor(QStringLiteral("iso/value good 1")));
    QTRY_VERIFY(run.program().errors().contains(QLatin1String("threw an exception: in a slot")));
    QVERIFY(run.neighbourGoesOn());
    QCOMPARE(run.count(QStringLiteral("iso is failed")), 0);
  }
  void floodIsHeldBack() {
    IsolatedRun run;
    QVERIFY(run.start(isolated("iso", R"({ "fault": "flood" })", R"(, "limits": { "samples_per_s": 2000 })")));
    QVERIFY(run.waitFor(QStringLiteral("iso/value good"), 1000));
    const qint64 before = run.program().residentKiB();
    for (int i = 0; i < 5; ++i) QVERIFY(run.neighbourGoesOn());
    QVERIFY(run.program().residentKiB() < before + 20'000);
    QCOMPARE(run.count(QStringLiteral("iso is failed")), 0);
    QCOMPARE(run.count(QStringLiteral("samples_dropped")), 0);
    QCOMPARE(run.program().terminate(), 0);
  }
  void stopIsBounded() {
    IsolatedRun run;
    QVERIFY(run.start(isolated("iso", R"({ "fault": "blocked_in_stop" })") + ",\n" +
                      isolated("gone", R"({ "fault": "segfault_in_destructor" })")));
    QVERIFY(run.waitFor(QStringLiteral("iso/value good 1")));
    QVERIFY(run.waitFor(QStringLiteral("gone/value good 1")));
    QCOMPARE(run.program().terminate(), 0);
    QVERIFY(run.program().errors().contains(QLatin1String("gone: did not stop well: crashed: Segmentation fault")));
  }
  void endsWithItsParent() {
    IsolatedRun run;
    QVERIFY(run.start(isolated("iso", "{}") + ",\n" + isolated("hung", R"({ "fault": "busy" })")));
    QVERIFY(run.waitFor(QStringLiteral("hung/value good 1")));
    const QList<qint64> children = run.children();
    QCOMPARE(children.size(), 2);
    run.program().kill();
    for (const qint64 child : children) QTRY_VERIFY(hasEnded(child));
  }
  void killedFromOutsideItComesBack() {
    IsolatedRun run;
    QVERIFY(run.start(isolated("iso", "{}")));
    QVERIFY(run.waitFor(QStringLiteral("iso/value good 1")));
    QCOMPARE(run.children().size(), 1);
    ::kill(static_cast<pid_t>(run.children().first()), SIGKILL);
    QVERIFY(run.waitFor(QStringLiteral("\"iso is failed: crashed: Killed (SIGKILL)")));
    QVERIFY(run.waitFor(QStringLiteral("iso/value good 1"), 2));
  }
  void crashWhileTheManifestIsRead() {
    const auto [code, said] = check(isolated("iso", R"({ "fault": "segfault_in_create" })"));
    QCOMPARE(code, 0);
    QVERIFY2(
        said.contains("warning: plugins[0].config: plugin \"faulty\" crashed: Segmentation fault (SIGSEGV) while it "
                      "read its configuration"),
        said.constData());
    const auto [strict, why] =
        check(isolated("iso", R"({ "fault": "segfault_in_create" })", R"(, "on_start_error": "fail")"));
    QCOMPARE(strict, 78);
    QVERIFY(why.contains("crashed: Segmentation fault"));
    // Nobody may count on points that are not known.
    const auto [refers, missing] = check(isolated("iso", R"({ "fault": "segfault_in_create" })") +
                                         R"(, { "id": "e", "type": "example", "config": { "input": "iso/more" } })");
    QCOMPARE(refers, 78);
    QVERIFY2(missing.contains("unknown point \"iso/more\""), missing.constData());
  }
  void configurationIsCheckedAsInTheHost() {
    const auto [code, said] = check("\n" + isolated("iso", R"({ "fautl": 1, "input": "nobody/has" })"));
    QCOMPARE(code, 78);
    const auto [same, inTheHost] =
        check("\n" + isolated("iso", R"({ "fautl": 1, "input": "nobody/has" })").replace("\"process\"", "\"none\"   "));
    QCOMPARE(same, 78);
    QCOMPARE(said.mid(said.indexOf("plugins[0]")), inTheHost.mid(inTheHost.indexOf("plugins[0]")));
    QVERIFY2(said.contains("manifest.json:2:") &&
                 said.contains("plugins[0].config.fautl: unknown key \"fautl\", did you mean \"fault\"?"),
             said.constData());
  }
  void exceptionInCreateIsAnError() {
    const auto [code, said] = check(isolated("iso", R"({ "fault": "throw_in_create" })"));
    QCOMPARE(code, 78);
    QVERIFY2(said.contains("manifest.json:1:") && said.contains("threw an exception: made on purpose"),
             said.constData());
  }
  void pluginWithServicesIsRefused() {
    const auto [code, said] = check(R"({ "id": "w", "type": "witness", "isolation": "process" })");
    QCOMPARE(code, 78);
    QVERIFY2(
        said.contains("plugins[0].isolation: \"witness\" can't run in a process of its own, for it shares with other "
                      "plugins or the host: the file that its test reads"),
        said.constData());
  }
  void limitsNeedAProcess() {
    const auto [code, said] = check(R"({ "id": "w", "type": "witness", "limits": { "memory_mb": 100 } })");
    QCOMPARE(code, 78);
    QVERIFY2(said.contains("plugins[0].limits: only an instance in a process of its own has limits"), said.constData());
  }

 private:
  static std::pair<int, QByteArray> check(const QByteArray &entries) {
    QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("manifest.json")));
    if (!file.open(QIODevice::WriteOnly)) return {-1, {}};
    file.write(R"({ "plugins": [)" + entries + "]}");
    file.close();
    qputenv("TAGWIRE_PLUGIN_PATH", TEST_PLUGINS);
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setWorkingDirectory(folder.path());
    process.start(QStringLiteral(TAGWIRE_PROGRAM), {QStringLiteral("check"), QStringLiteral("manifest.json")});
    if (!process.waitForFinished()) return {-1, {}};
    return {process.exitCode(), process.readAll()};
  }
};

TAGWIRE_TEST(IsolationTest)

}  // namespace isolation_test

#include "isolation_test.moc"
