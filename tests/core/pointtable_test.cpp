// SPDX-License-Identifier: Apache-2.0
#include "pointtable.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include "testprogram.h"

namespace pointtable_test {

using namespace tagwire;

namespace {
PointInfo named(const char *name, std::optional<int> number = std::nullopt) {
  PointInfo info;
  info.name = QString::fromUtf8(name);
  info.number = number;
  return info;
}
const QString plc = QStringLiteral("plc1");
}  // namespace

class PointTableTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void namesIdsAndNumbersFindEachOther() {
    PointTable table;
    const PointId id = *table.declare(plc, plc, named("boiler/temp", 59));
    QCOMPARE(table.find(QStringLiteral("plc1/boiler/temp")), id);
    QCOMPARE(table.findNumber(59), id);
    QCOMPARE(table.point(id)->fullName, QStringLiteral("plc1/boiler/temp"));
    QCOMPARE(table.find(QStringLiteral("plc1/nothing")), PointId::None);
    QVERIFY(!table.point(PointId::None));
    QVERIFY(!table.point(static_cast<PointId>(99)));
  }
  void nameAndNumberAreUnique() {
    PointTable table;
    QVERIFY(table.declare(plc, plc, named("a", 5)));
    QCOMPARE(table.declare(plc, plc, named("a")).error(), QStringLiteral("point \"plc1/a\" is declared twice"));
    QCOMPARE(table.declare(plc, plc, named("b", 5)).error(), QStringLiteral("number 5 is taken by point \"plc1/a\""));
    QVERIFY(!table.declare(plc, plc, named("c", 0)));
    QCOMPARE(table.count(), 1u);
  }
  void whatWasRemovedComesBackUnderItsId() {
    const QTemporaryDir folder;
    PointTable table;
    QVERIFY(table.keepNumbersIn(folder.filePath(QStringLiteral("numbers"))));
    const PointId a = *table.declare(plc, plc, named("a", 5));
    const PointId b = *table.declare(plc, plc, named("b"));
    const PointId other = *table.declare(QStringLiteral("plc2"), QStringLiteral("plc2"), named("x"));
    QVERIFY(table.assignNumbers());
    const int numberOfB = *table.point(b)->number;
    table.update({{a, Quality::good(), fromMilliseconds(1000), Value(7.5)}});
    const quint64 revision = table.revision();
    const auto before = table.point(a);

    QCOMPARE(table.remove(plc), (QList<PointId>{a, b}));
    QVERIFY(table.revision() != revision);
    QVERIFY(!before->isRemoved && table.point(a)->isRemoved);
    QCOMPARE(table.find(QStringLiteral("plc1/a")), PointId::None);
    QCOMPARE(table.findNumber(5), PointId::None);
    QCOMPARE(table.count(), 3u);
    QCOMPARE(table.presentCount(), 1u);
    QCOMPARE(table.fullNames(), QStringList{QStringLiteral("plc2/x")});
    QVERIFY(table.remove(plc).isEmpty());

    // Its number may go to another one meanwhile; a number that the host gave stays with the name.
    QVERIFY(table.declare(QStringLiteral("plc2"), QStringLiteral("plc2"), named("y", 5)));
    QVERIFY(table.declare(QStringLiteral("plc2"), QStringLiteral("plc2"), named("z")));
    QVERIFY(table.assignNumbers());
    QVERIFY(*table.point(table.find(QStringLiteral("plc2/z")))->number != numberOfB);
    QCOMPARE(*table.declare(plc, plc, named("a")), a);
    QCOMPARE(*table.declare(plc, plc, named("b")), b);
    QVERIFY(!table.declare(plc, plc, named("a")));
    QVERIFY(table.assignNumbers());
    QCOMPARE(*table.point(b)->number, numberOfB);
    QVERIFY(*table.point(a)->number != 5);
    QCOMPARE(table.last(a).quality, Quality::bad(QualityReason::WaitingForFirstValue));
    QVERIFY(table.last(a).value == Value(7.5));
    QCOMPARE(table.presentCount(), 5u);
    QVERIFY(!table.point(other)->isRemoved);
  }
  void aChosenNumberMakesRoomForOneThatIsGiven() {
    PointTable table;
    const PointId a = *table.declare(plc, plc, named("a"));
    table.giveNumbers();
    const int number = *table.point(a)->number;
    const PointId b = *table.declare(plc, plc, named("b", number));
    QCOMPARE(table.findNumber(number), b);
    table.giveNumbers();
    QVERIFY(*table.point(a)->number != number);
    QCOMPARE(table.findNumber(*table.point(a)->number), a);
    QVERIFY(!table.declare(plc, plc, named("c", number)));
  }
  void badNamesAreRefused_data() {
    QTest::addColumn<QByteArray>("name");
    for (const char *name : {"", "/a", "a/", "a//b", "a*", "a#b", "a?b", "a\nb", "a+b"})
      QTest::newRow(name) << QByteArray(name);
    QTest::newRow("long") << QByteArray(201, 'x');
  }
  void badNamesAreRefused() {
    QFETCH(QByteArray, name);
    PointTable table;
    QVERIFY(!table.declare(plc, plc, named(name.constData())));
  }
  void numbersAreTheSameAfterARestart() {
    const QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("numbers"));
    int first = 0;
    {
      PointTable table;
      QVERIFY(table.keepNumbersIn(file));
      QVERIFY(table.declare(plc, plc, named("a")) && table.declare(plc, plc, named("b")));
      QVERIFY(table.assignNumbers());
      first = *table.point(table.find(QStringLiteral("plc1/b")))->number;
    }
    PointTable table;
    QVERIFY(table.keepNumbersIn(file));
    QVERIFY(table.declare(plc, plc, named("new")) && table.declare(plc, plc, named("b")));
    QVERIFY(table.assignNumbers());
    QCOMPARE(*table.point(table.find(QStringLiteral("plc1/b")))->number, first);
    QVERIFY(*table.point(table.find(QStringLiteral("plc1/new")))->number > first);
  }
  void tornNumbersFileIsRead() {
    const QTemporaryDir folder;
    const QString name = folder.filePath(QStringLiteral("numbers"));
    QFile file(name);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("7\tplc1/a\ngarbage\n-3\tplc1/x\n8\tplc1/b");
    file.close();
    PointTable table;
    QCOMPARE(*table.keepNumbersIn(name), 2);  // a torn last line is none
    QVERIFY(table.declare(plc, plc, named("a")) && table.declare(plc, plc, named("b")));
    QVERIFY(table.assignNumbers());
    QCOMPARE(*table.point(table.find(QStringLiteral("plc1/a")))->number, 7);
    QVERIFY(*table.point(table.find(QStringLiteral("plc1/b")))->number >= 1);
  }
  void lastValueBeginsBadAndIsUpdated() {
    PointTable table;
    const PointId id = *table.declare(plc, plc, named("a"));
    QCOMPARE(table.last(id).quality, Quality::bad(QualityReason::WaitingForFirstValue));
    const size_t unknown =
        table.update({Sample{id, Quality::good(), fromMilliseconds(5), Value(1.5)},
                      Sample{static_cast<PointId>(77), Quality::good(), fromMilliseconds(5), Value(1.5)}});
    QCOMPARE(std::get<double>(table.last(id).value), 1.5);
    QCOMPARE(unknown, size_t(1));
  }
};

TAGWIRE_TEST(PointTableTest)

}  // namespace pointtable_test

#include "pointtable_test.moc"
