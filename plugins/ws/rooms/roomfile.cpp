// SPDX-License-Identifier: Apache-2.0
#include "roomfile.h"

#include <QFile>

#include "rooms/roomlog.h"

namespace tagwire::ws {

RoomFile::RoomFile(const QString &folder) : m_file(folder, QStringLiteral("rooms.json")) {
  m_pool.setMaxThreadCount(1);
}

RoomFile::~RoomFile() {
  m_pool.waitForDone();
  if (!m_isDirty && !m_isBusy) return;  // busy: how the last one went is not known here any more
  const auto written = m_file.write(m_content);
  if (!written) qCWarning(roomLog).noquote() << written.error() << "- the newest changes are lost";
}

Result<void> RoomFile::putAside(const QString &name) {
  QFile::remove(name);
  QFile file(path());
  if (file.rename(name)) return {};
  return failure(QStringLiteral("%1 can't be put aside: %2").arg(path(), file.errorString()));
}

void RoomFile::write(const QByteArray &content) {
  m_content = content;
  m_isDirty = true;
  if (!m_isBusy) begin();
}

void RoomFile::whenWritten(Done done) {
  if (!m_isDirty && !m_isBusy) return done({});
  // What is under way when nothing newer is due has all there is.
  (m_isBusy && !m_isDirty ? m_underWay : m_waiting).push_back(std::move(done));
  if (!m_isBusy) begin();
}

void RoomFile::tick(std::chrono::nanoseconds elapsed) {
  m_elapsed = elapsed;
  if (m_isDirty && !m_isBusy && elapsed >= m_retryAt) begin();
}

void RoomFile::begin() {
  m_isBusy = true;
  m_isDirty = false;
  m_underWay = std::exchange(m_waiting, {});
  m_pool.start([this, content = m_content] {
    const auto result = m_file.write(content);
    QMetaObject::invokeMethod(
        this, [this, result] { end(result); }, Qt::QueuedConnection);
  });
}

void RoomFile::end(const Result<void> &result) {
  m_isBusy = false;
  if (!result && !std::exchange(m_isFailing, true)) {
    qCWarning(roomLog).noquote() << result.error() << "- it is tried again";
  } else if (result && std::exchange(m_isFailing, false)) {
    qCInfo(roomLog).noquote() << path() << "is written again";
  }
  const bool isNewerDue = std::exchange(m_isDirty, m_isDirty || !result);
  if (result) {
    m_backoff.reset();
  } else {
    m_retryAt = m_elapsed + m_backoff.next();
  }
  for (const Done &done : std::exchange(m_underWay, {})) done(result);
  if (isNewerDue && !m_isBusy) begin();
}

}  // namespace tagwire::ws
