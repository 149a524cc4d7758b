// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "model.h"
#include "taggrid.h"

namespace tagwire::rtls {

/// Where the circles of portable triggers are and where the tags are, so that a move finds who is near without a look
/// at all of them. Circles of about one size share two grids with cells as wide as they are. Triggers go by their index
/// in the model. What it finds is near, not surely inside. Plain class.
class CarriedCircles {
 public:
  explicit CarriedCircles(const std::vector<Trigger> &triggers);

  void moveTag(int tag, const Vertex &position) {
    for (Level &level : m_levels) level.tags.move(tag, position);
  }
  void removeTag(int tag) {
    for (Level &level : m_levels) level.tags.remove(tag);
  }
  void moveCircle(int trigger, const Vertex &center) { levelOf(trigger).circles.move(trigger, center); }
  void removeCircle(int trigger) { levelOf(trigger).circles.remove(trigger); }

  /// Triggers whose circle may hold the position.
  template <class Visit>
  void circlesNear(const Vertex &position, Visit visit) const {
    for (const Level &level : m_levels) level.circles.near(position, level.width + margin(position), visit);
  }
  /// Tags that may be in the trigger's circle.
  template <class Visit>
  void tagsNear(int trigger, const Vertex &center, double radius, Visit visit) const {
    m_levels[m_levelOf[static_cast<size_t>(trigger)]].tags.near(center, radius + margin(center), visit);
  }

 private:
  struct Level {
    double width = 1;  ///< no radius of this level is larger
    TagGrid tags;
    TagGrid circles;
  };

  static double margin(const Vertex &position) { return 2 * edgeTolerance(position); }
  Level &levelOf(int trigger) { return m_levels[m_levelOf[static_cast<size_t>(trigger)]]; }

  std::vector<Level> m_levels;
  std::vector<size_t> m_levelOf;
};

}  // namespace tagwire::rtls
