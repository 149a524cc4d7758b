// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonDocument>

#include "intake/addintake.h"
#include "model.h"

namespace tagwire::rtls {

/// "zones[3]"
inline QString numbered(const char *list, qsizetype index) {
  return QStringLiteral("%1[%2]").arg(QString::fromLatin1(list)).arg(index);
}

/// What is written in the manifest, but what decides nothing.
template <class Config>
QByteArray definitionOf(const Config &config) {
  QJsonObject definition = shapeOf<Config>().write(config);
  for (const char *key : {"name", "plan"}) definition.remove(QLatin1String(key));
  return QJsonDocument(definition).toJson(QJsonDocument::Compact);
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
    if (m_config.georeference) addGeoReference(*m_config.georeference);
    addTags();
    for (qsizetype i = 0; i < m_config.triggers.size(); ++i) addTrigger(i);
    addProximity();
    addEscorts();
    if (m_config.simulate) checkSimulation(*m_config.simulate);
    addIntake(m_config, m_model, m_reader);
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
  void addGeoReference(const GeoReferenceConfig &config);
  void warnOfFarZones(const GeoReference &georeference);
  void addProximity();
  void addEscorts();
  void checkSimulation(const SimulateConfig &simulate);

  std::optional<Polygon> polygon(const QList<QList<double>> &corners, const QString &at);
  std::optional<Heights> heights(const QList<double> &z, const Heights &ifAbsent, const QString &at);
  std::optional<Region> zoneRegion(const ZoneConfig &config, const QString &at);
  std::optional<std::vector<Polygon>> holes(const ZoneConfig &config, const Polygon &outline, const QString &at);
  std::optional<Plan> plan(const PlanConfig &config, const QString &at);
  int zoneOf(const std::optional<int> &id, const QString &at);
  void checkClassKnown(const QString &name, const QString &at);
  std::optional<Region> region(const RegionConfig &config, const Zone &zone, const QString &at);
  void addRegions(const TriggerConfig &config, Trigger &trigger, const Zone &zone, const QString &at);
  void checkTimes(const TriggerConfig &config, const QString &at);
  QByteArray fingerprint(const QByteArray &definition, const std::optional<int> &zoneId);
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

}  // namespace tagwire::rtls
