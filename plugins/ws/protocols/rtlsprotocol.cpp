// SPDX-License-Identifier: Apache-2.0
#include "rtlsprotocol.h"

#include <algorithm>

#include "jsontext.h"
#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype mostWaitingMessages = 1000;
constexpr qsizetype mostWaitingBytes = 256 * 1024;
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

QString managerOf(const Session &session) { return session.upgrade().variables.value(QStringLiteral("manager")); }

}  // namespace

RtlsProtocol::RtlsProtocol(PluginContext &context, const Limits &limits)
    : m_context(context),
      m_limits(limits),
      m_names(context.points()),
      m_zones(context),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "rtls-manager"}})),
      m_refusedFixes(
          context.metrics().counter("tagwire_ws_fixes_refused_total", "Positions of clients that were not taken")),
      m_coalesced(context.metrics().counter("tagwire_ws_samples_coalesced_total",
                                            "Samples replaced by newer ones before a slow client took them",
                                            {{"protocol", "rtls-manager"}})),
      m_silent(context.metrics().counter("tagwire_ws_heartbeat_timeouts_total",
                                         "Clients closed with 4408 because no heartbeat came")),
      m_self(std::make_shared<RtlsProtocol *>(this)) {}

std::optional<Refusal> RtlsProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readPositions, right::readEvents, right::writePositions};
  return checkSome(caller, rights);
}

void RtlsProtocol::callerChanged(Session &session) {
  const auto found = m_streams.find(session.id());
  if (found == m_streams.end()) return;
  const int fewer = found->second->narrow(session.caller()->permissions);
  if (fewer == 0) return;
  streamsChanged();
  refuse(*found->second, QJsonObject(),
         QStringLiteral("%1 tags of this stream are not permitted any more, or their positions").arg(fewer));
}

void RtlsProtocol::opened(Session &session) {
  auto &stream = m_streams[session.id()];
  stream = std::make_unique<RtlsStream>(session, m_context.clock().elapsed());
  const bool isFound = m_zones.siteOf(managerOf(session)) != nullptr;
  if (isFound) admit(*stream);
  if (!isFound || !m_zones.isFresh()) askDirectory();
}

void RtlsProtocol::closed(Session &session) {
  m_streams.erase(session.id());
  streamsChanged();
}

void RtlsProtocol::askDirectory() {
  if (std::exchange(m_isAsking, true)) return;
  m_zones.refresh([this] { directoryKnown(); });
}

void RtlsProtocol::directoryKnown() {
  m_isAsking = false;
  const bool isMissing = m_zones.sites().isEmpty();
  if (isMissing && !m_isMissing) {
    qCWarning(m_context.log()) << "rtls-manager: no manager can be served: no running plugin knows zones";
  }
  m_isMissing = isMissing;
  QList<quint64> waiting;
  for (const auto &[id, stream] : m_streams) {
    if (stream->stage == Stage::Waiting) waiting.append(id);
  }
  for (const quint64 id : waiting) admit(*m_streams.at(id));
}

void RtlsProtocol::admit(RtlsStream &stream) {
  if (stream.instance.isEmpty()) {
    const ZoneBook::Site *site = m_zones.siteOf(managerOf(*stream.session));
    if (!site) return end(stream, policyClose, QStringLiteral("Manager not found"));
    stream.instance = site->instance;
  }
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
    // What another site told stays here: two sites that listen to each other would go on for ever.
    if (!fixOf(sample)->origin.isEmpty()) continue;
    const PointNames::Entry *entry = m_names.find(sample);
    if (entry && entry->isTag) sendPosition(*entry, sample);
  }
}

const QList<RtlsStream *> &RtlsProtocol::positionStreams(const PointNames::Entry &entry) {
  const auto [found, isNew] = m_positionStreams.try_emplace(static_cast<quint32>(entry.id));
  if (isNew) {
    const QString owner = m_context.points().point(entry.id)->owner;
    for (const auto &[id, stream] : m_streams) {
      if (stream->instance == owner && stream->wantsPosition(entry.tag)) found->second.append(stream.get());
    }
  }
  return found->second;
}

void RtlsProtocol::hold(RtlsStream &stream, const Sample &sample) {
  if (!stream.held.put(sample)) return;
  m_coalesced.add();
  ++stream.coalesced;
}

void RtlsProtocol::sendPosition(const PointNames::Entry &entry, const Sample &sample) {
  std::optional<Frame> frame;
  for (RtlsStream *stream : positionStreams(entry)) {
    if (!stream->holdsZone(fixOf(sample)->zone, m_zones.directoryOf(stream->instance))) continue;
    if (stream->session->isCongested()) {
      hold(*stream, sample);
      continue;
    }
    if (!stream->held.isEmpty()) sendHeld(*stream);
    if (!frame) frame = positionFrame(entry, sample);
    stream->session->send(*frame);
  }
}

void RtlsProtocol::notify(const Event &event) {
  const auto *trigger = std::get_if<TriggerEvent>(&event.body);
  if (!trigger || !trigger->origin.isEmpty()) return;
  std::optional<Frame> frame;
  for (const auto &[id, stream] : m_streams) {
    if (stream->instance != event.source) continue;
    if (!stream->wantsEvent(*trigger, m_zones.directoryOf(stream->instance))) continue;
    if (!frame) frame = triggerFrame(*trigger, event.time);
    stream->session->send(*frame);
  }
}

void RtlsProtocol::tick(Time now) {
  const auto elapsed = m_context.clock().elapsed();
  QList<RtlsStream *> silent;
  for (const auto &[id, stream] : m_streams) {
    if (stream->stage == Stage::Ended || stream->instance.isEmpty()) continue;
    if (stream->heartbeats.isMissing(elapsed, m_limits.heartbeatTimeout)) {
      silent.append(stream.get());
    } else if (stream->heartbeats.isDue(elapsed, m_limits.heartbeatInterval, toMilliseconds(now))) {
      stream->session->send(heartbeatFrame(toMilliseconds(now)));
    }
  }
  for (RtlsStream *stream : std::as_const(silent)) {
    m_silent.add();
    end(*stream, heartbeatClose, QStringLiteral("heartbeat timeout"));
  }
}

Activity RtlsProtocol::activityOf(const Session &session) const {
  const auto found = m_streams.find(session.id());
  if (found == m_streams.end()) return {};
  const RtlsStream &stream = *found->second;
  return {stream.isBegun ? 1 : 0, stream.heartbeatAt, stream.coalesced};
}

// Every frame is handed to its session at once: it gathers those of one turn into one write.
void RtlsProtocol::flush() {}

}  // namespace tagwire::ws
