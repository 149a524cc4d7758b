// SPDX-License-Identifier: Apache-2.0
#include <QRegularExpression>
#include <QTest>

#include "clusternode.h"
#include "memorydesk.h"
#include "memoryhistory.h"
#include "natskeys.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_permissions_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

struct HeldConnection : DeviceHolder {
  void taken(const QString &) override {}
};

/// The configuration in packaging/nats, with keys, addresses and folders of this test: TLS, NKeys, who may do what.
class ClusterPermissionsTest : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir m_folder;
  NatsServer m_server;
  NatsKey m_hub, m_gateway, m_edge;

  static QByteArray shipped(const char *name) {
    QFile file(QStringLiteral(NATS_CONFIGURATIONS "/") + QLatin1String(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  void write(const char *name, const QByteArray &text) const {
    QFile file(m_folder.filePath(QLatin1String(name)));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
  }
  QByteArray keysOf(const NatsKey &key, const char *variable, const QByteArray &more = {}) const {
    qputenv(variable, key.seed());
    return "\"nkey\":\"" + key.publicKey() + "\",\"seed\":{\"$env\":\"" + variable + "\"},\"tls\":{\"ca\":\"" +
           m_folder.filePath(QStringLiteral("ca.pem")).toUtf8() + "\"}" + more;
  }
  void keepConfiguration() {
    const auto [certificate, key] = loopbackCertificate();
    write("server.pem", certificate);
    write("ca.pem", certificate);
    write("server.key", key);
    QByteArray permissions = shipped("permissions.conf");
    const QRegularExpression example(QStringLiteral("nkey: U[A-Z2-7]{55}"));
    for (const NatsKey *each : {&m_hub, &m_gateway, &m_edge}) {
      const auto found = example.match(QString::fromUtf8(permissions));
      QVERIFY(found.hasMatch());
      permissions.replace(found.captured().toUtf8(), "NKEY: " + each->publicKey());
    }
    write("permissions.conf", permissions.replace("NKEY: ", "nkey: "));
    QString text = QString::fromUtf8(shipped("cluster.conf"));
    // One server instead of three; the TLS that stands there as a comment.
    static const QRegularExpression others(
        QStringLiteral("^cluster \\{.*?^\\}"),
        QRegularExpression::MultilineOption | QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression tls(QStringLiteral("^# (tls \\{|  (?:cert|key|ca)_file: .*|\\})$"),
                                        QRegularExpression::MultilineOption);
    text.remove(others).replace(tls, QStringLiteral("\\1"));
    text.replace(QStringLiteral("/etc/nats"), m_folder.path())
        .replace(QStringLiteral("/var/lib/nats"), m_folder.filePath(QStringLiteral("js")))
        .replace(QStringLiteral("100GB"), QStringLiteral("1GB"))
        .replace(QStringLiteral("0.0.0.0:4222"), QStringLiteral("127.0.0.1:%1").arg(m_server.port()))
        .replace(QStringLiteral("0.0.0.0:7422"), QStringLiteral("127.0.0.1:%1").arg(unusedPort()));
    QVERIFY(text.contains(QStringLiteral("\ntls {")));
    write("cluster.conf", text.toUtf8());
  }

 private Q_SLOTS:
  void initTestCase() {
    keepConfiguration();
    if (QTest::currentTestFailed()) return;
    QVERIFY2(m_server.startWith(m_folder.filePath(QStringLiteral("cluster.conf"))), qPrintable(m_server.output()));
  }

  void cleanup() {
    if (QTest::currentTestFailed()) qInfo().noquote() << violations();
  }

  void everythingThatIsNeededIsPermitted() {
    Node hub(QStringLiteral("hub1"), "\"hub\"", m_server.url(), keysOf(m_hub, "HUB_SEED", ",\"history\":\"history\""));
    MemoryHistory history;
    hub.context->addInstance(QStringLiteral("history"), QStringLiteral("sql"), &history);
    Node gateway(QStringLiteral("gateway1"), "\"gateway\"", m_server.url(), keysOf(m_gateway, "GATEWAY_SEED"));
    Node edge(QStringLiteral("edge1"), "\"edge\"", m_server.url(),
              keysOf(m_edge, "EDGE_SEED", ",\"commands_from\":\"gateway1\""));
    QList<Command> requested;
    connect(edge.cluster.get(), &Plugin::commandRequested, this, [&](const Command &command) { requested << command; });
    for (Node *node : {&hub, &gateway, &edge}) node->cluster->start();
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a"), .writable = true});
    edge.cluster->write({{point, Quality::good(), edge.context->clock().now(), 3.0}});
    QTRY_COMPARE(gateway.lastOf(QStringLiteral("plc1/a")), Value(3.0));
    QTRY_COMPARE(hub.lastOf(QStringLiteral("plc1/a")), Value(3.0));
    QTRY_COMPARE(history.numbers, QList<double>{3.0});
    for (Node *node : {&hub, &gateway, &edge}) {
      QTRY_VERIFY2(node->state == PluginState::Running, qPrintable(node->text));
    }
    Command command;
    command.id = newCommandId();
    command.point = gateway.find(QStringLiteral("plc1/a"));
    command.value = 4.0;
    command.requestedBy = QStringLiteral("user:anna");
    gateway.cluster->execute(command);
    QTRY_COMPARE(requested.size(), 1);
    edge.cluster->notify({0, edge.context->clock().now(), QStringLiteral("plc1"),
                          CommandStatus{command.id, point, CommandState::Succeeded, 4.0, {}}});
    QTRY_VERIFY(!gateway.events.isEmpty());
    std::optional<Result<QString>> claimed;
    const auto holder = std::make_shared<HeldConnection>();
    gateway.cluster->claimDevice([&](const Result<QString> &answer) { claimed = answer; }, QStringLiteral("ems_001"),
                                 holder);
    QTRY_VERIFY(claimed);
    QVERIFY(*claimed);
    // Its alarms, by the hub that has the lease.
    MemoryDesk desk(hub);
    std::optional<Result<QList<AlarmStatus>>> standing;
    const auto isAnswered = [&] {
      if (!standing || !*standing) {
        dynamic_cast<AlarmDesk &>(*gateway.cluster).standingAlarms([&](const Result<QList<AlarmStatus>> &got) {
          standing = got;
        });
      }
      return standing && *standing;
    };
    QTRY_VERIFY(isAnswered());
    // Where a node is in the stream.
    const auto isKnown = [&] {
      gateway.context->manualClock().advance(100ms);
      bool hasPlace = false;
      gateway.cluster->resumeAfter([&](const Result<ResumePoint> &place) { hasPlace = place.has_value(); },
                                   hub.context->epoch(), hub.context->sequence());
      return hasPlace;
    };
    QTRY_VERIFY(isKnown());
    // A gateway that comes later begins with the bucket.
    Node late(QStringLiteral("gateway1"), "\"gateway\"", m_server.url(), keysOf(m_gateway, "GATEWAY_SEED"));
    late.cluster->start();
    QTRY_COMPARE(late.lastOf(QStringLiteral("plc1/a")), Value(3.0));
    QVERIFY2(!m_server.output().contains(QStringLiteral("Violation")), qPrintable(violations()));
  }

  void anEdgeOfOneSiteHasNoSayInAnother() {
    Node hub(QStringLiteral("hub1"), "\"hub\"", m_server.url(), keysOf(m_hub, "HUB_SEED"));
    hub.cluster->start();
    QTRY_COMPARE(hub.state, PluginState::Running);
    Node edge(QStringLiteral("edge1"), "\"edge\"", m_server.url(), keysOf(m_edge, "EDGE_SEED"));
    edge.context->mutableSite().name = QStringLiteral("plant2");
    edge.cluster->start();
    const PointId point = edge.declare(QStringLiteral("plc2"), {.name = QStringLiteral("a")});
    edge.cluster->write({{point, Quality::good(), edge.context->clock().now(), 3.0}});
    for (const char *subject :
         {"tw.plant2.samples.edge1", "$KV.TAGWIRE_last.plant2.edge1.0", "tw.plant2.cmd.edge1.*"}) {
      QTRY_VERIFY2(violations().contains(QLatin1String(subject)), subject);
    }
    QCOMPARE(edge.metric("tagwire_cluster_delivered_total"), 0.0);
    // And whoever looks at it sees why.
    QTRY_VERIFY2(edge.text.count(QStringLiteral("Permissions Violation")) == 2, qPrintable(edge.text));
    QCOMPARE(edge.state, PluginState::Degraded);
    QCOMPARE(hub.find(QStringLiteral("plc2/a")), PointId::None);
  }

  // It can't say that it is a hub, hear what others are answered, or answer in a hub's stead.
  void anEdgeIsNoHub() {
    QString errors;
    const auto config =
        readConfig<ClusterConfig>("{\"node\":\"edge1\",\"roles\":\"edge\",\"servers\":\"" + m_server.url().toUtf8() +
                                      "\"," + keysOf(m_edge, "EDGE_SEED") + "}",
                                  &errors);
    QVERIFY2(config, qPrintable(errors));
    auto link = Link::open(*config, "test");
    QVERIFY(link);
    const auto refused = [&](const QByteArray &subject) {
      return m_server.output().contains(QStringLiteral("Violation")) &&
             violations().contains(QString::fromUtf8(subject));
    };
    for (const char *subject : {"tw.plant1.node.edge1.hub", "tw.plant1.alarms.hub1.edge1", "_INBOX.gateway1.alarms.1",
                                "_INBOX.gateway1.ack.1", "tw.plant1.cmd.edge2.edge1"}) {
      QVERIFY((*link)->publish(subject, "x"));
      QTRY_VERIFY2(refused(subject), subject);
    }
    for (const char *subject : {"_INBOX.gateway1.>", "_INBOX.>", "tw.*.node.*.hub"}) {
      const auto listening = (*link)->listen(subject, [](natsMsg *) {});
      QTRY_VERIFY2(refused(subject), subject);
    }
  }

  void whoHasNoKeyIsNotLetIn() {
    const NatsKey stranger;
    Node edge(QStringLiteral("edge1"), "\"edge\"", m_server.url(), keysOf(stranger, "STRANGER_SEED"));
    edge.cluster->start();
    QTRY_VERIFY2(
        edge.text.contains(QStringLiteral("Authorization")) || edge.text.contains(QStringLiteral("Authentication")),
        qPrintable(edge.text));
    // And nobody without TLS, or with another authority.
    qputenv("EDGE_SEED", m_edge.seed());
    Node plain(QStringLiteral("edge1"), "\"edge\"", m_server.url(),
               "\"nkey\":\"" + m_edge.publicKey() + "\",\"seed\":{\"$env\":\"EDGE_SEED\"}");
    write("other.pem", loopbackCertificate().first);
    Node fooled(QStringLiteral("edge1"), "\"edge\"", m_server.url(),
                keysOf(m_edge, "EDGE_SEED").replace("ca.pem", "other.pem"));
    for (Node *node : {&plain, &fooled}) {
      node->cluster->start();
      QTRY_VERIFY(!node->text.isEmpty() && !node->text.contains(QStringLiteral("connecting")));
      QCOMPARE(node->state, PluginState::Degraded);
    }
  }

 private:
  QString violations() const { return m_server.output().split(u'\n').filter(QStringLiteral("Violation")).join(u'\n'); }
};

TAGWIRE_TEST(ClusterPermissionsTest)

}  // namespace cluster_permissions_test

#include "cluster_permissions_test.moc"
