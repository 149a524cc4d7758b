// SPDX-License-Identifier: Apache-2.0
#include "proximityboard.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

double distanceBy(const ProximityRule &rule, const Position &a, const Position &b) {
  return rule.zDistance ? std::hypot(a.x - b.x, a.y - b.y) : distanceBetween(a, b);
}

}  // namespace

ProximityBoard::ProximityBoard(const std::vector<ProximityRule> &rules, const Crowd &crowd)
    : m_rules(rules), m_crowd(crowd), m_interests(static_cast<size_t>(crowd.classCount())) {
  for (int rule = 0; rule < static_cast<int>(m_rules.size()); ++rule) {
    const int a = crowd.classOf(ruleOf(rule).classA), b = crowd.classOf(ruleOf(rule).classB);
    m_interests[static_cast<size_t>(a)].push_back({rule, b});
    if (a != b) m_interests[static_cast<size_t>(b)].push_back({rule, a});
  }
}

void ProximityBoard::moved(int tag, const Moment &moment, QList<Collision> &collisions) {
  if (m_crowd.member(tag).ofClass < 0) return;
  check(tag, moment, collisions);
  for (const auto &[rule, other] : newNeighbours(tag)) {
    if (!begin(rule, tag, other, moment)) continue;
    collisions << told(Collision::Phase::Start, rule, tag, other, moment.time, moment.time);
  }
}

/// What there was before.
void ProximityBoard::check(int tag, const Moment &moment, QList<Collision> &collisions) {
  Contacts &contacts = contactsOf(tag);
  for (auto each = contacts.begin(); each != contacts.end();) {
    const auto [rule, other] = each->first;
    Contact &contact = *each->second;
    if (!isNear(rule, tag, other, ruleOf(rule).exitTolerance)) {
      collisions << told(Collision::Phase::End, rule, tag, other, contact.start, moment.time);
      contactsOf(other).erase({rule, tag});
      each = contacts.erase(each);
      --m_pairs;
      continue;
    }
    const auto rate = ruleOf(rule).ongoing;
    if (rate.count() > 0 && moment.elapsed - contact.told >= rate) {
      contact.told = moment.elapsed;
      collisions << told(Collision::Phase::Ongoing, rule, tag, other, contact.start, moment.time);
    }
    ++each;
  }
}

bool ProximityBoard::isNear(int index, int tag, int other, double tolerance) const {
  const ProximityRule &rule = ruleOf(index);
  const Position &a = m_crowd.member(tag).position;
  const Position &b = m_crowd.member(other).position;
  if (rule.zDistance && std::abs(a.z - b.z) > *rule.zDistance + tolerance) return false;
  return distanceBy(rule, a, b) <= rule.distance + tolerance && m_crowd.isIn(tag, rule.zone) &&
         m_crowd.isIn(other, rule.zone);
}

/// Rule and tag, in this order.
std::vector<std::pair<int, int>> ProximityBoard::newNeighbours(int tag) {
  std::vector<std::pair<int, int>> found;
  const Crowd::Member &member = m_crowd.member(tag);
  const Contacts &contacts = contactsOf(tag);
  for (const auto &[rule, otherClass] : m_interests[static_cast<size_t>(member.ofClass)]) {
    if (!m_crowd.isIn(tag, ruleOf(rule).zone)) continue;
    m_crowd.near(otherClass, member.position, ruleOf(rule).distance, [&, rule = rule](int other) {
      if (other == tag || contacts.contains({rule, other}) || !isNear(rule, tag, other, 0)) return;
      found.emplace_back(rule, other);
    });
  }
  std::ranges::sort(found);
  return found;
}

bool ProximityBoard::begin(int rule, int tag, int other, const Moment &moment) {
  if (m_pairs >= mostPairs) {
    ++m_refused;
    return false;
  }
  ++m_pairs;
  const auto contact = std::make_shared<Contact>(Contact{moment.time, moment.elapsed});
  contactsOf(tag).emplace(std::pair(rule, other), contact);
  contactsOf(other).emplace(std::pair(rule, tag), contact);
  return true;
}

void ProximityBoard::lost(int tag, Time time, QList<Collision> &collisions) {
  for (const auto &[key, contact] : std::exchange(contactsOf(tag), {})) {
    const auto [rule, other] = key;
    collisions << told(Collision::Phase::End, rule, tag, other, contact->start, time);
    collisions.last().reason = QStringLiteral("timeout");
    contactsOf(other).erase({rule, tag});
    --m_pairs;
  }
}

void ProximityBoard::restored(int tag, const Moment &moment) {
  if (!m_crowd.member(tag).isHere) return;
  for (const auto &[rule, other] : newNeighbours(tag)) begin(rule, tag, other, moment);
}

Collision ProximityBoard::told(Collision::Phase phase, int rule, int tag, int other, Time start, Time time) const {
  const ProximityRule &what = ruleOf(rule);
  const bool isFirst =
      what.classA == what.classB ? tag < other : m_crowd.member(tag).ofClass == m_crowd.classOf(what.classA);
  const int a = isFirst ? tag : other, b = isFirst ? other : tag;
  const Position &placeA = m_crowd.member(a).position;
  const Position &placeB = m_crowd.member(b).position;
  return {phase, rule, a, b, placeA, placeB, distanceBy(what, placeA, placeB), start, time, {}};
}

}  // namespace tagwire::rtls
