// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QList>

#include <optional>

#include "http/addressgroup.h"
#include "http/httplimits.h"
#include "metrics.h"

namespace tagwire::ws {

/// The WebSockets of one gateway whose clients have shown no credential yet: at most so many, and so many of one
/// address. They take no place at their endpoint. Thread-bound; owned by Endpoints.
class Strangers {
 public:
  Strangers(const HttpLimits &limits, Metrics &metrics);

  /// Enters a session; gives the one that has to go for it, which is the oldest, of that address if it has too many.
  std::optional<quint64> add(quint64 session, const QByteArray &group);
  /// It has shown a credential, or is gone.
  void remove(quint64 session);

 private:
  struct Entry {
    quint64 session;
    QByteArray group;
  };

  const qsizetype m_most;
  const qsizetype m_mostOfOne;
  QList<Entry> m_entries;  ///< the oldest first
  Gauge m_waiting;
  Counter m_evicted;
};

}  // namespace tagwire::ws
