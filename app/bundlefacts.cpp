// SPDX-License-Identifier: Apache-2.0
#include "bundlefacts.h"

#include <QDateTime>
#include <QDir>
#include <QDirIterator>
#include <QProcess>
#include <QStandardPaths>
#include <QStorageInfo>

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include "audit/auditreader.h"
#include "command.h"
#include "manifestversions.h"
#include "plugin.h"

namespace tagwire {

namespace {

constexpr int mostListedFiles = 10'000;
constexpr int mostAuditRecords = 200;
constexpr int journalWithinMs = 10'000;
constexpr qsizetype mostJournalBytes = 8LL * 1024 * 1024;
constexpr qint64 mostProcBytes = 64LL * 1024;

QByteArray fileText(const char *path) {
  QFile file(QString::fromLatin1(path));
  return file.open(QIODevice::ReadOnly) ? file.read(mostProcBytes) : QByteArray();
}

/// Of /proc/meminfo and the like: the lines that begin with one of these words.
QByteArray linesWith(const QByteArray &text, std::initializer_list<const char *> words) {
  QByteArray found;
  for (const QByteArray &line : text.split('\n')) {
    for (const char *word : words) {
      if (line.startsWith(word)) found += line + '\n';
    }
  }
  return found;
}

QByteArray limitText(const char *name, int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return {};
  const auto word = [](rlim_t value) {
    return value == RLIM_INFINITY ? QByteArray("unlimited") : QByteArray::number(static_cast<quint64>(value));
  };
  return QByteArray(name) + ": " + word(limit.rlim_cur) + " of " + word(limit.rlim_max) + '\n';
}

QByteArray spaceText(const QString &dataDir) {
  struct statvfs space {};
  if (::statvfs(QFile::encodeName(dataDir).constData(), &space) != 0) return "data_dir: is not there yet\n";
  const auto megabytes = [&](fsblkcnt_t blocks) {
    return QByteArray::number(static_cast<qint64>(blocks) * static_cast<qint64>(space.f_frsize) / 1'000'000);
  };
  // In a chroot or a container the table of mounts may not have it.
  const QStorageInfo storage(dataDir);
  const QByteArray type = storage.isValid() ? storage.fileSystemType() : QByteArray("a file system");
  return "data_dir: " + type + ", " + megabytes(space.f_bavail) + " MB free of " + megabytes(space.f_blocks) + " MB" +
         ((space.f_flag & ST_RDONLY) != 0 ? ", read-only\n" : "\n");
}

}  // namespace

QByteArray versionFacts() {
  QByteArray text = "tagwire " TAGWIRE_VERSION "\n";
  text += "plugin interface " TAGWIRE_PLUGIN_IID "\n";
  text += "Qt " + QByteArray(qVersion()) + " (built with " QT_VERSION_STR ")\n";
#ifdef NDEBUG
  text += "build: release";
#else
  text += "build: debug";
#endif
#ifdef __clang__
  return text + ", clang " __clang_version__ "\n";
#else
  return text + ", gcc " __VERSION__ "\n";
#endif
}

QByteArray pluginFacts(PluginLoader &loader) {
  QByteArray text;
  const auto plugins = loader.plugins();
  for (const PluginDescription &plugin : plugins) {
    const auto factory = loader.load(plugin.type);
    text += QStringLiteral("%1 %2 %3%4\n")
                .arg(plugin.type, plugin.version, plugin.file,
                     factory ? QString() : QStringLiteral(" refused: ") + factory.error())
                .toUtf8();
  }
  for (const PluginRefusal &refusal : loader.refusals()) {
    text += QStringLiteral("refused: %1: %2\n").arg(refusal.file, refusal.reason).toUtf8();
  }
  return text;
}

QByteArray systemFacts(const QString &dataDir) {
  utsname name{};
  ::uname(&name);
  QByteArray text = "kernel: " + QByteArray(name.sysname) + ' ' + name.release + ' ' + name.machine + '\n';
  text += linesWith(fileText("/etc/os-release"), {"PRETTY_NAME="});
  text += "uptime: " + fileText("/proc/uptime").split(' ').value(0) + " s\n";
  text += "load: " + fileText("/proc/loadavg");
  text += "processors: " + QByteArray::number(QThread::idealThreadCount()) + '\n';
  text += linesWith(fileText("/proc/meminfo"), {"MemTotal", "MemAvailable", "SwapTotal", "SwapFree"});
  text += limitText("open files", RLIMIT_NOFILE) + limitText("memory", RLIMIT_AS) + limitText("core size", RLIMIT_CORE);
  text += "time: " + QDateTime::currentDateTime().toString(Qt::ISODate).toLatin1() + ", zone " +
          QTimeZone::systemTimeZoneId() + '\n';
  return text + spaceText(dataDir);
}

QByteArray folderFacts(const QString &dataDir) {
  QByteArray text;
  int count = 0;
  QDirIterator walk(dataDir, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                    QDirIterator::Subdirectories);
  while (walk.hasNext()) {
    walk.next();
    if (++count > mostListedFiles) {
      text += "… there are more\n";
      break;
    }
    const QFileInfo info = walk.fileInfo();
    text += QStringLiteral("%1 %2 %3 %4%5\n")
                .arg(static_cast<uint>(info.permissions()), 4, 16, QLatin1Char('0'))
                .arg(info.size(), 14)
                .arg(info.lastModified().toUTC().toString(Qt::ISODate), QDir(dataDir).relativeFilePath(info.filePath()),
                     info.isDir() ? QStringLiteral("/") : QString())
                .toUtf8();
  }
  return text.isEmpty() ? "nothing is there, or it can't be read\n" : text;
}

QByteArray versionsFacts(const QString &dataDir) {
  const auto versions = ManifestVersions(dataDir).list();
  if (!versions) return "can't be read: " + versions.error().toUtf8() + '\n';
  QByteArray text;
  for (const ManifestVersion &each : *versions) {
    text += QStringLiteral("%1 %2 %3 %4 %5\n")
                .arg(each.number)
                .arg(toIso(each.time), each.by, each.sha256.left(12), each.comment.simplified())
                .toUtf8();
  }
  return text;
}

QByteArray auditFacts(const QString &dataDir) {
  AuditReader reader(dataDir);
  if (const auto opened = reader.open(); !opened) return "can't be read: " + opened.error().toUtf8() + '\n';
  AuditQuery query;
  query.limit = mostAuditRecords;
  const auto records = reader.read(query);
  if (!records) return "can't be read: " + records.error().toUtf8() + '\n';
  QList<QStringList> lines{{QStringLiteral("NUMBER"), QStringLiteral("TIME"), QStringLiteral("KIND"),
                            QStringLiteral("ACTION"), QStringLiteral("ACTOR"), QStringLiteral("SUBJECT")}};
  for (const AuditRecord &record : *records) {
    const AuditEntry &entry = record.entry;
    lines.append(
        {QString::number(record.number), toIso(entry.time), entry.kind, entry.action, entry.actor, entry.subject});
  }
  return aligned(lines);
}

QByteArray journalFacts(int lines) {
  const QString program = QStandardPaths::findExecutable(QStringLiteral("journalctl"));
  if (program.isEmpty()) return "there is no journalctl on this machine\n";
  QProcess process;
  process.start(program, {QStringLiteral("--no-pager"), QStringLiteral("--identifier=tagwire"),
                          QStringLiteral("--output=short-iso-precise"), QStringLiteral("--lines=%1").arg(lines)});
  if (!process.waitForFinished(journalWithinMs)) {
    process.kill();
    process.waitForFinished();
    return "journalctl did not come to an end\n";
  }
  const QByteArray output = process.readAllStandardOutput();
  return output.isEmpty() ? process.readAllStandardError() : output.right(mostJournalBytes);
}

}  // namespace tagwire
