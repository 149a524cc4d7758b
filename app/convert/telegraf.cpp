// SPDX-License-Identifier: Apache-2.0
// Telegraf's `[[inputs.modbus]]`, in its styles "register", "request" and "metric".
#include <array>
#include <cmath>

#include <toml++/toml.h>

#include "modbuspointlist.h"
#include "telegraftypes.h"

namespace tagwire::convert {

namespace {

/// Keys that have no counterpart because there is nothing to say: reads are planned, busy devices asked again.
constexpr std::array quietKeys{"debug_connection",          "configuration_type", "alias",
                               "exclude_register_type_tag", "optimization",       "optimization_max_register_fill"};
constexpr std::array knownKeys{"name",
                               "slave_id",
                               "timeout",
                               "interval",
                               "controller",
                               "baud_rate",
                               "data_bits",
                               "parity",
                               "stop_bits",
                               "transmission_mode",
                               "discrete_inputs",
                               "coils",
                               "holding_registers",
                               "input_registers",
                               "request",
                               "metric",
                               "workarounds"};

constexpr std::array requestKeys{"slave_id", "byte_order", "register", "measurement", "fields", "tags"};
constexpr std::array fieldKeys{"name",        "address", "byte_order", "data_type", "type", "scale",
                               "measurement", "output",  "register",   "length",    "bit",  "omit"};

template <class List>
bool contains(const List &list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

QString fromStd(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

class TelegrafReader {
 public:
  explicit TelegrafReader(QString file) : m_file(std::move(file)) {}
  Conversion take(const toml::table &root);

 private:
  /// What the fields of a request have in common.
  struct Group {
    QString table;
    QString byteOrder = QStringLiteral("ABCD");
    QString measurement;
    QString tags;
    qint64 unit = 1;
  };

  QString at(const toml::node &node) const { return QStringLiteral("%1:%2").arg(m_file).arg(node.source().begin.line); }
  QString text(const toml::table &table, std::string_view key, const QString &otherwise = {});
  std::optional<double> number(const toml::table &table, std::string_view key);
  /// Tells of the keys that are neither known nor without a meaning here.
  template <class List>
  void tellOthers(const toml::table &table, const List &known) {
    for (const auto &[key, value] : table) {
      if (contains(known, key.str()) || contains(quietKeys, key.str())) continue;
      m_result.leaveOut(at(value), m_place + u'.' + fromStd(key.str()), QStringLiteral("has no counterpart"));
    }
  }
  qint64 whole(const toml::table &table, std::string_view key, qint64 otherwise);
  /// The tables of a list; what is none is told.
  QList<std::pair<const toml::table *, QString>> tablesOf(const toml::table &table, std::string_view key);
  std::optional<qint64> milliseconds(const toml::table &table, std::string_view key, qint64 lowest, qint64 highest);
  void others(const toml::table &root);
  void section(const toml::table &section, const QString &place);
  QString endpoint(const toml::table &section);
  QString serialEndpoint(const toml::table &section, const QString &controller);
  void settings(const toml::table &section, Members &config);
  void workarounds(const toml::table &section, Members &config);
  void registerFields(const toml::table &section);
  void requests(const toml::table &section, std::string_view key);
  void field(const toml::table &field, const Group &group, const QString &place, bool isRegisterStyle);
  QString tagsOf(const toml::table &request);

  QString m_file;
  QString m_place;
  Conversion m_result;
  QSet<QString> m_ids;
  std::optional<qint64> m_agentInterval;
  std::optional<ModbusPointList> m_points;
};

QString TelegrafReader::text(const toml::table &table, std::string_view key, const QString &otherwise) {
  const toml::node *node = table.get(key);
  if (!node) return otherwise;
  if (const auto value = node->value<std::string>()) return fromStd(*value);
  m_result.leaveOut(at(*node), m_place + u'.' + fromStd(key), QStringLiteral("a text is due"));
  return otherwise;
}

std::optional<double> TelegrafReader::number(const toml::table &table, std::string_view key) {
  const toml::node *node = table.get(key);
  if (!node) return std::nullopt;
  if (const auto value = node->value<double>()) return value;
  m_result.leaveOut(at(*node), m_place + u'.' + fromStd(key), QStringLiteral("a number is due"));
  return std::nullopt;
}

qint64 TelegrafReader::whole(const toml::table &table, std::string_view key, qint64 otherwise) {
  const toml::node *node = table.get(key);
  if (!node) return otherwise;
  if (const auto value = node->value<int64_t>()) return *value;
  m_result.leaveOut(at(*node), m_place + u'.' + fromStd(key), QStringLiteral("a whole number is due"));
  return otherwise;
}

QList<std::pair<const toml::table *, QString>> TelegrafReader::tablesOf(const toml::table &table,
                                                                        std::string_view key) {
  QList<std::pair<const toml::table *, QString>> tables;
  const toml::node *node = table.get(key);
  if (!node) return tables;
  const QString place = m_place.isEmpty() ? fromStd(key) : m_place + u'.' + fromStd(key);
  const toml::array *list = node->as_array();
  if (!list) m_result.leaveOut(at(*node), place, QStringLiteral("a list of tables is due"));
  for (size_t i = 0; list && i < list->size(); ++i) {
    const QString one = QStringLiteral("%1[%2]").arg(place).arg(i);
    if (const auto *each = list->get_as<toml::table>(i)) {
      tables << std::pair(each, one);
    } else {
      m_result.leaveOut(at(*list->get(i)), one, QStringLiteral("a table is due"));
    }
  }
  return tables;
}

/// Telegraf writes durations as "1m30s", or as a number of seconds.
std::optional<qint64> TelegrafReader::milliseconds(const toml::table &table, std::string_view key, qint64 lowest,
                                                   qint64 highest) {
  const toml::node *node = table.get(key);
  if (!node) return std::nullopt;
  const QString place = m_place + u'.' + fromStd(key);
  std::optional<double> seconds = node->value<double>();
  if (const auto given = node->value<std::string>()) seconds = secondsFromDuration(fromStd(*given));
  if (!seconds || !std::isfinite(*seconds)) {
    m_result.leaveOut(at(*node), place, QStringLiteral("is no duration"));
    return std::nullopt;
  }
  const double asked = *seconds * 1000;
  const auto taken = static_cast<qint64>(std::llround(std::clamp<double>(asked, lowest, highest)));
  if (std::abs(static_cast<double>(taken) - asked) > 0.5) {
    m_result.note(at(*node), place,
                  QStringLiteral("is now %1 ms (allowed: %2 to %3)").arg(taken).arg(lowest).arg(highest));
  }
  return taken;
}

Conversion TelegrafReader::take(const toml::table &root) {
  if (const auto *agent = root.get_as<toml::table>("agent")) {
    m_place = QStringLiteral("agent");
    m_agentInterval = milliseconds(*agent, "interval", 10, 86'400'000);
  }
  others(root);
  const auto *inputs = root.get_as<toml::table>("inputs");
  m_place = QStringLiteral("inputs");
  const auto sections = inputs ? tablesOf(*inputs, "modbus") : QList<std::pair<const toml::table *, QString>>();
  for (const auto &[table, place] : sections) section(*table, place);
  return m_result;
}

/// What a Telegraf configuration has besides.
void TelegrafReader::others(const toml::table &root) {
  for (const auto &[kind, node] : root) {
    const QString name = fromStd(kind.str());
    const auto *table = node.as_table();
    if (!table) {
      m_result.leaveOut(at(node), name, QStringLiteral("only [[inputs.modbus]] is converted"));
      continue;
    }
    if (name == u"agent") {
      for (const auto &[key, value] : *table) {
        if (key.str() == "interval") continue;
        m_result.note(at(value), QStringLiteral("agent.") + fromStd(key.str()),
                      QStringLiteral("is a setting of Telegraf itself"));
      }
      continue;
    }
    for (const auto &[key, value] : *table) {
      if (name == u"inputs" && key.str() == "modbus") continue;
      m_result.leaveOut(at(value), name + u'.' + fromStd(key.str()),
                        QStringLiteral("only [[inputs.modbus]] is converted"));
    }
  }
}

void TelegrafReader::section(const toml::table &section, const QString &place) {
  m_place = place;
  m_points.emplace(m_result);
  const QString address = endpoint(section);
  if (address.isEmpty()) return;
  tellOthers(section, knownKeys);
  Instance instance;
  instance.id = newId(text(section, "name", QStringLiteral("modbus")), m_ids);
  instance.type = QStringLiteral("modbus");
  instance.listName = QStringLiteral("points");
  instance.config << std::pair(QStringLiteral("endpoint"), QJsonValue(address));
  registerFields(section);
  requests(section, "request");
  requests(section, "metric");
  if (m_points->isEmpty())
    return m_result.leaveOut(at(section), place, QStringLiteral("no field of it could be converted"));
  instance.config << std::pair(QStringLiteral("unit"), QJsonValue(m_points->firstUnit()));
  settings(section, instance.config);
  instance.list = m_points->rows();
  m_result.instances << instance;
}

/// Empty after an error.
QString TelegrafReader::endpoint(const toml::table &section) {
  const QString controller = text(section, "controller");
  const QString mode = text(section, "transmission_mode");
  QString wrong = QStringLiteral("no controller that can be reached (allowed: tcp://host:port, file:///dev/…)");
  if (mode.startsWith(QLatin1String("ASCII"))) {
    wrong = QStringLiteral("transmission_mode %1: Modbus ASCII is not spoken").arg(mode);
  } else if (controller.startsWith(QLatin1String("file:///dev/"))) {
    const QString address = serialEndpoint(section, controller.mid(7));
    if (!address.isEmpty()) return address;
    wrong = QStringLiteral("the serial line has 8 data bits, parity N, E or O, and 1 or 2 stop bits");
  } else if (controller.startsWith(QLatin1String("tcp://")) && !controller.contains(u'@') &&
             !controller.contains(u'$')) {
    if (mode == u"RTUoverTCP") return QStringLiteral("rtu+") + controller;
    return controller;
  }
  const toml::node *node = section.get("controller");
  m_result.leaveOut(at(node ? *node : section), m_place, wrong);
  return {};
}

QString TelegrafReader::serialEndpoint(const toml::table &section, const QString &device) {
  const QString parity = text(section, "parity", QStringLiteral("N"));
  const QString word = parity == u"N"   ? QStringLiteral("none")
                       : parity == u"E" ? QStringLiteral("even")
                       : parity == u"O" ? QStringLiteral("odd")
                                        : QString();
  const double stopBits = number(section, "stop_bits").value_or(1);
  if (word.isEmpty() || number(section, "data_bits").value_or(8) != 8 || (stopBits != 1 && stopBits != 2)) return {};
  return QStringLiteral("rtu://%1?baud=%2&parity=%3&stop=%4")
      .arg(device)
      .arg(number(section, "baud_rate").value_or(9600))
      .arg(word)
      .arg(stopBits);
}

void TelegrafReader::settings(const toml::table &section, Members &config) {
  constexpr qint64 telegrafsOwn = 10'000;
  const auto interval = milliseconds(section, "interval", 10, 86'400'000);
  config << std::pair(QStringLiteral("poll_interval_ms"),
                      QJsonValue(interval.value_or(m_agentInterval.value_or(telegrafsOwn))));
  const auto timeout = milliseconds(section, "timeout", 10, 60'000);
  if (timeout) config << std::pair(QStringLiteral("timeout_ms"), QJsonValue(*timeout));
  workarounds(section, config);
}

void TelegrafReader::workarounds(const toml::table &section, Members &config) {
  const auto *table = section.get_as<toml::table>("workarounds");
  if (!table) return;
  const QString place = std::exchange(m_place, m_place + QLatin1String(".workarounds"));
  for (const auto &[key, value] : *table) {
    const std::string_view name = key.str();
    const auto set = [&](const char *ours) {
      const auto pause = milliseconds(*table, name, 0, 60'000);
      if (pause && *pause > 0) config << std::pair(QString::fromLatin1(ours), QJsonValue(*pause));
    };
    if (name == "pause_between_requests") {
      set("request_pause_ms");
    } else if (name == "pause_after_connect") {
      set("connect_pause_ms");
    } else if (name == "one_request_per_field" && value.value_or(false)) {
      config << std::pair(QStringLiteral("max_gap"), QJsonValue(0));
      m_result.note(at(value), m_place,
                    QStringLiteral(
                        "registers that are not asked for are not read along (max_gap 0); neighbours share a request"));
    } else if (value.value_or(true)) {
      m_result.leaveOut(at(value), m_place + u'.' + fromStd(name), QStringLiteral("has no counterpart"));
    }
  }
  m_place = place;
}

void TelegrafReader::registerFields(const toml::table &section) {
  constexpr std::array<std::pair<const char *, const char *>, 4> lists{{{"discrete_inputs", "discrete"},
                                                                        {"coils", "coil"},
                                                                        {"input_registers", "input"},
                                                                        {"holding_registers", "holding"}}};
  const qint64 unit = whole(section, "slave_id", 0);
  for (const auto &[key, table] : lists) {
    Group group;
    group.table = QString::fromLatin1(table);
    group.unit = unit;
    for (const auto &[each, place] : tablesOf(section, key)) field(*each, group, place, true);
  }
}

void TelegrafReader::requests(const toml::table &section, std::string_view key) {
  for (const auto &[request, where] : tablesOf(section, key)) {
    const QString outer = std::exchange(m_place, where);
    tellOthers(*request, requestKeys);
    Group group;
    group.table = text(*request, "register", QStringLiteral("holding"));
    group.byteOrder = text(*request, "byte_order", group.byteOrder);
    group.measurement = text(*request, "measurement");
    group.unit = whole(*request, "slave_id", 0);
    group.tags = tagsOf(*request);
    for (const auto &[each, place] : tablesOf(*request, "fields")) field(*each, group, place, false);
    m_place = outer;
  }
}

/// As the description of the points: there is no other place for them.
QString TelegrafReader::tagsOf(const toml::table &request) {
  const auto *tags = request.get_as<toml::table>("tags");
  QStringList parts;
  if (!tags) return {};
  for (const auto &[key, value] : *tags) {
    parts << fromStd(key.str()) + u'=' + fromStd(value.value_or(std::string()));
  }
  m_result.note(at(*tags), m_place + QLatin1String(".tags"), QStringLiteral("are the description of its points now"));
  return parts.join(QLatin1String(", "));
}

void TelegrafReader::field(const toml::table &field, const Group &group, const QString &place, bool isRegisterStyle) {
  if (field.get("omit") && field.get("omit")->value_or(false)) return;
  const QString outer = std::exchange(m_place, place);
  tellOthers(field, fieldKeys);
  ForeignPoint point;
  point.where = at(field);
  point.place = place;
  point.table = isRegisterStyle ? group.table : text(field, "register", group.table);
  point.unit = group.unit;
  point.description = group.tags;
  const QString measurement = text(field, "measurement", group.measurement);
  point.name = text(field, "name");
  if (!measurement.isEmpty() && measurement != u"modbus") point.name.prepend(measurement + u'/');
  const Result<qint64> place0 = firstAddress(field, point.registers);
  Result<void> done = place0 ? Result<void>() : failure(place0.error());
  if (place0) point.address = *place0;
  const bool isBit = point.table == u"coil" || point.table == u"discrete";
  if (done && isBit && point.registers != 1) done = failure(QStringLiteral("a single bit has one address"));
  if (done && !isBit) {
    TelegrafType type;
    type.name = text(field, isRegisterStyle ? "data_type" : "type");
    type.order = isRegisterStyle ? text(field, "byte_order") : group.byteOrder;
    type.registers = isRegisterStyle ? point.registers : 0;
    type.length = static_cast<int>(std::clamp<qint64>(whole(field, "length", 0), 0, 1000));
    type.bit = whole(field, "bit", 0);
    done = type.apply(point);
    point.scale = number(field, "scale").value_or(1);
  }
  if (done && text(field, "output").endsWith(QLatin1String("INT64")) && point.scale != 1) {
    m_result.note(point.where, place,
                  QStringLiteral("keeps its decimals: a scaled value is not cut to a whole number"));
  }
  if (done) {
    m_points->add(point);
  } else {
    m_result.leaveOut(point.where, QStringLiteral("%1 \"%2\"").arg(place, point.name), done.error());
  }
  m_place = outer;
}

}  // namespace

Result<Conversion> fromTelegraf(const QString &file, const QByteArray &text) {
  try {
    const toml::table root =
        toml::parse(std::string_view(text.constData(), static_cast<size_t>(text.size())), file.toStdString());
    return TelegrafReader(file).take(root);
  } catch (const toml::parse_error &error) {
    return failure(QStringLiteral("%1:%2:%3: %4")
                       .arg(file)
                       .arg(error.source().begin.line)
                       .arg(error.source().begin.column)
                       .arg(fromStd(error.description())));
  }
}

}  // namespace tagwire::convert
