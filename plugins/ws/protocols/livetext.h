// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.h"
#include "jsontext.h"
#include "pointnames.h"

namespace tagwire::ws {

/// One event with its topics and its JSON forms, each made once for all who get it. Plain class, one thread.
class LiveEvent {
 public:
  explicit LiveEvent(Event event);

  const Event &event() const { return m_event; }
  const QString &topic() const { return m_topic; }  ///< "events/<kind>"
  const QByteArray &json(const PointTable &points) const;
  /// Null when it is not about an alarm.
  const QByteArray &alarmJson() const;

 private:
  Event m_event;
  QString m_topic;
  mutable QByteArray m_json;
  mutable QByteArray m_alarmJson;
};

/// The lists of one `update` or `snapshot` of R6-2 under construction. Keeps its buffers. Plain class, one thread.
class LiveText {
 public:
  void clear();
  void add(const PointNames::Entry &entry, const Sample &sample, bool withUnit = false);
  void addAlarm(const QByteArray &json) { addRaw(m_alarms, json); }
  void addEvent(const QByteArray &json) { addRaw(m_events, json); }

  bool isEmpty() const { return m_points.count + m_tags.count + m_alarms.count + m_events.count == 0; }
  qsizetype size() const;

  /// `,"points":[…],"tags":[…]`, only the lists that hold something.
  QByteArray samplesTail();
  QByteArray eventsTail();
  /// points, tags and alarms, empty ones too.
  QByteArray snapshotTail();

 private:
  struct List {
    JsonText json;
    int count = 0;
  };

  static JsonText &begin(List &list);
  static void addRaw(List &list, const QByteArray &json);
  static void append(QByteArray &tail, const char *key, List &list, bool always);

  List m_points;
  List m_tags;
  List m_alarms;
  List m_events;
};

}  // namespace tagwire::ws
