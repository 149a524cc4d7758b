// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "marks.h"
#include "testprogram.h"

namespace marks_test {

using namespace tagwire::cluster;
using namespace std::chrono_literals;

/// A second each: the other node and this one are at these positions, with numbers of their own.
struct Line {
  /// `confirmed`: where our own records of this second are in the stream.
  void second(quint64 otherPosition, quint64 ownPosition, quint64 confirmed = 0) {
    now += 1s;
    other += 100;
    own += 7;
    marks.passed(ownPosition);
    marks.add(now, own, static_cast<quint64>(now / 1s));
    if (confirmed > 0) marks.confirmed(static_cast<quint64>(now / 1s), confirmed);
    marks.heard({run, QStringLiteral("S@"), other, otherPosition}, now);
  }
  Marks marks;
  Marks::Moment now{0};
  quint64 other = 0;
  quint64 own = 0;
  const QString run = QStringLiteral("run");
};

class MarksTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theFormIsReadBack() {
    const Mark mark{QStringLiteral("e"), QStringLiteral("S@leaf"), 17, 1ULL << 40};
    const auto read = decodeMark(encode(mark));
    QVERIFY(read);
    QCOMPARE(read->epoch, mark.epoch);
    QCOMPARE(read->stream, mark.stream);
    QCOMPARE(read->sequence, mark.sequence);
    QCOMPARE(read->position, mark.position);
    for (const char *wrong : {"", "x", "\x80", "\x84\x61\x61\x61\x62\x20\x01", "\x84\x61\x61\x61\x62\x01\x61\x62"}) {
      QVERIFY(!decodeMark(wrong));
    }
    QVERIFY(!decodeMark(encode({QString(2000, u'x'), {}, 1, 1})));
  }

  // Both at 10, 20, 30 …; the place is three seconds before what the client has had.
  void theNewestThatIsOldEnough() {
    Line line;
    for (quint64 i = 1; i <= 10; ++i) line.second(10 * i, 10 * i, 10 * i);
    QCOMPARE(line.marks.find(line.run, 1000), std::optional<quint64>(7 * 7));
    QCOMPARE(line.marks.find(line.run, 5000), std::optional<quint64>(7 * 7));
    QCOMPARE(line.marks.find(line.run, 999), std::optional<quint64>(7 * 6));
    QCOMPARE(line.marks.find(line.run, 399), std::optional<quint64>());  // we have no mark that old
    QCOMPARE(line.marks.find(line.run, 99), std::optional<quint64>());
    QCOMPARE(line.marks.find(QStringLiteral("another"), 1000), std::optional<quint64>());
  }

  void theOtherIsBehindOrAhead() {
    Line slow;
    for (quint64 i = 1; i <= 10; ++i) slow.second(10 * std::max<quint64>(i, 6) - 50, 10 * i, 10 * i);
    // It is at 50: we were there at the fifth.
    QCOMPARE(slow.marks.find(slow.run, 1000), std::optional<quint64>(7 * 5));
    Line fast;
    for (quint64 i = 1; i <= 10; ++i) fast.second(1000 + i, 10 * i, 10 * i);
    QCOMPARE(fast.marks.find(fast.run, 1000), std::optional<quint64>(7 * 7));
  }

  // Nothing moves: what nodes find for themselves comes at the same time on both, at no position.
  void aQuietStream() {
    Line line;
    for (int i = 1; i <= 10; ++i) line.second(50, 50, 50);
    QCOMPARE(line.marks.find(line.run, 1000), std::optional<quint64>(7 * 7));
  }

  // Our own records have their numbers long before they are in the stream.
  void ownRecordsThatAreLate() {
    Line line;
    for (quint64 i = 1; i <= 10; ++i) line.second(10 * i, 10 * i, i <= 4 ? 10 * i : 0);
    QCOMPARE(line.marks.find(line.run, 1000), std::optional<quint64>(7 * 4));
    // They come in behind where the other is: no mark that has them numbered already will do.
    line.marks.confirmed(10, 101);
    QCOMPARE(line.marks.find(line.run, 1000), std::optional<quint64>(7 * 4));
    line.second(110, 110, 110);
    QCOMPARE(line.marks.find(line.run, 1100), std::optional<quint64>(7 * 8));
  }

  void noneWhileTheHubHasAQueue() {
    Marks marks;
    marks.passed(5);
    QCOMPARE(marks.position(), std::optional<quint64>(5));
    marks.handed(false);
    marks.passed(6);
    QVERIFY(!marks.position());
    marks.handed(true);
    QCOMPARE(marks.position(), std::optional<quint64>(6));
  }

  void anotherStream() {
    Line line;
    for (quint64 i = 1; i <= 10; ++i) line.second(10 * i, 10 * i, 10 * i);
    line.marks.passed(1);  // it was made anew
    QVERIFY(!line.marks.find(line.run, 1000));
  }

  void theOldAreForgotten() {
    Line line;
    for (quint64 i = 1; i <= 200; ++i) line.second(10 * i, 10 * i, 10 * i);
    QVERIFY(line.marks.find(line.run, 13'000));
    QVERIFY(!line.marks.find(line.run, 12'000));
    // Another run of the same node, and so many that none is kept any more.
    line.marks.heard({QStringLiteral("next"), {}, 1, 2000}, line.now);
    QVERIFY(line.marks.find(QStringLiteral("next"), 1));
    QVERIFY(line.marks.find(line.run, 20'000));
    for (int i = 0; i < 2000; ++i) line.marks.heard({QString::number(i), {}, 1, 2000}, line.now);
    QVERIFY(!line.marks.find(QStringLiteral("1999"), 1));
    QVERIFY(line.marks.find(line.run, 20'000));
  }
};

TAGWIRE_TEST(MarksTest)

}  // namespace marks_test

#include "marks_test.moc"
