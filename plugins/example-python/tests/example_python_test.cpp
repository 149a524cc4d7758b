// SPDX-License-Identifier: Apache-2.0
#include <QSignalSpy>
#include <QTest>

#include "pluginloader.h"
#include "testcontext.h"
#include "testprogram.h"

namespace example_python_test {

using namespace tagwire;

/// The very file that is shipped, run by the host's side of the protocol.
class ExamplePythonTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void isFoundInItsFolder() {
    const PluginDescription *found = m_loader.find(QStringLiteral("example-python"));
    QVERIFY(found);
    QVERIFY(found->isProgram && found->isSource && found->isSink);
    QVERIFY(found->file.endsWith(QLatin1String("/example-python/example_python.py")));
  }
  void publishesAndTakesCommands() {
    TestContext context(QStringLiteral("wave"));
    const auto plugin = make(R"({ "interval_ms": 10, "amplitude": 3 })", context);
    QVERIFY2(plugin, qPrintable(m_problems));
    const auto amplitude = context.points().find(QStringLiteral("wave/amplitude"));
    QVERIFY(context.points().point(amplitude)->writable);
    QList<Sample> seen;
    QList<CommandStatus> steps;
    connect(plugin.get(), &Plugin::samplesReady, this, [&](const Samples &samples) { seen << samples; });
    connect(plugin.get(), &Plugin::eventRaised, this,
            [&](const Event &event) { steps << std::get<CommandStatus>(event.body); });
    plugin->start();
    QTRY_VERIFY(has(seen, amplitude, 3));
    Command command;
    command.id = newCommandId();
    command.point = amplitude;
    command.value = 5.0;
    dynamic_cast<Source *>(plugin.get())->execute(command);
    QTRY_COMPARE(steps.size(), 1);
    QCOMPARE(steps[0].state, CommandState::Succeeded);
    QCOMPARE(std::get<double>(steps[0].actualValue), 5.0);
    QTRY_VERIFY(has(seen, amplitude, 5));
    plugin->stop();
  }
  void takesTheMeanOfAnother() {
    TestContext context(QStringLiteral("smooth"));
    PointInfo info;
    info.name = QStringLiteral("temp");
    const auto input = context.pointTable().declare(QStringLiteral("plc"), QStringLiteral("plc"), info);
    const auto plugin = make(R"({ "interval_ms": 10, "input": "plc/temp" })", context);
    QVERIFY2(plugin, qPrintable(m_problems));
    const auto mean = context.points().find(QStringLiteral("smooth/mean"));
    QList<Sample> seen;
    connect(plugin.get(), &Plugin::samplesReady, this, [&](const Samples &samples) { seen << samples; });
    QSignalSpy written(plugin.get(), &Plugin::written);
    QSignalSpy status(plugin.get(), &Plugin::statusChanged);
    plugin->start();
    QTRY_COMPARE(status.size(), 1);
    const Time now = context.clock().now();
    Samples samples;
    // More than one frame, and what is not good does not count.
    for (int i = 0; i < 2500; ++i) samples << Sample{*input, Quality::good(), now, Value(i % 2 ? 8.0 : 4.0)};
    samples << Sample{*input, Quality::bad(QualityReason::Timeout), now, Value(1000.0)};
    dynamic_cast<Sink *>(plugin.get())->write(samples);
    QTRY_COMPARE(written.size(), 1);
    QTRY_VERIFY(std::any_of(seen.begin(), seen.end(), [&](const Sample &each) { return each.point == mean; }));
    for (const Sample &each : std::as_const(seen)) {
      if (each.point != mean) continue;
      const double value = std::get<double>(each.value);
      QVERIFY2(value >= 4 && value <= 8, qPrintable(toText(each.value)));
    }
  }
  void wrongConfigurationIsToldWithItsPlace() {
    TestContext context;
    QVERIFY(!make("{ \"amplitude\": 1,\n  \"interval_ms\": 1 }", context));
    QVERIFY2(m_problems.contains(QLatin1String("config.json:2:")), qPrintable(m_problems));
    QVERIFY2(m_problems.contains(QLatin1String("config.interval_ms: a whole number is due (allowed: 10 to 3600000)")),
             qPrintable(m_problems));
  }

 private:
  std::unique_ptr<Plugin> make(const QByteArray &json, TestContext &context) {
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("config.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    const auto factory = m_loader.load(QStringLiteral("example-python"));
    auto plugin = factory ? (*factory)->create(reader, context) : nullptr;
    m_problems.clear();
    for (const Problem &problem : std::as_const(problems)) m_problems += toText(problem) + u'\n';
    return plugin;
  }
  static bool has(const QList<Sample> &samples, PointId point, double value) {
    return std::any_of(samples.begin(), samples.end(),
                       [&](const Sample &each) { return each.point == point && each.value == Value(value); });
  }

  PluginLoader m_loader{{QStringLiteral(PLUGIN_FOLDER)}};
  QString m_problems;
};

TAGWIRE_TEST(ExamplePythonTest)

}  // namespace example_python_test

#include "example_python_test.moc"
