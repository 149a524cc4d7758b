// SPDX-License-Identifier: Apache-2.0
#include "runtime.h"

#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include "testprogram.h"

namespace runtime_test {

using namespace tagwire;

/// The machine's, which somebody sets.
struct SetClock : Clock {
  Time now() const override { return Clock::now() + offset; }
  std::chrono::hours offset{0};
};

/// The runtime with the plugin `recorder`, whose instances do what their configuration says.
class RuntimeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_loader = std::make_unique<PluginLoader>(QStringList{QStringLiteral(TEST_PLUGINS "/recorder")});
    m_runtime = std::make_unique<Runtime>(*m_loader, m_clock);
  }
  void cleanup() { m_runtime.reset(); }

  void samplesGoToTheOthersOnly() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"points":["p"]}},{"id":"b","type":"recorder"}])"),
             QString());
    startAndWait();
    QMetaObject::invokeMethod(plugin("a"), "publish", Q_ARG(double, 4.5));
    QCOMPARE(plugin("b")->property("samples").toInt(), 1);
    QCOMPARE(plugin("a")->property("samples").toInt(), 0);
    const Sample &last = m_runtime->points().last(m_runtime->points().find(QStringLiteral("a/p")));
    QCOMPARE(std::get<double>(last.value), 4.5);
  }
  void aClockThatIsSetIsCounted() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder"}])"), QString());
    startAndWait();
    const auto text = [&] { return QByteArray::fromStdString(m_runtime->metrics().text()); };
    QVERIFY(text().contains("\ntagwire_clock_steps_total 0\n"));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("clock was set back by 3600[.]0 s")));
    m_clock.offset = std::chrono::hours(-1);
    QTRY_VERIFY(text().contains("\ntagwire_clock_steps_total 1\n"));
  }
  void nothingIsHeardAfterStop() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"points":["p"]}},{"id":"b","type":"recorder"}])"),
             QString());
    startAndWait();
    m_runtime->stop();
    QMetaObject::invokeMethod(plugin("a"), "publish", Q_ARG(double, 4.5));
    QCOMPARE(plugin("b")->property("samples").toInt(), 0);
    QCOMPARE(plugin("a")->property("stops").toInt(), 1);
  }
  void whatASinkHasNotTakenIsToldAtTheStop() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"points":["p"]}},
                      {"id":"full","type":"recorder","config":{"behaviour":"never_takes"}}])"),
             QString());
    startAndWait();
    for (int i = 0; i < 4; ++i) QMetaObject::invokeMethod(plugin("a"), "publish", Q_ARG(double, i));
    // The first is on its way; three wait behind it.
    const QString told = QStringLiteral(
        "^full stops without 3 samples and \\d+ events that waited for it, and maybe 1 more that it was given "
        "- it did not take them in time$");
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(told));
    m_runtime->stop();
  }
  void aTroubleOfTheHostIsAmongTheInstances() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder"}])"), QString());
    startAndWait();
    QCOMPARE(m_runtime->instances().size(), 1);
    m_runtime->setManifestTrouble(QStringLiteral("the file is not taken"));
    QCOMPARE(m_runtime->instances().size(), 2);
    const InstanceStatus host = m_runtime->instances().last();
    QCOMPARE(host.id, QStringLiteral("tagwire"));
    QCOMPARE(host.state, PluginState::Degraded);
    QCOMPARE(host.text, QStringLiteral("the file is not taken"));
    const auto figures = [&] { return QByteArray::fromStdString(m_runtime->metrics().text()); };
    QVERIFY(figures().contains("tagwire_plugin_state{plugin=\"tagwire\",state=\"degraded\"} 1\n"));
    m_runtime->setManifestTrouble({});
    QCOMPARE(m_runtime->instances().size(), 1);
    QVERIFY(figures().contains("tagwire_plugin_state{plugin=\"tagwire\",state=\"degraded\"} 0\n"));
  }
  void failedStartIsTriedAgain() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"behaviour":"fail_once"}}])"), QString());
    startAndWait();
    QTRY_COMPARE(m_runtime->instances().first().state, PluginState::Running);
    QCOMPARE(plugin("a")->property("starts").toInt(), 2);
  }
  void exceptionInStartIsContained() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"behaviour":"throw_in_start"}},
                      {"id":"b","type":"recorder"}])"),
             QString());
    m_runtime->start();
    QTRY_COMPARE(stateOf("b"), PluginState::Running);
    QTRY_COMPARE(stateOf("a"), PluginState::Failed);
    QVERIFY(m_runtime->instances().first().text.contains(QLatin1String("thrown on purpose")));
  }
  void exceptionInWriteIsContained() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"points":["p"]}},
                      {"id":"bad","type":"recorder","config":{"behaviour":"throw_in_write"}},
                      {"id":"c","type":"recorder"}])"),
             QString());
    startAndWait();
    QMetaObject::invokeMethod(plugin("a"), "publish", Q_ARG(double, 1));
    QCOMPARE(plugin("c")->property("samples").toInt(), 1);
    QTRY_VERIFY(plugin("bad")->property("stops").toInt() > 0);
  }
  void exceptionInCreateIsAManifestError() {
    const QString wrong = load(R"([{"id":"a","type":"recorder","config":{"behaviour":"throw_in_create"}}])");
    QVERIFY2(wrong.contains(QLatin1String("made on purpose")), qPrintable(wrong));
  }
  void deadPluginDoesNotDelayReadyForEver() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"behaviour":"silent"}}])"), QString());
    QSignalSpy ready(m_runtime.get(), &Runtime::ready);
    m_runtime->start();
    QVERIFY(ready.wait(5000));
  }
  void busyPortEndsTheProgramWith69() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"behaviour":"busy_port"}}])"), QString());
    QSignalSpy fatal(m_runtime.get(), &Runtime::fatal);
    m_runtime->start();
    QCOMPARE(fatal.size(), 1);
    QCOMPARE(fatal.first().first().toInt(), 69);
  }
  void busyPortIsTriedAgainWhenTheEntrySaysSo() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","on_start_error":"retry","config":{"behaviour":"busy_port"}}])"),
             QString());
    QSignalSpy fatal(m_runtime.get(), &Runtime::fatal);
    m_runtime->start();
    QTRY_VERIFY(plugin("a")->property("starts").toInt() > 1);
    QCOMPARE(fatal.size(), 0);
  }
  void onStartErrorFailEndsTheProgram() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","on_start_error":"fail","config":{"behaviour":"always_fail"}}])"),
             QString());
    QSignalSpy fatal(m_runtime.get(), &Runtime::fatal);
    m_runtime->start();
    QCOMPARE(fatal.size(), 1);
  }
  void onStartErrorSkipGoesOnWithout() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","on_start_error":"skip","config":{"behaviour":"always_fail"}},
                      {"id":"b","type":"recorder"}])"),
             QString());
    m_runtime->start();
    QTRY_COMPARE(stateOf("b"), PluginState::Running);
    QTRY_COMPARE(plugin("a")->property("stops").toInt(), 1);
    QCOMPARE(stateOf("a"), PluginState::Failed);
  }
  void commandGoesThereAndItsStepsComeBackInOrder() {
    QCOMPARE(load(R"([{"id":"plc","type":"recorder","config":{"points":["p"]}},{"id":"web","type":"recorder"}])"),
             QString());
    startAndWait();
    plugin("web")->setProperty("events", QStringList());
    QList<CommandStatus> steps;
    connect(&m_runtime->hub(), &Hub::commandStatus, this, [&](const CommandStatus &status) { steps << status; });
    requestWrite("plc/p", 3, "");
    QTRY_COMPARE(steps.size(), 4);
    QCOMPARE(steps[0].state, CommandState::Queued);
    QCOMPARE(steps[3].state, CommandState::Succeeded);
    QCOMPARE(std::get<double>(steps[3].actualValue), 3.0);
    QCOMPARE(plugin("web")->property("events").toStringList(), QStringList(4, QStringLiteral("command")));
  }
  void repeatedCorrelationIdCarriesNothingOutAgain() {
    QCOMPARE(load(R"([{"id":"plc","type":"recorder","config":{"points":["p"]}},{"id":"web","type":"recorder"}])"),
             QString());
    startAndWait();
    QList<CommandStatus> steps;
    connect(&m_runtime->hub(), &Hub::commandStatus, this, [&](const CommandStatus &status) { steps << status; });
    requestWrite("plc/p", 3, "same");
    QTRY_COMPARE(steps.size(), 4);
    requestWrite("plc/p", 3, "same");
    QTRY_COMPARE(steps.size(), 5);
    QCOMPARE(steps[4].state, CommandState::Succeeded);
    QCOMPARE(std::get<double>(steps[4].actualValue), 3.0);
    requestWrite("plc/p", 9, "same");
    QTRY_COMPARE(steps.size(), 6);
    QCOMPARE(steps[5].state, CommandState::Failed);
  }
  void serviceAnswersInOrderOfTheManifest() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder"},{"id":"b","type":"recorder"}])"), QString());
    startAndWait();
    QMetaObject::invokeMethod(plugin("a"), "ask");
    QVERIFY(!plugin("a")->property("answer").isValid());  // never from within the call
    QTRY_COMPARE(plugin("a")->property("answer").toString(), QStringLiteral("1 alarms"));
  }
  void serviceThatStopsAnswersGone() {
    QCOMPARE(
        load(R"([{"id":"a","type":"recorder","config":{"behaviour":"mute_service"}},{"id":"b","type":"recorder"}])"),
        QString());
    startAndWait();
    QMetaObject::invokeMethod(plugin("b"), "ask");
    QCoreApplication::processEvents();
    Q_EMIT plugin("a")->statusChanged(PluginState::Failed, QStringLiteral("on purpose"));
    QTRY_VERIFY(plugin("b")->property("answer").toString().contains(QLatin1String("stopped meanwhile")));
  }
  void configuredNumberWinsOverAGivenOne() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder","config":{"points":["p"]}},
                      {"id":"b","type":"recorder","config":{"points":["q"],"number":1}}])"),
             QString());
    int code = 0;
    QVERIFY(m_runtime->takeDataDir(code));
    QCOMPARE(*m_runtime->points().point(m_runtime->points().findNumber(1))->number, 1);
    QCOMPARE(m_runtime->points().point(m_runtime->points().findNumber(1))->fullName, QStringLiteral("b/q"));
    QCOMPARE(*m_runtime->points().point(m_runtime->points().find(QStringLiteral("a/p")))->number, 2);
  }
  void unknownPointSuggests() {
    const QString wrong = load(R"([{"id":"a","type":"recorder","config":{"points":["boiler/temp"]}},
                                   {"id":"b","type":"recorder","config":{"reference":"a/boiler/tmp"}}])");
    QVERIFY2(wrong.contains(QLatin1String("did you mean \"a/boiler/temp\"")), qPrintable(wrong));
  }
  void dataDirIsPrivateAndHeldByOne() {
    QCOMPARE(load(R"([{"id":"a","type":"recorder"}])"), QString());
    int code = 0;
    QVERIFY(m_runtime->takeDataDir(code).has_value());
    QCOMPARE(QFile::permissions(m_runtime->dataDir()) & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
    Runtime second(*m_loader, m_clock);
    Problems problems;
    second.load(Manifest::read(manifestFile(), problems), problems);
    QVERIFY(!second.takeDataDir(code).has_value());
    QCOMPARE(code, 75);
  }

 private:
  QString manifestFile() const { return m_folder->filePath(QStringLiteral("m.json")); }
  /// The errors, one a line.
  QString load(const char *plugins) {
    QFile file(manifestFile());
    if (!file.open(QIODevice::WriteOnly)) return QStringLiteral("no manifest");
    file.write(QByteArray("{\"plugins\":") + plugins + '}');
    file.close();
    Problems problems;
    m_runtime->load(Manifest::read(manifestFile(), problems), problems);
    QString text;
    for (const Problem &problem : problems) text += toText(problem) + u'\n';
    return text;
  }
  void startAndWait() {
    QSignalSpy ready(m_runtime.get(), &Runtime::ready);
    m_runtime->start();
    QVERIFY(!ready.isEmpty() || ready.wait(5000));
  }
  Plugin *plugin(const char *id) const {
    const auto *instance = m_runtime->instance(QString::fromLatin1(id));
    return instance ? instance->plugin() : nullptr;
  }
  PluginState stateOf(const char *id) const {
    for (const auto &each : m_runtime->instances()) {
      if (each.id == QLatin1String(id)) return each.state;
    }
    return PluginState::Stopped;
  }
  void requestWrite(const char *point, double value, const char *correlation) {
    QMetaObject::invokeMethod(plugin("web"), "requestWrite", Q_ARG(QString, QString::fromLatin1(point)),
                              Q_ARG(double, value), Q_ARG(QString, QString::fromLatin1(correlation)));
  }

  SetClock m_clock;
  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<PluginLoader> m_loader;
  std::unique_ptr<Runtime> m_runtime;
};

TAGWIRE_TEST(RuntimeTest)

}  // namespace runtime_test

#include "runtime_test.moc"
