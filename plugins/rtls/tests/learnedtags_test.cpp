// SPDX-License-Identifier: Apache-2.0
#include "learnedtags.h"

#include <QtTest>
#include "testprogram.h"

namespace learnedtags_test {

using namespace tagwire::rtls;

class LearnedTagsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void presentOnesHavePlaces();
  void namesAreBounded();
  void otherTagsDoNotCount();
};

void LearnedTagsTest::presentOnesHavePlaces() {
  LearnedTags tags(2);
  QCOMPARE(tags.roomForNew(5), 2);
  tags.add(7);
  tags.add(8);
  for (int i = 0; i < 2; ++i) {
    tags.change(7, true);
    tags.change(8, true);
  }
  QCOMPARE(tags.roomForNew(1), 0);
  QVERIFY(tags.hasRoomFor(7));
  QVERIFY(!tags.givesPlacesAway());
  tags.change(7, false);
  QCOMPARE(tags.roomForNew(1), 1);
  tags.add(9);
  tags.change(9, true);
  QVERIFY(tags.givesPlacesAway());
  QVERIFY(!tags.hasRoomFor(7));
  tags.change(8, false);
  QVERIFY(tags.hasRoomFor(7));
}

void LearnedTagsTest::namesAreBounded() {
  LearnedTags tags(1);
  for (int tag = 0; tag < LearnedTags::namesPerPlace; ++tag) {
    QCOMPARE(tags.roomForNew(1), 1);
    tags.add(tag);
    tags.change(tag, true);
    tags.change(tag, false);
  }
  QCOMPARE(tags.roomForNew(1), 0);
  QVERIFY(tags.hasRoomFor(3));
}

void LearnedTagsTest::otherTagsDoNotCount() {
  LearnedTags tags(1);
  tags.change(0, true);
  tags.change(100, true);
  QCOMPARE(tags.roomForNew(1), 1);
  QVERIFY(tags.hasRoomFor(0));
}

TAGWIRE_TEST(LearnedTagsTest)

}  // namespace learnedtags_test

#include "learnedtags_test.moc"
