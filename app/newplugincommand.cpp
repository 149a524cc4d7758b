// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QDirIterator>
#include <QRegularExpression>

#include "manifestcommands.h"

namespace tagwire {

namespace {

/// The words that stand for the new plugin in the files of app/templates, and what they become.
struct NewPluginNames {
  QString word;        ///< "newsource", also in file names
  QString type;        ///< "flow-meter"
  QString identifier;  ///< "flow_meter"
  QString camel;       ///< "FlowMeter"
};

NewPluginNames namesFor(const QString &role, const QString &type) {
  NewPluginNames names{QLatin1String("new") + role, type, type, {}};
  names.identifier.replace(u'-', u'_');
  for (const QString &part : type.split(u'-', Qt::SkipEmptyParts)) names.camel += part.at(0).toUpper() + part.mid(1);
  return names;
}

/// Empty: nothing is wrong with it.
QString wrongType(const QString &type) {
  static const QRegularExpression allowed(QStringLiteral("^[a-z][a-z0-9]*(-[a-z0-9]+)*$"));
  if (!allowed.match(type).hasMatch() || type.size() > 48) {
    return QStringLiteral(
               "\"%1\" can't be a plugin's name (allowed: a small letter, then small letters, digits and "
               "single dashes, 48 at most)")
        .arg(type);
  }
  const PluginLoader loader(PluginLoader::searchPath({}));
  const PluginDescription *known = loader.find(type);
  return known ? QStringLiteral("there is a plugin \"%1\" already: %2").arg(type, known->file) : QString();
}

QString renamed(const QString &text, const QString &file, const NewPluginNames &names) {
  // What stands in code or in a metric's name has to be an identifier; what names a file, a target or a type, the type.
  const QRegularExpression word(
      QStringLiteral("(tagwire_)?(%1|N%2)(plugin\\.moc|_test\\.moc)?").arg(names.word, names.word.mid(1)));
  QString result;
  qsizetype end = 0;
  for (auto each = word.globalMatch(text); each.hasNext();) {
    const auto match = each.next();
    const bool isInCode = match.hasCaptured(1) || (file.endsWith(QLatin1String(".cpp")) && !match.hasCaptured(3));
    const bool isClass = match.capturedView(2).startsWith(u'N');
    result += QStringView(text).mid(end, match.capturedStart() - end);
    result += match.captured(1) +
              (isClass    ? names.camel
               : isInCode ? names.identifier
                          : names.type) +
              match.captured(3);
    end = match.capturedEnd();
  }
  return result.append(QStringView(text).mid(end));
}

Result<void> writeFile(const QString &path, const QString &text) {
  QFile file(path);
  if (!QDir().mkpath(QFileInfo(path).path()) || !file.open(QIODevice::WriteOnly | QIODevice::NewOnly) ||
      file.write(text.toUtf8()) < 0 || !file.flush()) {
    return failure(QStringLiteral("%1: %2").arg(path, file.errorString()));
  }
  return {};
}

Result<void> writePlugin(const QDir &folder, const QString &role, const QString &type) {
  const QString templates = QLatin1String(":/templates/") + role;
  const NewPluginNames names = namesFor(role, type);
  QDirIterator each(templates, QDir::Files, QDirIterator::Subdirectories);
  while (each.hasNext()) {
    QFile from(each.next());
    if (!from.open(QIODevice::ReadOnly)) return failure(from.fileName() + QLatin1String(": ") + from.errorString());
    const QString name = from.fileName().mid(templates.size() + 1).replace(names.word, names.type);
    const auto written = writeFile(folder.filePath(name), renamed(QString::fromUtf8(from.readAll()), name, names));
    if (!written) return written;
  }
  return {};
}

}  // namespace

int newPluginCommand(const QStringList &given) {
  const QString roleOption = QStringLiteral("role");
  const QString usage = QStringLiteral("new-plugin NAME [--role source|sink]");
  const auto arguments = parseCommon(given, {}, usage, 1, 1, {roleOption});
  if (!arguments) return arguments.error();
  const QString type = arguments->rest().first();
  const QString role = arguments->value(roleOption).isEmpty() ? QStringLiteral("source") : arguments->value(roleOption);
  QString wrong = wrongType(type);
  if (role != QLatin1String("source") && role != QLatin1String("sink")) {
    wrong = QStringLiteral("--role \"%1\" is unknown (allowed: source, sink)").arg(role);
  }
  if (!wrong.isEmpty()) {
    printError(wrong);
    return exitcode::usage;
  }
  const QDir folder(type);
  if (QFileInfo::exists(type)) {
    printError(QStringLiteral("%1 is there already; nothing was written").arg(folder.absolutePath()));
    return exitcode::cannotWrite;
  }
  if (const auto written = writePlugin(folder, role, type); !written) {
    printError(written.error());
    return exitcode::cannotWrite;
  }
  printLine(QStringLiteral("%1: a %2 that builds, tests and loads (it takes the package tagwire-dev):\n"
                           "  cd %3 && cmake -B build && cmake --build build && ctest --test-dir build\n"
                           "  tagwire run example.json --plugin-dir build/plugins")
                .arg(folder.absolutePath(), role, type));
  return exitcode::ok;
}

}  // namespace tagwire
