// SPDX-License-Identifier: Apache-2.0
#include "poller.h"

#include <algorithm>

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

/// A unit that answers within this can be probed so shortly that probes every 2 s cost a line under 5 %.
constexpr std::chrono::milliseconds shortProbe{95};
/// Every so many probes one waits as long as a usual request: the unit may be slow rather than dead.
constexpr int longProbeEvery = 4;

/// Slow is who takes so many times as long as the quickest of the others; fast again below the half of it.
constexpr int slowFactor = 6;
constexpr std::chrono::milliseconds slowFrom{50};

}  // namespace

Poller::Poller(const QList<Block> &blocks, const Settings &settings) : m_settings(settings) {
  m_entries.reserve(static_cast<size_t>(blocks.size()));
  for (const Block &block : blocks) {
    const CircuitBreaker breaker(settings.suspendAfter, settings.longestPause, settings.isLine);
    auto [unit, isNew] = m_units.try_emplace(block.unit, Unit{breaker, settings.units.of(block.unit), {}, {}});
    unit->second.entries.push_back(static_cast<int>(m_entries.size()));
    m_entries.push_back({SplitBlock(block)});
  }
}

void Poller::begin(Moment now) {
  for (auto &[id, unit] : m_units) {
    unit.breaker = CircuitBreaker(m_settings.suspendAfter, m_settings.longestPause, m_settings.isLine);
    unit.waiting.clear();
    unit.isProbed = unit.isSlow = false;
    unit.usualTime = 0ns;
  }
  for (size_t i = 0; i < m_entries.size(); ++i) {
    Entry &entry = m_entries[i];
    entry.block.abandon();
    entry.due = entry.read = now;
    entry.isInFlight = entry.isStale = false;
    enqueue(static_cast<int>(i), now);
  }
}

void Poller::resume(Moment now) {
  for (auto &[id, unit] : m_units) readSoon(unit, now);
}

/// All of a unit was bad, whatever its schedule: read at once. Whole periods that went by meanwhile are not counted.
void Poller::readSoon(Unit &unit, Moment now) {
  for (const int index : unit.entries) {
    Entry &entry = m_entries[static_cast<size_t>(index)];
    const Moment period = entry.block.whole().period;
    if (entry.due < now) entry.due += (now - entry.due) / period * period;
    if (!entry.isInFlight) enqueue(index, now);
  }
}

void Poller::enqueue(int index, Moment ready) {
  Entry &entry = m_entries[static_cast<size_t>(index)];
  auto &waiting = m_units.at(entry.block.whole().unit).waiting;
  waiting.erase({entry.ready, index});
  entry.ready = ready;
  waiting.insert({ready, index});
}

bool Poller::isWithin(const Unit &unit, Scope scope) {
  return scope == Scope::All || (scope == Scope::Aside) == isAside(unit);
}

Poller::Moment Poller::dueOf(const Unit &unit) const {
  if (unit.isProbed) return Moment::max();
  if (unit.breaker.state() == CircuitBreaker::State::Open) return unit.breaker.probeAt();
  return unit.waiting.empty() ? Moment::max() : unit.waiting.begin()->first;
}

Poller::Moment Poller::due(Scope scope) const {
  Moment first = Moment::max();
  for (const auto &[id, unit] : m_units) {
    if (isWithin(unit, scope)) first = std::min(first, dueOf(unit));
  }
  return first;
}

std::optional<Poller::Poll> Poller::next(Moment now, Scope scope) {
  while (true) {
    std::map<quint8, Unit>::value_type *first = nullptr;
    for (auto &each : m_units) {
      if (!isWithin(each.second, scope) || dueOf(each.second) > now) continue;
      if (!first || dueOf(each.second) < dueOf(first->second)) first = &each;
    }
    if (!first) return std::nullopt;
    if (auto poll = take(first->first, first->second, now)) return poll;
  }
}

/// Nothing when the block that was due turned out to have nothing to read: the device refuses all of it.
std::optional<Poller::Poll> Poller::take(quint8 id, Unit &unit, Moment now) {
  if (unit.breaker.state() == CircuitBreaker::State::Open) return probe(id, unit);
  const int index = unit.waiting.begin()->second;
  unit.waiting.erase(unit.waiting.begin());
  Entry &entry = m_entries[static_cast<size_t>(index)];
  if (!entry.block.current()) entry.block.begin(now);
  Poll poll{index, false, isAside(unit), {}, unit.settings.timeout};
  if (!entry.block.current()) {
    poll.block.unit = id;
    release(poll, now);
    return std::nullopt;
  }
  poll.block = *entry.block.current();
  entry.isInFlight = true;
  // One real request decides whether the unit is back; until then no other.
  if (unit.breaker.state() == CircuitBreaker::State::Trial) unit.isProbed = true;
  return poll;
}

/// A read of a size that no other read of this unit and table has: its answer can't be mistaken for a late one of
/// those, nor a late one for its. Its data are not used.
Poller::Poll Poller::probe(quint8 id, Unit &unit) {
  const Block &whole = m_entries[static_cast<size_t>(unit.entries.front())].block.whole();
  const int step = holdsBits(whole.table) ? 8 : 1;  // bits travel in whole bytes
  std::set<int> sizes;
  for (const int index : unit.entries) {
    const Block &other = m_entries[static_cast<size_t>(index)].block.whole();
    if (other.table != whole.table) continue;
    sizes.insert((other.count + step - 1) / step);
    for (const Block::Part &part : other.parts) sizes.insert((part.count + step - 1) / step);
  }
  int size = 1;
  while (sizes.contains(size)) ++size;
  const Block block{id, whole.table, whole.period, whole.address, std::min(size * step, 65536 - whole.address), {}};
  unit.isProbed = true;
  return {unit.entries.front(), true, true, block, probeTimeout(unit)};
}

/// Short where others wait meanwhile.
std::chrono::milliseconds Poller::probeTimeout(Unit &unit) const {
  const bool isLong = ++unit.probes % longProbeEvery == 0;
  if (isLong || m_units.size() == 1 || m_settings.probesAreApart) return unit.settings.timeout;
  const auto patience = std::chrono::ceil<std::chrono::milliseconds>(3 * unit.usualTime);
  return std::min(unit.settings.timeout, std::max(shortProbe, patience));
}

std::optional<Poller::Poll> Poller::probeFirst(quint8 id) {
  const auto unit = m_units.find(id);
  if (unit == m_units.end() || unit->second.breaker.state() != CircuitBreaker::State::Open) return std::nullopt;
  if (unit->second.isProbed) return std::nullopt;
  return probe(id, unit->second);
}

std::chrono::milliseconds Poller::asideTime() const {
  std::chrono::nanoseconds longest = 0ns;
  for (const auto &[id, unit] : m_units) {
    if (!isAside(unit)) continue;
    longest = std::max<std::chrono::nanoseconds>(longest, unit.breaker.isClosed() ? unit.usualTime : shortProbe);
  }
  return std::chrono::ceil<std::chrono::milliseconds>(longest);
}

void Poller::answered(const Poll &poll, Moment now, std::chrono::nanoseconds took) {
  Unit &unit = unitOf(poll);
  if (poll.isProbe) {
    unit.isProbed = false;
    unit.breaker.probeAnswered();
    return readSoon(unit, now);
  }
  unit.breaker.answered();
  learnTime(unit, took);
  Entry &entry = entryOf(poll);
  entry.read = now;
  entry.isStale = false;
  entry.block.answered();
  release(poll, now);
}

QList<int> Poller::refused(const Poll &poll, Moment now) {
  Unit &unit = unitOf(poll);
  if (poll.isProbe) return answered(poll, now, 0ns), QList<int>();
  unit.breaker.answered();
  const QList<int> points = entryOf(poll).block.refuse(now);
  release(poll, now);
  return points;
}

QList<int> Poller::failed(const Poll &poll, Moment now) {
  Unit &unit = unitOf(poll);
  if (poll.isProbe) return answered(poll, now, 0ns), QList<int>();
  unit.breaker.answered();
  QList<int> points;
  for (const Block::Part &part : poll.block.parts) points.append(part.point);
  entryOf(poll).block.skip();
  release(poll, now);
  return points;
}

QList<int> Poller::unanswered(const Poll &poll, Moment now) {
  QList<int> points;
  for (const Block::Part &part : poll.block.parts) points.append(part.point);
  if (!poll.isProbe) {
    Entry &entry = entryOf(poll);
    entry.block.abandon();
    entry.isInFlight = false;
    enqueue(poll.entry, now);  // still due, behind the others
  }
  unitOf(poll).isProbed = false;
  return giveUp(unitOf(poll), now, points);
}

QList<int> Poller::unitFailed(quint8 id, Moment now) {
  const auto unit = m_units.find(id);
  return unit == m_units.end() ? QList<int>() : giveUp(unit->second, now, {});
}

QList<int> Poller::giveUp(Unit &unit, Moment now, const QList<int> &points) {
  unit.breaker.failed(now);
  return unit.breaker.isGivenUp() ? pointsOf(unit) : points;
}

void Poller::interrupted(const Poll &poll) {
  Unit &unit = unitOf(poll);
  if (unit.breaker.state() != CircuitBreaker::State::Closed) unit.isProbed = false;
  if (poll.isProbe) return;
  Entry &entry = entryOf(poll);
  entry.isInFlight = false;
  enqueue(poll.entry, entry.ready);
}

/// The request is over: the next piece of the block, or the next cycle.
void Poller::release(const Poll &poll, Moment now) {
  Entry &entry = entryOf(poll);
  Unit &unit = m_units.at(entry.block.whole().unit);
  entry.isInFlight = false;
  unit.isProbed = false;
  // Behind what is due already: a block in many pieces must not hold up the others.
  if (entry.block.current()) return enqueue(poll.entry, now);
  ++m_scans;
  if (entry.due <= now) {  // else it was read ahead of its schedule, which stays as it is
    const Moment period = entry.block.whole().period;
    const auto cycles = (now - entry.due) / period + 1;
    entry.due += cycles * period;
    m_skipped += static_cast<quint64>(cycles - 1);
  }
  enqueue(poll.entry, entry.due);
}

/// Only beside others can a unit be slow: alone it holds up nobody.
void Poller::learnTime(Unit &unit, std::chrono::nanoseconds took) {
  unit.usualTime = unit.usualTime == 0ns ? took : (unit.usualTime * 7 + took) / 8;
  auto quickest = std::chrono::nanoseconds::max();
  for (const auto &[id, other] : m_units) {
    if (&other != &unit && other.breaker.isClosed() && other.usualTime > 0ns) {
      quickest = std::min(quickest, other.usualTime);
    }
  }
  if (quickest == std::chrono::nanoseconds::max()) {
    unit.isSlow = false;
    return;
  }
  const auto limit = std::max<std::chrono::nanoseconds>(quickest * slowFactor, slowFrom);
  unit.isSlow = unit.usualTime > (unit.isSlow ? limit / 2 : limit);
}

QList<int> Poller::pointsOf(const Unit &unit) const {
  QList<int> points;
  for (const int index : unit.entries) {
    for (const Block::Part &part : m_entries[static_cast<size_t>(index)].block.whole().parts) points.append(part.point);
  }
  return points;
}

QList<int> Poller::stale(Moment now) {
  QList<int> points;
  for (Entry &entry : m_entries) {
    const Block &whole = entry.block.whole();
    const Moment patience = 3 * whole.period + m_settings.units.of(whole.unit).timeout;
    if (entry.isStale || now - entry.read < patience) continue;
    entry.isStale = true;
    for (const Block::Part &part : whole.parts) points.append(part.point);
  }
  return points;
}

bool Poller::hasHealthyUnits() const {
  return std::any_of(m_units.begin(), m_units.end(), [](const auto &each) { return !isAside(each.second); });
}

}  // namespace tagwire::modbus
