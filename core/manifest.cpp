// SPDX-License-Identifier: Apache-2.0
#include "manifest.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTimeZone>

namespace tagwire {

namespace {

constexpr int mostScenes = 1000;
constexpr int mostReactions = 1000;

constexpr const char *idPattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";

QString wrongId(const QString &id) {
  static const QRegularExpression allowed(QLatin1String{idPattern});
  if (id == QLatin1String("tagwire")) return QStringLiteral("\"tagwire\" is the runtime's own name");
  if (allowed.match(id).hasMatch()) return {};
  return QStringLiteral("\"%1\" is no id (allowed: 1 to 64 letters, digits, _ . -, beginning with a letter or digit)")
      .arg(id.left(70));
}

QString wrongTimeZone(const QString &name) {
  if (QTimeZone::isTimeZoneIdAvailable(name.toUtf8())) return {};
  QStringList known;
  for (const QByteArray &id : QTimeZone::availableTimeZoneIds()) known << QString::fromLatin1(id);
  return QStringLiteral("unknown time zone \"%1\"%2 (allowed: IANA names such as Europe/Berlin)")
      .arg(name.left(60), didYouMean(name, known));
}

/// The part of an include file.
struct Included {
  QList<ManifestEntry> plugins;
  QList<InterlockConfig> interlocks;
  QList<SceneConfig> scenes;
  QList<ReactionConfig> reactions;

  static void describe(Shape<Included> &shape) {
    shape.optional("plugins", &Included::plugins, "more entries");
    shape.optional("interlocks", &Included::interlocks, "more interlocks").range(0, 10'000);
    shape.optional("scenes", &Included::scenes, "more scenes").range(0, mostScenes);
    shape.optional("reactions", &Included::reactions, "more reactions").range(0, mostReactions);
  }
};

/// With the file as a whole.
Problem problemOf(const QString &file, const QString &message) {
  Problem problem;
  problem.where.file = std::make_shared<const QString>(file);
  problem.message = message;
  return problem;
}

QString tooLarge() { return QStringLiteral("is too large (allowed: %1 bytes)").arg(Manifest::largest); }

/// Adds the file to `documents`.
ConfigNode parseDocument(const QString &file, const QByteArray &bytes, QList<ManifestDocument> &documents,
                         Problems &problems, bool &ok) {
  const auto before = problems.size();
  documents.append({file, QCryptographicHash::hash(bytes, QCryptographicHash::Sha256)});
  ConfigNode node = parseJson(bytes, file, problems);
  // Even with a key twice the rest of the tree is worth reading; a syntax error leaves none.
  ok = problems.size() == before || !node.members.empty();
  return node;
}

ConfigNode readDocument(const QString &file, QList<ManifestDocument> &documents, Problems &problems, bool &ok) {
  QFile source(file);
  QString wrong;
  if (!QFileInfo::exists(file)) {
    wrong = QStringLiteral("no such file");
  } else if (QFileInfo(file).isDir()) {
    wrong = QStringLiteral("is a directory (a JSON file is due)");
  } else if (!source.open(QIODevice::ReadOnly)) {
    wrong = QStringLiteral("can't be read: %1").arg(source.errorString());
  } else if (source.size() > Manifest::largest) {
    wrong = tooLarge();
  }
  ok = wrong.isEmpty();
  if (ok) return parseDocument(file, source.readAll(), documents, problems, ok);
  problems.append(problemOf(file, wrong));
  return {};
}

/// What `$file` and `$csv` name below this node.
void addReferred(const ConfigNode &node, QStringList &files) {
  for (const ConfigNode &item : node.items) addReferred(item, files);
  for (const ConfigNode::Member &member : node.members) addReferred(member.value, files);
  const QString file = referredFile(node);
  if (!file.isEmpty() && !files.contains(file)) files << file;
}

/// The entries know where they stand, so that later steps can point at them.
void place(QList<ManifestEntry> &entries, const ConfigNode &document, const ConfigReader &reader) {
  const ConfigNode *list = document.member(QLatin1String("plugins"));
  for (qsizetype i = 0; i < entries.size(); ++i) {
    const QString local = QStringLiteral("plugins[%1]").arg(i);
    entries[i].path = local;
    entries[i].where = reader.locate(local + QLatin1String(".id"));
    entries[i].typeWhere = reader.locate(local + QLatin1String(".type"));
    // Rows of a CSV file are no items of their own: then a change of one is a change of all.
    const bool isItem = list->items.size() == static_cast<size_t>(entries.size());
    entries[i].fingerprint = fingerprintOf(isItem ? list->items[static_cast<size_t>(i)] : *list);
    const bool saysWhere = entries[i].isolation.has_value();
    entries[i].isolationWhere = reader.locate(local + QLatin1String(saysWhere ? ".isolation" : ".limits"));
    if (!entries[i].config.where.file) {
      entries[i].config.kind = ConfigNode::Kind::Object;
      entries[i].config.where = entries[i].where;
    }
  }
}

QStringList filesOf(const QString &pattern, const QString &manifest, QString &wrong) {
  const QFileInfo info(QDir::cleanPath(QFileInfo(manifest).dir().filePath(pattern)));
  const bool isPattern = pattern.contains(u'*') || pattern.contains(u'?') || pattern.contains(u'[');
  if (!isPattern) {
    if (!info.exists()) wrong = QStringLiteral("no such file \"%1\"").arg(info.filePath());
    return info.exists() ? QStringList{info.filePath()} : QStringList();
  }
  if (info.path().contains(u'*')) {
    wrong = QStringLiteral("a pattern may stand in the last part of the path only");
    return {};
  }
  QStringList files;
  for (const auto &each : info.dir().entryInfoList({info.fileName()}, QDir::Files, QDir::Name))
    files << QDir::cleanPath(each.filePath());
  return files;
}

void readIncluded(Manifest &manifest, const QString &file, const ConfigReader &reader, Problems &problems) {
  for (qsizetype i = 0; i < manifest.include.size(); ++i) {
    QString wrong;
    const QString key = QStringLiteral("include[%1]").arg(i);
    const QStringList files = filesOf(manifest.include[i], file, wrong);
    if (!wrong.isEmpty()) problems.append({reader.locate(key), key, wrong, false});
    for (const QString &each : files) {
      bool ok = false;
      const ConfigNode node = readDocument(each, manifest.documents, problems, ok);
      if (!ok) continue;
      ConfigReader part(node, QString(), problems);
      Included included;
      part.readInto(included);
      place(included.plugins, node, part);
      checkInterlocks(included.interlocks, part);
      manifest.plugins += included.plugins;
      checkScenes(included.scenes, part);
      checkReactions(included.reactions, part);
      manifest.interlocks += included.interlocks;
      manifest.scenes += included.scenes;
      manifest.reactions += included.reactions;
      manifest.references += part.later().references;
    }
  }
}

void checkIds(const Manifest &manifest, Problems &problems) {
  QHash<QString, const ManifestEntry *> seen;
  for (const ManifestEntry &entry : manifest.plugins) {
    if (entry.id.isEmpty()) continue;  // reported already
    if (const auto *first = seen.value(entry.id)) {
      problems.append({entry.where, entry.path + QLatin1String(".id"),
                       QStringLiteral("id \"%1\" is taken by the entry in %2, line %3")
                           .arg(entry.id, *first->where.file)
                           .arg(first->where.line),
                       false});
    }
    seen.insert(entry.id, &entry);
  }
}

}  // namespace

void ManifestEntry::describe(Shape<ManifestEntry> &shape) {
  shape.required("id", &ManifestEntry::id, "name of the instance; its points are `<id>/<name>`")
      .check(wrongId)
      .pattern(idPattern)
      .example("plc1");
  shape.required("type", &ManifestEntry::type, "type of the plugin").range(1, 64).example("modbus");
  shape.optional("enabled", &ManifestEntry::enabled, "false: read and checked, but not started");
  shape.optional("on_start_error", &ManifestEntry::onStartError, "what to do when it can't start");
  shape.optional("isolation", &ManifestEntry::isolation,
                 "where it runs: in the host (`none`), or in a process of its own, whose crash is no other's");
  shape.optional("limits", &ManifestEntry::limits, "of an instance in a process of its own");
  shape.optional("config", &ManifestEntry::config, "the plugin's own keys").takes("object", "{\"type\":\"object\"}");
}

void SiteConfig::describe(Shape<SiteConfig> &shape) {
  shape.optional("name", &SiteConfig::name, "name of the site").range(0, 100).example("North plant").suggested();
  shape.optional("timezone", &SiteConfig::timeZone, "IANA time zone of times without an offset").check(wrongTimeZone);
}

void Manifest::describe(Shape<Manifest> &shape) {
  shape.optional("site", &Manifest::site, "the place all this stands at").suggested();
  shape.optional("data_dir", &Manifest::dataDir, "folder for all that is kept, relative to this file")
      .range(1, 4096)
      .suggested();
  shape
      .optional("include", &Manifest::include,
                "further files with `plugins`, `interlocks`, `scenes` and `reactions`; `*` in the file's name")
      .example("conf.d/*.json");
  shape.required("plugins", &Manifest::plugins, "the instances to run");
  shape.optional("interlocks", &Manifest::interlocks, "conditions on commands").range(0, 10'000);
  shape.optional("scenes", &Manifest::scenes, "sequences of commands, run as one").range(0, mostScenes);
  shape.optional("reactions", &Manifest::reactions, "commands that events ask for").range(0, mostReactions);
}

Manifest Manifest::read(const QString &file, Problems &problems) {
  Manifest manifest;
  bool ok = false;
  const ConfigNode node = readDocument(file, manifest.documents, problems, ok);
  if (!ok) return {};
  manifest.take(node, file, problems);
  return manifest;
}

Manifest Manifest::read(const QString &file, const QByteArray &text, Problems &problems) {
  Manifest manifest;
  bool ok = false;
  if (text.size() > largest) {
    problems.append(problemOf(file, tooLarge()));
    return {};
  }
  const ConfigNode node = parseDocument(file, text, manifest.documents, problems, ok);
  if (!ok) return {};
  manifest.take(node, file, problems);
  return manifest;
}

void Manifest::take(const ConfigNode &node, const QString &file, Problems &problems) {
  ConfigReader reader(node, QString(), problems);
  reader.readInto(*this);
  place(plugins, node, reader);
  checkInterlocks(interlocks, reader);
  checkScenes(scenes, reader);
  checkReactions(reactions, reader);
  references = reader.later().references;
  readIncluded(*this, file, reader, problems);
  checkIds(*this, problems);
  checkInterlockIds(interlocks, problems);
  checkSceneIds(scenes, problems);
  checkReactionIds(reactions, problems);
  for (const ManifestEntry &entry : std::as_const(plugins)) addReferred(entry.config, referred);
  dataDir = QDir::cleanPath(QFileInfo(file).absoluteDir().filePath(dataDir));
}

}  // namespace tagwire
