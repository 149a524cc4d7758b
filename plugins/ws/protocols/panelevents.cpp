// SPDX-License-Identifier: Apache-2.0
#include "panelevents.h"

#include <QRandomGenerator>

#include <algorithm>

#include "endpointid.h"
#include "eventwish.h"
#include "jsontext.h"
#include "panelframes.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype keptBytes = 16 * 1024 * 1024;
constexpr std::chrono::minutes keptTime{2};

const Quality removed = Quality::bad(QualityReason::Removed);

Frame gapFrame() {
  JsonText json;
  json.beginObject();
  json.put("type", "gap");
  json.put("message", "what happened since the last event is not there any more; the newest values follow");
  json.endObject();
  return Frame::text(json.view());
}

/// The newest of each point only, at its place.
template <class List>
List newestOnly(const List &all) {
  List newest;
  QSet<PointId> seen;
  for (auto each = all.rbegin(); each != all.rend(); ++each) {
    const auto *sample = std::get_if<Sample>(&*each);
    if (sample && seen.contains(sample->point)) continue;
    if (sample) seen.insert(sample->point);
    newest.prepend(*each);
  }
  return newest;
}

}  // namespace

PanelEvents::PanelEvents(PluginContext &context, const Limits &limits)
    : PanelProtocol(context, limits),
      m_run(QByteArray::number(QRandomGenerator::system()->generate64(), 36)),
      m_ring(0, keptBytes, keptTime),
      m_resumed(context.metrics().counter("tagwire_sse_resumed_total", "Event streams that went on where they ended")),
      m_gaps(context.metrics().counter("tagwire_sse_gaps_total",
                                       "Event streams that came back too late, or after too much")) {}

std::optional<Refusal> PanelEvents::check(const Upgrade &upgrade, const Caller &caller) const {
  const auto wish = EventWish::read(upgrade, caller, m_limits.subscriptions);
  return wish ? std::nullopt : std::optional(wish.error());
}

QByteArray PanelEvents::positionText() const { return m_run + '-' + QByteArray::number(m_newest); }

std::optional<quint64> PanelEvents::resumable(const QByteArray &position) const {
  if (!position.startsWith(m_run + '-')) return std::nullopt;
  bool ok = false;
  const quint64 number = position.mid(m_run.size() + 1).toULongLong(&ok);
  return ok && number <= m_newest && m_ring.covers(number) ? std::optional(number) : std::nullopt;
}

void PanelEvents::opened(Session &session) {
  const auto wish = EventWish::read(session.upgrade(), *session.caller(), m_limits.subscriptions);
  if (!wish) return session.close(1008, wish.error().text);
  flush();
  PanelClient &client = add(session);
  client.hasAlarms = wish->hasAlarms;
  client.hasOwnCommands = wish->hasCommands;
  const auto endpoints = EndpointIds::find(m_context.points(), client.caller(), wish->endpointIds);
  for (const PointId point : endpoints.points) watch(client, point);
  const QByteArray position = session.upgrade().lastEventId;
  const auto number = resumable(position);
  if (number && resume(client, endpoints.points, *number)) {
    m_resumed.add();
  } else {
    if (!position.isEmpty()) m_gaps.add();
    if (!position.isEmpty()) session.send(gapFrame());
    begin(client, endpoints.points);
  }
  if (!endpoints.unknown.isEmpty()) session.send(panelError(endpoints.complaint(client.caller())));
  for (const PointId point : endpoints.points) keep(point);
  mark(client);
}

void PanelEvents::begin(PanelClient &client, const QList<PointId> &points) {
  for (const PointId point : points) {
    client.session->send(telemetryFrame(m_context.points().last(point), m_context.points()));
  }
}

bool PanelEvents::resume(PanelClient &client, const QList<PointId> &points, quint64 number) {
  Missed all = missed(client, number);
  if (all.size() > m_limits.queueMessages) all = newestOnly(all);
  if (all.size() > m_limits.queueMessages) return false;
  for (const auto &each : std::as_const(all)) {
    if (const Frame *frame = std::get_if<Frame>(&each)) {
      client.session->send(*frame);
      continue;
    }
    const Sample &sample = std::get<Sample>(each);
    if (sample.quality == removed && client.points.contains(sample.point)) {
      unwatch(client, sample.point);
      client.session->send(removedError(sample.point));
    } else if (client.points.contains(sample.point)) {
      client.session->send(telemetryFrame(sample, m_context.points()));
    }
  }
  // Of points that nobody watched before, nothing was kept.
  QList<PointId> fresh = points;
  fresh.removeIf([&](PointId point) { return m_kept.contains(point) && m_kept.value(point).since <= number; });
  begin(client, fresh);
  return true;
}

PanelEvents::Missed PanelEvents::missed(const PanelClient &client, quint64 number) const {
  Missed all;
  QHash<PointId, Sample> told;
  for (auto entry = m_ring.after(number); entry != m_ring.end(); ++entry) {
    if (const auto *samples = std::get_if<Samples>(&entry->content)) {
      for (const Sample &sample : *samples) {
        const Kept kept = m_kept.value(sample.point);
        if (!client.points.contains(sample.point) || kept.since > number) continue;
        const auto last = told.constFind(sample.point);
        if (last != told.cend() && isSameValue(last->value, sample.value) && last->quality == sample.quality) continue;
        told.insert(sample.point, sample);
        all.append(sample);
      }
      continue;
    }
    const Event &event = std::get<Event>(entry->content);
    const auto *status = std::get_if<CommandStatus>(&event.body);
    const auto alarm = alarmFrame(event);
    if (alarm && isForAlarms(client, *areaOf(event))) all.append(*alarm);
    if (status && isFor(client, *status)) all.append(commandStatusFrame(*status, event.time));
  }
  return all;
}

void PanelEvents::keep(PointId point) {
  if (!m_kept.contains(point)) m_kept[point].since = m_newest;
  m_kept[point].seen = m_context.clock().elapsed();
}

void PanelEvents::mark(PanelClient &client) {
  if (!client.session->isCongested() && client.held.isEmpty()) client.session->reached(positionText());
}

void PanelEvents::drained(Session &session) {
  PanelProtocol::drained(session);
  if (PanelClient *client = find(session)) mark(*client);
}

void PanelEvents::closed(Session &session) {
  if (const PanelClient *client = find(session)) {
    for (const PointId point : client->points) keep(point);
  }
  PanelProtocol::closed(session);
}

void PanelEvents::write(const Samples &samples) {
  PanelProtocol::write(samples);
  if (m_kept.isEmpty()) return;
  Samples kept;
  for (const Sample &sample : samples) {
    if (m_kept.contains(sample.point)) kept << sample;
  }
  if (!kept.isEmpty()) m_ring.add(++m_newest, m_context.clock().elapsed(), kept);
}

void PanelEvents::notify(const Event &event) {
  PanelProtocol::notify(event);
  const bool isOurs = areaOf(event) || std::holds_alternative<CommandStatus>(event.body);
  if (isOurs) m_ring.add(++m_newest, m_context.clock().elapsed(), event);
}

void PanelEvents::flush() {
  PanelProtocol::flush();
  for (auto &[id, client] : clients()) mark(client);
}

void PanelEvents::tick(Time now) {
  PanelProtocol::tick(now);
  const auto elapsed = m_context.clock().elapsed();
  for (auto &[id, client] : clients()) {
    for (const PointId point : client.points) keep(point);
  }
  m_kept.removeIf([&](const auto &each) { return elapsed - each.value().seen > keptTime; });
  m_ring.dropOld(elapsed);
}

}  // namespace tagwire::ws
