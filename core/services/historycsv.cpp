// SPDX-License-Identifier: Apache-2.0
#include "historycsv.h"

#include <QFileDevice>
#include <QHash>
#include <QLocale>

#include <cmath>
#include <cstring>

#include "../configlocation.h"

namespace tagwire {

namespace {

constexpr qsizetype mostFractionDigits = 9;

/// "123" as so many nanoseconds of a second.
std::optional<qint64> fractionOf(QStringView digits) {
  if (digits.isEmpty() || digits.size() > mostFractionDigits) return std::nullopt;
  qint64 nanoseconds = 0;
  for (qsizetype i = 0; i < mostFractionDigits; ++i) {
    const QChar digit = i < digits.size() ? digits[i] : QChar(u'0');
    if (digit < u'0' || digit > u'9') return std::nullopt;
    nanoseconds = nanoseconds * 10 + (digit.unicode() - u'0');
  }
  return nanoseconds;
}

tl::unexpected<QString> noTime(const QString &text) {
  return failure(QStringLiteral("\"%1\" is no time (allowed: 1970 to 2261, as in 2026-12-31T18:00:00Z or "
                                "2026-12-31T18:00:00.123456789+05:30)")
                     .arg(text.left(40)));
}

/// A number since 1970 in units of `unit`; seconds may have a fraction.
Result<Time> fromEpoch(const QString &text, std::chrono::nanoseconds unit) {
  const qsizetype dot = unit == std::chrono::seconds(1) ? text.indexOf(u'.') : -1;
  bool ok = false;
  const qint64 whole = (dot < 0 ? text : text.left(dot)).toLongLong(&ok);
  const auto fraction = dot < 0 ? std::optional<qint64>(0) : fractionOf(QStringView(text).mid(dot + 1));
  constexpr qint64 end = 9'214'646'400'000'000'000;  // 2262-01-01
  if (ok && fraction && whole >= 0 && whole < end / unit.count()) {
    return Time(unit * whole + std::chrono::nanoseconds(*fraction));
  }
  return failure(
      QStringLiteral("\"%1\" is no time (allowed: a number since 1970, up to the year 2261)").arg(text.left(40)));
}

const QHash<QString, Quality> &qualities() {
  static const QHash<QString, Quality> known = [] {
    QHash<QString, Quality> made;
    for (const auto level : {QualityLevel::Good, QualityLevel::Uncertain, QualityLevel::Bad}) {
      for (int reason = 0; reason <= static_cast<int>(QualityReason::Removed); ++reason) {
        const Quality quality{level, static_cast<QualityReason>(reason)};
        if (!made.contains(toText(quality))) made.insert(toText(quality), quality);
      }
    }
    return made;
  }();
  return known;
}

std::optional<ValueType> typeNamed(const QString &name) {
  for (const auto type : {ValueType::Bool, ValueType::Int, ValueType::Double, ValueType::Text, ValueType::Position}) {
    if (name == toText(type)) return type;
  }
  return std::nullopt;
}

Result<double> coordinate(const QString &cell) {
  bool ok = false;
  const double number = cell.toDouble(&ok);
  if (ok && std::isfinite(number)) return number;
  return failure(QStringLiteral("\"%1\" is no coordinate (allowed: a number)").arg(cell.left(40)));
}

/// Spreadsheets run it, also behind blanks; those with a ' in front already get one more, so that it comes back.
bool beginsFormula(QStringView text) {
  while (text.startsWith(u'\'')) text = text.mid(1);
  text = text.trimmed();
  return !text.isEmpty() && QStringView(u"=+-@\uFF1D\uFF0B\uFF0D\uFF20").contains(text.front());
}

/// What stands from `at` on, up to the comma; `at` is then there.
Result<QString> cellAt(const QString &line, qsizetype &at) {
  QString cell;
  if (at == line.size() || line[at] != u'"') {
    const qsizetype comma = line.indexOf(u',', at);
    const qsizetype end = comma < 0 ? line.size() : comma;
    cell = line.mid(at, end - at).trimmed();
    at = end;
    if (!cell.contains(u'"')) return cell;
    return failure(QStringLiteral("a quote in the middle of a cell (allowed: around all of it)"));
  }
  for (++at; at < line.size(); ++at) {
    const bool isQuote = line[at] == u'"';
    if (isQuote && (at + 1 == line.size() || line[at + 1] != u'"')) break;
    if (isQuote) ++at;
    cell += line[at];
  }
  ++at;
  if (at >= line.size() || line[at] == u',') return cell;
  return failure(QStringLiteral("text behind a closing quote (allowed: a comma)"));
}

Result<QStringList> cellsOf(const QString &line) {
  QStringList cells;
  for (qsizetype at = 0; at <= line.size(); ++at) {
    const auto cell = cellAt(line, at);
    if (!cell) return tl::unexpected(cell.error());
    cells << *cell;
  }
  return cells;
}

}  // namespace

QString toExactIso(Time time) {
  const qint64 nanoseconds = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  return toIso(time, nanoseconds % 1'000'000 == 0 ? 3 : nanoseconds % 1'000 == 0 ? 6 : 9);
}

Result<Time> fromExactIso(const QString &text) {
  const qsizetype dot = text.indexOf(u'.');
  if (dot < 0) return fromIso(text);
  qsizetype end = dot + 1;
  while (end < text.size() && text[end].isDigit()) ++end;
  const auto fraction = fractionOf(QStringView(text).mid(dot + 1, end - dot - 1));
  if (!fraction) return noTime(text);
  const auto whole = fromIso(text.left(dot) + text.mid(end));
  if (!whole) return noTime(text);
  return *whole + std::chrono::nanoseconds(*fraction);
}

QString toCell(const Value &value) {
  if (const auto *number = std::get_if<double>(&value)) {
    return QString::number(*number, 'g', QLocale::FloatingPointShortest);
  }
  if (const auto *text = std::get_if<QString>(&value)) return beginsFormula(*text) ? u'\'' + *text : *text;
  const ValueType type = typeOf(value);
  return type == ValueType::None || type == ValueType::Position ? QString() : toText(value);
}

ValueType typeOfCell(const QString &cell) {
  if (cell == u"true" || cell == u"false") return ValueType::Bool;
  bool ok = false;
  cell.toDouble(&ok);
  return ok || cell.isEmpty() ? ValueType::Double : ValueType::Text;
}

Result<Value> fromCell(const QString &cell, ValueType type) {
  if (type == ValueType::Text) return Value(cell.startsWith(u'\'') && beginsFormula(cell) ? cell.mid(1) : cell);
  if (cell.isEmpty()) return Value();
  bool ok = false;
  if (type == ValueType::Bool) {
    if (cell == u"true" || cell == u"1") return Value(true);
    if (cell == u"false" || cell == u"0") return Value(false);
    return failure(QStringLiteral("\"%1\" is no bool (allowed: true, false, 1, 0)").arg(cell.left(40)));
  }
  if (type == ValueType::Int) {
    const qint64 integer = cell.toLongLong(&ok);
    if (ok) return Value(integer);
    return failure(QStringLiteral("\"%1\" is no int (allowed: a whole number of 64 bits)").arg(cell.left(40)));
  }
  const double number = cell.toDouble(&ok);
  if (type == ValueType::Double && ok && std::isfinite(number)) return Value(number);
  if (type == ValueType::Double) {
    return failure(QStringLiteral("\"%1\" is no number (allowed: as in 81.25 or 1e-3)").arg(cell.left(40)));
  }
  return failure(QStringLiteral("\"%1\" is no position (allowed: columns x, y and z)").arg(cell.left(40)));
}

QByteArray quotedCell(const QString &text) {
  const bool isPlain = std::none_of(text.cbegin(), text.cend(),
                                    [](QChar c) { return c == u',' || c == u'"' || c == u'\n' || c == u'\r'; });
  // Spaces at the ends and a # in front would be lost on the way back.
  const bool isKept = text.isEmpty() || (!text.front().isSpace() && !text.back().isSpace() && text.front() != u'#');
  if (isPlain && isKept) return text.toUtf8();
  QString escaped = text;
  return '"' + escaped.replace(u'"', QLatin1String("\"\"")).toUtf8() + '"';
}

Result<Value> HistoryLine::typed(std::optional<ValueType> wanted) const {
  if (place && (!wanted || wanted == ValueType::Position)) return Value(*place);
  if (place && value.isEmpty()) return failure(QStringLiteral("a position (allowed: %1)").arg(toText(*wanted)));
  return fromCell(value, wanted ? *wanted : type ? *type : typeOfCell(value));
}

HistoryCsvReader::HistoryCsvReader(QIODevice &device, QString name)
    : m_device(device), m_name(std::move(name)), m_buffer(longestLine + 2, '\0') {}

QString HistoryCsvReader::problemAt(qint64 line, const QString &problem) const {
  return QStringLiteral("%1:%2: ").arg(m_name).arg(line) + problem;
}

Result<void> HistoryCsvReader::readHeader() {
  static const QList<std::pair<QString, Column>> known{{QStringLiteral("time"), Column::IsoTime},
                                                       {QStringLiteral("time_s"), Column::SecondsSince1970},
                                                       {QStringLiteral("time_ms"), Column::MillisecondsSince1970},
                                                       {QStringLiteral("time_ns"), Column::NanosecondsSince1970},
                                                       {QStringLiteral("point"), Column::PointName},
                                                       {QStringLiteral("value"), Column::ValueCell},
                                                       {QStringLiteral("quality"), Column::QualityWords},
                                                       {QStringLiteral("unit"), Column::UnitWords},
                                                       {QStringLiteral("type"), Column::TypeWord},
                                                       {QStringLiteral("x"), Column::X},
                                                       {QStringLiteral("y"), Column::Y},
                                                       {QStringLiteral("z"), Column::Z},
                                                       {QStringLiteral("tag"), Column::Tag},
                                                       {QStringLiteral("zone"), Column::Zone},
                                                       {QStringLiteral("received"), Column::Ignored},
                                                       {QStringLiteral("historical"), Column::Ignored}};
  QStringList names;
  for (const auto &each : known) names << each.first;
  const auto header = record();
  if (!header) return tl::unexpected(header.error());
  const auto wrong = [this](const QString &problem) {
    return failure(problemAt(std::max<qint64>(1, m_begin), problem));
  };
  int times = 0;
  for (const QString &name : *header) {
    const auto index = names.indexOf(name);
    if (index < 0) {
      return wrong(QStringLiteral("unknown column \"%1\"%2 (allowed: %3)")
                       .arg(name.left(40), didYouMean(name.left(40), names), names.join(QLatin1String(", "))));
    }
    const Column column = known[index].second;
    if (column != Column::Ignored && m_columns.contains(column)) {
      return wrong(QStringLiteral("column \"%1\" stands twice").arg(name));
    }
    m_columns << column;
    if (column <= Column::NanosecondsSince1970) ++times;
  }
  const bool hasValue = m_columns.contains(Column::ValueCell) || m_columns.contains(Column::X);
  if (times == 1 && m_columns.contains(Column::PointName) && hasValue) return {};
  return wrong(QStringLiteral("the header has to name point, value and one of time, time_s, time_ms, time_ns"));
}

Result<bool> HistoryCsvReader::next(HistoryLine &line) {
  const auto cells = record();
  if (!cells) return tl::unexpected(cells.error());
  if (cells->isEmpty()) return false;
  const auto wrong = [this](const QString &text) { return failure(problemAt(m_begin, text)); };
  line = HistoryLine();
  line.number = m_begin;
  m_place = Place();
  if (cells->size() != m_columns.size()) {
    return wrong(QStringLiteral("%1 cells (allowed: %2, as in the header)").arg(cells->size()).arg(m_columns.size()));
  }
  for (qsizetype i = 0; i < m_columns.size(); ++i) {
    const auto taken = take(m_columns[i], (*cells)[i], line);
    if (!taken) return wrong(taken.error());
  }
  if (line.point.isEmpty()) return wrong(QStringLiteral("no point is named (allowed: its full name)"));
  const auto whole = finishPosition(line);
  return whole ? Result<bool>(true) : wrong(whole.error());
}

Result<void> HistoryCsvReader::take(Column column, const QString &cell, HistoryLine &line) {
  switch (column) {
    case Column::IsoTime:
    case Column::SecondsSince1970:
    case Column::MillisecondsSince1970:
    case Column::NanosecondsSince1970: {
      const auto time = timeOf(column, cell);
      if (!time) return tl::unexpected(time.error());
      line.time = *time;
      return {};
    }
    case Column::PointName:
      line.point = cell;
      return {};
    case Column::ValueCell:
      line.value = cell;
      return {};
    case Column::UnitWords:
      line.unit = cell;
      return {};
    case Column::QualityWords: {
      if (!cell.isEmpty() && !qualities().contains(cell)) {
        return failure(QStringLiteral("\"%1\" is no quality (allowed: good, or uncertain:<reason> and bad:<reason> as "
                                      "in bad:timeout)")
                           .arg(cell.left(40)));
      }
      line.quality = qualities().value(cell);
      return {};
    }
    case Column::TypeWord:
      line.type = typeNamed(cell);
      if (line.type || cell.isEmpty()) return {};
      return failure(
          QStringLiteral("\"%1\" is no type (allowed: bool, int, double, text, position)").arg(cell.left(40)));
    case Column::Ignored:
      return {};
    default:
      return takePosition(column, cell);
  }
}

Result<void> HistoryCsvReader::takePosition(Column column, const QString &cell) {
  if (cell.isEmpty()) return {};
  if (column == Column::Tag) {
    m_place.tag = cell;
    return {};
  }
  if (column == Column::Zone) {
    bool ok = true;
    m_place.zone = cell.toInt(&ok);
    return ok ? Result<void>() : failure(QStringLiteral("\"%1\" is no zone (allowed: a number)").arg(cell.left(40)));
  }
  const auto number = coordinate(cell);
  if (!number) return tl::unexpected(number.error());
  m_place.coordinates[column == Column::X ? 0 : column == Column::Y ? 1 : 2] = *number;
  return {};
}

Result<void> HistoryCsvReader::finishPosition(HistoryLine &line) const {
  line.tag = m_place.tag;
  const auto &[x, y, z] = m_place.coordinates;
  const bool hasAny = x || y || z;
  if (hasAny && (!x || !y || !z)) {
    return failure(QStringLiteral("some coordinates are missing (allowed: x, y and z together, or none of them)"));
  }
  if (hasAny) {
    Fix fix;
    fix.tag = m_place.tag;
    fix.zone = m_place.zone;
    line.place = Position{*x, *y, *z, std::make_shared<const Fix>(std::move(fix))};
    line.type = ValueType::Position;
    return {};
  }
  // A tag that was lost: it has a position point, and no value.
  const bool isLost = !m_place.tag.isEmpty() && line.value.isEmpty() && m_columns.contains(Column::X);
  if (isLost && !line.type) line.type = ValueType::Position;
  return {};
}

Result<Time> HistoryCsvReader::timeOf(Column column, const QString &cell) const {
  switch (column) {
    case Column::SecondsSince1970:
      return fromEpoch(cell, std::chrono::seconds(1));
    case Column::MillisecondsSince1970:
      return fromEpoch(cell, std::chrono::milliseconds(1));
    case Column::NanosecondsSince1970:
      return fromEpoch(cell, std::chrono::nanoseconds(1));
    default:
      return fromExactIso(cell);
  }
}

Result<QByteArray> HistoryCsvReader::physicalLine() {
  const qint64 size = m_device.readLine(m_buffer.data(), m_buffer.size());
  const bool isWhole = size > 0 && (m_buffer[size - 1] == '\n' || size + 1 >= m_buffer.size());
  const auto *file = qobject_cast<QFileDevice *>(&m_device);
  const bool isFailed = (file && file->error() != QFileDevice::NoError) || (!isWhole && !m_device.atEnd());
  if (isFailed) {
    m_isBroken = true;
    return failure(problemAt(m_line + 1, QStringLiteral("can't be read: ") + m_device.errorString()));
  }
  if (size <= 0) return QByteArray();
  m_position += size;
  ++m_line;
  constexpr qint64 markBytes = 3;
  const bool hasMark = m_line == 1 && size >= markBytes && std::memcmp(m_buffer.constData(), "\xef\xbb\xbf", 3) == 0;
  const qint64 skipped = hasMark ? markBytes : 0;
  // A line of nothing but the mark is an empty one, not the end.
  if (skipped == size) return QByteArray("\n");
  return QByteArray::fromRawData(m_buffer.constData() + skipped, size - skipped);
}

Result<QStringList> HistoryCsvReader::record() {
  QByteArray text;
  qsizetype quotes = 0;
  do {
    const auto line = physicalLine();
    if (!line) return tl::unexpected(line.error());
    if (line->isEmpty()) break;
    // Within a quoted cell they are part of it.
    if (text.isEmpty() && (line->startsWith('#') || line->trimmed().isEmpty())) continue;
    if (text.isEmpty()) m_begin = m_line;
    quotes += line->count('"');
    text.append(line->constData(), line->size());  // a copy: the buffer is used again
  } while ((text.isEmpty() || quotes % 2 != 0) && text.size() <= longestLine);
  const auto wrong = [this](const QString &what) { return failure(problemAt(m_begin, what)); };
  if (text.size() > longestLine) {
    m_isBroken = true;
    return wrong(QStringLiteral("longer than %1 bytes; is a quote not closed?").arg(longestLine));
  }
  if (quotes % 2 != 0) return wrong(QStringLiteral("a quote is not closed"));
  if (text.endsWith('\n')) text.chop(1);
  if (text.endsWith('\r')) text.chop(1);
  const QString line = QString::fromUtf8(text);
  if (line.isEmpty()) return QStringList();
  const auto cells = cellsOf(line);
  return cells ? cells : wrong(cells.error());
}

}  // namespace tagwire
