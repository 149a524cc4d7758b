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
    : m_rules(rules), m_crowd(crowd), m_interests(static_cast<size_t>(crowd.classCount())), m_pairs(rules.size()) {
  for (int rule = 0; rule < static_cast<int>(m_rules.size()); ++rule) {
    const int a = crowd.classOf(ruleOf(rule).classA), b = crowd.classOf(ruleOf(rule).classB);
    m_interests[static_cast<size_t>(a)].push_back({rule, b});
    if (a != b) m_interests[static_cast<size_t>(b)].push_back({rule, a});
  }
  m_mostOfRule = std::max(leastOfRule, mostPairs / std::max(1, static_cast<int>(m_rules.size())));
}

void ProximityBoard::moved(int tag, const Moment &moment, QList<Collision> &collisions) {
  if (m_crowd.member(tag).ofClass < 0) return;
  check(tag, moment, collisions);
  for (const auto &[rule, other] : newNeighbours(tag)) {
    begin(rule, tag, other, moment);
    collisions << told(Collision::Phase::Start, rule, tag, other, moment.time, moment.time);
  }
}

/// What there was before.
void ProximityBoard::check(int tag, const Moment &moment, QList<Collision> &collisions) {
  std::vector<std::pair<int, int>> ended;
  for (const auto &[rule, company] : contactsOf(tag)) {
    const auto rate = ruleOf(rule).ongoing;
    for (const auto &[other, contact] : company.others) {
      if (!isNear(rule, tag, other, ruleOf(rule).exitTolerance)) {
        collisions << told(Collision::Phase::End, rule, tag, other, contact->time, moment.time);
        ended.emplace_back(rule, other);
      } else if (rate.count() > 0 && moment.elapsed - contact->elapsed >= rate) {
        contact->elapsed = moment.elapsed;
        collisions << told(Collision::Phase::Ongoing, rule, tag, other, contact->time, moment.time);
      }
    }
  }
  for (const auto &[rule, other] : ended) part(rule, tag, other);
}

bool ProximityBoard::isNear(int index, int tag, int other, double tolerance) const {
  const ProximityRule &rule = ruleOf(index);
  const Position &a = m_crowd.member(tag).position;
  const Position &b = m_crowd.member(other).position;
  if (rule.zDistance && std::abs(a.z - b.z) > *rule.zDistance + tolerance) return false;
  return distanceBy(rule, a, b) <= rule.distance + tolerance && m_crowd.isIn(tag, rule.zone) &&
         m_crowd.isIn(other, rule.zone);
}

/// Rule and tag, in this order: those that there is room for.
std::vector<std::pair<int, int>> ProximityBoard::newNeighbours(int tag) {
  std::vector<std::pair<int, int>> found;
  for (const auto &[rule, otherClass] : m_interests[static_cast<size_t>(m_crowd.member(tag).ofClass)]) {
    setCrowded(rule, tag, search(rule, otherClass, tag, found));
  }
  std::ranges::sort(found);
  return found;
}

/// True when there are more than there is room for. Ends at the first of them when it is the tag or the rule that has
/// no room; two that both have room always find each other.
bool ProximityBoard::search(int rule, int otherClass, int tag, std::vector<std::pair<int, int>> &found) const {
  if (!m_crowd.isIn(tag, ruleOf(rule).zone)) return false;
  const Contacts &contacts = m_contacts[static_cast<size_t>(tag)];
  const auto known = contacts.find(rule);
  int room = std::min(mostOfTag - contactCount(rule, tag), m_mostOfRule - m_pairs[static_cast<size_t>(rule)]);
  bool isCrowded = false;
  m_crowd.near(otherClass, m_crowd.member(tag).position, ruleOf(rule).distance, [&](int other) {
    if (other == tag || (known != contacts.end() && known->second.others.contains(other))) return true;
    if (!isNear(rule, tag, other, 0)) return true;
    if (room == 0 || contactCount(rule, other) >= mostOfTag) {
      isCrowded = true;
      return room > 0;
    }
    --room;
    found.emplace_back(rule, other);
    return true;
  });
  return isCrowded;
}

int ProximityBoard::contactCount(int rule, int tag) const {
  const Contacts &contacts = m_contacts[static_cast<size_t>(tag)];
  const auto found = contacts.find(rule);
  return found == contacts.end() ? 0 : static_cast<int>(found->second.others.size());
}

void ProximityBoard::setCrowded(int rule, int tag, bool isCrowded) {
  Contacts &contacts = contactsOf(tag);
  const auto found = contacts.find(rule);
  if ((found != contacts.end() && found->second.isCrowded) == isCrowded) return;
  contacts[rule].isCrowded = isCrowded;
  if (isCrowded) ++m_refused;
  if (!isCrowded && found->second.others.empty()) contacts.erase(found);
}

void ProximityBoard::begin(int rule, int tag, int other, const Moment &moment) {
  ++m_pairs[static_cast<size_t>(rule)];
  const auto contact = std::make_shared<Moment>(moment);
  contactsOf(tag)[rule].others.emplace(other, contact);
  contactsOf(other)[rule].others.emplace(tag, contact);
}

void ProximityBoard::part(int rule, int tag, int other) {
  --m_pairs[static_cast<size_t>(rule)];
  for (const auto &[one, from] : {std::pair(tag, other), std::pair(other, tag)}) {
    const auto company = contactsOf(one).find(rule);
    company->second.others.erase(from);
    if (company->second.others.empty() && !company->second.isCrowded) contactsOf(one).erase(company);
  }
}

void ProximityBoard::lost(int tag, Time time, QList<Collision> &collisions) {
  const Contacts before = contactsOf(tag);
  for (const auto &[rule, company] : before) {
    for (const auto &[other, contact] : company.others) {
      collisions << told(Collision::Phase::End, rule, tag, other, contact->time, time);
      collisions.last().reason = QStringLiteral("timeout");
      part(rule, tag, other);
    }
  }
  contactsOf(tag).clear();
}

std::vector<ProximityBoard::Contact> ProximityBoard::contacts() const {
  std::vector<Contact> all;
  for (int tag = 0; tag < static_cast<int>(m_contacts.size()); ++tag) {
    for (const auto &[rule, company] : m_contacts[static_cast<size_t>(tag)]) {
      for (const auto &[other, start] : company.others) {
        if (tag < other) all.push_back({rule, tag, other, *start});
      }
    }
  }
  return all;
}

bool ProximityBoard::isMeant(int index, int tag, int other) const {
  const int one = m_crowd.member(tag).ofClass, two = m_crowd.member(other).ofClass;
  const int a = m_crowd.classOf(ruleOf(index).classA), b = m_crowd.classOf(ruleOf(index).classB);
  return (one == a && two == b) || (one == b && two == a);
}

void ProximityBoard::restore(const Contact &contact) {
  const auto &[rule, tag, other, start] = contact;
  const bool isRoom = contactCount(rule, tag) < mostOfTag && contactCount(rule, other) < mostOfTag &&
                      m_pairs[static_cast<size_t>(rule)] < m_mostOfRule;
  const auto found = contactsOf(tag).find(rule);
  const bool isKnown = found != contactsOf(tag).end() && found->second.others.contains(other);
  if (!isRoom || isKnown || !m_crowd.member(tag).isHere || !m_crowd.member(other).isHere ||
      !isMeant(rule, tag, other) || !isNear(rule, tag, other, ruleOf(rule).exitTolerance)) {
    return;
  }
  begin(rule, tag, other, start);
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
