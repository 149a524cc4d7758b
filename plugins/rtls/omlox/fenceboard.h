// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QSet>

#include <map>
#include <set>
#include <vector>

#include "hubfields.h"
#include "regionindex.h"
#include "triggerboard.h"

namespace tagwire::rtls {

/// Remembers who is inside of which omlox fence, and tells who enters and who leaves. Not the TriggerBoard: a fence is
/// entered with the first location inside, be it the first at all; who is tracked has a say in how fences take their
/// leave; and fences come and go while the program runs. The rules are the same (presence.h). Tags go by the
/// Tracker's numbers. Plain class.
class FenceBoard {
 public:
  struct Fence {
    QString id;
    Region region;
    PresenceRule rule;
    QSet<QString> tags;       ///< empty: all
    bool isOfClient = false;  ///< its timeout is its own; the tolerance lasts no longer, whoever says which
  };
  struct Crossing {
    QString fence;
    int tag = 0;
    bool isEntry = false;
    Time entered;
    Time time;
  };

  /// All fences there are from now on. Who is inside of one that was there before, and is the same, still is.
  void setFences(std::vector<Fence> fences);
  /// How this tag wants fences to take their leave.
  void setWish(int tag, const FenceWish &wish) { m_wishes[tag] = wish; }
  void clearWishes() { m_wishes.clear(); }

  /// `id` is the tag's; `moment` has the source time.
  void move(int tag, const QString &id, const Place &place, const Moment &moment, QList<Crossing> &crossings);
  /// Nobody is to know any more where it is: it leaves every fence at once.
  void leave(int tag, Time time, QList<Crossing> &crossings);
  /// It was silent for too long: it leaves all fences but those of clients, and those that it has its own wishes for
  /// when to leave.
  void lose(int tag, Time time, QList<Crossing> &crossings);
  std::chrono::nanoseconds nextDeadline() const;
  void settle(std::chrono::nanoseconds elapsed, QList<Crossing> &crossings);

  /// One tag at one fence.
  struct Kept {
    int tag = 0;
    QString fence;
    Presence presence;
    Time entered;
  };
  /// All that count for something.
  std::vector<Kept> stays() const;
  /// Goes on from there, if there is such a fence.
  void restore(const Kept &kept);
  /// Grows with every change but one: that a tag was heard of.
  quint64 changes() const { return m_changes; }

  /// Fences that it is in.
  QStringList fencesOf(int tag) const;
  /// Tags that are in it, in order.
  std::vector<int> tagsIn(const QString &fence) const;

 private:
  struct Stay {
    Presence presence;
    Time entered;
    std::chrono::nanoseconds deadline = endless;
  };
  using Stays = std::map<int, Stay>;                                ///< by fence
  using Deadline = std::tuple<std::chrono::nanoseconds, int, int>;  ///< when, tag, fence

  PresenceRule ruleOf(int tag, const Fence &fence) const;
  bool hasOwnTimeout(int tag, const Fence &fence) const;
  void leave(int tag, const std::vector<int> &fences, Time time, QList<Crossing> &crossings);
  void keep(int tag, int fence, const Presence &before, const Happenings &happened, QList<Crossing> &crossings);
  void schedule(int tag, int fence, Stay &stay, std::chrono::nanoseconds deadline);

  std::vector<Fence> m_fences;
  QHash<QString, int> m_places;  ///< of the fences, by id
  RegionIndex m_index{{}};
  std::map<int, Stays> m_stays;  ///< by tag
  std::map<int, FenceWish> m_wishes;
  std::set<Deadline> m_deadlines;
  quint64 m_changes = 0;
};

}  // namespace tagwire::rtls
