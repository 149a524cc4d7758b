// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clusternode.h"
#include "memoryhistory.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_leaf_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

/// An edge site with a NATS server of its own, whose stream the hub's stream takes in.
class ClusterLeafTest : public QObject {
  Q_OBJECT
 private:
  static void give(Node &node, PointId point, double value, int times) {
    for (int i = 0; i < times; ++i) {
      node.context->manualClock().advance(1ms);
      const Samples samples{{point, Quality::good(), node.context->clock().now(), value + i}};
      node.context->pointTable().update(samples);
      const int before = node.written;
      node.cluster->write(samples);
      QTRY_COMPARE(node.written, before + 1);
    }
  }

 private Q_SLOTS:
  void whatTheSiteHadWhileItsLineWasAwayComesInOrder() {
    const QByteArray leafPort = QByteArray::number(unusedPort());
    TcpGate line(leafPort.toUShort());
    // advertise: else the leaf node would learn of the port behind the line.
    NatsServer center("leafnodes { advertise: \"127.0.0.1:" + QByteArray::number(line.port()) +
                      "\", listen: 127.0.0.1:" + leafPort + " }");
    QVERIFY2(center.start(), qPrintable(center.output()));
    // Its own stream takes them, and nothing else crosses but by the hub's stream (packaging/nats/leaf.conf).
    const QByteArray own = "[ \"tw.*.samples.*\", \"tw.*.events.*\", \"$KV.>\" ]";
    NatsServer leaf(
        "leafnodes { reconnect: 1, remotes: [ { urls: [ \"nats://127.0.0.1:" + QByteArray::number(line.port()) +
            "\" ], deny_exports: " + own + ", deny_imports: " + own + " } ] }",
        "site1");
    QVERIFY2(leaf.start(), qPrintable(leaf.output()));

    MemoryHistory history;
    Node hub(QStringLiteral("hub1"), "\"hub\"", center.url(),
             "\"history\":\"history\",\"stream\":{\"max_mb\":64,\"sources\":[\"site1\"]}");
    hub.context->addInstance(QStringLiteral("history"), QStringLiteral("sql"), &history);
    Node edge(QStringLiteral("edge1"), "\"edge\"", leaf.url(), "\"stream\":{\"max_mb\":64,\"domain\":\"site1\"}");
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    edge.cluster->start();
    hub.cluster->start();
    QTRY_COMPARE_WITH_TIMEOUT(edge.state, PluginState::Running, 20'000);
    give(edge, point, 0, 50);
    QTRY_COMPARE_WITH_TIMEOUT(history.numbers.size(), 50, 30'000);
    QCOMPARE(history.historical, 0);
    QTRY_COMPARE(hub.lastOf(QStringLiteral("plc1/a")), Value(49.0));

    line.cut();
    give(edge, point, 50, 100);
    // The site goes on: its own stream has confirmed everything.
    QTRY_VERIFY2_WITH_TIMEOUT(edge.metric("tagwire_cluster_delivered_total") >= 150, "not confirmed", 20'000);
    QCOMPARE(edge.state, PluginState::Running);
    QCOMPARE(history.numbers.size(), 50);
    hub.context->manualClock().advance(1h);
    line.mend();
    QTRY_COMPARE_WITH_TIMEOUT(history.numbers.size(), 150, 60'000);
    QList<double> wanted;
    for (int i = 0; i < 150; ++i) wanted << i;
    QCOMPARE(history.numbers, wanted);
    QCOMPARE(history.historical, 100);
    QTRY_COMPARE(hub.lastOf(QStringLiteral("plc1/a")), Value(149.0));
  }
};

TAGWIRE_TEST(ClusterLeafTest)

}  // namespace cluster_leaf_test

#include "cluster_leaf_test.moc"
