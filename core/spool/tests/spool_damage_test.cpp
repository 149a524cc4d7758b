// SPDX-License-Identifier: Apache-2.0
#include <QRegularExpression>
#include <QtEndian>

#include <random>

#include "spool/checksum.h"
#include "spoolcase.h"
#include "testprogram.h"

namespace spool_damage_test {

using namespace tagwire;
using namespace tagwire::spool;

namespace {

constexpr qint64 recordsPerBoot = 1500;
constexpr int boots = 2;

QByteArray contentOf(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
void writeTo(const QString &path, const QByteArray &content) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QCOMPARE(file.write(content), content.size());
}

/// Does one of many kinds of harm to the files of a spool.
class Vandal {
 public:
  Vandal(const SpoolCase &its, unsigned seed) : m_its(its), m_random(seed), m_names(its.segments("*")) {
    m_names.removeAll(QStringLiteral("spool.lock"));
  }

  QByteArray act() {
    const QString name = m_names[below(m_names.size())];
    const QString other = m_names[below(m_names.size())];
    const QString path = m_its.path(name);
    QByteArray content = contentOf(path);
    const qint64 kind = below(10);
    const qint64 at = below(std::max<qint64>(1, content.size()));
    switch (kind) {
      case 0:
        for (int i = 0; i < 8; ++i) flip(content, below(std::max<qint64>(1, content.size())));
        break;
      case 1:
      case 2:
        flip(content, at);
        break;
      case 3:
        content.truncate(at);
        break;
      case 4:
        QFile::remove(path);
        return "delete " + name.toLatin1();
      case 5:
        content.replace(at, std::min<qint64>(512, content.size() - at),
                        QByteArray(std::min<qint64>(512, content.size() - at), '\0'));
        break;
      case 6: {
        const QByteArray second = contentOf(m_its.path(other));
        writeTo(m_its.path(other), content);
        content = second;
        break;
      }
      case 7:
        writeTo(m_its.path(QStringLiteral("copy-%1").arg(name)), content);
        return "copy " + name.toLatin1();
      case 8:
        QFile::rename(path, m_its.path(QStringLiteral("zz-%1").arg(name)));
        return "rename " + name.toLatin1();
      default:
        for (char &each : content) each = static_cast<char>(below(256));
        if (below(2) == 0) content.remove(at, content.size() - at);
    }
    writeTo(path, content);
    return QByteArray::number(kind) + ' ' + name.toLatin1() + ' ' + other.toLatin1() + " at " + QByteArray::number(at);
  }

 private:
  qint64 below(qint64 limit) { return std::uniform_int_distribution<qint64>(0, limit - 1)(m_random); }
  void flip(QByteArray &content, qint64 at) {
    if (at < content.size()) content[at] = static_cast<char>(content[at] ^ (1 << below(8)));
  }

  const SpoolCase &m_its;
  std::mt19937 m_random;
  QStringList m_names;
};

/// Two runs, 3,000 records of ten points, a dozen files.
void fill(SpoolCase &its) {
  its.settings.segmentBytes = 16 * 1024;
  for (qint64 boot = 0; boot < boots; ++boot) {
    Spool &spool = its.open();
    for (qint64 i = 0; i < recordsPerBoot; ++i) {
      const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("p%1").arg(i % 10)));
      spool.add(spoolSample(key, boot * recordsPerBoot + i));
      if (i % 50 == 49) QVERIFY(spool.commit());
    }
    spool.add(spoolEvent(boot));
    QVERIFY(spool.commit());
  }
  its.close();
}

}  // namespace

/// What is found in the folder at a start, whatever happened to it.
class SpoolDamageTest : public QObject {
  Q_OBJECT

  std::unique_ptr<SpoolCase> m_filled;

 private Q_SLOTS:
  void initTestCase() {
    m_filled = std::make_unique<SpoolCase>();
    fill(*m_filled);
  }
  void cleanupTestCase() { m_filled.reset(); }
  void tornTailLosesTheTornRecordAlone() {
    SpoolCase its;
    qint64 whole = 0;
    {
      Spool &spool = its.open();
      const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
      for (qint64 i = 0; i < 9; ++i) spool.add(spoolSample(key, i));
      QVERIFY(spool.commit());
      whole = spool.figures(Stream::Telemetry).bytes;
      spool.add(spoolSample(key, 9));
      QVERIFY(spool.commit());
    }
    its.close();
    const QString path = its.path(its.segments().constFirst());
    const QByteArray content = contentOf(path);
    const qint64 all = content.size() - 13;  // the end mark
    for (qint64 size = whole; size <= all; ++size) {
      const qint64 left = size == all ? 10 : 9;
      writeTo(path, content.left(size));
      Spool &spool = its.open();
      QCOMPARE(spool.figures(Stream::Telemetry).accepted, left);
      const SpoolBatch batch = spool.readOldest(Stream::Telemetry, 100);
      QCOMPARE(static_cast<qint64>(batch.samples.size()), left);
      QCOMPARE(batch.range.next, static_cast<quint64>(left));
      QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
      QVERIFY(spool.takeLosses().isEmpty());
      its.close();
    }
  }
  void flippedBitLosesOneRecord() {
    SpoolCase its;
    {
      Spool &spool = its.open();
      const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
      for (qint64 i = 0; i < 10; ++i) spool.add(spoolSample(key, i));
      QVERIFY(spool.commit());
    }
    its.close();
    const QString path = its.path(its.segments().constFirst());
    const QByteArray content = contentOf(path);
    QList<qint64> lostIndexes;
    for (qsizetype at = content.size() - 13 - 10 * 38; at < content.size() - 13; ++at) {
      QByteArray damaged = content;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      writeTo(path, damaged);
      Spool &spool = its.open();
      QCOMPARE(spool.figures(Stream::Telemetry).accepted, 10);
      const SpoolBatch batch = spool.readOldest(Stream::Telemetry, 100);
      QCOMPARE(batch.samples.size(), 9U);
      QCOMPARE(batch.range, (SpoolRange{batch.range.boot, Stream::Telemetry, 0, 10}));
      const SpoolFigures figures = spool.figures(Stream::Telemetry);
      QCOMPARE(figures.damaged, 1);
      QVERIFY(isBalanced(figures));
      const auto losses = spool.takeLosses();
      QCOMPARE(losses.size(), 1);
      QCOMPARE(losses[0].reason, SpoolLoss::Reason::Damaged);
      QVERIFY(losses[0].from >= spoolMoment && losses[0].to <= spoolMoment + std::chrono::milliseconds(9));
      its.close();
    }
  }
  void damageInWhatWasDeliveredIsNoLoss() {
    SpoolCase its;
    quint64 boot = 0;
    {
      Spool &spool = its.open();
      boot = spool.boot();
      const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("a")));
      for (qint64 i = 0; i < 10; ++i) spool.add(spoolSample(key, i));
      QVERIFY(spool.commit());
    }
    its.close();
    const QString path = its.path(its.segments().constFirst());
    QByteArray content = contentOf(path);
    content[content.size() - 13 - 8 * 38] = '!';
    writeTo(path, content);
    Spool &spool = its.open();
    spool.restoreDelivered({{boot, Stream::Telemetry, 0, 5}});
    QCOMPARE(drainIndexes(spool), (QList<qint64>{5, 6, 7, 8, 9}));
    QVERIFY(spool.takeLosses().isEmpty());
    QCOMPARE(spool.figures(Stream::Telemetry).delivered, 10);
  }
  void segmentsThatWentOnPurposeAreNotMissed() {
    SpoolCase its;
    fill(its);
    const qsizetype before = its.segments("telemetry*").size();
    quint64 boot = 0;
    {
      Spool &spool = its.open();
      const SpoolBatch batch = spool.readOldest(Stream::Telemetry, 900);
      boot = batch.range.boot;
      spool.delivered(batch.range);
    }
    its.close();
    QVERIFY(its.segments("telemetry*").size() < before);
    Spool &spool = its.open();
    spool.restoreDelivered({{boot, Stream::Telemetry, 0, 900}});
    const QList<qint64> indexes = drainIndexes(spool);
    QCOMPARE(indexes.size(), boots * recordsPerBoot - 900);
    QCOMPARE(spool.figures(Stream::Telemetry).damaged, 0);
    QVERIFY(isBalanced(spool.figures(Stream::Telemetry)));
  }
  void filesOfOthersAndOfTheFutureAreLeftAlone() {
    SpoolCase its;
    fill(its);
    const QString name = its.segments("telemetry*").constLast();
    QByteArray newer = contentOf(its.path(name));
    newer[8] = 9;  // the version
    qToLittleEndian(checksum(0, newer.constData(), 60), newer.data() + 60);
    writeTo(its.path(name), newer);
    const QString own = its.path(QStringLiteral("notes.txt"));
    writeTo(own, "mine");
    QVERIFY(QDir().mkdir(its.path(QStringLiteral("folder.seg"))));
    QVERIFY(QFile::link(own, its.path(QStringLiteral("telemetry-link.seg"))));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("1 files were written by a newer version")));
    QVERIFY(drainIndexes(its.open()).size() < boots * recordsPerBoot);
    its.close();
    QCOMPARE(contentOf(own), QByteArray("mine"));
    QVERIFY(QFileInfo::exists(its.path(QStringLiteral("folder.seg"))));
    QCOMPARE(contentOf(its.path(name)), newer);
  }
  void lockFileOfACrashedProgramIsNoHindrance() {
    SpoolCase its;
    fill(its);
    QVERIFY(QFileInfo::exists(its.path(QStringLiteral("spool.lock"))));
    QCOMPARE(drainIndexes(its.open()).size(), boots * recordsPerBoot);
  }
  void lostPointsAreFoundInTheSegments() {
    SpoolCase its;
    fill(its);
    QVERIFY(QFile::remove(its.path(QStringLiteral("points.log"))));
    Spool &spool = its.open();
    const SpoolBatch batch = spool.readOldest(Stream::Telemetry, 10);
    QCOMPARE(batch.samples.size(), 10U);
    for (size_t i = 0; i < 10; ++i) {
      QCOMPARE(spool.point(batch.samples[i].point)->name, QStringLiteral("p%1").arg(i));
    }
  }
  void damagedIdIsFoundInTheSegments() {
    SpoolCase its;
    fill(its);
    const QString id = its.open().id();
    its.close();
    writeTo(its.path(QStringLiteral("spool.id")), "garbage");
    QCOMPARE(its.open().id(), id);
  }

  void everyDamageLosesAtMostWhatItHit_data() {
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 200; ++seed) QTest::addRow("%u", seed) << seed;
  }
  void everyDamageLosesAtMostWhatItHit() {
    QFETCH(unsigned, seed);
    SpoolCase its;
    its.settings.segmentBytes = m_filled->settings.segmentBytes;
    QVERIFY(QDir().mkdir(its.settings.folder));
    for (const QString &name : m_filled->segments("*")) QVERIFY(QFile::copy(m_filled->path(name), its.path(name)));
    const QByteArray what = Vandal(its, seed).act();
    Spool &spool = its.open();
    const SpoolFigures before = spool.figures(Stream::Telemetry);
    QVERIFY2(isBalanced(before), what.constData());
    const QList<qint64> indexes = drainIndexes(spool, 97);
    for (qsizetype i = 1; i < indexes.size(); ++i) {
      QVERIFY2(indexes[i] > indexes[i - 1], (what + ": out of order or twice").constData());
    }
    const SpoolFigures figures = spool.figures(Stream::Telemetry);
    QVERIFY2(isBalanced(figures), what.constData());
    QCOMPARE(figures.waiting, 0);
    QCOMPARE(figures.delivered, indexes.size());
    QCOMPARE(lostRecords(spool.takeLosses(), SpoolLoss::Reason::Damaged), figures.damaged);
    // A file is at most 16 KiB and a bit: some 430 records; two files when they were exchanged.
    const qint64 lost = boots * recordsPerBoot - indexes.size();
    QVERIFY2(lost <= 2 * 470, (what + ": lost " + QByteArray::number(lost)).constData());
    // All that is missing shows, but for the end of a run, where nothing comes after it.
    QVERIFY2(figures.damaged <= lost, what.constData());
    const auto endOf = [&](qint64 boot) {
      qint64 last = boot * recordsPerBoot - 1;
      for (const qint64 index : indexes) {
        if (index < (boot + 1) * recordsPerBoot) last = std::max(last, index);
      }
      return (boot + 1) * recordsPerBoot - 1 - last;
    };
    QVERIFY2(figures.damaged + endOf(0) + endOf(1) >= lost,
             (what + ": " + QByteArray::number(figures.damaged) + " shown of " + QByteArray::number(lost)).constData());
    // And the next run works as if nothing had been.
    const PointKey key = spool.keyOf(spoolPoint(QStringLiteral("p1")));
    spool.add(spoolSample(key, 5000));
    QVERIFY(spool.commit());
    QCOMPARE(drainIndexes(spool), QList<qint64>{5000});
  }
};

TAGWIRE_TEST(SpoolDamageTest)

}  // namespace spool_damage_test

#include "spool_damage_test.moc"
