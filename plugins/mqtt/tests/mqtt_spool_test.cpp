// SPDX-License-Identifier: Apache-2.0
#include <QJsonDocument>
#include <QTest>

#include "mqttcase.h"
#include "testprogram.h"

namespace mqtt_spool_test {

using namespace tagwire;
using namespace tagwire::mqtt;

#ifndef TAGWIRE_LONG
constexpr int rounds = 3;
constexpr int samplesARound = 300;
#else
constexpr int rounds = 30;
constexpr int samplesARound = 2000;
#endif

/// What was accepted gets to the broker, in order, whatever happens to it.
class MqttSpoolTest : public QObject {
  Q_OBJECT

  static QByteArray config() {
    return "{\"url\": \"URL\", \"keep_alive_ms\": 5000, \"ack_timeout_ms\": 1000, \"connect_timeout_ms\": 1000, "
           "\"max_messages_out_per_s\": 0, \"max_in_flight\": 500, \"publish\": {\"points\": \"plc1/#\"}}";
  }
  static QList<int> numbers(const QList<QByteArray> &payloads, bool historical) {
    QList<int> all;
    for (const QByteArray &each : payloads) {
      const QJsonObject json = QJsonDocument::fromJson(each).object();
      if (json.contains(u"historical") == historical) all << json.value(u"value").toInt();
    }
    return all;
  }

 private Q_SLOTS:
  void whatWaitedComesInOrderAndMarked() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    broker.kill();
    MqttCase test;
    const PointId point = test.declare(QStringLiteral("plc1"), QStringLiteral("n"), ValueType::Int);
    QVERIFY2(test.make(config(), broker.url()), qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Degraded);
    for (int i = 0; i < samplesARound; ++i) test.give(point, qint64(i));
    QTRY_VERIFY(test.written > 0);
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("tagwire/plant/plc1/n"));
    QTRY_COMPARE(test.state, PluginState::Running);
    const QString topic = QStringLiteral("tagwire/plant/plc1/n");
    QTRY_COMPARE(numbers(peer.payloads(topic), true).size(), samplesARound);
    QList<int> due(samplesARound);
    std::iota(due.begin(), due.end(), 0);
    QCOMPARE(numbers(peer.payloads(topic), true), due);
    QCOMPARE(numbers(peer.payloads(topic), false), QList<int>{samplesARound - 1});  // the last value, first of all
    test.give(point, qint64(samplesARound));
    QTRY_COMPARE(numbers(peer.payloads(topic), false).last(), samplesARound);
    // What the broker keeps is the newest, not what came late.
    Peer late(broker.port());
    QVERIFY(late.subscribe("tagwire/plant/plc1/n"));
    QTRY_COMPARE(numbers(late.payloads(topic), false), QList<int>{samplesARound});
  }

  void aRestartOfTheProgramLosesNothing() {
    Broker broker;
    MqttCase test;
    const PointId point = test.declare(QStringLiteral("plc1"), QStringLiteral("n"), ValueType::Int);
    QVERIFY2(test.make(config(), broker.url()), qPrintable(test.errors));
    test.instance->start();
    for (int i = 0; i < 50; ++i) test.give(point, qint64(i));
    test.instance->stop();
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Peer peer(broker.port());
    QVERIFY(peer.subscribe("tagwire/plant/plc1/n"));
    test.instance->start();
    QTRY_COMPARE(numbers(peer.payloads(QStringLiteral("tagwire/plant/plc1/n")), true).size(), 50);
  }

  void killedFrozenAndBack() {
    Broker broker;
    broker.configure("max_queued_messages 0\n");
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    MqttCase test;
    const PointId point = test.declare(QStringLiteral("plc1"), QStringLiteral("n"), ValueType::Int);
    QVERIFY2(test.make(config(), broker.url()), qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    // By QoS 0 the broker keeps nothing for the subscriber: what it has acknowledged to us it has sent.
    const QString topic = QStringLiteral("tagwire/plant/plc1/n");
    QSet<int> seen;
    const auto note = [&](const Peer &peer) {
      const auto payloads = peer.payloads(topic);
      for (const QByteArray &each : payloads)
        seen.insert(QJsonDocument::fromJson(each).object().value(u"value").toInt());
    };
    const auto hasLast = [&](const Peer &peer, int last) { return numbers(peer.payloads(topic), true).contains(last); };
    int next = 0;
    const auto giveMore = [&] {
      for (int i = 0; i < samplesARound; ++i) test.give(point, qint64(next++));
    };
    for (int round = 0; round < rounds; ++round) {
      Peer peer(broker.port());
      QVERIFY(peer.subscribe("tagwire/plant/plc1/n", 0));
      giveMore();
      QTRY_VERIFY(!peer.got().isEmpty());
      if (round % 3 == 2) {
        broker.freeze();
        giveMore();
        QTRY_COMPARE(test.state, PluginState::Degraded);  // it acknowledges nothing
        broker.thaw();
        QTRY_VERIFY_WITH_TIMEOUT(hasLast(peer, next - 1), 60'000);
        note(peer);
        continue;
      }
      broker.kill();
      giveMore();
      QTRY_VERIFY(peer.isOver() && test.state == PluginState::Degraded);
      note(peer);
      QVERIFY2(broker.start(), qPrintable(broker.error()));
      Peer again(broker.port());
      QVERIFY(again.subscribe("tagwire/plant/plc1/n", 0));
      QTRY_VERIFY_WITH_TIMEOUT(hasLast(again, next - 1), 60'000);
      note(again);
    }
    QCOMPARE(seen.size(), next);
  }
};

TAGWIRE_TEST(MqttSpoolTest)

}  // namespace mqtt_spool_test

#include "mqtt_spool_test.moc"
