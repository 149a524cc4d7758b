// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "memorydesk.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_lease_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

/// Which of two hubs tells.
class ClusterLeaseTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aHubThatIsCutOffDoesNotTell() {
    NatsServer server;
    QVERIFY(server.start());
    TcpGate gate(server.port());
    Node first(QStringLiteral("hub1"), "\"hub\"", QStringLiteral("nats://127.0.0.1:%1").arg(gate.port()));
    Node second(QStringLiteral("hub2"), "\"hub\"", server.url());
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", server.url());
    MemoryDesk one(first);
    MemoryDesk two(second);
    first.cluster->start();
    gateway.cluster->start();
    QTRY_VERIFY(isSpokenFor(gateway));
    second.cluster->start();
    QTRY_COMPARE(second.state, PluginState::Running);
    bringInLine({&first, &second});
    for (MemoryDesk *desk : {&one, &two}) desk->raise(1);
    QTRY_COMPARE(told(gateway, 1), 1);
    QCOMPARE(second.metric("tagwire_cluster_accepted_total"), 0.0);

    gate.cut();
    // Right after it, while it may still think that it is the one.
    for (MemoryDesk *desk : {&one, &two}) desk->raise(2);
    const auto isTold = [&] {
      second.context->manualClock().advance(2s);
      QTest::qWait(200);
      return told(gateway, 2) == 1;
    };
    QTRY_VERIFY(isTold());
    for (Node *node : {&first, &gateway}) node->context->manualClock().advance(6s);
    gate.mend();
    QTRY_VERIFY2(first.state == PluginState::Running, qPrintable(first.text));
    for (MemoryDesk *desk : {&one, &two}) desk->raise(3);
    QTRY_COMPARE(told(gateway, 3), 1);
    QTRY_COMPARE(second.metric("tagwire_cluster_accepted_total"), 2.0);
    QCOMPARE(first.metric("tagwire_cluster_accepted_total"), 1.0);
    QCOMPARE(told(gateway, 2), 1);
  }
};

TAGWIRE_TEST(ClusterLeaseTest)

}  // namespace cluster_lease_test

#include "cluster_lease_test.moc"
