// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

namespace tagwire::rtls {

/// Keeps count of tags that are taken in as they come: so many at once, and of names, which stay until the next start,
/// some times as many. One that is lost gives its place to whoever needs it, and has its old points again when it comes
/// back and there is room. Tags go by small numbers. Plain class; owned by Rtls.
class LearnedTags {
 public:
  /// Names for each place.
  static constexpr int namesPerPlace = 10;

  explicit LearnedTags(int most) : m_most(most) {}

  /// Of so many new ones, how many there is room for.
  int roomForNew(int wanted) const {
    return std::max(0, std::min({wanted, m_most - m_present, m_most * namesPerPlace - m_names}));
  }
  /// Of a tag that was added.
  bool hasRoomFor(int tag) const { return !isOurs(tag) || placeOf(tag).isPresent || m_present < m_most; }
  /// Names are used up, be their tags there or lost.
  bool isOutOfNames() const { return m_most > 0 && m_names >= m_most * namesPerPlace; }
  bool isOurs(int tag) const { return static_cast<size_t>(tag) < m_places.size() && placeOf(tag).isOurs; }
  /// More than there are places have been there: lost ones gave theirs away.
  bool givesPlacesAway() const { return m_names > m_most; }

  void add(int tag) {
    if (static_cast<size_t>(tag) >= m_places.size()) m_places.resize(static_cast<size_t>(tag) + 1);
    m_places[static_cast<size_t>(tag)] = {true, false};
    ++m_names;
  }
  /// It is there, or lost. Other tags may be told of as well.
  void change(int tag, bool isPresent) {
    if (!isOurs(tag)) return;
    Place &place = m_places[static_cast<size_t>(tag)];
    m_present += static_cast<int>(isPresent) - static_cast<int>(place.isPresent);
    place.isPresent = isPresent;
  }

 private:
  struct Place {
    bool isOurs = false;
    bool isPresent = false;
  };
  const Place &placeOf(int tag) const { return m_places[static_cast<size_t>(tag)]; }

  const int m_most;
  int m_names = 0;
  int m_present = 0;
  std::vector<Place> m_places;
};

}  // namespace tagwire::rtls
