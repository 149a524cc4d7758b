// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "carriedcircles.h"
#include "event.h"
#include "model.h"
#include "presence.h"
#include "regionindex.h"

namespace tagwire::rtls {

struct Place {
  double x = 0;
  double y = 0;
  double z = 0;
};

/// A trigger event and when it happened.
struct RaisedEvent {
  TriggerEvent event;
  Time time;
};

/// Remembers which tags are inside of which trigger, and tells what that raises (R1-20…R1-25). Tags go by the number in
/// which they were added, from 0; triggers by their index in the model. A move costs what is near, not what there is;
/// a tag that is outside of a trigger takes no memory there. Raised events are appended to `events`, in the order of
/// the triggers. Plain class.
class TriggerBoard {
 public:
  /// A tag that is inside, or about to be.
  struct Stay {
    int trigger = 0;
    Presence presence;
    std::chrono::nanoseconds deadline = endless;  ///< as it stands in the queue
  };

  explicit TriggerBoard(const std::vector<Trigger> &triggers);

  void addTag(const QString &id, const QString &name);
  /// A tag is at `place` now; `moment` has the fix's source time.
  void move(int tag, const Place &place, const Moment &moment, QList<RaisedEvent> &events);
  /// A tag is lost: it leaves every region at once, and what it carries is nowhere.
  void lose(int tag, const Moment &moment, QList<RaisedEvent> &events);
  /// When settle() is due next, on Moment::elapsed; endless: never.
  std::chrono::nanoseconds nextDeadline() const;
  /// Does what delays and dwell times were waiting for until `elapsed`.
  void settle(std::chrono::nanoseconds elapsed, QList<RaisedEvent> &events);

  const std::vector<Stay> &staysOf(int tag) const { return m_tags[static_cast<size_t>(tag)].stays; }
  /// After a restart: the tag was last seen at `place` (none: it is lost). Raises nothing.
  void restore(int tag, const std::optional<Place> &place);
  /// It had this stay, of a trigger that was then as it is now. Raises nothing.
  void restore(int tag, Stay stay);
  /// Triggers of which nothing was kept take the tag as seen for the first time, now. Raises nothing; for tags that are
  /// all restored.
  void sightAgain(int tag, const std::vector<bool> &isNew, const Moment &now);
  /// When a tag may raise a WhileIn or WhileOut again.
  struct Turn {
    int tag = 0;
    int trigger = 0;
    std::chrono::nanoseconds next{};
  };
  /// Those that are still to come at `elapsed`.
  std::vector<Turn> turnsAfter(std::chrono::nanoseconds elapsed) const;
  void restore(const Turn &turn);

 private:
  struct Watch {
    Trigger trigger;  ///< its regions are in m_parts
    size_t firstPart = 0;
    size_t endPart = 0;
    int carrier = -1;         ///< of a portable trigger, once that tag was added
    std::vector<int> listed;  ///< in order; counts when trigger.tags is not empty
    std::set<int> near;       ///< tags that have a stay, of a portable trigger
    /// With a while_interval_ms: when each tag may raise it next, in the order of `listed` or of all tags. As long as
    /// needed.
    std::vector<std::chrono::nanoseconds> turns;
  };
  struct Part {
    int trigger = 0;
    Region region;
  };
  struct Tag {
    QString id;
    QString name;
    bool isSeen = false;
    std::optional<Place> place;  ///< none: never seen, or lost
    std::vector<Stay> stays;     ///< in the order of their triggers
    std::vector<int> carried;    ///< portable triggers
  };
  using Deadline = std::tuple<std::chrono::nanoseconds, int, int>;  ///< when, tag, trigger

  static std::vector<Part> makeParts(const std::vector<Trigger> &triggers);
  static std::vector<RegionIndex::Entry> boxesOf(const std::vector<Part> &parts);
  Watch &watchOf(int trigger) { return m_watches[static_cast<size_t>(trigger)]; }
  const Watch &watchOf(int trigger) const { return m_watches[static_cast<size_t>(trigger)]; }
  void addWatch(Trigger trigger);
  bool isMeant(int trigger, int tag) const;
  bool isInCircle(const Watch &watch, const Place &place) const;
  double distance(const Watch &watch, const Place &place) const;
  const Place *placeOf(int tag) const;
  Stay *findStay(int trigger, int tag);
  Stay &addStay(int tag, Stay stay);
  void findTriggers(int tag, const Place &place);
  void observe(int trigger, int tag, bool inside, bool firstSight, const Moment &moment, QList<RaisedEvent> &events);
  void moveCarried(int tag, bool firstSight, const Moment &moment, QList<RaisedEvent> &events);
  void raiseWhileOut(int tag, const Moment &moment, QList<RaisedEvent> &events);
  void leave(int trigger, int tag, const Moment &moment, QList<RaisedEvent> &events);
  void schedule(int tag, Stay &stay, std::chrono::nanoseconds deadline);
  void keep(int tag, Stay &stay);
  void tell(int trigger, int tag, const Happenings &happened, std::chrono::nanoseconds elapsed,
            QList<RaisedEvent> &events);
  std::chrono::nanoseconds &turnOf(Watch &watch, int tag);
  bool takeTurn(int trigger, int tag, std::chrono::nanoseconds elapsed);
  void raise(int trigger, int tag, Time time, bool timedOut, QList<RaisedEvent> &events) const;

  std::vector<Watch> m_watches;
  std::vector<Part> m_parts;
  std::vector<Tag> m_tags;
  RegionIndex m_index;  ///< of m_parts
  CarriedCircles m_circles;
  QHash<QString, std::vector<int>> m_listing;   ///< tag id → triggers that list it
  QHash<QString, std::vector<int>> m_carrying;  ///< tag id → triggers that it carries
  std::vector<int> m_whileOut;
  std::set<Deadline> m_deadlines;
  std::vector<int> m_found;        ///< of the move under way: triggers that hold the tag, or did
  std::vector<quint64> m_foundIn;  ///< of each trigger: the last move that found the tag inside
  quint64 m_moves = 0;
};

}  // namespace tagwire::rtls
