// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clusternode.h"
#include "memorydesk.h"
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
 private Q_SLOTS:
  void whatTheSiteHadWhileItsLineWasAwayComesInOrder() {
    const QByteArray leafPort = QByteArray::number(unusedPort());
    TcpGate line(leafPort.toUShort());
    // advertise: else the leaf node would learn of the port behind the line.
    NatsServer center("leafnodes { advertise: \"127.0.0.1:" + QByteArray::number(line.port()) +
                      "\", listen: 127.0.0.1:" + leafPort + " }");
    QVERIFY2(center.start(), qPrintable(center.output()));
    // Its own stream takes them, and nothing else crosses but by the hub's stream (packaging/nats/leaf.conf).
    const QByteArray own = "[ \"tw.*.*.*\", \"$KV.>\" ]";
    NatsServer leaf(
        "leafnodes { reconnect: 1, remotes: [ { urls: [ \"nats://127.0.0.1:" + QByteArray::number(line.port()) +
            "\" ], deny_exports: " + own + ", deny_imports: " + own + " } ] }",
        "site1");
    QVERIFY2(leaf.start(), qPrintable(leaf.output()));

    {  // It was not bound to a site before.
      Node before(QStringLiteral("hub1"), "\"hub\"", center.url(),
                  "\"stream\":{\"max_mb\":64,\"sources\":[\"site1\"]}");
      before.cluster->start();
      QTRY_COMPARE(before.state, PluginState::Running);
    }
    MemoryHistory history;
    Node hub(
        QStringLiteral("hub1"), "\"hub\"", center.url(),
        "\"history\":\"history\",\"stream\":{\"max_mb\":64,\"sources\":[\"site1/plant1\"]},\"alarms_from\":\"hub2\"");
    MemoryDesk desk(hub);
    hub.context->addInstance(QStringLiteral("history"), QStringLiteral("sql"), &history);
    Node edge(QStringLiteral("edge1"), "\"edge\"", leaf.url(), "\"stream\":{\"max_mb\":64,\"domain\":\"site1\"}");
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    edge.cluster->start();
    hub.cluster->start();
    QTRY_COMPARE(edge.state, PluginState::Running);
    give(edge, point, 0, 50);
    QTRY_COMPARE(history.numbers.size(), 50);
    QCOMPARE(history.historical, 0);
    QTRY_COMPARE(hub.lastOf(QStringLiteral("plc1/a")), Value(49.0));
    // An alarm of the site's own: told on the hub as it is, for no hub has said it.
    AlarmTransition alarm;
    alarm.ruleId = 7;
    alarm.state = AlarmState::Alarm;
    edge.cluster->notify({5, edge.context->clock().now(), QStringLiteral("alarms"), alarm});
    QTRY_COMPARE(history.events.size(), 1);
    QTRY_VERIFY(std::any_of(hub.events.cbegin(), hub.events.cend(),
                            [](const Event &event) { return std::holds_alternative<AlarmTransition>(event.body); }));

    // Its server lets in what it likes: nothing of that is another site's.
    Node liar(QStringLiteral("edge1"), "\"edge\"", leaf.url(), "\"stream\":{\"max_mb\":64,\"domain\":\"site1\"}");
    liar.context->mutableSite().name = QStringLiteral("plant2");
    liar.cluster->start();
    give(liar, liar.declare(QStringLiteral("plc2"), {.name = QStringLiteral("a")}), 1, 1);
    QTRY_VERIFY(liar.metric("tagwire_cluster_delivered_total") >= 1);

    // And nothing of it is a hub's, whatever it is called.
    Node second(QStringLiteral("hub2"), "\"hub\"", center.url());
    second.cluster->start();
    QTRY_COMPARE(second.state, PluginState::Running);
    for (Node *node : {&hub, &liar}) node->context->manualClock().setNow(std::chrono::system_clock::now());
    for (const int rule : {5, 6}) desk.raise(rule);
    AlarmConditionChange change;
    change.ruleId = 6;
    change.cause = QStringLiteral("ack");
    change.by = QStringLiteral("ben");
    second.context->manualClock().setNow(std::chrono::system_clock::now());
    const auto isFollowed = [&] {
      second.cluster->notify({1, second.context->clock().now(), QStringLiteral("alarms"), change});
      return desk.acknowledgedBy(6) == QStringLiteral("ben");
    };
    QTRY_VERIFY(isFollowed());  // of the real one it is
    Node forger(QStringLiteral("hub2"), "\"edge\"", leaf.url(), "\"stream\":{\"max_mb\":64,\"domain\":\"site1\"}");
    forger.cluster->start();
    change.ruleId = 5;
    change.by = QStringLiteral("mallory");
    forger.cluster->notify({1, forger.context->clock().now(), QStringLiteral("alarms"), change});
    QTRY_VERIFY(std::any_of(hub.events.cbegin(), hub.events.cend(), [](const Event &event) {
      const auto *heard = std::get_if<AlarmConditionChange>(&event.body);
      return heard && heard->by == u"mallory";
    }));
    QCOMPARE(desk.acknowledgedBy(5), QString());

    line.cut();
    give(edge, point, 50, 100);
    // The site goes on: its own stream has confirmed everything.
    QTRY_VERIFY2(edge.metric("tagwire_cluster_delivered_total") >= 150, "not confirmed");
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
    QCOMPARE(hub.find(QStringLiteral("plc2/a")), PointId::None);
  }
};

TAGWIRE_TEST(ClusterLeafTest)

}  // namespace cluster_leaf_test

#include "cluster_leaf_test.moc"
