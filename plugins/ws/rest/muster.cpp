// SPDX-License-Identifier: Apache-2.0
#include "rest/muster.h"

#include <QJsonArray>

#include <algorithm>
#include <map>

#include "rest/csvcell.h"

namespace tagwire::ws {
namespace {

using State = Whereabouts::State;

const char *whereaboutsWord(State state) {
  return state == State::Present ? "present" : state == State::Lost ? "lost" : "unseen";
}

/// A clock of the sender that runs ahead makes nobody younger than now.
qint64 ageOf(const Whereabouts &tag, Time now) {
  return std::max<qint64>(0, toMilliseconds(now) - toMilliseconds(tag.lastFix));
}

QJsonObject entryJson(const MusterEntry &entry, Time now) {
  const Whereabouts &tag = entry.tag;
  QJsonObject json{
      {QStringLiteral("tag_id"), tag.tag},
      {QStringLiteral("instance"), entry.instance},
      {QStringLiteral("quality"), tag.state == State::Present ? QLatin1String("good") : QLatin1String("bad")}};
  if (!tag.name.isEmpty()) json.insert(QStringLiteral("name"), tag.name);
  if (!tag.tagClass.isEmpty()) json.insert(QStringLiteral("class"), tag.tagClass);
  if (tag.state == State::Unseen) return json;
  json.insert(QStringLiteral("zone_id"), tag.zone);
  json.insert(QStringLiteral("zone_name"), entry.zoneName);
  json.insert(QStringLiteral("x"), tag.position.x);
  json.insert(QStringLiteral("y"), tag.position.y);
  json.insert(QStringLiteral("z"), tag.position.z);
  json.insert(QStringLiteral("last_fix"), toIso(tag.lastFix));
  json.insert(QStringLiteral("age_ms"), ageOf(tag, now));
  return json;
}

}  // namespace

QJsonObject musterJson(const QList<MusterEntry> &entries, Time now) {
  std::map<std::pair<QString, int>, QJsonObject> zones;
  std::map<std::pair<QString, int>, QJsonArray> inZone;
  QJsonArray lost;
  QJsonArray unseen;
  qsizetype present = 0;
  for (const MusterEntry &entry : entries) {
    const QJsonObject json = entryJson(entry, now);
    if (entry.tag.state == State::Lost) lost.append(json);
    if (entry.tag.state == State::Unseen) unseen.append(json);
    if (entry.tag.state != State::Present) continue;
    ++present;
    const std::pair key(entry.instance, entry.tag.zone);
    inZone[key].append(json);
    zones[key] = {{QStringLiteral("instance"), entry.instance},
                  {QStringLiteral("zone_id"), entry.tag.zone},
                  {QStringLiteral("zone_name"), entry.zoneName}};
  }
  QJsonArray list;
  for (auto &[key, zone] : zones) {
    zone.insert(QStringLiteral("tags"), inZone.at(key));
    list.append(zone);
  }
  return {{QStringLiteral("time"), toIso(now)},   {QStringLiteral("present"), present},
          {QStringLiteral("lost"), lost.size()},  {QStringLiteral("unseen"), unseen.size()},
          {QStringLiteral("zones"), list},        {QStringLiteral("lost_tags"), lost},
          {QStringLiteral("unseen_tags"), unseen}};
}

QByteArray musterCsv(const QList<MusterEntry> &entries, Time now) {
  QByteArray csv = "instance,state,zone_id,zone_name,tag_id,name,class,x,y,z,last_fix,age_ms\r\n";
  for (const MusterEntry &entry : entries) {
    const Whereabouts &tag = entry.tag;
    QByteArrayList cells{csvCell(entry.instance), whereaboutsWord(tag.state)};
    const bool isSeen = tag.state != State::Unseen;
    cells << (isSeen ? QByteArray::number(tag.zone) : QByteArray()) << csvCell(entry.zoneName);
    cells << csvCell(tag.tag) << csvCell(tag.name) << csvCell(tag.tagClass);
    for (const double coordinate : {tag.position.x, tag.position.y, tag.position.z}) {
      cells << (isSeen ? QByteArray::number(coordinate, 'g', 12) : QByteArray());
    }
    cells << (isSeen ? toIso(tag.lastFix).toLatin1() : QByteArray());
    cells << (isSeen ? QByteArray::number(ageOf(tag, now)) : QByteArray());
    csv += cells.join(',') + "\r\n";
  }
  return csv;
}

}  // namespace tagwire::ws
