// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "model.h"
#include "taggrid.h"

namespace tagwire::rtls {

/// Where the tags are that rules of proximity speak of, class by class. Tags go by the number in which they were added,
/// classes by numbers of its own. Plain class.
class Crowd {
 public:
  struct Member {
    int ofClass = -1;  ///< -1: no rule speaks of it
    bool isHere = false;
    Position position;  ///< the last one, when it is not here
    int zone = -1;      ///< index in the model
  };

  explicit Crowd(const Model &model);

  void addTag(const QString &tagClass);
  void move(int tag, const Position &position, int zone);
  void remove(int tag);

  const Member &member(int tag) const { return m_members[static_cast<size_t>(tag)]; }
  /// In the zone or below it; everywhere for -1.
  bool isIn(int tag, int zone) const;
  /// -1 for one of which no rule speaks.
  int classOf(const QString &name) const { return m_classes.value(name, -1); }
  int classCount() const { return static_cast<int>(m_grids.size()); }

  /// Calls visit(tag) for all of the class whose distance in x and in y is `radius` at most, in no order; one that
  /// returns bool ends it by false.
  template <class Visit>
  void near(int ofClass, const Position &position, double radius, Visit visit) const {
    m_grids[static_cast<size_t>(ofClass)].near({position.x, position.y}, radius, visit);
  }

 private:
  std::vector<int> m_parents;  ///< of the zones
  QHash<QString, int> m_classes;
  std::vector<TagGrid> m_grids;  ///< of each class
  std::vector<Member> m_members;
};

/// In space.
inline double distanceBetween(const Position &a, const Position &b) {
  return std::hypot(a.x - b.x, a.y - b.y, a.z - b.z);
}

}  // namespace tagwire::rtls
