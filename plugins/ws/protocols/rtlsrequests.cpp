// SPDX-License-Identifier: Apache-2.0
// RtlsProtocol: what clients send (R1-3 to R1-8, R1-10).
#include <algorithm>

#include "plugin.h"
#include "rtlsprotocol.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr int mostFixesUnderWay = 4096;
constexpr quint16 normalClose = 1000;

QByteArray responseHead(const QJsonObject &message) {
  return "{\"type\":\"response\",\"reqid\":" + requestIdJson(message) + ",\"response\":";
}

/// What happens in a zone of another site is no part of these streams.
bool hasOwnZone(const ZoneDirectory &directory, int zone) {
  return std::any_of(directory.zones.cbegin(), directory.zones.cend(),
                     [zone](const ZoneInfo &each) { return each.id == zone && !each.isRemote; });
}

}  // namespace

void RtlsProtocol::take(RtlsStream &stream, const QByteArray &text) {
  const auto message = parseMessage(text);
  if (!message) return refuse(stream, QJsonObject(), message.error());
  const QString type = message->value(QLatin1String("type")).toString();
  if (type == QLatin1String("request")) return takeRequest(stream, *message, text);
  if (type == QLatin1String("GISData")) return takeFix(stream, *message);
  if (type == QLatin1String("HeartBeat")) return takeHeartbeat(stream, *message);
  refuse(stream, *message,
         QStringLiteral("unknown type \"%1\" (allowed: request, GISData, HeartBeat, auth)").arg(excerpt(type)));
}

void RtlsProtocol::takeRequest(RtlsStream &stream, const QJsonObject &message, const QByteArray &text) {
  const auto request = RtlsRequest::fromJson(message);
  if (!request) return refuse(stream, message, request.error());
  if (const QString missing = notPermitted(stream, *request); !missing.isEmpty()) {
    return refuse(stream, message, missing);
  }
  const ZoneDirectory *directory = m_zones.directoryOf(stream.instance);
  if (request->zone != 0 && !(directory && hasOwnZone(*directory, request->zone))) {
    if (m_zones.isFresh() || m_isMissing) {
      return refuse(stream, message, QStringLiteral("unknown zone_id %1").arg(request->zone));
    }
    // It may have come with a reload; what follows waits its turn.
    stream.stage = Stage::Waiting;
    keep(stream, text);
    return askDirectory();
  }
  if (request->kind == RtlsRequest::Kind::AddTag && stream.tags.size() + request->tags.size() > RtlsRequest::mostTags) {
    return refuse(stream, message, QStringLiteral("a stream holds at most %1 tags").arg(RtlsRequest::mostTags));
  }
  respond(stream, message);
  if (request->kind == RtlsRequest::Kind::EndStream) return end(stream, normalClose, QString());
  changeStream(stream, *request);
}

/// Why the caller may not have what the request asks for; empty when all is permitted.
QString RtlsProtocol::notPermitted(const RtlsStream &stream, const RtlsRequest &request) const {
  if (request.kind == RtlsRequest::Kind::EndStream || request.kind == RtlsRequest::Kind::RemoveTag) return {};
  const Caller &caller = *stream.session->caller();
  const auto due = [](const QString &right) { return QStringLiteral("not permitted: %1 is due").arg(right); };
  if (!caller.may(right::readEvents) && !caller.may(right::readPositions)) {
    return due(QStringLiteral("events:read or positions:read"));
  }
  for (auto tag = request.tags.cbegin(); tag != request.tags.cend(); ++tag) {
    const QString missing = missingRight(caller.permissions, tag.key(), tag.value());
    if (!missing.isEmpty()) return due(QStringLiteral("%1 of tag \"%2\"").arg(missing, excerpt(tag.key())));
  }
  return {};
}

void RtlsProtocol::changeStream(RtlsStream &stream, const RtlsRequest &request) {
  if (request.kind == RtlsRequest::Kind::BeginStream) {
    stream.tags = request.tags;
    stream.zone = request.zone;
    stream.triggers = request.triggers;
    stream.isBegun = true;
    stream.held.clear();
  } else {
    // Without a BeginStream before it, AddTag begins a stream of every zone.
    if (request.kind == RtlsRequest::Kind::AddTag) stream.isBegun = true;
    for (auto tag = request.tags.cbegin(); tag != request.tags.cend(); ++tag) {
      if (request.kind == RtlsRequest::Kind::AddTag) {
        stream.tags.insert(tag.key(), tag.value());
      } else {
        stream.tags.remove(tag.key());
      }
    }
  }
  streamsChanged();
}

void RtlsProtocol::takeHeartbeat(RtlsStream &stream, const QJsonObject &message) {
  const auto ts = wholeNumber(message.value(QLatin1String("ts")));
  if (!ts) return refuse(stream, message, QStringLiteral("ts must be a whole number of milliseconds"));
  stream.heartbeatAt = m_context.clock().now();
  if (!stream.heartbeats.takesAnswer(*ts, m_context.clock().elapsed())) return;
  stream.session->send(Frame::text("{\"type\":\"HeartBeat\",\"ts\":" + QByteArray::number(*ts) + '}'));
}

void RtlsProtocol::takeFix(RtlsStream &stream, const QJsonObject &message) {
  auto fix = fixFromJson(message, m_context.site().timeZone);
  if (!fix) {
    m_refusedFixes.add();
    return refuse(stream, message, fix.error());
  }
  if (!stream.session->caller()->may(right::writePositions, fix->fix.tag)) {
    m_refusedFixes.add();
    return refuse(stream, message,
                  QStringLiteral("not permitted: positions:write of tag \"%1\" is due").arg(excerpt(fix->fix.tag)));
  }
  const quint64 id = stream.session->id();
  if (stream.fixesUnderWay >= mostFixesUnderWay) return fixRefused(id, QStringLiteral("too many positions at once"));
  ++stream.fixesUnderWay;
  // A name that no other connection of this run has: with it the count of sequences starts anew (R1-12).
  fix->sender = QStringLiteral("%1:%2 %3").arg(m_context.id()).arg(id).arg(stream.session->peer());
  m_context.requestFrom(
      stream.instance, &FixIntake::take,
      [self = std::weak_ptr(m_self), id](const Result<bool> &answer) {
        const auto protocol = self.lock();
        if (!protocol) return;
        const auto found = (*protocol)->m_streams.find(id);
        if (found != (*protocol)->m_streams.end()) --found->second->fixesUnderWay;
        if (!answer) (*protocol)->fixRefused(id, answer.error());
      },
      *fix);
}

void RtlsProtocol::fixRefused(quint64 session, const QString &reason) {
  m_refusedFixes.add();
  const auto found = m_streams.find(session);
  if (found == m_streams.end() || found->second->stage == Stage::Ended) return;
  // Told once a second: a sender out of step is so for every fix.
  RtlsStream &stream = *found->second;
  const auto elapsed = m_context.clock().elapsed();
  if (elapsed - stream.refusedAt < std::chrono::seconds(1)) return;
  stream.refusedAt = elapsed;
  refuse(stream, QJsonObject(), reason);
}

void RtlsProtocol::respond(RtlsStream &stream, const QJsonObject &message) {
  const QString request = message.value(QLatin1String("request")).toString();
  stream.session->send(Frame::text(responseHead(message) + jsonString(request) + '}'));
}

void RtlsProtocol::refuse(RtlsStream &stream, const QJsonObject &message, const QString &why) {
  m_refused.add();
  stream.session->send(Frame::text(responseHead(message) + "\"Unknown\",\"message\":" + jsonString(why) + '}'));
}

}  // namespace tagwire::ws
