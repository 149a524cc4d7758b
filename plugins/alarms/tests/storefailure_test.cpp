// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QScopeGuard>

#include <sys/mount.h>

#include "faultydisk.h"
#include "stallwatch.h"
#include "storefixture.h"
#include "testprogram.h"

namespace storefailure_test {

using namespace tagwire;
using namespace tagwire::alarms;
using tagwire::testing::StallWatch;

namespace {

const QString needsAll = QStringLiteral("needs all");

StoreWork stateOf(int rule, const QByteArray &memory) {
  StoreWork work = workOf(transition(rule, rule, AlarmState::Alarm, at(rule)));
  work.alarms << KeptAlarm{rule, memory};
  return work;
}

void overwrite(const QString &path, qint64 offset, const QByteArray &bytes) {
  QFile file(path);
  if (!file.open(QIODevice::ReadWrite) || !file.seek(offset) || file.write(bytes) != bytes.size()) {
    qWarning("%s can't be damaged", qPrintable(path));
  }
}

qint64 pageOf(const QString &path, const char *table) {
  const QString sql = QStringLiteral("SELECT rootpage FROM sqlite_schema WHERE name = '%1'").arg(QLatin1String(table));
  return OtherProgram(path).read(qPrintable(sql)).toLongLong();
}

constexpr qint64 pageSize = 4096;

void damagePage(const QString &path, qint64 page) {
  overwrite(path, (page - 1) * pageSize, QByteArray(pageSize, '\xa5'));
}

using Damage = void (*)(const QString &);

void destroyHeader(const QString &path) { overwrite(path, 0, QByteArray(100, '\0')); }
void flipHeader(const QString &path) { overwrite(path, 18, "\x77\x77"); }
void damageStates(const QString &path) { damagePage(path, pageOf(path, "alarm_state")); }
void damageSchema(const QString &path) { overwrite(path, 100, QByteArray(200, '\xff')); }
void replaceByText(const QString &path) {
  QFile file(path);
  if (file.open(QIODevice::WriteOnly | QIODevice::Truncate)) file.write(QByteArray(10'000, 'x'));
}
void cutInHalf(const QString &path) { QFile::resize(path, pageSize * 3 + 100); }
void makeNewer(const QString &path) { OtherProgram(path).execute("PRAGMA user_version = 2"); }
void makeForeign(const QString &path) { OtherProgram(path).execute("PRAGMA application_id = 1"); }
void dropTable(const QString &path) { OtherProgram(path).execute("DROP TABLE alarm_state"); }

}  // namespace

/// The store on disks that are full, slow, broken or gone, and with files that are damaged.
class StoreFailureTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aFileThatCantBeUsedIsPutAside_data() {
    QTest::addColumn<Damage>("damage");
    QTest::addColumn<QString>("name");
    const QString damaged = QStringLiteral("alarms.db.damaged-");
    QTest::newRow("header destroyed") << &destroyHeader << damaged;
    QTest::newRow("header flipped") << &flipHeader << damaged;
    QTest::newRow("states damaged") << &damageStates << damaged;
    QTest::newRow("schema damaged") << &damageSchema << damaged;
    QTest::newRow("text") << &replaceByText << damaged;
    QTest::newRow("cut") << &cutInHalf << damaged;
    QTest::newRow("table dropped") << &dropTable << damaged;
    QTest::newRow("of another program") << &makeForeign << damaged;
    QTest::newRow("newer") << &makeNewer << QStringLiteral("alarms.db.newer-");
  }
  void aFileThatCantBeUsedIsPutAside() {
    QFETCH(Damage, damage);
    QFETCH(QString, name);
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "old")));
    fixture.store->close();
    damage(fixture.path());
    const QByteArray content = contentOf(fixture.path());
    const auto opened = fixture.reopen();
    QVERIFY(opened.has_value());
    QVERIFY2(opened->setAside.startsWith(name), qPrintable(opened->setAside));
    QVERIFY2(opened->whyAside.startsWith(fixture.path() + QStringLiteral(": ")), qPrintable(opened->whyAside));
    QCOMPARE(contentOf(fixture.context.dataDir() + u'/' + opened->setAside), content);
    QVERIFY(opened->alarms.isEmpty());
    QCOMPARE(opened->lastOccurrence, 0);
    QVERIFY(fixture.commit(stateOf(2, "new")));
    QCOMPARE(fixture.history().value().size(), 1);
    const auto again = fixture.reopen();
    QVERIFY(again && again->setAside.isEmpty());
    QCOMPARE(again->alarms.size(), 1);
    QVERIFY(fixture.told.isEmpty());
  }

  void anEmptyFileIsBegun() {
    StoreFixture fixture;
    QVERIFY(QFile(fixture.path()).open(QIODevice::WriteOnly));
    const auto opened = fixture.open();
    QVERIFY(opened && opened->setAside.isEmpty());
    QVERIFY(fixture.commit(stateOf(1, "a")));
  }

  void aTornJournalLosesOnlyWhatIsBehindTheTear() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QTemporaryDir copies;
    const QString copy = copies.filePath(QStringLiteral("alarms.db"));
    QVERIFY(fixture.commit(stateOf(1, "first")));
    const qint64 size = QFileInfo(fixture.path() + QStringLiteral("-wal")).size();
    QVERIFY(fixture.commit(stateOf(2, "second")));
    // As a power cut leaves them: the file, and the journal to a bit behind the first commit.
    QVERIFY(QFile::copy(fixture.path(), copy));
    QVERIFY(QFile::copy(fixture.path() + QStringLiteral("-wal"), copy + QStringLiteral("-wal")));
    QVERIFY(QFile::resize(copy + QStringLiteral("-wal"), size + 1000));
    StoreFixture after(AlarmStore::mostRecords, copies.path());
    const auto opened = after.open();
    QVERIFY(opened && opened->setAside.isEmpty());
    QCOMPARE(opened->alarms.size(), 1);
    QCOMPARE(opened->alarms.first().memory, QByteArray("first"));
    QCOMPARE(after.history().value().size(), 1);
  }

  void aDamageFoundOnWritingIsPutAsideAndTheWorkIsStored() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    for (int i = 0; i < 20; ++i) QVERIFY(fixture.commit(manyRecords(500)));
    fixture.store->close();  // all of it is in the file then, and no longer in memory
    const qint64 page = pageOf(fixture.path(), "alarm_history_by_rule");
    QVERIFY(fixture.open().has_value());
    damagePage(fixture.path(), page);
    QVERIFY(fixture.commit(stateOf(7, "kept")));
    QCOMPARE(fixture.told.size(), 2);
    QVERIFY2(fixture.told.first().contains(u"alarms.db.damaged-"), qPrintable(fixture.told.first()));
    QCOMPARE(fixture.told.last(), needsAll);
    QVERIFY(fixture.store->isUp());
    QCOMPARE(fixture.read("SELECT count(*), min(rule_id) FROM alarm_history", 2), QStringLiteral("1|7"));
    QCOMPARE(fixture.read("PRAGMA integrity_check"), QStringLiteral("ok"));
  }

  void aDamageFoundOnReadingIsPutAside() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    for (int i = 0; i < 20; ++i) QVERIFY(fixture.commit(manyRecords(500)));
    fixture.store->close();
    const qint64 page = pageOf(fixture.path(), "alarm_history_by_time");
    QVERIFY(fixture.open().has_value());
    damagePage(fixture.path(), page);
    AlarmHistoryQuery query;
    query.from = at(5);
    const auto found = fixture.history(query);
    QVERIFY(!found.has_value());
    QVERIFY2(found.error().contains(u"malformed"), qPrintable(found.error()));
    QTRY_COMPARE(fixture.told.size(), 2);
    QCOMPARE(fixture.told.last(), needsAll);
    QVERIFY(fixture.commit(manyRecords(3)));
    QCOMPARE(fixture.history(query).value().size(), 0);
    QCOMPARE(fixture.history().value().size(), 3);
    QCOMPARE(damagedFiles(fixture).size(), 1);
  }

  void aDeletedFileIsBegunAnewWithTheWorkInIt() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "a")));
    for (const char *suffix : {"", "-wal", "-shm"}) QVERIFY(QFile::remove(fixture.path() + QLatin1String(suffix)));
    QVERIFY(fixture.commit(stateOf(2, "b")));
    QCOMPARE(fixture.told.size(), 2);
    QVERIFY(fixture.told.first().contains(u"moved or deleted"));
    QCOMPARE(fixture.told.last(), needsAll);
    QCOMPARE(fixture.read("SELECT group_concat(memory) FROM alarm_state"), QStringLiteral("b"));
  }

  void aMovedFileIsComplete() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "a")));
    const QString moved = fixture.path() + QStringLiteral(".old");
    QVERIFY(QFile::rename(fixture.path(), moved));
    QVERIFY(fixture.commit(stateOf(2, "b")));
    QCOMPARE(OtherProgram(moved).read("SELECT group_concat(memory) FROM alarm_state"), QStringLiteral("a"));
    QCOMPARE(fixture.read("SELECT group_concat(memory) FROM alarm_state"), QStringLiteral("b"));
  }

  void aShortLockIsWaitedFor() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    OtherProgram other(fixture.path());
    QVERIFY(other.execute("BEGIN IMMEDIATE"));
    std::optional<bool> isStored;
    fixture.store->commit(stateOf(1, "a"), [&](bool stored) { isStored = stored; });
    QTimer::singleShot(200, fixture.store.get(), [&] { other.execute("ROLLBACK"); });
    QTRY_VERIFY(isStored.has_value());
    QVERIFY(*isStored);
    QVERIFY(fixture.told.isEmpty());
  }

  void aLongLockIsToldAndHeals() {
    // The lock is known after 1.5 s, and a disk is given up after 2 s. Where the machine stood in between, look again.
    for (int attempt = 0; attempt < 20; ++attempt) {
      StallWatch watch(100);
      StoreFixture fixture;
      QVERIFY(fixture.open().has_value());
      QVERIFY(fixture.commit(stateOf(1, "a")));
      OtherProgram other(fixture.path());
      QVERIFY(other.execute("BEGIN EXCLUSIVE"));
      QVERIFY(!fixture.commit(stateOf(2, "b")));
      QVERIFY(!fixture.store->isUp());
      QCOMPARE(fixture.told.size(), 1);
      const bool isLock = fixture.told.first().contains(u"holds a lock");
      QVERIFY2(isLock || watch.stalls() > 0, qPrintable(fixture.told.first()));
      if (isLock) return healsFromALock(fixture, other);
    }
    QFAIL("the machine stands all the time");
  }

  void aLockAtTheStartIsToldAndTheContentComesLater() {
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "a")));
    fixture.make();
    OtherProgram other(fixture.path());
    QVERIFY(other.execute("BEGIN EXCLUSIVE"));
    QVERIFY(!fixture.open().has_value());
    QVERIFY2(fixture.opened.first().error().contains(u"holds a lock"), qPrintable(fixture.opened.first().error()));
    QVERIFY(!fixture.store->isUp());
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_COMPARE(fixture.opened.size(), 2);
    QVERIFY(fixture.opened.last().has_value());
    QCOMPARE(fixture.opened.last()->alarms.size(), 1);
    QCOMPARE(fixture.told, QStringList{needsAll});
    QVERIFY(fixture.commit(stateOf(2, "b")));
  }

  void aFolderThatCantBeMadeIsToldAndHeals() {
    QTemporaryDir folder;
    const QString place = folder.filePath(QStringLiteral("data"));
    QVERIFY(QFile(place).open(QIODevice::WriteOnly));
    StoreFixture fixture(AlarmStore::mostRecords, place);
    QVERIFY(!fixture.open().has_value());
    QVERIFY2(fixture.opened.first().error().contains(u"can't be made"), qPrintable(fixture.opened.first().error()));
    QVERIFY(!fixture.commit(stateOf(1, "a")));
    QVERIFY(!fixture.history().has_value());
    QVERIFY(QFile::remove(place));
    QTRY_VERIFY(fixture.store->isUp());
    QVERIFY(fixture.commit(stateOf(1, "a")));
  }

  void aFullDiskIsToldAndHeals() {
    QTemporaryDir folder;
    const QByteArray disk = QFile::encodeName(folder.path());
    if (::mount("tmpfs", disk.constData(), "tmpfs", 0, "size=1m") != 0) QSKIP("mounting a small disk needs root");
    const auto unmount = qScopeGuard([&] { ::umount2(disk.constData(), MNT_DETACH); });
    StoreFixture fixture(AlarmStore::mostRecords, folder.path());
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "a")));
    QFile ballast(folder.filePath(QStringLiteral("ballast")));
    QVERIFY(ballast.open(QIODevice::WriteOnly));
    while (ballast.write(QByteArray(4096, 'x')) == 4096 && ballast.flush()) {
    }
    QVERIFY(!fixture.commit(manyRecords(2000)));
    QVERIFY2(fixture.told.first().contains(u"full") || fixture.told.first().contains(u"I/O"),
             qPrintable(fixture.told.first()));
    QCOMPARE(fixture.history().value().size(), 1);  // what is there can be read all the while
    ballast.close();
    QVERIFY(ballast.remove());
    QTRY_VERIFY(fixture.store->isUp() && fixture.commit(stateOf(2, "b")));
    QCOMPARE(fixture.told.last(), needsAll);
    QCOMPARE(fixture.read("PRAGMA integrity_check"), QStringLiteral("ok"));
    QCOMPARE(fixture.read("SELECT group_concat(memory) FROM alarm_state"), QStringLiteral("a,b"));
    fixture.store.reset();
  }

  void aDiskThatCanOnlyBeReadIsTold() {
    QTemporaryDir folder;
    const QByteArray disk = QFile::encodeName(folder.path());
    if (::mount("tmpfs", disk.constData(), "tmpfs", 0, "size=4m") != 0) QSKIP("mounting a small disk needs root");
    const auto unmount = qScopeGuard([&] { ::umount2(disk.constData(), MNT_DETACH); });
    StoreFixture fixture(AlarmStore::mostRecords, folder.path());
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "a")));
    fixture.store->close();
    QCOMPARE(::mount("tmpfs", disk.constData(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=4m"), 0);
    QVERIFY(!fixture.open().has_value());
    QVERIFY2(fixture.opened.first().error().contains(u"Read-only"), qPrintable(fixture.opened.first().error()));
    QCOMPARE(::mount("tmpfs", disk.constData(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
    QTRY_VERIFY(fixture.store->isUp());
    QCOMPARE(fixture.opened.last()->alarms.size(), 1);
    fixture.store.reset();
  }

  void aBrokenDiskIsToldOnceAndHeals_data() {
    QTest::addColumn<int>("error");
    QTest::newRow("full") << ENOSPC;
    QTest::newRow("broken") << EIO;
  }
  void aBrokenDiskIsToldOnceAndHeals() {
    QFETCH(int, error);
    FaultyDisk disk;
    QVERIFY(disk.isThere());
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "a")));
    disk.fail(error);
    int refused = 0;
    for (int i = 2; i < 12; ++i) fixture.store->commit(stateOf(i, "b"), [&](bool isStored) { refused += !isStored; });
    QTRY_COMPARE(refused, 10);
    QCOMPARE(fixture.told.size(), 1);
    QVERIFY(!fixture.commit(stateOf(20, "c")));
    QVERIFY(fixture.context.metrics().gauge("tagwire_alarms_store_up", "").value() < 1);
    disk.heal();
    QTRY_VERIFY(fixture.store->isUp());
    QCOMPARE(fixture.told.size(), 2);
    QVERIFY(fixture.commit(stateOf(21, "d")));
    QCOMPARE(fixture.read("SELECT group_concat(rule_id) FROM alarm_state"), QStringLiteral("1,21"));
  }

  void aDiskThatHangsIsGivenUpAndHeals() {
    FaultyDisk disk;
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    QVERIFY(fixture.commit(stateOf(1, "a")));
    disk.hang();
    QList<int> refused;
    fixture.store->commit(stateOf(2, "b"), [&](bool isStored) { refused << (isStored ? -1 : 0); });
    QTRY_COMPARE(disk.hanging(), 1);
    for (int i = 1; i < 10; ++i) {
      fixture.store->commit(stateOf(i, "c"), [&, i](bool isStored) { refused << (isStored ? -1 : i); });
    }
    QVERIFY(refused.isEmpty());
    QCOMPARE(fixture.history().value().size(), 1);  // meanwhile it can be read
    QTRY_COMPARE(refused, (QList<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    QVERIFY(!fixture.store->isUp());
    QVERIFY2(fixture.told.first().contains(u"no answer from the disk"), qPrintable(fixture.told.first()));
    QVERIFY(!fixture.commit(stateOf(3, "d")));
    disk.heal();
    QTRY_VERIFY(fixture.store->isUp());
    QCOMPARE(fixture.told.size(), 2);
    QVERIFY(fixture.commit(stateOf(4, "e")));
    QCOMPARE(fixture.read("SELECT group_concat(memory) FROM alarm_state"), QStringLiteral("a,b,e"));
  }

  void whileTheDiskHangsItCanBeDestroyed() {
    FaultyDisk disk;
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    disk.hang();
    int refused = 0;
    for (int i = 0; i < 5; ++i) fixture.store->commit(stateOf(i, "b"), [&](bool isStored) { refused += !isStored; });
    QTRY_COMPARE(disk.hanging(), 1);
    fixture.store.reset();
    QCOMPARE(refused, 5);
    disk.heal();
    QTRY_COMPARE(disk.hanging(), 0);
    QTRY_VERIFY(OtherProgram(fixture.path()).execute("BEGIN EXCLUSIVE; ROLLBACK"));
  }

  void whatIsBeyondTheMostIsRefusedInOrderAndAskedForLater() {
    FaultyDisk disk;
    StoreFixture fixture;
    QVERIFY(fixture.open().has_value());
    disk.hang();
    QList<int> stored;
    QList<int> all;
    const int count = static_cast<int>(AlarmStore::mostWaiting) + 10;
    for (int i = 0; i < count; ++i) {
      fixture.store->commit(StoreWork{}, [&, i](bool isStored) {
        all << i;
        if (isStored) stored << i;
      });
    }
    disk.heal();
    QTRY_COMPARE(all.size(), count);
    QVERIFY(std::is_sorted(all.begin(), all.end()));
    QCOMPARE(stored.size(), AlarmStore::mostWaiting);
    QCOMPARE(stored.last(), static_cast<int>(AlarmStore::mostWaiting) - 1);
    QTRY_COMPARE(fixture.told, QStringList{needsAll});
  }

 private:
  static void healsFromALock(StoreFixture &fixture, OtherProgram &other) {
    QVERIFY(!fixture.commit(stateOf(3, "c")));
    QCOMPARE(fixture.metric("tagwire_alarms_store_not_stored_total"), 2.0);
    QVERIFY(other.execute("ROLLBACK"));
    QTRY_VERIFY(fixture.store->isUp());
    QCOMPARE(fixture.told.last(), needsAll);
    QVERIFY(fixture.commit(stateOf(4, "d")));
    QCOMPARE(fixture.read("SELECT group_concat(memory) FROM alarm_state"), QStringLiteral("a,d"));
  }
  static QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  static QStringList damagedFiles(const StoreFixture &fixture) {
    return QDir(fixture.context.dataDir()).entryList({QStringLiteral("alarms.db.damaged-*Z")});
  }
};

TAGWIRE_TEST(StoreFailureTest)

}  // namespace storefailure_test

#include "storefailure_test.moc"
