// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clusternode.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_device_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

struct Connection : DeviceHolder {
  void taken(const QString &node) override { takenBy = node; }
  QString takenBy;
};

/// One device at several gateways: the newest connection has it.
class ClusterDeviceTest : public QObject {
  Q_OBJECT
 private:
  NatsServer m_server;
  std::unique_ptr<Node> m_hub;

  struct Claim {
    std::shared_ptr<Connection> connection = std::make_shared<Connection>();
    std::optional<Result<QString>> answer;
  };
  static std::shared_ptr<Claim> claim(Node &node, const char *device) {
    auto made = std::make_shared<Claim>();
    node.cluster->claimDevice([made](const Result<QString> &answer) { made->answer = answer; },
                              QString::fromLatin1(device), made->connection);
    return made;
  }
  std::unique_ptr<Node> gateway(const char *name) const {
    auto node = std::make_unique<Node>(QString::fromLatin1(name), "\"gateway\"", m_server.url());
    node->cluster->start();
    return node;
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_server.start());
    m_hub = std::make_unique<Node>(QStringLiteral("hub1"), "\"hub\"", m_server.url());
    m_hub->cluster->start();
    QTRY_COMPARE(m_hub->state, PluginState::Running);
  }
  void cleanupTestCase() { m_hub.reset(); }

  void theNewestConnectionHasIt() {
    const auto one = gateway("gateway1");
    const auto two = gateway("gateway2");
    const auto first = claim(*one, "ems.1");
    QTRY_VERIFY(first->answer);
    QVERIFY2(*first->answer && (*first->answer)->isEmpty(), "nobody had it");
    const auto second = claim(*two, "ems.1");
    QTRY_COMPARE(first->connection->takenBy, QStringLiteral("gateway2"));
    QTRY_VERIFY(second->answer);
    QCOMPARE(second->answer->value(), QStringLiteral("gateway1"));
    QVERIFY(second->connection->takenBy.isEmpty());
    // And back.
    const auto third = claim(*one, "ems.1");
    QTRY_COMPARE(second->connection->takenBy, QStringLiteral("gateway1"));
    QTRY_VERIFY(third->answer);
    // Once more on the same node: that is the gateway's own matter.
    const auto fourth = claim(*one, "ems.1");
    QTRY_VERIFY(fourth->answer);
    QCOMPARE(fourth->answer->value(), QString());
    QVERIFY(third->connection->takenBy.isEmpty());
    const auto fifth = claim(*two, "ems.1");
    QTRY_COMPARE(fourth->connection->takenBy, QStringLiteral("gateway2"));
  }

  void whatIsGivenUpIsFree() {
    const auto one = gateway("gateway1");
    const auto two = gateway("gateway2");
    auto first = claim(*one, "ems_2");
    QTRY_VERIFY(first->answer);
    first->connection.reset();
    // Given up within a second or so; whoever asks before that is told who had it.
    const auto isFree = [&] {
      const auto again = claim(*two, "ems_2");
      const bool isAnswered = tagwire::testing::waitFor([&] { return again->answer.has_value(); });
      return isAnswered && *again->answer && (*again->answer)->isEmpty();
    };
    QTRY_VERIFY(isFree());
  }

  // Each takes its device while the servers are away; afterwards the one that connected last has it.
  void whileTheServersAreAwayEachTakesIt() {
    const auto one = gateway("gateway1");
    const auto two = gateway("gateway2");
    QTRY_COMPARE(one->state, PluginState::Running);
    QTRY_COMPARE(two->state, PluginState::Running);
    const auto before = claim(*one, "ems_3");
    QTRY_VERIFY(before->answer);
    m_server.kill();
    QTRY_COMPARE(one->state, PluginState::Degraded);
    QTRY_COMPARE(two->state, PluginState::Degraded);
    for (Node *node : {one.get(), two.get()}) node->context->manualClock().advance(10s);
    const auto older = claim(*two, "ems_4");
    const auto late = claim(*two, "ems_3");
    one->context->manualClock().advance(10s);
    const auto newest = claim(*one, "ems_4");
    for (Node *node : {one.get(), two.get()}) node->context->manualClock().advance(1min);
    QVERIFY(m_server.start());
    QTRY_COMPARE(before->connection->takenBy, QStringLiteral("gateway2"));
    QVERIFY(late->connection->takenBy.isEmpty());
    QTRY_COMPARE(older->connection->takenBy, QStringLiteral("gateway1"));
    QVERIFY(newest->connection->takenBy.isEmpty());
  }

  void aNodeThatIsNoGatewaySaysSo() {
    const auto refused = claim(*m_hub, "ems_5");
    QVERIFY(refused->answer && !*refused->answer);
    QVERIFY2(refused->answer->error().contains(QStringLiteral("role gateway")), qPrintable(refused->answer->error()));
  }
};

TAGWIRE_TEST(ClusterDeviceTest)

}  // namespace cluster_device_test

#include "cluster_device_test.moc"
