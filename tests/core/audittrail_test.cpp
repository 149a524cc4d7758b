// SPDX-License-Identifier: Apache-2.0
#include "audit/storedaudittrail.h"

#include <QTest>

#include <sys/mount.h>

#include "access/privatefile.h"
#include "accessfolder.h"
#include "audit/auditreader.h"
#include "manualclock.h"
#include "testprogram.h"

namespace audittrail_test {

using namespace tagwire;

namespace {

AuditEntry entryOf(const QString &subject) {
  AuditEntry entry;
  entry.kind = QStringLiteral("config");
  entry.action = QStringLiteral("replace");
  entry.subject = subject;
  return entry;
}

}  // namespace

/// The trail with its writer thread: answers, troubles, bounds.
class AuditTrailTest : public QObject {
  Q_OBJECT

  double metric(const char *name) {
    const QByteArray text = '\n' + QByteArray::fromStdString(m_metrics->text());
    const qsizetype at = text.indexOf(QByteArray("\n") + name + ' ');
    return at < 0 ? -1 : text.mid(at + 2 + qstrlen(name)).split('\n').first().toDouble();
  }
  QList<AuditRecord> records(const QString &dataDir) const {
    AuditReader reader(dataDir);
    if (!reader.open()) return {};
    const auto verdict = reader.verify();
    if (!verdict || !verdict->fault.isEmpty()) return {};
    return reader.read({.limit = 10'000}).value_or(QList<AuditRecord>());
  }
  QStringList troubles() {
    const std::lock_guard lock(m_mutex);
    return m_troubles;
  }
  QString outcome(const QString &subject) {
    QString said = QStringLiteral("nothing");
    m_trail->append(entryOf(subject),
                    [&said](const Result<void> &stored) { said = stored ? QStringLiteral("stored") : stored.error(); });
    (void)tagwire::testing::waitFor([&] { return said != QStringLiteral("nothing"); });
    return said;
  }
  void makeTrail(std::chrono::milliseconds patience) {
    const auto keep = [this](const QString &trouble) {
      const std::lock_guard lock(m_mutex);
      m_troubles << trouble;
    };
    m_trail = std::make_unique<StoredAuditTrail>(m_clock, *m_metrics, keep, patience);
  }
  static bool fillDisk(const QString &path) {
    QFile filler(path);
    if (!filler.open(QIODevice::WriteOnly | QIODevice::Unbuffered)) return false;
    for (const int size : {4096, 1}) {
      while (filler.write(QByteArray(size, 'x')) == size) {
      }
    }
    return true;
  }

  std::unique_ptr<AccessFolder> m_folder;
  ManualClock m_clock;
  std::unique_ptr<Metrics> m_metrics;
  std::unique_ptr<StoredAuditTrail> m_trail;
  std::mutex m_mutex;
  QStringList m_troubles;

 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<AccessFolder>();
    m_metrics = std::make_unique<Metrics>();
    m_troubles.clear();
    makeTrail(std::chrono::seconds(30));  // the machine may be shared, and its disk stand for seconds
  }
  void cleanup() { m_trail.reset(); }

  void R5_11_entriesKeepTheirOrder();
  void answersComeIntoTheThreadThatAsks();
  void entriesBeforeItIsOpenAreKept();
  void whatIsQueuedIsStoredAtTheEnd();
  void afterTheEndItRefuses();
  void readersAskBesideIt();
  void aFullDiskIsToldAndMended();
  void aDiskThatHangsIsTold();
  void whatFindsNoRoomIsLostAndOnRecord();
};

void AuditTrailTest::R5_11_entriesKeepTheirOrder() {
  m_trail->open(m_folder->path());
  int stored = 0;
  QStringList order;
  for (int i = 0; i < 3000; ++i) {
    m_trail->append(entryOf(QString::number(i)), [&, i](const Result<void> &result) {
      stored += result.has_value() ? 1 : 0;
      order << QString::number(i);
    });
  }
  QCOMPARE(stored, 0);
  QTRY_COMPARE(stored, 3000);
  const auto all = records(m_folder->path());
  QCOMPARE(all.size(), 3001);
  for (int i = 0; i < 3000; ++i) {
    QCOMPARE(all[2999 - i].entry.subject, QString::number(i));
    QCOMPARE(order[i], QString::number(i));
  }
  QVERIFY(all.first().entry.time == m_clock.now());
  QCOMPARE(metric("tagwire_audit_records_total"), 3000.0);
  QCOMPARE(metric("tagwire_audit_failed_total"), 0.0);
  QCOMPARE(troubles(), QStringList());
}

void AuditTrailTest::answersComeIntoTheThreadThatAsks() {
  m_trail->open(m_folder->path());
  QThread thread;
  QObject there;
  there.moveToThread(&thread);
  thread.start();
  std::atomic<QThread *> stored = nullptr;
  std::atomic<QThread *> read = nullptr;
  QMetaObject::invokeMethod(&there, [&] {
    m_trail->append(entryOf(QStringLiteral("a")), [&](const Result<void> &) {
      stored = QThread::currentThread();
      m_trail->read({}, [&](const Result<QList<AuditRecord>> &) { read = QThread::currentThread(); });
    });
  });
  QTRY_COMPARE(read.load(), &thread);
  QCOMPARE(stored.load(), &thread);
  thread.quit();
  thread.wait();
}

void AuditTrailTest::entriesBeforeItIsOpenAreKept() {
  m_trail->append(entryOf(QStringLiteral("early")));
  m_trail->open(m_folder->path());
  QCOMPARE(outcome(QStringLiteral("late")), QStringLiteral("stored"));
  QCOMPARE(records(m_folder->path()).size(), 3);
}

void AuditTrailTest::whatIsQueuedIsStoredAtTheEnd() {
  m_trail->open(m_folder->path());
  for (int i = 0; i < 5000; ++i) m_trail->append(entryOf(QStringLiteral("x")));
  m_trail.reset();
  QCOMPARE(records(m_folder->path()).size(), 5001);
}

void AuditTrailTest::afterTheEndItRefuses() {
  m_trail->open(m_folder->path());
  m_trail->close();
  QCOMPARE(outcome(QStringLiteral("x")), QStringLiteral("the audit trail is closed"));
  QString said;
  m_trail->read({}, [&](const Result<QList<AuditRecord>> &found) { said = found ? QString() : found.error(); });
  QTRY_COMPARE(said, QStringLiteral("the audit trail is closed"));
}

void AuditTrailTest::readersAskBesideIt() {
  m_trail->open(m_folder->path());
  for (int i = 0; i < 10; ++i) QCOMPARE(outcome(QString::number(i)), QStringLiteral("stored"));
  QStringList subjects;
  QString error;
  AuditQuery query;
  query.before = 9;
  query.limit = 2;
  m_trail->read(query, [&](const Result<QList<AuditRecord>> &found) {
    for (const AuditRecord &each : found.value_or(QList<AuditRecord>())) subjects << each.entry.subject;
  });
  QTRY_COMPARE(subjects, (QStringList{QStringLiteral("6"), QStringLiteral("5")}));
  int refused = 0;
  int answered = 0;
  for (int i = 0; i < 2000; ++i) {
    m_trail->read({}, [&](const Result<QList<AuditRecord>> &found) { ++(found ? answered : refused); });
  }
  QTRY_COMPARE(answered + refused, 2000);
  QVERIFY(refused > 0);
  QVERIFY(answered >= 64);
}

void AuditTrailTest::aFullDiskIsToldAndMended() {
  QTemporaryDir disk;
  const QByteArray folder = disk.path().toLocal8Bit();
  if (::mount("tmpfs", folder.constData(), "tmpfs", 0, "size=1m") != 0) QSKIP("mounting a small disk needs root");
  const auto unmount = qScopeGuard([&] { ::umount2(folder.constData(), MNT_DETACH); });
  m_trail->open(disk.path());
  QCOMPARE(outcome(QStringLiteral("before")), QStringLiteral("stored"));
  QVERIFY(fillDisk(disk.filePath(QStringLiteral("filler"))));
  QString said;
  int tries = 0;  // what room its journal has left is used first
  do said = outcome(QStringLiteral("full"));
  while (said == QStringLiteral("stored") && ++tries < 1000);
  QVERIFY2(said.contains(QLatin1String("full")), qPrintable(said));
  QCOMPARE(outcome(QStringLiteral("full")).isEmpty(), false);
  m_trail->append(entryOf(QStringLiteral("nobody asks")));
  QTRY_COMPARE(metric("tagwire_audit_failed_total"), 3.0);
  QCOMPARE(metric("tagwire_audit_lost_total"), 0.0);
  QCOMPARE(troubles().size(), 1);
  QVERIFY(troubles().first().contains(QLatin1String("full")));
  QVERIFY(QFile::remove(disk.filePath(QStringLiteral("filler"))));
  QTRY_COMPARE(troubles().size(), 2);
  QCOMPARE(troubles().last(), QString());
  QTRY_COMPARE(metric("tagwire_audit_waiting"), 0.0);
  const auto all = records(disk.path());
  QVERIFY(all.size() > 4);
  QCOMPARE(all[0].entry.action, QStringLiteral("outage"));
  QCOMPARE(all[0].entry.details.value(QStringLiteral("late")).toInt(), 3);
  QCOMPARE(all[0].entry.details.value(QStringLiteral("lost")).toInt(), 0);
  QCOMPARE(all[1].entry.subject, QStringLiteral("nobody asks"));
  QCOMPARE(all[2].entry.subject, QStringLiteral("full"));
  m_trail.reset();
}

void AuditTrailTest::aDiskThatHangsIsTold() {
  // A damaged file can't be put aside while somebody else holds the folder: the writer waits there.
  QVERIFY(m_folder->write("audit.db", QByteArray(5000, 'x')));
  const PrivateFile other(m_folder->path(), QStringLiteral("other"));
  auto lock = other.lock();
  QVERIFY(lock);
  makeTrail(StoredAuditTrail::usualPatience);
  m_trail->open(m_folder->path());
  QCOMPARE(outcome(QStringLiteral("slow")), QStringLiteral("the disk does not answer within 1 s"));
  QCOMPARE(metric("tagwire_audit_failed_total"), 1.0);
  QCOMPARE(troubles().size(), 1);
  lock->reset();
  QTRY_COMPARE(troubles().size(), 2);
  QTRY_COMPARE(metric("tagwire_audit_waiting"), 0.0);
  QCOMPARE(metric("tagwire_audit_failed_total"), 1.0);
  const auto all = records(m_folder->path());
  QCOMPARE(all.size(), 3);
  QCOMPARE(all[0].entry.details.value(QStringLiteral("late")).toInt(), 1);
  QCOMPARE(all[1].entry.subject, QStringLiteral("slow"));
}

void AuditTrailTest::whatFindsNoRoomIsLostAndOnRecord() {
  QVERIFY(m_folder->write("audit.db", QByteArray(5000, 'x')));
  const PrivateFile other(m_folder->path(), QStringLiteral("other"));
  auto lock = other.lock();
  QVERIFY(lock);
  m_trail->open(m_folder->path());
  for (size_t i = 0; i < StoredAuditTrail::mostWaiting; ++i) m_trail->append(entryOf(QStringLiteral("x")));
  QCOMPARE(outcome(QStringLiteral("too many")), QStringLiteral("too many audit entries wait to be stored"));
  QCOMPARE(metric("tagwire_audit_lost_total"), 1.0);
  lock->reset();
  QTRY_COMPARE(troubles().size(), 2);
  QTRY_COMPARE(metric("tagwire_audit_waiting"), 0.0);
  QCOMPARE(outcome(QStringLiteral("again")), QStringLiteral("stored"));
  const auto outages = [&] {
    QList<AuditRecord> found = records(m_folder->path());
    found.removeIf([](const AuditRecord &each) { return each.entry.action != QLatin1String("outage"); });
    return found;
  }();
  QCOMPARE(outages.size(), 1);
  QCOMPARE(outages[0].entry.details.value(QStringLiteral("lost")).toInt(), 1);
}

TAGWIRE_TEST(AuditTrailTest)

}  // namespace audittrail_test

#include "audittrail_test.moc"
