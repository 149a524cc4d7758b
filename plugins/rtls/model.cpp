// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <QCryptographicHash>

#include "modelmaker.h"
#include "shapecheck.h"

namespace tagwire::rtls {
namespace {

PresenceRule ruleOf(const TriggerConfig &config) {
  PresenceRule rule;
  rule.entryDelay = config.entryDelay;
  rule.exitTolerance = config.exitTolerance;
  rule.exitDelay = config.exitDelay;
  if (config.dwell) rule.dwell = *config.dwell;
  return rule;
}

}  // namespace

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

void ModelMaker::addTags() {
  constexpr qsizetype mostClasses = 20;  // each zone has a point for each of them
  for (qsizetype i = 0; i < m_config.tags.size(); ++i) {
    const TagConfig &config = m_config.tags.at(i);
    if (!config.tagClass.isEmpty() && !m_model.classes.contains(config.tagClass)) {
      m_model.classes << config.tagClass;
      if (m_model.classes.size() == mostClasses + 1) {
        error(numbered("tags", i) + QStringLiteral(".class"),
              QStringLiteral("\"%1\" is the 21st class (allowed: 20)").arg(config.tagClass));
      }
    }
    if (const QString wrong = wrongTagId(config.id); !wrong.isEmpty()) {
      error(numbered("tags", i) + QStringLiteral(".id"), wrong);
    }
    if (isNew(m_tagEntries, config.id, "tags", i, "id")) {
      m_model.tags << TagInfo{config.id, config.name, config.tagClass};
    }
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
                  fingerprint(definitionOf(config), config.zone)};
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

/// Of all that decides what a trigger or a rule raises. A zone's counts too: it gives heights and cuts circles off.
QByteArray ModelMaker::fingerprint(const QByteArray &definition, const std::optional<int> &zoneId) {
  QCryptographicHash hash(QCryptographicHash::Sha256);
  hash.addData(definition);
  if (zoneId && m_zoneEntries.contains(*zoneId)) {
    QByteArray &zone = m_zoneDefinitions[*zoneId];
    if (zone.isEmpty()) zone = definitionOf(m_config.zones.at(m_zoneEntries.value(*zoneId)));
    hash.addData(zone);
  }
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
