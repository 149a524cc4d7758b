// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clusternode.h"
#include "memoryhistory.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_link_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

class ClusterLinkTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatAnEdgeHasIsOnTheGatewayUnderItsName() {
    NatsServer server;
    QVERIFY2(server.start(), qPrintable(server.output()));
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url());
    hub.cluster->start();
    QTRY_COMPARE(hub.state, PluginState::Running);
    Node edge(QStringLiteral("edge1"), "\"edge\"", server.url());
    edge.cluster->start();
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", server.url());
    gateway.cluster->start();
    QTRY_COMPARE(gateway.state, PluginState::Running);
    const PointId temp = edge.declare(
        QStringLiteral("plc1"), {.name = QStringLiteral("boiler/temp"), .unit = QStringLiteral("K"), .writable = true});
    give(edge, temp, 10, 50);
    QTRY_COMPARE(gateway.lastOf(QStringLiteral("plc1/boiler/temp")), Value(59.0));
    QTRY_COMPARE(gateway.samples.size(), 50);
    QTRY_COMPARE(hub.samples.size(), 50);
    QTRY_COMPARE(edge.state, PluginState::Running);
    QVERIFY2(edge.text.isEmpty(), qPrintable(edge.text));

    AlarmTransition alarm;
    alarm.ruleId = 77;
    alarm.state = AlarmState::Alarm;
    alarm.point = temp;
    edge.cluster->notify({5, edge.context->clock().now(), QStringLiteral("alarms"), alarm});
    QTRY_COMPARE(gateway.events.size(), 1);
    const auto &got = std::get<AlarmTransition>(gateway.events[0].body);
    QCOMPARE(got.ruleId, 77);
    QCOMPARE(got.point, gateway.find(QStringLiteral("plc1/boiler/temp")));
    QCOMPARE(gateway.events[0].source, QStringLiteral("alarms"));

    // One that comes later begins with the last values; what an edge says of its points is there as well.
    Node late(QStringLiteral("gateway2"), "\"gateway\"", server.url(), "\"names\":\"with_site\"");
    late.cluster->start();
    QTRY_COMPARE(late.lastOf(QStringLiteral("plant1/plc1/boiler/temp")), Value(59.0));
    const auto point = late.context->points().point(late.find(QStringLiteral("plant1/plc1/boiler/temp")));
    QCOMPARE(point->unit, QStringLiteral("K"));
    QVERIFY(point->writable);
  }

  void whatComesLateIsHistorical() {
    NatsServer server;
    QVERIFY(server.start());
    Node edge(QStringLiteral("edge1"), "\"edge\"", server.url());
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    edge.cluster->start();
    MemoryHistory history;
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url(), "\"history\":\"history\"");
    hub.context->addInstance(QStringLiteral("history"), QStringLiteral("sql"), &history);
    give(edge, point, 0, 20);
    hub.context->manualClock().advance(1h);
    hub.cluster->start();
    QTRY_COMPARE(history.numbers.size(), 20);
    QCOMPARE(history.historical, 20);
  }
};

TAGWIRE_TEST(ClusterLinkTest)

}  // namespace cluster_link_test

#include "cluster_link_test.moc"
