// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSet>
#include <QTimeZone>

#include <optional>
#include <variant>

#include "event.h"
#include "foreigntext.h"
#include "result.h"
#include "services/fixintake.h"

namespace tagwire::rtls {

/// To be sent back with the same time (R1-8).
struct RemoteHeartBeat {
  qint64 ts = 0;
};

/// The answer to a request of ours; `response` is "Unknown" when it was refused, with the reason in `message`.
struct RemoteAnswer {
  QString request;  ///< `reqid`
  QString response;
  QString message;
};

/// What a trigger of the other site did (R1-9).
struct RemoteEvent {
  TriggerEvent event;        ///< with what was said: names may be empty, `zoneId` 0
  std::optional<Time> time;  ///< absent when none was said
};

using RemoteMessage = std::variant<RemoteHeartBeat, RemoteAnswer, RemoteEvent, IncomingFix>;

/// What the other site said. A time without an offset is in `zone`. Errors name the field.
Result<RemoteMessage> readRemoteMessage(const QByteArray &text, const QTimeZone &zone);

/// What a site remembers of its triggers (R1-34).
struct RecentEvents {
  static constexpr int most = 1000;

  QList<RemoteEvent> events;  ///< newest last, the newest of them
  int malformed = 0;          ///< further ones that were none
};

/// Errors say what the text is not.
Result<RecentEvents> readRecentEvents(const QByteArray &text, const QTimeZone &zone);

/// What is sent to have the stream of some tags.
struct StreamRequest {
  /// The other site need not take more than 64 KiB.
  static constexpr qsizetype longest = 48 * 1024;

  QString name;  ///< to be answered with it
  QString id;
  QByteArray text;
};

/// BeginStream (R1-3) for as many of the tags as fit, AddTag (R1-5) for the others, each to be sent once the one before
/// is answered. Zone 0 is every zone.
QList<StreamRequest> streamRequests(const QStringList &tags, int zone, bool positions);
QByteArray heartBeatText(qint64 ts);

}  // namespace tagwire::rtls
