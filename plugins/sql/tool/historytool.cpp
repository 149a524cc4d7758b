// SPDX-License-Identifier: Apache-2.0
#include "tool/historytool.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <unistd.h>

#include <cerrno>

#include "audit/auditfile.h"
#include "manifest.h"

namespace tagwire::sql {

namespace {

// As those of the program itself: sysexits(3).
constexpr int cannotRead = 66;
constexpr int cannotWrite = 73;

bool isEmptyFile(const QString &path) {
  const QFileInfo file(path);
  return !file.exists() || (file.isFile() && file.size() == 0);
}

Result<void> checkReadable(const QString &path) {
  const int error = ::access(QFile::encodeName(path).constData(), R_OK) == 0 ? 0 : errno;
  if (error == ENOENT || (error == 0 && isEmptyFile(path))) {
    return failure(QStringLiteral("there is no history yet in %1: tagwire run makes it").arg(path));
  }
  if (error != 0) return failure(QStringLiteral("%1 can't be read: %2").arg(path, qt_error_string(error)));
  return {};
}

Result<void> cantWrite(const QString &name, const QIODevice &output) {
  return failure(QStringLiteral("can't write %1: %2").arg(name, output.errorString()));
}

}  // namespace

HistoryTool::HistoryTool(StoreMakers makers) : m_makers(std::move(makers)) { m_pool.setMaxThreadCount(1); }

HistoryTool::~HistoryTool() {
  m_mustStop->store(true);
  m_pool.waitForDone();
}

tl::expected<HistoryTool::Chosen, ToolError> HistoryTool::choose(const QString &manifest, const QString &instance) {
  Problems problems;
  const Manifest read = Manifest::read(manifest, problems);
  QStringList ids;
  std::optional<Chosen> chosen;
  for (const ManifestEntry &entry : read.plugins) {
    if (entry.type != QLatin1String("sql")) continue;
    ids << entry.id;
    if (!instance.isEmpty() && entry.id != instance) continue;
    ConfigReader reader(entry.config, entry.path + QStringLiteral(".config"), problems);
    const auto config = reader.read<SqlConfig>();
    if (config) config->check(reader);
    if (config) chosen = Chosen{entry.id, read.dataDir, *config};
  }
  if (hasErrors(problems)) {
    QStringList lines;
    for (const Problem &problem : std::as_const(problems)) lines << toText(problem);
    return tl::unexpected(ToolError::badManifest(lines.join(u'\n')));
  }
  if (ids.isEmpty()) return failure(QStringLiteral("the manifest has no plugin of type sql"));
  if (instance.isEmpty() && ids.size() > 1) {
    return failure(QStringLiteral("there are several histories (allowed: --instance with one of %1)")
                       .arg(ids.join(QLatin1String(", "))));
  }
  if (chosen) return *chosen;
  return failure(
      QStringLiteral("no history \"%1\" (allowed: %2)").arg(instance.left(40), ids.join(QLatin1String(", "))));
}

void HistoryTool::begin(std::function<int()> work) {
  m_pool.start([this, work = std::move(work)] {
    const int code = work();
    QMetaObject::invokeMethod(
        this, [this, code] { Q_EMIT finished(code); }, Qt::QueuedConnection);
  });
}

QString HistoryTool::help(const char *usage) {
  begin([] { return 0; });
  return QString::fromUtf8(usage);
}

void HistoryTool::say(const QString &text) { std::fputs((text + u'\n').toUtf8().constData(), stderr); }

int HistoryTool::exitCodeOf(const Result<void> &result, int code) {
  if (result) return 0;
  say(result.error());
  return code;
}

tl::expected<QString, ToolError> ExportTool::start(const QStringList &arguments) {
  if (arguments.contains(QLatin1String("--help"))) return help(ExportOptions::usage);
  const auto options = ExportOptions::parse(arguments);
  if (!options) return failure(options.error());
  const auto chosen = choose(options->manifest, options->instance);
  if (!chosen) return tl::unexpected(chosen.error());
  begin([this, options = *options, chosen = *chosen] { return run(options, chosen); });
  return QString();
}

int ExportTool::run(const ExportOptions &options, const Chosen &chosen) const {
  const auto &database = chosen.config.database;
  const auto readable = database.postgres() ? Result<void>() : checkReadable(database.pathIn(chosen.dataDir));
  if (!readable) return exitCodeOf(readable, cannotRead);
  if (options.output.isEmpty()) {
    QFile output;
    if (!output.open(STDOUT_FILENO, QIODevice::WriteOnly | QIODevice::Unbuffered)) {
      return exitCodeOf(failure(QStringLiteral("can't write to stdout: ") + output.errorString()), cannotWrite);
    }
    return writtenCode(write(options, chosen, output), output);
  }
  QSaveFile output(options.output);
  if (!output.open(QIODevice::WriteOnly)) {
    return exitCodeOf(cantWrite(options.output, output), cannotWrite);
  }
  const auto written = write(options, chosen, output);
  if (!written) return writtenCode(written, output);
  // commit() does not tell of what it could not write out itself.
  return output.flush() && output.commit() ? 0 : exitCodeOf(cantWrite(options.output, output), cannotWrite);
}

int ExportTool::writtenCode(const Result<void> &written, const QFileDevice &output) {
  return exitCodeOf(written, output.error() == QFileDevice::NoError ? 1 : cannotWrite);
}

Result<void> ExportTool::write(const ExportOptions &options, const Chosen &chosen, QIODevice &output) const {
  const auto reader = m_makers.reader(chosen.config, chosen.dataDir);
  Progress progress(options.hasProgress);
  HistoryExport work(*reader, options, output, progress, m_mustStop);
  const auto done = work.run(Clock().now());
  for (const QString &name : work.unknown()) say(QStringLiteral("nothing is stored of ") + name);
  for (const HistoryGap &gap : work.gaps()) {
    say(QStringLiteral("a gap: %1 records are missing from %2 to %3 (%4)")
            .arg(gap.records)
            .arg(toIso(gap.from), toIso(gap.to), gap.reason));
  }
  if (done) progress.end(QStringLiteral("%1 rows").arg(work.rows()));
  return done;
}

tl::expected<QString, ToolError> ImportTool::start(const QStringList &arguments) {
  if (arguments.contains(QLatin1String("--help"))) return help(ImportOptions::usage);
  const auto options = ImportOptions::parse(arguments);
  if (!options) return failure(options.error());
  const auto chosen = choose(options->manifest, options->instance);
  if (!chosen) return tl::unexpected(chosen.error());
  begin([this, options = *options, chosen = *chosen] { return run(options, chosen); });
  return QString();
}

namespace {

AuditEntry entryOf(const QString &instance, const QString &file, const HistoryImport &work) {
  const auto &counts = work.counts();
  AuditEntry entry;
  entry.kind = QStringLiteral("history");
  entry.action = QStringLiteral("import");
  entry.actor = commandLineActor();
  entry.subject = instance;
  entry.details = {{QStringLiteral("file"), QFileInfo(file).fileName()},
                   {QStringLiteral("lines"), counts.lines},
                   {QStringLiteral("present"), counts.present},
                   {QStringLiteral("bad"), counts.bad},
                   {QStringLiteral("new_points"), work.newPoints()}};
  return entry;
}

}  // namespace

int ImportTool::run(const ImportOptions &options, const Chosen &chosen) {
  QFile file(options.file);
  if (!file.open(QIODevice::ReadOnly) || file.isSequential()) {
    const QString reason = file.isOpen() ? QStringLiteral("it is no file") : file.errorString();
    return exitCodeOf(failure(QStringLiteral("can't read %1: %2").arg(options.file, reason)), cannotRead);
  }
  // As the program makes it, should this be before its first run.
  if (!options.isDry && !QDir(chosen.dataDir).exists() && QDir().mkpath(chosen.dataDir)) {
    QFile::setPermissions(chosen.dataDir, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
  }
  AuditFile trail(chosen.dataDir);
  if (const auto opened = options.isDry ? Result<void>() : trail.open(); !opened) {
    return exitCodeOf(failure(opened.error() + QStringLiteral(" (nothing was imported: it could not go on record)")),
                      cannotWrite);
  }
  // A dry run may be before the first start: then there is nothing yet, and it makes nothing.
  const auto &database = chosen.config.database;
  const bool isAbsent = options.isDry && !database.postgres() && isEmptyFile(database.pathIn(chosen.dataDir));
  const auto reader = isAbsent ? nullptr : m_makers.reader(chosen.config, chosen.dataDir);
  const auto store = options.isDry ? nullptr : m_makers.store(chosen.config, chosen.dataDir);
  Progress progress(options.hasProgress);
  HistoryImport work(reader.get(), store.get(), options, chosen.config.retention.retention(), &HistoryTool::say,
                     progress, m_mustStop);
  const auto done = work.run(file, Clock().now());
  // Also of one that was broken off: what it has stored so far stays.
  const auto recorded = options.isDry ? Result<void>() : trail.append(entryOf(chosen.id, options.file, work));
  if (!done) return exitCodeOf(done);
  if (!recorded) {
    return exitCodeOf(failure(recorded.error() + QStringLiteral(" (it was imported, but is not on record)")),
                      cannotWrite);
  }
  const auto &counts = work.counts();
  const qint64 due = counts.lines - counts.bad - counts.present;
  progress.end(QStringLiteral("100 %"));
  const QString text = QStringLiteral("%1 lines: %2 %3, %4 were there already, %5 bad; %6 new points")
                           .arg(counts.lines)
                           .arg(due)
                           .arg(options.isDry ? QStringLiteral("would be stored") : QStringLiteral("stored"))
                           .arg(counts.present)
                           .arg(counts.bad)
                           .arg(work.newPoints());
  QMetaObject::invokeMethod(
      this, [this, text] { Q_EMIT line(text); }, Qt::QueuedConnection);
  return 0;
}

}  // namespace tagwire::sql
