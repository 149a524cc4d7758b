// SPDX-License-Identifier: Apache-2.0
#include "trackerfile.h"

#include <utility>

namespace tagwire::rtls {
namespace {

constexpr std::chrono::milliseconds shortestPause{1000};
constexpr qint64 largestTrackerFile = 64LL * 1024 * 1024;
constexpr std::chrono::milliseconds beforeNextTry{10'000};
/// So that the disk lasts.
constexpr size_t trackerBytesPerSecond = 256 * 1024;

/// About what toBytes() makes of it.
size_t bytesOf(const TrackerMemory &memory) {
  size_t bytes = 28 * memory.contacts.size();
  for (const auto &tag : memory.tags) bytes += 110 + 60 * tag.stays.size() + 12 * tag.turns.size();
  return bytes;
}

}  // namespace

TrackerFile::TrackerFile(const PluginContext &context, std::function<TrackerMemory()> remember)
    : m_context(context), m_remember(std::move(remember)), m_timer(this), m_pause(shortestPause) {
  m_timer.setSingleShot(true);
  connect(&m_timer, &QTimer::timeout, this, &TrackerFile::write);
}

Result<std::optional<TrackerMemory>> TrackerFile::open() {
  m_file = std::make_unique<KeptFile>(m_context.dataDir(), QStringLiteral("rtls-%1.state").arg(m_context.id()),
                                      m_context.log(), largestTrackerFile);
  auto memory = read();
  if (memory) return memory;
  const auto moved = m_file->putAside();
  const QString text = QStringLiteral("%1 - %2 - every tag is seen for the first time")
                           .arg(memory.error(), moved ? QStringLiteral("put aside as %1").arg(*moved) : moved.error());
  qCWarning(m_context.log()).noquote() << text;
  return failure(text);
}

Result<std::optional<TrackerMemory>> TrackerFile::read() {
  const auto content = m_file->read();
  if (!content) return failure(content.error());
  if (!*content) return std::nullopt;
  auto memory = trackerMemoryFromBytes(**content);
  if (!memory) return failure(m_file->path() + u' ' + memory.error());
  if (memory->leftOut > 0) {
    qCWarning(m_context.log()).noquote() << m_file->path() << "has" << memory->leftOut
                                         << "tags without a usable position, which are seen for the first time";
  }
  return std::move(*memory);
}

void TrackerFile::touch() {
  if (m_file && !m_timer.isActive()) m_timer.start(m_pause);
}

void TrackerFile::write() {
  auto memory = std::make_shared<const TrackerMemory>(m_remember());
  m_pause = std::max(shortestPause, std::chrono::milliseconds(1000 * bytesOf(*memory) / trackerBytesPerSecond));
  m_file->write([memory = std::move(memory)] { return toBytes(*memory); });
  m_file->whenWritten([this](const Result<void> &result) { told(result); });
}

void TrackerFile::told(const Result<void> &result) {
  if (!result && !m_timer.isActive()) m_timer.start(std::max(m_pause, beforeNextTry));
  if (result.has_value() == !std::exchange(m_isFailing, !result)) return;
  if (!result) Q_EMIT failed(result.error());
}

void TrackerFile::close() {
  if (!m_file) return;
  if (m_timer.isActive()) {
    m_timer.stop();
    write();
  }
  m_file->flush();
}

}  // namespace tagwire::rtls
