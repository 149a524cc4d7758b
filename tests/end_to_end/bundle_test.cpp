// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QTest>

#include "runningprogram.h"
#include "testprogram.h"

namespace bundle_test {

namespace {

/// What must never leave the machine, each planted in another place.
const QStringList planted{QStringLiteral("EnvSecret-7741"),      QStringLiteral("FileSecret-7742"),
                          QStringLiteral("FileSecondLine-7743"), QStringLiteral("InlineSecret-7744"),
                          QStringLiteral("CommentSecret-7745"),  QStringLiteral("UserKeySecret-7746"),
                          QStringLiteral("UnknownSecret-7747"),  QStringLiteral("UrlPassword-7748"),
                          QStringLiteral("WebhookPath-7749"),    QStringLiteral("QuerySecret-7750"),
                          QStringLiteral("TokenOfMine-7751"),    QStringLiteral("DataDirSecret-7752"),
                          QStringLiteral("IncludedSecret-7753"), QStringLiteral("UnjudgedSecret-7754"),
                          QStringLiteral("NestedSecret-7755"),   QStringLiteral("eyJhbGciOiJIUzI1NiJ9"),
                          QStringLiteral("tw_PlantedToken7756"), QStringLiteral("MIIPlantedPem7757")};

void write(const QString &path, const QByteArray &text) {
  QDir().mkpath(QFileInfo(path).path());
  QFile file(path);
  QVERIFY2(file.open(QIODevice::WriteOnly) && file.write(text) == text.size(), qPrintable(path));
  file.close();
  file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
}

QProcessEnvironment environment() {
  QProcessEnvironment result = QProcessEnvironment::systemEnvironment();
  result.insert(QStringLiteral("BUNDLE_TEST_SECRET"), planted[0]);
  result.insert(QStringLiteral("TAGWIRE_TOKEN"), planted[10]);
  return result;
}

/// Runs a program in `folder` to its end.
int run(const QString &program, const QStringList &arguments, const QString &folder, QString *said = nullptr) {
  QProcess process;
  process.setProcessEnvironment(environment());
  process.setWorkingDirectory(folder);
  process.start(program, arguments);
  if (!process.waitForFinished(30'000)) return -1;
  if (said) *said = QString::fromUtf8(process.readAllStandardOutput() + process.readAllStandardError());
  return process.exitCode();
}

}  // namespace

/// `tagwire bundle`: what support needs is in it, and no secret.
class BundleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void ofARunningInstance() {
    const quint16 port = freePort();
    RunningProgram program;
    const QDir folder(program.folder());
    plantFiles(folder);
    program.process().setProcessEnvironment(environment());
    QVERIFY2(program.start(goodManifest(port)), qPrintable(program.errors()));
    QMap<QString, QByteArray> files;
    bundle(folder, {}, files);
    // Anonymous callers may read here, but a token that is none is none.
    QVERIFY2(files[QStringLiteral("instance.txt")].contains("/metrics: "), files[QStringLiteral("instance.txt")]);
    QVERIFY(files[QStringLiteral("check.txt")].contains("ok: 3 plugins, 1 points"));
    QVERIFY(files[QStringLiteral("manifest/1-manifest.json")].contains("plc1"));
    QVERIFY(files[QStringLiteral("manifest/1-manifest.json")].contains("tcp://127.0.0.1:1"));
    QVERIFY(files[QStringLiteral("manifest/1-manifest.json")].contains("https://hooks.example.org/(masked)"));
    QVERIFY(files[QStringLiteral("manifest/2-more.json")].contains("interlocks"));
    QVERIFY(files[QStringLiteral("data-dir.txt")].contains(" private.json\n"));
    QVERIFY(files[QStringLiteral("data-dir.txt")].contains(" deep/secret.bin\n"));
    QVERIFY(files[QStringLiteral("audit.txt")].contains(" start "));
    QVERIFY(files[QStringLiteral("manifest-versions.txt")].startsWith("1 "));
    QVERIFY(files[QStringLiteral("plugins.txt")].contains("modbus "));
    QVERIFY(files[QStringLiteral("version.txt")].startsWith("tagwire "));
    for (const char *fact : {"kernel: ", "MemTotal", "open files: ", "MB free of "}) {
      QVERIFY2(files[QStringLiteral("system.txt")].contains(fact), fact);
    }
    QVERIFY(files.contains(QStringLiteral("journal.txt")) && files.contains(QStringLiteral("README.txt")));
    QCOMPARE(program.terminate(), 0);
  }
  void withWhatTheInstanceSays() {
    const quint16 port = freePort();
    RunningProgram program;
    QVERIFY2(program.start(only(gateway(port))), qPrintable(program.errors()));
    QProcess process;
    QProcessEnvironment without = environment();
    without.remove(QStringLiteral("TAGWIRE_TOKEN"));
    process.setProcessEnvironment(without);
    process.setWorkingDirectory(program.folder());
    process.start(QStringLiteral(TAGWIRE_PROGRAM), {QStringLiteral("bundle"), QStringLiteral("manifest.json")});
    QVERIFY(process.waitForFinished(30'000));
    QCOMPARE(process.exitCode(), 0);
    const QString archive = QString::fromUtf8(process.readAllStandardOutput()).trimmed();
    QVERIFY2(archive.endsWith(QLatin1String(".tar.gz")), qPrintable(archive));
    QMap<QString, QByteArray> files;
    unpack(QDir(program.folder()), program.file(archive.toUtf8().constData()), files);
    QVERIFY2(files[QStringLiteral("metrics.txt")].contains("\nprocess_cpu_seconds_total "),
             files[QStringLiteral("instance.txt")]);
    QVERIFY(files[QStringLiteral("readyz.json")].contains("\"ready\":true"));
    QVERIFY(files[QStringLiteral("status.json")].contains("\"uptime_s\""));
    QVERIFY(QFile::permissions(program.file(archive.toUtf8().constData())) ==
            (QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser));
    QCOMPARE(program.terminate(), 0);
  }
  void ofAManifestFullOfMistakes() {
    QTemporaryDir temporary;
    const QDir folder(temporary.path());
    plantFiles(folder);
    write(folder.filePath(QStringLiteral("manifest.json")), badManifest());
    QMap<QString, QByteArray> files;
    bundle(folder, {}, files);
    const QByteArray check = files[QStringLiteral("check.txt")];
    QVERIFY2(check.contains("unknown key \"pasword\""), check.constData());
    QVERIFY(files[QStringLiteral("manifest/1-manifest.json")].contains("pasword"));
    QVERIFY(files[QStringLiteral("instance.txt")].contains("does not answer"));
  }
  void ofWhatIsNoManifest() {
    QTemporaryDir temporary;
    const QDir folder(temporary.path());
    write(folder.filePath(QStringLiteral("manifest.json")), "{ \"password\": \"InlineSecret-7744\", ");
    QMap<QString, QByteArray> files;
    bundle(folder, {}, files);
    QVERIFY(files[QStringLiteral("manifest/1-manifest.json")].startsWith("it can't be read as JSON"));
    QVERIFY(!files[QStringLiteral("check.txt")].isEmpty());
  }
  void saysWhatIsNotInIt() {
    QTemporaryDir temporary;
    QString said;
    const QStringList arguments{QStringLiteral("bundle"), QStringLiteral("nope.json"), QStringLiteral("--url"),
                                QStringLiteral("http://me:InlineSecret-7744@x")};
    QCOMPARE(run(QStringLiteral(TAGWIRE_PROGRAM), arguments, temporary.path(), &said), 0);
    QVERIFY2(said.contains(QLatin1String("there is no file nope.json; the bundle is without it\n")), qPrintable(said));
    QVERIFY2(said.contains(QLatin1String("; the instance was not asked\n")), qPrintable(said));
    QVERIFY2(!said.contains(QLatin1String("InlineSecret-7744")), qPrintable(said));
  }
  void thatCantBeWritten() {
    QTemporaryDir temporary;
    const QDir folder(temporary.path());
    write(folder.filePath(QStringLiteral("manifest.json")), "{ \"plugins\": [] }");
    QString said;
    QCOMPARE(run(QStringLiteral(TAGWIRE_PROGRAM),
                 {QStringLiteral("bundle"), QStringLiteral("manifest.json"), QStringLiteral("-o"),
                  QStringLiteral("/nowhere/at/all.tar.gz")},
                 folder.path(), &said),
             73);
    QVERIFY2(said.contains(QLatin1String("/nowhere/at/all.tar.gz can't be written")), qPrintable(said));
  }

 private:
  /// Makes one, unpacks it into `files` by name, and holds it to what was planted.
  static void bundle(const QDir &folder, const QStringList &more, QMap<QString, QByteArray> &files) {
    QString said;
    const int code = run(QStringLiteral(TAGWIRE_PROGRAM),
                         QStringList{QStringLiteral("bundle"), QStringLiteral("manifest.json"), QStringLiteral("-o"),
                                     QStringLiteral("out.tar.gz")} +
                             more,
                         folder.path(), &said);
    QVERIFY2(code == 0, qPrintable(said));
    for (const QString &secret : planted) QVERIFY2(!said.contains(secret), qPrintable(secret));
    unpack(folder, folder.filePath(QStringLiteral("out.tar.gz")), files);
  }
  static void unpack(const QDir &folder, const QString &archive, QMap<QString, QByteArray> &files) {
    const QString into = folder.filePath(QStringLiteral("unpacked"));
    QVERIFY(QDir().mkpath(into));
    QCOMPARE(run(QStringLiteral("tar"), {QStringLiteral("-xzf"), archive, QStringLiteral("-C"), into}, folder.path()),
             0);
    QDirIterator walk(into, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (walk.hasNext()) {
      QFile file(walk.next());
      QVERIFY(file.open(QIODevice::ReadOnly));
      const QByteArray text = file.readAll();
      for (const QString &secret : planted) {
        QVERIFY2(!text.contains(secret.toUtf8()), qPrintable(secret + QLatin1String(" stands in ") + file.fileName()));
      }
      files.insert(QDir(into).relativeFilePath(file.fileName()).section(u'/', 1), text);
    }
    QVERIFY(files.size() > 8);
  }
  static void plantFiles(const QDir &folder) {
    write(folder.filePath(QStringLiteral("secret.txt")), "FileSecret-7742\nFileSecondLine-7743\n");
    write(folder.filePath(QStringLiteral("var/private.json")), "{\"x\":\"DataDirSecret-7752\"}");
    write(folder.filePath(QStringLiteral("var/deep/secret.bin")), "DataDirSecret-7752");
    write(folder.filePath(QStringLiteral("more.json")),
          "{ // IncludedSecret-7753\n \"interlocks\": [], \"x-note\": \"IncludedSecret-7753\" }");
  }
  static QString gateway(quint16 port) {
    return QStringLiteral(
               "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%1', 'auth': { 'anonymous': "
               "['*:read'] }, 'endpoints': [] } }")
        .arg(port);
  }
  static QByteArray only(const QString &plugin) {
    return QString(QStringLiteral("{ 'data_dir': 'var', 'plugins': [ %1 ] }").arg(plugin))
        .replace(u'\'', u'"')
        .toUtf8();
  }
  static QByteArray goodManifest(quint16 port) {
    QString text =
        QStringLiteral(
            "{ // the password is CommentSecret-7745\n"
            "'data_dir': 'var', 'include': ['more.json'], 'x-owner': { 'phone': 'UserKeySecret-7746' }, 'plugins': [\n"
            "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:1', 'points': [\n"
            "  { 'name': 'a', 'register': '40001', 'type': 'int16',\n"
            "    'description': 'call with Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln or tw_PlantedToken7756' } "
            "] } },\n"
            "{ 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': [], 'notifications': [ { 'id': 'ops',\n"
            "  'type': 'webhook', 'url': 'https://hooks.example.org/services/WebhookPath-7749',\n"
            "  'secret': { '$env': 'BUNDLE_TEST_SECRET' } }, { 'id': 'more', 'type': 'webhook',\n"
            "  'url': 'https://hooks.example.org/x', 'secret': { '$file': 'secret.txt' } } ] } },\n%1 ] }")
            .arg(gateway(port));
    return text.replace(u'\'', u'"').toUtf8();
  }
  static QByteArray badManifest() {
    QString text = QStringLiteral(
        "{ 'data_dir': 'var', 'include': ['more.json'], 'extra': { 'a': [ 'UnknownSecret-7747' ] }, 'plugins': [\n"
        "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://anna:UrlPassword-7748@127.0.0.1:1',\n"
        "  'pasword': 'UnknownSecret-7747', 'points': [ { 'name': 'a', 'register': 'UnknownSecret-7747' } ] } },\n"
        "{ 'id': 'other', 'type': 'nosuchtype', 'config': { 'anything': [ { 'at_all': 'UnjudgedSecret-7754' } ] } },\n"
        "{ 'id': 'history', 'type': 'sql', 'config': { 'database': 'postgresql://u:UrlPassword-7748@127.0.0.1/x',\n"
        "  'password': 'InlineSecret-7744' } },\n"
        "{ 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': [], 'notifications': [ { 'id': 'ops',\n"
        "  'type': 'webhook', 'url': 'https://hooks.example.org/x?token=QuerySecret-7750',\n"
        "  'secret': { 'nested': 'NestedSecret-7755' } } ] } },\n"
        "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:1', 'endpoints': [], 'auth': { 'jwt': {\n"
        "  'algorithm': 'HS256', 'key': '-----BEGIN PRIVATE KEY-----\\nMIIPlantedPem7757\\n-----END PRIVATE KEY-----' "
        "}, "
        "'anonymous': 'InlineSecret-7744' } } } ] }");
    return text.replace(u'\'', u'"').toUtf8();
  }
};

TAGWIRE_TEST(BundleTest)

}  // namespace bundle_test

#include "bundle_test.moc"
