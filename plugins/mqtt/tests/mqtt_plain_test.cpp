// SPDX-License-Identifier: Apache-2.0
#include <QJsonDocument>
#include <QTest>

#include "mqttcase.h"
#include "testprogram.h"

namespace mqtt_plain_test {

using namespace tagwire;
using namespace tagwire::mqtt;

QJsonObject jsonOf(const QByteArray &payload) { return QJsonDocument::fromJson(payload).object(); }

/// A rtls that takes every position but that of one tag.
class Intake : public Plugin, public FixIntake {
 public:
  void start() override {}
  void stop() override {}
  void take(Reply<bool> reply, IncomingFix fix) override {
    fixes << fix;
    reply(fix.fix.tag == u"BAD" ? Result<bool>(failure(QStringLiteral("no such tag"))) : Result<bool>(true));
  }
  QList<IncomingFix> fixes;
};

/// What goes out and what comes in, over a real broker.
class MqttPlainTest : public QObject {
  Q_OBJECT

  Broker m_broker;

 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_broker.start(), qPrintable(m_broker.error())); }

  void valuesGoOutByTheTemplate() {
    MqttCase test;
    const PointId temp = test.declare(QStringLiteral("plc1"), QStringLiteral("boiler/temp"));
    const PointId other = test.declare(QStringLiteral("plc2"), QStringLiteral("x"));
    QVERIFY2(test.make("{\"url\": \"URL\", \"publish\": {\"points\": \"plc1/#\"}}", m_broker.url()),
             qPrintable(test.errors));
    Peer peer(m_broker.port());
    QVERIFY(peer.subscribe("tagwire/#"));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    test.give({{temp, {}, fromMilliseconds(1'767'225'600'123), 81.5}, {other, {}, fromMilliseconds(1), 1.0}});
    QTRY_COMPARE(test.written, 1);
    const QString topic = QStringLiteral("tagwire/plant/plc1/boiler/temp");
    QTRY_VERIFY(!peer.last(topic).isEmpty());
    QCOMPARE(jsonOf(peer.last(topic)),
             (QJsonObject{{QStringLiteral("value"), 81.5},
                          {QStringLiteral("quality"), QStringLiteral("good")},
                          {QStringLiteral("time"), QStringLiteral("2026-01-01T00:00:00.123Z")},
                          {QStringLiteral("unit"), QStringLiteral("°C")}}));
    test.give(temp, 81.5, Quality::bad(QualityReason::NoConnection));
    QTRY_COMPARE(jsonOf(peer.last(topic)).value(u"quality").toString(), QStringLiteral("bad:no_connection"));
    QCOMPARE(peer.last(QStringLiteral("tagwire/plant/broker/status")), QByteArray("online"));
    // The broker kept it for whoever comes later.
    Peer late(m_broker.port());
    QVERIFY(late.subscribe("tagwire/plant/plc1/#"));
    QTRY_COMPARE(late.got().size(), 1);
    QVERIFY(late.got().first().isRetained);
    test.instance->stop();
    QTRY_COMPARE(peer.last(QStringLiteral("tagwire/plant/broker/status")), QByteArray("offline"));
    for (const auto &each : peer.got()) QVERIFY2(!each.topic.contains(u"plc2"), qPrintable(each.topic));
  }

  void aSiteOfAnyNameIsOneLevel() {
    QCOMPARE(topicLevel(QStringLiteral("Halle 1/a+b#")), QStringLiteral("Halle 1_a_b_"));
    QCOMPARE(topicLevel({}), QStringLiteral("site"));
    MqttCase test;
    test.context.mutableSite().name = QStringLiteral("a/b");
    QVERIFY2(test.make("{\"url\": \"URL\", \"commands\": {\"points\": \"plc1/#\"}}", m_broker.url()),
             qPrintable(test.errors));
    Peer peer(m_broker.port());
    QVERIFY(peer.subscribe("tagwire/a_b/#"));
    test.instance->start();
    QTRY_COMPARE(peer.last(QStringLiteral("tagwire/a_b/broker/status")), QByteArray("online"));
  }

  void bareValuesSayWhenTheyAreBad() {
    MqttCase test;
    const PointId temp = test.declare(QStringLiteral("plc1"), QStringLiteral("t"));
    const PointId word = test.declare(QStringLiteral("plc1"), QStringLiteral("w"), ValueType::Text);
    QVERIFY2(
        test.make(
            "{\"url\": \"URL\", \"version\": \"3.1.1\", \"publish\": {\"points\": \"plc1/#\", \"format\": \"value\", "
            "\"topic\": \"bare/{plugin}.{point}\", \"retain\": false, \"qos\": 2}}",
            m_broker.url()),
        qPrintable(test.errors));
    Peer peer(m_broker.port());
    QVERIFY(peer.subscribe("bare/#"));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    test.give({{temp, {}, {}, 21.25},
               {word, {}, {}, QStringLiteral("on")},
               {temp, Quality::bad(QualityReason::Timeout), {}, 21.25}});
    QTRY_COMPARE(peer.payloads(QStringLiteral("bare/plc1.t")), (QList<QByteArray>{"21.25", "bad:timeout"}));
    QCOMPARE(peer.payloads(QStringLiteral("bare/plc1.w")), QList<QByteArray>{"on"});
  }

  void eventsGoOutByKind() {
    MqttCase test;
    QVERIFY2(
        test.make("{\"url\": \"URL\", \"publish\": {\"points\": \"plc1/#\", \"events\": {\"kinds\": [\"trigger\"]}}}",
                  m_broker.url()),
        qPrintable(test.errors));
    Peer peer(m_broker.port());
    QVERIFY(peer.subscribe("tagwire/plant/events/#"));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    TriggerEvent trigger;
    trigger.triggerName = QStringLiteral("Gate");
    trigger.direction = QStringLiteral("OnEnter");
    test.instance->notify(
        {1, test.context.clock().now(), QStringLiteral("uwb"), SystemEvent{QStringLiteral("x"), {}, {}}});
    test.instance->notify({2, test.context.clock().now(), QStringLiteral("uwb"), trigger});
    QTRY_COMPARE(peer.got().size(), 1);
    QCOMPARE(peer.got().first().topic, QStringLiteral("tagwire/plant/events/trigger"));
    QCOMPARE(jsonOf(peer.got().first().payload).value(u"direction").toString(), QStringLiteral("OnEnter"));
  }

  void messagesBecomePoints() {
    MqttCase test;
    QVERIFY2(test.make("{\"url\": \"URL\", \"max_points\": 4, \"subscribe\": ["
                       "{\"topic\": \"in/+/state\", \"points\": ["
                       "{\"name\": \"{1}/temp\", \"path\": \"values[1].t\", \"time\": \"at\", \"unit\": \"°C\"},"
                       "{\"name\": \"{1}/on\", \"path\": \"on\", \"type\": \"bool\"}]},"
                       "{\"topic\": \"bare/n\", \"points\": [{\"name\": \"n\", \"type\": \"int\"}]}]}",
                       m_broker.url()),
             qPrintable(test.errors));
    QVERIFY(test.find("broker/n") != PointId::None);  // there before any message
    Peer peer(m_broker.port());
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    peer.publish(QStringLiteral("in/a/state"),
                 "{\"values\": [1, {\"t\": 20.5}], \"at\": 1767225600123, \"on\": \"ON\"}");
    peer.publish(QStringLiteral("bare/n"), "42");
    QTRY_COMPARE(test.last("broker/a/temp").value, Value(20.5));
    QCOMPARE(test.last("broker/a/temp").time, fromMilliseconds(1'767'225'600'123));
    QCOMPARE(test.context.points().point(test.find("broker/a/temp"))->unit, QStringLiteral("°C"));
    QCOMPARE(test.last("broker/a/on").value, Value(true));
    QTRY_COMPARE(test.last("broker/n").value, Value(qint64(42)));
    // What does not fit is Bad and counted; what is over the bound is left out and counted.
    peer.publish(QStringLiteral("bare/n"), "many");
    QTRY_COMPARE(test.last("broker/n").quality, Quality::bad(QualityReason::InvalidResponse));
    peer.publish(QStringLiteral("in/b/state"), "{\"values\": [1, {\"t\": 1}], \"on\": true}");
    peer.publish(QStringLiteral("bare/n"), "43");
    QTRY_COMPARE(test.last("broker/n").value, Value(qint64(43)));
    QVERIFY(test.find("broker/b/temp") != PointId::None);
    QVERIFY(test.find("broker/b/on") == PointId::None);
    const auto all = test.context.metrics().all();
    QCOMPARE(all.at("tagwire_mqtt_points_refused_total").front().value, 1.0);
    QCOMPARE(all.at("tagwire_mqtt_messages_misfit_total").front().value, 1.0);
    // The broker goes: nothing is good any more.
    test.instance->stop();
  }

  void messagesBecomePositions() {
    MqttCase test;
    Intake intake;
    test.context.answerWith(&intake);
    QVERIFY2(test.make("{\"url\": \"URL\", \"subscribe\": [{\"topic\": \"uwb/+/pos\", \"fix\": "
                       "{\"tag\": \"{1}\", \"x\": \"p[0]\", \"y\": \"p[1]\", \"battery\": \"b\"}}]}",
                       m_broker.url()),
             qPrintable(test.errors));
    Peer peer(m_broker.port());
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    peer.publish(QStringLiteral("uwb/BAD/pos"), "{\"p\": [1, 2]}");
    peer.publish(QStringLiteral("uwb/SIM1/pos"), "{\"p\": [3.5, 4.5], \"b\": 80}");
    peer.publish(QStringLiteral("uwb/SIM2/pos"), "{\"p\": [3.5]}");
    QTRY_COMPARE(intake.fixes.size(), 2);
    QCOMPARE(intake.fixes[1].fix.tag, QStringLiteral("SIM1"));
    QCOMPARE(intake.fixes[1].x, 3.5);
    QCOMPARE(intake.fixes[1].fix.battery, 80);
    QTRY_COMPARE(test.context.metrics().all().at("tagwire_mqtt_fixes_refused_total").front().value, 1.0);
    QTRY_COMPARE(test.context.metrics().all().at("tagwire_mqtt_messages_misfit_total").front().value, 1.0);
  }

  void whatIsTooLargeIsLeftOut() {
    for (const char *version : {"5", "3.1.1"}) {
      MqttCase test;
      QByteArray json =
          "{\"url\": \"URL\", \"version\": \"V\", \"max_message_bytes\": 1024, \"subscribe\": [{\"topic\": \"big\", "
          "\"points\": [{\"name\": \"t\", \"type\": \"text\"}]}]}";
      QVERIFY2(test.make(json.replace("V\"", QByteArray(version) + '"'), m_broker.url()), qPrintable(test.errors));
      Peer peer(m_broker.port());
      test.instance->start();
      QTRY_COMPARE(test.state, PluginState::Running);
      peer.publish(QStringLiteral("big"), QByteArray(200'000, 'x'));
      peer.publish(QStringLiteral("big"), QByteArray(2000, 'x'));
      peer.publish(QStringLiteral("big"), "small");
      QTRY_COMPARE(test.last("broker/t").value, Value(QStringLiteral("small")));
      QCOMPARE(test.published.size(), 1);
      // MQTT 5: the broker itself holds the first one back.
      const auto all = test.context.metrics().all();
      QCOMPARE(all.at("tagwire_mqtt_messages_oversized_total").front().value, qstrcmp(version, "5") == 0 ? 1.0 : 2.0);
    }
  }

  void commandsComeInForListedPointsOnly() {
    MqttCase test;
    const PointId run = test.declare(QStringLiteral("plc1"), QStringLiteral("pump/run"), ValueType::Bool, true);
    test.declare(QStringLiteral("plc1"), QStringLiteral("secret"), ValueType::Bool, true);
    QVERIFY2(test.make("{\"url\": \"URL\", \"commands\": {\"points\": \"plc1/pump/#\"}}", m_broker.url()),
             qPrintable(test.errors));
    Peer peer(m_broker.port());
    QVERIFY(peer.subscribe("tagwire/plant/commands/#"));
    peer.publish(QStringLiteral("tagwire/plant/set/plc1/pump/run"), "true", true);
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    const QString answers = QStringLiteral("tagwire/plant/commands/plc1/pump/run");
    QTRY_COMPARE(jsonOf(peer.last(answers)).value(u"error").toString(),
                 QStringLiteral("a retained message is no command"));
    peer.publish(QStringLiteral("tagwire/plant/set/plc1/secret"), "true");
    peer.publish(QStringLiteral("tagwire/plant/set/plc1/pump/run"), "7");
    peer.publish(QStringLiteral("tagwire/plant/set/plc1/pump/run"), "{\"value\": true, \"correlation_id\": \"c1\"}");
    QTRY_COMPARE(test.commands.size(), 1);
    QCOMPARE(test.commands.first().point, run);
    QCOMPARE(test.commands.first().value, Value(true));
    QCOMPARE(test.commands.first().correlationId, QStringLiteral("c1"));
    QCOMPARE(test.commands.first().requestedBy, QStringLiteral("mqtt:broker@127.0.0.1"));
    const CommandStatus done{test.commands.first().id, run, CommandState::Succeeded, true, {}};
    test.instance->notify({0, test.context.clock().now(), QStringLiteral("plc1"), done});
    QTRY_COMPARE(jsonOf(peer.last(answers)).value(u"state").toString(), QStringLiteral("succeeded"));
    QCOMPARE(jsonOf(peer.last(answers)).value(u"correlation_id").toString(), QStringLiteral("c1"));
    QVERIFY(peer.payloads(QStringLiteral("tagwire/plant/commands/plc1/secret")).isEmpty());
    peer.publish(QStringLiteral("tagwire/plant/set/plc1/pump/run"), "", true);  // not for the next test
  }

  void whatIsWrongIsSaid_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *name, const char *json, const char *error) {
      QTest::newRow(name) << QByteArray(json) << QString::fromUtf8(error);
    };
    row("nothing to do", "{\"url\": \"mqtt://h\"}", "nothing to do");
    row("password in URL", "{\"url\": \"mqtt://me:pw@h\", \"commands\": {\"points\": \"a/b\"}}",
        "may not hold a password");
    row("scheme", "{\"url\": \"tcp://h:1\", \"commands\": {\"points\": \"a/b\"}}", "mqtt://host:port");
    row("topic name", "{\"url\": \"mqtt://h\", \"publish\": {\"points\": \"a/#\", \"topic\": \"x/{nme}\"}}",
        "\"{nme}\" stands for nothing");
    row("wildcard out", "{\"url\": \"mqtt://h\", \"publish\": {\"points\": \"a/#\", \"topic\": \"x/+\"}}",
        "is no topic");
    row("filter", "{\"url\": \"mqtt://h\", \"subscribe\": [{\"topic\": \"a/#/b\", \"points\": [{\"name\": \"x\"}]}]}",
        "is no pattern");
    row("level", "{\"url\": \"mqtt://h\", \"subscribe\": [{\"topic\": \"a/+\", \"points\": [{\"name\": \"{2}\"}]}]}",
        "subscribe[0].points[0].name");
    row("path",
        "{\"url\": \"mqtt://h\", \"subscribe\": [{\"topic\": \"a\", \"points\": [{\"name\": \"x\", \"path\": "
        "\"a..b\"}]}]}",
        "is no way into JSON");
    row("tls", "{\"url\": \"mqtt://h\", \"tls\": {}, \"commands\": {\"points\": \"a/b\"}}", "mqtts://");
    row("sparkplug", "{\"url\": \"mqtt://h\", \"sparkplug\": {\"role\": \"edge_node\", \"group\": \"a/b\"}}",
        "no Sparkplug id");
    row("both",
        "{\"url\": \"mqtt://h\", \"publish\": {\"points\": \"a/#\"}, \"sparkplug\": {\"role\": \"host\", \"host_id\": "
        "\"h\"}}",
        "a second instance");
    row("unknown", "{\"url\": \"mqtt://h\", \"publih\": {}}", "publih");
  }
  void whatIsWrongIsSaid() {
    QFETCH(QByteArray, json);
    QFETCH(QString, error);
    MqttCase test;
    QVERIFY(!test.make(json, {}));
    QVERIFY2(test.errors.contains(error), qPrintable(test.errors));
    QVERIFY(!test.errors.contains(u"pw"));
  }
};

TAGWIRE_TEST(MqttPlainTest)

}  // namespace mqtt_plain_test

#include "mqtt_plain_test.moc"
