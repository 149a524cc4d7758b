// SPDX-License-Identifier: Apache-2.0
#include <QProcess>
#include <QRegularExpression>

#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "spoolcase.h"
#include "testprogram.h"

namespace spool_room_test {

using namespace tagwire;
using namespace tagwire::spool;

namespace {

using Overflow = SpoolSettings::Overflow;

/// A small disk of its own, gone with the test.
class SmallDisk {
 public:
  explicit SmallDisk(const char *options) {
    m_isMounted = ::mount("tmpfs", m_folder.path().toLocal8Bit().constData(), "tmpfs", 0, options) == 0;
  }
  ~SmallDisk() {
    if (m_isMounted) ::umount2(m_folder.path().toLocal8Bit().constData(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk &) = delete;
  SmallDisk &operator=(const SmallDisk &) = delete;

  bool isMounted() const { return m_isMounted; }
  QString path(const char *name) const { return m_folder.filePath(QString::fromLatin1(name)); }

 private:
  QTemporaryDir m_folder;
  bool m_isMounted = false;
};

/// kill -9 is what the child waits for: it commits, and says what was accepted.
int addUntilKilled(const QString &folder) {
  SpoolSettings settings;
  settings.folder = folder;
  settings.segmentBytes = 64 * 1024;
  Spool spool(settings);
  if (!spool.open()) return 1;
  for (qint64 i = 0;; ++i) {
    spool.add(spoolSample(spool.keyOf(spoolPoint(QStringLiteral("p%1").arg(i % 7))), i));
    if (i % 25 != 24) continue;
    if (!spool.commit()) return 2;
    std::printf("%lld\n", static_cast<long long>(i + 1));
    std::fflush(stdout);
  }
}

}  // namespace

/// What becomes of records when there is not enough room for them, and when the disk or the program fails.
class SpoolRoomTest : public QObject {
  Q_OBJECT

  static void addSamples(Spool &spool, PointKey key, qint64 from, qint64 to) {
    for (qint64 i = from; i < to; ++i) {
      spool.add(spoolSample(key, i));
      if (i % 100 == 99) QVERIFY(spool.commit());
    }
    QVERIFY(spool.commit());
  }

 private Q_SLOTS:
  void oldestTelemetryGoesWhenItIsFull() {
    SpoolCase its;
    its.settings.mostBytes = 1024 * 1024;
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    constexpr qint64 count = 60'000;
    for (qint64 i = 0; i < count; i += 5000) {
      addSamples(spool, key, i, i + 5000);
      const SpoolFigures figures = spool.figures(Stream::Telemetry);
      QVERIFY(isBalanced(figures));
      QVERIFY(figures.bytes <= its.settings.mostBytes);
    }
    const qint64 overflowed = spool.figures(Stream::Telemetry).overflowed;
    QVERIFY(overflowed > count / 2);
    const auto losses = spool.takeLosses();
    QCOMPARE(lostRecords(losses, SpoolLoss::Reason::Overflow), overflowed);
    QCOMPARE(losses.first().from, spoolMoment);
    QCOMPARE(losses.last().to, spoolMoment + std::chrono::milliseconds(overflowed - 1));
    const QList<qint64> indexes = drainIndexes(spool);
    QCOMPARE(indexes.size(), count - overflowed);
    QCOMPARE(indexes.first(), overflowed);
    QCOMPARE(indexes.last(), count - 1);
    QCOMPARE(spool.figures(Stream::Telemetry).waiting, 0);
    its.close();
    QCOMPARE(its.segments(), QStringList());
  }
  void whatWasDroppedIsNoDamageAfterARestart() {
    SpoolCase its;
    its.settings.mostBytes = 1024 * 1024;
    Spool &spool = its.open();
    addSamples(spool, spool.keyOf(spoolPoint(QStringLiteral("a"))), 0, 40'000);
    const qint64 waiting = spool.figures(Stream::Telemetry).waiting;
    Spool &again = its.open();
    QCOMPARE(again.figures(Stream::Telemetry).accepted, waiting);
    QCOMPARE(drainIndexes(again).size(), waiting);
    QCOMPARE(again.figures(Stream::Telemetry).damaged, 0);
    QVERIFY(isBalanced(again.figures(Stream::Telemetry)));
  }
  void thinningKeepsTheWholeTimeAndEveryChangeOfQuality() {
    SpoolCase its;
    its.settings.mostBytes = 1024 * 1024;
    its.settings.overflow = Overflow::Thin;
    Spool &spool = its.open();
    PointKey keys[4];
    for (int i = 0; i < 4; ++i) keys[i] = spool.keyOf(spoolPoint(QStringLiteral("p%1").arg(i)));
    constexpr qint64 count = 60'000;
    qint64 bad = 0;
    for (qint64 i = 0; i < count; ++i) {  // 20 ms apart: 20 minutes
      StoredSample sample = spoolSample(keys[i % 4], i * 20);
      const bool isBad = i % 4 == 2 && i % 1500 == 2;
      if (isBad) sample.quality = Quality::bad(QualityReason::Timeout);
      bad += isBad ? 1 : 0;
      spool.add(sample);
      if (i % 100 == 99) QVERIFY(spool.commit());
      if (i % 5000 == 0) QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
    }
    const SpoolFigures full = spool.figures(Stream::Telemetry);
    QVERIFY(full.thinned > count / 3);
    QCOMPARE(full.overflowed, 0);
    QVERIFY(full.bytes <= its.settings.mostBytes);
    const auto losses = spool.takeLosses();
    QCOMPARE(lostRecords(losses, SpoolLoss::Reason::Thinned), full.thinned);
    for (const bool isReopened : {false, true}) {
      Spool &now = isReopened ? its.open() : spool;
      if (isReopened) QCOMPARE(now.figures(Stream::Telemetry).accepted, full.waiting);
      const SpoolBatch first = now.readOldest(Stream::Telemetry, 500);
      QCOMPARE(first.samples.size(), 500U);
      QCOMPARE(first.samples.front().time, spoolMoment);
    }
    qint64 read = 0;
    qint64 readBad = 0;
    Time last = spoolMoment;
    std::chrono::nanoseconds widest{0};
    while (true) {
      const SpoolBatch batch = its.spool->readOldest(Stream::Telemetry, 333);
      if (batch.range.isEmpty()) break;
      for (const StoredSample &sample : batch.samples) {
        readBad += sample.quality.isBad() ? 1 : 0;
        widest = std::max(widest, sample.time - last);
        last = sample.time;
      }
      read += static_cast<qint64>(batch.samples.size());
      its.spool->delivered(batch.range);
    }
    QCOMPARE(read, full.waiting);
    QCOMPARE(readBad, bad);
    QVERIFY(widest <= std::chrono::seconds(20));
    const SpoolFigures figures = its.spool->figures(Stream::Telemetry);
    QCOMPARE(figures.damaged, 0);
    QCOMPARE(figures.waiting, 0);
    QVERIFY(isBalanced(figures));
    its.close();
    QCOMPARE(its.segments(), QStringList());
  }
  void whenNothingIsLeftToThinTheOldestGoes() {
    SpoolCase its;
    its.settings.mostBytes = 512 * 1024;
    its.settings.overflow = Overflow::Thin;
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    for (qint64 i = 0; i < 40'000; ++i) {  // an hour apart: every one has a period of its own
      spool.add(spoolSample(key, i * 3'600'000));
      if (i % 100 == 99) QVERIFY(spool.commit());
    }
    const SpoolFigures figures = spool.figures(Stream::Telemetry);
    QVERIFY(figures.overflowed > 0);
    QVERIFY(figures.bytes <= its.settings.mostBytes);
    QVERIFY(isBalanced(figures));
    QCOMPARE(drainIndexes(spool).size(), figures.waiting);
  }
  void eventsAreNeverDroppedForRoom() {
    SpoolCase its;
    its.settings.mostBytes = 1024 * 1024;
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    qint64 events = 0;
    while (!spool.isEventsFull()) {
      for (int i = 0; i < 20; ++i) spool.add(spoolEvent(events++));
      for (qint64 i = 0; i < 500; ++i) spool.add(spoolSample(key, events * 100 + i));
      (void)spool.commit();  // the last one says that there is no room for the events
    }
    QVERIFY(events > 500);
    for (int i = 0; i < 1000; ++i) spool.add(spoolEvent(events++));
    const auto committed = spool.commit();
    QVERIFY(!committed);
    QCOMPARE(committed.error(), QStringLiteral("spool: its share for events is full; events wait in memory"));
    QVERIFY(spool.isEventsFull());
    // Telemetry goes on meanwhile.
    const qint64 telemetry = spool.figures(Stream::Telemetry).accepted;
    spool.add(spoolSample(key, 0));
    QVERIFY(!spool.commit());
    QCOMPARE(spool.figures(Stream::Telemetry).accepted, telemetry + 1);
    qint64 read = 0;
    while (read < events) {
      const SpoolBatch batch = spool.readOldest(Stream::Events, 100);
      QVERIFY(!batch.range.isEmpty());
      for (const StoredEvent &event : batch.events) QCOMPARE(event.hubSequence, static_cast<quint64>(++read));
      spool.delivered(batch.range);
      (void)spool.commit();
    }
    const SpoolFigures figures = spool.figures(Stream::Events);
    QCOMPARE(figures.delivered, events);
    QCOMPARE(figures.refused, 0);
    QVERIFY(isBalanced(figures));
    QVERIFY(!spool.isEventsFull());
  }
  void aFullShareOfEventsIsNoErrorWhileNoneWaits() {
    SpoolCase its;
    its.settings.mostBytes = 1024 * 1024;
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    for (qint64 i = 0; !spool.isEventsFull(); ++i) {
      spool.add(spoolEvent(i));
      QVERIFY(spool.commit());
    }
    spool.add(spoolSample(key, 0));
    QVERIFY(spool.commit());
    QVERIFY(spool.isEventsFull());
    QCOMPARE(spool.figures(Stream::Telemetry).accepted, 1);
  }
  void whatNeverCouldBeWrittenIsToldAtTheEnd() {
    SpoolCase its;
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    addSamples(spool, key, 0, 10);
    spool.giveUpPending();
    QVERIFY(spool.takeLosses().isEmpty());
    QVERIFY(QDir(its.settings.folder).removeRecursively());
    QFile file(its.settings.folder);
    QVERIFY(file.open(QIODevice::WriteOnly));
    constexpr qint64 waiting = 100'000;  // several pieces
    for (qint64 i = 10; i < waiting + 10; ++i) spool.add(spoolSample(key, i));
    for (qint64 i = 0; i < 3; ++i) spool.add(spoolEvent(i));
    QVERIFY(!spool.commit());
    spool.giveUpPending();
    QCOMPARE(spool.figures(Stream::Telemetry).refused, waiting);
    QCOMPARE(spool.figures(Stream::Events).refused, 3);
    const auto losses = spool.takeLosses();
    QCOMPARE(losses.size(), 2);
    QCOMPARE(lostRecords(losses, SpoolLoss::Reason::SpoolFailed), waiting + 3);
    QCOMPARE(losses.last().from, spoolSample(key, 10).time);
    QCOMPARE(losses.last().to, spoolSample(key, waiting + 9).time);
    QVERIFY(file.remove());
    spool.add(spoolSample(key, waiting + 10));
    QVERIFY(spool.commit());
    QCOMPARE(drainIndexes(spool).size(), 11);
    QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
  }
  void fullDiskIsWaitedFor() {
    if (::geteuid() != 0) QSKIP("a small disk can be mounted by root only");
    SmallDisk disk("size=512k");
    if (!disk.isMounted()) QSKIP("a small disk can't be mounted here");
    SpoolSettings settings;
    settings.folder = disk.path("spool");
    settings.segmentBytes = 64 * 1024;
    settings.leastFreeShare = 0;
    Spool spool(settings);
    QVERIFY(spool.open());
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    qint64 added = 0;
    qint64 failures = 0;
    while (failures < 20) {
      for (int i = 0; i < 100; ++i) spool.add(spoolSample(key, added++));
      if (!spool.commit()) ++failures;
      QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
    }
    QVERIFY(spool.figures(Stream::Telemetry).accepted < added);
    QList<qint64> indexes = drainIndexes(spool);  // this makes room
    QVERIFY(spool.commit());
    indexes << drainIndexes(spool);
    QCOMPARE(indexes.size(), added);
    for (qint64 i = 0; i < added; ++i) QCOMPARE(indexes[i], i);
    const SpoolFigures figures = spool.figures(Stream::Telemetry);
    QCOMPARE(figures.accepted, added);
    QCOMPARE(figures.damaged, 0);
    QCOMPARE(figures.refused, 0);
  }
  void freeShareOfTheDiskIsKept() {
    if (::geteuid() != 0) QSKIP("a small disk can be mounted by root only");
    SmallDisk disk("size=4m");
    if (!disk.isMounted()) QSKIP("a small disk can't be mounted here");
    SpoolSettings settings;
    settings.folder = disk.path("spool");
    settings.segmentBytes = 64 * 1024;
    settings.leastFreeShare = 0.5;
    Spool spool(settings);
    QVERIFY(spool.open());
    addSamples(spool, spool.keyOf(spoolPoint(QStringLiteral("a"))), 0, 100'000);
    const SpoolFigures figures = spool.figures(Stream::Telemetry);
    QVERIFY(figures.bytes > 1024 * 1024);
    QVERIFY(figures.bytes < 2300 * 1024);
    QVERIFY(figures.overflowed > 0);
    QCOMPARE(drainIndexes(spool).size(), figures.waiting);
  }
  void memoryIsBoundedWhileTheDiskFails() {
    SpoolCase its;
    Spool &spool = its.open();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    addSamples(spool, key, 0, 10);
    // The folder's place is taken by a file: nothing can be made there.
    QVERIFY(QDir(its.settings.folder).removeRecursively());
    QFile file(its.settings.folder);
    QVERIFY(file.open(QIODevice::WriteOnly));
    constexpr qint64 count = 2'500'000;  // some 95 MB
    for (qint64 i = 10; i < count; ++i) {
      spool.add(spoolSample(key, i));
      if (i % 100'000 == 0) QVERIFY(!spool.commit());
    }
    StoredEvent event = spoolEvent(0);
    event.json = QByteArray(1024 * 1024, 'x');
    for (int i = 0; i < 70; ++i) spool.add(event);
    QVERIFY(!spool.commit());
    QVERIFY(spool.isEventsFull());
    const SpoolFigures refused = spool.figures(Stream::Telemetry);
    QCOMPARE(refused.accepted, 10);
    QVERIFY(refused.refused > 500'000);
    const auto losses = spool.takeLosses();
    QCOMPARE(lostRecords(losses, SpoolLoss::Reason::SpoolFailed),
             refused.refused + spool.figures(Stream::Events).refused);
    QCOMPARE(losses.first().from, spoolMoment + std::chrono::milliseconds(10));
    QVERIFY(spool.figures(Stream::Events).refused >= 6);
    QVERIFY(file.remove());
    QVERIFY(spool.commit());
    const SpoolFigures figures = spool.figures(Stream::Telemetry);
    QCOMPARE(figures.accepted, count - refused.refused);
    // What was committed before the folder went is still read, by the open file.
    const QList<qint64> indexes = drainIndexes(spool, 50'000);
    QCOMPARE(indexes.size(), count - refused.refused);
    QCOMPARE(indexes[9], 9);
    QCOMPARE(indexes[10], 10 + refused.refused);
    QCOMPARE(indexes.last(), count - 1);
    QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
    QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
  }
  void deletedFolderIsMadeAnew() {
    SpoolCase its;
    its.settings.segmentBytes = 16 * 1024;
    Spool &spool = its.open();
    const QString id = spool.id();
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
    addSamples(spool, key, 0, 2000);
    QVERIFY(QDir(its.settings.folder).removeRecursively());
    addSamples(spool, key, 2000, 4000);
    QVERIFY(its.segments().size() > 1);
    const QList<qint64> indexes = drainIndexes(spool);
    QCOMPARE(indexes.last(), 3999);
    const SpoolFigures figures = spool.figures(Stream::Telemetry);
    QCOMPARE(figures.accepted, 4000);
    QCOMPARE(figures.damaged, 4000 - indexes.size());
    QVERIFY(indexes.size() >= 2000);
    QVERIFY(isBalanced(figures));
    addSamples(spool, key, 4000, 4100);
    Spool &again = its.open();
    QCOMPARE(again.id(), id);
    QCOMPARE(again.figures(Stream::Telemetry).accepted - again.figures(Stream::Telemetry).delivered >= 100, true);
  }
  void nothingAcceptedIsLostByKill9() {
    std::mt19937 random(4711);
    for (int round = 0; round < 8; ++round) {
      SpoolCase its;
      QProcess child;
      child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("spool-adder"), its.settings.folder});
      QVERIFY(child.waitForStarted());
      QByteArray output;
      const qsizetype enough = 200 + static_cast<qsizetype>(random() % 60'000);
      while (output.size() < enough && child.waitForReadyRead(10'000)) output += child.readAllStandardOutput();
      child.kill();
      QVERIFY(child.waitForFinished(10'000));
      output += child.readAllStandardOutput();
      const qsizetype whole = output.lastIndexOf('\n');
      QVERIFY(whole > 0);
      const qint64 accepted = output.left(whole).split('\n').constLast().toLongLong();
      Spool &spool = its.open();
      const QList<qint64> indexes = drainIndexes(spool, 1000);
      QVERIFY2(indexes.size() >= accepted, "an accepted record is lost");
      for (qint64 i = 0; i < indexes.size(); ++i) QCOMPARE(indexes[i], i);
      QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
    }
  }
};

/// The spool's owner, to be killed: the folder is its argument.
static int adder(int argc, char *argv[]) {
  const QCoreApplication application(argc, argv);
  return argc == 2 ? addUntilKilled(QString::fromLocal8Bit(argv[1])) : 2;
}

TAGWIRE_TEST(SpoolRoomTest)
TAGWIRE_TEST_CHILD("spool-adder", adder)

}  // namespace spool_room_test
#include "spool_room_test.moc"
