// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QPluginLoader>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "testcontext.h"
#include "testprogram.h"

namespace newsource_test {

using namespace tagwire;

/// The library as it is shipped, loaded as the host does it.
class NewsourcePluginTest : public QObject {
  Q_OBJECT

  QPluginLoader m_loader{QStringLiteral(PLUGIN_LIBRARY)};
  QTemporaryDir m_folder;
  TestContext m_context{QStringLiteral("load")};
  QString m_errors;

  QString file() const { return m_folder.filePath(QStringLiteral("number")); }
  void write(const QByteArray &text) {
    QFile out(file());
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(text);
  }
  std::unique_ptr<Plugin> make(const QString &json) {
    auto *factory = qobject_cast<PluginFactory *>(m_loader.instance());
    if (!factory) qFatal("%s", qPrintable(m_loader.errorString()));
    Problems problems;
    const ConfigNode node = parseJson(json.toUtf8(), QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto plugin = factory->create(reader, m_context);
    m_errors.clear();
    for (const Problem &problem : problems) m_errors += toText(problem) + u'\n';
    return plugin;
  }
  static Sample sample(const QSignalSpy &spy, int number) { return spy.at(number).first().value<Samples>().first(); }

 private Q_SLOTS:
  void itPublishesTheNumber() {
    write("21.5 and more\n");
    const auto plugin = make(QStringLiteral(R"({"file": "%1", "scale": 2})").arg(file()));
    QVERIFY2(plugin, qPrintable(m_errors));
    m_context.manualClock().setNow(fromMilliseconds(1000));
    QSignalSpy samples(plugin.get(), &Plugin::samplesReady);
    QSignalSpy status(plugin.get(), &Plugin::statusChanged);
    plugin->start();
    QTRY_COMPARE(samples.size(), 1);
    QCOMPARE(m_context.points().point(sample(samples, 0).point)->fullName, QStringLiteral("load/value"));
    QCOMPARE(sample(samples, 0).value, Value(43.0));
    QCOMPARE(sample(samples, 0).time, fromMilliseconds(1000));
    QVERIFY(sample(samples, 0).quality.isGood());
    QCOMPARE(status.last().first().value<PluginState>(), PluginState::Running);
    plugin->stop();
  }

  void withoutAFileTheValueIsBadUntilItComes() {
    QFile::remove(file());
    const auto plugin = make(QStringLiteral(R"({"file": "%1", "interval_ms": 10})").arg(file()));
    QVERIFY2(plugin, qPrintable(m_errors));
    QSignalSpy samples(plugin.get(), &Plugin::samplesReady);
    QSignalSpy status(plugin.get(), &Plugin::statusChanged);
    plugin->start();
    QTRY_COMPARE(samples.size(), 1);
    QCOMPARE(sample(samples, 0).quality, Quality::bad(QualityReason::NoConnection));
    QCOMPARE(status.last().first().value<PluginState>(), PluginState::Degraded);
    QVERIFY(status.last().at(1).toString().contains(file()));
    write("7");
    QTRY_VERIFY(sample(samples, samples.size() - 1).quality.isGood());
    QCOMPARE(status.last().first().value<PluginState>(), PluginState::Running);
    plugin->stop();
  }

  void wrongKeysAreRefused() {
    QVERIFY(!make(QStringLiteral(R"({"fil": "x", "interval_ms": 1})")));
    QVERIFY2(m_errors.contains(u"file") && m_errors.contains(u"interval_ms"), qPrintable(m_errors));
  }
};

TAGWIRE_TEST(NewsourcePluginTest)

}  // namespace newsource_test

#include "newsource_test.moc"
