// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <memory>

#include "escortboard.h"
#include "fixfilter.h"
#include "moment.h"
#include "proximityboard.h"
#include "quality.h"
#include "sequencegate.h"
#include "services/fixintake.h"
#include "silencelist.h"
#include "smoother.h"
#include "trackermemory.h"
#include "triggerboard.h"
#include "zonemap.h"

namespace tagwire::rtls {

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
    int ofClass = -1;  ///< index in Model::classes; -1: all tags
  };
  /// Where a tag was when it was last heard.
  struct Sight {
    bool isPresent = false;
    int zone = 0;       ///< id; 0: none
    Position position;  ///< without a fix: it was never heard
    Time time;
  };
  struct Outcome {
    QList<Change> changes;
    QList<Occupancy> occupancies;
    QList<RaisedEvent> events;
    QList<Collision> collisions;
    QList<Unaccompanied> unaccompanied;
    Refusal refusal = Refusal::None;
  };

  Tracker(const Model &model, std::chrono::nanoseconds timeout);

  /// -1 when no such tag was added.
  int find(const QString &tag) const { return m_byId.value(tag, -1); }
  /// Returns the number of the tag, which must be new.
  int addTag(const QString &id, const QString &name, const QString &tagClass = {});
  int tagCount() const { return static_cast<int>(m_tags.size()); }
  /// Of the manifest.
  bool isListed(int tag) const { return tag < m_listed; }
  /// Seen, and not lost.
  bool isPresent(int tag) const { return m_tags[static_cast<size_t>(tag)].present; }
  /// The last one; without a fix when it was never seen.
  const Position &position(int tag) const { return m_tags[static_cast<size_t>(tag)].position; }
  /// When that came, with its source time.
  const Moment &last(int tag) const { return m_tags[static_cast<size_t>(tag)].last; }
  bool hasZone(int id) const { return m_zoneIds.contains(id); }
  /// How many tags are in a zone or below it.
  int occupancy(int zone) const { return m_zones.occupancy(zone); }
  /// Of these, those of a class.
  int occupancy(int zone, int ofClass) const;
  const QString &idOf(int tag) const { return m_tags[static_cast<size_t>(tag)].id; }
  Sight sightOf(int tag) const;
  /// Pairs of tags near each other that there was no room for.
  quint64 refusedPairs() const { return m_collisions.refused(); }

  /// Takes a fix of a tag that was added and that wrongFix() has nothing against. Does first what was due before.
  /// Errors: out of sequence, or not to be believed (`refusal` says which). Nothing is changed then, but that the tag
  /// was heard, if what it says is only not new (isSignOfLife()).
  Result<void> take(int tag, const IncomingFix &fix, const Moment &moment, Outcome &outcome);
  /// Tags of which nothing was heard for the timeout are lost (R1-25); triggers do what their delays waited for
  /// (R1-24).
  void advance(const Moment &moment, Outcome &outcome);
  /// No tag is lost by silence before `until`, on Moment::elapsed.
  void holdLosses(std::chrono::nanoseconds until) { m_heldUntil = until; }
  /// Nobody is to know any more where a tag is that is present: it is lost at once.
  void forget(int tag, const Moment &moment, Outcome &outcome) { lose(tag, moment, outcome); }
  /// A sign of life that says nothing of the place: who is present, and not to be lost by now, is heard.
  void notice(int tag, const Moment &moment);
  /// What the filter says of a fix whatever came before it.
  FixFilter::Verdict judgeAlone(const IncomingFix &fix, const Moment &moment) const;
  /// When advance() is due next, on Moment::elapsed; endless: never.
  std::chrono::nanoseconds nextDeadline() const;

  /// What is to be kept over a restart; nothing of who is lost and not listed.
  TrackerMemory remember(const Moment &moment) const;
  /// Goes on from there: of tags that were added, at triggers that are as they were; every other trigger sees the tags
  /// for the first time. The time in between passes. Only before the first fix; `outcome` gets what became of the tags,
  /// and no events: call advance() next.
  void recall(const TrackerMemory &memory, const Moment &moment, Outcome &outcome);

 private:
  struct Tag {
    QString id;
    SequenceGate gate;
    std::unique_ptr<FixFilter> filter;   ///< null: everything is believed
    std::unique_ptr<Smoother> smoother;  ///< null: as it comes
    Position position;
    int zone = -1;
    bool present = false;               ///< seen, and not lost
    Moment last;                        ///< when its last fix came, with its source time
    std::chrono::nanoseconds heard{0};  ///< when the last sign of life came
    int ofClass = -1;                   ///< index in m_classes
  };
  std::chrono::nanoseconds nextLoss() const;
  std::chrono::nanoseconds lossOf(const Tag &tag) const { return std::max(tag.heard + m_timeout, m_heldUntil); }
  void hear(int tag, std::chrono::nanoseconds elapsed);
  void lose(int tag, const Moment &moment, Outcome &outcome);
  void recallStays(const TrackerMemory &memory, const std::vector<const TrackerMemory::Tag *> &tags,
                   std::chrono::nanoseconds shift, const Moment &moment);
  void crowdMoved(int tag, const Position &before, bool wasPresent, Outcome &outcome);
  void recallContacts(const TrackerMemory &memory, std::chrono::nanoseconds shift);
  void recallCrowd(int tag, const Moment &moment);
  void recallTag(const TrackerMemory::Tag &memory, std::chrono::nanoseconds shift, Outcome &outcome);
  Result<void> admit(Tag &tag, const IncomingFix &fix, const Moment &moment, Outcome &outcome) const;
  bool enterZone(Tag &tag, int zone, Time time, Outcome &outcome);

  ZoneMap m_zones;
  TriggerBoard m_triggers;
  Crowd m_crowd;
  ProximityBoard m_collisions;
  EscortBoard m_escorts;
  const int m_listed;
  const QStringList m_classes;
  std::vector<int> m_classCounts;  ///< by zone, then class
  QSet<int> m_zoneIds;
  std::vector<TrackerMemory::Definition> m_definitions;  ///< of the triggers
  std::vector<TrackerMemory::Definition> m_proximity;
  std::chrono::nanoseconds m_timeout;
  std::chrono::nanoseconds m_heldUntil = std::chrono::nanoseconds::min();
  FilterRules m_filter;
  SmoothingRule m_smoothing;
  QHash<QString, SmoothingRule> m_tagSmoothing;
  std::vector<Tag> m_tags;
  SilenceList m_silence;
  QHash<QString, int> m_byId;
};

}  // namespace tagwire::rtls
