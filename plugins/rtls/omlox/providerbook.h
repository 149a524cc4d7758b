// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QJsonObject>

#include <functional>
#include <list>
#include <optional>

#include "moment.h"
#include "services/fixintake.h"

namespace tagwire::rtls {

/// What a location provider of a trackable said last.
struct HeardLocation {
  QString provider;
  IncomingFix fix;              ///< of the trackable's tag already
  QJsonObject details;          ///< what it said beside the position
  QString source;               ///< as it said it; empty: nothing
  Moment at;                    ///< when it came, with its source time
  std::optional<double> speed;  ///< m/s, as far as its last two positions tell
  double course = 0;
};

/// The last location of each of many providers, where several move one trackable. Bounded: of too many those go that
/// were silent for longest. Plain class.
class ProviderBook {
 public:
  static constexpr size_t most = 20'000;
  static constexpr qsizetype mostBytes = 8LL * 1024 * 1024;  ///< of their properties

  /// What is older counts no more.
  explicit ProviderBook(std::chrono::nanoseconds timeout) : m_timeout(timeout) {}

  void put(HeardLocation heard);
  /// Null when there is none, or none that counts.
  const HeardLocation *find(const QString &provider, std::chrono::nanoseconds elapsed) const;
  void remove(const QString &provider);
  void keepOnly(const std::function<bool(const QString &provider)> &isMeant);
  size_t size() const { return m_entries.size(); }

 private:
  struct Entry {
    HeardLocation heard;
    qsizetype bytes = 0;
  };
  using Entries = std::list<Entry>;

  Entries::iterator erase(Entries::iterator entry);

  std::chrono::nanoseconds m_timeout;
  Entries m_entries;  ///< the longest silent first
  QHash<QString, Entries::iterator> m_places;
  qsizetype m_bytes = 0;
};

}  // namespace tagwire::rtls
