// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSslConfiguration>
#include <QSslKey>
#include <QWebSocketServer>
#include <QtTest>

#include "rtls.h"
#include "testing/testcontext.h"

namespace tagwire::rtls {

/// A manager of somebody else's making that does what the test says: a WebSocket server that keeps what it is sent.
class OtherSite : public QObject {
 public:
  explicit OtherSite(const QSslConfiguration *tls = nullptr)
      : server(QStringLiteral("test"), tls ? QWebSocketServer::SecureMode : QWebSocketServer::NonSecureMode) {
    if (tls) server.setSslConfiguration(*tls);
    QObject::connect(&server, &QWebSocketServer::newConnection, this, &OtherSite::take);
    listen();
  }
  void listen(quint16 port = 0) {
    if (!server.listen(QHostAddress::LocalHost, port)) qFatal("can't listen");
  }
  /// What it was sent over the newest connection.
  int count(const char *key, const QJsonValue &value) const {
    return static_cast<int>(std::count_if(received.cbegin(), received.cend(), [&](const QJsonObject &each) {
      return each.value(QLatin1String(key)) == value;
    }));
  }
  void send(const QByteArray &text) const { client->sendTextMessage(QString::fromUtf8(text)); }
  void sendEvent(int trigger, const char *tag = "SIM1", const QByteArray &more = {}) const {
    send("{\"type\":\"TriggerEvent\",\"trigger_id\":" + QByteArray::number(trigger) +
         ",\"direction\":\"OnEnter\",\"tag_id\":\"" + tag + "\"" + more + "}");
  }
  QString url(const char *scheme = "ws", const char *host = "127.0.0.1") const {
    return QStringLiteral("%1://%2:%3/ws/Manager1")
        .arg(QLatin1String(scheme), QLatin1String(host))
        .arg(server.serverPort());
  }

  QWebSocketServer server;
  std::unique_ptr<QWebSocket> client;
  QList<QJsonObject> received;
  QByteArray authorization;
  QUrl requested;
  int connections = 0;
  bool answers = true;                               ///< requests
  quint64 longest = 64 * 1024;                       ///< message that it takes
  std::function<void(QWebSocket &)> uponConnection;  ///< instead of everything else

 private:
  void answer(const QJsonObject &message) const {
    send("{\"type\":\"response\",\"reqid\":\"" + message.value(QLatin1String("reqid")).toString().toUtf8() +
         "\",\"response\":\"" + message.value(QLatin1String("request")).toString().toUtf8() + "\"}");
  }
  void take() {
    client.reset(server.nextPendingConnection());
    client->setMaxAllowedIncomingMessageSize(longest);
    ++connections;
    received.clear();
    authorization = client->request().rawHeader("Authorization");
    requested = client->requestUrl();
    if (uponConnection) return uponConnection(*client);
    QObject::connect(client.get(), &QWebSocket::textMessageReceived, this, [this](const QString &text) {
      const QJsonObject message = QJsonDocument::fromJson(text.toUtf8()).object();
      received << message;
      if (answers && message.value(QLatin1String("type")) == QLatin1String("request")) answer(message);
    });
  }
};

/// A host whose clock runs, unless it is to stand still.
struct LiveContext : TestContext {
  using TestContext::TestContext;
  const Clock &clock() const override { return isStill ? TestContext::clock() : running; }
  bool isStill = false;
  Clock running;
};

/// An instance of `rtls` with the given `remotes`, and all that comes of it.
struct RemoteFixture {
  /// The keys of the one remote beside `endpoint`; further keys of the instance.
  std::unique_ptr<Rtls> make(const QString &endpoint, const QByteArray &keys = {}, const QByteArray &more = {}) {
    return makeWith("\"remotes\":[{\"endpoint\":\"" + endpoint.toUtf8() + "\",\"retry_ms\":10,\"longest_retry_ms\":50" +
                    (keys.contains("\"tags\"") ? "" : ",\"tags\":[\"SIM1\",\"SIM2\"]") + (keys.isEmpty() ? "" : ",") +
                    keys + "}]" + more);
  }
  std::unique_ptr<Rtls> makeWith(const QByteArray &keys) {
    Problems problems;
    const ConfigNode node = parseJson('{' + keys + '}', folder.filePath(QStringLiteral("manifest.json")), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto rtls = makeRtls(reader, context);
    errors.clear();
    for (const Problem &problem : std::as_const(problems)) errors += toText(problem) + u'\n';
    if (!rtls) return nullptr;
    QObject::connect(rtls.get(), &Plugin::samplesReady, rtls.get(), [this](const Samples &batch) { samples << batch; });
    QObject::connect(rtls.get(), &Plugin::eventRaised, rtls.get(), [this](const Event &event) { events << event; });
    QObject::connect(rtls.get(), &Plugin::statusChanged, rtls.get(), [this](PluginState now, const QString &text) {
      states << now;
      state = text;
      texts << text;
    });
    return rtls;
  }
  void write(const char *name, const QByteArray &text) const {
    QFile file(folder.filePath(QLatin1String(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("can't write %s", name);
  }
  const TriggerEvent &trigger(qsizetype index) const { return std::get<TriggerEvent>(events.at(index).body); }
  bool isRunning() const { return !states.isEmpty() && states.last() == PluginState::Running; }
  double refused(const char *reason) {
    const std::string text = context.metrics().text();
    const auto at = text.find(std::string("reason=\"") + reason + "\",remote=");
    if (at == std::string::npos) return 0;
    return std::stod(text.substr(text.find("} ", at) + 2));
  }

  QTemporaryDir folder;
  LiveContext context{QStringLiteral("uwb")};
  QString errors;
  Samples samples;
  QList<Event> events;
  QList<PluginState> states;
  QString state;
  QStringList texts;  ///< each state's
};

/// As the keys of one remote.
inline QByteArray manyTags() {
  QByteArrayList tags;
  for (int i = 0; i < 5000; ++i) tags << "\"T" + QByteArray::number(i) + '"';
  return "\"zone\":417,\"tags\":[" + tags.join(',') + ']';
}

}  // namespace tagwire::rtls
