// SPDX-License-Identifier: Apache-2.0
#include <QJsonDocument>
#include <QTest>

#include "mqttcase.h"
#include "quietalarmdesk.h"
#include "services/zonecatalog.h"
#include "testprogram.h"

namespace mqtt_home_test {

using namespace tagwire;
using namespace tagwire::mqtt;

/// One rule, which stands in alarm; one zone.
class Desk : public Plugin, public QuietAlarmDesk, public ZoneCatalog {
 public:
  void start() override {}
  void stop() override {}
  void rules(Reply<QList<AlarmRule>> reply, QList<int>) override {
    reply(QList<AlarmRule>{{77, QJsonObject{{QStringLiteral("name"), QStringLiteral("Too hot")}}}});
  }
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override {
    AlarmStatus status;
    status.transition.ruleId = 77;
    status.transition.state = AlarmState::Alarm;
    reply(QList<AlarmStatus>{status});
  }
  void directory(Reply<ZoneDirectory> reply) override {
    ZoneDirectory all;
    all.zones << ZoneInfo{417, QStringLiteral("Hall"), {}};
    reply(all);
  }
};

/// What Home Assistant would find.
class MqttHomeTest : public QObject {
  Q_OBJECT

  static QJsonObject jsonOf(const QByteArray &payload) { return QJsonDocument::fromJson(payload).object(); }
  /// The last configuration whose topic begins like this and whose entity has this name.
  static QJsonObject entity(const Peer &peer, const char *component, const char *name) {
    QJsonObject found;
    for (const auto &each : peer.got()) {
      if (!each.topic.startsWith(QStringLiteral("homeassistant/%1/").arg(QLatin1String(component)))) continue;
      if (jsonOf(each.payload).value(u"name").toString() == QLatin1String(name)) found = jsonOf(each.payload);
    }
    return found;
  }

 private Q_SLOTS:
  void pointsTagsAndAlarmsAreFound() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    MqttCase test;
    Desk desk;
    test.context.answerWith(&desk);
    const PointId tag = test.declare(QStringLiteral("uwb"), QStringLiteral("SIM1"), ValueType::Position);
    test.declare(QStringLiteral("plc1"), QStringLiteral("temp"));
    test.declare(QStringLiteral("plc1"), QStringLiteral("door"), ValueType::Bool);
    test.declare(QStringLiteral("plc1"), QStringLiteral("lamp"), ValueType::Bool, true);
    test.declare(QStringLiteral("plc1"), QStringLiteral("safe"), ValueType::Bool, true);
    test.declare(QStringLiteral("plc2"), QStringLiteral("hidden"));
    QVERIFY2(test.make("{\"url\": \"URL\", \"publish\": {\"points\": [\"plc1/#\", \"uwb/#\"]}, \"commands\": "
                       "{\"points\": \"plc1/lamp\"}, "
                       "\"home_assistant\": {\"points\": \"#\", \"alarms\": true}}",
                       broker.url()),
             qPrintable(test.errors));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("#"));
    test.instance->start();
    QTRY_VERIFY(!entity(peer, "binary_sensor", "Too hot").isEmpty());
    const QJsonObject temp = entity(peer, "sensor", "temp");
    QCOMPARE(temp.value(u"state_topic").toString(), QStringLiteral("tagwire/plant/plc1/temp"));
    QCOMPARE(temp.value(u"unit_of_measurement").toString(), QStringLiteral("°C"));
    QCOMPARE(temp.value(u"availability").toArray().first().toObject().value(u"topic").toString(),
             QStringLiteral("tagwire/plant/broker/status"));
    QVERIFY(!entity(peer, "binary_sensor", "door").isEmpty());
    QCOMPARE(entity(peer, "switch", "lamp").value(u"command_topic").toString(),
             QStringLiteral("tagwire/plant/set/plc1/lamp"));
    QVERIFY(entity(peer, "switch", "safe").isEmpty() && !entity(peer, "binary_sensor", "safe").isEmpty());
    QVERIFY(entity(peer, "sensor", "hidden").isEmpty());
    const QJsonObject alarm = entity(peer, "binary_sensor", "Too hot");
    const QString alarmTopic = alarm.value(u"state_topic").toString();
    QTRY_COMPARE(jsonOf(peer.last(alarmTopic)).value(u"active").toString(), QStringLiteral("ON"));

    // The state of a tag is its zone, by name; what the topics of a configuration say is there.
    auto fix = std::make_shared<Fix>();
    fix->tag = QStringLiteral("SIM1");
    fix->zone = 417;
    test.give(tag, Position{1, 2, 3, fix});
    const QString tagTopic = entity(peer, "sensor", "SIM1").value(u"state_topic").toString();
    QTRY_COMPARE(jsonOf(peer.last(tagTopic)).value(u"zone_name").toString(), QStringLiteral("Hall"));
    AlarmTransition over;
    over.ruleId = 77;
    test.instance->notify({0, {}, QStringLiteral("alarms"), over});
    QTRY_COMPARE(jsonOf(peer.last(alarmTopic)).value(u"active").toString(), QStringLiteral("OFF"));

    // A switch of its own, as Home Assistant sends it.
    peer.publish(entity(peer, "switch", "lamp").value(u"command_topic").toString(), "true");
    QTRY_COMPARE(test.commands.size(), 1);
    // It starts anew: it hears all again; a point that comes later is told, too.
    peer.clear();
    peer.publish(QStringLiteral("homeassistant/status"), "online");
    QTRY_VERIFY(!entity(peer, "sensor", "temp").isEmpty());
    test.declare(QStringLiteral("plc1"), QStringLiteral("late"));
    QTRY_VERIFY(!entity(peer, "sensor", "late").isEmpty());
    test.context.pointTable().remove(QStringLiteral("plc1"));
    QTRY_VERIFY(std::any_of(peer.got().begin(), peer.got().end(), [](const auto &each) {
      return each.topic.contains(QLatin1String("temp")) && each.payload.isEmpty();
    }));
  }
};

TAGWIRE_TEST(MqttHomeTest)

}  // namespace mqtt_home_test

#include "mqtt_home_test.moc"
