// SPDX-License-Identifier: Apache-2.0
#include "pointbook.h"

#include <QFile>

#include <fcntl.h>
#include <unistd.h>

#include "segmentfile.h"

namespace tagwire::spool {

namespace {

// Nobody can use so many; a key beyond that comes from bytes that are not ours.
constexpr PointKey mostPoints = 50'000'000;

constexpr std::chrono::seconds retryInterval{1};

quint32 bookSeed() { return seedOf(0, Stream::Telemetry); }

}  // namespace

void PointBook::load(const QString &path) {
  auto file = SpoolFile::open(path, SpoolFile::Mode::Read, nullptr);
  if (!file) return;
  SegmentScanner scanner(*file, bookSeed(), 0, 0, (*file)->size());
  qsizetype records = 0;
  while (const auto found = scanner.next()) {
    PointKey key = 0;
    StoredPoint point;
    ++records;
    if (found->record.type == RecordType::Point && readPoint(found->record, key, point)) learn(key, point);
  }
  const std::lock_guard lock(m_mutex);
  m_unsaved.clear();
  m_mustRewrite = scanner.hasSkipped() || records > 2 * m_keys.size() + 100;
}

void PointBook::set(PointKey key, StoredPointPointer point) {
  if (m_points.size() <= key) m_points.resize(key + 1);
  m_keys.insert(point->name, key);
  m_points[key] = std::move(point);
  m_unsaved.push_back(key);
}

void PointBook::learn(PointKey key, const StoredPoint &point) {
  if (key > mostPoints) return;
  const std::lock_guard lock(m_mutex);
  if (key < m_points.size() && m_points[key] && *m_points[key] == point) return;
  set(key, std::make_shared<StoredPoint>(point));
}

void PointBook::reserve(PointKey key) {
  if (key > mostPoints) return;
  const std::lock_guard lock(m_mutex);
  if (m_points.size() <= key) m_points.resize(key + 1);
}

PointKey PointBook::keyOf(const StoredPoint &point, bool *isNews) {
  const std::lock_guard lock(m_mutex);
  const auto known = m_keys.constFind(point.name);
  *isNews = known == m_keys.constEnd() || !(*m_points[*known] == point);
  if (!*isNews) return *known;
  const auto key = known != m_keys.constEnd() ? *known : static_cast<PointKey>(std::max<size_t>(1, m_points.size()));
  set(key, std::make_shared<StoredPoint>(point));
  return key;
}

StoredPointPointer PointBook::point(PointKey key) const {
  const std::lock_guard lock(m_mutex);
  return key < m_points.size() ? m_points[key] : nullptr;
}

Result<void> PointBook::save(const QString &path, bool isWhole, bool isSync) {
  const std::lock_guard lock(m_mutex);
  isWhole = isWhole || m_mustRewrite;
  if (!isWhole && m_unsaved.empty()) return {};
  const auto now = std::chrono::steady_clock::now();
  if (now < m_tryAt) return failure(QStringLiteral("%1: it could not be written a moment ago").arg(path));
  RecordBuffer buffer;
  if (isWhole) {
    for (PointKey key = 1; key < m_points.size(); ++key) {
      if (m_points[key]) appendPoint(buffer, bookSeed(), key, *m_points[key]);
    }
  } else {
    for (const PointKey key : m_unsaved) appendPoint(buffer, bookSeed(), key, *m_points[key]);
  }
  const auto bytes = QByteArray::fromRawData(buffer.bytes(), buffer.size());
  Result<void> saved;
  if (isWhole) {
    saved = replaceFile(path, bytes, isSync);
  } else {
    QFile file(path);
    const bool isWritten = file.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::ExistingOnly) &&
                           file.write(bytes) == bytes.size() && file.flush() &&
                           (!isSync || ::fdatasync(file.handle()) == 0);
    if (!isWritten) saved = failure(file.errorString());
  }
  // A part of it may be there: then all of it is written again.
  m_mustRewrite = !saved;
  if (!saved) m_tryAt = now + retryInterval;
  if (saved) m_unsaved.clear();
  return saved;
}

}  // namespace tagwire::spool
