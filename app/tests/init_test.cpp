// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "testprogram.h"

namespace init_test {

namespace {

constexpr int patience = 20'000;

/// What `tagwire` says, in a folder of its own.
class Place {
 public:
  int run(const QStringList &arguments) {
    QProcess process;
    process.setWorkingDirectory(m_folder.path());
    process.start(QStringLiteral(TAGWIRE_PROGRAM), arguments);
    if (!process.waitForFinished(patience) || process.exitStatus() != QProcess::NormalExit) return -1;
    out = process.readAllStandardOutput();
    errors = process.readAllStandardError();
    return process.exitCode();
  }
  QString file(const char *name) const { return m_folder.filePath(QLatin1String(name)); }
  QByteArray content(const char *name) const {
    QFile source(file(name));
    return source.open(QIODevice::ReadOnly) ? source.readAll() : QByteArray();
  }
  bool write(const char *name, const QByteArray &text) const {
    QFile target(file(name));
    return target.open(QIODevice::WriteOnly) && target.write(text) == text.size();
  }

  QByteArray out;
  QByteArray errors;

 private:
  QTemporaryDir m_folder;
};

const QString initWord = QStringLiteral("init");
const QString pluginOption = QStringLiteral("--plugin");

}  // namespace

/// `tagwire init` over the real program and its plugins.
class InitTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatItWritesRuns() {
    Place place;
    QVERIFY2(place.run({initWord, QStringLiteral("plant/north")}) == 0, place.errors.constData());
    QVERIFY(place.out.contains("tagwire check plant/north/tagwire.json"));
    QByteArray manifest = place.content("plant/north/tagwire.json");
    QVERIFY(manifest.contains("\"$schema\": \"./tagwire.schema.json\""));
    QVERIFY(manifest.contains("//\"poll_interval_ms\": 1000,"));
    QVERIFY(manifest.contains("\"point\": \"modbus/boiler/temp\""));
    const QJsonObject schema = QJsonDocument::fromJson(place.content("plant/north/tagwire.schema.json")).object();
    QVERIFY(schema.value(QLatin1String("properties")).toObject().contains(QLatin1String("plugins")));
    QCOMPARE(place.run({QStringLiteral("check"), QStringLiteral("plant/north/tagwire.json")}), 0);
    QCOMPARE(place.errors, QByteArray());

    // Any free port: 8080 may be somebody else's.
    manifest.replace("127.0.0.1:8080", "127.0.0.1:0");
    QVERIFY(place.write("plant/north/tagwire.json", manifest));
    QProcess running;
    running.start(QStringLiteral(TAGWIRE_PROGRAM), {QStringLiteral("run"), place.file("plant/north/tagwire.json")});
    QVERIFY(running.waitForStarted());
    QByteArray said;
    while (!said.contains("ready") && running.waitForReadyRead(patience)) said += running.readAllStandardOutput();
    running.terminate();
    QVERIFY(running.waitForFinished(patience));
    QVERIFY2(said.contains("ready"), running.readAllStandardError().constData());
    QCOMPARE(running.exitCode(), 0);
  }

  void eachPluginCanBeBegunWith_data() {
    QTest::addColumn<QString>("type");
    Place place;
    QCOMPARE(place.run({QStringLiteral("schema")}), 0);
    const QJsonObject schema = QJsonDocument::fromJson(place.out).object();
    const QJsonArray choices =
        schema[QLatin1String("properties")][QLatin1String("plugins")][QLatin1String("items")][QLatin1String("allOf")]
            .toArray();
    QVERIFY(choices.size() > 5);
    for (const QJsonValue &each : choices) {
      const QString type =
          each[QLatin1String("if")][QLatin1String("properties")][QLatin1String("type")][QLatin1String("const")]
              .toString();
      QTest::newRow(qPrintable(type)) << type;
    }
  }
  void eachPluginCanBeBegunWith() {
    QFETCH(QString, type);
    Place place;
    QVERIFY2(place.run({initWord, pluginOption, QStringLiteral("modbus"), pluginOption, type}) == 0,
             place.errors.constData());
    QCOMPARE(place.run({QStringLiteral("check"), QStringLiteral("tagwire.json")}), 0);
    // That is the user's to bring.
    const bool isOfAFile = type == u"replay";
    const QByteArray missing = "plugins[1].config.csv: no file values.csv is there to be read\n";
    QVERIFY2(isOfAFile ? place.errors.endsWith(missing) : place.errors.isEmpty(), place.errors.constData());
  }

  void itNeverWritesOver_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("manifest") << QByteArray("tagwire.json");
    QTest::newRow("schema") << QByteArray("tagwire.schema.json");
  }
  void itNeverWritesOver() {
    QFETCH(QByteArray, name);
    Place place;
    QVERIFY(place.write(name.constData(), "mine"));
    QCOMPARE(place.run({initWord}), 73);
    QVERIFY(place.errors.contains(name + ": is there already"));
    QCOMPARE(place.content(name.constData()), QByteArray("mine"));
    QCOMPARE(QDir(place.file(".")).entryList(QDir::Files).size(), 1);
  }

  void itSaysWhatIsWrong() {
    Place place;
    QCOMPARE(place.run({initWord, pluginOption, QStringLiteral("modbuss")}), 64);
    QVERIFY(place.errors.contains("did you mean \"modbus\"?"));
    QCOMPARE(place.run({initWord, pluginOption, QStringLiteral("alarms")}), 64);
    QVERIFY(place.errors.contains("points of other plugins"));
    QVERIFY(place.write("file", "x"));
    QCOMPARE(place.run({initWord, QStringLiteral("file/below")}), 73);
    QVERIFY2(place.errors.contains("below can't be made: " + qt_error_string(ENOTDIR).toUtf8()),
             place.errors.constData());
    QCOMPARE(QDir(place.file(".")).entryList(QDir::Files), QStringList{QStringLiteral("file")});
  }
};

TAGWIRE_TEST(InitTest)

}  // namespace init_test

#include "init_test.moc"
