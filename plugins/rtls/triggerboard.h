// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "event.h"
#include "model.h"

namespace tagwire::rtls {

struct Place {
  double x = 0;
  double y = 0;
  double z = 0;
};

/// Remembers for each trigger which tags are inside, and tells what that raises (R1-20…R1-23, R1-25). Tags go by the
/// number in which they were added, from 0. Plain class.
class TriggerBoard {
 public:
  explicit TriggerBoard(const std::vector<Trigger> &triggers) : m_triggers(makeEntries(triggers)) {}

  void addTag(const QString &id, const QString &name);
  /// A tag is at `place` now. Raised events are appended to `events`.
  void move(int tag, const Place &place, QList<TriggerEvent> &events);
  /// A tag is lost: it leaves every region, and what it carries is nowhere.
  void lose(int tag, QList<TriggerEvent> &events);

 private:
  enum class Standing : quint8 { Exempt, Unseen, Outside, Inside };
  struct Entry {
    Trigger trigger;
    int carrier = -1;  ///< of a portable trigger, once that tag was added
    std::vector<Standing> standings;
  };
  struct Tag {
    QString id;
    QString name;
    std::optional<Place> place;  ///< none: never seen, or lost
  };

  static std::vector<Entry> makeEntries(const std::vector<Trigger> &triggers);
  bool isInside(const Entry &entry, const Place &place) const;
  void test(Entry &entry, int tag, QList<TriggerEvent> &events);
  void leave(Entry &entry, int tag, QList<TriggerEvent> &events);
  TriggerEvent event(const Entry &entry, int tag, const Place &place) const;

  std::vector<Entry> m_triggers;
  std::vector<Tag> m_tags;
};

}  // namespace tagwire::rtls
