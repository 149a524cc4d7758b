// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clusternode.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_access_test {

using namespace tagwire;
using namespace tagwire::cluster;

/// Who may connect, and what may be sent, as the server says.
class ClusterAccessTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { qputenv("CLUSTER_TEST_PASSWORD", "sesame-1"); }
  void cleanup() { qunsetenv("CLUSTER_TEST_PASSWORD"); }

  void aCredentialIsGivenByReference() {
    NatsServer server("authorization { users: [ { user: hub, password: \"sesame-1\" } ] }");
    QVERIFY2(server.start(), qPrintable(server.output()));
    const QByteArray credential = "\"user\":\"hub\",\"password\":{\"$env\":\"CLUSTER_TEST_PASSWORD\"}";
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url(), credential);
    hub.cluster->start();
    QTRY_COMPARE(hub.state, PluginState::Running);
    QTRY_VERIFY(hub.text.isEmpty());
  }

  // libnats gives a connection up that is refused again and again.
  void whoIsRefusedForAWhileComesBack() {
    const QByteArray right = "authorization { users: [ { user: hub, password: \"sesame-1\" } ] }";
    NatsServer server(right);
    QVERIFY(server.start());
    Node hub(QStringLiteral("hub1"), "[\"hub\",\"edge\"]", server.url(),
             "\"user\":\"hub\",\"password\":{\"$env\":\"CLUSTER_TEST_PASSWORD\"}");
    const PointId point = hub.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    hub.cluster->start();
    QTRY_COMPARE(hub.state, PluginState::Running);
    server.kill();
    server.setMore("authorization { users: [ { user: hub, password: \"another\" } ] }");
    QVERIFY(server.start());
    for (const char *part : {"out: ", "live: ", "between nodes: ", "alarms: "}) {
      const QString refused = QLatin1String(part) + server.url() + QStringLiteral(": Auth");
      QTRY_VERIFY2(hub.text.contains(refused), qPrintable(hub.text));
    }
    hub.give(point, 1.0);
    server.kill();
    server.setMore(right);
    QVERIFY(server.start());
    QTRY_VERIFY2(hub.state == PluginState::Running, qPrintable(hub.text));
    QTRY_COMPARE(hub.metric("tagwire_cluster_delivered_total"), 1.0);
  }

  void aWrongOneIsAnOutageThatDoesNotRepeatIt() {
    NatsServer server("authorization { users: [ { user: hub, password: \"another\" } ] }");
    QVERIFY(server.start());
    const QByteArray credential = "\"user\":\"hub\",\"password\":{\"$env\":\"CLUSTER_TEST_PASSWORD\"}";
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url(), credential);
    hub.cluster->start();
    QTRY_VERIFY2(hub.text.contains(QStringLiteral("Authentication")), qPrintable(hub.text));
    QCOMPARE(hub.state, PluginState::Degraded);
    QVERIFY2(!hub.text.contains(QStringLiteral("sesame-1")), qPrintable(hub.text));
  }

  void mistakesInTheManifestAreNamed_data() {
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *name, const char *keys, const char *error) {
      QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(error);
    };
    row("password in the URL", "\"node\":\"a\",\"roles\":\"edge\",\"servers\":\"nats://u:sesame@h:1\"",
        "may not hold a password");
    row("no server", "\"node\":\"a\",\"roles\":\"edge\",\"servers\":\"http://h\"", "nats://host:port");
    row("node", "\"node\":\"a.b\",\"roles\":\"edge\",\"servers\":\"nats://h:1\"", "can't be a part of a subject");
    row("plain secret",
        "\"node\":\"a\",\"roles\":\"edge\",\"servers\":\"nats://h:1\",\"user\":\"u\",\"password\":\"x\"", "password");
    row("role", "\"node\":\"a\",\"roles\":\"master\",\"servers\":\"nats://h:1\"", "edge");
  }
  void mistakesInTheManifestAreNamed() {
    QFETCH(QByteArray, keys);
    QFETCH(QString, error);
    QString errors;
    readConfig<ClusterConfig>('{' + keys + '}', &errors);
    QVERIFY2(errors.contains(error), qPrintable(errors));
    QVERIFY2(!errors.contains(QStringLiteral("sesame")), qPrintable(errors));
  }
};

TAGWIRE_TEST(ClusterAccessTest)

}  // namespace cluster_access_test

#include "cluster_access_test.moc"
