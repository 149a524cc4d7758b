// SPDX-License-Identifier: Apache-2.0
#include "rest/historytext.h"

#include <cmath>

#include "protocols/jsontext.h"

namespace tagwire::ws {

namespace {

using namespace std::chrono_literals;

void putHistoryTime(JsonText &json, const char *key, Time time) {
  json.key(key);
  const int digits = fractionDigits(time);
  if (digits == 9) {
    json.text(toIso(time, 9));
  } else {
    json.time(time, digits);
  }
}

void putFilled(JsonText &json, const char *key, const QString &text) {
  if (!text.isEmpty()) json.put(key, text);
}

void putPosition(JsonText &json, const Position &position) {
  json.beginObject();
  json.put("x", position.x);
  json.put("y", position.y);
  json.put("z", position.z);
  if (const Fix *fix = position.fix.get()) {
    if (fix->zone != 0) json.put("zone", fix->zone);
    putFilled(json, "type", fix->type);
    putFilled(json, "gateway", fix->gateway);
    if (std::isfinite(fix->accuracy)) json.put("accuracy", fix->accuracy);
    if (std::isfinite(fix->confidence)) json.put("confidence", fix->confidence);
    if (fix->battery >= 0) json.put("battery", fix->battery);
    if (fix->sequence >= 0) json.put("sequence", fix->sequence);
    putFilled(json, "origin", fix->origin);
  }
  json.endObject();
}

/// The fields of a value into an open object.
void putHistoryValue(JsonText &json, const HistoryValue &value) {
  putHistoryTime(json, "t", value.time);
  json.key("v");
  if (const auto *position = std::get_if<Position>(&value.value)) {
    putPosition(json, *position);
  } else {
    json.value(value.value);
  }
  json.key("q");
  json.quality(value.quality);
  if (value.received != Time() && value.received != value.time) putHistoryTime(json, "received", value.received);
  if (value.isHistorical) json.put("historical", true);
}

void putValueAt(JsonText &json, const char *key, const HistoryValue &value) {
  json.key(key);
  json.beginObject();
  putHistoryValue(json, value);
  json.endObject();
}

void putHistoryPoint(JsonText &json, const char *key, const HistoryPoint &point) {
  json.put(key, point.name);
  json.put("type", toText(point.type));
  json.put("unit", point.unit);
  putFilled(json, "tag", point.tag);
}

/// A list under `key`, with one object for each of `all`, which `put` fills.
template <class List, class Put>
void putObjects(JsonText &json, const char *key, const List &all, Put put) {
  json.key(key);
  json.beginList();
  for (const auto &each : all) {
    json.beginObject();
    put(each);
    json.endObject();
  }
  json.endList();
}

void putNext(JsonText &json, const QString &next) {
  json.key("next");
  if (next.isEmpty()) {
    json.null();
  } else {
    json.text(next);
  }
}

/// Its fields into an open object.
void putGap(JsonText &json, const HistoryGap &gap) {
  putHistoryTime(json, "from", gap.from);
  putHistoryTime(json, "to", gap.to);
  json.put("records", gap.records);
  json.put("reason", gap.reason);
}

void putUnknown(JsonText &json, const QStringList &unknown) {
  json.key("unknown");
  json.beginList();
  for (const QString &name : unknown) json.text(name);
  json.endList();
}

/// What a page has besides its series.
void putRest(JsonText &json, const HistoryPage &page) {
  putUnknown(json, page.unknown);
  putObjects(json, "gaps", page.gaps, [&](const HistoryGap &gap) { putGap(json, gap); });
}

void putNumber(JsonText &json, const char *key, const std::optional<double> &number) {
  json.put(key, number.value_or(std::nan("")));
}

void putAggregate(JsonText &json, const HistoryBucket &bucket, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::Min:
      return putNumber(json, "min", bucket.min);
    case Aggregate::Max:
      return putNumber(json, "max", bucket.max);
    case Aggregate::Mean:
      return putNumber(json, "avg", bucket.mean);
    case Aggregate::Last:
      return putNumber(json, "last", bucket.last);
    case Aggregate::Count:
      json.put("count", bucket.count);
      json.put("good", bucket.good);
  }
}

void endLine(JsonText &json, QByteArray &lines) {
  json.endObject();
  lines += json.view() + '\n';
  json.clear();
}

}  // namespace

int fractionDigits(Time time) {
  const auto since = time.time_since_epoch();
  return since % 1ms == 0ns ? 3 : since % 1us == 0ns ? 6 : 9;
}

QByteArray valuesJson(const HistoryPage &page) {
  JsonText json;
  json.beginObject();
  putObjects(json, "series", page.series, [&](const HistorySeries &each) {
    putHistoryPoint(json, "point", each.point);
    if (each.before) putValueAt(json, "before", *each.before);
    putObjects(json, "values", each.values, [&](const HistoryValue &value) { putHistoryValue(json, value); });
  });
  putRest(json, page);
  putNext(json, page.next);
  json.endObject();
  return json.bytes();
}

QByteArray trendJson(const HistoryPage &page, const QList<Aggregate> &aggregates) {
  JsonText json;
  json.beginObject();
  json.put("interval_ms", std::chrono::duration<double, std::milli>(page.interval).count());
  putObjects(json, "series", page.series, [&](const HistorySeries &each) {
    putHistoryPoint(json, "point", each.point);
    if (each.before) putValueAt(json, "before", *each.before);
    putObjects(json, "buckets", each.buckets, [&](const HistoryBucket &bucket) {
      putHistoryTime(json, "t", bucket.from);
      for (const Aggregate aggregate : aggregates) putAggregate(json, bucket, aggregate);
    });
  });
  putRest(json, page);
  json.endObject();
  return json.bytes();
}

QByteArray lastJson(const HistoryPage &page) {
  JsonText json;
  json.beginObject();
  putObjects(json, "series", page.series, [&](const HistorySeries &each) {
    putHistoryPoint(json, "point", each.point);
    if (each.before) {
      putValueAt(json, "last", *each.before);
    } else if (!each.values.isEmpty()) {
      putValueAt(json, "last", each.values.last());
    } else {
      json.key("last");
      json.null();
    }
  });
  putUnknown(json, page.unknown);
  json.endObject();
  return json.bytes();
}

QByteArray pointsJson(const QList<HistoryPoint> &points, const QString &next) {
  JsonText json;
  json.beginObject();
  putObjects(json, "points", points, [&](const HistoryPoint &each) { putHistoryPoint(json, "name", each); });
  putNext(json, next);
  json.endObject();
  return json.bytes();
}

QByteArray eventsJson(const HistoryEventPage &page) {
  JsonText json;
  json.beginObject();
  json.key("events");
  json.beginList();
  for (const HistoryEvent &each : page.events) json.raw(each.json);
  json.endList();
  putNext(json, page.next);
  json.endObject();
  return json.bytes();
}

QByteArray quarantineJson(const QuarantinePage &page) {
  JsonText json;
  json.beginObject();
  json.put("total", page.total);
  putObjects(json, "records", page.records, [&](const QuarantinedRecord &each) {
    json.put("id", each.id);
    putHistoryTime(json, "since", each.since);
    putHistoryTime(json, "t", each.time);
    json.put("what", each.what);
    json.put("content", each.content);
    json.put("reason", each.reason);
  });
  json.key("next");
  if (page.next == 0) {
    json.null();
  } else {
    json.integer(page.next);
  }
  json.endObject();
  return json.bytes();
}

QByteArray valuesLines(const HistoryPage &page) {
  JsonText json;
  QByteArray lines;
  for (const HistoryGap &gap : page.gaps) {
    json.beginObject();
    json.key("gap");
    json.beginObject();
    putGap(json, gap);
    json.endObject();
    endLine(json, lines);
  }
  for (const HistorySeries &each : page.series) {
    const auto addValue = [&](const HistoryValue &value) {
      json.beginObject();
      json.put("point", each.point.name);
      putHistoryValue(json, value);
      putFilled(json, "unit", each.point.unit);
      putFilled(json, "tag", each.point.tag);
      endLine(json, lines);
    };
    if (each.before) addValue(*each.before);
    for (const HistoryValue &value : each.values) addValue(value);
  }
  return lines;
}

QByteArray eventsLines(const HistoryEventPage &page) {
  QByteArray lines;
  for (const HistoryEvent &each : page.events) lines += each.json + '\n';
  return lines;
}

}  // namespace tagwire::ws
