// SPDX-License-Identifier: Apache-2.0
#include <QDirIterator>
#include <QFile>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include "mqttcase.h"
#include "testprogram.h"

namespace mqtt_link_test {

using namespace tagwire;
using namespace tagwire::mqtt;

/// Takes connections and carries bytes to a broker until it is told to be silent.
class Proxy : public QTcpServer {
 public:
  explicit Proxy(int port) : m_port(port) {
    listen(QHostAddress::LocalHost);
    connect(this, &QTcpServer::newConnection, this, [this] {
      QTcpSocket *client = nextPendingConnection();
      ++connections;
      if (isSilent) return;
      auto *server = new QTcpSocket(client);
      server->connectToHost(QHostAddress::LocalHost, static_cast<quint16>(m_port));
      connect(client, &QTcpSocket::readyRead, server, [this, client, server] {
        if (!isSilent) server->write(client->readAll());
      });
      connect(server, &QTcpSocket::readyRead, client, [this, client, server] {
        const QByteArray bytes = server->readAll();
        if (isSilent) return;
        if (!isByBytes) {
          client->write(bytes);
          return;
        }
        for (const char byte : bytes) {
          client->write(&byte, 1);
          client->flush();
        }
      });
      connect(server, &QTcpSocket::disconnected, client, &QTcpSocket::disconnectFromHost);
      connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
    });
  }
  QString url() const { return QStringLiteral("mqtt://127.0.0.1:%1").arg(serverPort()); }
  bool isSilent = false;
  bool isByBytes = false;
  int connections = 0;

 private:
  int m_port;
};

/// The connection: who may in, and what happens when it fails.
class MqttLinkTest : public QObject {
  Q_OBJECT

  static QByteArray config(const QByteArray &more) {
    return "{\"url\": \"URL\", \"publish\": {\"points\": \"plc1/#\"}, \"connect_timeout_ms\": 1000" + more + "}";
  }
  static QByteArray tls(const Broker &broker, const char *keys) {
    QByteArray text(keys);
    for (const char *name : {"ca.pem", "client.pem", "client.key"}) {
      text.replace(name, broker.file(QLatin1String(name)).toUtf8());
    }
    return ", \"tls\": " + text;
  }

 private Q_SLOTS:
  void byTls_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("host");
    QTest::addColumn<bool>("wantsClient");
    QTest::addColumn<int>("days");
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QString>("trouble");
    const QByteArray ca("{\"ca\": \"ca.pem\"}");
    const QByteArray own("{\"ca\": \"ca.pem\", \"certificate\": \"client.pem\", \"key\": {\"$file\": \"client.key\"}}");
    const auto row = [](const char *title, const char *name, const char *host, bool wantsClient, int days,
                        const QByteArray &keys, const char *trouble) {
      QTest::newRow(title) << QByteArray(name) << QString::fromLatin1(host) << wantsClient << days << keys
                           << QString::fromLatin1(trouble);
    };
    row("name", "localhost", "localhost", false, 2, ca, "");
    row("address", "127.0.0.1", "127.0.0.1", false, 2, ca, "");
    row("client certificate", "localhost", "localhost", true, 2, own, "");
    row("another's certificate", "other.example", "localhost", false, 2, ca,
        "the broker's certificate is not good: hostname mismatch");
    row("another's address", "other.example", "127.0.0.1", false, 2, ca,
        "the broker's certificate is not good: IP address mismatch");
    row("expired", "localhost", "localhost", false, -1, ca,
        "the broker's certificate is not good: certificate has expired");
    row("unknown authority", "localhost", "localhost", false, 2, "{}", "signed certificate in certificate chain");
    row("no client certificate", "localhost", "localhost", true, 2, ca, "the broker ended TLS: certificate required");
  }
  void byTls() {
    QFETCH(QByteArray, name);
    QFETCH(QString, host);
    QFETCH(bool, wantsClient);
    QFETCH(QByteArray, keys);
    QFETCH(int, days);
    QFETCH(QString, trouble);
    Broker broker;
    QVERIFY2(broker.useTls(name, wantsClient, days) && broker.start(), qPrintable(broker.error()));
    MqttCase test;
    const PointId point = test.declare(QStringLiteral("plc1"), QStringLiteral("t"));
    QVERIFY2(test.make(config(tls(broker, keys.constData())), broker.url(host)), qPrintable(test.errors));
    test.instance->start();
    test.give(point, 1.0);
    if (trouble.isEmpty()) {
      QTRY_COMPARE(test.state, PluginState::Running);
      QTRY_VERIFY(test.context.metrics().all().at("tagwire_mqtt_messages_acknowledged_total").front().value > 0);
    } else {
      QTRY_COMPARE(test.state, PluginState::Degraded);
      // What the broker says may be lost while we write; the next attempt hears it.
      QTRY_VERIFY2_WITH_TIMEOUT(test.text.contains(trouble), qPrintable(test.text), 30'000);
    }
  }

  /// Whoever is somebody else, or speaks something else, than was expected; the words stay the same from one attempt to
  /// the next.
  void whereTheOtherSpeaksSomethingElse_data() {
    QTest::addColumn<bool>("hasTls");
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("hint");
    QTest::newRow("TLS to a plain port") << false << QStringLiteral("mqtts") << QStringLiteral("spoken at this port?");
    QTest::newRow("a certificate of nobody known")
        << true << QStringLiteral("mqtts") << QStringLiteral("the broker's certificate is not good: ");
    QTest::newRow("plain to a port with TLS")
        << true << QStringLiteral("mqtt") << QStringLiteral("wants a url with mqtts://");
  }
  void whereTheOtherSpeaksSomethingElse() {
    QFETCH(bool, hasTls);
    QFETCH(QString, scheme);
    QFETCH(QString, hint);
    Broker broker;
    QVERIFY2((!hasTls || broker.useTls("localhost", false, 2)) && broker.start(), qPrintable(broker.error()));
    MqttCase test;  // brings the log
    LinkSettings settings;
    settings.broker.host = QStringLiteral("127.0.0.1");
    settings.broker.port = static_cast<quint16>(broker.port());
    settings.broker.isTls = scheme == u"mqtts";
    settings.clientId = QStringLiteral("one");
    Link link(settings, test.context.log());
    QStringList texts;
    connect(&link, &Link::down, this, [&texts](const QString &why) { texts << why; });
    link.start();
    QTRY_VERIFY(texts.size() >= 4);
    QVERIFY2(texts.first().contains(hint), qPrintable(texts.first()));
    // Whichever call of the library meets it first: it differs from one attempt to the next.
    QVERIFY2(texts.removeDuplicates() >= 3 && texts.size() == 1, qPrintable(texts.join(u'\n')));
  }

  void byPassword() {
    Broker broker;
    QVERIFY2(broker.setPassword(QStringLiteral("me"), QStringLiteral("sesame-17")) && broker.start(),
             qPrintable(broker.error()));
    for (const char *password : {"wrong-17", "sesame-17"}) {
      qputenv("MQTT_TEST_PASSWORD", password);
      MqttCase test;
      QVERIFY2(test.make(config(", \"user\": \"me\", \"password\": {\"$env\": \"MQTT_TEST_PASSWORD\"}"), broker.url()),
               qPrintable(test.errors));
      test.instance->start();
      const bool isRight = qstrcmp(password, "sesame-17") == 0;
      QTRY_COMPARE(test.state, isRight ? PluginState::Running : PluginState::Degraded);
      if (!isRight) QVERIFY2(test.text.contains(u"refused") && !test.text.contains(u"wrong-17"), qPrintable(test.text));
    }
  }

  void whoIsSilentIsGivenUp() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Proxy proxy(broker.port());
    proxy.isSilent = true;
    MqttCase test;
    QVERIFY2(test.make(config({}), proxy.url()), qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Degraded);
    QVERIFY2(test.text.contains(u"does not answer"), qPrintable(test.text));
    proxy.isSilent = false;
    QTRY_COMPARE(test.state, PluginState::Running);
    QVERIFY(proxy.connections >= 2);
  }

  void framesInPiecesAreFrames() {
    Broker broker;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Proxy proxy(broker.port());
    proxy.isByBytes = true;
    MqttCase test;
    QVERIFY2(test.make("{\"url\": \"URL\", \"subscribe\": [{\"topic\": \"p\", \"points\": [{\"name\": \"p\", \"type\": "
                       "\"text\"}]}]}",
                       proxy.url()),
             qPrintable(test.errors));
    Peer peer(broker.port());
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    peer.publish(QStringLiteral("p"), QByteArray(3000, 'y'));
    QTRY_COMPARE(test.last("broker/p").value, Value(QString(3000, u'y')));
    // Silence in the middle: what it had is not good any more.
    broker.kill();
    QTRY_COMPARE(test.state, PluginState::Degraded);
    QTRY_COMPARE(test.last("broker/p").quality, Quality::bad(QualityReason::NoConnection));
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    QTRY_COMPARE(test.state, PluginState::Running);
    Peer again(broker.port());
    again.publish(QStringLiteral("p"), "back");  // it has subscribed anew
    QTRY_COMPARE(test.last("broker/p").value, Value(QStringLiteral("back")));
  }

  void aRefusedSubscriptionIsTold_data() {
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QString>("topic");
    QTest::addColumn<QString>("reason");
    const QByteArray subscribe =
        "{\"url\": \"URL\", \"version\": \"VERSION\", \"subscribe\": [{\"topic\": \"secret/+\", "
        "\"points\": [{\"name\": \"{1}\"}]}]}";
    const QByteArray sparkplug =
        "{\"url\": \"URL\", \"version\": \"VERSION\", \"sparkplug\": {\"role\": \"host\", \"host_id\": \"H\"}}";
    // SUBACK 0x87 and, in MQTT 3.1.1, 0x80.
    for (const auto &[version, reason] : {std::pair("5", "not authorized"), std::pair("3.1.1", "unspecified error")}) {
      const auto row = [&](const char *name, QByteArray config, const char *topic) {
        QTest::addRow("%s, MQTT %s", name, version)
            << config.replace("VERSION", version) << QString::fromLatin1(topic) << QString::fromLatin1(reason);
      };
      row("plain", subscribe, "secret/+");
      row("host application", sparkplug, "spBv1.0/#");
    }
  }
  void aRefusedSubscriptionIsTold() {
    QFETCH(QByteArray, config);
    QFETCH(QString, topic);
    QFETCH(QString, reason);
    Broker broker;
    QFile access(broker.file(QStringLiteral("access.json")));
    QVERIFY(access.open(QIODevice::WriteOnly));
    access.write(
        "{\"defaultACLAccess\": {\"publishClientSend\": true, \"publishClientReceive\": true, \"subscribe\": false, "
        "\"unsubscribe\": true}}");
    access.close();
    QVERIFY(access.setPermissions(QFile::ReadOwner | QFile::ReadGroup | QFile::ReadOther));
    QDirIterator libraries(QStringLiteral("/usr/lib"), {QStringLiteral("mosquitto_dynamic_security.so")}, QDir::Files,
                           QDirIterator::Subdirectories);
    QVERIFY2(libraries.hasNext(), "no mosquitto_dynamic_security.so: install mosquitto");
    broker.configure("plugin " + libraries.next().toUtf8() + "\nplugin_opt_config_file " + access.fileName().toUtf8() +
                     "\nallow_anonymous true\n");
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    MqttCase test;
    QVERIFY2(test.make(config, broker.url()), qPrintable(test.errors));
    const QString text = QStringLiteral("the broker refuses the subscription to %1: %2").arg(topic, reason);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QRegularExpression::escape(text)));
    test.instance->start();
    QTRY_COMPARE(test.text, text);
    QCOMPARE(test.state, PluginState::Degraded);
  }

  void whatTheBrokerRefusesIsCountedAndLeft() {
    Broker broker;
    QFile acl(broker.file(QStringLiteral("acl")));
    QVERIFY(acl.open(QIODevice::WriteOnly));
    acl.write("topic readwrite tagwire/#\n");
    acl.close();
    broker.configure("acl_file " + acl.fileName().toUtf8() + "\n");
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    MqttCase test;
    const PointId point = test.declare(QStringLiteral("plc1"), QStringLiteral("t"));
    QVERIFY2(test.make("{\"url\": \"URL\", \"publish\": {\"points\": \"plc1/#\", \"topic\": \"forbidden/{point}\"}}",
                       broker.url()),
             qPrintable(test.errors));
    test.instance->start();
    QTRY_COMPARE(test.state, PluginState::Running);
    test.give(point, 1.0);
    // Told by the broker in MQTT 5; once or twice, by whether the last values went out before it.
    const auto figure = [&](const char *name) { return test.context.metrics().all().at(name).front().value; };
    QTRY_VERIFY(figure("tagwire_mqtt_messages_refused_total") >= 1.0);
    QCOMPARE(figure("tagwire_mqtt_messages_acknowledged_total"), 0.0);
    QTRY_COMPARE(figure("tagwire_mqtt_waiting_records"), 0.0);  // the spool does not keep it for ever
    QCOMPARE(test.state, PluginState::Running);
  }
};

TAGWIRE_TEST(MqttLinkTest)

}  // namespace mqtt_link_test

#include "mqtt_link_test.moc"
