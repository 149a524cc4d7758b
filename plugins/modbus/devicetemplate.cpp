// SPDX-License-Identifier: Apache-2.0
#include "devicetemplate.h"

#include <QJsonArray>
#include <QRegularExpression>

namespace tagwire::modbus {
namespace {

using Kind = ConfigNode::Kind;

QString wrongPath(const QString &name) {
  static const QRegularExpression part(QStringLiteral("^[^/*#?+\\x00-\\x1f\\x7f]+(/[^/*#?+\\x00-\\x1f\\x7f]+)*$"));
  if (part.match(name).hasMatch()) return {};
  return QStringLiteral("is no name (allowed: parts divided by /, without * # ? + and control characters)");
}

QString quoted(const QString &name) { return u'"' + name.left(60) + u'"'; }

QString deviceKey(qsizetype device, const QString &key) {
  return QStringLiteral("devices[%1].%2").arg(device).arg(key);
}

}  // namespace

void DeviceTemplate::describe(Shape<DeviceTemplate> &shape) {
  shape
      .required("points", &DeviceTemplate::points,
                "as the instance's `points`, `$csv` too, but a text may hold `{parameter}`; a text that is nothing "
                "else becomes the value itself, so `\"{ratio}\"` may stand for a number; `{{` is a brace")
      .range(1, 100'000);
  shape
      .optional(
          "parameters", &DeviceTemplate::parameters,
          "names and defaults (text, number, true or false) of what devices differ in; null: each device gives it")
      .exampleJson("{\"tag\": \"P101\", \"ratio\": 0.1}")
      .range(0, 100);
}

void DeviceConfig::describe(Shape<DeviceConfig> &shape) {
  shape.required("name", &DeviceConfig::name, "begins the names of its points: `<name>/<point>`")
      .example("pump1")
      .range(1, 100)
      .check(wrongPath);
  shape.required("template", &DeviceConfig::templateName, "one of `templates`").example("pump");
  shape
      .optional("unit_id", &DeviceConfig::unitId,
                "unit id of its points that have none of their own; that of the instance when left out")
      .example(2)
      .range(0, 255);
  shape.optional("base", &DeviceConfig::base, "added to the addresses of its points").range(0, 65535);
  shape.optional("number_base", &DeviceConfig::numberBase, "added to the `number` of its points, where there is one")
      .range(0, 2147483646);
  shape
      .optional("poll_interval_ms", &DeviceConfig::pollInterval,
                "how often its points are read that have no interval of their own")
      .example(500)
      .range(10, 86'400'000);
  shape
      .optional("parameters", &DeviceConfig::parameters, "values of the template's parameters, instead of the defaults")
      .exampleJson("{\"tag\": \"P101\", \"ratio\": 0.1}")
      .range(0, 100);
}

DevicePoints::DevicePoints(const QMap<QString, DeviceTemplate> &templates, const QList<DeviceConfig> &devices,
                           ConfigReader &reader)
    : m_templates(templates), m_devices(devices), m_reader(reader) {}

QList<PointConfig> DevicePoints::make(qsizetype most) {
  for (auto each = m_templates.begin(); each != m_templates.end(); ++each) {
    if (checkTemplate(each.key(), each.value())) m_usable.insert(each.key());
  }
  if (!checkNames()) return {};
  qsizetype total = 0;
  for (const DeviceConfig &device : m_devices) total += m_templates.value(device.templateName).points.size();
  if (total > most) {
    m_reader.error(QStringLiteral("devices"), QStringLiteral("the devices have %1 points (allowed: %2 beside those in "
                                                             "`points`)")
                                                  .arg(total)
                                                  .arg(most));
    return {};
  }
  for (qsizetype i = 0; i < m_devices.size(); ++i) {
    if (const auto values = valuesOf(i)) makeDevice(i, *values);
  }
  return std::move(m_points);
}

bool DevicePoints::checkTemplate(const QString &name, const DeviceTemplate &given) {
  static const QRegularExpression word(QStringLiteral("^[A-Za-z0-9_-]{1,64}$"));
  const QString place = QStringLiteral("templates.") + name;
  QStringList words = given.parameters.keys();
  words.prepend(name);
  for (const QString &each : words) {
    if (word.match(each).hasMatch()) continue;
    m_reader.error(place,
                   QStringLiteral("%1 is no name (allowed: 1 to 64 letters, digits, _ and -)").arg(quoted(each)));
    return false;
  }
  const bool isUsed = std::any_of(m_devices.begin(), m_devices.end(),
                                  [&](const DeviceConfig &device) { return device.templateName == name; });
  if (!isUsed) m_reader.error(place, QStringLiteral("no device uses the template (allowed: one that is used)"));
  bool ok = isUsed;
  QSet<QString> used;
  for (qsizetype i = 0; i < given.points.size(); ++i) {
    ok = checkTexts(QStringLiteral("%1.points[%2]").arg(place).arg(i), given, given.points[i].node, used) && ok;
  }
  for (auto each = given.parameters.begin(); ok && each != given.parameters.end(); ++each) {
    if (used.contains(each.key())) continue;
    m_reader.warning(place + QLatin1String(".parameters.") + each.key(),
                     QStringLiteral("no point of the template uses the parameter"));
  }
  return ok;
}

bool DevicePoints::checkTexts(const QString &place, const DeviceTemplate &given, const ConfigNode &point,
                              QSet<QString> &used) {
  bool ok = true;
  const QStringList known = given.parameters.keys();
  const auto refuse = [&](const QString &key, const QString &message) {
    m_reader.error(place + u'.' + key, message);
    ok = false;
  };
  for (const ConfigNode::Member &member : point.members) {
    if (!holdsParameters(member)) continue;
    const auto check = [&](const QString &name) {
      used.insert(name);
      if (known.contains(name)) return;
      refuse(member.key, QStringLiteral("unknown parameter %1%2 (allowed: %3, and {{ for a brace)")
                             .arg(quoted(name), didYouMean(name, known), known.join(QLatin1String(", "))));
    };
    if (forEachName(member.value.text, check)) continue;
    refuse(member.key, QStringLiteral("a { never ends (allowed: {parameter}, and {{ for a brace)"));
  }
  return ok;
}

bool DevicePoints::checkNames() {
  QHash<QString, qsizetype> seen;
  bool ok = true;
  for (qsizetype i = 0; i < m_devices.size(); ++i) {
    const QString &name = m_devices[i].name;
    const auto first = seen.constFind(name);
    if (first == seen.cend()) {
      seen.insert(name, i);
      continue;
    }
    m_reader.error(deviceKey(i, QStringLiteral("name")),
                   QStringLiteral("device %1 is there already, as devices[%2]").arg(quoted(name)).arg(*first));
    ok = false;
  }
  return ok;
}

/// What each parameter is for one device; nothing when the device can't be made.
std::optional<DevicePoints::Values> DevicePoints::valuesOf(qsizetype index) {
  const DeviceConfig &device = m_devices[index];
  const auto found = m_templates.constFind(device.templateName);
  if (found == m_templates.cend()) {
    m_reader.error(deviceKey(index, QStringLiteral("template")),
                   QStringLiteral("unknown template %1%2 (allowed: %3)")
                       .arg(quoted(device.templateName), didYouMean(device.templateName, m_templates.keys()),
                            m_templates.keys().join(QLatin1String(", "))));
    return std::nullopt;
  }
  Values values = found->parameters;
  bool ok = m_usable.contains(device.templateName);
  for (auto each = device.parameters.begin(); each != device.parameters.end(); ++each) {
    if (!values.contains(each.key())) {
      m_reader.error(
          deviceKey(index, QStringLiteral("parameters.") + each.key()),
          QStringLiteral("template %1 has no parameter %2%3 (allowed: %4)")
              .arg(quoted(device.templateName), quoted(each.key()), didYouMean(each.key(), found->parameters.keys()),
                   found->parameters.keys().join(QLatin1String(", "))));
      ok = false;
    }
    values.insert(each.key(), each.value());
  }
  for (auto each = values.begin(); each != values.end(); ++each) {
    if (each->value.kind != Kind::Null) continue;
    m_reader.error(deviceKey(index, QStringLiteral("parameters.") + each.key()),
                   QStringLiteral("parameter %1 is missing: template %2 has no default for it (device %3)")
                       .arg(quoted(each.key()), quoted(device.templateName), quoted(device.name)));
    ok = false;
  }
  return ok ? std::optional(values) : std::nullopt;
}

void DevicePoints::makeDevice(qsizetype index, const Values &values) {
  const ConfigLocation where = m_reader.locate(deviceKey(index, QStringLiteral("name")));
  const qsizetype count = m_templates[m_devices[index].templateName].points.size();
  QSet<QString> names;
  for (qsizetype i = 0; i < count; ++i) {
    const Origin origin{index, i};
    auto point = makePoint(origin, values);
    if (!point) continue;
    if (names.contains(point->name)) {
      tell(origin, QStringLiteral("name"), QStringLiteral("the template has two points of this name"));
      continue;
    }
    names.insert(point->name);
    if (!complete(origin, *point)) continue;
    point->device = where;
    m_points.append(std::move(*point));
    m_origins.append(origin);
  }
}

/// The point as its device would write it, by the one reading that all points have.
std::optional<PointConfig> DevicePoints::makePoint(const Origin &origin, const Values &values) {
  ConfigNode node = nodeOf(origin);
  for (ConfigNode::Member &member : node.members) {
    if (holdsParameters(member)) member.value = substituted(member.value, values);
  }
  Problems problems;
  ConfigReader reader(node, QString(), problems);
  auto point = reader.read<PointConfig>();
  m_reader.hide(problems);
  for (const Problem &problem : std::as_const(problems)) {
    if (!problem.isWarning) {
      tell(origin, problem.path, problem.message);
    } else if (isNews(problem.message)) {
      m_reader.warning(QStringLiteral("templates.") + m_devices[origin.device].templateName, problem.message);
    }
  }
  return point;
}

/// Adds what the device says of all its points.
bool DevicePoints::complete(const Origin &origin, PointConfig &point) {
  const DeviceConfig &device = m_devices[origin.device];
  if (const QString wrong = wrongPath(point.name); !wrong.isEmpty()) {
    tell(origin, QStringLiteral("name"), wrong);
    return false;
  }
  point.name = device.name + u'/' + point.name;
  if (point.name.size() > 200) {
    tellDevice(origin, QStringLiteral("name"), QStringLiteral("the name is too long (allowed: 200 characters)"));
    return false;
  }
  if (point.number && *point.number > 2147483647 - device.numberBase) {
    tellDevice(origin, QStringLiteral("number_base"), QStringLiteral("the number is too large (allowed: 2147483647)"));
    return false;
  }
  if (point.number) point.number = *point.number + device.numberBase;
  if (!point.unitId) point.unitId = device.unitId;
  if (!point.pollInterval) point.pollInterval = device.pollInterval;
  point.base = device.base;
  return true;
}

void DevicePoints::complain(qsizetype index, const char *key, const QString &message) {
  const Origin &origin = m_origins[index];
  const auto is = [&](const char *given) { return qstrcmp(key, given) == 0; };
  const bool isOfDevice = is("base") || (is("unit_id") && !nodeOf(origin).member(QLatin1String("unit_id")));
  if (isOfDevice) return tellDevice(origin, QString::fromLatin1(key), message);
  // Two keys may be at odds because of a parameter of the one that is not named.
  const auto &members = nodeOf(origin).members;
  const bool isGiven = std::any_of(members.begin(), members.end(), [&](const ConfigNode::Member &member) {
    return !givenParameter(origin, member.key).isEmpty();
  });
  const QString device = quoted(m_devices[origin.device].name);
  tell(origin, QString::fromLatin1(key), message, isGiven ? QStringLiteral(" (device %1)").arg(device) : QString());
}

/// At the parameter when the device gave the value, else once at the template, for the first device.
void DevicePoints::tell(const Origin &origin, const QString &key, const QString &message, const QString &of) {
  const QString parameter = givenParameter(origin, key);
  if (!parameter.isEmpty()) {
    return tellDevice(origin, QStringLiteral("parameters.") + parameter,
                      QStringLiteral("%1, for `%2`").arg(message, key));
  }
  const QString &name = m_devices[origin.device].templateName;
  QString place = QStringLiteral("templates.%1.points[%2]").arg(name).arg(origin.point);
  if (!key.isEmpty()) place += u'.' + key;
  if (isNews(place + message)) m_reader.error(place, message + of);
}

bool DevicePoints::isNews(const QString &text) {
  if (m_told.contains(text)) return false;
  m_told.insert(text);
  return true;
}

/// Once for each key of a device: its other points are wrong for the same reason.
void DevicePoints::tellDevice(const Origin &origin, const QString &key, const QString &message) {
  const QString place = deviceKey(origin.device, key);
  if (!isNews(place)) return;
  const ConfigNode *name = nodeOf(origin).member(QLatin1String("name"));
  const DeviceConfig &device = m_devices[origin.device];
  m_reader.error(place, QStringLiteral("%1 (device %2, point %3 of template %4)")
                            .arg(message, quoted(device.name), quoted(name ? name->text : QString()),
                                 quoted(device.templateName)));
}

const ConfigNode &DevicePoints::nodeOf(const Origin &origin) const {
  return m_templates.constFind(m_devices[origin.device].templateName)->points[origin.point].node;
}

/// The parameter of the device that the point's value at `key` comes from; empty when there is none.
QString DevicePoints::givenParameter(const Origin &origin, const QString &key) const {
  for (const ConfigNode::Member &member : nodeOf(origin).members) {
    if (member.key != key || !holdsParameters(member)) continue;
    QString given;
    forEachName(member.value.text, [&](const QString &name) {
      if (given.isEmpty() && m_devices[origin.device].parameters.contains(name)) given = name;
    });
    return given;
  }
  return {};
}

ConfigSchema withTemplatePoints(ConfigSchema schema) {
  QJsonObject point = schemaOf<PointConfig>().json;
  QJsonObject properties = point.value(QLatin1String("properties")).toObject();
  const QJsonObject braces{{QStringLiteral("type"), QStringLiteral("string")},
                           {QStringLiteral("pattern"), QStringLiteral("\\{")}};
  for (auto each = properties.begin(); each != properties.end(); ++each) {
    QJsonObject value = each.value().toObject();
    QJsonObject outer;
    for (const char *key : {"description", "default", "examples"}) {
      if (const QJsonValue told = value.take(QLatin1String(key)); !told.isUndefined()) outer[QLatin1String(key)] = told;
    }
    outer.insert(QStringLiteral("anyOf"), QJsonArray{value, braces});
    each.value() = outer;
  }
  point.insert(QStringLiteral("properties"), properties);
  const QJsonObject csv{{QStringLiteral("$ref"), QStringLiteral("#/definitions/csv")}};
  QJsonValue inner = QJsonObject{{QStringLiteral("anyOf"), QJsonArray{point, csv}}};
  // From the innermost outwards, as a QJsonObject gives copies of what it holds.
  const QStringList path{
      QStringLiteral("properties"), QStringLiteral("templates"), QStringLiteral("additionalProperties"),
      QStringLiteral("properties"), QStringLiteral("points"),    QStringLiteral("items")};
  for (qsizetype depth = path.size() - 1; depth >= 0; --depth) {
    QJsonObject outer = schema.json;
    for (qsizetype i = 0; i < depth; ++i) outer = outer.value(path[i]).toObject();
    outer.insert(path[depth], inner);
    inner = outer;
  }
  schema.json = inner.toObject();
  return schema;
}

}  // namespace tagwire::modbus
