// SPDX-License-Identifier: Apache-2.0
#include "escortboard.h"

#include <cmath>

namespace tagwire::rtls {

EscortBoard::EscortBoard(const std::vector<EscortRule> &rules, const Crowd &crowd)
    : m_rules(rules),
      m_crowd(crowd),
      m_ofWalker(static_cast<size_t>(crowd.classCount())),
      m_ofCompanion(static_cast<size_t>(crowd.classCount())) {
  for (int rule = 0; rule < static_cast<int>(m_rules.size()); ++rule) {
    m_ofWalker[static_cast<size_t>(crowd.classOf(ruleOf(rule).tagClass))].push_back(rule);
    m_ofCompanion[static_cast<size_t>(crowd.classOf(ruleOf(rule).needs))].push_back(rule);
  }
}

EscortBoard::Walk *EscortBoard::walkOf(int tag, int rule) {
  std::map<int, Walk> &walks = m_walks[static_cast<size_t>(tag)];
  const auto found = walks.find(rule);
  return found == walks.end() ? nullptr : &found->second;
}

void EscortBoard::moved(int tag, const std::optional<Position> &before, const Moment &moment,
                        QList<Unaccompanied> &told) {
  const int ofClass = m_crowd.member(tag).ofClass;
  if (ofClass < 0) return;
  lookAgain(tag, before, moment, told);
  for (const int rule : m_ofWalker[static_cast<size_t>(ofClass)]) judge(tag, rule, moment, told);
}

void EscortBoard::lost(int tag, const Moment &moment, QList<Unaccompanied> &told) {
  const Crowd::Member &member = m_crowd.member(tag);
  if (member.ofClass < 0) return;
  for (const int rule : m_ofWalker[static_cast<size_t>(member.ofClass)]) {
    end(tag, rule, moment.time, QStringLiteral("timeout"), told);
  }
  lookAgain(tag, member.position, moment, told);
}

void EscortBoard::restored(int tag, const Moment &moment) {
  const Crowd::Member &member = m_crowd.member(tag);
  if (member.ofClass < 0) return;
  for (const int rule : m_ofWalker[static_cast<size_t>(member.ofClass)]) {
    if (isAlone(tag, rule)) m_walks[static_cast<size_t>(tag)][rule] = {false, false, moment, member.position, endless};
  }
}

/// Those that the companion was near, and those that it is near now.
void EscortBoard::lookAgain(int companion, const std::optional<Position> &before, const Moment &moment,
                            QList<Unaccompanied> &told) {
  const Crowd::Member &member = m_crowd.member(companion);
  for (const int rule : m_ofCompanion[static_cast<size_t>(member.ofClass)]) {
    const int walkers = m_crowd.classOf(ruleOf(rule).tagClass);
    std::set<int> tags;
    const auto collect = [&](int tag) {
      if (tag != companion) tags.insert(tag);
    };
    if (before) m_crowd.near(walkers, *before, ruleOf(rule).distance, collect);
    if (member.isHere) m_crowd.near(walkers, member.position, ruleOf(rule).distance, collect);
    for (const int tag : tags) judge(tag, rule, moment, told);
  }
}

bool EscortBoard::isAlone(int tag, int index) const {
  const EscortRule &rule = ruleOf(index);
  const Crowd::Member &member = m_crowd.member(tag);
  if (!member.isHere || !m_crowd.isIn(tag, rule.zone)) return false;
  bool isAlone = true;
  m_crowd.near(m_crowd.classOf(rule.needs), member.position, rule.distance, [&](int other) {
    if (other != tag && distanceBetween(member.position, m_crowd.member(other).position) <= rule.distance) {
      isAlone = false;
    }
  });
  return isAlone;
}

void EscortBoard::judge(int tag, int index, const Moment &moment, QList<Unaccompanied> &told) {
  if (!isAlone(tag, index)) return end(tag, index, moment.time, QString(), told);
  const EscortRule &rule = ruleOf(index);
  const Position &position = m_crowd.member(tag).position;
  Walk &walk =
      m_walks[static_cast<size_t>(tag)].try_emplace(index, Walk{false, false, moment, position, endless}).first->second;
  if (walk.isTold) return;
  walk.hasMoved = walk.hasMoved || distanceBetween(walk.from, position) >= rule.move;
  if (!walk.hasMoved) return;
  const auto due = walk.since.elapsed + rule.delay;
  if (due > moment.elapsed) return schedule(tag, index, walk, due);
  schedule(tag, index, walk, endless);
  walk.isTold = true;
  told << Unaccompanied{Unaccompanied::Phase::Start, index, tag, position, walk.since.time, moment.time, {}};
}

void EscortBoard::end(int tag, int rule, Time time, const QString &reason, QList<Unaccompanied> &told) {
  Walk *walk = walkOf(tag, rule);
  if (!walk) return;
  schedule(tag, rule, *walk, endless);
  if (walk->isTold) {
    told << Unaccompanied{Unaccompanied::Phase::End, rule, tag,   m_crowd.member(tag).position,
                          walk->since.time,          time, reason};
  }
  m_walks[static_cast<size_t>(tag)].erase(rule);
}

void EscortBoard::schedule(int tag, int rule, Walk &walk, std::chrono::nanoseconds deadline) {
  if (walk.deadline == deadline) return;
  if (walk.deadline != endless) m_deadlines.erase({walk.deadline, tag, rule});
  if (deadline != endless) m_deadlines.insert({deadline, tag, rule});
  walk.deadline = deadline;
}

std::chrono::nanoseconds EscortBoard::nextDeadline() const {
  return m_deadlines.empty() ? endless : std::get<0>(*m_deadlines.begin());
}

void EscortBoard::settle(std::chrono::nanoseconds elapsed, QList<Unaccompanied> &told) {
  while (nextDeadline() <= elapsed && !m_deadlines.empty()) {
    const auto [when, tag, rule] = *m_deadlines.begin();
    Walk &walk = *walkOf(tag, rule);
    schedule(tag, rule, walk, endless);
    walk.isTold = true;
    told << Unaccompanied{
        Unaccompanied::Phase::Start,          rule, tag, m_crowd.member(tag).position, walk.since.time,
        walk.since.time + ruleOf(rule).delay, {}};
  }
}

}  // namespace tagwire::rtls
