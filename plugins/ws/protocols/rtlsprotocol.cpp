// SPDX-License-Identifier: Apache-2.0
#include "rtlsprotocol.h"

#include <algorithm>

#include "jsontext.h"
#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

// Zones and managers change with a reload only.
constexpr std::chrono::seconds directoryHolds{5};
constexpr qsizetype mostWaitingMessages = 1000;
constexpr qsizetype mostWaitingBytes = 256 * 1024;
constexpr quint16 policyClose = 1008;
constexpr quint16 heartbeatClose = 4408;

Frame heartbeatFrame(qint64 ts) {
  return Frame::text("{\"type\":\"HeartBeat\",\"ts\":" + QByteArray::number(ts) + '}');
}

Frame positionFrame(const PointNames::Entry &entry, const Sample &sample) {
  JsonText json;
  json.beginObject();
  json.put("type", "GISData");
  putFix(json, entry.name, sample);
  json.endObject();
  return Frame::text(json.view());
}

Frame eventFrame(const TriggerEvent &event, Time time) {
  JsonText json;
  json.beginObject();
  json.put("type", "TriggerEvent");
  json.put("trigger_id", event.triggerId);
  json.put("direction", event.direction);
  json.put("tag_id", event.tagId);
  json.key("timestamp");
  json.time(time);
  json.put("trigger_name", event.triggerName);
  json.put("tag_name", event.tagName);
  json.put("zone_id", event.zoneId);
  json.put("x", event.x);
  json.put("y", event.y);
  json.put("z", event.z);
  if (!event.reason.isEmpty()) json.put("reason", event.reason);
  json.endObject();
  return Frame::text(json.view());
}

}  // namespace

RtlsProtocol::RtlsProtocol(PluginContext &context, const Limits &limits)
    : m_context(context),
      m_limits(limits),
      m_names(context.points()),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "rtls-manager"}})),
      m_refusedFixes(
          context.metrics().counter("tagwire_ws_fixes_refused_total", "Positions of clients that were not taken")),
      m_coalesced(context.metrics().counter("tagwire_ws_samples_coalesced_total",
                                            "Samples replaced by newer ones before a slow client took them",
                                            {{"protocol", "rtls-manager"}})),
      m_self(std::make_shared<RtlsProtocol *>(this)) {}

std::optional<Refusal> RtlsProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readPositions, right::readEvents, right::writePositions};
  return checkSome(caller, rights);
}

void RtlsProtocol::callerChanged(Session &) {}

void RtlsProtocol::opened(Session &session) {
  auto &stream = m_streams[session.id()];
  stream = std::make_unique<RtlsStream>(session, m_context.clock().elapsed());
  const bool isFound = !m_isMissing && hasManager(session);
  if (isFound) admit(*stream);
  if (!isFound || !isFresh()) askDirectory();
}

void RtlsProtocol::closed(Session &session) {
  m_streams.erase(session.id());
  streamsChanged();
}

bool RtlsProtocol::hasManager(const Session &session) const {
  const QString name = session.upgrade().variables.value(QStringLiteral("manager"));
  return m_directory && std::any_of(m_directory->managers.begin(), m_directory->managers.end(),
                                    [&](const RtlsManager &manager) { return manager.name == name; });
}

bool RtlsProtocol::knowsZone(int zone) const {
  return m_directory && std::any_of(m_directory->zones.begin(), m_directory->zones.end(),
                                    [zone](const ZoneInfo &each) { return each.id == zone; });
}

bool RtlsProtocol::isFresh() const {
  return m_directory && m_context.clock().elapsed() - m_directoryAt < directoryHolds;
}

void RtlsProtocol::askDirectory() {
  if (std::exchange(m_isAsking, true)) return;
  m_context.request(&ZoneCatalog::directory, [self = std::weak_ptr(m_self)](const Result<ZoneDirectory> &answer) {
    if (const auto protocol = self.lock()) (*protocol)->directoryKnown(answer);
  });
}

void RtlsProtocol::directoryKnown(const Result<ZoneDirectory> &answer) {
  m_isAsking = false;
  if (answer) {
    m_directory = *answer;
    m_directoryAt = m_context.clock().elapsed();
  } else if (!m_isMissing) {
    qCWarning(m_context.log()).noquote() << "rtls-manager: no manager can be served:" << answer.error();
  }
  m_isMissing = !answer;
  QList<quint64> waiting;
  for (const auto &[id, stream] : m_streams) {
    if (stream->stage == Stage::Waiting) waiting.append(id);
  }
  for (const quint64 id : waiting) admit(*m_streams.at(id));
}

void RtlsProtocol::admit(RtlsStream &stream) {
  // An old directory does not count for a newcomer when the one who keeps it is gone.
  if (!stream.isAdmitted && (m_isMissing || !hasManager(*stream.session))) {
    return end(stream, policyClose, QStringLiteral("Manager not found"));
  }
  stream.isAdmitted = true;
  stream.stage = Stage::Open;
  stream.messageBytes = 0;
  const QList<QByteArray> messages = std::exchange(stream.messages, {});
  for (const QByteArray &text : messages) dispatch(stream, text);
}

void RtlsProtocol::end(RtlsStream &stream, quint16 code, const QString &reason) {
  stream.stage = Stage::Ended;
  stream.isBegun = false;
  streamsChanged();
  stream.session->close(code, reason);
}

void RtlsProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_streams.find(session.id());
  if (found != m_streams.end()) dispatch(*found->second, text);
}

void RtlsProtocol::dispatch(RtlsStream &stream, const QByteArray &text) {
  if (stream.stage == Stage::Waiting) keep(stream, text);
  if (stream.stage == Stage::Open) take(stream, text);
}

void RtlsProtocol::keep(RtlsStream &stream, const QByteArray &text) {
  stream.messageBytes += text.size();
  if (stream.messages.size() >= mostWaitingMessages || stream.messageBytes > mostWaitingBytes) {
    return end(stream, policyClose, QStringLiteral("too many messages at once"));
  }
  stream.messages.append(text);
}

void RtlsProtocol::drained(Session &session) {
  const auto found = m_streams.find(session.id());
  if (found != m_streams.end()) sendHeld(*found->second);
}

void RtlsProtocol::sendHeld(RtlsStream &stream) {
  const NewestSamples held = std::exchange(stream.held, {});
  for (const Sample &sample : held.samples()) {
    const PointNames::Entry *entry = m_names.find(sample);
    if (!entry || !stream.wantsPosition(entry->tag)) continue;
    stream.session->send(positionFrame(*entry, sample));
  }
}

void RtlsProtocol::write(const Samples &samples) {
  if (m_streams.empty()) return;
  for (const Sample &sample : samples) {
    // A lost tag keeps its last fix, with a quality that is Bad: no new position.
    if (sample.quality.isBad() || !fixOf(sample)) continue;
    const PointNames::Entry *entry = m_names.find(sample);
    if (entry && entry->isTag) sendPosition(*entry, sample);
  }
}

const QList<RtlsStream *> &RtlsProtocol::positionStreams(const PointNames::Entry &entry) {
  const auto [found, isNew] = m_positionStreams.try_emplace(static_cast<quint32>(entry.id));
  if (isNew) {
    for (const auto &[id, stream] : m_streams) {
      if (stream->wantsPosition(entry.tag)) found->second.append(stream.get());
    }
  }
  return found->second;
}

void RtlsProtocol::sendPosition(const PointNames::Entry &entry, const Sample &sample) {
  std::optional<Frame> frame;
  for (RtlsStream *stream : positionStreams(entry)) {
    if (stream->zone != 0 && !stream->holdsZone(fixOf(sample)->zone, *m_directory)) continue;
    if (stream->session->isCongested()) {
      if (stream->held.put(sample)) m_coalesced.add();
      continue;
    }
    if (!stream->held.isEmpty()) sendHeld(*stream);
    if (!frame) frame = positionFrame(entry, sample);
    stream->session->send(*frame);
  }
}

void RtlsProtocol::notify(const Event &event) {
  const auto *trigger = std::get_if<TriggerEvent>(&event.body);
  if (!trigger || !m_directory) return;
  std::optional<Frame> frame;
  for (const auto &[id, stream] : m_streams) {
    if (!stream->wantsEvent(*trigger, *m_directory)) continue;
    if (!frame) frame = eventFrame(*trigger, event.time);
    stream->session->send(*frame);
  }
}

void RtlsProtocol::tick(Time now) {
  const auto elapsed = m_context.clock().elapsed();
  QList<RtlsStream *> silent;
  for (const auto &[id, stream] : m_streams) {
    if (stream->stage == Stage::Ended || !stream->isAdmitted) continue;
    if (stream->heartbeats.isMissing(elapsed, m_limits.heartbeatTimeout)) {
      silent.append(stream.get());
    } else if (stream->heartbeats.isDue(elapsed, m_limits.heartbeatInterval, toMilliseconds(now))) {
      stream->session->send(heartbeatFrame(toMilliseconds(now)));
    }
  }
  for (RtlsStream *stream : std::as_const(silent)) end(*stream, heartbeatClose, QStringLiteral("heartbeat timeout"));
}

// Every frame is handed to its session at once: it gathers those of one turn into one write.
void RtlsProtocol::flush() {}

}  // namespace tagwire::ws
