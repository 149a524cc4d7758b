// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QPluginLoader>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

#include "testcontext.h"
#include "testprogram.h"

namespace example_test {

using namespace tagwire;

/// The library as it is shipped, loaded as the host does it.
class ExampleTest : public QObject {
  Q_OBJECT

  QPluginLoader m_loader{QStringLiteral(EXAMPLE_PLUGIN)};
  PluginFactory *m_factory = nullptr;
  std::unique_ptr<TestContext> m_context;
  QString m_errors;

  std::unique_ptr<Plugin> make(const QByteArray &json) {
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto plugin = m_factory->create(reader, *m_context);
    m_errors.clear();
    for (const Problem &problem : problems) m_errors += toText(problem) + u'\n';
    return plugin;
  }
  static Samples received(const QSignalSpy &spy) {
    Samples all;
    for (const auto &emission : spy) all << emission.first().value<Samples>();
    return all;
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY2(m_loader.load(), qPrintable(m_loader.errorString()));
    m_factory = qobject_cast<PluginFactory *>(m_loader.instance());
    QVERIFY(m_factory);
  }
  void init() { m_context = std::make_unique<TestContext>(QStringLiteral("wave")); }

  void itPublishesASineInItsRange() {
    const auto plugin = make(R"({"interval_ms": 10, "amplitude": 5})");
    QVERIFY2(plugin, qPrintable(m_errors));
    m_context->manualClock().setNow(fromMilliseconds(1000));
    QSignalSpy samples(plugin.get(), &Plugin::samplesReady);
    plugin->start();
    QTRY_VERIFY(samples.size() >= 2);
    const Sample first = received(samples).first();
    QCOMPARE(m_context->points().point(first.point)->fullName, QStringLiteral("wave/sine"));
    QVERIFY(first.quality.isGood());
    QCOMPARE(std::get<double>(first.value), 5 * std::sin(1.0));
    QCOMPARE(first.time, fromMilliseconds(1000));
    plugin->stop();
  }

  void itPublishesTheMeanOfItsInput() {
    PointInfo info;
    info.name = QStringLiteral("temp");
    auto &table = m_context->pointTable();
    const PointId input = table.declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value();
    const auto plugin = make(R"({"interval_ms": 10, "input": "plc1/temp"})");
    QVERIFY2(plugin, qPrintable(m_errors));
    QSignalSpy samples(plugin.get(), &Plugin::samplesReady);
    QSignalSpy written(plugin.get(), &Plugin::written);
    plugin->start();
    dynamic_cast<Sink *>(plugin.get())
        ->write({{input, {}, {}, 2.0},
                 {input, {}, {}, 4.0},
                 {input, Quality::bad(QualityReason::NoConnection), {}, 99.0},
                 {PointId(77), {}, {}, 99.0}});
    QCOMPARE(written.size(), 1);
    const PointId mean = table.find(QStringLiteral("wave/mean"));
    const auto means = [&] {
      QList<double> values;
      for (const Sample &sample : received(samples)) {
        if (sample.point == mean) values << std::get<double>(sample.value);
      }
      return values;
    };
    QTRY_COMPARE(means(), QList<double>{3.0});
    const auto ticks = samples.size();
    QTRY_VERIFY(samples.size() > ticks);
    QCOMPARE(means().size(), 1);  // nothing new came in: no mean is made up
  }

  void aCommandSetsTheAmplitude() {
    const auto plugin = make(R"({"interval_ms": 10})");
    QVERIFY2(plugin, qPrintable(m_errors));
    QSignalSpy events(plugin.get(), &Plugin::eventRaised);
    QSignalSpy samples(plugin.get(), &Plugin::samplesReady);
    plugin->start();
    Command command;
    command.id = QStringLiteral("c1");
    command.point = m_context->points().find(QStringLiteral("wave/amplitude"));
    command.value = 2.5;
    dynamic_cast<Source *>(plugin.get())->execute(command);
    QCOMPARE(events.size(), 1);
    const auto status = std::get<CommandStatus>(events.first().first().value<Event>().body);
    QCOMPARE(status.commandId, QStringLiteral("c1"));
    QCOMPARE(status.state, CommandState::Succeeded);
    QTRY_VERIFY(!samples.isEmpty());
    QCOMPARE(std::get<double>(received(samples).at(1).value), 2.5);
  }

  void itIsSilentOnceStopped() {
    const auto plugin = make(R"({"interval_ms": 10})");
    QVERIFY2(plugin, qPrintable(m_errors));
    QSignalSpy samples(plugin.get(), &Plugin::samplesReady);
    plugin->stop();
    plugin->start();
    QTRY_VERIFY(!samples.isEmpty());
    plugin->stop();
    plugin->stop();
    const auto before = samples.size();
    QTest::qWait(50);
    QCOMPARE(samples.size(), before);
  }

  void wrongKeysAreRefused() {
    QVERIFY(!make(R"({"interval_ms": 1, "amplitud": 5})"));
    QVERIFY2(m_errors.contains(u"interval_ms") && m_errors.contains(u"amplitud"), qPrintable(m_errors));
  }

  void theSchemaComesFromTheSameDeclaration() {
    const QJsonObject properties = m_factory->schema().json[u"properties"].toObject();
    QCOMPARE(properties.keys(),
             (QStringList{QStringLiteral("amplitude"), QStringLiteral("input"), QStringLiteral("interval_ms")}));
  }
};

TAGWIRE_TEST(ExampleTest)

}  // namespace example_test

#include "example_test.moc"
