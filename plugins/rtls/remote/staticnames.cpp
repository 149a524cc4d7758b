// SPDX-License-Identifier: Apache-2.0
#include "remote/staticnames.h"

#include <QFile>

namespace tagwire::rtls {

namespace {

constexpr qint64 largestFile = 16 * 1024 * 1024;
constexpr qsizetype mostTold = 20;

struct StaticTrigger {
  static void describe(Shape<StaticTrigger> &shape) {
    shape.required("id", &StaticTrigger::id, "number of the trigger").range(1, 2147483647);
    shape.required("name", &StaticTrigger::name, "what people call it").range(0, 200);
    shape.optional("zone_id", &StaticTrigger::zone, "number of its zone").range(0, 2147483647);
    shape.optional("direction", &StaticTrigger::direction, "what it waits for").range(0, 64);
    shape.optional("is_portable", &StaticTrigger::isPortable, "it travels with a tag");
  }
  int id = 0;
  QString name;
  int zone = 0;
  QString direction;
  bool isPortable = false;
};

/// As much of a tag as another site tells: what it is to us is not in that file.
struct StaticTag {
  static void describe(Shape<StaticTag> &shape) {
    shape.required("id", &StaticTag::id, "as the tag says it").range(1, 64);
    shape.optional("name", &StaticTag::name, "who or what carries it").range(0, 200);
  }
  QString id;
  QString name;
};

struct StaticZone {
  static void describe(Shape<StaticZone> &shape) {
    shape.required("id", &StaticZone::id, "number of the zone").range(1, 2147483647);
    shape.required("name", &StaticZone::name, "what people call it").range(0, 200);
    shape.optional("level", &StaticZone::level, "how wide it is").range(0, 64);
    shape.optional("parent", &StaticZone::parent, "number of the zone it lies in; 0: none").range(0, 2147483647);
  }
  int id = 0;
  QString name;
  QString level;
  int parent = 0;
};

struct StaticFile {
  static void describe(Shape<StaticFile> &shape) {
    shape.optional("triggers", &StaticFile::triggers, "triggers").range(0, 100'000);
    shape.optional("tags", &StaticFile::tags, "tags").range(0, 100'000);
    shape.optional("zones", &StaticFile::zones, "zones").range(0, 100'000);
  }
  QList<StaticTrigger> triggers;
  QList<StaticTag> tags;
  QList<StaticZone> zones;
};

QString toLines(const Problems &problems) {
  QStringList lines;
  for (const Problem &problem : problems) {
    if (lines.size() == mostTold) break;
    lines << toText(problem);
  }
  if (problems.size() > mostTold) lines << QStringLiteral("and %1 more").arg(problems.size() - mostTold);
  return lines.join(u'\n');
}

Result<QByteArray> contentOf(const QString &name) {
  QFile file(name);
  if (!file.open(QIODevice::ReadOnly)) {
    return failure(QStringLiteral("file \"%1\" can't be read: %2").arg(name, file.errorString()));
  }
  const QByteArray content = file.read(largestFile + 1);
  if (content.size() <= largestFile && file.error() == QFile::NoError) return content;
  return failure(QStringLiteral("file \"%1\" can't be read or is larger than %2 bytes").arg(name).arg(largestFile));
}

/// `info` under `id`, which is new in this list.
template <class Id, class Info>
void add(QHash<Id, Info> &all, const Id &id, const Info &info, const QString &at, ConfigReader &reader) {
  if (all.contains(id)) return reader.error(at, QStringLiteral("%1 is there twice (each has its own)").arg(id));
  all.insert(id, info);
}

StaticNames namesOf(const StaticFile &file, ConfigReader &reader) {
  StaticNames names;
  for (qsizetype i = 0; i < file.triggers.size(); ++i) {
    const StaticTrigger &each = file.triggers.at(i);
    add(names.triggers, each.id, {each.id, each.name, each.zone, each.direction, each.isPortable, true},
        QStringLiteral("triggers[%1].id").arg(i), reader);
  }
  for (qsizetype i = 0; i < file.zones.size(); ++i) {
    const StaticZone &each = file.zones.at(i);
    add(names.zones, each.id, {each.id, each.name, each.level, each.parent, true},
        QStringLiteral("zones[%1].id").arg(i), reader);
  }
  for (qsizetype i = 0; i < file.tags.size(); ++i) {
    const StaticTag &each = file.tags.at(i);
    add(names.tags, each.id, {each.id, each.name, {}, true}, QStringLiteral("tags[%1].id").arg(i), reader);
  }
  return names;
}

}  // namespace

Result<StaticNames> StaticNames::read(const QString &file) {
  const Result<QByteArray> content = contentOf(file);
  if (!content) return failure(content.error());
  Problems problems;
  const ConfigNode node = parseJson(*content, file, problems);
  if (hasErrors(problems)) return failure(toLines(problems));
  ConfigReader reader(node, QString(), problems);
  const auto read = reader.read<StaticFile>();
  const StaticNames names = read ? namesOf(*read, reader) : StaticNames();
  if (reader.failed()) return failure(toLines(problems));
  return names;
}

}  // namespace tagwire::rtls
