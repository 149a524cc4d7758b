// SPDX-License-Identifier: Apache-2.0
#include "store/rollupmerge.h"

#include <algorithm>
#include <deque>

namespace tagwire::sql {

namespace {

using RollupRecords = std::vector<RollupRecord>;
using Iterator = RollupRecords::const_iterator;

/// Records that belong into roll-ups of the level, by point and time.
struct Piece {
  Iterator begin;
  Iterator end;
  bool isFresh = false;  ///< all records that there are: the level has no rows of them yet
};

struct Group {
  qint64 point = 0;
  Piece records;  ///< new ones; when fresh, all
  Rollup rollup;  ///< first of `records` only, then of everything
  bool needsEarlier = false;
  RollupRecords earlier;
};

Rollup rollupOf(const Piece &piece, Time start) {
  Rollup rollup;
  rollup.start = start;
  for (auto record = piece.begin; record != piece.end; ++record) {
    Rollup one;
    one.count = 1;
    one.good = record->quality.isGood() ? 1 : 0;
    if (record->number && !record->quality.isBad()) {
      one.numbers = 1;
      one.min = one.max = one.sum = one.last = *record->number;
      one.lastTime = record->time;
    }
    rollup.add(one);
  }
  return rollup;
}

void split(const Piece &piece, RollupLevel level, std::vector<Group> &groups) {
  for (auto begin = piece.begin; begin != piece.end;) {
    const Time start = startOf(level, begin->time);
    const Time next = start + lengthOf(level);
    const auto end = std::find_if(begin, piece.end, [&](const RollupRecord &record) {
      return record.point != begin->point || record.time >= next;
    });
    const Piece records{begin, end, piece.isFresh};
    groups.push_back({begin->point, records, rollupOf(records, start), false, {}});
    begin = end;
  }
}

bool isGroupBefore(const Group &group, std::pair<qint64, Time> key) {
  return std::pair(group.point, group.rollup.start) < key;
}

StoreResult<void> addStored(RollupTables &tables, RollupLevel level, std::vector<Group> &groups) {
  std::vector<RollupTables::Key> keys;
  for (const Group &group : groups) {
    if (!group.records.isFresh) keys.push_back({group.point, group.rollup.start});
  }
  if (keys.empty()) return {};
  return tables.load(level, keys, [&](qint64 point, const Rollup &stored) {
    const auto group = std::lower_bound(groups.begin(), groups.end(), std::pair(point, stored.start), isGroupBefore);
    if (group == groups.end() || group->point != point || group->rollup.start != stored.start) return;
    Rollup whole = stored;
    whole.add(group->rollup);
    group->rollup = whole;
    group->needsEarlier = !stored.isDense;
  });
}

StoreResult<void> storeAll(RollupTables &tables, RollupLevel level, std::vector<Group> &groups) {
  std::vector<std::pair<qint64, Rollup>> rollups;
  rollups.reserve(groups.size());
  for (Group &group : groups) {
    const bool isDense = group.rollup.count > mostSparse(level);
    group.needsEarlier = group.needsEarlier && isDense;
    // All that becomes dense now and had no row has all of its records in hand.
    group.records.isFresh = group.records.isFresh || (isDense && !group.rollup.isDense);
    group.rollup.isDense = group.rollup.isDense || isDense;
    rollups.emplace_back(group.point, group.rollup);
  }
  return tables.store(level, rollups);
}

StoreResult<void> readEarlier(RollupTables &tables, RollupLevel level, std::vector<Group> &groups) {
  std::vector<RollupTables::Span> spans;
  for (const Group &group : groups) {
    if (group.needsEarlier) spans.push_back({group.point, group.rollup.start, group.rollup.start + lengthOf(level)});
  }
  if (spans.empty()) return {};
  return tables.earlier(spans, [&](const RollupRecord &record) {
    const std::pair key(record.point, startOf(level, record.time));
    const auto group = std::lower_bound(groups.begin(), groups.end(), key, isGroupBefore);
    if (group != groups.end() && group->point == record.point && group->rollup.start == key.second) {
      group->earlier.push_back(record);
    }
  });
}

/// What the next level is made of; records put together anew are kept in `merged`.
std::vector<Piece> piecesBelow(std::vector<Group> &groups, std::deque<RollupRecords> &merged) {
  std::vector<Piece> pieces;
  for (Group &group : groups) {
    if (!group.rollup.isDense) continue;
    if (group.earlier.empty()) {
      pieces.push_back(group.records);
      continue;
    }
    RollupRecords &all = merged.emplace_back();
    all.reserve(group.earlier.size() + static_cast<size_t>(group.records.end - group.records.begin));
    std::merge(group.earlier.cbegin(), group.earlier.cend(), group.records.begin, group.records.end,
               std::back_inserter(all), [](const RollupRecord &a, const RollupRecord &b) { return a.time < b.time; });
    pieces.push_back({all.cbegin(), all.cend(), true});
  }
  return pieces;
}

}  // namespace

StoreResult<void> mergeRollups(RollupTables &tables, const std::vector<RollupRecord> &records) {
  std::deque<RollupRecords> merged;
  std::vector<Piece> pieces{{records.cbegin(), records.cend(), false}};
  for (int i = rollupLevels - 1; i >= 0 && !pieces.empty(); --i) {
    const auto level = static_cast<RollupLevel>(i);
    std::vector<Group> groups;
    for (const Piece &piece : pieces) split(piece, level, groups);
    if (groups.empty()) break;
    auto done = addStored(tables, level, groups);
    if (done) done = storeAll(tables, level, groups);
    if (done && level != RollupLevel::Second) done = readEarlier(tables, level, groups);
    if (!done) return done;
    pieces = piecesBelow(groups, merged);
  }
  return {};
}

}  // namespace tagwire::sql
