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
  /// A collision under way. `start`: its elapsed is when it was last told.
  struct Contact {
    int rule = 0;
    int tagA = 0;
    int tagB = 0;
    Moment start;
  };
  std::vector<Contact> contacts() const;
  /// After a restart, when all are where they were: this was under way by a rule that was then as it is now. Raises
  /// nothing.
  void restore(const Contact &contact);
  /// After that: who else is near is so since `moment`. Raises nothing.
  void restored(int tag, const Moment &moment);
  /// How often a tag came upon one more than there was room for, by one rule: once until it has room again.
  quint64 refused() const { return m_refused; }

  /// By one rule, at once: who is near more is in a crowd, and has said so often enough.
  static constexpr int mostOfTag = 100;
  /// Of all rules, each of which has an equal part to itself: no crowd keeps another rule silent.
  static constexpr int mostPairs = 200'000;
  static constexpr int leastOfRule = 1'000;

 private:
  struct Company {
    std::map<int, std::shared_ptr<Moment>> others;  ///< by tag: the start, and when it was last told
    bool isCrowded = false;                         ///< there are more that there is no room for
  };
  using Contacts = std::map<int, Company>;  ///< of one tag: by rule
  struct Interest {
    int rule = 0;
    int otherClass = 0;
  };

  const ProximityRule &ruleOf(int rule) const { return m_rules[static_cast<size_t>(rule)]; }
  Contacts &contactsOf(int tag) { return m_contacts[static_cast<size_t>(tag)]; }
  bool isMeant(int rule, int tag, int other) const;
  bool isNear(int rule, int tag, int other, double tolerance) const;
  void check(int tag, const Moment &moment, QList<Collision> &collisions);
  std::vector<std::pair<int, int>> newNeighbours(int tag);
  bool search(int rule, int otherClass, int tag, std::vector<std::pair<int, int>> &found) const;
  int contactCount(int rule, int tag) const;
  void setCrowded(int rule, int tag, bool isCrowded);
  void begin(int rule, int tag, int other, const Moment &moment);
  void part(int rule, int tag, int other);
  Collision told(Collision::Phase phase, int rule, int tag, int other, Time start, Time time) const;

  const std::vector<ProximityRule> m_rules;
  const Crowd &m_crowd;
  std::vector<std::vector<Interest>> m_interests;  ///< by class
  std::vector<Contacts> m_contacts;                ///< by tag; a pair stands at both
  std::vector<int> m_pairs;                        ///< by rule
  int m_mostOfRule = 0;
  quint64 m_refused = 0;
};

}  // namespace tagwire::rtls
