// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "clusternode.h"
#include "natskeys.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_credentials_test {

using namespace tagwire;
using namespace tagwire::cluster;

/// Users whose rights stand in JWTs, which an account has signed, which an operator has signed: the server knows no
/// user.
class ClusterCredentialsTest : public QObject {
  Q_OBJECT
 private:
  NatsKey m_operator{NatsKey::Kind::Operator};
  NatsKey m_account{NatsKey::Kind::Account};
  NatsKey m_system{NatsKey::Kind::Account};

  QByteArray configuration() const {
    const QByteArray limits =
        "\"subs\":-1,\"data\":-1,\"payload\":-1,\"imports\":-1,\"exports\":-1,\"wildcards\":true,\"conn\":-1,\"leaf\":-"
        "1";
    const QByteArray streams = ",\"mem_storage\":-1,\"disk_storage\":-1,\"streams\":-1,\"consumer\":-1";
    const auto account = [&](const NatsKey &key, const QByteArray &allowed) {
      const QByteArray claims = "{\"limits\":{" + allowed + "},\"type\":\"account\",\"version\":2}";
      return key.publicKey() + ": " + m_operator.jwt(key.publicKey(), claims);
    };
    return "operator: " + m_operator.jwt(m_operator.publicKey(), "{\"type\":\"operator\",\"version\":2}") +
           "\nsystem_account: " + m_system.publicKey() + "\nresolver: MEMORY\nresolver_preload: {\n" +
           account(m_account, limits + streams) + '\n' + account(m_system, limits) + "\n}\n";
  }
  /// As nsc writes it.
  static QByteArray fileOf(const NatsKey &issuer, const NatsKey &user) {
    const QByteArray jwt =
        issuer.jwt(user.publicKey(),
                   "{\"pub\":{},\"sub\":{},\"subs\":-1,\"data\":-1,\"payload\":-1,\"type\":\"user\",\"version\":2}");
    return "-----BEGIN NATS USER JWT-----\n" + jwt +
           "\n------END NATS USER JWT------\n\n************************* IMPORTANT *************************\n"
           "NKEY Seed printed below can be used to sign and prove identity.\n\n-----BEGIN USER NKEY SEED-----\n" +
           user.seed() + "\n------END USER NKEY SEED------\n\n**************************************************\n";
  }

 private Q_SLOTS:
  void cleanup() {
    qunsetenv("CLUSTER_TEST_CREDENTIALS");
    qunsetenv("CLUSTER_TEST_STRANGER");
  }

  void aCredentialsFileLetsIn() {
    NatsServer server(configuration());
    QVERIFY2(server.start(), qPrintable(server.output().right(800)));
    const NatsKey user;
    qputenv("CLUSTER_TEST_CREDENTIALS", fileOf(m_account, user));
    const QByteArray credentials = "\"credentials\":{\"$env\":\"CLUSTER_TEST_CREDENTIALS\"}";
    Node hub(QStringLiteral("hub1"), "\"hub\"", server.url(), credentials);
    Node edge(QStringLiteral("edge1"), "\"edge\"", server.url(), credentials);
    hub.cluster->start();
    edge.cluster->start();
    const PointId point = edge.declare(QStringLiteral("plc1"), {.name = QStringLiteral("a")});
    edge.give(point, 3.0);
    QTRY_VERIFY2(hub.lastOf(QStringLiteral("plc1/a")) == Value(3.0), qPrintable(hub.text + server.output()));
    for (Node *node : {&hub, &edge}) QTRY_VERIFY2(node->text.isEmpty(), qPrintable(node->text));

    // One that another account has signed is refused, and its secret is not repeated.
    const NatsKey other(NatsKey::Kind::Account);
    const NatsKey stranger;
    qputenv("CLUSTER_TEST_STRANGER", fileOf(other, stranger));
    Node refused(QStringLiteral("edge2"), "\"edge\"", server.url(),
                 "\"credentials\":{\"$env\":\"CLUSTER_TEST_STRANGER\"}");
    refused.cluster->start();
    QTRY_VERIFY2(refused.text.contains(QStringLiteral("Authorization")) ||
                     refused.text.contains(QStringLiteral("Authentication")),
                 qPrintable(refused.text));
    QVERIFY(!refused.text.contains(QString::fromLatin1(stranger.seed())));
  }

  void whatIsNoCredentialsFileIsSaid() {
    qputenv("CLUSTER_TEST_CREDENTIALS", "sesame");
    Node edge(QStringLiteral("edge1"), "\"edge\"", QStringLiteral("nats://127.0.0.1:1"),
              "\"credentials\":{\"$env\":\"CLUSTER_TEST_CREDENTIALS\"}");
    edge.cluster->start();
    QTRY_VERIFY2(edge.text.contains(QStringLiteral("allowed: one with a user JWT and its seed")),
                 qPrintable(edge.text));
    QVERIFY(!edge.text.contains(QStringLiteral("sesame")));
  }
};

TAGWIRE_TEST(ClusterCredentialsTest)

}  // namespace cluster_credentials_test

#include "cluster_credentials_test.moc"
