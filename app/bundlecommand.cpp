// SPDX-License-Identifier: Apache-2.0
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QProcess>
#include <QSysInfo>
#include <QTemporaryDir>

#include <sys/stat.h>

#include "bundlefacts.h"
#include "instanceclient.h"
#include "manifestcommands.h"
#include "manifestfile.h"
#include "masking.h"
#include "runtime.h"

namespace tagwire {

namespace {

const auto outputOption = QStringLiteral("output");
const auto urlOption = QStringLiteral("url");
constexpr int journalLines = 5000;
constexpr int packWithinMs = 60'000;

constexpr const char *readMe =
    "A support bundle of Tagwire. Secrets, references, what nobody knows and what looks like a credential are masked;\n"
    "names of points, users and files are not: look through it before you hand it on.\n\n"
    "version.txt, plugins.txt   the program and its plugins\n"
    "manifest/                  the manifest and what it includes, without comments, masked\n"
    "check.txt                  what `tagwire check` says of it\n"
    "manifest-versions.txt      what was the manifest before, and who changed it\n"
    "audit.txt                  who did what lately; neither values nor comments\n"
    "data-dir.txt               files of data_dir with sizes; nothing of what is in them\n"
    "journal.txt                the last lines of the log, where systemd's journal has them\n"
    "system.txt                 kernel, memory, limits, disk\n"
    "instance.txt               whether the instance could be asked, and how\n"
    "metrics.txt, status.json, readyz.json, plugins.json, connections.json   what it said\n";

/// The folder that becomes the archive. All that is written goes through the scrubber.
class BundleFolder {
 public:
  explicit BundleFolder(const QString &name) : m_name(name) {}
  bool isUsable() const { return m_folder.isValid(); }
  Scrubber &scrubber() { return m_scrubber; }
  /// Kept until everything is known that must not stand in it.
  void add(const QString &name, const QByteArray &text) { m_files.append({name, text}); }
  Result<void> pack(const QString &file);

 private:
  Result<void> writeAll();

  const QString m_name;
  QTemporaryDir m_folder;
  Scrubber m_scrubber;
  QList<std::pair<QString, QByteArray>> m_files;
};

Result<void> BundleFolder::writeAll() {
  const QDir root(m_folder.path());
  for (const auto &[name, text] : std::as_const(m_files)) {
    const QString path = root.filePath(m_name + u'/' + name);
    QFile file(path);
    const bool isWritten = root.mkpath(QFileInfo(path).path()) && file.open(QIODevice::WriteOnly) &&
                           file.write(m_scrubber.scrubbed(text)) >= 0 && file.flush();
    if (!isWritten) return failure(QStringLiteral("%1 can't be written: %2").arg(path, file.errorString()));
  }
  return {};
}

Result<void> BundleFolder::pack(const QString &file) {
  if (const auto written = writeAll(); !written) return written;
  QProcess tar;
  tar.start(QStringLiteral("tar"),
            {QStringLiteral("--create"), QStringLiteral("--gzip"), QStringLiteral("--owner=0"),
             QStringLiteral("--group=0"), QStringLiteral("--file=") + QFileInfo(file).absoluteFilePath(),
             QStringLiteral("--directory=") + m_folder.path(), m_name});
  if (!tar.waitForFinished(packWithinMs) || tar.exitStatus() != QProcess::NormalExit || tar.exitCode() != 0) {
    const QString said = QString::fromLocal8Bit(tar.readAllStandardError()).trimmed();
    return failure(QStringLiteral("%1 can't be written: %2").arg(file, said.isEmpty() ? tar.errorString() : said));
  }
  return {};
}

void addDocument(BundleFolder &bundle, const Problems &problems, const QString &file, int number) {
  const QString name = QStringLiteral("manifest/%1-%2").arg(number).arg(QFileInfo(file).fileName());
  const auto text = readManifestFile(file, Manifest::largest);
  if (!text) printError(text.error() + QStringLiteral("; the bundle is without it"));
  Problems syntax;
  const ConfigNode root = text ? parseJson(*text, file, syntax) : ConfigNode();
  if (!text || hasErrors(syntax)) {
    return bundle.add(name, "it can't be read as JSON, so that nobody can tell what is secret in it\n");
  }
  const QJsonValue masked = MaskedManifest(problems, bundle.scrubber()).mask(root, file);
  bundle.add(name, QJsonDocument(masked.toObject()).toJson());
}

/// What `check` says; the manifest that it read.
Manifest addManifest(BundleFolder &bundle, PluginLoader &loader, const QString &file) {
  const Clock clock;
  Problems problems;
  Manifest manifest = Manifest::read(file, problems);
  Runtime runtime(loader, clock);
  runtime.load(manifest, problems);
  QByteArray check;
  for (const Problem &problem : std::as_const(problems)) check += toText(problem).toUtf8() + '\n';
  if (!hasErrors(problems)) {
    check += "ok: " + QByteArray::number(runtime.instanceCount()) + " plugins, " +
             QByteArray::number(runtime.points().count()) + " points\n";
  }
  int number = 0;
  QStringList files{file};
  for (const ManifestDocument &each : manifest.documents) files << each.file;
  QStringList seen;
  for (const QString &each : std::as_const(files)) {
    const QString path = QFileInfo(each).canonicalFilePath();
    if (seen.contains(path)) continue;
    seen << path;
    addDocument(bundle, problems, each, ++number);
  }
  bundle.add(QStringLiteral("check.txt"), check);
  return manifest;
}

/// Of the first gateway that the manifest has; where it listens on every address, on that of this machine.
QString listenerOf(const Manifest &manifest) {
  for (const ManifestEntry &entry : manifest.plugins) {
    if (entry.type != u"ws" || !entry.enabled) continue;
    const ConfigNode *listen = entry.config.member(QLatin1String("listen"));
    if (!listen || listen->kind != ConfigNode::Kind::String) continue;
    QString address = listen->text;
    address.replace(QLatin1String("0.0.0.0:"), QLatin1String("127.0.0.1:"));
    address.replace(QLatin1String("[::]:"), QLatin1String("[::1]:"));
    const bool isTls = entry.config.member(QLatin1String("tls")) != nullptr;
    return (isTls ? QStringLiteral("https://") : QStringLiteral("http://")) + address;
  }
  return {};
}

void addInstance(BundleFolder &bundle, const QString &address) {
  const QString where = QStringLiteral("instance.txt");
  if (address.isEmpty())
    return bundle.add(where, "no listener is known: the manifest has no gateway (--url names one)\n");
  const auto url = instanceUrl(address);
  if (!url) {
    // Not the address itself: it may hold a password.
    printError(url.error() + QStringLiteral("; the instance was not asked"));
    return bundle.add(where, address.toUtf8() + ": " + url.error().toUtf8() + '\n');
  }
  InstanceClient instance(*url);
  QByteArray said = "asked at " + url->toDisplayString().toUtf8() +
                    (instance.hasToken() ? ", with $TAGWIRE_TOKEN\n" : ", without a credential\n");
  constexpr std::array asked{std::pair{"/readyz", "readyz.json"}, std::pair{"/metrics", "metrics.txt"},
                             std::pair{"/api/v1/status", "status.json"}, std::pair{"/api/v1/plugins", "plugins.json"},
                             std::pair{"/api/v1/connections", "connections.json"}};
  for (const auto &[path, name] : asked) {
    const InstanceClient::Answer answer = instance.ask("GET", QString::fromLatin1(path));
    said += QByteArray(path) + ": " + (answer.error.isEmpty() ? QByteArray("well") : answer.error.toUtf8()) + '\n';
    // That it is not ready is an answer, too.
    if (answer.status == 200 || answer.status == 503) bundle.add(QString::fromLatin1(name), answer.body);
    if (answer.status == 0) break;
  }
  bundle.add(where, said);
}

QString usualName() {
  return QStringLiteral("tagwire-bundle-%1-%2")
      .arg(QSysInfo::machineHostName(), QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd-HHmmss")));
}

QStringList withLongOptions(QStringList given) {
  for (QString &each : given) {
    if (each == u"-o") each = QStringLiteral("--output");
  }
  return given;
}

}  // namespace

int bundleCommand(const QStringList &given) {
  const auto arguments =
      parseCommon(withLongOptions(given), {}, QStringLiteral("bundle MANIFEST [-o FILE] [--url URL]"), 1, 1,
                  {outputOption, urlOption});
  if (!arguments) return arguments.error();
  ::umask(0077);
  const QString name = usualName();
  const QString file =
      arguments->value(outputOption).isEmpty() ? name + QStringLiteral(".tar.gz") : arguments->value(outputOption);
  BundleFolder bundle(name);
  if (!bundle.isUsable()) {
    printError(QStringLiteral("no folder for temporary files can be made"));
    return exitcode::cannotWrite;
  }
  bundle.scrubber().add(qEnvironmentVariable("TAGWIRE_TOKEN"));
  PluginLoader loader(PluginLoader::searchPath(arguments->values(QStringLiteral("plugin-dir"))));
  bundle.add(QStringLiteral("README.txt"), readMe);
  bundle.add(QStringLiteral("version.txt"), versionFacts());
  bundle.add(QStringLiteral("plugins.txt"), pluginFacts(loader));
  const Manifest manifest = addManifest(bundle, loader, arguments->rest().first());
  bundle.add(QStringLiteral("manifest-versions.txt"), versionsFacts(manifest.dataDir));
  bundle.add(QStringLiteral("audit.txt"), auditFacts(manifest.dataDir));
  bundle.add(QStringLiteral("data-dir.txt"), folderFacts(manifest.dataDir));
  bundle.add(QStringLiteral("journal.txt"), journalFacts(journalLines));
  bundle.add(QStringLiteral("system.txt"), systemFacts(manifest.dataDir));
  const QString url = arguments->value(urlOption);
  addInstance(bundle, url.isEmpty() ? listenerOf(manifest) : url);
  if (const auto packed = bundle.pack(file); !packed) {
    printError(packed.error());
    return exitcode::cannotWrite;
  }
  printLine(file);
  return exitcode::ok;
}

}  // namespace tagwire
