// SPDX-License-Identifier: Apache-2.0
#include "audit/auditfile.h"

#include <QDir>
#include <QProcess>
#include <QTest>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "accessfolder.h"
#include "audit/auditreader.h"
#include "testprogram.h"

namespace auditfile_test {

using namespace tagwire;

namespace {

AuditEntry entryOf(int number) {
  AuditEntry entry;
  entry.time = fromMilliseconds(1'770'000'000'000 + number * 1000);
  entry.kind = number % 2 == 0 ? QStringLiteral("token") : QStringLiteral("alarm");
  entry.action = QStringLiteral("ack");
  entry.actor = QStringLiteral("user:") + QString::number(number);
  entry.address = QStringLiteral("192.0.2.7");
  entry.subject = QStringLiteral("rule:77");
  entry.reference = number % 3 == 0 ? QStringLiteral("c-1") : QString();
  entry.comment = QStringLiteral("es zischt – überall");
  entry.details = {{QStringLiteral("after"), number}};
  return entry;
}

/// One byte for each record that is on the disk. Never returns.
[[noreturn]] void appendAsChild(const QString &folder, int count, int told) {
  AuditFile file(folder);
  for (int i = 0; i < count; ++i) {
    if (!file.append(entryOf(i))) ::_exit(1);
    if (::write(told, "x", 1) != 1) ::_exit(2);
  }
  ::_exit(0);
}

struct Child {
  pid_t process = -1;
  int told = -1;

  Child(const QString &folder, int count) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) qFatal("no pipe");
    process = ::fork();
    if (process == 0) appendAsChild(folder, count, ends[1]);
    ::close(ends[1]);
    told = ends[0];
  }
  ~Child() { ::close(told); }
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;
  int end() const {
    int status = -1;
    ::waitpid(process, &status, 0);
    return status;
  }
};

}  // namespace

/// The file by itself: its chain, its bounds, what is done about damage. One thread, so that it may fork.
class AuditFileTest : public QObject {
  Q_OBJECT

  QString folder() const { return m_folder->path(); }
  QString path() const { return m_folder->file("audit.db"); }
  void fill(int count) {
    AuditFile file(folder());
    for (int i = 0; i < count; ++i) {
      const auto appended = file.append(entryOf(i));
      QVERIFY2(appended, appended ? "" : qPrintable(appended.error()));
    }
  }
  AuditVerdict verdict(const std::optional<AuditMark> &noted = {}) const {
    AuditReader reader(folder());
    const auto opened = reader.open();
    if (!opened) return {.fault = opened.error()};
    const auto found = reader.verify(noted);
    return found ? *found : AuditVerdict{.fault = found.error()};
  }
  QList<AuditRecord> records(const AuditQuery &query = {}) const {
    AuditReader reader(folder());
    if (!reader.open()) return {};
    return reader.read(query).value_or(QList<AuditRecord>());
  }
  /// As somebody with a tool would; the error, or an empty text.
  QString run(const QByteArray &sql) const {
    sqlite3 *database = nullptr;
    sqlite3_open(path().toUtf8().constData(), &database);
    sqlite3_exec(database, sql.constData(), nullptr, nullptr, nullptr);
    const QString error =
        sqlite3_errcode(database) == SQLITE_OK ? QString() : QString::fromUtf8(sqlite3_errmsg(database));
    sqlite3_close(database);
    return error;
  }
  static QByteArray withoutTriggers() {
    return "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_in_order;";
  }

  std::unique_ptr<AccessFolder> m_folder;

 private Q_SLOTS:
  void init() { m_folder = std::make_unique<AccessFolder>(); }

  void whatIsWrittenIsRead();
  void theFileIsItsOwnersAlone();
  void queries_data();
  void queries();
  void textIsBounded();
  void nothingIsChangedOrDeleted();
  void theFirstWrongRecordIsNamed_data();
  void theFirstWrongRecordIsNamed();
  void whatIsCutOffIsFoundByWhatWasNoted();
  void everyByteCounts_data();
  void everyByteCounts();
  void othersCanCheckIt();
  void killedProcessLeavesAWholeChain();
  void processesSideBySideMakeOneChain();
  void firstStartsSideBySideMakeOneFile();
  void whatIsNoTrailIsPutAside_data();
  void whatIsNoTrailIsPutAside();
  void aDamageWhileItRunsBeginsANewFile();
  void aMovedFileIsBegunAnew();
  void anEmptiedFileIsBegunAnewAndSaysSo();
  void aChangedLastRecordIsTold();
  void aReaderNeedsAFile();
};

void AuditFileTest::whatIsWrittenIsRead() {
  fill(1);
  const auto all = records();
  QCOMPARE(all.size(), 2);
  QCOMPARE(all[1].number, 1);
  QCOMPARE(all[1].entry.kind, QStringLiteral("audit"));
  QCOMPARE(all[1].entry.action, QStringLiteral("begin"));
  const AuditEntry written = entryOf(0);
  const AuditEntry &read = all[0].entry;
  QCOMPARE(all[0].number, 2);
  QCOMPARE(all[0].hash.size(), 32);
  QVERIFY(read.time == written.time);
  QCOMPARE(read.kind, written.kind);
  QCOMPARE(read.action, written.action);
  QCOMPARE(read.actor, written.actor);
  QCOMPARE(read.address, written.address);
  QCOMPARE(read.subject, written.subject);
  QCOMPARE(read.reference, written.reference);
  QCOMPARE(read.comment, written.comment);
  QCOMPARE(read.details, written.details);
  QCOMPARE(verdict().fault, QString());
  QCOMPARE(verdict().records, 2);
  QCOMPARE(verdict().lastHash, all[0].hash.toHex());
}

void AuditFileTest::theFileIsItsOwnersAlone() {
  AuditFile file(folder());
  QVERIFY(file.append(entryOf(0)));
  QCOMPARE(m_folder->mode("audit.db"), 0600);
  QCOMPARE(m_folder->mode("audit.db-wal"), 0600);
}

void AuditFileTest::queries_data() {
  QTest::addColumn<AuditQuery>("query");
  QTest::addColumn<QList<qint64>>("numbers");
  const auto row = [](const char *name, AuditQuery query, const QList<qint64> &numbers) {
    QTest::newRow(name) << query << numbers;
  };
  row("kind", {.kind = QStringLiteral("token")}, {6, 4, 2});
  row("actor", {.actor = QStringLiteral("user:2")}, {4});
  row("subject", {.subject = QStringLiteral("rule:77"), .limit = 2}, {7, 6});
  row("reference", {.reference = QStringLiteral("c-1")}, {5, 2});
  row("next page", {.subject = QStringLiteral("rule:77"), .before = 6, .limit = 2}, {5, 4});
  row("from", {.from = fromMilliseconds(1'770'000'004'000), .kind = QStringLiteral("token")}, {6});
  row("to", {.to = fromMilliseconds(1'770'000'001'000)}, {2});
  row("all of them",
      {.from = fromMilliseconds(1'770'000'000'000),
       .to = fromMilliseconds(1'770'000'009'000),
       .kind = QStringLiteral("alarm"),
       .actor = QStringLiteral("user:3"),
       .subject = QStringLiteral("rule:77"),
       .reference = QStringLiteral("c-1")},
      {5});
  row("none", {.actor = QStringLiteral("user:99")}, {});
  row("no SQL", {.actor = QStringLiteral("' OR 1 --")}, {});
}

void AuditFileTest::queries() {
  QFETCH(AuditQuery, query);
  QFETCH(QList<qint64>, numbers);
  fill(6);
  QList<qint64> found;
  for (const AuditRecord &record : records(query)) found << record.number;
  QCOMPARE(found, numbers);
}

void AuditFileTest::textIsBounded() {
  AuditEntry entry = entryOf(0);
  entry.actor = QString(5000, u'a');
  entry.comment = QString(5000, u'ü');
  entry.subject = QStringLiteral("a") + QChar(0) + QStringLiteral("b") + QChar(0xd800);
  entry.details = {{QStringLiteral("before"), QString(100'000, u'x')}};
  AuditFile file(folder());
  QVERIFY(file.append(entry));
  const AuditEntry read = records().first().entry;
  QCOMPARE(read.actor.size(), 500);
  QCOMPARE(read.comment.size(), 1000);
  QCOMPARE(read.subject, QStringLiteral("a\uFFFDb\uFFFD"));
  QCOMPARE(read.details.keys(), QStringList{QStringLiteral("too_long")});
  QCOMPARE(verdict().fault, QString());
}

void AuditFileTest::nothingIsChangedOrDeleted() {
  fill(3);
  for (const char *sql :
       {"UPDATE audit SET actor = 'user:eve' WHERE number = 2", "DELETE FROM audit WHERE number = 4",
        "INSERT OR REPLACE INTO audit SELECT number, 0, kind, action, actor, address, subject, reference, comment, "
        "details, hash FROM audit WHERE number = 2",
        "INSERT INTO audit SELECT 9, 0, kind, action, actor, address, subject, reference, comment, details, hash "
        "FROM audit WHERE number = 2"}) {
    QCOMPARE(run(sql), QStringLiteral("the audit trail is append-only"));
  }
  QCOMPARE(verdict().fault, QString());
  QCOMPARE(verdict().records, 4);
}

void AuditFileTest::theFirstWrongRecordIsNamed_data() {
  QTest::addColumn<QByteArray>("sql");
  QTest::addColumn<qint64>("number");
  QTest::addColumn<QString>("fault");
  const auto row = [](const char *sql, qint64 number, const char *fault) {
    QTest::newRow(sql) << QByteArray(sql) << number << QString::fromUtf8(fault);
  };
  row("UPDATE audit SET actor = 'user:eve' WHERE number = 3", 3, "its hash does not fit");
  row("UPDATE audit SET details = '{}' WHERE number = 5", 5, "its hash does not fit");
  row("UPDATE audit SET hash = upper(hash) WHERE number = 4", 4, "its hash does not fit");
  row("UPDATE audit SET kind = '', action = kind || action WHERE number = 2", 2, "its hash does not fit");
  row("DELETE FROM audit WHERE number = 3", 3, "it is missing: number 4 follows");
  row("DELETE FROM audit WHERE number = 1", 1, "it is missing: number 2 follows");
  row("DELETE FROM audit WHERE number = 3; UPDATE audit SET number = number - 1 WHERE number > 3", 3,
      "its hash does not fit");
  row("DELETE FROM audit", 0, "it has no record");
  row("DROP TABLE audit", 1, "no such table");
}

void AuditFileTest::theFirstWrongRecordIsNamed() {
  QFETCH(QByteArray, sql);
  QFETCH(qint64, number);
  QFETCH(QString, fault);
  fill(5);
  QCOMPARE(run(withoutTriggers() + sql), QString());
  const AuditVerdict found = verdict();
  QVERIFY2(found.fault.contains(fault), qPrintable(found.fault));
  QCOMPARE(found.badNumber, number);
}

void AuditFileTest::whatIsCutOffIsFoundByWhatWasNoted() {
  fill(5);
  const AuditMark noted{6, verdict().lastHash};
  fill(2);
  QCOMPARE(verdict(noted).fault, QString());
  QCOMPARE(run(withoutTriggers() + "DELETE FROM audit WHERE number > 4"), QString());
  QCOMPARE(verdict().fault, QString());
  QVERIFY(verdict(noted).fault.contains(QStringLiteral("number 6 was noted")));
  QCOMPARE(verdict(noted).badNumber, 5);
  // Made up again, it has another hash.
  fill(4);
  AuditEntry other = entryOf(0);
  other.actor = QStringLiteral("user:eve");
  QCOMPARE(verdict().fault, QString());
  QCOMPARE(verdict({{6, QByteArray(64, '1')}}).badNumber, 6);
}

/// Whichever byte is changed: either it is found, or all that is read is as it was (a byte that means nothing).
void AuditFileTest::everyByteCounts_data() {
  QTest::addColumn<int>("first");
  for (const int first : {0, 1, 2}) QTest::addRow("every third from %d on", first) << first;
}

void AuditFileTest::everyByteCounts() {
  QFETCH(int, first);
  fill(6);
  // Small pages: there are fewer bytes to try.
  QCOMPARE(run("PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA journal_mode = WAL"), QString());
  const auto before = records();
  QCOMPARE(before.size(), 7);
  QFile file(path());
  QVERIFY(file.open(QIODevice::ReadOnly));
  const QByteArray whole = file.readAll();
  file.close();
  const int descriptor = ::open(path().toUtf8().constData(), O_RDWR | O_CLOEXEC);
  qsizetype found = 0;
  for (qsizetype at = first; at < whole.size(); at += 3) {
    const char wrong = static_cast<char>(~whole[at]);
    QCOMPARE(::pwrite(descriptor, &wrong, 1, at), 1);
    const AuditVerdict tampered = verdict();
    if (tampered.fault.isEmpty()) {
      const auto after = records();
      QCOMPARE(after.size(), before.size());
      for (qsizetype i = 0; i < after.size(); ++i) QCOMPARE(after[i].hash, before[i].hash);
    } else {
      ++found;
    }
    QCOMPARE(::pwrite(descriptor, whole.constData() + at, 1, at), 1);
    QFile::remove(path() + QStringLiteral("-wal"));
    QFile::remove(path() + QStringLiteral("-shm"));
  }
  ::close(descriptor);
  QVERIFY2(found > 300, qPrintable(QString::number(found)));
  QCOMPARE(verdict().fault, QString());
}

/// The script of the decision note, which knows nothing of our code.
void AuditFileTest::othersCanCheckIt() {
  if (QStringLiteral(AUDIT_PYTHON).contains(QLatin1String("NOTFOUND"))) QSKIP("needs python3");
  fill(6);
  QFile note(QStringLiteral(AUDIT_NOTE));
  QVERIFY(note.open(QIODevice::ReadOnly));
  const QString script =
      QString::fromUtf8(note.readAll()).section(QStringLiteral("```python\n"), 1).section(QStringLiteral("```"), 0, 0);
  QVERIFY(script.contains(QStringLiteral("hashlib")));
  const auto runScript = [&](QByteArray &said) {
    QProcess python;
    python.start(QStringLiteral(AUDIT_PYTHON), {QStringLiteral("-c"), script, path()});
    if (!python.waitForFinished()) return -1;
    said = python.readAll() + python.readAllStandardError();
    return python.exitCode();
  };
  QByteArray said;
  QCOMPARE(runScript(said), 0);
  QCOMPARE(said.trimmed(), "7 records, last hash " + verdict().lastHash);
  QCOMPARE(run(withoutTriggers() + "UPDATE audit SET comment = 'x' WHERE number = 4"), QString());
  QCOMPARE(runScript(said), 1);
  QCOMPARE(said.trimmed(), "record 4 is wrong");
}

void AuditFileTest::killedProcessLeavesAWholeChain() {
  qint64 acknowledged = 0;
  for (int round = 0; round < 10; ++round) {
    const Child child(folder(), 100'000);
    char told[64];
    for (qint64 here = 0; here < 5 + round * 3;) {
      const auto got = ::read(child.told, told, sizeof told);
      QVERIFY(got > 0);
      here += got;
      acknowledged += got;
    }
    ::kill(child.process, SIGKILL);
    QVERIFY(WIFSIGNALED(child.end()));
    while (true) {
      const auto got = ::read(child.told, told, sizeof told);
      if (got <= 0) break;
      acknowledged += got;
    }
    const AuditVerdict after = verdict();
    QCOMPARE(after.fault, QString());
    // One that was committed may not have been told any more.
    QVERIFY(after.records >= acknowledged + 1);
    QVERIFY(after.records <= acknowledged + 1 + round + 1);
  }
}

void AuditFileTest::processesSideBySideMakeOneChain() {
  constexpr int each = 150;
  const Child first(folder(), each);
  const Child second(folder(), each);
  const Child third(folder(), each);
  for (const Child *child : {&first, &second, &third}) {
    const int status = child->end();
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 0);
  }
  QCOMPARE(verdict().fault, QString());
  QCOMPARE(verdict().records, 1 + 3 * each);
}

void AuditFileTest::firstStartsSideBySideMakeOneFile() {
  for (int round = 0; round < 40; ++round) {
    m_folder = std::make_unique<AccessFolder>();
    const Child first(folder(), 1);
    const Child second(folder(), 1);
    const Child third(folder(), 1);
    for (const Child *child : {&first, &second, &third}) QCOMPARE(WEXITSTATUS(child->end()), 0);
    QCOMPARE(verdict().records, 4);
    QCOMPARE(QDir(folder()).entryList({QStringLiteral("*damaged*")}), QStringList());
  }
}

void AuditFileTest::whatIsNoTrailIsPutAside_data() {
  QTest::addColumn<QByteArray>("sql");
  QTest::addColumn<QByteArray>("content");
  QTest::addColumn<QString>("reason");
  QTest::addColumn<QString>("name");
  QTest::newRow("text") << QByteArray() << QByteArray(5000, 'x') << QStringLiteral("file is not a database")
                        << QStringLiteral("damaged");
  QTest::newRow("foreign") << QByteArray("CREATE TABLE t(x)") << QByteArray()
                           << QStringLiteral("SQLite file of another program") << QStringLiteral("damaged");
  QTest::newRow("newer") << QByteArray(
                                "CREATE TABLE t(x); PRAGMA application_id = 0x54576175; PRAGMA user_version = 99")
                         << QByteArray() << QStringLiteral("newer version") << QStringLiteral("newer");
  QTest::newRow("no table") << QByteArray(
                                   "CREATE TABLE t(x); PRAGMA application_id = 0x54576175; PRAGMA user_version = 1")
                            << QByteArray() << QStringLiteral("no such table") << QStringLiteral("damaged");
}

void AuditFileTest::whatIsNoTrailIsPutAside() {
  QFETCH(QByteArray, sql);
  QFETCH(QByteArray, content);
  QFETCH(QString, reason);
  QFETCH(QString, name);
  if (!content.isEmpty()) QVERIFY(m_folder->write("audit.db", content));
  if (!sql.isEmpty()) QCOMPARE(run(sql), QString());
  AuditFile file(folder());
  const auto opened = file.open();
  QVERIFY2(opened, opened ? "" : qPrintable(opened.error()));
  QVERIFY(file.takeNotice().contains(reason));
  QCOMPARE(file.takeNotice(), QString());
  const auto all = records();
  QCOMPARE(all.size(), 1);
  QVERIFY(all.first().entry.details.value(QStringLiteral("reason")).toString().contains(reason));
  const QString aside = all.first().entry.details.value(QStringLiteral("put_aside_as")).toString();
  QVERIFY2(aside.startsWith(QStringLiteral("audit.db.%1-").arg(name)), qPrintable(aside));
  QVERIFY(QFile::exists(folder() + u'/' + aside));
  QCOMPARE(verdict().fault, QString());
}

void AuditFileTest::aDamageWhileItRunsBeginsANewFile() {
  fill(200);
  AuditFile file(folder());
  QVERIFY(file.open());
  QFile disk(path());
  QVERIFY(disk.open(QIODevice::ReadWrite));
  QVERIFY(disk.size() > 3 * 4096);
  for (qint64 at = 4096; at < disk.size(); at += 512) {
    QVERIFY(disk.seek(at));
    QVERIFY(disk.write(QByteArray(512, '\xee')) == 512);
  }
  disk.close();
  const auto appended = file.append(entryOf(0));
  QVERIFY2(appended, appended ? "" : qPrintable(appended.error()));
  QVERIFY(file.takeNotice().contains(QStringLiteral("a new one was begun")));
  QCOMPARE(records().size(), 2);
  QCOMPARE(verdict().fault, QString());
}

void AuditFileTest::aMovedFileIsBegunAnew() {
  AuditFile file(folder());
  QVERIFY(file.append(entryOf(0)));
  QVERIFY(QFile::rename(path(), m_folder->file("taken.db")));
  QVERIFY(file.append(entryOf(1)));
  const auto all = records();
  QCOMPARE(all.size(), 2);
  QVERIFY(all[1].entry.details.value(QStringLiteral("reason")).toString().contains(QStringLiteral("moved or deleted")));
  QVERIFY(file.takeNotice().contains(QStringLiteral("moved or deleted")));
}

void AuditFileTest::anEmptiedFileIsBegunAnewAndSaysSo() {
  fill(3);
  QVERIFY(QFile::resize(path(), 0));
  QFile::remove(path() + QStringLiteral("-wal"));
  QFile::remove(path() + QStringLiteral("-shm"));
  AuditFile file(folder());
  QVERIFY(file.append(entryOf(7)));
  QVERIFY(file.takeNotice().contains(QStringLiteral("was there, and empty")));
  const auto all = records();
  QCOMPARE(all.size(), 2);
  QVERIFY(all[1].entry.details.value(QStringLiteral("reason")).toString().contains(QStringLiteral("empty")));
}

void AuditFileTest::aChangedLastRecordIsTold() {
  fill(3);
  QCOMPARE(run(withoutTriggers() + "UPDATE audit SET actor = 'user:eve' WHERE number = 4"), QString());
  AuditFile file(folder());
  QVERIFY(file.open());
  QVERIFY(file.takeNotice().contains(QStringLiteral("record 4 was changed")));
  QVERIFY(file.append(entryOf(0)));
  QCOMPARE(verdict().badNumber, 4);
}

void AuditFileTest::aReaderNeedsAFile() {
  AuditReader reader(folder());
  const auto opened = reader.open();
  QVERIFY(!opened);
  QCOMPARE(opened.error(), QStringLiteral("there is no %1").arg(path()));
  QCOMPARE(m_folder->mode("audit.db"), -1);
}

TAGWIRE_TEST(AuditFileTest)

}  // namespace auditfile_test

#include "auditfile_test.moc"
