// SPDX-License-Identifier: Apache-2.0
// A project of FUXA, as its editor saves it: `devices` by id, each with `property` and `tags` by id.
#include <QHash>
#include <QJsonArray>
#include <QMap>

#include <cmath>

#include "confignode.h"
#include "modbuspointlist.h"

namespace tagwire::convert {

namespace {

/// A value that may stand there as a number or as its text.
std::optional<double> numberOf(const ConfigNode *node) {
  if (!node) return std::nullopt;
  bool isNumber = node->kind == ConfigNode::Kind::Integer || node->kind == ConfigNode::Kind::Number;
  const double number = isNumber ? node->number : node->text.trimmed().toDouble(&isNumber);
  return isNumber && std::abs(number) < 1e15 ? std::optional(number) : std::nullopt;
}

QString textOf(const ConfigNode *node) {
  if (!node) return {};
  if (node->kind == ConfigNode::Kind::Integer) return QString::number(node->integer);
  return node->text;
}

bool isTrue(const ConfigNode *node) {
  return node && (node->boolean || node->text == u"true" || (node->kind == ConfigNode::Kind::Integer && node->integer));
}

/// Lists and maps by id: both are about.
QList<const ConfigNode *> entriesOf(const ConfigNode *node) {
  QList<const ConfigNode *> entries;
  if (!node) return entries;
  for (const ConfigNode &item : node->items) entries << &item;
  for (const ConfigNode::Member &member : node->members) entries << &member.value;
  return entries;
}

struct FuxaType {
  const char *name;
  int registers;
  bool isByteOrderLittle;
  bool isWordOrderLittle;
};

/// Of these FUXA's versions all read the same. LE: all bytes the other way round; MLE: the two registers change places.
const FuxaType *typeOf(const QString &name) {
  static const QHash<QString, FuxaType> types{{QStringLiteral("Int16"), {"int16", 1, false, false}},
                                              {QStringLiteral("UInt16"), {"uint16", 1, false, false}},
                                              {QStringLiteral("Int32"), {"int32", 2, false, false}},
                                              {QStringLiteral("UInt32"), {"uint32", 2, false, false}},
                                              {QStringLiteral("Int64"), {"int64", 4, false, false}},
                                              {QStringLiteral("UInt64"), {"uint64", 4, false, false}},
                                              {QStringLiteral("Float32"), {"float32", 2, false, false}},
                                              {QStringLiteral("Float64"), {"float64", 4, false, false}},
                                              {QStringLiteral("Int16LE"), {"int16", 1, true, false}},
                                              {QStringLiteral("UInt16LE"), {"uint16", 1, true, false}},
                                              {QStringLiteral("Int32LE"), {"int32", 2, true, true}},
                                              {QStringLiteral("UInt32LE"), {"uint32", 2, true, true}},
                                              {QStringLiteral("Int64LE"), {"int64", 4, true, true}},
                                              {QStringLiteral("UInt64LE"), {"uint64", 4, true, true}},
                                              {QStringLiteral("Float32LE"), {"float32", 2, true, true}},
                                              {QStringLiteral("Float64LE"), {"float64", 4, true, true}},
                                              {QStringLiteral("Int32MLE"), {"int32", 2, false, true}},
                                              {QStringLiteral("UInt32MLE"), {"uint32", 2, false, true}},
                                              {QStringLiteral("Float32MLE"), {"float32", 2, false, true}}};
  const auto found = types.constFind(name);
  return found == types.cend() ? nullptr : &*found;
}

class FuxaReader {
 public:
  explicit FuxaReader(QString file) : m_file(std::move(file)) {}
  Conversion take(const ConfigNode &root);

 private:
  /// How one tag's values were stored: FUXA's `daq`.
  struct Storing {
    bool isOnChange = false;
    qint64 seconds = 0;
    friend auto operator<=>(const Storing &, const Storing &) = default;
  };

  QString at(const ConfigNode &node) const { return QStringLiteral("%1:%2").arg(m_file).arg(node.where.line); }
  void leaveOut(const ConfigNode &node, const QString &place, const QString &why) {
    m_result.leaveOut(at(node), place, why);
  }
  void others(const ConfigNode &root);
  void device(const ConfigNode &device);
  Result<QString> endpoint(const ConfigNode &device);
  static Result<QString> serialEndpoint(const ConfigNode &property);
  void settings(const ConfigNode &device, Members &config);
  void tag(const ConfigNode &tag, qint64 unit, const QString &instance);
  static Result<void> readPlace(const ConfigNode &tag, ForeignPoint &point);
  static Result<void> readType(const ConfigNode &tag, ForeignPoint &point);
  static Result<void> readScale(const ConfigNode &tag, ForeignPoint &point);
  void readDeadband(const ConfigNode &tag, ForeignPoint &point);
  void readStoring(const ConfigNode &tag, const QString &point, const QString &place);
  void addHistory();

  QString m_file;
  Conversion m_result;
  QSet<QString> m_ids;
  std::optional<ModbusPointList> m_points;
  QMap<Storing, QStringList> m_stored;
};

Conversion FuxaReader::take(const ConfigNode &root) {
  others(root);
  for (const ConfigNode *each : entriesOf(root.member(QLatin1String("devices")))) device(*each);
  addHistory();
  return m_result;
}

void FuxaReader::others(const ConfigNode &root) {
  for (const ConfigNode::Member &member : root.members) {
    if (member.key == u"devices" || member.key == u"version" || member.key == u"name" || member.key == u"server")
      continue;
    if (member.value.items.empty() && member.value.members.empty()) continue;
    leaveOut(member.value, member.key, QStringLiteral("only devices and their tags are converted"));
  }
}

void FuxaReader::device(const ConfigNode &device) {
  const QString name = textOf(device.member(QLatin1String("name")));
  const QString place = QStringLiteral("device \"%1\"").arg(name);
  const QString type = textOf(device.member(QLatin1String("type")));
  const auto tags = entriesOf(device.member(QLatin1String("tags")));
  if (type != u"ModbusTCP" && type != u"ModbusRTU") {
    if (type == u"FuxaServer" && tags.isEmpty()) return;
    return leaveOut(device, place, QStringLiteral("type %1, with %2 tags, is not Modbus").arg(type).arg(tags.size()));
  }
  const auto address = endpoint(device);
  if (!address) return leaveOut(device, place, address.error());
  Instance instance;
  instance.id = newId(name, m_ids);
  if (instance.id != name) m_result.note(at(device), place, QStringLiteral("is now called \"%1\"").arg(instance.id));
  instance.type = QStringLiteral("modbus");
  instance.listName = QStringLiteral("points");
  const ConfigNode *enabled = device.member(QLatin1String("enabled"));
  instance.isEnabled = !enabled || isTrue(enabled);
  const ConfigNode *property = device.member(QLatin1String("property"));
  const auto unit = static_cast<qint64>(numberOf(property->member(QLatin1String("slaveid"))).value_or(1));
  instance.config << std::pair(QStringLiteral("endpoint"), QJsonValue(*address));
  instance.config << std::pair(QStringLiteral("unit"), QJsonValue(unit));
  settings(device, instance.config);
  m_points.emplace(m_result);
  for (const ConfigNode *each : tags) tag(*each, unit, instance.id);
  if (m_points->isEmpty()) return leaveOut(device, place, QStringLiteral("no tag of it could be converted"));
  instance.list = m_points->rows();
  m_result.instances << instance;
}

Result<QString> FuxaReader::endpoint(const ConfigNode &device) {
  const ConfigNode *property = device.member(QLatin1String("property"));
  const QString address = property ? textOf(property->member(QLatin1String("address"))).trimmed() : QString();
  if (address.isEmpty()) return failure(QStringLiteral("it has no address"));
  if (textOf(device.member(QLatin1String("type"))) == u"ModbusRTU") return serialEndpoint(*property);
  const QString way = textOf(property->member(QLatin1String("connectionOption")));
  if (way == u"UdpPort" || way == u"TelnetPort") {
    return failure(QStringLiteral("connection %1 is not spoken (allowed: TcpPort, TcpRTUBufferedPort)").arg(way));
  }
  if (address.contains(u'@') || address.contains(u'/')) return failure(QStringLiteral("its address is no host:port"));
  return (way == u"TcpRTUBufferedPort" ? QStringLiteral("rtu+tcp://") : QStringLiteral("tcp://")) + address;
}

Result<QString> FuxaReader::serialEndpoint(const ConfigNode &property) {
  const QString device = textOf(property.member(QLatin1String("address"))).trimmed();
  const QString parity = textOf(property.member(QLatin1String("parity"))).toLower();
  const double stop = numberOf(property.member(QLatin1String("stopbits"))).value_or(1);
  if (textOf(property.member(QLatin1String("connectionOption"))) == u"AsciiPort") {
    return failure(QStringLiteral("Modbus ASCII is not spoken"));
  }
  if (!device.startsWith(u"/dev/")) {
    return failure(QStringLiteral("serial port %1 is none of Linux (allowed: /dev/…)").arg(device));
  }
  if (numberOf(property.member(QLatin1String("databits"))).value_or(8) != 8 || (stop != 1 && stop != 2)) {
    return failure(QStringLiteral("a serial line has 8 data bits and 1 or 2 stop bits"));
  }
  return QStringLiteral("rtu://%1?baud=%2&parity=%3&stop=%4")
      .arg(device)
      .arg(numberOf(property.member(QLatin1String("baudrate"))).value_or(9600))
      .arg(parity.isEmpty() ? QStringLiteral("none") : parity)
      .arg(stop);
}

void FuxaReader::settings(const ConfigNode &device, Members &config) {
  constexpr double fuxasOwn = 1000;
  constexpr double shortest = 10;
  constexpr double longest = 86'400'000;
  const ConfigNode *polling = device.member(QLatin1String("polling"));
  const double asked = numberOf(polling).value_or(fuxasOwn);
  const double taken = std::clamp(asked, shortest, longest);
  if (taken != asked) {
    m_result.note(at(*polling), QStringLiteral("polling"), QStringLiteral("is now %1 ms").arg(taken));
  }
  config << std::pair(QStringLiteral("poll_interval_ms"), QJsonValue(std::round(taken)));
  const ConfigNode *property = device.member(QLatin1String("property"));
  const double pause = numberOf(property->member(QLatin1String("delay"))).value_or(0);
  if (pause >= 1 && pause <= 60'000)
    config << std::pair(QStringLiteral("request_pause_ms"), QJsonValue(std::round(pause)));
  if (isTrue(property->member(QLatin1String("forceFC16")))) {
    config << std::pair(QStringLiteral("write_function"), QJsonValue(QStringLiteral("multiple")));
  }
}

void FuxaReader::tag(const ConfigNode &tag, qint64 unit, const QString &instance) {
  ForeignPoint point;
  point.name = textOf(tag.member(QLatin1String("name")));
  point.unit = unit;
  point.where = at(tag);
  point.place = QStringLiteral("tag \"%1\" of %2").arg(point.name, instance);
  point.description = textOf(tag.member(QLatin1String("description"))).left(200);
  Result<void> done = readPlace(tag, point);
  if (done) done = readType(tag, point);
  if (done) done = readScale(tag, point);
  if (!done) return leaveOut(tag, point.place, done.error());
  readDeadband(tag, point);
  if (numberOf(tag.member(QLatin1String("format")))) {
    m_result.note(point.where, point.place, QStringLiteral("keeps all its decimals: `format` rounds nothing here"));
  }
  if (!textOf(tag.member(QLatin1String("init"))).isEmpty()) {
    leaveOut(tag, point.place + QLatin1String(".init"), QStringLiteral("nothing is written at the start"));
  }
  m_points->add(point);
  if (!m_points->lastName().isEmpty()) readStoring(tag, instance + u'/' + m_points->lastName(), point.place);
}

Result<void> FuxaReader::readPlace(const ConfigNode &tag, ForeignPoint &point) {
  const ConfigNode *memory = tag.member(QLatin1String("memaddress"));
  const double area = numberOf(memory).value_or(-1);
  static const QHash<qint64, QString> tables{{0, QStringLiteral("coil")},
                                             {100'000, QStringLiteral("discrete")},
                                             {300'000, QStringLiteral("input")},
                                             {400'000, QStringLiteral("holding")}};
  point.table = tables.value(static_cast<qint64>(area));
  if (point.table.isEmpty()) return failure(QStringLiteral("memaddress \"%1\" is none of Modbus").arg(textOf(memory)));
  const auto address = numberOf(tag.member(QLatin1String("address")));
  if (!address || *address != std::floor(*address)) return failure(QStringLiteral("its address is no number"));
  point.address = static_cast<qint64>(*address) - 1;  // FUXA counts from 1
  return {};
}

Result<void> FuxaReader::readType(const ConfigNode &tag, ForeignPoint &point) {
  const QString name = textOf(tag.member(QLatin1String("type")));
  const bool isBit = point.table == u"coil" || point.table == u"discrete";
  if (isBit != (name == u"Bool")) {
    return failure(isBit ? QStringLiteral("type %1 of a single bit (allowed: Bool)").arg(name)
                         : QStringLiteral("a Bool of a register: which bit FUXA reads hangs on its version; add the "
                                          "point by hand, with `bit`"));
  }
  if (isBit) return {};
  const FuxaType *type = typeOf(name);
  if (!type) {
    return failure(QStringLiteral("type %1 has its registers in an order of FUXA's own, or is not known").arg(name));
  }
  point.type = QString::fromLatin1(type->name);
  point.registers = type->registers;
  point.isByteOrderLittle = type->isByteOrderLittle;
  point.isWordOrderLittle = type->isWordOrderLittle;
  return {};
}

Result<void> FuxaReader::readScale(const ConfigNode &tag, ForeignPoint &point) {
  for (const char *key : {"scaleReadFunction", "scaleWriteFunction"}) {
    if (!textOf(tag.member(QLatin1String(key))).isEmpty()) {
      return failure(QStringLiteral("its value comes out of a script (%1)").arg(QLatin1String(key)));
    }
  }
  const ConfigNode *scale = tag.member(QLatin1String("scale"));
  const QString mode = scale ? textOf(scale->member(QLatin1String("mode"))) : QString();
  const double divisor = numberOf(tag.member(QLatin1String("divisor"))).value_or(0);
  const bool isBit = point.type.isEmpty();
  if (divisor != 0 && !isBit) point.scale = 1 / divisor;
  if (mode.isEmpty() || mode == u"undefined") return {};
  if (mode != u"linear" || isBit) return failure(QStringLiteral("scale mode %1 has no counterpart").arg(mode));
  const auto key = [&](const char *name) { return numberOf(scale->member(QLatin1String(name))).value_or(0); };
  const double rawSpan = key("rawHigh") - key("rawLow");
  if (rawSpan == 0) return failure(QStringLiteral("its linear scale has rawLow = rawHigh"));
  const double factor = (key("scaledHigh") - key("scaledLow")) / rawSpan;
  point.scale *= factor;
  point.offset = key("scaledLow") - factor * key("rawLow");
  return {};
}

void FuxaReader::readDeadband(const ConfigNode &tag, ForeignPoint &point) {
  const ConfigNode *deadband = tag.member(QLatin1String("deadband"));
  const double width = deadband ? std::abs(numberOf(deadband->member(QLatin1String("value"))).value_or(0)) : 0;
  const ConfigNode *scale = tag.member(QLatin1String("scale"));
  const bool isScaled = scale && !textOf(scale->member(QLatin1String("mode"))).isEmpty();
  if (width == 0 || point.type.isEmpty()) return;
  if (!isScaled) {
    point.deadband = width;
    return;
  }
  leaveOut(*deadband, point.place + QLatin1String(".deadband"),
           QStringLiteral("FUXA compares before it scales, here it is in engineering units; set it by hand"));
}

void FuxaReader::readStoring(const ConfigNode &tag, const QString &point, const QString &place) {
  const ConfigNode *daq = tag.member(QLatin1String("daq"));
  if (!daq) return;
  if (isTrue(daq->member(QLatin1String("restored")))) {
    leaveOut(*daq, place + QLatin1String(".daq.restored"),
             QStringLiteral("a value of before the start is not shown as one of now"));
  }
  if (!isTrue(daq->member(QLatin1String("enabled")))) return;
  const double seconds = std::clamp(numberOf(daq->member(QLatin1String("interval"))).value_or(60), 0.0, 86'400.0);
  m_stored[{isTrue(daq->member(QLatin1String("changed"))), static_cast<qint64>(seconds)}] << point;
}

/// Stores what FUXA stored, and nothing else.
void FuxaReader::addHistory() {
  if (m_stored.isEmpty()) return;
  Instance history;
  history.id = newId(QStringLiteral("history"), m_ids);
  history.type = QStringLiteral("sql");
  history.config << std::pair(QStringLiteral("database"), QJsonValue(QStringLiteral("sqlite:history.db")));
  history.listName = QStringLiteral("rules");
  for (auto each = m_stored.begin(); each != m_stored.end(); ++each) {
    const bool isPeriod = !each.key().isOnChange && each.key().seconds > 0;
    Members rule{{QStringLiteral("points"), QJsonArray::fromStringList(each.value())},
                 {QStringLiteral("keep"), isPeriod ? QStringLiteral("period") : QStringLiteral("on_change")}};
    const qint64 milliseconds = each.key().seconds * 1000;
    if (isPeriod) rule << std::pair(QStringLiteral("period_ms"), QJsonValue(milliseconds));
    if (!isPeriod && milliseconds > 0) rule << std::pair(QStringLiteral("longest_ms"), QJsonValue(milliseconds));
    history.list << rule;
  }
  const Members nothingElse{{QStringLiteral("points"), QStringLiteral("#")},
                            {QStringLiteral("keep"), QStringLiteral("none")}};
  history.list << nothingElse;
  m_result.instances << history;
}

}  // namespace

Result<Conversion> fromFuxa(const QString &file, const QByteArray &text) {
  Problems problems;
  const ConfigNode root = parseJson(text, file, problems);
  if (!problems.isEmpty()) return failure(toText(problems.first()));
  const ConfigNode *devices = root.member(QLatin1String("devices"));
  if (!devices || (devices->items.empty() && devices->members.empty())) {
    return failure(QStringLiteral("%1: no project of FUXA with devices").arg(file));
  }
  return FuxaReader(file).take(root);
}

}  // namespace tagwire::convert
