// SPDX-License-Identifier: Apache-2.0
// HubSite: whose location counts where several providers move one trackable, and what each said last.
#include <algorithm>
#include <cmath>

#include "hubsite.h"

namespace tagwire::rtls {

bool HubSite::redirect(IncomingFix &fix) {
  if (m_isReplay) return true;
  if (m_recalled) wake();
  m_taken.reset();
  m_heardFrom = fix.fix.tag;
  m_heard = std::exchange(m_incoming, {});
  const HubTrackable *holder = m_objects.holderOf(fix.fix.tag);
  if (holder) {
    // Each provider counts its fixes for itself.
    fix.sender += u' ' + fix.fix.tag;
    fix.fix.tag = holder->tag;
    m_taken = heardFrom(fix, m_heardFrom);
    // What the filter refuses in any case is none to be held.
    const bool isRanked =
        !holder->rules.empty() && m_host.tracker().judgeAlone(fix, m_host.now()).refusal == Refusal::None;
    if (isRanked && !outranks(*holder, *m_taken)) return false;
  }
  m_heard.remove(u"source");
  if (m_isAwake) return true;
  m_heardFrom.clear();
  m_heard = {};
  return true;
}

HeardLocation HubSite::heardFrom(const IncomingFix &fix, const QString &provider) const {
  const Moment now = m_host.now();
  HeardLocation heard{
      provider, fix, m_heard, m_heard.value(u"source").toString(), {sourceTime(fix, now.time), now.elapsed}, {}, 0};
  heard.details.remove(u"source");
  const HeardLocation *before = m_book.find(provider, now.elapsed);
  if (!before) return heard;
  const Place from{before->fix.x, before->fix.y, before->fix.z};
  const double seconds = std::chrono::duration<double>(heard.at.time - before->at.time).count();
  const double way = plane().toMetres(std::hypot(fix.x - from.x, fix.y - from.y));
  if (seconds > 0) heard.speed = way / seconds;
  if (heard.speed && way > 0) heard.course = plane().course(from, {fix.x, fix.y, fix.z});
  return heard;
}

/// Where it does not, the trackable goes where the best one is, if it is not there.
// NOLINTNEXTLINE(performance-unnecessary-value-param): what is given is m_taken, which ends here
bool HubSite::outranks(const HubTrackable &trackable, HeardLocation heard) {
  HeardLocation best = bestOf(trackable, heard);
  if (best.provider == heard.provider) return true;
  const HeardLocation *before = m_book.find(heard.provider, heard.at.elapsed);
  if (!before || before->at.time <= heard.at.time) m_book.put(heard);
  m_taken.reset();
  if (best.provider != m_speakers.value(trackable.id)) {
    // It may come for a second time, and it came before.
    best.fix.fix.sequence = -1;
    best.fix.time = best.at.time;
    m_heardFrom = best.provider;
    m_heard = best.details;
    m_taken = best;
    m_isReplay = true;
    // What it was asked to take is good; a filter may find it too old, and then it stays where it is.
    (void)m_host.take(best.fix);
    m_isReplay = false;
    m_taken.reset();
  }
  tellHeard(heard);
  return false;
}

/// The highest priority, and of those the newest; the one that came now before another of the same time.
const HeardLocation &HubSite::bestOf(const HubTrackable &trackable, const HeardLocation &heard) const {
  const auto elapsed = m_host.now().elapsed;
  const HeardLocation *best = &heard;
  auto highest = std::pair(priority(trackable, heard), heard.at.time);
  for (const QString &provider : trackable.providers) {
    const HeardLocation *other = provider == heard.provider ? nullptr : m_book.find(provider, elapsed);
    if (!other) continue;
    const auto rank = std::pair(priority(trackable, *other), other->at.time);
    if (rank <= highest) continue;
    highest = rank;
    best = other;
  }
  return *best;
}

qint64 HubSite::priority(const HubTrackable &trackable, const HeardLocation &heard) const {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const QJsonValue speed = heard.details.value(u"speed");
  LocatingFacts facts;
  facts.accuracy = accuracyOf(heard);
  facts.speed = speed.isDouble() ? std::optional(speed.toDouble()) : heard.speed;
  facts.floor = heard.details.value(u"floor").toDouble();
  facts.age = Milliseconds(m_host.now().time - heard.at.time).count();
  facts.provider = heard.provider;
  facts.type = typeOf(heard.provider, heard.details, heard.fix.fix.type);
  if (!heard.source.isEmpty()) facts.source = heard.source;
  return priorityOf(trackable.rules, facts);
}

std::optional<double> HubSite::accuracyOf(const HeardLocation &heard) const {
  const double accuracy = heard.fix.fix.accuracy;
  return std::isfinite(accuracy) ? std::optional(plane().toMetres(accuracy)) : std::nullopt;
}

/// What was not believed is as if it had not been said.
void HubSite::settleHeard(const Tracker::Outcome &outcome) {
  if (!m_taken) return;
  const bool isTaken = std::ranges::any_of(outcome.changes, [this](const Tracker::Change &change) {
    return !change.quality.isBad() && tagId(change.tag) == m_taken->fix.fix.tag;
  });
  if (!isTaken) return;
  m_speakers.insert(m_taken->fix.fix.tag, m_taken->provider);
  m_book.put(*std::exchange(m_taken, std::nullopt));
}

const HeardLocation *HubSite::heardOf(const QString &provider) const {
  const HubTrackable *holder = m_objects.holderOf(provider);
  if (!holder) return nullptr;
  const int tag = m_host.tracker().find(holder->tag);
  const bool isWhereItIs = tag >= 0 && isPresent(tag) && m_speakers.value(holder->id) == provider;
  return isWhereItIs ? nullptr : m_book.find(provider, m_host.now().elapsed);
}

void HubSite::forgetProvider(const QString &provider) {
  const int tag = tagOfProvider(provider);
  if (tag >= 0 && isPresent(tag) && providerOf(tag) == provider) forget(tag);
  m_book.remove(provider);
}

QJsonObject HubSite::location(const HeardLocation &heard, HubCrs crs) const {
  QJsonObject json = heard.details;
  const HubZone *zone = m_objects.zone(heard.source);
  json.insert(QStringLiteral("position"), plane().point(crs, {heard.fix.x, heard.fix.y, heard.fix.z}));
  if (const auto accuracy = accuracyOf(heard)) json.insert(QStringLiteral("accuracy"), *accuracy);
  json.insert(QStringLiteral("crs"), HubPlane::nameOf(crs));
  json.insert(QStringLiteral("source"), zone ? zone->id : hubId(m_instance, "instance", {}));
  json.insert(QStringLiteral("provider_id"), heard.provider);
  json.insert(QStringLiteral("provider_type"), typeOf(heard.provider, heard.details, heard.fix.fix.type));
  json.insert(QStringLiteral("timestamp_generated"), toIso(heard.at.time));
  json.insert(QStringLiteral("timestamp_sent"), toIso(m_host.now().time));
  json.insert(QStringLiteral("elevation_ref"), QStringLiteral("floor"));
  json.insert(QStringLiteral("trackables"), QJsonArray{heard.fix.fix.tag});
  if (heard.speed && !json.contains(QStringLiteral("speed"))) json.insert(QStringLiteral("speed"), *heard.speed);
  if (heard.speed.value_or(0) > 0 && !json.contains(QStringLiteral("course"))) {
    json.insert(QStringLiteral("course"), heard.course);
  }
  return json;
}

}  // namespace tagwire::rtls
