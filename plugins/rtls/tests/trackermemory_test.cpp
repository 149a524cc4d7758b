// SPDX-License-Identifier: Apache-2.0
#include "trackermemory.h"

#include <QCryptographicHash>
#include <QtTest>

#include <cmath>
#include <limits>
#include "testprogram.h"

namespace trackermemory_test {

using namespace tagwire;
using namespace tagwire::rtls;

class TrackerMemoryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everythingComesBack();
  void manyTagsAreFewBytes();
  void damageIsNoticed();
  void tagThatIsNowhereIsLeftOut();
  void wrongContentIsRefused_data();
  void wrongContentIsRefused();
};

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TrackerMemory example() {
  const Time time = fromMilliseconds(1'767'225'600'123);
  TrackerMemory memory{{time, seconds(5000)}, {{123, "12345678"}, {125, "abcdefgh"}}, {}, {{7, "near"}}, {}};
  auto fix = std::make_shared<Fix>(
      Fix{QStringLiteral("SIM1"), QStringLiteral("Sim"), QStringLiteral("Gäte"), 95, 80, 17, 0, 0.25, {}});
  memory.tags.push_back(
      {QStringLiteral("SIM1"), true, {1.5, -2.25, 1e9, fix}, {time - seconds(3), seconds(4990)}, {}, {}});
  Presence presence;
  presence.stage = Presence::Stage::Inside;
  presence.firstSight = presence.timedOut = true;
  presence.entered = {time - seconds(60), seconds(4900)};
  presence.heard = seconds(4990);
  presence.outside = Moment{time - seconds(8), seconds(4992)};
  presence.leaving = Moment{time - seconds(7), seconds(4993)};
  memory.tags.front().stays.push_back({1, presence});
  presence.stage = Presence::Stage::Entering;
  presence.outside.reset();
  presence.leaving.reset();
  memory.tags.front().stays.push_back({0, presence});
  memory.tags.front().turns.push_back({1, seconds(5030) + nanoseconds(1)});
  auto nothing = std::make_shared<Fix>();
  nothing->tag = QStringLiteral("Ω-2");
  memory.tags.push_back({QStringLiteral("Ω-2"), false, {0, 0, 0, nothing}, {time, seconds(1)}, {}, {}});
  memory.tags.front().heard = seconds(4994);
  memory.contacts.push_back({0, 0, 1, {time - seconds(9), seconds(4998)}});
  return memory;
}

/// With the right checksum.
QByteArray sealed(const QByteArray &content) {
  return QCryptographicHash::hash(content, QCryptographicHash::Sha256).left(16) + content;
}

QByteArray contentOf(const TrackerMemory &memory) { return toBytes(memory).mid(16); }

}  // namespace

void TrackerMemoryTest::everythingComesBack() {
  const TrackerMemory before = example();
  const auto after = trackerMemoryFromBytes(toBytes(before));
  QVERIFY2(after.has_value(), after ? "" : qPrintable(after.error()));
  QVERIFY(after->saved.time == before.saved.time);
  QCOMPARE(after->triggers.size(), size_t(2));
  QCOMPARE(after->triggers[1].id, 125);
  QCOMPARE(after->triggers[1].fingerprint, QByteArray("abcdefgh"));
  QCOMPARE(after->tags.size(), size_t(2));
  const auto &tag = after->tags[0];
  QCOMPARE(tag.id, QStringLiteral("SIM1"));
  QVERIFY(tag.isPresent && !after->tags[1].isPresent);
  QCOMPARE(tag.position.x, 1.5);
  QCOMPARE(tag.position.y, -2.25);
  QCOMPARE(tag.position.z, 1e9);
  QCOMPARE(tag.position.fix->tag, QStringLiteral("SIM1"));
  QCOMPARE(tag.position.fix->type, QStringLiteral("Sim"));
  QCOMPARE(tag.position.fix->gateway, QStringLiteral("Gäte"));
  QCOMPARE(tag.position.fix->confidence, 95.0);
  QCOMPARE(tag.position.fix->accuracy, 0.25);
  QCOMPARE(tag.position.fix->battery, 80);
  QCOMPARE(tag.position.fix->sequence, 17);
  QVERIFY(std::isnan(after->tags[1].position.fix->confidence));
  QVERIFY(tag.last.time == before.tags[0].last.time);
  // Readings of the clock come back as seen from the moment of saving.
  QVERIFY(tag.last.elapsed == seconds(-10));
  QVERIFY(tag.heard == seconds(-6));
  QCOMPARE(after->proximity.size(), size_t(1));
  QCOMPARE(after->proximity[0].id, 7);
  QCOMPARE(after->proximity[0].fingerprint, QByteArray("near"));
  QCOMPARE(after->contacts.size(), size_t(1));
  QCOMPARE(after->contacts[0].tagA, 0);
  QCOMPARE(after->contacts[0].tagB, 1);
  QVERIFY(after->contacts[0].start == (Moment{before.contacts[0].start.time, seconds(-2)}));
  QCOMPARE(tag.turns.size(), size_t(1));
  QCOMPARE(tag.turns[0].trigger, 1);
  QVERIFY(tag.turns[0].next == seconds(30) + nanoseconds(1));
  QCOMPARE(tag.stays.size(), size_t(2));
  for (size_t i = 0; i < 2; ++i) {
    QCOMPARE(tag.stays[i].trigger, before.tags[0].stays[i].trigger);
    QVERIFY(shifted(tag.stays[i].presence, seconds(5000)) == before.tags[0].stays[i].presence);
  }
}

void TrackerMemoryTest::manyTagsAreFewBytes() {
  TrackerMemory memory = example();
  auto tag = memory.tags.front();
  tag.stays.clear();
  tag.turns.clear();
  memory.tags.assign(1000, tag);
  memory.contacts.assign(1000, memory.contacts.front());
  const auto bytes = toBytes(memory).size();
  QVERIFY2(bytes < 140 * 1000, qPrintable(QString::number(bytes)));
}

void TrackerMemoryTest::damageIsNoticed() {
  const QByteArray bytes = toBytes(example());
  for (qsizetype i = 0; i < bytes.size(); ++i) {
    QByteArray damaged = bytes;
    damaged[i] = static_cast<char>(damaged.at(i) ^ 0x10);
    QVERIFY(!trackerMemoryFromBytes(damaged));
    QVERIFY(!trackerMemoryFromBytes(bytes.left(i)));
    // As if by a program that writes nonsense: nothing but an error or a value may come of it.
    (void)trackerMemoryFromBytes(sealed(damaged.mid(16)));
    QVERIFY(i < 16 || !trackerMemoryFromBytes(sealed(bytes.mid(16, i - 16))));
  }
  QVERIFY(!trackerMemoryFromBytes(bytes + 'x'));
  QVERIFY(!trackerMemoryFromBytes(sealed(bytes.mid(16) + 'x')));
}

/// The state of all others is good.
void TrackerMemoryTest::tagThatIsNowhereIsLeftOut() {
  for (const double wrong : {std::nan(""), std::numeric_limits<double>::infinity(), 1e11}) {
    for (double Position::*axis : {&Position::x, &Position::y, &Position::z}) {
      TrackerMemory before = example();
      before.tags[0].position.*axis = wrong;
      const auto after = trackerMemoryFromBytes(toBytes(before));
      QVERIFY2(after.has_value(), after ? "" : qPrintable(after.error()));
      QCOMPARE(after->tags.size(), size_t(1));
      QCOMPARE(after->leftOut, size_t(1));
      QCOMPARE(after->tags[0].id, QStringLiteral("Ω-2"));
      QVERIFY(after->tags[0].stays.empty());
      QVERIFY(after->contacts.empty());
    }
  }
}

void TrackerMemoryTest::wrongContentIsRefused_data() {
  QTest::addColumn<QByteArray>("content");
  QTest::addColumn<QString>("reason");
  QByteArray newer = contentOf(example());
  newer[5] = 4;
  TrackerMemory trigger = example(), turn = example(), rule = example(), nobody = example(), same = example();
  rule.contacts[0].rule = 1;
  nobody.contacts[0].tagB = 2;
  same.contacts[0].tagB = 0;
  trigger.tags[0].stays[0].trigger = 2;
  turn.tags[0].turns[0].trigger = -1;
  QTest::newRow("empty") << QByteArray() << QStringLiteral("no state");
  QTest::newRow("something else") << QByteArray("{\"rooms\":[]}") << QStringLiteral("no state");
  QTest::newRow("newer") << newer << QStringLiteral("has version 4 (allowed: 3)");
  QTest::newRow("unknown trigger") << contentOf(trigger) << QStringLiteral("damaged");
  QTest::newRow("collision by an unknown rule") << contentOf(rule) << QStringLiteral("damaged");
  QTest::newRow("collision with nobody") << contentOf(nobody) << QStringLiteral("damaged");
  QTest::newRow("collision with itself") << contentOf(same) << QStringLiteral("damaged");
  QTest::newRow("turn of an unknown trigger") << contentOf(turn) << QStringLiteral("damaged");
}

void TrackerMemoryTest::wrongContentIsRefused() {
  QFETCH(QByteArray, content);
  QFETCH(QString, reason);
  const auto memory = trackerMemoryFromBytes(sealed(content));
  QVERIFY(!memory);
  QVERIFY2(memory.error().contains(reason), qPrintable(memory.error()));
}

TAGWIRE_TEST(TrackerMemoryTest)

}  // namespace trackermemory_test

#include "trackermemory_test.moc"
