// SPDX-License-Identifier: Apache-2.0
#include "telegraftypes.h"

#include <QHash>
#include <QRegularExpression>

namespace tagwire::convert {

namespace {

/// FIXED and UFIXED have as many bits as they have registers; FLOAT32 means the same as UFIXED for Telegraf, and only
/// FLOAT32-IEEE is a float. Where the field names no registers (style "request"), FLOAT32 is a float.
QString plainType(const QString &name, int registers) {
  if (name == u"FIXED") return QStringLiteral("INT%1").arg(16 * registers);
  if (name == u"UFIXED" || (name == u"FLOAT32" && registers > 0)) return QStringLiteral("UINT%1").arg(16 * registers);
  return QString(name).remove(QLatin1String("-IEEE"));
}

Result<void> takeOrder(const QString &order, ForeignPoint &point) {
  static const QHash<QString, int> orders{{QString(), 0},
                                          {QStringLiteral("AB"), 0},
                                          {QStringLiteral("ABCD"), 0},
                                          {QStringLiteral("ABCDEFGH"), 0},
                                          {QStringLiteral("MSW-BE"), 0},
                                          {QStringLiteral("BADC"), 1},
                                          {QStringLiteral("BADCFEHG"), 1},
                                          {QStringLiteral("MSW-LE"), 1},
                                          {QStringLiteral("CDAB"), 2},
                                          {QStringLiteral("GHEFCDAB"), 2},
                                          {QStringLiteral("LSW-BE"), 2},
                                          {QStringLiteral("BA"), 3},
                                          {QStringLiteral("DCBA"), 3},
                                          {QStringLiteral("HGFEDCBA"), 3},
                                          {QStringLiteral("LSW-LE"), 3}};
  const int bits = orders.value(order, -1);
  if (bits < 0) return failure(QStringLiteral("byte order \"%1\" is not known").arg(order));
  point.isByteOrderLittle = bits & 1;
  point.isWordOrderLittle = bits & 2;
  return {};
}

}  // namespace

Result<void> TelegrafType::apply(ForeignPoint &point) const {
  static const QHash<QString, std::pair<QString, int>> types{
      {QStringLiteral("INT16"), {QStringLiteral("int16"), 1}},
      {QStringLiteral("UINT16"), {QStringLiteral("uint16"), 1}},
      {QStringLiteral("INT32"), {QStringLiteral("int32"), 2}},
      {QStringLiteral("UINT32"), {QStringLiteral("uint32"), 2}},
      {QStringLiteral("INT64"), {QStringLiteral("int64"), 4}},
      {QStringLiteral("UINT64"), {QStringLiteral("uint64"), 4}},
      {QStringLiteral("FLOAT16"), {QStringLiteral("float16"), 1}},
      {QStringLiteral("FLOAT32"), {QStringLiteral("float32"), 2}},
      {QStringLiteral("FLOAT64"), {QStringLiteral("float64"), 4}}};
  if (auto taken = takeOrder(order, point); !taken) return taken;
  if (name == u"STRING") {
    point.type = QStringLiteral("string");
    point.registers = registers > 0 ? registers : length;
    if (point.registers > 0) return {};
    return failure(QStringLiteral("a STRING without a length"));
  }
  if (name == u"BIT") {
    point.type = QStringLiteral("bool");
    if (bit < 0 || bit > 15) return failure(QStringLiteral("bit %1 of a register is none").arg(bit));
    point.bit = static_cast<int>(bit);
    point.registers = 1;
    point.isWordOrderLittle = false;
    return {};
  }
  const auto type = types.value(plainType(name, registers));
  if (type.first.isEmpty()) {
    return failure(QStringLiteral("type \"%1\" is not known here (half a register can't be read by itself)").arg(name));
  }
  if (registers > 0 && registers != type.second) {
    return failure(QStringLiteral("%1 has %2 registers, not %3").arg(name).arg(type.second).arg(registers));
  }
  point.type = type.first;
  point.registers = type.second;
  return {};
}

std::optional<double> secondsFromDuration(const QString &text) {
  static const QRegularExpression whole(QStringLiteral("^(\\d+(\\.\\d+)?(ns|us|µs|ms|s|m|h|d))+$"));
  static const QRegularExpression part(QStringLiteral("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h|d)"));
  static const QHash<QString, double> units{{QStringLiteral("ns"), 1e-9}, {QStringLiteral("us"), 1e-6},
                                            {QStringLiteral("µs"), 1e-6}, {QStringLiteral("ms"), 1e-3},
                                            {QStringLiteral("s"), 1},     {QStringLiteral("m"), 60},
                                            {QStringLiteral("h"), 3600},  {QStringLiteral("d"), 86400}};
  if (!whole.match(text).hasMatch()) return std::nullopt;
  double seconds = 0;
  for (auto found = part.globalMatch(text); found.hasNext();) {
    const auto match = found.next();
    seconds += match.captured(1).toDouble() * units.value(match.captured(2));
  }
  return seconds;
}

Result<qint64> firstAddress(const toml::table &field, int &count) {
  const toml::node *node = field.get("address");
  count = 1;
  if (!node) return failure(QStringLiteral("it has no address"));
  if (const auto single = node->value<int64_t>()) return *single;
  const auto *list = node->as_array();
  if (!list || list->empty() || list->size() > 125) return failure(QStringLiteral("its address is no number"));
  const auto first = list->get(0)->value<int64_t>();
  for (size_t i = 0; i < list->size(); ++i) {
    const auto each = list->get(i)->value<int64_t>();
    if (!first || !each || *each - *first != static_cast<int64_t>(i)) {
      return failure(QStringLiteral("its addresses are not one behind the other"));
    }
  }
  count = static_cast<int>(list->size());
  return *first;
}

}  // namespace tagwire::convert
