// SPDX-License-Identifier: Apache-2.0
#include "hubstays.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <array>

namespace tagwire::rtls {
namespace {

using std::chrono::nanoseconds;

constexpr int staysFileVersion = 1;
/// Nothing that we count lasts longer, in nanoseconds.
constexpr qint64 longestSpan = 100LL * 365 * 86'400 * 1'000'000'000;
constexpr std::array flags{&Presence::firstSight, &Presence::dwelt, &Presence::timedOut};

qint64 countOf(Time time) { return time.time_since_epoch().count(); }

QJsonArray momentOf(const std::optional<Moment> &moment, nanoseconds saved) {
  if (!moment) return {};
  return {countOf(moment->time), qint64((moment->elapsed - saved).count())};
}

/// Null: out of range, or no whole number.
std::optional<qint64> numberOf(const QJsonValue &value) {
  const qint64 number = value.toInteger(longestSpan + 1);
  return number >= -longestSpan && number <= longestSpan ? std::optional(number) : std::nullopt;
}

std::optional<Moment> toMoment(const QJsonArray &array) {
  const auto time = numberOf(array.at(0));
  const auto elapsed = numberOf(array.at(1));
  return time && elapsed ? std::optional(Moment{Time(Time::duration(*time)), nanoseconds(*elapsed)}) : std::nullopt;
}

QJsonArray stayArray(const HubStays::Stay &stay, nanoseconds saved) {
  const Presence &presence = stay.presence;
  int bits = 0;
  for (size_t i = 0; i < flags.size(); ++i) bits |= presence.*flags[i] ? 1 << i : 0;
  return {stay.tag,
          stay.fence,
          countOf(stay.entered),
          static_cast<int>(presence.stage),
          bits,
          qint64((presence.heard - saved).count()),
          momentOf(presence.entered, saved),
          momentOf(presence.outside, saved),
          momentOf(presence.leaving, saved)};
}

std::optional<HubStays::Stay> toStay(const QJsonArray &array) {
  const int stage = array.at(3).toInt(-1);
  const auto told = numberOf(array.at(2));
  const auto heard = numberOf(array.at(5));
  const auto entered = toMoment(array.at(6).toArray());
  const bool isStage =
      stage == static_cast<int>(Presence::Stage::Entering) || stage == static_cast<int>(Presence::Stage::Inside);
  if (!isStage || !told || !heard || !entered) return std::nullopt;
  HubStays::Stay stay{array.at(0).toString(), array.at(1).toString(), {}, Time(Time::duration(*told))};
  stay.presence.stage = static_cast<Presence::Stage>(stage);
  for (size_t i = 0; i < flags.size(); ++i) stay.presence.*flags[i] = (array.at(4).toInt() & (1 << i)) != 0;
  stay.presence.heard = nanoseconds(*heard);
  stay.presence.entered = *entered;
  if (const QJsonArray outside = array.at(7).toArray(); !outside.isEmpty()) stay.presence.outside = toMoment(outside);
  if (const QJsonArray leaving = array.at(8).toArray(); !leaving.isEmpty()) stay.presence.leaving = toMoment(leaving);
  return stay;
}

}  // namespace

QByteArray toBytes(const HubStays &stays) {
  QJsonArray list;
  for (const auto &stay : stays.stays) list.append(stayArray(stay, stays.saved.elapsed));
  const QJsonObject file{{QStringLiteral("version"), staysFileVersion},
                         {QStringLiteral("saved"), countOf(stays.saved.time)},
                         {QStringLiteral("stays"), list}};
  return QJsonDocument(file).toJson(QJsonDocument::Compact);
}

Result<HubStays> hubStaysFromBytes(const QByteArray &bytes) {
  const QJsonObject file = QJsonDocument::fromJson(bytes).object();
  const auto saved = numberOf(file.value(u"saved"));
  if (file.value(u"version").toInt() != staysFileVersion || !saved) {
    return failure(QStringLiteral("is damaged, or of an unknown version (allowed: %1)").arg(staysFileVersion));
  }
  HubStays read{{Time(Time::duration(*saved)), {}}, {}};
  for (const QJsonValue &each : file.value(u"stays").toArray()) {
    auto stay = toStay(each.toArray());
    if (!stay || read.stays.size() >= HubStays::most) return failure(QStringLiteral("is damaged"));
    read.stays.push_back(std::move(*stay));
  }
  return read;
}

}  // namespace tagwire::rtls
