// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QJsonDocument>
#include <QTest>

#include "mqttcase.h"
#include "testprogram.h"

namespace mqtt_node_test {

using namespace tagwire;
using namespace tagwire::mqtt;

/// tests/node/mqtt_peer.mjs: MQTT.js and the Sparkplug library of Eclipse Tahu.
class NodePeer {
 public:
  explicit NodePeer(int port) {
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("TAGWIRE_NODE_PACKAGES"), QStringLiteral(NODE_PACKAGES));
    m_process.setProcessEnvironment(environment);
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process, [this] {
      while (m_process.canReadLine()) {
        const QJsonObject line = QJsonDocument::fromJson(m_process.readLine()).object();
        line.contains(u"ready") ? void(isReady = true) : got.append(line);
      }
    });
    m_process.start(QStringLiteral("node"), {QStringLiteral(NODE_SCRIPTS "/mqtt_peer.mjs"), QString::number(port)});
  }
  ~NodePeer() {
    m_process.closeWriteChannel();
    if (!m_process.waitForFinished(5000)) m_process.kill();
    m_process.waitForFinished(5000);
  }
  void publish(const QByteArray &line) { m_process.write(line + '\n'); }
  QList<QJsonObject> of(const char *topic) const {
    QList<QJsonObject> all;
    for (const QJsonObject &each : got) {
      if (each.value(u"topic").toString() == QLatin1String(topic)) all << each;
    }
    return all;
  }
  /// The metrics of the last message to the topic, by name; where there is none, by "#<alias>".
  QHash<QString, QJsonObject> metrics(const char *topic) const {
    QHash<QString, QJsonObject> all;
    const auto messages = of(topic);
    if (messages.isEmpty()) return all;
    for (const QJsonValue &each : messages.last().value(u"payload").toObject().value(u"metrics").toArray()) {
      const QJsonObject metric = each.toObject();
      const QString name = metric.value(u"name").toString();
      all.insert(name.isEmpty() ? QStringLiteral("#%1").arg(metric.value(u"alias").toInt()) : name, metric);
    }
    return all;
  }

  bool isReady = false;
  QList<QJsonObject> got;

 private:
  QProcess m_process;
};

/// Before libraries that others wrote.
class MqttNodeTest : public QObject {
  Q_OBJECT

  Broker m_broker;

 private Q_SLOTS:
  void initTestCase() {
    QProcess node;
    node.start(QStringLiteral("node"), {QStringLiteral("--version")});
    if (!node.waitForFinished() || !QDir(QStringLiteral(NODE_PACKAGES "/node_modules/sparkplug-payload")).exists()) {
      if (qEnvironmentVariableIsSet("CI"))
        QFAIL("node or its packages are missing: `ctest -R node_packages` brings them");
      QSKIP("node or its packages are missing: `ctest -R node_packages` brings them");
    }
    QVERIFY2(m_broker.start(), qPrintable(m_broker.error()));
  }

  void itDecodesWhatAnEdgeNodeTells() {
    NodePeer peer(m_broker.port());
    QTRY_VERIFY_WITH_TIMEOUT(peer.isReady, 20'000);
    MqttCase test;
    const PointId temp = test.declare(QStringLiteral("plc1"), QStringLiteral("boiler/temp"));
    const PointId count = test.declare(QStringLiteral("plc1"), QStringLiteral("count"), ValueType::Int);
    const PointId word = test.declare(QStringLiteral("plc1"), QStringLiteral("word"), ValueType::Text);
    const PointId run = test.declare(QStringLiteral("plc1"), QStringLiteral("run"), ValueType::Bool, true);
    QVERIFY2(test.make("{\"url\": \"URL\", \"commands\": {\"points\": \"plc1/run\"}, \"sparkplug\": "
                       "{\"role\": \"edge_node\", \"group\": \"G\", \"node\": \"N\", \"points\": \"plc1/#\"}}",
                       m_broker.url()),
             qPrintable(test.errors));
    test.context.pointTable().update(
        {{temp, {}, fromMilliseconds(5000), 20.5}, {word, {}, fromMilliseconds(5000), QStringLiteral("grün")}});
    test.instance->start();
    QTRY_COMPARE(peer.of("spBv1.0/G/DBIRTH/N/plc1").size(), 1);
    QCOMPARE(peer.of("spBv1.0/G/NBIRTH/N").first().value(u"payload").toObject().value(u"seq").toInt(-1), 0);
    const auto node = peer.metrics("spBv1.0/G/NBIRTH/N");
    QCOMPARE(node[QStringLiteral("bdSeq")].value(u"value").toInt(-1), 0);
    QCOMPARE(node[QStringLiteral("Node Control/Rebirth")].value(u"value").toBool(true), false);
    const auto born = peer.metrics("spBv1.0/G/DBIRTH/N/plc1");
    QCOMPARE(born[QStringLiteral("boiler/temp")].value(u"value").toDouble(), 20.5);
    QCOMPARE(born[QStringLiteral("boiler/temp")].value(u"type").toString(), QStringLiteral("Double"));
    QCOMPARE(born[QStringLiteral("boiler/temp")].value(u"timestamp").toInt(), 5000);
    QCOMPARE(born[QStringLiteral("boiler/temp")]
                 .value(u"properties")
                 .toObject()
                 .value(u"Quality")
                 .toObject()
                 .value(u"value")
                 .toInt(),
             192);
    QCOMPARE(born[QStringLiteral("boiler/temp")]
                 .value(u"properties")
                 .toObject()
                 .value(u"engUnit")
                 .toObject()
                 .value(u"value")
                 .toString(),
             QStringLiteral("°C"));
    QCOMPARE(born[QStringLiteral("word")].value(u"value").toString(), QStringLiteral("grün"));
    QCOMPARE(born[QStringLiteral("run")].value(u"type").toString(), QStringLiteral("Boolean"));

    test.give({{count, {}, fromMilliseconds(6000), qint64(-12)},
               {temp, Quality::bad(QualityReason::Timeout), fromMilliseconds(6000), 20.5}});
    QTRY_COMPARE(peer.of("spBv1.0/G/DDATA/N/plc1").size(), 1);
    const auto data = peer.metrics("spBv1.0/G/DDATA/N/plc1");
    const auto byAlias = [&](const char *name) {
      return data.value(QStringLiteral("#%1").arg(born[QLatin1String(name)].value(u"alias").toInt()));
    };
    QCOMPARE(byAlias("count").value(u"value").toInt(), -12);
    QCOMPARE(
        byAlias("boiler/temp").value(u"properties").toObject().value(u"Quality").toObject().value(u"value").toInt(-1),
        0);

    peer.publish(
        "{\"topic\": \"spBv1.0/G/DCMD/N/plc1\", \"payload\": {\"timestamp\": 1, \"metrics\": [{\"name\": \"run\", "
        "\"type\": \"Boolean\", \"value\": true}]}}");
    QTRY_COMPARE(test.commands.size(), 1);
    QCOMPARE(test.commands.first().point, run);
    peer.publish(
        "{\"topic\": \"spBv1.0/G/NCMD/N\", \"payload\": {\"timestamp\": 1, \"metrics\": [{\"name\": \"Node "
        "Control/Rebirth\", \"type\": \"Boolean\", \"value\": true}]}}");
    QTRY_COMPARE(peer.of("spBv1.0/G/DBIRTH/N/plc1").size(), 2);
    QCOMPARE(peer.metrics("spBv1.0/G/DBIRTH/N/plc1")[QStringLiteral("count")].value(u"value").toInt(), -12);
    test.instance->stop();
    QTRY_COMPARE(peer.of("spBv1.0/G/NDEATH/N").size(), 1);
    QCOMPARE(peer.metrics("spBv1.0/G/NDEATH/N")[QStringLiteral("bdSeq")].value(u"value").toInt(-1), 0);
  }

  void aHostDecodesWhatItTells() {
    NodePeer peer(m_broker.port());
    QTRY_VERIFY_WITH_TIMEOUT(peer.isReady, 20'000);
    MqttCase test(QStringLiteral("sp"));
    QVERIFY2(test.make(
                 "{\"url\": \"URL\", \"sparkplug\": {\"role\": \"host\", \"host_id\": \"H\", \"writable\": [\"T/#\"]}}",
                 m_broker.url()),
             qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(peer.of("spBv1.0/STATE/H").size(), 1);
    QVERIFY(peer.of("spBv1.0/STATE/H").first().value(u"text").toString().contains(u"\"online\":true"));
    peer.publish(
        "{\"topic\": \"spBv1.0/T/NBIRTH/E\", \"payload\": {\"timestamp\": 1, \"seq\": 0, \"metrics\": [{\"name\": "
        "\"bdSeq\", \"type\": \"UInt64\", \"value\": 3}]}}");
    peer.publish(
        "{\"topic\": \"spBv1.0/T/DBIRTH/E/D\", \"payload\": {\"timestamp\": 1, \"seq\": 1, \"metrics\": ["
        "{\"name\": \"i8\", \"alias\": 1, \"type\": \"Int8\", \"value\": -5}, {\"name\": \"i32\", \"alias\": 2, "
        "\"type\": \"Int32\", \"value\": -70000},"
        "{\"name\": \"u32\", \"alias\": 3, \"type\": \"UInt32\", \"value\": 4000000000}, {\"name\": \"i64\", "
        "\"alias\": 4, \"type\": \"Int64\", \"value\": 12345678901},"
        "{\"name\": \"f\", \"alias\": 5, \"type\": \"Float\", \"value\": 1.5}, {\"name\": \"b\", \"alias\": 6, "
        "\"type\": \"Boolean\", \"value\": true},"
        "{\"name\": \"s\", \"alias\": 7, \"type\": \"String\", \"value\": \"text\"}]}}");
    QTRY_COMPARE(test.last("sp/T/E/D/s").value, Value(QStringLiteral("text")));
    QCOMPARE(test.last("sp/T/E/D/i8").value, Value(qint64(-5)));
    QCOMPARE(test.last("sp/T/E/D/i32").value, Value(qint64(-70'000)));
    QCOMPARE(test.last("sp/T/E/D/u32").value, Value(qint64(4'000'000'000)));
    QCOMPARE(test.last("sp/T/E/D/i64").value, Value(qint64(12'345'678'901)));
    QCOMPARE(test.last("sp/T/E/D/f").value, Value(1.5));
    QCOMPARE(test.last("sp/T/E/D/b").value, Value(true));
    for (const auto &[name, value] : {std::pair<const char *, Value>{"sp/T/E/D/i32", qint64(-3)},
                                      {"sp/T/E/D/f", 0.5},
                                      {"sp/T/E/D/i64", qint64(-9)}}) {
      Command command;
      command.id = QLatin1String(name);
      command.point = test.find(name);
      command.value = value;
      test.instance->execute(command);
    }
    QTRY_COMPARE(peer.of("spBv1.0/T/DCMD/E/D").size(), 3);
    QList<double> written;
    for (const QJsonObject &each : peer.of("spBv1.0/T/DCMD/E/D")) {
      written << each.value(u"payload")
                     .toObject()
                     .value(u"metrics")
                     .toArray()
                     .first()
                     .toObject()
                     .value(u"value")
                     .toDouble();
    }
    QCOMPARE(written, (QList<double>{-3, 0.5, -9}));
  }

  void plainMessagesBothWays() {
    NodePeer peer(m_broker.port());
    QTRY_VERIFY_WITH_TIMEOUT(peer.isReady, 20'000);
    MqttCase test;
    const PointId temp = test.declare(QStringLiteral("plc1"), QStringLiteral("temp"));
    QVERIFY2(
        test.make("{\"url\": \"URL\", \"publish\": {\"points\": \"plc1/#\", \"format\": \"value\"}, \"subscribe\": "
                  "[{\"topic\": \"js/+\", \"points\": [{\"name\": \"{1}\"}]}]}",
                  m_broker.url()),
        qPrintable(test.errors));
    test.instance->start();
    test.give(temp, 7.25);  // before the connection: history, told by a property of MQTT 5
    QTRY_COMPARE(test.state, PluginState::Running);
    QTRY_COMPARE(peer.of("tagwire/plant/plc1/temp").size(), 2);
    QCOMPARE(peer.of("tagwire/plant/plc1/temp").last().value(u"properties").toObject().value(u"historical").toString(),
             QStringLiteral("true"));
    QCOMPARE(peer.of("tagwire/plant/plc1/temp").last().value(u"text").toString(), QStringLiteral("7.25"));
    peer.publish("{\"topic\": \"js/level\", \"text\": \"3.5\"}");
    QTRY_COMPARE(test.last("broker/level").value, Value(3.5));
  }
};

TAGWIRE_TEST(MqttNodeTest)

}  // namespace mqtt_node_test

#include "mqtt_node_test.moc"
