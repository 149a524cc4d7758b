// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <QCryptographicHash>
#include <QJsonDocument>

#include <cmath>

#include "shapecheck.h"

namespace tagwire::rtls {
namespace {

QString numbered(const char *list, qsizetype index) {
  return QStringLiteral("%1[%2]").arg(QString::fromLatin1(list)).arg(index);
}

template <class Config>
QByteArray definitionOf(const Config &config) {
  QJsonObject definition = shapeOf<Config>().write(config);
  definition.remove(QStringLiteral("name"));
  return QJsonDocument(definition).toJson(QJsonDocument::Compact);
}

PresenceRule ruleOf(const TriggerConfig &config) {
  PresenceRule rule;
  rule.entryDelay = config.entryDelay;
  rule.exitTolerance = config.exitTolerance;
  rule.exitDelay = config.exitDelay;
  if (config.dwell) rule.dwell = *config.dwell;
  if (config.direction == Direction::WhileIn) {
    rule.whileInterval = config.whileInterval.value_or(std::chrono::milliseconds(0));
  }
  return rule;
}

/// Makes the model part by part; a part with an error is left out, so that the rest is checked too.
class ModelMaker {
 public:
  ModelMaker(const RtlsConfig &config, ConfigReader &reader) : m_config(config), m_reader(reader) {}

  Model make() {
    m_model.lengthUnit = m_config.lengthUnit == LengthUnit::Feet ? QStringLiteral("ft") : QStringLiteral("m");
    addManagers();
    addZones();
    addParents();
    addTags();
    for (qsizetype i = 0; i < m_config.triggers.size(); ++i) addTrigger(i);
    if (m_config.simulate) checkSimulation(*m_config.simulate);
    return std::move(m_model);
  }

 private:
  void error(const QString &at, const QString &message) { m_reader.error(at, message); }

  /// False, with an error, when `id` was there before.
  template <class Id>
  bool isNew(QHash<Id, qsizetype> &seen, const Id &id, const char *list, qsizetype index, const char *key) {
    if (const auto earlier = seen.constFind(id); earlier != seen.cend()) {
      error(QStringLiteral("%1.%2").arg(numbered(list, index), QString::fromLatin1(key)),
            QStringLiteral("%1 is taken by %2 (each has its own)").arg(id).arg(numbered(list, *earlier)));
      return false;
    }
    seen.insert(id, index);
    return true;
  }

  void addManagers();
  void addZones();
  void addParents();
  void addTags();
  void addTrigger(qsizetype index);
  void checkSimulation(const SimulateConfig &simulate);

  std::optional<Polygon> polygon(const QList<QList<double>> &corners, const QString &at);
  std::optional<Heights> heights(const QList<double> &z, const Heights &ifAbsent, const QString &at);
  std::optional<Region> region(const RegionConfig &config, const Zone &zone, const QString &at);
  void addRegions(const TriggerConfig &config, Trigger &trigger, const Zone &zone, const QString &at);
  void checkTimes(const TriggerConfig &config, const QString &at);
  QByteArray fingerprint(const TriggerConfig &config);
  void addPortable(const PortableConfig &config, Trigger &trigger, const QString &at);
  void checkTagsKnown(const QList<QString> &tags, const QString &at);
  void checkTagKnown(const QString &tag, const QString &at);
  void checkLevel(qsizetype index, const Zone &zone, const Zone &parent);
  bool findDepth(qsizetype index);
  QString knownZones() const;

  const RtlsConfig &m_config;
  ConfigReader &m_reader;
  Model m_model;
  QHash<int, qsizetype> m_zoneEntries;  ///< zone id → index in the configuration
  QHash<int, int> m_zoneIndex;          ///< zone id → index in the model
  QList<qsizetype> m_zoneOrigin;        ///< index in the model → index in the configuration
  QHash<QString, qsizetype> m_tagEntries;
  QHash<int, qsizetype> m_triggerEntries;
  QHash<int, QByteArray> m_zoneDefinitions;
};

void ModelMaker::addManagers() {
  if (m_config.managers.isEmpty() && m_config.remotes.isEmpty()) {
    error(QStringLiteral("managers"), QStringLiteral("key \"managers\" is missing (allowed without it: `remotes`)"));
  }
  static const QStringList reserved{QStringLiteral("events"), QStringLiteral("alarms"), QStringLiteral("rooms"),
                                    QStringLiteral("live"), QStringLiteral("device")};
  QHash<QString, qsizetype> seen;
  for (qsizetype i = 0; i < m_config.managers.size(); ++i) {
    const ManagerConfig &config = m_config.managers.at(i);
    const QString at = numbered("managers", i) + QStringLiteral(".name");
    if (reserved.contains(config.name)) {
      error(at, QStringLiteral("\"%1\" is a path of its own under /ws (not allowed: %2)")
                    .arg(config.name, reserved.join(QStringLiteral(", "))));
    }
    for (const QChar character : config.name) {
      const bool ascii = character.unicode() < 128;
      if (ascii && (character.isLetterOrNumber() || QStringLiteral("-_.~").contains(character))) continue;
      error(at, QStringLiteral("\"%1\" does not fit into a URL (allowed: letters, digits, - _ . ~)").arg(config.name));
      break;
    }
    isNew(seen, config.name, "managers", i, "name");
    m_model.managers << RtlsManager{config.name, config.host, config.port};
  }
}

std::optional<Polygon> ModelMaker::polygon(const QList<QList<double>> &corners, const QString &at) {
  constexpr double largest = 1e9;
  Polygon polygon;
  for (qsizetype i = 0; i < corners.size(); ++i) {
    const QList<double> &corner = corners.at(i);
    const QString cornerAt = QStringLiteral("%1[%2]").arg(at).arg(i);
    if (corner.size() != 2) {
      error(cornerAt, QStringLiteral("a corner is [x, y], not %1 numbers").arg(corner.size()));
      return std::nullopt;
    }
    if (std::abs(corner[0]) > largest || std::abs(corner[1]) > largest) {
      error(cornerAt, QStringLiteral("is too far out (allowed: -1e9 to 1e9)"));
      return std::nullopt;
    }
    polygon.push_back({corner[0], corner[1]});
  }
  // Others close their polygons by saying the first corner again.
  if (polygon.size() > 3 && polygon.front() == polygon.back()) polygon.pop_back();
  if (const QString wrong = wrongOutline(polygon); !wrong.isEmpty()) {
    error(at, wrong + QStringLiteral(" (allowed: an outline that meets itself nowhere; vertices count from 0)"));
    return std::nullopt;
  }
  return polygon;
}

std::optional<Heights> ModelMaker::heights(const QList<double> &z, const Heights &ifAbsent, const QString &at) {
  if (z.isEmpty()) return ifAbsent;
  if (z[0] <= z[1]) return Heights{z[0], z[1]};
  error(at, QStringLiteral("from %1 is over to %2 (allowed: [from, to])").arg(z[0]).arg(z[1]));
  return std::nullopt;
}

void ModelMaker::addZones() {
  for (qsizetype i = 0; i < m_config.zones.size(); ++i) {
    const ZoneConfig &config = m_config.zones.at(i);
    const QString at = numbered("zones", i);
    const bool fresh = isNew(m_zoneEntries, config.id, "zones", i, "id");
    const auto outline = polygon(config.polygon, at + QStringLiteral(".polygon"));
    const auto zoneHeights = heights(config.z, Heights(), at + QStringLiteral(".z"));
    if (!fresh || !outline || !zoneHeights) continue;
    m_zoneIndex.insert(config.id, static_cast<int>(m_model.zones.size()));
    m_zoneOrigin << i;
    m_model.zones.push_back(
        Zone{ZoneInfo{config.id, config.name, ValueShape<Level>::fallback(config.level).toString(), 0}, config.level,
             Region(*outline, *zoneHeights), -1, 0});
  }
}

QString ModelMaker::knownZones() const {
  QStringList ids;
  for (const ZoneConfig &zone : m_config.zones) ids << QString::number(zone.id);
  if (ids.isEmpty()) return QStringLiteral("there are no zones");
  return QStringLiteral("allowed: %1")
      .arg(ids.size() > 20 ? QStringLiteral("an id of `zones`") : ids.join(QStringLiteral(", ")));
}

void ModelMaker::addParents() {
  for (Zone &zone : m_model.zones) {
    const qsizetype index = m_zoneOrigin.at(&zone - m_model.zones.data());
    const auto parent = m_config.zones.at(index).parent;
    if (!parent) continue;
    if (!m_zoneEntries.contains(*parent)) {
      error(numbered("zones", index) + QStringLiteral(".parent"),
            QStringLiteral("no zone %1 (%2)").arg(*parent).arg(knownZones()));
      continue;
    }
    zone.info.parent = *parent;
    zone.parent = m_zoneIndex.value(*parent, -1);
    if (zone.parent >= 0) checkLevel(index, zone, m_model.zones[static_cast<size_t>(zone.parent)]);
  }
  for (qsizetype i = 0; i < m_zoneOrigin.size(); ++i) {
    if (!findDepth(i)) return;  // one report for a ring, not one for each zone of it
  }
}

void ModelMaker::checkLevel(qsizetype index, const Zone &zone, const Zone &parent) {
  const QString at = numbered("zones", index);
  if (&zone != &parent && zone.level < parent.level) {
    error(at + QStringLiteral(".level"),
          QStringLiteral("zone \"%1\" (%2) can't lie in zone \"%3\" (%4), which is narrower")
              .arg(zone.info.name, zone.info.level, parent.info.name, parent.info.level));
  }
  // A zone that says nothing of heights is not measured by them.
  const Region &own = zone.region;
  const bool anyHeight = own.heights() == Heights();
  if (&zone != &parent &&
      !liesInside(anyHeight ? Region(std::get<Polygon>(own.shape()), parent.region.heights()) : own, parent.region)) {
    m_reader.warning(
        at + QStringLiteral(".polygon"),
        QStringLiteral("zone \"%1\" is not wholly inside its parent \"%2\"").arg(zone.info.name, parent.info.name));
  }
}

bool ModelMaker::findDepth(qsizetype index) {
  Zone &zone = m_model.zones[static_cast<size_t>(index)];
  int depth = 0;
  for (int up = zone.parent; up >= 0; up = m_model.zones[static_cast<size_t>(up)].parent) {
    if (++depth > static_cast<int>(m_model.zones.size())) return true;  // above it is a ring, which reports itself
    if (up != index) continue;
    error(numbered("zones", m_zoneOrigin.at(index)) + QStringLiteral(".parent"),
          QStringLiteral("zone \"%1\" lies in itself, by its parents").arg(zone.info.name));
    return false;
  }
  zone.depth = depth;
  return true;
}

void ModelMaker::addTags() {
  for (qsizetype i = 0; i < m_config.tags.size(); ++i) {
    const TagConfig &config = m_config.tags.at(i);
    if (const QString wrong = wrongTagId(config.id); !wrong.isEmpty()) {
      error(numbered("tags", i) + QStringLiteral(".id"), wrong);
    }
    if (isNew(m_tagEntries, config.id, "tags", i, "id")) m_model.tags << TagInfo{config.id, config.name};
  }
}

void ModelMaker::checkTagKnown(const QString &tag, const QString &at) {
  if (m_tagEntries.contains(tag)) return;
  error(
      at,
      QStringLiteral("unknown tag \"%1\"%2 (allowed: an id of `tags`)").arg(tag, didYouMean(tag, m_tagEntries.keys())));
}

void ModelMaker::checkTagsKnown(const QList<QString> &tags, const QString &at) {
  for (qsizetype i = 0; i < tags.size(); ++i) checkTagKnown(tags.at(i), QStringLiteral("%1[%2]").arg(at).arg(i));
}

void ModelMaker::addTrigger(qsizetype index) {
  const TriggerConfig &config = m_config.triggers.at(index);
  const QString at = numbered("triggers", index);
  isNew(m_triggerEntries, config.id, "triggers", index, "id");
  checkTagsKnown(config.tags, at + QStringLiteral(".tags"));
  checkTimes(config, at);
  if (!m_zoneEntries.contains(config.zone)) {
    error(at + QStringLiteral(".zone"), QStringLiteral("no zone %1 (%2)").arg(config.zone).arg(knownZones()));
  }
  if (config.portable.has_value() == !config.regions.isEmpty()) {
    error(at, QStringLiteral("either `regions` or `portable` is due, and not both"));
    return;
  }
  const int zoneIndex = m_zoneIndex.value(config.zone, -1);
  if (zoneIndex < 0) {
    if (config.portable) checkTagKnown(config.portable->tag, at + QStringLiteral(".portable.tag"));
    return;
  }
  const Zone &zone = m_model.zones[static_cast<size_t>(zoneIndex)];
  const QString direction = ValueShape<Direction>::fallback(config.direction).toString();
  Trigger trigger{TriggerInfo{config.id, config.name, config.zone, direction, config.portable.has_value()},
                  config.direction,
                  {},
                  {},
                  zone.region,
                  QSet<QString>(config.tags.cbegin(), config.tags.cend()),
                  ruleOf(config),
                  config.whileInterval.value_or(std::chrono::milliseconds(0)),
                  fingerprint(config)};
  if (config.portable) {
    addPortable(*config.portable, trigger, at + QStringLiteral(".portable"));
  } else {
    addRegions(config, trigger, zone, at + QStringLiteral(".regions"));
  }
  m_model.triggers.push_back(std::move(trigger));
}

void ModelMaker::checkTimes(const TriggerConfig &config, const QString &at) {
  const QString direction = ValueShape<Direction>::fallback(config.direction).toString();
  if (config.direction == Direction::OnDwell && !config.dwell) {
    error(at + QStringLiteral(".dwell_ms"), QStringLiteral("is due with the direction OnDwell (allowed: 1 and more)"));
  }
  if (config.direction != Direction::OnDwell && config.dwell) {
    error(at + QStringLiteral(".dwell_ms"),
          QStringLiteral("means nothing with the direction %1 (allowed: with OnDwell)").arg(direction));
  }
  const bool isWhile = config.direction == Direction::WhileIn || config.direction == Direction::WhileOut;
  if (!isWhile && config.whileInterval) {
    error(at + QStringLiteral(".while_interval_ms"),
          QStringLiteral("means nothing with the direction %1 (allowed: with WhileIn, WhileOut)").arg(direction));
  }
}

/// Of all that decides what the trigger raises; a zone's counts too, for it gives heights and cuts circles off.
QByteArray ModelMaker::fingerprint(const TriggerConfig &config) {
  QByteArray &zone = m_zoneDefinitions[config.zone];
  if (zone.isEmpty()) zone = definitionOf(m_config.zones.at(m_zoneEntries.value(config.zone)));
  QCryptographicHash hash(QCryptographicHash::Sha256);
  hash.addData(definitionOf(config));
  hash.addData(zone);
  hash.addData(m_model.lengthUnit.toUtf8());
  return hash.result().left(8);
}

void ModelMaker::addPortable(const PortableConfig &config, Trigger &trigger, const QString &at) {
  checkTagKnown(config.tag, at + QStringLiteral(".tag"));
  const auto portableHeights = heights(config.z, Heights(), at + QStringLiteral(".z"));
  if (portableHeights) trigger.portable = Portable{config.tag, config.radius, *portableHeights};
}

void ModelMaker::addRegions(const TriggerConfig &config, Trigger &trigger, const Zone &zone, const QString &at) {
  for (qsizetype i = 0; i < config.regions.size(); ++i) {
    const QString regionAt = QStringLiteral("%1[%2]").arg(at).arg(i);
    auto one = region(config.regions.at(i), zone, regionAt);
    if (!one) continue;
    if (!liesInside(*one, zone.region)) {
      const bool byHeight = !zone.region.heights().contains(one->heights());
      error(byHeight ? regionAt + QStringLiteral(".z") : regionAt,
            QStringLiteral("trigger %1 \"%2\" is not inside its zone %3 \"%4\"%5")
                .arg(config.id)
                .arg(config.name)
                .arg(zone.info.id)
                .arg(zone.info.name, byHeight ? QStringLiteral(": its heights reach beyond") : QString()));
    }
    trigger.regions.push_back(std::move(*one));
  }
}

std::optional<Region> ModelMaker::region(const RegionConfig &config, const Zone &zone, const QString &at) {
  const auto itsHeights = heights(config.z, zone.region.heights(), at + QStringLiteral(".z"));
  if (config.polygon.isEmpty() != config.circle.has_value()) {
    error(at, QStringLiteral("either `polygon` or `circle` is due, and not both"));
    return std::nullopt;
  }
  if (!itsHeights) return std::nullopt;
  if (config.circle) {
    return Region(Circle{{config.circle->center[0], config.circle->center[1]}, config.circle->radius}, *itsHeights);
  }
  const auto outline = polygon(config.polygon, at + QStringLiteral(".polygon"));
  if (!outline) return std::nullopt;
  return Region(*outline, *itsHeights);
}

void ModelMaker::checkSimulation(const SimulateConfig &simulate) {
  checkTagsKnown(simulate.tags, QStringLiteral("simulate.tags"));
  if (m_config.zones.isEmpty()) error(QStringLiteral("simulate"), QStringLiteral("needs a zone to walk in"));
  if (m_config.tags.isEmpty()) error(QStringLiteral("simulate"), QStringLiteral("needs tags that walk"));
}

}  // namespace

ZoneDirectory Model::directory() const {
  ZoneDirectory directory{managers, {}, tags, {}};
  for (const Zone &zone : zones) directory.zones << zone.info;
  for (const Trigger &trigger : triggers) directory.triggers << trigger.info;
  return directory;
}

QString wrongTagId(const QString &id) {
  if (id.isEmpty()) return QStringLiteral("a tag's id may not be empty");
  if (id.size() > 64) return QStringLiteral("a tag's id may hold 64 characters at most, not %1").arg(id.size());
  if (!id.isValidUtf16()) return QStringLiteral("a tag's id must be proper Unicode");
  for (const QChar character : id) {
    if (character.category() == QChar::Other_Control || character.isSpace() ||
        QStringLiteral("/*#?+\"\\").contains(character)) {
      return QStringLiteral("a tag's id may not hold spaces, control characters or / * # ? + \" \\");
    }
  }
  return {};
}

std::optional<Model> makeModel(const RtlsConfig &config, ConfigReader &reader) {
  Model model = ModelMaker(config, reader).make();
  if (reader.failed()) return std::nullopt;
  return model;
}

}  // namespace tagwire::rtls
