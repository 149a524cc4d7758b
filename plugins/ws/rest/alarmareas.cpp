// SPDX-License-Identifier: Apache-2.0
#include "rest/alarmareas.h"

#include <QMap>

#include <algorithm>

#include "commands/commandcontrol.h"
#include "protocols/wirejson.h"

namespace tagwire::ws {

namespace {

using Areas = QMap<QString, AlarmArea>;

/// "a/b/c" → "a/b" → "a" → "" (the whole plant); null above that.
QString parentOf(const QString &area) {
  if (area.isEmpty()) return {};
  const qsizetype slash = area.lastIndexOf(u'/');
  return slash < 0 ? QStringLiteral("") : area.left(slash);
}

void add(AlarmArea &to, const AlarmArea &more) {
  to.state = std::max(to.state, more.state);
  to.severity = std::max(to.severity, more.severity);
  to.active += more.active;
  to.unacknowledged += more.unacknowledged;
  to.rules += more.rules;
}

/// To the area itself and to all that it lies in.
void addUpwards(Areas &areas, const QString &name, const AlarmArea &more) {
  for (QString each = name; !each.isNull(); each = parentOf(each)) {
    areas[each].name = each;
    add(areas[each], more);
  }
}

AlarmArea asArea(const AlarmTransition &alarm) {
  AlarmArea area;
  area.state = alarm.state;
  area.active = alarm.state == AlarmState::Ok ? 0 : 1;
  if (area.active > 0) area.severity = alarm.severity;
  area.unacknowledged = isUnacknowledged(alarm.condition) ? 1 : 0;
  return area;
}

}  // namespace

QList<AlarmArea> mergeAreas(const QList<QList<AlarmArea>> &lists) {
  if (lists.size() == 1) return lists.first();
  Areas areas;
  for (const QList<AlarmArea> &list : lists) {
    for (const AlarmArea &each : list) {
      areas[each.name].name = each.name;
      add(areas[each.name], each);
    }
  }
  return areas.values();
}

void askAreas(PluginContext &context, const std::function<void(const DeskAnswers<QList<AlarmArea>> &)> &taker) {
  askDesks(context, &AlarmDesk::areas, [&context, taker](DeskAnswers<QList<AlarmArea>> answers) {
    const qsizetype interlocks = context.commands().interlocks().size();
    const QList<AlarmStatus> standing = context.commands().hostAlarms();
    if (interlocks == 0 && standing.isEmpty()) return taker(answers);
    AlarmArea plant;
    for (const AlarmStatus &each : standing) add(plant, asArea(each.transition));
    plant.rules = static_cast<int>(interlocks);
    answers.entries.append({QStringLiteral("tagwire"), {plant}});
    taker(answers);
  });
}

QList<AlarmArea> readableAreas(const QList<AlarmArea> &whole, const QList<AlarmStatus> &standing,
                               const Permissions &permissions) {
  // Rules that stand in an area itself: those of the areas in it taken off.
  QMap<QString, int> own;
  for (const AlarmArea &each : whole) own[each.name.isNull() ? QStringLiteral("") : each.name] += each.rules;
  const QStringList names = own.keys();
  QMap<QString, int> below;
  for (const AlarmArea &each : whole) {
    QString parent = parentOf(each.name);
    while (!parent.isNull() && !own.contains(parent)) parent = parentOf(parent);
    if (!parent.isNull()) below[parent] += each.rules;
  }
  Areas areas;
  for (const QString &name : names) {
    const int rules = own.value(name) - below.value(name);
    if (rules <= 0 || !permissions.allow(right::readAlarms, name)) continue;
    AlarmArea counted;
    counted.rules = rules;
    addUpwards(areas, name, counted);
  }
  for (const AlarmStatus &alarm : standing) {
    const QString area = alarm.transition.area.isNull() ? QStringLiteral("") : alarm.transition.area;
    if (permissions.allow(right::readAlarms, area)) addUpwards(areas, area, asArea(alarm.transition));
  }
  return areas.values();
}

Response areasResponse(const QList<AlarmArea> &areas) {
  JsonText json;
  json.beginList();
  for (const AlarmArea &each : areas) {
    json.beginObject();
    json.put("area", each.name);
    json.put("state", toText(each.state));
    json.key("severity");
    if (each.active > 0) {
      json.text(toText(each.severity));
    } else {
      json.null();
    }
    json.put("active", each.active);
    json.put("unacknowledged", each.unacknowledged);
    json.put("rules", each.rules);
    json.endObject();
  }
  json.endList();
  return {200, "application/json", json.bytes()};
}

}  // namespace tagwire::ws
