// SPDX-License-Identifier: Apache-2.0
#include "accessverb.h"

#include <QDir>
#include <QFileInfo>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "audit/auditfile.h"
#include "manifest.h"
#include "manifestcommands.h"

namespace tagwire {

namespace {

const auto dataDirOption = QStringLiteral("data-dir");
const auto manifestOption = QStringLiteral("manifest");

/// The own roles of the gateways, which read them with the rest of their configuration when they run.
void addOwnRoles(const ManifestEntry &entry, Roles &roles, Problems &problems) {
  const ConfigNode *auth = entry.type == u"ws" ? entry.config.member(QLatin1String("auth")) : nullptr;
  const ConfigNode *own = auth ? auth->member(QLatin1String("roles")) : nullptr;
  if (!own) return;
  const QString path = entry.path + QLatin1String(".config.auth.roles");
  const auto read = ConfigReader(*own, path, problems).read<QMap<QString, QStringList>>();
  if (!read) return;
  if (const auto added = roles.add(*read); !added) problems.append({own->where, path, added.error(), false});
}

tl::expected<AccessPlace, int> placeOfManifest(const QString &file) {
  Problems problems;
  const Manifest manifest = Manifest::read(file, problems);
  AccessPlace place{manifest.dataDir, {}, true};
  for (const ManifestEntry &entry : manifest.plugins) addOwnRoles(entry, place.roles, problems);
  for (const Problem &problem : std::as_const(problems)) printError(toText(problem));
  if (hasErrors(problems)) return tl::unexpected(exitcode::badManifest);
  return place;
}

QString synopsisOf(const char *command, const AccessVerb &verb) {
  const QString text = QStringLiteral("tagwire %1 %2 %3 (--data-dir DIR | --manifest FILE)");
  return text.arg(QLatin1String(command), QLatin1String(verb.name), QString::fromUtf8(verb.synopsis))
      .replace(QLatin1String("  "), QLatin1String(" "));
}

QString synopsesOf(const char *command, std::span<const AccessVerb> verbs) {
  QStringList lines;
  for (const AccessVerb &verb : verbs) lines << synopsisOf(command, verb);
  return QStringLiteral("usage: ") + lines.join(QLatin1String("\n       "));
}

QString whyNotThere(const QString &folder) {
  const bool isHidden = ::access(QFile::encodeName(folder).constData(), F_OK) != 0 && errno != ENOENT;
  return isHidden ? QStringLiteral("the folder %1 can't be read: %2").arg(folder, qt_error_string(errno))
                  : QStringLiteral("there is no folder %1").arg(folder);
}

int runVerb(const char *command, const AccessVerb &verb, const QStringList &given) {
  if (wantsHelp(given)) {
    printLine(QStringLiteral("usage: %1\n\n%2").arg(synopsisOf(command, verb), QString::fromUtf8(verb.help)));
    return exitcode::ok;
  }
  const QStringList options = QString::fromLatin1(verb.options).split(u' ', Qt::SkipEmptyParts);
  const QStringList flags = QString::fromLatin1(verb.flags).split(u' ', Qt::SkipEmptyParts);
  const auto arguments = parseCommon(given, flags, synopsisOf(command, verb).section(u' ', 1), verb.fewest, verb.most,
                                     options + QStringList{dataDirOption, manifestOption});
  if (!arguments) return arguments.error();
  ::umask(0077);
  const auto place = AccessPlace::find(*arguments);
  if (!place) return place.error();
  const bool isThere = QFileInfo::exists(place->dataDir);
  if (!isThere && !verb.makesFolder) {
    printError(whyNotThere(place->dataDir));
    return exitcode::cannotRead;
  }
  const int code = verb.run(*arguments, *place);
  if (code == exitcode::ok && !isThere && !place->isOfManifest) {
    printError(QStringLiteral("(the folder is new: does the manifest's data_dir say the same?)"));
  }
  return code;
}

}  // namespace

tl::expected<AccessPlace, int> AccessPlace::find(const Arguments &arguments) {
  const QString dataDir = arguments.value(dataDirOption);
  const QString manifest = arguments.value(manifestOption);
  if (dataDir.isEmpty() == manifest.isEmpty()) {
    printError(QStringLiteral("either --data-dir DIR or --manifest FILE is due"));
    return tl::unexpected(exitcode::usage);
  }
  if (!manifest.isEmpty()) return placeOfManifest(manifest);
  return AccessPlace{QDir::cleanPath(QDir::current().absoluteFilePath(dataDir)), {}, false};
}

int AccessPlace::record(AuditEntry entry, const std::function<int()> &change) const {
  AuditFile trail(dataDir);
  const auto opened = trail.open();
  if (const QString notice = trail.takeNotice(); !notice.isEmpty()) printError(notice);
  if (!opened) {
    printError(opened.error() + QStringLiteral(" (nothing was changed: it could not go on record)"));
    return exitcode::cannotWrite;
  }
  if (const int code = change(); code != exitcode::ok) return code;
  entry.actor = commandLineActor();
  if (const auto stored = trail.append(entry); !stored) {
    printError(stored.error() + QStringLiteral(" (it was changed, but is not on record)"));
    return exitcode::cannotWrite;
  }
  return exitcode::ok;
}

int runVerb(const char *command, std::span<const AccessVerb> verbs, const QStringList &given) {
  const QString name = given.value(0);
  if (name == QLatin1String("--help")) {
    printLine(synopsesOf(command, verbs));
    for (const AccessVerb &verb : verbs) {
      printLine(QStringLiteral("\n%1 %2\n%3")
                    .arg(QLatin1String(command), QLatin1String(verb.name), QString::fromUtf8(verb.help)));
    }
    return exitcode::ok;
  }
  QStringList known;
  for (const AccessVerb &verb : verbs) {
    if (name == QLatin1String(verb.name)) return runVerb(command, verb, given.mid(1));
    known << QString::fromLatin1(verb.name);
  }
  printError(unknownVerb(command, name, known) + synopsesOf(command, verbs));
  return exitcode::usage;
}

int exitCodeOf(const AccessError &error) {
  printError(error.text);
  return error.kind == AccessError::Kind::Unavailable ? exitcode::cannotWrite : exitcode::usage;
}

}  // namespace tagwire
