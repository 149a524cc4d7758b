// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "crowd.h"
#include "moment.h"

namespace tagwire::rtls {

/// Remembers which tags are too near to each other, and tells when that begins, goes on and ends. The crowd is moved
/// first, by the owner of both. A move costs what is near. Plain class.
class ProximityBoard {
 public:
  ProximityBoard(const std::vector<ProximityRule> &rules, const Crowd &crowd);

  void addTag() { m_contacts.emplace_back(); }
  /// The crowd has its new position.
  void moved(int tag, const Moment &moment, QList<Collision> &collisions);
  /// The tag is lost: its collisions end.
  void lost(int tag, Time time, QList<Collision> &collisions);
  /// After a restart, when all are where they were: who is near is so since `moment`. Raises nothing.
  void restored(int tag, const Moment &moment);
  /// Pairs that there was no room for.
  quint64 refused() const { return m_refused; }

 private:
  /// More pairs than this are no site but a mistake: everybody in one place.
  static constexpr int mostPairs = 200'000;
  struct Contact {
    Time start;
    std::chrono::nanoseconds told{};
  };
  /// Of one tag: by rule and the other tag.
  using Contacts = std::map<std::pair<int, int>, std::shared_ptr<Contact>>;
  struct Interest {
    int rule = 0;
    int otherClass = 0;
  };

  const ProximityRule &ruleOf(int rule) const { return m_rules[static_cast<size_t>(rule)]; }
  Contacts &contactsOf(int tag) { return m_contacts[static_cast<size_t>(tag)]; }
  bool isNear(int rule, int tag, int other, double tolerance) const;
  void check(int tag, const Moment &moment, QList<Collision> &collisions);
  std::vector<std::pair<int, int>> newNeighbours(int tag);
  bool begin(int rule, int tag, int other, const Moment &moment);
  Collision told(Collision::Phase phase, int rule, int tag, int other, Time start, Time time) const;

  const std::vector<ProximityRule> m_rules;
  const Crowd &m_crowd;
  std::vector<std::vector<Interest>> m_interests;  ///< by class
  std::vector<Contacts> m_contacts;                ///< by tag; a pair stands at both
  int m_pairs = 0;
  quint64 m_refused = 0;
};

}  // namespace tagwire::rtls
