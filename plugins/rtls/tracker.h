// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "quality.h"
#include "sequencegate.h"
#include "services/fixintake.h"
#include "triggerboard.h"
#include "zonemap.h"

namespace tagwire::rtls {

/// One moment on both clocks: `time` for people and the plausibility of fixes, `elapsed` for silence (nobody can set
/// it).
struct Moment {
  Time time;
  std::chrono::nanoseconds elapsed{0};
};

/// What is wrong with a fix by itself: missing or overlong texts, NaN, Inf, numbers out of range. Empty when nothing
/// is.
QString wrongFix(const IncomingFix &fix);

/// The fix's own time, if a clock that is set could have said it (since 2000, at most a minute ahead); else `receipt`.
Time sourceTime(const IncomingFix &fix, Time receipt);

/// Where every tag is: takes fixes, gives each its zone, keeps occupancy, runs the triggers, finds lost tags. Tags go
/// by the number in which they were added, zones by their index in the model. No clock, timer or signal; owned by Rtls.
class Tracker {
 public:
  /// What became of a tag.
  struct Change {
    int tag = 0;
    Position position;
    Quality quality;
    Time time;
    bool zoneChanged = false;
    int zone = 0;  ///< id; 0: none
  };
  struct Occupancy {
    int zone = 0;  ///< index in the model
    int tags = 0;
    Time time;
  };
  struct RaisedEvent {
    TriggerEvent event;
    Time time;
  };
  struct Outcome {
    QList<Change> changes;
    QList<Occupancy> occupancies;
    QList<RaisedEvent> events;
  };

  Tracker(const Model &model, std::chrono::nanoseconds timeout);

  /// -1 when no such tag was added.
  int find(const QString &tag) const { return m_byId.value(tag, -1); }
  /// Returns the number of the tag, which must be new.
  int addTag(const QString &id, const QString &name);
  int tagCount() const { return static_cast<int>(m_tags.size()); }
  bool hasZone(int id) const { return m_zoneIds.contains(id); }
  /// How many tags are in a zone or below it.
  int occupancy(int zone) const { return m_zones.occupancy(zone); }

  /// Takes a fix of a tag that was added and that wrongFix() has nothing against. Errors: out of sequence.
  Result<void> take(int tag, const IncomingFix &fix, const Moment &moment, Outcome &outcome);
  /// Tags of which nothing was heard for the timeout are lost (R1-25).
  void loseSilent(const Moment &moment, Outcome &outcome);
  /// When loseSilent() is due next, on Moment::elapsed. Looks at every tag.
  std::optional<std::chrono::nanoseconds> nextLoss() const;

 private:
  struct Tag {
    QString id;
    SequenceGate gate;
    Position position;
    int zone = -1;
    bool present = false;  ///< seen, and not lost
    std::chrono::nanoseconds heard{0};
  };
  void lose(int tag, const Moment &moment, Outcome &outcome);
  bool enterZone(Tag &tag, int zone, Time time, Outcome &outcome);

  ZoneMap m_zones;
  TriggerBoard m_triggers;
  QSet<int> m_zoneIds;
  std::chrono::nanoseconds m_timeout;
  std::vector<Tag> m_tags;
  QHash<QString, int> m_byId;
};

}  // namespace tagwire::rtls
