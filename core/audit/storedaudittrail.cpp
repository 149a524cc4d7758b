// SPDX-License-Identifier: Apache-2.0
#include "storedaudittrail.h"

#include <QLoggingCategory>
#include <QTimer>

#include "auditreader.h"

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(auditLog, "tagwire.audit", QtInfoMsg)

constexpr std::chrono::milliseconds retryAfter{500};
constexpr std::chrono::milliseconds lockPatience{700};  ///< less than the second within which an outcome is due
constexpr size_t mostAtOnce = 1000;                     ///< rows of one transaction
constexpr int mostQuestions = 64;

template <class T>
std::shared_ptr<T> deletedInItsThread(T *object) {
  return {object, [](T *each) { each->deleteLater(); }};
}

}  // namespace

/// The way back to who appended: lives in that thread, and gives up by itself after the trail's patience, for the
/// writer may hang. give() is thread-safe.
class StoredAuditTrail::Answer : public QObject {
 public:
  using Stored = std::function<void(const Result<void> &)>;

  static std::shared_ptr<Answer> make(StoredAuditTrail &trail, Stored stored) {
    auto answer = deletedInItsThread(new Answer(trail, std::move(stored)));
    QTimer::singleShot(trail.m_patience, answer.get(), [answer = answer.get()] { answer->giveUp(); });
    return answer;
  }
  static void give(const std::shared_ptr<Answer> &answer, const Result<void> &result) {
    if (!answer || answer->m_isOver.exchange(true)) return;
    QMetaObject::invokeMethod(
        answer.get(), [answer, result] { answer->finish(result); }, Qt::QueuedConnection);
  }
  bool isOver() const { return m_isOver; }

 private:
  Answer(StoredAuditTrail &trail, Stored stored) : m_trail(trail), m_stored(std::move(stored)) {}
  void giveUp() {
    if (m_isOver.exchange(true)) return;
    const QString reason =
        QStringLiteral("the disk does not answer within %1 s").arg(m_trail.m_patience.count() / 1000);
    m_trail.tookTooLong(reason);
    finish(failure(reason));
  }
  void finish(const Result<void> &result) { std::exchange(m_stored, {})(result); }

  StoredAuditTrail &m_trail;
  Stored m_stored;
  std::atomic<bool> m_isOver = false;
};

StoredAuditTrail::Figures::Figures(Metrics &metrics)
    : records(metrics.counter("tagwire_audit_records_total", "Audit records that were stored")),
      failed(metrics.counter("tagwire_audit_failed_total", "Audit entries that were not stored within a second")),
      lost(metrics.counter("tagwire_audit_lost_total", "Audit entries that will never be stored")),
      waiting(metrics.gauge("tagwire_audit_waiting", "Audit entries that wait to be stored")) {}

StoredAuditTrail::StoredAuditTrail(const Clock &clock, Metrics &metrics, TroubleTaker trouble,
                                   std::chrono::milliseconds patience)
    : m_clock(clock), m_tellTrouble(std::move(trouble)), m_patience(patience), m_figures(metrics) {
  m_readers.setMaxThreadCount(1);
}

StoredAuditTrail::~StoredAuditTrail() { close(); }

void StoredAuditTrail::open(const QString &dataDir) {
  m_dataDir = dataDir;
  m_writer = std::thread([this, dataDir] { work(dataDir); });
}

void StoredAuditTrail::close() {
  {
    const std::lock_guard lock(m_mutex);
    m_isClosing = true;
  }
  m_changed.notify_all();
  if (m_writer.joinable()) m_writer.join();
  m_mustStop = true;
  m_readers.waitForDone();
  const std::lock_guard lock(m_mutex);
  giveUp();
}

void StoredAuditTrail::append(AuditEntry entry, std::function<void(const Result<void> &)> stored) {
  if (entry.time == Time()) entry.time = m_clock.now();
  Waiting waiting{AuditRow::fromEntry(entry), stored ? Answer::make(*this, std::move(stored)) : nullptr};
  {
    const std::lock_guard lock(m_mutex);
    const bool isFull = m_waiting.size() >= mostWaiting || m_bytes + waiting.row.size() > mostBytes;
    if (m_isClosing || isFull) return lose(waiting);
    enqueue(std::move(waiting));
  }
  m_changed.notify_one();
}

void StoredAuditTrail::enqueue(Waiting waiting) {
  m_bytes += waiting.row.size();
  m_waiting.push_back(std::move(waiting));
  m_figures.waiting.set(static_cast<double>(m_waiting.size()));
}

void StoredAuditTrail::lose(const Waiting &waiting) {
  const QString reason = m_isClosing ? QStringLiteral("the audit trail is closed")
                                     : QStringLiteral("too many audit entries wait to be stored");
  ++m_lost;
  m_figures.lost.add();
  if (!waiting.isCounted) m_figures.failed.add();
  if (!m_isClosing) begin(reason);
  Answer::give(waiting.answer, failure(reason));
}

void StoredAuditTrail::tookTooLong(const QString &reason) {
  const std::lock_guard lock(m_mutex);
  m_figures.failed.add();
  ++m_late;
  begin(reason);
}

/// An outage. The log and the hub get one line of it.
void StoredAuditTrail::begin(const QString &trouble) {
  if (!m_trouble.isEmpty()) return;
  m_trouble = trouble;
  m_troubleSince = m_clock.now();
  qCCritical(auditLog).noquote() << "audit entries can't be stored:" << trouble;
  m_tellTrouble(trouble);
}

void StoredAuditTrail::work(const QString &dataDir) {
  AuditFile file(dataDir, lockPatience);
  const auto opened = file.open();
  tellNotice(file);
  std::unique_lock lock(m_mutex);
  if (!opened) begin(opened.error());
  while (true) {
    m_changed.wait(lock, [this] { return m_isClosing || !m_waiting.empty(); });
    if (m_waiting.empty()) return;
    if (write(file, lock)) continue;
    if (m_isClosing) return;
    m_changed.wait_for(lock, retryAfter, [this] { return m_isClosing; });
  }
}

bool StoredAuditTrail::write(AuditFile &file, std::unique_lock<std::mutex> &lock) {
  const size_t count = std::min(m_waiting.size(), mostAtOnce);
  QList<AuditRow> rows;
  rows.reserve(static_cast<qsizetype>(count));
  for (size_t i = 0; i < count; ++i) rows << m_waiting[i].row;
  lock.unlock();
  const auto stored = file.append(rows);
  tellNotice(file);
  lock.lock();
  if (stored) {
    succeeded(count);
  } else {
    failed(stored.error());
  }
  return stored.has_value();
}

void StoredAuditTrail::tellNotice(AuditFile &file) {
  if (const QString notice = file.takeNotice(); !notice.isEmpty()) qCWarning(auditLog).noquote() << notice;
}

void StoredAuditTrail::succeeded(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    m_bytes -= m_waiting.front().row.size();
    Answer::give(m_waiting.front().answer, {});
    m_waiting.pop_front();
  }
  m_figures.records.add(static_cast<double>(count));
  m_figures.waiting.set(static_cast<double>(m_waiting.size()));
  if (!m_trouble.isEmpty()) end();
}

void StoredAuditTrail::failed(const QString &reason) {
  begin(reason);
  for (Waiting &each : m_waiting) {
    if (std::exchange(each.isCounted, true)) continue;
    // One that took too long was told, and counted, before.
    if (each.answer && each.answer->isOver()) continue;
    m_figures.failed.add();
    ++m_late;
    Answer::give(each.answer, failure(reason));
  }
}

/// That something is late or missing is itself a thing to know later.
void StoredAuditTrail::end() {
  qCInfo(auditLog) << "audit entries are stored again:" << m_late << "were late," << m_lost << "are lost";
  AuditEntry outage;
  outage.time = m_clock.now();
  outage.kind = QStringLiteral("audit");
  outage.action = QStringLiteral("outage");
  outage.actor = QStringLiteral("tagwire");
  outage.details = {{QStringLiteral("reason"), m_trouble},
                    {QStringLiteral("since"), toIso(m_troubleSince)},
                    {QStringLiteral("late"), m_late},
                    {QStringLiteral("lost"), m_lost}};
  m_trouble.clear();
  m_late = 0;
  m_lost = 0;
  enqueue({AuditRow::fromEntry(outage), nullptr, true});
  m_tellTrouble(QString());
}

void StoredAuditTrail::giveUp() {
  if (!m_waiting.empty()) qCCritical(auditLog) << m_waiting.size() << "audit entries are lost";
  for (const Waiting &each : m_waiting) lose(each);
  m_waiting.clear();
  m_bytes = 0;
  m_figures.waiting.set(0);
}

void StoredAuditTrail::read(const AuditQuery &query,
                            std::function<void(const Result<QList<AuditRecord>> &)> answer) const {
  const auto home = deletedInItsThread(new QObject);
  const auto tell = [home, answer = std::move(answer)](const Result<QList<AuditRecord>> &records) {
    QMetaObject::invokeMethod(
        home.get(), [home, answer, records] { answer(records); }, Qt::QueuedConnection);
  };
  if (m_mustStop) return tell(failure(QStringLiteral("the audit trail is closed")));
  if (m_questions >= mostQuestions) return tell(failure(QStringLiteral("too many questions wait for the audit trail")));
  ++m_questions;
  m_readers.start([this, query, tell, dataDir = m_dataDir] {
    AuditReader reader(dataDir, &m_mustStop);
    tell(reader.open().and_then([&] { return reader.read(query); }));
    --m_questions;
  });
}

}  // namespace tagwire
