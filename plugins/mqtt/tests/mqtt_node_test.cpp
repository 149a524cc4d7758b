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
  std::unique_ptr<NodePeer> m_peer;  // node takes a second to start: each function has topics of its own

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
    m_peer = std::make_unique<NodePeer>(m_broker.port());
    QTRY_VERIFY(m_peer->isReady);
  }
  void cleanupTestCase() { m_peer.reset(); }

  void itDecodesWhatAnEdgeNodeTells() {
    NodePeer &peer = *m_peer;
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
    NodePeer &peer = *m_peer;
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

  void deathsOfADeviceAndOfTheNode() {
    NodePeer &peer = *m_peer;
    MqttCase test(QStringLiteral("deaths"));
    const PointId temp = test.declare(QStringLiteral("plc1"), QStringLiteral("temp"));
    const PointId run = test.declare(QStringLiteral("plc1"), QStringLiteral("run"), ValueType::Bool);
    const PointId other = test.declare(QStringLiteral("plc2"), QStringLiteral("temp"));
    QVERIFY2(
        test.make("{\"url\": \"URL\", \"sparkplug\": {\"role\": \"edge_node\", \"group\": \"X\", \"node\": \"N\"}}",
                  m_broker.url()),
        qPrintable(test.errors));
    test.context.pointTable().update({{temp, {}, fromMilliseconds(5000), 20.5},
                                      {run, {}, fromMilliseconds(5000), true},
                                      {other, {}, fromMilliseconds(5000), 1.0}});
    test.instance->start();
    QTRY_COMPARE(peer.of("spBv1.0/X/DBIRTH/N/plc2").size(), 1);
    // One point without a connection is a bad value; the device is gone when none has one.
    const auto lose = [&](PointId point, const Value &last) {
      test.give({{point, Quality::bad(QualityReason::NoConnection), test.context.clock().now(), last}});
    };
    lose(temp, 20.5);
    QTRY_COMPARE(peer.of("spBv1.0/X/DDATA/N/plc1").size(), 1);
    lose(run, true);
    QTRY_COMPARE(peer.of("spBv1.0/X/DDEATH/N/plc1").size(), 1);
    QCOMPARE(peer.of("spBv1.0/X/DDATA/N/plc1").size(), 2);
    // What goes on having no connection is no news; a rebirth leaves the device out; the other one is well.
    lose(temp, 20.5);
    peer.publish(
        "{\"topic\": \"spBv1.0/X/NCMD/N\", \"payload\": {\"timestamp\": 1, \"metrics\": [{\"name\": \"Node "
        "Control/Rebirth\", \"type\": \"Boolean\", \"value\": true}]}}");
    QTRY_COMPARE(peer.of("spBv1.0/X/DBIRTH/N/plc2").size(), 2);
    test.give(other, 2.0);
    QTRY_COMPARE(peer.of("spBv1.0/X/DDATA/N/plc2").size(), 1);
    QCOMPARE(peer.of("spBv1.0/X/DBIRTH/N/plc1").size(), 1);
    QCOMPARE(peer.of("spBv1.0/X/DDATA/N/plc1").size(), 2);
    // Its first value brings it back.
    test.give(temp, 21.5);
    QTRY_COMPARE(peer.of("spBv1.0/X/DDATA/N/plc1").size(), 3);
    QCOMPARE(peer.of("spBv1.0/X/DBIRTH/N/plc1").size(), 2);
    QCOMPARE(peer.metrics("spBv1.0/X/DBIRTH/N/plc1")[QStringLiteral("temp")].value(u"value").toDouble(), 21.5);
    QCOMPARE(peer.of("spBv1.0/X/DDEATH/N/plc2").size(), 0);
    // So do an instance that has failed, and its return.
    const InstanceStatus failed{QStringLiteral("plc2"), QStringLiteral("modbus"), PluginState::Failed, {}};
    test.context.setInstances({failed});
    QTRY_COMPARE(peer.of("spBv1.0/X/DDEATH/N/plc2").size(), 1);
    test.context.setInstances({});
    QTRY_COMPARE(peer.of("spBv1.0/X/DBIRTH/N/plc2").size(), 3);

    // All in one sequence, from the last birth of the node on.
    QList<int> sequence;
    for (const QJsonObject &each : peer.got) {
      if (!each.value(u"topic").toString().startsWith(u"spBv1.0/X/")) continue;
      if (each.value(u"topic").toString().contains(u"NBIRTH")) sequence.clear();
      const QJsonValue seq = each.value(u"payload").toObject().value(u"seq");
      if (!seq.isUndefined()) sequence << seq.toInt();
    }
    QList<int> due(sequence.size());
    std::iota(due.begin(), due.end(), 0);
    QCOMPARE(sequence, due);

    // The connection breaks: the broker tells what was left with it.
    mosquitto *thief = mosquitto_new("tagwire-plant-deaths", true, nullptr);
    mosquitto_connect(thief, "127.0.0.1", m_broker.port(), 60);
    QTRY_COMPARE(peer.of("spBv1.0/X/NDEATH/N").size(), 1);
    QCOMPARE(peer.metrics("spBv1.0/X/NDEATH/N")[QStringLiteral("bdSeq")].value(u"value").toInt(-1), 0);
    mosquitto_destroy(thief);
    QTRY_COMPARE(peer.of("spBv1.0/X/NBIRTH/N").size(), 3);
    QCOMPARE(peer.metrics("spBv1.0/X/NBIRTH/N")[QStringLiteral("bdSeq")].value(u"value").toInt(-1), 1);
  }

  void everyScalarTypeBothWays() {
    NodePeer &peer = *m_peer;
    MqttCase test(QStringLiteral("types"));
    QVERIFY2(
        test.make("{\"url\": \"URL\", \"sparkplug\": {\"role\": \"host\", \"host_id\": \"K\", \"groups\": [\"Y\"], "
                  "\"writable\": [\"Y/#\"]}}",
                  m_broker.url()),
        qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(peer.of("spBv1.0/STATE/K").size(), 1);
    struct Case {
      const char *type;
      const char *told;  ///< JSON
      Value value;
      const char *written;  ///< JSON
      Value command;
      std::optional<Value> beyond;
    };
    const auto text = [](const char *utf8) { return Value(QString::fromUtf8(utf8)); };
    const QList<Case> cases{
        {"Int8", "-128", qint64(-128), "127", qint64(127), qint64(128)},
        {"Int16", "-32768", qint64(-32'768), "32767", qint64(32'767), qint64(-32'769)},
        {"Int32", "-2147483648", qint64(-2'147'483'648), "2147483647", qint64(2'147'483'647), qint64(2'147'483'648)},
        {"Int64", "-9007199254740991", qint64(-9'007'199'254'740'991), "-5", qint64(-5), {}},
        {"UInt8", "255", qint64(255), "0", qint64(0), qint64(256)},
        {"UInt16", "65535", qint64(65'535), "40000", qint64(40'000), qint64(-1)},
        {"UInt32", "4294967295", qint64(4'294'967'295), "4000000000", qint64(4'000'000'000), qint64(4'294'967'296)},
        {"UInt64", "9007199254740991", qint64(9'007'199'254'740'991), "7", qint64(7), qint64(-1)},
        {"Float", "1.5", 1.5, "-0.25", -0.25, 1e39},
        {"Double", "0.1", 0.1, "1e+300", 1e300, {}},
        {"Boolean", "true", true, "false", false, {}},
        {"String", "\"gr\u00fcn\"", text("grün"), "\"rot\"", text("rot"), {}},
        {"DateTime", "1700000000000", qint64(1'700'000'000'000), "1700000000001", qint64(1'700'000'000'001),
         qint64(-1)},
        {"Text", "\"long\"", text("long"), "\"longer\"", text("longer"), {}},
        {"UUID", "\"67e55044-10b1-426f-9247-bb680e5fe0c8\"", text("67e55044-10b1-426f-9247-bb680e5fe0c8"),
         "\"00000000-0000-0000-0000-000000000001\"", text("00000000-0000-0000-0000-000000000001"), text("67e5")},
        {"Bytes", "\"AP8=\"", text("AP8="), "\"AAEC\"", text("AAEC"), text("not Base64")}};
    QByteArray metrics;
    for (const Case &each : cases) {
      metrics += QByteArray("{\"name\": \"") + each.type + "\", \"type\": \"" + each.type +
                 "\", \"value\": " + each.told + "}, ";
    }
    metrics +=
        "{\"name\": \"table\", \"type\": \"DataSet\", \"value\": {\"numOfColumns\": 1, \"columns\": [\"a\"], "
        "\"types\": "
        "[\"String\"], \"rows\": [[\"x\"]]}}, {\"name\": \"motor\", \"type\": \"Template\", \"value\": "
        "{\"isDefinition\": "
        "true, "
        "\"metrics\": [], \"parameters\": []}}";
    // Both are left out, counted, and told once with their names.
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(QStringLiteral("metric Y/E/D/table .* no point can hold a DataSet")));
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(QStringLiteral("metric Y/E/D/motor .* no point can hold a Template")));
    QTest::failOnWarning(QRegularExpression(QStringLiteral("Y/E/D")));
    for (const char *qos : {"0", "1"}) {
      peer.publish("{\"topic\": \"spBv1.0/Y/NBIRTH/E\", \"payload\": {\"timestamp\": 1, \"seq\": 0, \"metrics\": []}}");
      peer.publish(QByteArray("{\"topic\": \"spBv1.0/Y/DBIRTH/E/D\", \"qos\": ") + qos +
                   ", \"payload\": {\"timestamp\": 1, \"seq\": 1, \"metrics\": [" + metrics + "]}}");
    }
    const auto misfits = [&] {
      return test.context.metrics().all().at("tagwire_mqtt_messages_misfit_total").front().value;
    };
    QTRY_COMPARE(misfits(), 4.0);
    QVERIFY(test.find("types/Y/E/D/table") == PointId::None && test.find("types/Y/E/D/motor") == PointId::None);
    const auto execute = [&](const Case &each, const Value &value) {
      Command command;
      command.id = QLatin1String(each.type);
      command.point = test.find(qPrintable(QStringLiteral("types/Y/E/D/") + QLatin1String(each.type)));
      command.value = value;
      test.instance->execute(command);
      return std::get<CommandStatus>(test.events.last().body);
    };
    for (const Case &each : cases) {
      const Sample last = test.last(qPrintable(QStringLiteral("types/Y/E/D/") + QLatin1String(each.type)));
      QVERIFY2(last.quality.isGood() && last.value == each.value, each.type);
      if (each.beyond) {
        const auto refused = execute(each, *each.beyond);
        QVERIFY2(refused.state == CommandState::Failed && !refused.error.isEmpty(), each.type);
      }
      QVERIFY2(execute(each, each.command).state == CommandState::Sent, each.type);
    }
    QTRY_COMPARE(peer.of("spBv1.0/Y/DCMD/E/D").size(), cases.size());
    int seq = 1;
    for (qsizetype i = 0; i < cases.size(); ++i) {
      const QJsonObject metric =
          peer.of("spBv1.0/Y/DCMD/E/D")[i].value(u"payload").toObject().value(u"metrics").toArray().first().toObject();
      QCOMPARE(metric.value(u"type").toString(), QLatin1String(cases[i].type));
      const QByteArray due = QByteArray("[") + cases[i].written + "]";
      QCOMPARE(metric.value(u"value"), QJsonDocument::fromJson(due).array().first());
      // Told back by the device, it has succeeded.
      peer.publish(QByteArray("{\"topic\": \"spBv1.0/Y/DDATA/E/D\", \"payload\": {\"timestamp\": 1, \"seq\": ") +
                   QByteArray::number(++seq) + ", \"metrics\": [{\"name\": \"" + cases[i].type + "\", \"type\": \"" +
                   cases[i].type + "\", \"value\": " + cases[i].written + "}]}}");
    }
    const auto succeeded = [&] {
      return std::count_if(test.events.cbegin(), test.events.cend(), [](const Event &each) {
        return std::get<CommandStatus>(each.body).state == CommandState::Succeeded;
      });
    };
    QTRY_COMPARE(succeeded(), cases.size());
  }

  void anEdgeNodeTakesWritesOfEveryType() {
    NodePeer &peer = *m_peer;
    MqttCase test(QStringLiteral("writes"));
    test.declare(QStringLiteral("plc1"), QStringLiteral("int"), ValueType::Int, true);
    test.declare(QStringLiteral("plc1"), QStringLiteral("double"), ValueType::Double, true);
    test.declare(QStringLiteral("plc1"), QStringLiteral("bool"), ValueType::Bool, true);
    test.declare(QStringLiteral("plc1"), QStringLiteral("text"), ValueType::Text, true);
    QVERIFY2(
        test.make("{\"url\": \"URL\", \"commands\": {\"points\": \"plc1/#\"}, \"sparkplug\": {\"role\": \"edge_node\", "
                  "\"group\": \"Z\", \"node\": \"N\"}}",
                  m_broker.url()),
        qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(peer.of("spBv1.0/Z/DBIRTH/N/plc1").size(), 1);
    QList<Value> due;
    for (const auto &[point, type, json, value] :
         std::initializer_list<std::tuple<const char *, const char *, const char *, Value>>{
             {"int", "Int8", "-5", qint64(-5)},
             {"int", "Int16", "-300", qint64(-300)},
             {"int", "Int32", "-70000", qint64(-70'000)},
             {"int", "Int64", "-5000000000", qint64(-5'000'000'000)},
             {"int", "UInt8", "200", qint64(200)},
             {"int", "UInt16", "60000", qint64(60'000)},
             {"int", "UInt32", "4000000000", qint64(4'000'000'000)},
             {"int", "UInt64", "5000000000", qint64(5'000'000'000)},
             {"int", "DateTime", "1700000000000", qint64(1'700'000'000'000)},
             {"double", "Float", "0.5", 0.5},
             {"double", "Double", "0.1", 0.1},
             {"bool", "Boolean", "true", true},
             {"text", "String", "\"a\"", QStringLiteral("a")},
             {"text", "Text", "\"b\"", QStringLiteral("b")},
             {"text", "UUID", "\"67e55044-10b1-426f-9247-bb680e5fe0c8\"",
              QStringLiteral("67e55044-10b1-426f-9247-bb680e5fe0c8")},
             {"text", "Bytes", "\"AP8=\"", QStringLiteral("AP8=")}}) {
      due << value;
      peer.publish(
          QByteArray(
              "{\"topic\": \"spBv1.0/Z/DCMD/N/plc1\", \"payload\": {\"timestamp\": 1, \"metrics\": [{\"name\": \"") +
          point + "\", \"type\": \"" + type + "\", \"value\": " + json + "}]}}");
    }
    QTRY_COMPARE(test.commands.size(), due.size());
    for (qsizetype i = 0; i < due.size(); ++i) QCOMPARE(test.commands[i].value, due[i]);
  }

  void plainMessagesBothWays() {
    NodePeer &peer = *m_peer;
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
