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

constexpr qsizetype mostCycles = 1000;

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
    unit.isProbed = unit.isSlow = unit.isKnown = false;
    unit.usualTime = 0ns;
    unit.probes = unit.breaks = 0;
    unit.probed = 0;
  }
  for (size_t i = 0; i < m_entries.size(); ++i) {
    Entry &entry = m_entries[i];
    entry.block.forget();
    entry.due = entry.read = now;
    entry.isInFlight = entry.isStale = false;
    entry.failures = 0;
    enqueue(static_cast<int>(i), now);
  }
}

void Poller::resume(Moment now) {
  for (auto &[id, unit] : m_units) readSoon(unit, now);
}

/// All of a unit was bad, whatever its schedule: read at once, who waits longest first. Whole periods that went by
/// meanwhile are not counted.
void Poller::readSoon(Unit &unit, Moment now) {
  for (const int index : unit.entries) {
    Entry &entry = m_entries[static_cast<size_t>(index)];
    const Moment period = entry.block.whole().period;
    if (entry.due < now) entry.due += (now - entry.due) / period * period;
    entry.failures = 0;
    entry.block.tryAgainSoon();
    if (!entry.isInFlight && entry.ready > now) enqueue(index, now);
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

Poller::Poll Poller::probe(quint8 id, Unit &unit) {
  unit.isProbed = true;
  return {unit.entries[unit.probed], true, true, probeBlock(id, unit), probeTimeout(unit, ++unit.probes)};
}

/// One value of the block that answered last, or of each in turn. On a line its size is one that no other read of this
/// unit and table has, so that its answer can't be mistaken for a late one of those, nor a late one for its: within the
/// block if there is such a size. The data are not used.
Block Poller::probeBlock(quint8 id, const Unit &unit) const {
  const Block &whole = m_entries[static_cast<size_t>(unit.entries[unit.probed])].block.whole();
  const Block::Part &first = whole.parts.first();
  Block block{id, whole.table, whole.period, first.address, first.count, {}};
  if (!m_settings.isLine) return block;
  const int step = holdsBits(whole.table) ? 8 : 1;  // bits travel in whole bytes
  const auto sizeOf = [step](int count) { return (count + step - 1) / step; };
  std::set<int> taken;
  for (const int index : unit.entries) {
    const Block &other = m_entries[static_cast<size_t>(index)].block.whole();
    if (other.table != whole.table) continue;
    taken.insert(sizeOf(other.count));
    for (const Block::Part &part : other.parts) taken.insert(sizeOf(part.count));
  }
  int size = 1;
  while (taken.contains(size)) ++size;
  block.count = size * step;
  block.address = std::min(whole.address, 65536 - block.count);
  return block;
}

/// Short where others wait meanwhile.
std::chrono::milliseconds Poller::probeTimeout(const Unit &unit, int probe) const {
  const bool isLong = probe % longProbeEvery == 0;
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
    longest = std::max<std::chrono::nanoseconds>(longest, asideTime(unit));
  }
  return std::chrono::ceil<std::chrono::milliseconds>(longest);
}

std::chrono::nanoseconds Poller::asideTime(const Unit &unit) const {
  if (unit.breaker.state() == CircuitBreaker::State::Open) return probeTimeout(unit, unit.probes + 1);
  return unit.breaker.failures() > 0 ? unit.settings.timeout : unit.usualTime;
}

void Poller::answered(const Poll &poll, Moment now, std::chrono::nanoseconds took) {
  Unit &unit = unitOf(poll);
  if (poll.isProbe) {
    unit.isProbed = false;
    const bool wasGivenUp = unit.breaker.isGivenUp();
    unit.breaker.probeAnswered();
    if (wasGivenUp) readSoon(unit, now);
    return;
  }
  unitAnswered(poll);
  learnTime(unit, took);
  Entry &entry = entryOf(poll);
  entry.read = now;
  entry.isStale = false;
  entry.block.answered();
  release(poll, now);
}

QList<int> Poller::refused(const Poll &poll, Moment now) {
  if (poll.isProbe) return answered(poll, now, 0ns), QList<int>();
  unitAnswered(poll);
  const QList<int> points = entryOf(poll).block.refuse(now);
  release(poll, now);
  return points;
}

QList<int> Poller::failed(const Poll &poll, Moment now) {
  if (poll.isProbe) return answered(poll, now, 0ns), QList<int>();
  unitAnswered(poll);
  const QList<int> points = pointsOf(poll.block);
  entryOf(poll).block.skip();
  release(poll, now);
  return points;
}

/// A real request was answered, however.
void Poller::unitAnswered(const Poll &poll) {
  Unit &unit = unitOf(poll);
  unit.breaker.answered();
  unit.breaks = 0;
  unit.isKnown = true;
  const auto place = std::find(unit.entries.begin(), unit.entries.end(), poll.entry);
  unit.probed = static_cast<size_t>(place - unit.entries.begin());
  entryOf(poll).failures = 0;
}

QList<int> Poller::unanswered(const Poll &poll, Moment now) {
  Unit &unit = unitOf(poll);
  unit.isProbed = false;
  if (poll.isProbe) {
    // Perhaps it is this block alone that it does not answer.
    if (!unit.isKnown) unit.probed = (unit.probed + 1) % unit.entries.size();
    return giveUp(unit, now, {});
  }
  Entry &entry = entryOf(poll);
  entry.block.abandon();
  entry.isInFlight = false;
  // Still due, behind the others. One that stays silent while its unit answers others waits ever longer, until it costs
  // them under 5 %.
  const int rounds = ++entry.failures - m_settings.suspendAfter;
  const auto longest = std::max<Moment>(m_settings.longestPause, 20 * unit.settings.timeout);
  const auto pause = std::min<Moment>(longest, m_settings.longestPause * (1 << std::clamp(rounds, 0, 10)));
  enqueue(poll.entry, rounds >= 0 ? now + pause : now);
  return giveUp(unit, now, pointsOf(poll.block));
}

QList<int> Poller::brokeTheLink(const Poll &poll, Moment now) {
  if (++unitOf(poll).breaks >= 2) return unanswered(poll, now);
  interrupted(poll, now);
  return {};
}

QList<int> Poller::unitFailed(quint8 id, Moment now) {
  const auto unit = m_units.find(id);
  return unit == m_units.end() ? QList<int>() : giveUp(unit->second, now, {});
}

QList<int> Poller::giveUp(Unit &unit, Moment now, const QList<int> &points) {
  unit.breaker.failed(now);
  return unit.breaker.isGivenUp() ? pointsOf(unit) : points;
}

void Poller::interrupted(const Poll &poll, Moment now) {
  Unit &unit = unitOf(poll);
  unit.isProbed = false;
  if (poll.isProbe) return;
  Entry &entry = entryOf(poll);
  entry.isInFlight = false;
  enqueue(poll.entry, std::max(entry.ready, now));
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
    if (m_cycles.size() < mostCycles) m_cycles << now - entry.due;
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

QList<int> Poller::pointsOf(const Block &block) {
  QList<int> points;
  for (const Block::Part &part : block.parts) points.append(part.point);
  return points;
}

QList<int> Poller::pointsOf(const Unit &unit) const {
  QList<int> points;
  for (const int index : unit.entries) points += pointsOf(m_entries[static_cast<size_t>(index)].block.whole());
  return points;
}

QList<int> Poller::stale(Moment now) {
  QList<int> points;
  for (Entry &entry : m_entries) {
    const Block &whole = entry.block.whole();
    const Moment patience = 3 * whole.period + m_settings.units.of(whole.unit).timeout;
    if (entry.isStale || now - entry.read < patience) continue;
    entry.isStale = true;
    points += pointsOf(whole);
  }
  return points;
}

bool Poller::isGivenUp(quint8 id) const {
  const auto unit = m_units.find(id);
  return unit != m_units.end() && unit->second.breaker.isGivenUp();
}

bool Poller::hasHealthyUnits() const {
  return std::any_of(m_units.begin(), m_units.end(), [](const auto &each) { return !isAside(each.second); });
}

}  // namespace tagwire::modbus
