// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QList>

#include <chrono>
#include <optional>

#include "access/permissions.h"
#include "event.h"
#include "newestsamples.h"
#include "rtlsmessage.h"
#include "services/zonecatalog.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// Heartbeats of one connection, both ways (R1-8). Plain class, driven by the protocol's tick.
class Heartbeats {
 public:
  using Elapsed = std::chrono::nanoseconds;

  explicit Heartbeats(Elapsed begin) : m_sentAt(begin) {}

  /// Whether one is due; `ts` is then taken as sent.
  bool isDue(Elapsed elapsed, Elapsed interval, qint64 ts);
  /// Whether the answer to one is overdue.
  bool isMissing(Elapsed elapsed, Elapsed timeout) const;
  /// What the client sent; true when it is its own and to be answered now.
  bool takesAnswer(qint64 ts, Elapsed elapsed);

 private:
  struct Open {
    qint64 ts;
    Elapsed sentAt;
  };

  QList<Open> m_open;      ///< not answered so far
  QList<qint64> m_recent;  ///< sent at all, the newest few: a late copy is never a client's own
  Elapsed m_sentAt;        ///< when the newest one was due
  Elapsed m_answeredAt{Elapsed::min() / 2};
};

/// What is missing for trigger events of a tag, and its positions too if asked for; empty when nothing is.
QString missingRight(const Permissions &permissions, const QString &tag, bool positionsToo);

/// One connection of `rtls-manager` and what it asked for. Owned by RtlsProtocol.
struct RtlsStream {
  enum class Stage { Waiting, Open, Ended };

  explicit RtlsStream(Session &of, std::chrono::nanoseconds elapsed) : session(&of), heartbeats(elapsed) {}

  bool wantsPosition(const QString &tag) const { return isBegun && tags.value(tag, false); }
  /// `directory` is that of its instance; null when it is not known.
  bool wantsEvent(const TriggerEvent &event, const ZoneDirectory *directory) const;
  bool holdsZone(int other, const ZoneDirectory *directory) const {
    return zone == 0 || (directory && directory->isWithin(other, zone));
  }
  /// Leaves out what `permissions` do not cover (any more); gives how many tags lost something.
  int narrow(const Permissions &permissions);

  Session *session;
  Heartbeats heartbeats;
  Stage stage = Stage::Waiting;  ///< Waiting: for the directory of managers and zones
  QString instance;              ///< that has its manager; empty until it was found
  bool isBegun = false;
  QHash<QString, bool> tags;  ///< id → positions too
  int zone = 0;
  std::optional<QSet<int>> triggers;
  NewestSamples held;          ///< positions, while the session is congested
  QList<QByteArray> messages;  ///< that came while Waiting
  qsizetype messageBytes = 0;
  int fixesUnderWay = 0;
  quint64 coalesced = 0;            ///< positions that a newer one replaced
  std::optional<Time> heartbeatAt;  ///< when the client's last one came
  std::chrono::nanoseconds refusedAt{std::chrono::nanoseconds::min() / 2};
};

}  // namespace tagwire::ws
