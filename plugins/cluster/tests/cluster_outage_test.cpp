// SPDX-License-Identifier: Apache-2.0
#include <QTest>
#include <QTimer>

#include "clusternode.h"
#include "memoryhistory.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_outage_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

/// The server or the database is away.
class ClusterOutageTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // What ends in the midst of a flood takes nothing with it: libnats has a message in hand then (EndSubscription).
  void whoStopsWhileMuchComesEndsWell() {
    NatsServer server;
    QVERIFY(server.start());
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url());
    Node edge(QStringLiteral("edge1"), "\"edge\"", server.url());
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", server.url());
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    QTimer flood;
    double value = 0;
    connect(&flood, &QTimer::timeout, this, [&] {
      edge.context->manualClock().advance(1ms);
      edge.give(point, ++value);
    });
    for (Node *node : {&hub, &edge}) node->cluster->start();
    flood.start(0ms);
    for (int round = 0; round < 15; ++round) {
      const qsizetype before = gateway.samples.size();
      gateway.cluster->start();
      QTRY_VERIFY(gateway.samples.size() > before + 50);
      gateway.cluster->stop();
    }
  }

  void nothingIsLostWhileTheServerIsAway() {
    NatsServer server;
    QVERIFY(server.start());
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url(), "\"history\":\"history\"");
    MemoryHistory history;
    hub.context->addInstance(QStringLiteral("history"), QStringLiteral("sql"), &history);
    hub.cluster->start();
    Node edge(QStringLiteral("edge1"), "\"edge\"", server.url());
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    edge.cluster->start();
    give(edge, point, 0, 100);
    QTRY_COMPARE(history.numbers.size(), 100);
    server.kill();
    QTRY_COMPARE(edge.state, PluginState::Degraded);
    give(edge, point, 100, 100);
    edge.cluster->stop();  // and its program ends meanwhile
    Node again(QStringLiteral("edge1"), "\"edge\"", server.url(), {}, edge.context);
    again.cluster->start();
    give(again, point, 200, 100);
    QVERIFY(server.start());
    QTRY_COMPARE(history.numbers.size(), 300);
    QList<double> wanted;
    for (int i = 0; i < 300; ++i) wanted << i;
    QCOMPARE(history.numbers, wanted);  // in order, each once
    QTRY_COMPARE(hub.samples.size(), 300);
  }

  void aBatchIsAcknowledgedOnlyWhenItIsStored() {
    NatsServer server;
    QVERIFY(server.start());
    Node edge(QStringLiteral("edge1"), "\"edge\"", server.url());
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    edge.cluster->start();
    MemoryHistory history;
    history.isDown = true;
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url(), "\"history\":\"history\"");
    hub.context->addInstance(QStringLiteral("history"), QStringLiteral("sql"), &history);
    hub.cluster->start();
    give(edge, point, 0, 20);
    QTRY_VERIFY(history.asked >= 2);
    QCOMPARE(hub.state, PluginState::Degraded);
    QVERIFY2(hub.text.contains(QStringLiteral("the database is away")), qPrintable(hub.text));
    history.isDown = false;
    QTRY_COMPARE(history.numbers.size(), 20);
    QTRY_COMPARE(hub.state, PluginState::Running);
  }
};

TAGWIRE_TEST(ClusterOutageTest)

}  // namespace cluster_outage_test

#include "cluster_outage_test.moc"
