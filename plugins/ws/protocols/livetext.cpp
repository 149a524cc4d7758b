// SPDX-License-Identifier: Apache-2.0
#include "livetext.h"

#include <QJsonDocument>

#include "wirejson.h"

namespace tagwire::ws {

LiveEvent::LiveEvent(Event event) : m_event(std::move(event)), m_topic(QStringLiteral("events/") + kindOf(m_event)) {}

const QByteArray &LiveEvent::json(const PointTable &points) const {
  if (m_json.isEmpty()) m_json = QJsonDocument(toJson(m_event, points)).toJson(QJsonDocument::Compact);
  return m_json;
}

const QByteArray &LiveEvent::alarmJson() const {
  const auto *alarm = std::get_if<AlarmTransition>(&m_event.body);
  const bool isOurs = alarm || std::holds_alternative<AlarmConditionChange>(m_event.body);
  if (!m_alarmJson.isEmpty() || !isOurs) return m_alarmJson;
  JsonText json;
  json.beginObject();
  if (alarm) {
    putAlarm(json, *alarm, m_event.time);
  } else {
    putAlarmEvent(json, m_event);
  }
  json.endObject();
  m_alarmJson = json.bytes();
  return m_alarmJson;
}

void LiveText::clear() {
  for (List *list : {&m_points, &m_tags, &m_alarms, &m_events}) {
    list->json.clear();
    list->count = 0;
  }
}

JsonText &LiveText::begin(List &list) {
  if (list.count++ == 0) list.json.beginList();
  return list.json;
}

void LiveText::addRaw(List &list, const QByteArray &json) { begin(list).raw(json); }

void LiveText::add(const PointNames::Entry &entry, const Sample &sample, bool withUnit) {
  JsonText &json = begin(entry.isTag ? m_tags : m_points);
  json.beginObject();
  if (entry.isTag) {
    putFix(json, entry.name, sample);
    json.key("q");
    json.quality(sample.quality);
    json.endObject();
    return;
  }
  json.key("p");
  json.raw(entry.name);
  json.key("v");
  json.value(sample.value);
  json.key("q");
  json.quality(sample.quality);
  json.key("t");
  if (sample.time == Time()) {
    json.null();  // no value so far
  } else {
    json.time(sample.time);
  }
  if (withUnit && !entry.unit.isEmpty()) {
    json.key("u");
    json.raw(entry.unit);
  }
  json.endObject();
}

qsizetype LiveText::size() const {
  return m_points.json.view().size() + m_tags.json.view().size() + m_alarms.json.view().size() +
         m_events.json.view().size();
}

void LiveText::append(QByteArray &tail, const char *key, List &list, bool always) {
  if (list.count == 0 && !always) return;
  tail += ",\"";
  tail += key;
  tail += "\":";
  if (list.count == 0) {
    tail += "[]";
    return;
  }
  list.json.endList();
  tail += list.json.view();
}

QByteArray LiveText::samplesTail() {
  QByteArray tail;
  append(tail, "points", m_points, false);
  append(tail, "tags", m_tags, false);
  return tail;
}

QByteArray LiveText::eventsTail() {
  QByteArray tail;
  append(tail, "alarms", m_alarms, false);
  append(tail, "events", m_events, false);
  return tail;
}

QByteArray LiveText::snapshotTail() {
  QByteArray tail;
  append(tail, "points", m_points, true);
  append(tail, "tags", m_tags, true);
  append(tail, "alarms", m_alarms, true);
  return tail;
}

}  // namespace tagwire::ws
