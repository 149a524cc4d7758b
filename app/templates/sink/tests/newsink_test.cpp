// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QPluginLoader>
#include <QSignalSpy>
#include <QTest>

#include "testcontext.h"
#include "testprogram.h"

namespace newsink_test {

using namespace tagwire;

/// The library as it is shipped, loaded as the host does it.
class NewsinkPluginTest : public QObject {
  Q_OBJECT

  QPluginLoader m_loader{QStringLiteral(PLUGIN_LIBRARY)};
  std::unique_ptr<TestContext> m_context;
  PointId m_sine = PointId::None;
  QString m_errors;

  std::unique_ptr<Plugin> make(const QByteArray &json) {
    auto *factory = qobject_cast<PluginFactory *>(m_loader.instance());
    if (!factory) qFatal("%s", qPrintable(m_loader.errorString()));
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto plugin = factory->create(reader, *m_context);
    m_errors.clear();
    for (const Problem &problem : problems) m_errors += toText(problem) + u'\n';
    return plugin;
  }
  QString path() const { return m_context->dataDir() + QStringLiteral("/table.csv"); }
  QByteArray text(const QString &name) const {
    QFile file(name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  Samples sample(double value) const { return {{m_sine, Quality::good(), fromMilliseconds(1500), value}}; }

 private Q_SLOTS:
  void init() {
    m_context = std::make_unique<TestContext>(QStringLiteral("table"));
    PointInfo info;
    info.name = QStringLiteral("sine");
    m_sine = m_context->pointTable().declare(QStringLiteral("wave"), QStringLiteral("wave"), info).value();
  }

  void itWritesALineForEachSampleOfItsPoints() {
    const auto plugin = make(R"({"points": ["wave/sine"]})");
    QVERIFY2(plugin, qPrintable(m_errors));
    QSignalSpy written(plugin.get(), &Plugin::written);
    plugin->start();
    auto *sink = dynamic_cast<Sink *>(plugin.get());
    sink->write(sample(2.5));
    sink->write(
        {{PointId(77), {}, {}, 1.0}, {m_sine, Quality::bad(QualityReason::Timeout), fromMilliseconds(2000), {}}});
    QCOMPARE(written.size(), 2);
    plugin->stop();
    QCOMPARE(text(path()), QByteArray("1970-01-01T00:00:01.500Z,wave/sine,2.5,good\n"
                                      "1970-01-01T00:00:02.000Z,wave/sine,,bad:timeout\n"));
  }

  void theFileDoesNotGrowWithoutEnd() {
    const auto plugin = make(R"({"points": ["wave/sine"], "max_bytes": 1000})");
    QVERIFY2(plugin, qPrintable(m_errors));
    plugin->start();
    for (int i = 0; i < 100; ++i) dynamic_cast<Sink *>(plugin.get())->write(sample(i));
    plugin->stop();
    QVERIFY(text(path()).size() < 1000);
    QVERIFY(text(path() + QStringLiteral(".old")).size() >= 1000);
    QCOMPARE(QDir(m_context->dataDir()).entryList(QDir::Files).size(), 2);
  }

  void whatCanNotBeWrittenIsCountedAndTold() {
    const auto plugin = make(R"({"points": ["wave/sine"]})");
    QVERIFY2(plugin, qPrintable(m_errors));
    QSignalSpy status(plugin.get(), &Plugin::statusChanged);
    QVERIFY(QDir().mkdir(path()));  // something else stands in its place
    plugin->start();
    QCOMPARE(status.last().first().value<PluginState>(), PluginState::Failed);
    dynamic_cast<Sink *>(plugin.get())->write(sample(1));
    dynamic_cast<Sink *>(plugin.get())->write(sample(2));
    QCOMPARE(status.size(), 1);
    QVERIFY(m_context->metrics().text().find("tagwire_newsink_lost_total 2") != std::string::npos);
    QVERIFY(QDir().rmdir(path()));
    dynamic_cast<Sink *>(plugin.get())->write(sample(3));
    QCOMPARE(status.last().first().value<PluginState>(), PluginState::Running);
    plugin->stop();
    QCOMPARE(text(path()).count('\n'), 1);
  }

  void wrongKeysAreRefused() {
    QVERIFY(!make(R"({"point": [], "max_bytes": 1})"));
    QVERIFY2(m_errors.contains(u"points") && m_errors.contains(u"max_bytes"), qPrintable(m_errors));
  }
};

TAGWIRE_TEST(NewsinkPluginTest)

}  // namespace newsink_test

#include "newsink_test.moc"
