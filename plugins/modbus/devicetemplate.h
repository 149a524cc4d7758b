// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>

#include "pointconfig.h"
#include "templatetext.h"

namespace tagwire::modbus {

/// A point whose texts may hold `{parameter}`, so that only its device can tell what it is. Plain value.
struct TemplatePoint {
  ConfigNode node;
};

/// A device type: its points, and the parameters in which devices of the type differ. Plain value.
struct DeviceTemplate {
  QList<TemplatePoint> points;
  QMap<QString, Parameter> parameters;  ///< the defaults; null: each device gives it

  static void describe(Shape<DeviceTemplate> &shape);
};

/// One entry of `devices`, as written. Plain value.
struct DeviceConfig {
  QString name;
  QString templateName;
  std::optional<int> unitId;
  int base = 0;
  int numberBase = 0;
  std::optional<std::chrono::milliseconds> pollInterval;
  QMap<QString, Parameter> parameters;

  static void describe(Shape<DeviceConfig> &shape);
};

/// Makes the points of devices from their templates and knows to whom an error belongs: one of the template is told
/// once, at the template; one of a device's parameter or base at the device. Thread-bound; lives while a configuration
/// is read.
class DevicePoints {
 public:
  DevicePoints(const QMap<QString, DeviceTemplate> &templates, const QList<DeviceConfig> &devices,
               ConfigReader &reader);

  /// The points of all devices, at most `most`, else an error; those that are wrong are left out.
  QList<PointConfig> make(qsizetype most);
  /// Reports what is wrong with a point that make() gave: the key, or "base" when the device's base is to blame. The
  /// device answers for "unit_id" too, unless the template's point has one.
  void complain(qsizetype index, const char *key, const QString &message);

 private:
  struct Origin {
    qsizetype device;
    qsizetype point;  ///< in the device's template
  };
  using Values = QMap<QString, Parameter>;

  bool checkTemplate(const QString &name, const DeviceTemplate &given);
  bool checkTexts(const QString &place, const DeviceTemplate &given, const ConfigNode &point, QSet<QString> &used);
  bool checkNames();
  std::optional<Values> valuesOf(qsizetype index);
  void makeDevice(qsizetype index, const Values &values);
  std::optional<PointConfig> makePoint(const Origin &origin, const Values &values);
  bool complete(const Origin &origin, PointConfig &point);
  void tell(const Origin &origin, const QString &key, const QString &message, const QString &of = {});
  void tellDevice(const Origin &origin, const QString &key, const QString &message);
  bool isNews(const QString &text);
  const ConfigNode &nodeOf(const Origin &origin) const;
  QString givenParameter(const Origin &origin, const QString &key) const;

  const QMap<QString, DeviceTemplate> &m_templates;
  const QList<DeviceConfig> &m_devices;
  ConfigReader &m_reader;
  QSet<QString> m_usable;  ///< templates without an error of their own
  QList<PointConfig> m_points;
  QList<Origin> m_origins;  ///< of m_points
  QSet<QString> m_told;
};

/// The schema of the configuration, with what the points of a template look like.
ConfigSchema withTemplatePoints(ConfigSchema schema);

}  // namespace tagwire::modbus

namespace tagwire {

template <>
struct ValueShape<modbus::TemplatePoint> {
  static bool read(const ConfigWalk &, const ConfigNode &node, const Key::Rules &, modbus::TemplatePoint &out) {
    out.node = node;
    return true;
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Object}; }
  static QJsonValue fallback(const modbus::TemplatePoint &) { return {}; }
};

template <>
struct ValueShape<modbus::Parameter> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, modbus::Parameter &out) {
    out.value = node;
    if (node.kind != ConfigNode::Kind::Array && node.kind != ConfigNode::Kind::Object) return true;
    return walk.error(node, QStringLiteral("a text, a number, true or false is due, not %1").arg(node.kindText()));
  }
  static TypeNode type() {
    const QJsonArray types{QStringLiteral("string"), QStringLiteral("number"), QStringLiteral("boolean"),
                           QStringLiteral("null")};
    return {.kind = TypeNode::Kind::Any,
            .help = QStringLiteral("text, number or true/false"),
            .schema = {{QStringLiteral("type"), types}}};
  }
  static QJsonValue fallback(const modbus::Parameter &) { return {}; }
};

}  // namespace tagwire
