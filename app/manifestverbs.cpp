// SPDX-License-Identifier: Apache-2.0
// tagwire manifest history|show|diff|rollback: the versions that the program has kept, also while it does not run.
#include <QCryptographicHash>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryFile>

#include <algorithm>
#include <array>

#include <sys/stat.h>

#include "accessverb.h"
#include "audit/auditfile.h"
#include "manifestcommands.h"
#include "manifestfile.h"
#include "manifestversions.h"
#include "runtime.h"

namespace tagwire {

namespace {

const auto dataDirOption = QStringLiteral("data-dir");
const auto commentOption = QStringLiteral("comment");

/// What the arguments name.
struct Place {
  QString file;
  QString dataDir;
  QList<ManifestVersion> versions;  ///< the oldest first

  const ManifestVersion *find(const QString &number) const {
    const auto found = std::find_if(versions.begin(), versions.end(),
                                    [&](const auto &each) { return QString::number(each.number) == number; });
    return found == versions.end() ? nullptr : &*found;
  }
};

/// A file that can't be read as a manifest any more is no hindrance: that may be why its versions are asked for.
Result<Place> placeOf(const Arguments &arguments) {
  Place place{arguments.rest().first(), arguments.value(dataDirOption), {}};
  if (place.dataDir.isEmpty()) {
    Problems problems;
    place.dataDir = Manifest::read(place.file, problems).dataDir;
    if (!QFileInfo(place.dataDir).isAbsolute()) {
      for (const Problem &problem : std::as_const(problems)) printError(toText(problem));
      return failure(QStringLiteral("%1 does not say where its data_dir is (--data-dir DIR does)").arg(place.file));
    }
  }
  if (!QFileInfo::exists(place.dataDir + QLatin1String("/manifests/versions.json"))) {
    return failure(QStringLiteral("%1 has no versions yet: `tagwire run` keeps them").arg(place.dataDir));
  }
  auto list = ManifestVersions(place.dataDir).list();
  if (!list) return failure(list.error());
  place.versions = std::move(*list);
  return place;
}

Result<QByteArray> textOf(const Place &place, const QString &number) {
  const ManifestVersion *version = place.find(number);
  if (version) return ManifestVersions(place.dataDir).text(*version);
  return failure(QStringLiteral("there is no version \"%1\" (allowed: %2 to %3)")
                     .arg(number.left(20))
                     .arg(place.versions.isEmpty() ? 0 : place.versions.first().number)
                     .arg(place.versions.isEmpty() ? 0 : place.versions.last().number));
}

int history(const Place &place, const QStringList &, const Arguments &) {
  const auto present = readManifestFile(place.file, Manifest::largest);
  const QString hash =
      present ? QString::fromLatin1(QCryptographicHash::hash(*present, QCryptographicHash::Sha256).toHex()) : QString();
  QList<QStringList> lines{{QStringLiteral("VERSION"), QStringLiteral("TIME"), QStringLiteral("BY"),
                            QStringLiteral("BYTES"), QStringLiteral("COMMENT")}};
  bool isMarked = false;
  for (auto version = place.versions.rbegin(); version != place.versions.rend(); ++version) {
    const bool isInFile = !isMarked && version->sha256 == hash;
    isMarked = isMarked || isInFile;
    lines << QStringList{QString::number(version->number) + (isInFile ? QStringLiteral("*") : QString()),
                         toIso(version->time), version->by, QString::number(version->bytes), version->comment};
  }
  printLine(QString::fromUtf8(aligned(lines)).trimmed());
  printLine(isMarked ? QStringLiteral("* stands in %1").arg(place.file)
                     : QStringLiteral("what stands in %1 is none of them").arg(place.file));
  return exitcode::ok;
}

int show(const Place &place, const QStringList &numbers, const Arguments &) {
  const auto text = textOf(place, numbers.first());
  if (!text) {
    printError(text.error());
    return exitcode::usage;
  }
  std::fwrite(text->constData(), 1, static_cast<size_t>(text->size()), stdout);
  return exitcode::ok;
}

/// The file itself, or a temporary one with the version's text.
Result<QString> fileWith(const Place &place, const QString &number, QTemporaryFile &temporary) {
  if (number.isEmpty()) return place.file;
  const auto text = textOf(place, number);
  if (!text) return failure(text.error());
  if (!temporary.open() || temporary.write(*text) != text->size() || !temporary.flush()) {
    return failure(temporary.errorString());
  }
  return temporary.fileName();
}

/// As diff(1): 0 when there is no difference, 1 when there is one.
int diff(const Place &place, const QStringList &numbers, const Arguments &) {
  const QString newest = place.versions.isEmpty() ? QString() : QString::number(place.versions.last().number);
  const QString from = numbers.value(0, newest);
  const QString to = numbers.value(1);
  QTemporaryFile one, other;
  const auto left = fileWith(place, from, one);
  const auto right = left ? fileWith(place, to, other) : left;
  if (!right) {
    printError(right.error());
    return exitcode::usage;
  }
  const auto label = [&place](const QString &number) {
    return number.isEmpty() ? place.file : QStringLiteral("version %1").arg(number);
  };
  QProcess process;
  process.setProcessChannelMode(QProcess::ForwardedChannels);
  process.start(QStringLiteral("diff"), {QStringLiteral("-u"), QStringLiteral("--label"), label(from),
                                         QStringLiteral("--label"), label(to), *left, *right});
  if (process.waitForFinished(-1) && process.exitStatus() == QProcess::NormalExit && process.exitCode() < 2) {
    return process.exitCode();
  }
  printError(QStringLiteral("diff could not be run: %1").arg(process.errorString()));
  return exitcode::cannotRead;
}

/// With all that a reload would find; false: it was printed.
bool isRight(const Place &place, const QByteArray &text, const Arguments &arguments) {
  PluginLoader loader(PluginLoader::searchPath(arguments.values(QStringLiteral("plugin-dir"))));
  const Clock clock;
  Problems problems;
  const Manifest manifest = Manifest::read(place.file, text, problems);
  Runtime runtime(loader, clock);
  runtime.load(manifest, problems);
  for (const Problem &problem : std::as_const(problems)) printError(toText(problem));
  return !hasErrors(problems);
}

int rollback(const Place &place, const QStringList &numbers, const Arguments &arguments) {
  const auto text = textOf(place, numbers.first());
  if (!text) {
    printError(text.error());
    return exitcode::usage;
  }
  if (!isRight(place, *text, arguments)) {
    printError(QStringLiteral("version %1 is not right any more: nothing was changed").arg(numbers.first()));
    return exitcode::badManifest;
  }
  const QString given = arguments.value(commentOption);
  const QString comment = given.isEmpty() ? QStringLiteral("back to version %1").arg(numbers.first()) : given;
  AuditEntry entry;
  entry.kind = QStringLiteral("config");
  entry.action = QStringLiteral("rollback");
  entry.subject = QStringLiteral("manifest");
  entry.comment = comment;
  return AccessPlace{place.dataDir, {}, false}.record(entry, [&] {
    ManifestVersions store(place.dataDir);
    const auto number = store.change(place.file, *text, {0, Clock().now(), commandLineActor(), comment, {}, 0});
    if (!number) {
      printError(number.error());
      return exitcode::cannotWrite;
    }
    printLine(QStringLiteral("%1 is version %2 again, kept as version %3. A running tagwire takes it on SIGHUP "
                             "(systemctl reload tagwire).")
                  .arg(place.file, numbers.first())
                  .arg(*number));
    return exitcode::ok;
  });
}

struct Verb {
  const char *name;
  const char *synopsis;
  qsizetype fewest;  ///< beside the manifest
  qsizetype most;
  int (*run)(const Place &place, const QStringList &numbers, const Arguments &arguments);
};

constexpr std::array verbs{Verb{"history", "manifest history MANIFEST", 0, 0, history},
                           Verb{"show", "manifest show MANIFEST VERSION", 1, 1, show},
                           Verb{"diff", "manifest diff MANIFEST [VERSION [VERSION]]", 0, 2, diff},
                           Verb{"rollback", "manifest rollback MANIFEST VERSION [--comment WHY]", 1, 1, rollback}};

QString help() {
  QStringList lines;
  for (const Verb &verb : verbs) lines << QLatin1String(verb.synopsis);
  return QStringLiteral("usage: tagwire ") + lines.join(QLatin1String("\n       tagwire ")) +
         QLatin1String(
             "\n\nThe versions of a manifest lie in its data_dir (--data-dir DIR, where the file does not tell it any "
             "more).\ndiff compares the newest one with the file, or those that are named; it ends with 1 when they "
             "differ.\nrollback writes a version into the file, if it is right; `kill -HUP` has a running tagwire "
             "take it.");
}

}  // namespace

int manifestCommand(const QStringList &given) {
  const QString name = given.value(0);
  if (name == QLatin1String("--help")) {
    printLine(help());
    return exitcode::ok;
  }
  const auto verb =
      std::find_if(verbs.begin(), verbs.end(), [&](const Verb &each) { return name == QLatin1String(each.name); });
  if (verb == verbs.end()) {
    QStringList known;
    for (const Verb &each : verbs) known << QLatin1String(each.name);
    printError(unknownVerb("manifest", name, known) + help());
    return exitcode::usage;
  }
  const auto arguments = parseCommon(given.mid(1), {}, QLatin1String(verb->synopsis), 1 + verb->fewest, 1 + verb->most,
                                     {dataDirOption, commentOption});
  if (!arguments) return arguments.error();
  ::umask(0077);
  const auto place = placeOf(*arguments);
  if (place) return verb->run(*place, arguments->rest().mid(1), *arguments);
  printError(place.error());
  return exitcode::cannotRead;
}

}  // namespace tagwire
