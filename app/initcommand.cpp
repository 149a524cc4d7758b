// SPDX-License-Identifier: Apache-2.0
// `tagwire init`: a manifest to begin with, made from what the plugins declare, and the schema beside it.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include "configtext.h"
#include "datadir.h"
#include "manifest.h"
#include "manifestcommands.h"

namespace tagwire {

namespace {

constexpr const char *manifestName = "tagwire.json";
constexpr const char *schemaName = "tagwire.schema.json";

using Schemas = QMap<QString, ConfigSchema>;

/// The name of a point that such an instance has; empty when its points do not stand in a list.
QString firstPointOf(const ConfigSchema &schema) {
  QJsonValue at = schema.json;
  for (const char *key : {"properties", "points", "items", "anyOf"}) at = at.toObject().value(QLatin1String(key));
  at = at.toArray().first();
  for (const char *key : {"properties", "name", "examples"}) at = at.toObject().value(QLatin1String(key));
  return at.toArray().first().toString();
}

/// Whether a key that is not in a comment names a point of another instance.
bool needsPoint(const QString &starter) {
  const QStringList lines = starter.split(u'\n');
  return std::any_of(lines.begin(), lines.end(), [](const QString &line) {
    return !line.trimmed().startsWith(u"//") && line.contains(QLatin1String(examplePoint));
  });
}

/// What the manifest is made of; nothing after an error, which is printed.
std::optional<QList<StarterEntry>> entriesOf(const QStringList &types, const Schemas &schemas) {
  QList<StarterEntry> entries;
  QString point;
  for (const QString &type : types) {
    if (!schemas.contains(type)) {
      printError(QStringLiteral("there is no plugin \"%1\"%2 (allowed: %3)")
                     .arg(type, didYouMean(type, schemas.keys()), QStringList(schemas.keys()).join(u", ")));
      return std::nullopt;
    }
    QString id = type;
    const auto isTaken = [&](const StarterEntry &each) { return each.id == id; };
    for (int i = 2; std::any_of(entries.cbegin(), entries.cend(), isTaken); ++i) id = type + QString::number(i);
    entries << StarterEntry{id, type, schemas[type].starter};
    const QString name = firstPointOf(schemas[type]);
    if (point.isEmpty() && !name.isEmpty()) point = id + u'/' + name;
  }
  for (StarterEntry &entry : entries) {
    if (point.isEmpty() && needsPoint(entry.config)) {
      printError(QStringLiteral("%1 looks at points of other plugins: name one that has points, too (--plugin modbus)")
                     .arg(entry.type));
      return std::nullopt;
    }
    if (!point.isEmpty()) entry.config.replace(QLatin1String(examplePoint), point);
  }
  return entries;
}

bool writeFile(const QString &file, const QByteArray &text) {
  QFile target(file);
  if (target.open(QIODevice::WriteOnly | QIODevice::NewOnly) && target.write(text) == text.size() && target.flush()) {
    return true;
  }
  printError(QStringLiteral("%1: %2").arg(file, target.errorString()));
  return false;
}

void printNextSteps(const QString &manifest, const QStringList &types) {
  printLine(QStringLiteral("\nNext:\n  edit %1: a key in a comment (//\"key\") works once its slashes are gone")
                .arg(manifest));
  printLine(QStringLiteral("  tagwire check %1").arg(manifest));
  if (types.contains(u"modbus")) {
    printLine(QStringLiteral("  no PLC at hand? Play one, in another terminal:\n"
                             "    tagwire points export %1 --plugin modbus --output points.csv\n"
                             "    tagwire sim modbus --points points.csv")
                  .arg(manifest));
  }
  printLine(QStringLiteral("  tagwire run %1").arg(manifest));
  if (types.contains(u"ws")) printLine(QStringLiteral("  open http://127.0.0.1:8080/"));
}

}  // namespace

int initCommand(const QStringList &given) {
  const QString plugin = QStringLiteral("plugin");
  const auto arguments = parseCommon(given, {}, QStringLiteral("init [FOLDER] [--plugin TYPE]…"), 0, 1, {plugin});
  if (!arguments) return arguments.error();
  PluginLoader loader(PluginLoader::searchPath(arguments->values(QStringLiteral("plugin-dir"))));
  Schemas schemas;
  for (const QString &type : loader.types()) {
    if (const auto factory = loader.load(type)) schemas.insert(type, (*factory)->schema());
  }
  QStringList types = arguments->values(plugin);
  if (types.isEmpty()) {
    for (const char *type : {"modbus", "alarms", "sql", "ws"}) {
      if (schemas.contains(QLatin1String(type))) types << QLatin1String(type);
    }
  }
  const auto entries = entriesOf(types, schemas);
  if (!entries) return exitcode::usage;
  const QDir folder(arguments->rest().value(0, QStringLiteral(".")));
  const QString manifest = folder.filePath(QLatin1String(manifestName));
  const QString schema = folder.filePath(QLatin1String(schemaName));
  for (const QString &file : {manifest, schema}) {
    if (!QFile::exists(file)) continue;
    printError(QStringLiteral("%1: is there already; nothing was written").arg(file));
    return exitcode::cannotWrite;
  }
  if (const auto made = makeFolders(folder.path()); !made) {
    printError(QStringLiteral("%1 can't be made: %2").arg(folder.path(), made.error()));
    return exitcode::cannotWrite;
  }
  if (!writeFile(manifest, manifestStarter(*entries).toUtf8())) return exitcode::cannotWrite;
  if (!writeFile(schema, QJsonDocument(manifestSchema(schemas)).toJson())) return exitcode::cannotWrite;
  printLine(QStringLiteral("wrote %1 and %2").arg(manifest, schema));
  printNextSteps(manifest, types);
  return exitcode::ok;
}

}  // namespace tagwire
