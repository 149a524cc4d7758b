// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clusternode.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_command_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

/// Commands from a gateway to the edge that has the point.
class ClusterCommandTest : public QObject {
  Q_OBJECT
 private:
  NatsServer m_server;

  static QList<CommandState> statesIn(const Node &node) {
    QList<CommandState> states;
    for (const Event &event : node.events) {
      if (const auto *status = std::get_if<CommandStatus>(&event.body)) states << status->state;
    }
    return states;
  }
  static Command commandFor(PointId point) {
    Command command;
    command.id = newCommandId();
    command.point = point;
    command.value = 4.0;
    command.requestedBy = QStringLiteral("user:anna");
    return command;
  }
  static void tell(Node &edge, const Command &command, CommandState state, const QString &error = {}) {
    const CommandStatus status{command.id, command.point, state,
                               state == CommandState::Succeeded ? Value(4.0) : Value(), error};
    edge.cluster->notify({0, edge.context->clock().now(), QStringLiteral("plc1"), status});
  }
  /// A point of the edge, as the gateway has it.
  static void give(Node &edge, Node &gateway) {
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("setpoint"), .writable = true});
    edge.cluster->write({{point, Quality::good(), edge.context->clock().now(), 1.0}});
    QTRY_COMPARE(gateway.lastOf(QStringLiteral("plc1/setpoint")), Value(1.0));
    QTRY_COMPARE(edge.state, PluginState::Running);
    QTRY_COMPARE(gateway.state, PluginState::Running);
  }

 private Q_SLOTS:
  void initTestCase() { QVERIFY(m_server.start()); }

  void aCommandTakesTheSameSteps() {
    Node hub(QStringLiteral("hub1"), "\"hub\"", m_server.url());
    Node edge(QStringLiteral("edge1"), "\"edge\"", m_server.url(), "\"commands_from\":\"gateway1\"");
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", m_server.url());
    QList<Command> requested;
    connect(edge.cluster.get(), &Plugin::commandRequested, this, [&](const Command &command) { requested << command; });
    for (Node *node : {&hub, &edge, &gateway}) node->cluster->start();
    give(edge, gateway);
    if (QTest::currentTestFailed()) return;
    const Command asked = commandFor(gateway.find(QStringLiteral("plc1/setpoint")));
    gateway.cluster->execute(asked);
    QTRY_COMPARE(requested.size(), 1);
    QCOMPARE(requested[0].id, asked.id);
    QCOMPARE(requested[0].value, asked.value);
    QCOMPARE(requested[0].point, edge.find(QStringLiteral("plc1/setpoint")));
    QCOMPARE(requested[0].requestedBy, QStringLiteral("user:anna@gateway1"));
    for (const CommandState state :
         {CommandState::Queued, CommandState::Sent, CommandState::Acked, CommandState::Succeeded}) {
      tell(edge, requested[0], state);
    }
    // Queued it is here already; what the stream has of it besides is not told twice.
    const QList<CommandState> steps{CommandState::Sent, CommandState::Acked, CommandState::Succeeded};
    QTRY_COMPARE(statesIn(gateway), steps);
    QTRY_COMPARE(statesIn(hub).size(), 4);
    QCOMPARE(statesIn(gateway), steps);
    const auto &last = std::get<CommandStatus>(gateway.events.last().body);
    QCOMPARE(last.actualValue, Value(4.0));
    QCOMPARE(last.point, asked.point);
  }

  void aNodeThatIsNotNamedIsRefused() {
    Node hub(QStringLiteral("hub1"), "\"hub\"", m_server.url());
    Node edge(QStringLiteral("edge2"), "\"edge\"", m_server.url());
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", m_server.url(), "\"names\":\"with_site\"");
    int requested = 0;
    connect(edge.cluster.get(), &Plugin::commandRequested, this, [&] { ++requested; });
    for (Node *node : {&hub, &edge, &gateway}) node->cluster->start();
    const PointId point = edge.declare(QStringLiteral("plc2"), {.name = QStringLiteral("a"), .writable = true});
    edge.cluster->write({{point, Quality::good(), edge.context->clock().now(), 1.0}});
    QTRY_VERIFY(gateway.find(QStringLiteral("plant1/plc2/a")) != PointId::None);
    QTRY_COMPARE(edge.state, PluginState::Running);
    gateway.cluster->execute(commandFor(gateway.find(QStringLiteral("plant1/plc2/a"))));
    QTRY_COMPARE(statesIn(gateway), QList{CommandState::Failed});
    QCOMPARE(requested, 0);
    const auto entries = edge.context->auditTrail().entries();
    QCOMPARE(entries.size(), 1);
    QCOMPARE(entries[0].action, QStringLiteral("refused"));
    QCOMPARE(entries[0].actor, QStringLiteral("user:anna@gateway1"));
  }

  // Points of a node that is not heard are Bad, and a command for them fails at once.
  void aNodeThatIsGoneShows() {
    Node hub(QStringLiteral("hub1"), "\"hub\"", m_server.url());
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", m_server.url());
    Node edge(QStringLiteral("edge3"), "\"edge\"", m_server.url(), "\"commands_from\":\"gateway1\"");
    for (Node *node : {&hub, &edge, &gateway}) node->cluster->start();
    const PointId point = edge.declare(QStringLiteral("plc3"), {.name = QStringLiteral("a"), .writable = true});
    edge.cluster->write({{point, Quality::good(), edge.context->clock().now(), 7.0}});
    QTRY_COMPARE(gateway.lastOf(QStringLiteral("plc3/a")), Value(7.0));
    QTRY_COMPARE(edge.state, PluginState::Running);
    const PointId there = gateway.find(QStringLiteral("plc3/a"));
    edge.cluster->stop();
    gateway.cluster->execute(commandFor(there));
    QTRY_COMPARE(statesIn(gateway), QList{CommandState::Failed});
    gateway.context->manualClock().advance(6s);
    QTRY_COMPARE(gateway.context->points().last(there).quality, Quality::bad(QualityReason::NoConnection));
    edge.cluster->start();
    QTRY_COMPARE(gateway.context->points().last(there).quality, Quality::good());
    QCOMPARE(gateway.lastOf(QStringLiteral("plc3/a")), Value(7.0));
  }
};

TAGWIRE_TEST(ClusterCommandTest)

}  // namespace cluster_command_test

#include "cluster_command_test.moc"
