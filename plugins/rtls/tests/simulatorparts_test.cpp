// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

#include "simulator/disturbance.h"
#include "simulator/pathwalk.h"
#include "simulator/recording.h"
#include "testprogram.h"

namespace simulatorparts_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

/// What `tagwire sim rtls` is made of, without a connection.
class SimulatorPartsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void pathsEnd_data();
  void pathsEnd();
  void tagsTakeTurnsOnPaths();
  void sequencesWrap();
  void jitterIsAsWideAsAsked();
  void lossesAreAsManyAsAsked();
  void sameSeedSameDisturbance();
  void recordingPlaysInOrder();
  void recordingTakesIsoTimes();
  void wrongRecordings_data();
  void wrongRecordings();

 private:
  QString write(const QByteArray &text);
  QTemporaryDir m_folder;
};

QString SimulatorPartsTest::write(const QByteArray &text) {
  QFile file(m_folder.filePath(QStringLiteral("walk.csv")));
  if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("can't write");
  return file.fileName();
}

void SimulatorPartsTest::pathsEnd_data() {
  QTest::addColumn<int>("atEnd");
  QTest::addColumn<QList<double>>("x");
  // Along x from 0 to 10 and up y to 5: 15 long, 4 a step.
  QTest::newRow("bounce") << int(AtEnd::Bounce) << QList<double>{4, 8, 10, 10, 10, 6, 2, 2, 6};
  QTest::newRow("stop") << int(AtEnd::Stop) << QList<double>{4, 8, 10, 10, 10, 10, 10, 10, 10};
  QTest::newRow("restart") << int(AtEnd::Restart) << QList<double>{4, 8, 10, 1, 5, 9, 10, 2, 6};
}

void SimulatorPartsTest::pathsEnd() {
  QFETCH(int, atEnd);
  QFETCH(QList<double>, x);
  PathWalk walk({{{0, 0, 1}, {10, 0, 1}, {10, 5, 1}}}, {QStringLiteral("A")}, 2, static_cast<AtEnd>(atEnd));
  QList<double> walked;
  for (qsizetype i = 0; i < x.size(); ++i) walked << std::round(walk.step(2).first().x * 1e9) / 1e9;
  QCOMPARE(walked, x);
}

void SimulatorPartsTest::tagsTakeTurnsOnPaths() {
  const QStringList tags{QStringLiteral("A"), QStringLiteral("B"), QStringLiteral("C")};
  PathWalk walk({{{0, 0, 0}, {10, 0, 0}}, {{0, 50, 3}, {10, 50, 3}}}, tags, 1, AtEnd::Bounce);
  const auto fixes = walk.step(1);
  QCOMPARE(fixes.size(), 3);
  QCOMPARE((std::array{fixes[0].x, fixes[0].y}), (std::array{1.0, 0.0}));
  QCOMPARE((std::array{fixes[1].x, fixes[1].y, fixes[1].z}), (std::array{1.0, 50.0, 3.0}));
  QCOMPARE((std::array{fixes[2].x, fixes[2].y}), (std::array{6.0, 0.0}));  // half the path ahead
}

void SimulatorPartsTest::sequencesWrap() {
  PathWalk walk({{{0, 0, 0}, {10, 0, 0}}}, {QStringLiteral("A")}, 1, AtEnd::Stop);
  for (int i = 0; i < 450; ++i) QCOMPARE(walk.step(1).first().fix.sequence, i % 200 + 1);
}

void SimulatorPartsTest::jitterIsAsWideAsAsked() {
  Disturbance disturbance(0.3, 0, 1);
  double sum = 0, squares = 0;
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) {
    const IncomingFix fix = disturbance.applyTo({IncomingFix()}).first();
    sum += fix.x + fix.y;
    squares += fix.x * fix.x + fix.y * fix.y;
    QCOMPARE(fix.fix.accuracy, 0.3);
    QCOMPARE(fix.z, 0.0);
  }
  QVERIFY(std::abs(sum / (2 * count)) < 0.01);
  QVERIFY(std::abs(std::sqrt(squares / (2 * count)) - 0.3) < 0.01);
}

void SimulatorPartsTest::lossesAreAsManyAsAsked() {
  const QList<IncomingFix> fixes(1000);
  QCOMPARE(Disturbance(0, 0, 1).applyTo(fixes).size(), 1000);
  QCOMPARE(Disturbance(0, 1, 1).applyTo(fixes).size(), 0);
  Disturbance disturbance(0, 0.05, 1);
  qsizetype left = 0;
  for (int i = 0; i < 20; ++i) left += disturbance.applyTo(fixes).size();
  QVERIFY2(left > 18'800 && left < 19'200, qPrintable(QString::number(left)));
}

void SimulatorPartsTest::sameSeedSameDisturbance() {
  const QList<IncomingFix> fixes(100);
  const auto placesOf = [&](quint32 seed) {
    QList<double> all;
    const auto disturbed = Disturbance(1, 0.5, seed).applyTo(fixes);
    for (const IncomingFix &fix : disturbed) all << fix.x << fix.y;
    return all;
  };
  QCOMPARE(placesOf(7), placesOf(7));
  QVERIFY(placesOf(7) != placesOf(8));
}

void SimulatorPartsTest::recordingPlaysInOrder() {
  auto recording =
      Recording::read(write("time_ms,tag,x,y,z\n1500,B,3,4,1\n1000,A,1,2,\n1500,A,1.5,2,0.5\n4000,A,9,9,\n"));
  QVERIFY2(recording, recording ? "" : qPrintable(recording.error()));
  QCOMPARE(recording->size(), size_t(4));
  QCOMPARE(recording->nextAt(), 0ns);
  auto fixes = recording->take(499ms);
  QCOMPARE(fixes.size(), 1);
  QCOMPARE(fixes[0].fix.tag, QStringLiteral("A"));
  QCOMPARE((std::array{fixes[0].x, fixes[0].y, fixes[0].z}), (std::array{1.0, 2.0, 0.0}));
  QCOMPARE(recording->nextAt(), std::chrono::nanoseconds(500ms));
  fixes = recording->take(500ms);
  QCOMPARE(fixes.size(), 2);
  QCOMPARE(fixes[0].fix.tag, QStringLiteral("B"));
  QCOMPARE(fixes[1].fix.sequence, 2);
  QVERIFY(!recording->isAtEnd());
  QCOMPARE(recording->take(1h).size(), 1);
  QVERIFY(recording->isAtEnd());
}

void SimulatorPartsTest::recordingTakesIsoTimes() {
  auto recording =
      Recording::read(write("time,tag,x,y\n2026-01-01T00:00:00Z,A,1,2\n2026-01-01T01:00:00.25+01:00,A,1,3\n"));
  QVERIFY2(recording, recording ? "" : qPrintable(recording.error()));
  QCOMPARE(recording->take(0ns).size(), 1);
  QCOMPARE(recording->nextAt(), std::chrono::nanoseconds(250ms));
}

void SimulatorPartsTest::wrongRecordings_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("reason");
  const auto row = [](const char *name, const char *text, const char *reason) {
    QTest::newRow(name) << QByteArray(text) << QString::fromLatin1(reason);
  };
  row("empty", "", "the file has no header line");
  row("head only", "time_ms,tag,x,y\n", "holds no positions");
  row("no time", "tag,x,y\nA,1,2\n", "either a time_ms or a time is due");
  row("two times", "time,time_ms,tag,x,y\n2026-01-01T00:00:00Z,5,A,1,2\n", "either a time_ms or a time is due");
  row("no x", "time_ms,tag,y\n0,A,2\n", "\"x\"");
  row("x is text", "time_ms,tag,x,y\n0,A,1,2\n5,A,left,2\n", "walk.csv:3:5");
  row("time is text", "time_ms,tag,x,y\nnoon,A,1,2\n", "walk.csv:2:1");
  row("time is no ISO", "time,tag,x,y\nnoon,A,1,2\n", "walk.csv:2:1");
  row("tag with a slash", "time_ms,tag,x,y\n0,A/B,1,2\n", "a tag's id may not hold");
  row("too far", "time_ms,tag,x,y\n0,A,1e10,2\n", "1000000000");
  row("colour", "time_ms,tag,x,y,colour\n0,A,1,2,red\n", "the column's name is no key");
}

void SimulatorPartsTest::wrongRecordings() {
  QFETCH(QByteArray, text);
  QFETCH(QString, reason);
  const auto recording = Recording::read(write(text));
  QVERIFY(!recording);
  QVERIFY2(recording.error().contains(reason), qPrintable(recording.error()));
}

TAGWIRE_TEST(SimulatorPartsTest)

}  // namespace simulatorparts_test

#include "simulatorparts_test.moc"
