// SPDX-License-Identifier: Apache-2.0
#include "csvrecording.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>

namespace tagwire::replay {

namespace {

constexpr size_t pieceValues = 5000;

}  // namespace

CsvRecording::CsvRecording(const QString &file, const PlayedPoints &points, PlayedRange range)
    : m_file(file), m_points(points), m_range(range) {
  m_pool.setMaxThreadCount(1);
}

CsvRecording::~CsvRecording() {
  m_mustStop = true;
  m_pool.waitForDone();
}

void CsvRecording::next(Take take) {
  m_take = std::move(take);
  if (m_isLoaded) {
    QMetaObject::invokeMethod(
        &m_queue, [this] { answer(); }, Qt::QueuedConnection);
  } else if (!m_isLoading) {
    m_isLoading = true;
    m_pool.start([this] {
      auto content = std::make_shared<Result<Content>>(load());
      QMetaObject::invokeMethod(
          &m_queue, [this, content] { loaded(std::move(*content)); }, Qt::QueuedConnection);
    });
  }
}

void CsvRecording::cancel() {
  m_mustStop = true;
  m_take = nullptr;
}

Result<CsvRecording::Content> CsvRecording::load() const {
  const QString name = QFileInfo(m_file).fileName();
  QFile file(m_file);
  if (!file.open(QIODevice::ReadOnly)) return failure(name + QStringLiteral(": ") + file.errorString());
  HistoryCsvReader csv(file, name);
  const auto header = csv.readHeader();
  if (!header) return tl::unexpected(header.error());
  Content content;
  HistoryLine line;
  for (;;) {
    if (m_mustStop) return failure(QStringLiteral("stopped"));
    const auto read = csv.next(line);
    if (!read) return tl::unexpected(read.error());
    if (!*read) break;
    const auto taken = takeLine(line, content);
    if (!taken) return failure(csv.problemAt(line.number, taken.error()));
  }
  std::stable_sort(content.samples.begin(), content.samples.end(),
                   [](const Sample &a, const Sample &b) { return a.time < b.time; });
  return content;
}

Result<void> CsvRecording::takeLine(const HistoryLine &line, Content &content) const {
  const auto point = m_points.constFind(line.point);
  if (point == m_points.cend()) {
    ++content.leftOut.ofOtherPoints;
    return {};
  }
  if (!m_range.holds(line.time)) {
    ++content.leftOut.outOfRange;
    return {};
  }
  const auto value = line.typed(point->type);
  if (!value) return tl::unexpected(value.error());
  if (content.samples.size() >= mostValues) {
    return failure(QStringLiteral("more than %1 values (allowed: a shorter range, or import it and play the history)")
                       .arg(mostValues));
  }
  content.samples.push_back({point->id, line.quality, line.time, *value});
  return {};
}

void CsvRecording::loaded(Result<Content> content) {
  m_isLoading = false;
  if (!m_take) return;
  if (!content) return std::exchange(m_take, nullptr)(failure(content.error()));
  m_isLoaded = true;
  m_content = std::move(*content);
  answer();
}

void CsvRecording::answer() {
  if (!m_take) return;
  const auto begin = m_content.samples.begin() + static_cast<qsizetype>(m_at);
  m_at = std::min(m_at + pieceValues, m_content.samples.size());
  const auto end = m_content.samples.begin() + static_cast<qsizetype>(m_at);
  std::exchange(m_take, nullptr)(std::vector<Sample>(begin, end));
}

}  // namespace tagwire::replay
