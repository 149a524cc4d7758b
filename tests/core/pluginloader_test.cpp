// SPDX-License-Identifier: Apache-2.0
#include "pluginloader.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include "testprogram.h"

namespace pluginloader_test {

using namespace tagwire;

namespace {
QString builtPlugin(const char *name) { return QStringLiteral(TEST_PLUGINS "/%1/%1.so").arg(QLatin1String(name)); }
}  // namespace

class PluginLoaderTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }

  void findsAndLoadsByFolder() {
    put("recorder");
    PluginLoader loader({m_folder->path()});
    QCOMPARE(loader.types(), QStringList{QStringLiteral("recorder")});
    QVERIFY(loader.load(QStringLiteral("recorder")).has_value());
  }
  void unknownTypeSuggests() {
    put("recorder");
    PluginLoader loader({m_folder->path()});
    const auto factory = loader.load(QStringLiteral("recoder"));
    QVERIFY(!factory);
    QVERIFY2(factory.error().contains(QLatin1String("did you mean \"recorder\"")), qPrintable(factory.error()));
  }
  void refusesAndGoesOn_data() {
    QTest::addColumn<QString>("reason");
    QTest::newRow("text file") << QStringLiteral("is no Qt plugin");
    QTest::newRow("empty file") << QStringLiteral("is empty");
    QTest::newRow("directory") << QStringLiteral("is a directory");
    QTest::newRow("dangling link") << QStringLiteral("is a link to nothing");
    QTest::newRow("world-writable") << QStringLiteral("can be changed by anyone");
    QTest::newRow("other api") << QStringLiteral("was built for API version 999");
    QTest::newRow("foreign") << QStringLiteral("is no Tagwire plugin");
    QTest::newRow("truncated") << QStringLiteral("is no Qt plugin");
  }
  void refusesAndGoesOn() {
    QFETCH(QString, reason);
    const QString bad = m_folder->filePath(QStringLiteral("aaa.so"));
    const QByteArray kind = QTest::currentDataTag();
    if (kind == "text file") write(bad, "hello");
    if (kind == "empty file") write(bad, "");
    if (kind == "directory") QVERIFY(QDir().mkdir(bad));
    if (kind == "dangling link") QVERIFY(QFile::link(QStringLiteral("/nowhere/at/all.so"), bad));
    if (kind == "world-writable") {
      QVERIFY(QFile::copy(builtPlugin("recorder"), bad));
      QFile::setPermissions(bad, QFile::permissions(bad) | QFile::WriteOther);
    }
    if (kind == "other api") QVERIFY(QFile::copy(builtPlugin("otherapi"), bad));
    if (kind == "foreign") QVERIFY(QFile::copy(builtPlugin("foreign"), bad));
    if (kind == "truncated") {
      QFile whole(builtPlugin("recorder"));
      QVERIFY(whole.open(QIODevice::ReadOnly));
      write(bad, whole.read(3000));
    }
    put("recorder");
    PluginLoader loader({m_folder->path()});
    QCOMPARE(loader.refusals().size(), 1);
    QCOMPARE(loader.refusals().first().file, bad);
    QVERIFY2(loader.refusals().first().reason.contains(reason), qPrintable(loader.refusals().first().reason));
    const QString unknown = loader.load(QStringLiteral("nobody")).error();
    QVERIFY2(unknown.endsWith(QLatin1String("some were refused: tagwire plugins says which and why")),
             qPrintable(unknown));
    QVERIFY(loader.load(QStringLiteral("recorder")).has_value());
  }
  void missingSymbolIsFoundAtLoading() {
    put("missingsymbol");
    put("recorder");
    PluginLoader loader({m_folder->path()});
    const auto factory = loader.load(QStringLiteral("missingsymbol"));
    QVERIFY(!factory);
    QVERIFY2(factory.error().contains(QLatin1String("functionThatNobodyHas")), qPrintable(factory.error()));
    QVERIFY(loader.load(QStringLiteral("recorder")).has_value());
  }
  void sameTypeTwiceTheFirstCounts() {
    QTemporaryDir second;
    put("recorder");
    QVERIFY(QFile::copy(builtPlugin("recorder"), second.filePath(QStringLiteral("again.so"))));
    PluginLoader loader({second.path(), m_folder->path()});
    QCOMPARE(loader.plugins().first().file, second.filePath(QStringLiteral("again.so")));
    QVERIFY(loader.refusals().first().reason.contains(QLatin1String("already there")));
  }
  void missingFolderIsSaid() {
    PluginLoader loader({QStringLiteral("/nowhere/at/all")});
    QCOMPARE(loader.refusals().first().reason, QStringLiteral("no such folder"));
  }

 private:
  static void write(const QString &file, const QByteArray &content) {
    QFile target(file);
    QVERIFY(target.open(QIODevice::WriteOnly));
    target.write(content);
  }
  void put(const char *name) {
    QVERIFY(QFile::copy(builtPlugin(name), m_folder->filePath(QLatin1String(name) + QLatin1String(".so"))));
  }
  std::unique_ptr<QTemporaryDir> m_folder;
};

TAGWIRE_TEST(PluginLoaderTest)

}  // namespace pluginloader_test

#include "pluginloader_test.moc"
