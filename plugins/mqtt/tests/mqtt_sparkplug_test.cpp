// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "mqttcase.h"
#include "sparkplug/metric.h"
#include "testprogram.h"

namespace mqtt_sparkplug_test {

using namespace tagwire;
using namespace tagwire::mqtt;

/// The edge node and the host application, over a real broker.
class MqttSparkplugTest : public QObject {
  Q_OBJECT

  static QByteArray edge(const QByteArray &more = {}, const QByteArray &outer = {}) {
    return "{\"url\": \"URL\", \"keep_alive_ms\": 5000, \"sparkplug\": {\"role\": \"edge_node\", \"group\": \"G\", "
           "\"node\": \"N\", "
           "\"points\": \"plc1/#\"" +
           more + "}" + outer + "}";
  }
  static QByteArray host(const QByteArray &more = {}) {
    return "{\"url\": \"URL\", \"sparkplug\": {\"role\": \"host\", \"host_id\": \"H\"" + more + "}}";
  }
  static SparkplugPayload parse(const QByteArray &payload) { return payloadFrom(payload).value_or(SparkplugPayload()); }
  static QStringList kinds(const Peer &peer) {
    QStringList all;
    for (const auto &each : peer.got()) all << each.topic.section(u'/', 2, 2);
    return all;
  }
  static const Metric *metric(const SparkplugPayload &payload, const char *name) {
    for (const Metric &each : payload.metrics()) {
      if (each.name() == name) return &each;
    }
    return nullptr;
  }
  static void send(Peer &peer, const char *topic, const std::function<void(SparkplugPayload &)> &fill, int seq) {
    SparkplugPayload payload;
    payload.set_timestamp(1000);
    if (seq >= 0) payload.set_seq(static_cast<quint64>(seq));
    fill(payload);
    peer.publish(QLatin1String(topic), bytesOf(payload), false, 0);
  }
  static Metric *add(SparkplugPayload &payload, const char *name, quint64 alias, DataType type) {
    Metric *metric = payload.add_metrics();
    if (name) metric->set_name(name);
    metric->set_alias(alias);
    metric->set_datatype(static_cast<quint32>(type));
    return metric;
  }
  double figure(MqttCase &test, const char *name) { return test.context.metrics().all().at(name).front().value; }

 private Q_SLOTS:
  void anEdgeNodeIsBornAndTells() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("spBv1.0/#"));
    MqttCase test;
    const PointId temp = test.declare(QStringLiteral("plc1"), QStringLiteral("boiler/temp"));
    const PointId run = test.declare(QStringLiteral("plc1"), QStringLiteral("run"), ValueType::Bool, true);
    QVERIFY2(test.make(edge({}, ", \"commands\": {\"points\": \"plc1/run\"}"), broker.url()), qPrintable(test.errors));
    test.context.pointTable().update({{temp, {}, fromMilliseconds(5000), 20.5}});
    test.instance->start();
    QTRY_COMPARE(kinds(peer), (QStringList{QStringLiteral("NBIRTH"), QStringLiteral("DBIRTH")}));
    const auto nbirth = parse(peer.got()[0].payload);
    QCOMPARE(nbirth.seq(), 0ULL);
    QVERIFY(metric(nbirth, bdSeqName) && metric(nbirth, bdSeqName)->long_value() == 0);
    QVERIFY(metric(nbirth, rebirthName) && !metric(nbirth, rebirthName)->boolean_value());
    QCOMPARE(peer.got()[1].topic, QStringLiteral("spBv1.0/G/DBIRTH/N/plc1"));
    const auto dbirth = parse(peer.got()[1].payload);
    QCOMPARE(dbirth.seq(), 1ULL);
    const Metric *born = metric(dbirth, "boiler/temp");
    QVERIFY(born);
    QCOMPARE(born->double_value(), 20.5);
    QCOMPARE(born->timestamp(), 5000ULL);
    QCOMPARE(DataType(born->datatype()), DataType::Double);
    QVERIFY(metric(dbirth, "run")->is_null());

    test.give({{temp, {}, fromMilliseconds(6000), 21.5},
               {temp, Quality::bad(QualityReason::Timeout), fromMilliseconds(7000), 21.5}});
    QTRY_COMPARE(peer.got().size(), 3);
    const auto data = parse(peer.got()[2].payload);
    QCOMPARE(data.seq(), 2ULL);
    QCOMPARE(data.metrics_size(), 2);
    QVERIFY(!data.metrics(0).has_name() && data.metrics(0).alias() == born->alias());
    QCOMPARE(data.metrics(0).double_value(), 21.5);
    QVERIFY(!data.metrics(0).is_historical());
    QCOMPARE(qualityOf(data.metrics(1)).level, QualityLevel::Bad);

    // A point that comes later is born before it has data.
    const PointId late = test.declare(QStringLiteral("plc1"), QStringLiteral("late"), ValueType::Int);
    test.give(late, qint64(-7));
    QTRY_COMPARE(kinds(peer).sliced(3), (QStringList{QStringLiteral("DBIRTH"), QStringLiteral("DDATA")}));
    QCOMPARE(parse(peer.got()[4].payload).seq(), 4ULL);
    QCOMPARE(static_cast<qint64>(parse(peer.got()[4].payload).metrics(0).long_value()), -7);

    // Rebirth, and a write of the one point that may be.
    send(
        peer, "spBv1.0/G/NCMD/N",
        [](SparkplugPayload &payload) { add(payload, rebirthName, 0, DataType::Boolean)->set_boolean_value(true); },
        -1);
    QTRY_COMPARE(kinds(peer).filter(QStringLiteral("BIRTH")).size(), 5);
    const quint64 alias = metric(dbirth, "run")->alias();
    send(
        peer, "spBv1.0/G/DCMD/N/plc1",
        [&](SparkplugPayload &payload) { add(payload, nullptr, alias, DataType::Boolean)->set_boolean_value(true); },
        -1);
    send(
        peer, "spBv1.0/G/DCMD/N/plc1",
        [&](SparkplugPayload &payload) { add(payload, "boiler/temp", 0, DataType::Double)->set_double_value(3); }, -1);
    QTRY_COMPARE(test.commands.size(), 1);
    QCOMPARE(test.commands.first().point, run);
    QCOMPARE(test.commands.first().value, Value(true));
    QTRY_COMPARE(figure(test, "tagwire_mqtt_commands_refused_total"), 1.0);

    test.instance->stop();
    QTRY_COMPARE(kinds(peer).last(), QStringLiteral("NDEATH"));
    QCOMPARE(metric(parse(peer.got().last().payload), bdSeqName)->long_value(), 0ULL);
    test.instance->start();
    QTRY_COMPARE(kinds(peer).filter(QStringLiteral("NBIRTH")).size(), 3);
    for (const auto &each : peer.got()) {
      if (each.topic.contains(u"NBIRTH")) QCOMPARE(parse(each.payload).seq(), 0ULL);
    }
    const auto again = parse(peer.payloads(QStringLiteral("spBv1.0/G/NBIRTH/N")).last());
    QCOMPARE(metric(again, bdSeqName)->long_value(), 1ULL);  // kept over the restart
  }

  void theSequenceGoesRound() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("spBv1.0/#"));
    MqttCase test;
    const PointId one = test.declare(QStringLiteral("plc1"), QStringLiteral("n"), ValueType::Int);
    QVERIFY2(test.make(edge(), broker.url()), qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(peer.got().size(), 2);
    for (int i = 0; i < 300; ++i) {
      const auto before = peer.got().size();
      test.give(one, qint64(i));
      // QTRY_VERIFY looks only every 50 ms.
      const QDeadlineTimer deadline(10'000);
      while (peer.got().size() == before && !deadline.hasExpired())
        QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
      QVERIFY(peer.got().size() > before);
    }
    for (qsizetype i = 0; i < peer.got().size(); ++i) QCOMPARE(parse(peer.got()[i].payload).seq(), quint64(i % 256));
  }

  void theWillIsTheDeathOfTheSameBdSeq() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("spBv1.0/#"));
    auto test = std::make_unique<MqttCase>();
    test->declare(QStringLiteral("plc1"), QStringLiteral("n"));
    QVERIFY(test->make(edge(), broker.url()));
    test->instance->start();
    QTRY_COMPARE(peer.got().size(), 2);
    // Another client takes our place: the broker throws us out, and publishes what we left with it.
    mosquitto *thief = mosquitto_new("tagwire-plant-broker", true, nullptr);
    mosquitto_connect(thief, "127.0.0.1", broker.port(), 60);
    QTRY_COMPARE(kinds(peer).value(2), QStringLiteral("NDEATH"));
    QCOMPARE(metric(parse(peer.got()[2].payload), bdSeqName)->long_value(), 0ULL);
    mosquitto_destroy(thief);
    QTRY_COMPARE(kinds(peer).filter(QStringLiteral("NBIRTH")).size(), 2);
    QCOMPARE(metric(parse(peer.payloads(QStringLiteral("spBv1.0/G/NBIRTH/N")).last()), bdSeqName)->long_value(), 1ULL);
  }

  void itWaitsForThePrimaryHost() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("spBv1.0/G/#"));
    MqttCase test;
    const PointId one = test.declare(QStringLiteral("plc1"), QStringLiteral("n"), ValueType::Int);
    QVERIFY(test.make(edge(", \"primary_host\": \"H\""), broker.url()));
    test.instance->start();
    QTRY_COMPARE(figure(test, "tagwire_mqtt_connected"), 1.0);
    QTRY_COMPARE(test.state, PluginState::Degraded);
    test.give(one, qint64(1));
    QTRY_COMPARE(test.written, 1);
    test.give(one, qint64(2));
    QTRY_COMPARE(test.written, 2);
    QVERIFY(peer.got().isEmpty());
    peer.publish(QStringLiteral("spBv1.0/STATE/H"), statePayload(true, 100), true);
    QTRY_COMPARE(kinds(peer),
                 (QStringList{QStringLiteral("NBIRTH"), QStringLiteral("DBIRTH"), QStringLiteral("DDATA")}));
    QTRY_COMPARE(test.state, PluginState::Running);
    const auto late = parse(peer.got()[2].payload);
    QCOMPARE(late.metrics_size(), 2);
    QVERIFY(late.metrics(0).is_historical() && late.metrics(1).is_historical());
    QCOMPARE(late.metrics(0).long_value(), 1ULL);
    test.give(one, qint64(3));
    QTRY_COMPARE(kinds(peer).size(), 4);
    QVERIFY(!parse(peer.got()[3].payload).metrics(0).is_historical());
    // An offline of an earlier time is none.
    peer.publish(QStringLiteral("spBv1.0/STATE/H"), statePayload(false, 50), true);
    peer.publish(QStringLiteral("spBv1.0/STATE/H"), statePayload(false, 200), true);
    QTRY_COMPARE(kinds(peer).value(4), QStringLiteral("NDEATH"));
    test.give(one, qint64(4));
    QTRY_COMPARE(figure(test, "tagwire_mqtt_connected"), 1.0);
    peer.publish(QStringLiteral("spBv1.0/STATE/H"), statePayload(true, 300), true);
    QTRY_COMPARE(kinds(peer).sliced(5),
                 (QStringList{QStringLiteral("NBIRTH"), QStringLiteral("DBIRTH"), QStringLiteral("DDATA")}));
    QVERIFY(parse(peer.got().last().payload).metrics(0).is_historical());
  }

  void aHostMakesPointsOfMetrics() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("spBv1.0/#"));
    MqttCase test(QStringLiteral("sp"));
    QVERIFY2(test.make(host(", \"writable\": [\"G/N/D/set\", \"G/N/uptime\"]"), broker.url()), qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    QTRY_VERIFY(HostState::fromPayload(peer.last(QStringLiteral("spBv1.0/STATE/H"))).value_or(HostState()).isOnline);
    // A will of an earlier connection comes late: it says again that it is there.
    peer.publish(QStringLiteral("spBv1.0/STATE/H"), statePayload(false, 5), true);
    QTRY_VERIFY(peer.payloads(QStringLiteral("spBv1.0/STATE/H")).size() >= 3);
    QTRY_VERIFY(HostState::fromPayload(peer.last(QStringLiteral("spBv1.0/STATE/H"))).value_or(HostState()).isOnline);
    // Data before any birth: it asks for one, once.
    send(
        peer, "spBv1.0/G/DDATA/N/D",
        [](SparkplugPayload &payload) { add(payload, nullptr, 7, DataType::Int32)->set_int_value(1); }, 3);
    send(
        peer, "spBv1.0/G/DDATA/N/D",
        [](SparkplugPayload &payload) { add(payload, nullptr, 7, DataType::Int32)->set_int_value(1); }, 4);
    QTRY_COMPARE(peer.payloads(QStringLiteral("spBv1.0/G/NCMD/N")).size(), 1);
    QVERIFY(metric(parse(peer.last(QStringLiteral("spBv1.0/G/NCMD/N"))), rebirthName)->boolean_value());

    send(
        peer, "spBv1.0/G/NBIRTH/N",
        [](SparkplugPayload &payload) {
          add(payload, bdSeqName, 0, DataType::Int64)->set_long_value(9);
          add(payload, "uptime", 1, DataType::UInt32)->set_int_value(4'000'000'000U);
        },
        0);
    send(
        peer, "spBv1.0/G/DBIRTH/N/D",
        [](SparkplugPayload &payload) {
          add(payload, "level", 7, DataType::Int32)->set_int_value(static_cast<quint32>(-5));
          add(payload, "set", 8, DataType::Float)->set_float_value(1.5F);
          add(payload, "name", 9, DataType::String)->set_string_value("pump");
          add(payload, "table", 10, DataType(16))->set_bytes_value("x");
        },
        1);
    QTRY_COMPARE(test.last("sp/G/N/D/level").value, Value(qint64(-5)));
    QCOMPARE(test.last("sp/G/N/uptime").value, Value(qint64(4'000'000'000)));
    QCOMPARE(test.last("sp/G/N/D/name").value, Value(QStringLiteral("pump")));
    QCOMPARE(test.last("sp/G/N/D/set").value, Value(1.5));
    QVERIFY(test.find("sp/G/N/D/table") == PointId::None && test.find("sp/G/N/bdSeq") == PointId::None);
    QVERIFY(!test.context.points().point(test.find("sp/G/N/D/level"))->writable);

    send(
        peer, "spBv1.0/G/DDATA/N/D",
        [](SparkplugPayload &payload) {
          Metric *old = add(payload, nullptr, 7, DataType::Int32);
          old->set_is_historical(true);
          old->set_int_value(99);
          add(payload, nullptr, 7, DataType::Int32)->set_int_value(6);
        },
        2);
    QTRY_COMPARE(test.last("sp/G/N/D/level").value, Value(qint64(6)));
    QCOMPARE(figure(test, "tagwire_mqtt_sparkplug_historical_total"), 1.0);
    // A message is missing.
    send(
        peer, "spBv1.0/G/DDATA/N/D",
        [](SparkplugPayload &payload) { add(payload, nullptr, 7, DataType::Int32)->set_int_value(8); }, 4);
    QTRY_COMPARE(figure(test, "tagwire_mqtt_sparkplug_gaps_total"), 1.0);
    QTRY_COMPARE(test.last("sp/G/N/D/level").value, Value(qint64(8)));

    // A write, confirmed by the value that comes back.
    const PointId set = test.find("sp/G/N/D/set");
    QVERIFY(test.context.points().point(set)->writable);
    Command command;
    command.id = QStringLiteral("c1");
    command.point = set;
    command.value = 2.5;
    test.instance->execute(command);
    QTRY_COMPARE(peer.payloads(QStringLiteral("spBv1.0/G/DCMD/N/D")).size(), 1);
    const auto written = parse(peer.last(QStringLiteral("spBv1.0/G/DCMD/N/D")));
    QCOMPARE(written.metrics(0).name(), std::string("set"));
    QCOMPARE(written.metrics(0).float_value(), 2.5F);
    QCOMPARE(std::get<CommandStatus>(test.events.last().body).state, CommandState::Sent);
    send(
        peer, "spBv1.0/G/DDATA/N/D",
        [](SparkplugPayload &payload) { add(payload, nullptr, 8, DataType::Float)->set_float_value(2.5F); }, 5);
    QTRY_COMPARE(std::get<CommandStatus>(test.events.last().body).state, CommandState::Succeeded);

    // An edge node that tells a UInt32 as 32 bits gets it so.
    command.id = QStringLiteral("c2");
    command.point = test.find("sp/G/N/uptime");
    command.value = qint64(3'000'000'000);
    test.instance->execute(command);
    QTRY_VERIFY(parse(peer.last(QStringLiteral("spBv1.0/G/NCMD/N"))).metrics(0).name() == "uptime");
    QCOMPARE(parse(peer.last(QStringLiteral("spBv1.0/G/NCMD/N"))).metrics(0).int_value(), 3'000'000'000U);

    // Deaths: that of an earlier connection is none.
    const auto die = [](quint64 bdSeq) {
      return [bdSeq](SparkplugPayload &payload) { add(payload, bdSeqName, 0, DataType::Int64)->set_long_value(bdSeq); };
    };
    send(peer, "spBv1.0/G/NDEATH/N", die(8), -1);
    send(
        peer, "spBv1.0/G/DDATA/N/D",
        [](SparkplugPayload &payload) { add(payload, nullptr, 7, DataType::Int32)->set_int_value(10); }, 6);
    QTRY_COMPARE(test.last("sp/G/N/D/level").value, Value(qint64(10)));
    QVERIFY(test.last("sp/G/N/D/level").quality.isGood());
    send(
        peer, "spBv1.0/G/DDEATH/N/D", [](SparkplugPayload &) {}, 7);
    QTRY_COMPARE(test.last("sp/G/N/D/level").quality, Quality::bad(QualityReason::Disconnected));
    QVERIFY(test.last("sp/G/N/uptime").quality.isGood());
    send(peer, "spBv1.0/G/NDEATH/N", die(9), -1);
    QTRY_COMPARE(test.last("sp/G/N/uptime").quality, Quality::bad(QualityReason::Disconnected));
    test.instance->execute(command);
    QCOMPARE(std::get<CommandStatus>(test.events.last().body).state, CommandState::Failed);
    test.instance->stop();
    QTRY_VERIFY(!HostState::fromPayload(peer.last(QStringLiteral("spBv1.0/STATE/H"))).value().isOnline);
  }

  void edgeAndHostOverABrokerThatDies() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    MqttCase scada(QStringLiteral("sp"));
    QVERIFY2(scada.make(host(", \"historical\": true"), broker.url()), qPrintable(scada.errors));
    scada.instance->start();
    QTRY_COMPARE(scada.state, PluginState::Running);
    MqttCase site(QStringLiteral("edge"));
    const PointId one = site.declare(QStringLiteral("plc1"), QStringLiteral("n"), ValueType::Int);
    QVERIFY(site.make(edge(", \"primary_host\": \"H\""), broker.url()));
    site.instance->start();
    QTRY_COMPARE(site.state, PluginState::Running);
    site.give(one, qint64(1));
    QTRY_COMPARE(scada.last("sp/G/N/plc1/n").value, Value(qint64(1)));
    broker.kill();
    QTRY_COMPARE(scada.last("sp/G/N/plc1/n").quality, Quality::bad(QualityReason::NoConnection));
    QTRY_COMPARE(site.state, PluginState::Degraded);
    for (int i = 2; i < 100; ++i) site.give(one, qint64(i));
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    QTRY_COMPARE(scada.last("sp/G/N/plc1/n").value, Value(qint64(99)));
    const auto seen = [&] {
      QSet<qint64> values;
      for (const Sample &sample : scada.published) {
        if (sample.quality.isGood()) values.insert(std::get<qint64>(sample.value));
      }
      return values.size();
    };
    QTRY_COMPARE(seen(), 99);
  }
};

TAGWIRE_TEST(MqttSparkplugTest)

}  // namespace mqtt_sparkplug_test

#include "mqtt_sparkplug_test.moc"
