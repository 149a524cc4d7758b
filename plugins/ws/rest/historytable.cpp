// SPDX-License-Identifier: Apache-2.0
#include "rest/historytable.h"

#include <QLocale>

#include <cmath>

#include "protocols/jsontext.h"
#include "rest/csvcell.h"
#include "rest/historytext.h"

namespace tagwire::ws {

namespace {

/// Writes times; most of a page share their second. Plain class.
class TimeCells {
 public:
  QByteArray cellOf(Time time) {
    const int digits = fractionDigits(time);
    if (digits == 9) return toIso(time, digits).toLatin1();
    m_text.clear();
    m_text.time(time, digits);
    const QByteArray quoted = m_text.view();
    return QByteArray(quoted.constData() + 1, quoted.size() - 2);
  }

 private:
  JsonText m_text;
};

QByteArray historyCell(double number) {
  return std::isfinite(number) ? QByteArray::number(number, 'g', QLocale::FloatingPointShortest) : QByteArray();
}

QByteArray historyCell(const std::optional<double> &number) { return number ? historyCell(*number) : QByteArray(); }

QByteArray historyCell(const Value &value) {
  switch (typeOf(value)) {
    case ValueType::Bool:
      return std::get<bool>(value) ? "true" : "false";
    case ValueType::Int:
      return QByteArray::number(std::get<qint64>(value));
    case ValueType::Double:
      return historyCell(std::get<double>(value));
    case ValueType::Text:
      return csvTextCell(std::get<QString>(value));
    case ValueType::None:
    case ValueType::Position:
      break;
  }
  return {};
}

QByteArray positionCells(const HistoryPoint &point, const HistoryValue &value) {
  const auto *position = std::get_if<Position>(&value.value);
  if (!position) return ",,,,";  // a tag beside no place would be imported as one
  const int zone = position->fix ? position->fix->zone : 0;
  return historyCell(position->x) + ',' + historyCell(position->y) + ',' + historyCell(position->z) + ',' +
         csvPlainCell(point.tag) + ',' + (zone == 0 ? QByteArray() : QByteArray::number(zone));
}

/// `unit` and `name` are cells already.
void addLine(QByteArray &csv, TimeCells &times, const HistoryPoint &point, const QByteArray &name,
             const QByteArray &unit, const HistoryValue &value) {
  csv += times.cellOf(value.time) + ',' + name + ',' + historyCell(value.value) + ',' +
         toText(value.quality).toLatin1() + ',' + unit + ',' + toText(point.type).latin1() + ',' +
         (value.received == Time() ? QByteArray() : times.cellOf(value.received)) + ',' +
         (value.isHistorical ? "true" : "false") + ',' + positionCells(point, value) + "\r\n";
}

QByteArray historyCell(const HistoryBucket &bucket, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::Min:
      return historyCell(bucket.min);
    case Aggregate::Max:
      return historyCell(bucket.max);
    case Aggregate::Mean:
      return historyCell(bucket.mean);
    case Aggregate::Last:
      return historyCell(bucket.last);
    case Aggregate::Count:
      break;
  }
  return QByteArray::number(bucket.count) + ',' + QByteArray::number(bucket.good);
}

}  // namespace

QByteArray valuesCsvHead() { return "time,point,value,quality,unit,type,received,historical,x,y,z,tag,zone\r\n"; }
QByteArray eventsCsvHead() { return "time,source,kind,event\r\n"; }

QByteArray trendCsvHead(const QList<Aggregate> &aggregates) {
  QByteArray head = "time,point,unit";
  for (const Aggregate each : aggregates) {
    head += each == Aggregate::Count ? QByteArray(",count,good") : ',' + QByteArray(toText(each).latin1());
  }
  return head + "\r\n";
}

QByteArray valuesCsv(const HistoryPage &page) {
  TimeCells times;
  QByteArray csv;
  for (const HistorySeries &each : page.series) {
    const QByteArray name = csvPlainCell(each.point.name);
    const QByteArray unit = csvPlainCell(each.point.unit);
    if (each.before) addLine(csv, times, each.point, name, unit, *each.before);
    for (const HistoryValue &value : each.values) addLine(csv, times, each.point, name, unit, value);
  }
  return csv;
}

QByteArray eventsCsv(const HistoryEventPage &page) {
  TimeCells times;
  QByteArray csv;
  for (const HistoryEvent &each : page.events) {
    csv += times.cellOf(each.time) + ',' + csvPlainCell(each.source) + ',' + csvPlainCell(each.kind) + ',' +
           csvPlainCell(QString::fromUtf8(each.json)) + "\r\n";
  }
  return csv;
}

QByteArray trendCsv(const HistoryPage &page, const QList<Aggregate> &aggregates) {
  TimeCells times;
  QByteArray csv;
  for (const HistorySeries &each : page.series) {
    const QByteArray names = csvPlainCell(each.point.name) + ',' + csvPlainCell(each.point.unit);
    for (const HistoryBucket &bucket : each.buckets) {
      csv += times.cellOf(bucket.from) + ',' + names;
      for (const Aggregate aggregate : aggregates) csv += ',' + historyCell(bucket, aggregate);
      csv += "\r\n";
    }
  }
  return csv;
}

}  // namespace tagwire::ws
