// SPDX-License-Identifier: Apache-2.0
#include "spoolrecovery.h"

#include <QFile>

#include <algorithm>
#include <array>
#include <filesystem>
#include <tuple>

namespace tagwire::spool {

namespace {

/// A file that is a segment by its head or, when that is damaged or can't be read, by its name.
struct FoundFile {
  enum class State : quint8 { Good, Newer, Unreadable };

  State state = State::Good;
  SegmentHead head;
  bool isNameRight = false;
  SegmentInfo segment;
  quint64 records = 0;
};

QString unreadableText(const FoundFile &file) {
  return QStringLiteral("%1: the disk can't read it").arg(file.segment.path);
}

void markUnreadable(FoundFile &file, const QString &why, RecoveredSpool &spool) {
  file.state = FoundFile::State::Unreadable;
  spool.unreadable << why;
}

std::optional<FoundFile> identify(const QString &folder, const QString &name, RecoveredSpool &spool) {
  FoundFile found;
  found.segment.path = folder + u'/' + name;
  const auto named = SegmentHead::fromFileName(name);
  const auto file = SpoolFile::open(found.segment.path, SpoolFile::Mode::Read, nullptr);
  const qint64 size = file ? (*file)->size() : -1;
  std::array<char, SegmentHead::bytes> bytes{};
  const qint64 count = size < 0 ? -1 : (*file)->read(bytes.data(), SegmentHead::bytes, 0);
  const auto state = SegmentHead::read(bytes.data(), count, found.head);
  if (count >= 0 && state == SegmentHead::State::Newer) {
    ++spool.newerFiles;
    found.state = FoundFile::State::Newer;
  }
  const bool isGood = count >= 0 && state == SegmentHead::State::Good;
  if (!isGood && !named) return {};
  if (!isGood) found.head = *named;
  if (count < 0) markUnreadable(found, file ? unreadableText(found) : file.error(), spool);
  if (isGood && spool.id.isEmpty()) spool.id = found.head.spool;
  found.isNameRight = named && found.head.fileName() == name;
  found.segment.base = found.segment.next = found.head.base;
  found.segment.bytes = std::max(size, SegmentHead::bytes);
  found.segment.thinLevel = found.head.thinLevel;
  return found;
}

/// Counts what is in it below `limit`, which the next segment sets. What could not be read to its end is marked.
void scan(FoundFile &found, quint64 limit, PointBook &points, RecoveredSpool &spool) {
  if (found.state != FoundFile::State::Good) return;
  SegmentInfo &segment = found.segment;
  segment.next = segment.base;
  segment.gaps = found.records = 0;
  const auto file = SpoolFile::open(segment.path, SpoolFile::Mode::Read, nullptr);
  if (!file) {
    markUnreadable(found, file.error(), spool);
    return;
  }
  SegmentScanner scanner(*file, seedOf(found.head.boot, found.head.stream), segment.base, SegmentHead::bytes,
                         segment.bytes);
  PointKey last = 0;
  while (const auto record = scanner.next()) {
    const RecordType type = record->record.type;
    StoredSample sample;
    PointKey key = 0;
    StoredPoint point;
    if (type == RecordType::Point) {
      if (readPoint(record->record, key, point)) points.learn(key, point);
      continue;
    }
    if (type == RecordType::End) {
      segment.next = std::max(segment.next, std::min(limit, record->sequence));
      continue;
    }
    if (record->sequence < segment.next || record->sequence >= limit) continue;
    quint64 length = 1;
    if (type == RecordType::Gap) {
      length = std::min(readGap(record->record), limit - record->sequence);
      segment.gaps += length;
    } else {
      ++found.records;
    }
    segment.next = record->sequence + length;
    if (type != RecordType::Sample || !readSampleHead(record->record, sample)) continue;
    segment.times.add(sample.time);
    last = std::max(last, sample.point);
  }
  points.reserve(last);
  if (scanner.hasFailed()) markUnreadable(found, unreadableText(found), spool);
}

bool isOfSameLane(const FoundFile &a, const FoundFile &b) {
  return a.head.boot == b.head.boot && a.head.stream == b.head.stream;
}

/// Of files that are the same segment only the best stays, when all of them can be read.
void dropCopies(std::vector<FoundFile> &files, PointBook &points, RecoveredSpool &spool) {
  for (size_t i = 0; i + 1 < files.size();) {
    FoundFile &a = files[i];
    FoundFile &b = files[i + 1];
    if (!isOfSameLane(a, b) || a.segment.base != b.segment.base) {
      ++i;
      continue;
    }
    for (FoundFile *each : {&a, &b}) scan(*each, std::numeric_limits<quint64>::max(), points, spool);
    if (a.state != FoundFile::State::Good || b.state != FoundFile::State::Good) {
      ++i;
      continue;
    }
    const auto rank = [](const FoundFile &file) { return std::tuple(file.records, file.isNameRight); };
    const size_t worse = rank(a) < rank(b) ? i : i + 1;
    QFile::remove(files[worse].segment.path);
    files.erase(files.begin() + static_cast<qptrdiff>(worse));
  }
}

bool isFileBefore(const FoundFile &a, const FoundFile &b) {
  const auto place = [](const FoundFile &file) {
    return std::tuple(file.head.ordinal, file.head.boot, file.head.stream, file.segment.base);
  };
  return place(a) < place(b);
}

void takeIn(RecoveredSpool &spool, const FoundFile &file) {
  const bool isNew = spool.lanes.empty() || spool.lanes.back()->boot != file.head.boot ||
                     spool.lanes.back()->stream != file.head.stream;
  if (isNew) {
    auto lane = std::make_unique<Lane>();
    lane->boot = file.head.boot;
    lane->ordinal = file.head.ordinal;
    lane->stream = file.head.stream;
    spool.lanes.push_back(std::move(lane));
  }
  Lane &lane = *spool.lanes.back();
  lane.end = std::max(lane.end, file.segment.next);
  lane.segments.emplace(file.segment.base, file.segment);
}

/// Names of the regular files in it. An empty list is never a folder that could not be read.
Result<QStringList> filesIn(const QString &folder) {
  QStringList names;
  std::error_code error;
  std::filesystem::directory_iterator at(QFile::encodeName(folder).toStdString(), error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    std::error_code ofOne;
    if (at->symlink_status(ofOne).type() != std::filesystem::file_type::regular) continue;
    names << QFile::decodeName(QByteArray::fromStdString(at->path().filename().string()));
  }
  if (error) {
    return failure(QStringLiteral("spool: the folder %1 can't be read: %2")
                       .arg(folder, QString::fromLocal8Bit(QByteArray::fromStdString(error.message()))));
  }
  names.sort();
  return names;
}

}  // namespace

Result<RecoveredSpool> recoverSpool(const QString &folder, PointBook &points) {
  const auto names = filesIn(folder);
  if (!names) return failure(names.error());
  RecoveredSpool spool;
  std::vector<FoundFile> files;
  for (const QString &name : *names) {
    if (name.endsWith(QStringLiteral(".new"))) {
      const bool isOurs = SegmentHead::fromFileName(name.chopped(4)).has_value();
      if (isOurs) QFile::remove(folder + u'/' + name);  // a replacement that was never finished
      continue;
    }
    if (auto found = identify(folder, name, spool)) files.push_back(std::move(*found));
  }
  std::sort(files.begin(), files.end(), isFileBefore);
  dropCopies(files, points, spool);
  for (size_t i = 0; i < files.size(); ++i) {
    FoundFile &file = files[i];
    const bool hasNext = i + 1 < files.size() && isOfSameLane(file, files[i + 1]);
    scan(file, hasNext ? files[i + 1].segment.base : std::numeric_limits<quint64>::max(), points, spool);
    if (file.state != FoundFile::State::Good) spool.leftAlone.emplace(file.head.boot, file.head.stream);
    spool.lastOrdinal = std::max(spool.lastOrdinal, file.head.ordinal);
  }
  for (const FoundFile &file : files) {
    if (spool.leftAlone.count({file.head.boot, file.head.stream}) == 0) takeIn(spool, file);
  }
  return spool;
}

}  // namespace tagwire::spool
