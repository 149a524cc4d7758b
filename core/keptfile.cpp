// SPDX-License-Identifier: Apache-2.0
#include "keptfile.h"

#include <QFile>

namespace tagwire {

KeptFile::KeptFile(const QString &folder, const QString &name, const QLoggingCategory &log, qint64 largest)
    : m_file(folder, name, largest), m_log(log) {
  m_pool.setMaxThreadCount(1);
}

KeptFile::~KeptFile() { flush(); }

void KeptFile::flush() {
  m_pool.waitForDone();
  if (!m_isDirty && !m_isBusy) return;  // busy: how the last one went is not known here yet
  m_isDirty = false;
  const auto written = m_file.write(m_content());
  if (!written) qCWarning(m_log).noquote() << written.error() << "- the newest changes are lost";
}

Result<QString> KeptFile::putAside() {
  const QString name = path() + QStringLiteral(".damaged");
  QFile::remove(name);
  QFile file(path());
  if (file.rename(name)) return name;
  return failure(QStringLiteral("%1 can't be put aside: %2").arg(path(), file.errorString()));
}

void KeptFile::write(Content content) {
  m_content = std::move(content);
  m_isDirty = true;
  if (!m_isBusy) begin();
}

void KeptFile::whenWritten(Done done) {
  if (!m_isDirty && !m_isBusy) return done({});
  // What is under way when nothing newer is due has all there is.
  (m_isBusy && !m_isDirty ? m_underWay : m_waiting).push_back(std::move(done));
  if (!m_isBusy) begin();
}

void KeptFile::tick(std::chrono::nanoseconds elapsed) {
  m_elapsed = elapsed;
  if (m_isDirty && !m_isBusy && elapsed >= m_retryAt) begin();
}

void KeptFile::begin() {
  m_isBusy = true;
  m_isDirty = false;
  m_underWay = std::exchange(m_waiting, {});
  m_pool.start([this, content = m_content] {
    const auto result = m_file.write(content());
    QMetaObject::invokeMethod(
        this, [this, result] { end(result); }, Qt::QueuedConnection);
  });
}

void KeptFile::end(const Result<void> &result) {
  m_isBusy = false;
  if (!result && !std::exchange(m_isFailing, true)) {
    qCWarning(m_log).noquote() << result.error() << "- it is tried again";
  } else if (result && std::exchange(m_isFailing, false)) {
    qCInfo(m_log).noquote() << path() << "is written again";
  }
  const bool isNewerDue = std::exchange(m_isDirty, m_isDirty || !result);
  if (result) {
    m_backoff.reset();
  } else {
    m_retryAt = m_elapsed + m_backoff.next();
  }
  if (result && !isNewerDue) m_content = {};  // it may be large
  for (const Done &done : std::exchange(m_underWay, {})) done(result);
  if (isNewerDue && !m_isBusy) begin();
}

}  // namespace tagwire
