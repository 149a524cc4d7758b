// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include <chrono>
#include <functional>
#include <memory>

#include "context.h"
#include "services/zonecatalog.h"

namespace tagwire::ws {

/// What all RTLS instances of the manifest have configured: asks every instance for its directory, once for all who
/// want to know at the same time, and keeps the answers. Thread-bound (main thread); owned by a protocol or by routes.
class ZoneBook {
 public:
  struct Site {
    QString instance;
    ZoneDirectory directory;
  };
  /// How long the answers count as fresh: zones and managers change with a reload only.
  static constexpr std::chrono::seconds holds{5};

  explicit ZoneBook(PluginContext &context);

  /// `done` is called once, when every instance has answered or its time is over; never from within this call, and not
  /// when the book is gone meanwhile.
  void refresh(std::function<void()> done);
  /// The same, but at once when we know something and it is fresh.
  void whenFresh(const std::function<void()> &done);
  bool isFresh() const;

  /// In the order of the manifest; empty when nobody offers a directory.
  const QList<Site> &sites() const { return m_sites; }
  /// Also of an instance that does not answer at the moment; null when it never did.
  const ZoneDirectory *directoryOf(const QString &instance) const;
  /// Of the instance that has the manager of this name; null when none has.
  const Site *siteOf(const QString &manager) const;

 private:
  void answered(qsizetype place, const QString &instance, const Result<ZoneDirectory> &answer);

  PluginContext &m_context;
  QList<Site> m_sites;
  QList<Site> m_gone;  ///< those that answered before and do not now: what they began may go on
  std::chrono::nanoseconds m_knownAt{std::chrono::nanoseconds::min() / 2};
  QList<std::function<void()>> m_takers;
  QList<Site> m_answers;  ///< of the question under way, by place in the manifest; empty ones offer no directory
  qsizetype m_open = 0;
  std::shared_ptr<ZoneBook *> m_self;  ///< an answer that comes late finds it gone
};

/// Whether this is one of the directory's zones.
bool hasZone(const ZoneDirectory &directory, int zone);

}  // namespace tagwire::ws
