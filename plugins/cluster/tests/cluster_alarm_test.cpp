// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "memorydesk.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_alarm_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

/// The alarms of hubs on a gateway, and hubs that follow each other.
class ClusterAlarmTest : public QObject {
  Q_OBJECT
 private:
  template <class Answer>
  using Got = std::shared_ptr<std::optional<Result<Answer>>>;

  template <class Answer, class... Taken, class... Given>
  static Got<Answer> ask(Node &gateway, void (AlarmDesk::*method)(Reply<Answer>, Taken...), const Given &...given) {
    auto got = std::make_shared<std::optional<Result<Answer>>>();
    auto *desk = dynamic_cast<AlarmDesk *>(gateway.cluster.get());
    if (desk) (desk->*method)([got](Result<Answer> answer) { *got = std::move(answer); }, given...);
    return got;
  }
  static AlarmAction acknowledgement(int rule, const char *by = "anna") {
    return {AlarmAction::Kind::Acknowledge, rule, QLatin1String(by), {}};
  }
  static void acknowledgeAt(MemoryDesk &desk, int rule, const char *by) {
    desk.act([](const Result<AlarmAnswer> &) {}, acknowledgement(rule, by));
  }

 private Q_SLOTS:
  void aGatewayShowsWhatTheHubHas() {
    NatsServer server;
    QVERIFY(server.start());
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url(), "\"alarms_from\":\"gateway1\"");
    MemoryDesk desk(hub);
    Node edge(QStringLiteral("edge1"), "\"edge\"", server.url());
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", server.url());
    Node stranger(QStringLiteral("gateway2"), "\"gateway\"", server.url());
    const auto early = ask(gateway, &AlarmDesk::standingAlarms);
    QVERIFY(*early);
    QCOMPARE((*early)->error(), QStringLiteral("unreachable: no hub of the cluster is heard"));
    for (Node *node : {&hub, &edge, &gateway, &stranger}) node->cluster->start();
    gateway.declare(QStringLiteral("other"), {.name = QStringLiteral("first")});  // so that ids differ
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    edge.cluster->write({{point, Quality::good(), edge.context->clock().now(), 3.0}});
    QTRY_VERIFY(hub.find(QStringLiteral("plc1/a")) != PointId::None);
    QTRY_VERIFY(gateway.find(QStringLiteral("plc1/a")) != PointId::None);
    desk.raise(7, hub.find(QStringLiteral("plc1/a")));
    QTRY_VERIFY(isSpokenFor(gateway));

    const auto standing = ask(gateway, &AlarmDesk::standingAlarms);
    QTRY_VERIFY(*standing);
    QCOMPARE((*standing)->value().size(), 1);
    QCOMPARE((*standing)->value()[0].transition.point, gateway.find(QStringLiteral("plc1/a")));
    const auto unknown = ask(gateway, &AlarmDesk::alarm, 8);
    QTRY_VERIFY(*unknown);
    QCOMPARE((*unknown)->error(), QStringLiteral("there is no rule 8"));
    AlarmHistoryQuery query;
    query.after = 41;
    query.limit = 5;
    const auto history = ask(gateway, &AlarmDesk::history, query);
    QTRY_VERIFY(*history);
    QCOMPARE((*history)->value()[0].sequence, 42ULL);
    QCOMPARE(desk.asked.limit, 5);

    const auto done = ask(gateway, &AlarmDesk::act, acknowledgement(7));
    QTRY_VERIFY(*done);
    QCOMPARE((*done)->value().outcome, AlarmAnswer::Outcome::Done);
    QCOMPARE(desk.acknowledgedBy(7), QStringLiteral("anna@gateway1"));
    QCOMPARE(hub.context->auditTrail().entries().last().actor, QStringLiteral("anna@gateway1"));
    QCOMPARE(hub.context->auditTrail().entries().last().action, QStringLiteral("ack"));

    // Reading is for all nodes, doing for those that are named.
    desk.raise(8);
    QTRY_VERIFY(isSpokenFor(stranger));
    const auto refused = ask(stranger, &AlarmDesk::act, acknowledgement(8));
    QTRY_VERIFY(*refused);
    QCOMPARE((*refused)->value().outcome, AlarmAnswer::Outcome::NotPossible);
    QVERIFY((*refused)->value().errors.first().contains(QStringLiteral("alarms_from")));
    QCOMPARE(desk.acknowledgedBy(8), QString());
    QCOMPARE(hub.context->auditTrail().entries().last().actor, QStringLiteral("anna@gateway2"));
    QCOMPARE(hub.context->auditTrail().entries().last().action, QStringLiteral("refused"));
    const auto changed = ask(stranger, &AlarmDesk::changeRule, AlarmRuleChange());
    QTRY_VERIFY(*changed);
    QCOMPARE((*changed)->value().outcome, AlarmAnswer::Outcome::NotPossible);

    hub.cluster->stop();
    const auto away = ask(gateway, &AlarmDesk::standingAlarms);
    QTRY_VERIFY(*away);
    QCOMPARE((*away)->error(), QStringLiteral("unreachable: hub hub1 is away"));
    // And what is asked when the gateway stops is answered as well.
    gateway.context->setInstances({{QStringLiteral("own"), QStringLiteral("alarms"), PluginState::Running, {}}});
    const auto own = ask(gateway, &AlarmDesk::standingAlarms);
    QVERIFY(*own);
    QVERIFY((*own)->error().endsWith(QStringLiteral(" offers the alarm desk")));  // 404: another does
  }

  void hubsFollowEachOther() {
    NatsServer server;
    QVERIFY(server.start());
    Node first(QStringLiteral("hub1"), "\"hub\"", server.url(), "\"alarms_from\":[\"hub2\"]");
    Node second(QStringLiteral("hub2"), "\"hub\"", server.url(), "\"alarms_from\":[\"hub1\"]");
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", server.url());
    MemoryDesk one(first);
    MemoryDesk two(second);
    first.cluster->start();
    gateway.cluster->start();
    QTRY_VERIFY(isSpokenFor(gateway));
    bringInLine({&first});
    for (MemoryDesk *desk : {&one, &two}) desk->raise(5);
    acknowledgeAt(one, 5, "anna");  // the other is not there yet
    second.cluster->start();
    QTRY_COMPARE(two.acknowledgedBy(5), QStringLiteral("anna"));
    bringInLine({&first, &second});
    for (MemoryDesk *desk : {&one, &two}) {
      desk->raise(6);
      desk->raise(7);
    }
    acknowledgeAt(one, 6, "ben");
    QTRY_COMPARE(two.acknowledgedBy(6), QStringLiteral("ben"));
    acknowledgeAt(two, 7, "carl");
    QTRY_COMPARE(one.acknowledgedBy(7), QStringLiteral("carl"));
    // One whose value comes later at the other hub; it is seen when that looks again.
    one.raise(8);
    acknowledgeAt(one, 8, "emil");
    QTRY_COMPARE(told(gateway, 8), 2);
    two.raise(8);
    QCOMPARE(two.acknowledgedBy(8), QString());
    second.context->manualClock().advance(AlarmFollower::lookEvery);
    QTRY_COMPARE(two.acknowledgedBy(8), QStringLiteral("emil"));
    bringInLine({&second});
    // Each was told once, by the hub where it was done.
    acknowledgeAt(one, 7, "dora");  // nothing is left to do
    for (const int rule : {5, 6, 7}) QTRY_COMPARE(told(gateway, rule), 2);
    QTRY_COMPARE(second.metric("tagwire_cluster_accepted_total"), 1.0);
  }
};

TAGWIRE_TEST(ClusterAlarmTest)

}  // namespace cluster_alarm_test

#include "cluster_alarm_test.moc"
