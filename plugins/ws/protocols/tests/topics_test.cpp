// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QTest>

#include "protocols/topics.h"
#include "testprogram.h"

namespace topics_test {

using namespace tagwire;
using namespace tagwire::ws;

class TopicsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R6_2_wildcards_data();
  void R6_2_wildcards();
  void R6_2_wrongTopics_data();
  void R6_2_wrongTopics();
  void R6_6_sameTopicsInAnyOrderHaveOneKey();
};

void TopicsTest::R6_2_wildcards_data() {
  QTest::addColumn<QString>("pattern");
  QTest::addColumn<QString>("path");
  QTest::addColumn<bool>("matches");
  QTest::newRow("same") << "points/plc1/a"
                        << "points/plc1/a" << true;
  QTest::newRow("other") << "points/plc1/a"
                         << "points/plc1/b" << false;
  QTest::newRow("longer") << "points/plc1"
                          << "points/plc1/b" << false;
  QTest::newRow("shorter") << "points/plc1/b"
                           << "points/plc1" << false;
  QTest::newRow("star") << "points/*/temp"
                        << "points/plc1/temp" << true;
  QTest::newRow("star is one level") << "points/*"
                                     << "points/plc1/temp" << false;
  QTest::newRow("star is not none") << "points/plc1/*"
                                    << "points/plc1" << false;
  QTest::newRow("rest") << "points/#"
                        << "points/plc1/boiler/temp" << true;
  QTest::newRow("rest may be none") << "points/#"
                                    << "points" << true;
  QTest::newRow("rest of another") << "tags/#"
                                   << "points/plc1" << false;
  QTest::newRow("all") << "#"
                       << "events/alarm" << true;
  QTest::newRow("prefix of a level") << "points/plc1"
                                     << "points/plc12" << false;
}

void TopicsTest::R6_2_wildcards() {
  QFETCH(QString, pattern);
  QFETCH(QString, path);
  const auto made = PathPattern::fromText(pattern);
  QVERIFY(made);
  QTEST(made->matches(path), "matches");
}

void TopicsTest::R6_2_wrongTopics_data() {
  QTest::addColumn<QJsonValue>("topics");
  QTest::addColumn<QString>("error");
  const auto list = [](const QString &topic) { return QJsonValue(QJsonArray{topic}); };
  QTest::newRow("no list") << QJsonValue(5) << "topics must be a list";
  QTest::newRow("none") << QJsonValue(QJsonArray()) << "0 entries";
  QTest::newRow("number") << QJsonValue(QJsonArray{5}) << "topics[0] must be a text";
  QTest::newRow("empty") << list(QString()) << "empty level";
  QTest::newRow("hole") << list(QStringLiteral("points//a")) << "empty level";
  QTest::newRow("rest within") << list(QStringLiteral("points/#/a")) << "before its end";
  QTest::newRow("half a wildcard") << list(QStringLiteral("points/a*")) << "within a level";
  QTest::newRow("other kind") << list(QStringLiteral("boiler/temp")) << "must begin with points/";
  QTest::newRow("long") << list(QStringLiteral("points/") + QString(400, u'a')) << "longer than";
  QJsonArray many;
  for (int count = 0; count < 65; ++count) many << QStringLiteral("points/#");
  QTest::newRow("many") << QJsonValue(many) << "allowed: 1 to 64";
}

void TopicsTest::R6_2_wrongTopics() {
  QFETCH(QJsonValue, topics);
  QFETCH(QString, error);
  const auto set = TopicSet::fromJson(topics);
  QVERIFY(!set);
  QVERIFY2(set.error().contains(error), qPrintable(set.error()));
}

void TopicsTest::R6_6_sameTopicsInAnyOrderHaveOneKey() {
  const auto one = TopicSet::fromJson(QJsonArray{QStringLiteral("tags/*"), QStringLiteral("points/a")});
  const auto two =
      TopicSet::fromJson(QJsonArray{QStringLiteral("points/a"), QStringLiteral("tags/*"), QStringLiteral("points/a")});
  const auto other = TopicSet::fromJson(QJsonArray{QStringLiteral("points/a")});
  QCOMPARE(one->key(), two->key());
  QVERIFY(one->key() != other->key());
  QVERIFY(one->wantsAny(QLatin1String("tags")));
  QVERIFY(!one->wantsAny(QLatin1String("alarms")));
}

TAGWIRE_TEST(TopicsTest)

}  // namespace topics_test

#include "topics_test.moc"
