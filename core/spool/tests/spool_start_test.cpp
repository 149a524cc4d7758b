// SPDX-License-Identifier: Apache-2.0
#include <QRegularExpression>
#include <QtEndian>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "spool/checksum.h"
#include "spoolcase.h"
#include "testprogram.h"

namespace spool_start_test {

using namespace tagwire;
using namespace tagwire::spool;

namespace {

/// A disk that fails where a test says so: these take the place of the C library's calls in this program.
struct BadDisk {
  ino_t unreadable = 0;  ///< this file, after its first bytes
  bool failsFolders = false;
};
BadDisk badDisk;

ssize_t readFrom(int file, void *to, size_t most, off_t offset) {
  struct stat status {};
  if (badDisk.unreadable != 0 && offset > 0 && ::fstat(file, &status) == 0 && status.st_ino == badDisk.unreadable) {
    errno = EIO;
    return -1;
  }
  return ::syscall(SYS_pread64, file, to, most, offset);
}

ino_t nodeOf(const QString &path) {
  struct stat status {};
  return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_ino : 0;
}

QByteArray contentOf(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
void writeTo(const QString &path, const QByteArray &content) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QCOMPARE(file.write(content), content.size());
}

QByteArray newer(QByteArray segment) {
  segment[8] = 9;  // the version
  qToLittleEndian(checksum(0, segment.constData(), 60), segment.data() + 60);
  return segment;
}

/// Somebody without rights to a file, even when the tests are run by root.
class OrdinaryUser {
 public:
  explicit OrdinaryUser(const SpoolCase &its) {
    if (::geteuid() != 0) return;
    constexpr uid_t nobody = 65534;
    for (const QString &path : {its.folder.path(), its.settings.folder}) give(path, nobody);
    for (const QString &name : its.segments("*")) give(its.path(name), nobody);
    m_isOther = ::seteuid(nobody) == 0;
  }
  ~OrdinaryUser() {
    if (m_isOther && ::seteuid(0) != 0) qFatal("the tests can't go on as root");
  }
  OrdinaryUser(const OrdinaryUser &) = delete;
  OrdinaryUser &operator=(const OrdinaryUser &) = delete;

 private:
  static void give(const QString &path, uid_t user) {
    if (::chown(QFile::encodeName(path).constData(), user, static_cast<gid_t>(-1)) != 0) qFatal("chown");
  }
  bool m_isOther = false;
};

}  // namespace

extern "C" {
ssize_t pread(int file, void *to, size_t most, off_t offset) { return readFrom(file, to, most, offset); }
ssize_t pread64(int file, void *to, size_t most, off_t offset) { return readFrom(file, to, most, offset); }
int fsync(int file) {
  struct stat status {};
  if (badDisk.failsFolders && ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, file));
}
}

/// Files that a start can't take in, though there is nothing wrong with what they hold: nothing of them is lost, and
/// nothing is stored twice.
class SpoolStartTest : public QObject {
  Q_OBJECT

  static constexpr qint64 count = 1500;

  /// One run of several files; its boot.
  static quint64 fill(SpoolCase &its, qint64 records = count) {
    its.settings.segmentBytes = 16 * 1024;
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    for (qint64 i = 0; i < records; ++i) {
      spool.add(spoolSample(key, i));
      if (i % 50 == 49) (void)spool.commit();
    }
    spool.add(spoolEvent(0));
    (void)spool.commit();
    const quint64 boot = spool.boot();
    its.close();
    return boot;
  }
  static void expectWarning(const char *text) {
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QString::fromLatin1(text)));
  }
  /// A start that takes in nothing of the telemetry, forgets nothing and deletes nothing.
  static void startWithout(SpoolCase &its, quint64 boot) {
    const QStringList before = its.segments();
    Spool &spool = its.open();
    QVERIFY(spool.boots().contains(boot));
    spool.restoreDelivered({{boot, Stream::Telemetry, 0, 100}});
    QCOMPARE(spool.figures(Stream::Telemetry).accepted, 0);
    QVERIFY(drainIndexes(spool).isEmpty());
    const SpoolBatch events = spool.readOldest(Stream::Events, 10);
    QCOMPARE(events.events.size(), 1U);
    spool.delivered(events.range);
    QVERIFY(spool.boots().contains(boot));
    QVERIFY(spool.takeLosses().isEmpty());
    its.close();
    for (const QString &name : before) {
      if (name.startsWith(QStringLiteral("telemetry"))) QVERIFY(QFileInfo::exists(its.path(name)));
    }
  }
  /// All that the store has not yet.
  static void startWithAll(SpoolCase &its, quint64 boot) {
    Spool &spool = its.open();
    spool.restoreDelivered({{boot, Stream::Telemetry, 0, 100}});
    const QList<qint64> indexes = drainIndexes(spool);
    QCOMPARE(indexes.size(), count - 100);
    QCOMPARE(indexes.constFirst(), 100);
    QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
    QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
    QVERIFY(!spool.boots().contains(boot));
  }

 private Q_SLOTS:
  void cleanup() { badDisk = {}; }
  void aRunOfANewerVersionWaitsForIt() {
    SpoolCase its;
    const quint64 boot = fill(its);
    const QString path = its.path(its.segments("telemetry*")[1]);
    const QByteArray content = contentOf(path);
    writeTo(path, newer(content));
    expectWarning("1 files were written by a newer version");
    startWithout(its, boot);
    if (QTest::currentTestFailed()) return;
    writeTo(path, content);
    startWithAll(its, boot);
  }
  void filesWithoutRightsWaitUntilTheyCanBeRead() {
    SpoolCase its;
    const quint64 boot = fill(its);
    const QString path = its.path(its.segments("telemetry*")[1]);
    QCOMPARE(::chmod(QFile::encodeName(path).constData(), 0), 0);
    {
      const OrdinaryUser user(its);
      expectWarning("1 files can't be read.*denied");
      startWithout(its, boot);
    }
    if (QTest::currentTestFailed()) return;
    QCOMPARE(::chmod(QFile::encodeName(path).constData(), 0600), 0);
    startWithAll(its, boot);
  }
  void whatTheDiskCannotReadIsNotDeleted() {
    SpoolCase its;
    const quint64 boot = fill(its);
    badDisk.unreadable = nodeOf(its.path(its.segments("telemetry*")[1]));
    expectWarning("1 files can't be read");
    startWithout(its, boot);
    badDisk = {};
    if (QTest::currentTestFailed()) return;
    startWithAll(its, boot);
  }
  void aCopyIsNotDeletedForOneThatCannotBeRead() {
    SpoolCase its;
    const quint64 boot = fill(its);
    const QString name = its.segments("telemetry*").constFirst();
    const QString copy = its.path(QStringLiteral("copy-") + name);
    writeTo(copy, contentOf(its.path(name)).left(2000));
    badDisk.unreadable = nodeOf(its.path(name));
    expectWarning("1 files can't be read");
    startWithout(its, boot);
    badDisk = {};
    if (QTest::currentTestFailed()) return;
    startWithAll(its, boot);
    QVERIFY(!QFileInfo::exists(copy));
  }
  void whatWentBeforeIsStillKnownOfARunLeftAlone() {
    SpoolCase its;
    const quint64 boot = fill(its);
    {
      Spool &spool = its.open();
      spool.delivered(spool.readOldest(Stream::Telemetry, 900).range);
    }
    its.close();
    badDisk.unreadable = nodeOf(its.path(its.segments("telemetry*").constLast()));
    expectWarning("1 files can't be read");
    QVERIFY(its.open().boots().contains(boot));
    badDisk = {};
    Spool &spool = its.open();
    const QList<qint64> indexes = drainIndexes(spool);
    QVERIFY(indexes.constFirst() > 100);
    QCOMPARE(indexes.constLast(), count - 1);
    QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
  }
  void withoutDescriptorsItIsTriedAgain() {
    SpoolCase its;
    const quint64 boot = fill(its);
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = ::dup(0);
    QVERIFY(next >= 0);
    ::close(next);
    Spool spool(its.settings);
    const rlimit low{static_cast<rlim_t>(next) + 1, before.rlim_max};  // the lock's one
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &low), 0);
    const auto opened = spool.open();
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &before), 0);
    QVERIFY(!opened);
    QVERIFY2(opened.error().contains(QStringLiteral("can't be read")), qUtf8Printable(opened.error()));
    QVERIFY(spool.open());
    QVERIFY(spool.boots().contains(boot));
    QCOMPARE(drainIndexes(spool).size(), count);
  }
  void aBootIsForgottenWhenItsFilesAreGoneFromTheDisk() {
    SpoolCase its;
    const quint64 boot = fill(its);
    Spool &spool = its.open();
    QCOMPARE(drainIndexes(spool).size(), count);
    spool.delivered(spool.readOldest(Stream::Events, 10).range);
    QVERIFY(its.segments().isEmpty());
    badDisk.failsFolders = true;
    QVERIFY(spool.boots().contains(boot));
    badDisk = {};
    QCOMPARE(spool.boots(), QList<quint64>{spool.boot()});
  }
  void aBootIsNotForgottenWhileItsFilesCannotBeDeleted() {
    SpoolCase its;
    const quint64 boot = fill(its);
    const QStringList before = its.segments();
    const QByteArray folder = QFile::encodeName(its.settings.folder);
    {
      const OrdinaryUser user(its);
      Spool &spool = its.open();
      QCOMPARE(::chmod(folder.constData(), 0500), 0);
      QCOMPARE(drainIndexes(spool).size(), count);
      spool.delivered(spool.readOldest(Stream::Events, 10).range);
      QVERIFY(spool.boots().contains(boot));
      QCOMPARE(::chmod(folder.constData(), 0700), 0);
      QVERIFY(spool.boots().contains(boot));  // they are still there
      its.close();
    }
    QCOMPARE(its.segments(), before);
    Spool &again = its.open();
    again.restoreDelivered({{boot, Stream::Telemetry, 0, count}, {boot, Stream::Events, 0, 1}});
    QVERIFY(drainIndexes(again).isEmpty());
    QVERIFY(its.segments().isEmpty());
    QCOMPARE(again.boots(), QList<quint64>{again.boot()});
  }
  void gapsOfAFileThatShouldBeGoneAreLostOnce() {
    SpoolCase its;
    its.settings.mostBytes = 1024 * 1024;
    its.settings.overflow = SpoolSettings::Overflow::Thin;
    fill(its, 40'000);
    const QString path = its.path(its.segments("telemetry*").constFirst());
    const QByteArray content = contentOf(path);
    QVERIFY(content[11] > 0);  // it was thinned
    {
      Spool &spool = its.open();
      while (QFileInfo::exists(path)) spool.delivered(spool.readOldest(Stream::Telemetry, 100).range);
    }
    its.close();
    writeTo(path, content);  // as if a crash had come between the list and the deletion
    Spool &spool = its.open();
    const SpoolFigures figures = spool.figures(Stream::Telemetry);
    QVERIFY(!QFileInfo::exists(path));
    QVERIFY(figures.waiting > 0);
    QCOMPARE(drainIndexes(spool).size(), figures.waiting);
    QCOMPARE(spool.figures(Stream::Telemetry).waiting, 0);
    QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
  }
};

TAGWIRE_TEST(SpoolStartTest)

}  // namespace spool_start_test

#include "spool_start_test.moc"
