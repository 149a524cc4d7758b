// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "pluginloader.h"
#include "testprogram.h"

namespace loaderfaults_test {

using namespace tagwire;

/// Faults of libraries that core's own tests do not have, and of programs.
class LoaderFaultsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }

  void otherQtIsRefused() {
    QFile source(QStringLiteral(TEST_PLUGINS "/faulty.so"));
    QVERIFY(source.open(QIODevice::ReadOnly));
    QByteArray library = source.readAll();
    // The name of the note, then the format's version and Qt's major and minor one.
    qsizetype at = library.indexOf("qt-project!");
    while (at > 0 && library[at + 13] != 6) at = library.indexOf("qt-project!", at + 1);
    QVERIFY(at > 0);
    library[at + 14] = 99;
    write(QStringLiteral("faulty.so"), library);
    const PluginLoader loader({m_folder->path()});
    QCOMPARE(loader.refusals().size(), 1);
    QVERIFY2(loader.refusals().first().reason.contains(QLatin1String("6.99")),
             qPrintable(loader.refusals().first().reason));
  }
  void missingLibraryIsNamed() {
    PluginLoader loader({QStringLiteral(TEST_PLUGINS "-missing")});
    const auto factory = loader.load(QStringLiteral("missinglibrary"));
    QVERIFY(!factory);
    QVERIFY2(factory.error().contains(QLatin1String("libtest-gone.so")), qPrintable(factory.error()));
  }
  void folderThatAnybodyMayWriteIsNotUsed() {
    QVERIFY(QFile::copy(QStringLiteral(TEST_PLUGINS "/faulty.so"), m_folder->filePath(QStringLiteral("faulty.so"))));
    QCOMPARE(PluginLoader({m_folder->path()}).types(), QStringList{QStringLiteral("faulty")});
    QFile::setPermissions(m_folder->path(), QFile::permissions(m_folder->path()) | QFile::WriteOther);
    const PluginLoader loader({m_folder->path()});
    QVERIFY(loader.types().isEmpty());
    QCOMPARE(loader.refusals().size(), 1);
    QCOMPARE(loader.refusals().first().file, m_folder->path());
    QVERIFY(loader.refusals().first().reason.contains(QLatin1String("can be changed by anyone")));
  }
  void programIsFound() {
    put();
    PluginLoader loader({m_folder->path()});
    QVERIFY2(loader.refusals().isEmpty(), qPrintable(loader.refusals().value(0).reason));
    const PluginDescription *found = loader.find(QStringLiteral("mine"));
    QVERIFY(found && found->isProgram && found->isSource && !found->isSink);
    QCOMPARE(found->file, m_folder->filePath(QStringLiteral("mine/run.sh")));
    const auto factory = loader.load(QStringLiteral("mine"));
    QVERIFY(factory.has_value());
    QCOMPARE((*factory)->schema().json.value(QLatin1String("type")).toString(), QStringLiteral("object"));
  }
  void wrongProgramsAreRefused_data() {
    QTest::addColumn<QString>("reason");
    QTest::newRow("no JSON") << QStringLiteral("is no JSON");
    QTest::newRow("no executable") << QStringLiteral("names no \"executable\"");
    QTest::newRow("elsewhere") << QStringLiteral("names no \"executable\"");
    QTest::newRow("not there") << QStringLiteral("there is no file");
    QTest::newRow("directory") << QStringLiteral("there is no file");
    QTest::newRow("not executable") << QStringLiteral("run.sh can't be executed (chmod +x it)");
    QTest::newRow("open program") << QStringLiteral("run.sh can be changed by anyone");
    QTest::newRow("open folder") << QStringLiteral("mine can be changed by anyone");
    QTest::newRow("open description") << QStringLiteral("plugin.json can be changed by anyone");
    QTest::newRow("no type") << QStringLiteral("no valid \"type\"");
    QTest::newRow("no role") << QStringLiteral("names no role");
    QTest::newRow("services") << QStringLiteral("offers and asks no services");
  }
  void wrongProgramsAreRefused() {
    QFETCH(QString, reason);
    const QByteArray kind = QTest::currentDataTag();
    QByteArray json = description();
    if (kind == "no JSON") json.chop(3);
    if (kind == "no executable") json.replace("run.sh", "");
    if (kind == "elsewhere") json.replace("run.sh", "../run.sh");
    if (kind == "not there") json.replace("run.sh", "walk.sh");
    if (kind == "directory") json.replace("run.sh", ".");
    if (kind == "no type") json.replace("\"mine\"", "\"Mine!\"");
    if (kind == "no role") json.replace("source", "saucer");
    if (kind == "services") json.replace("\"services\": []", "\"services\": [\"history\"]");
    put(json);
    const QString folder = m_folder->filePath(QStringLiteral("mine"));
    if (kind == "not executable") QFile::setPermissions(folder + QLatin1String("/run.sh"), QFile::ReadOwner);
    if (kind == "open program") open(folder + QLatin1String("/run.sh"));
    if (kind == "open folder") open(folder);
    if (kind == "open description") open(folder + QLatin1String("/plugin.json"));
    const PluginLoader loader({m_folder->path()});
    QVERIFY(loader.types().isEmpty());
    QCOMPARE(loader.refusals().size(), 1);
    QCOMPARE(loader.refusals().first().file, folder + QLatin1String("/plugin.json"));
    QVERIFY2(loader.refusals().first().reason.contains(reason), qPrintable(loader.refusals().first().reason));
  }

 private:
  static QByteArray description() {
    return R"({ "type": "mine", "version": "1", "roles": ["source"], "services": [], "executable": "run.sh",
      "config": { "type": "object" } })";
  }
  void put(const QByteArray &json = description()) {
    QVERIFY(QDir(m_folder->path()).mkpath(QStringLiteral("mine")));
    write(QStringLiteral("mine/plugin.json"), json);
    write(QStringLiteral("mine/run.sh"), "#!/bin/sh\n");
    QFile::setPermissions(m_folder->filePath(QStringLiteral("mine/run.sh")), QFile::ReadOwner | QFile::ExeOwner);
  }
  void write(const QString &name, const QByteArray &content) {
    QFile file(m_folder->filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
  }
  static void open(const QString &file) { QFile::setPermissions(file, QFile::permissions(file) | QFile::WriteOther); }

  std::unique_ptr<QTemporaryDir> m_folder;
};

TAGWIRE_TEST(LoaderFaultsTest)

}  // namespace loaderfaults_test

#include "loaderfaults_test.moc"
