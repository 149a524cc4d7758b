// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QNetworkRequest>
#include <QTest>
#include <QWebSocket>

#include "../../tests/rawclient.h"
#include "access/tokenstore.h"
#include "emsmodel.h"
#include "gateway.h"
#include "patience.h"
#include "protocols/makeprotocol.h"

namespace tagwire::ws {

/// A device, or who watches one, with a client that somebody else wrote.
struct DeviceClient {
  DeviceClient(quint16 port, const QByteArray &token, const char *device = "ems_001") {
    QObject::connect(&socket, &QWebSocket::textMessageReceived, &socket, [this](const QString &text) { told << text; });
    QNetworkRequest request(
        QUrl(QStringLiteral("ws://localhost:%1/ws/device/%2").arg(port).arg(QLatin1String(device))));
    request.setRawHeader("Authorization", "Bearer " + token);
    socket.open(request);
  }
  bool isOpen() {
    return testing::waitFor([this] { return socket.state() == QAbstractSocket::ConnectedState; });
  }
  void say(const QByteArray &text) { socket.sendTextMessage(QString::fromUtf8(json(text))); }
  int closeCode() {
    (void)testing::waitFor([this] { return socket.state() == QAbstractSocket::UnconnectedState; });
    return socket.closeCode();
  }
  QWebSocket socket;
  QStringList told;
};

struct DeviceReply {
  int status = 0;
  QByteArray head;
  QByteArray body;
  QJsonObject object() const { return QJsonDocument::fromJson(body).object(); }
  QJsonArray array() const { return QJsonDocument::fromJson(body).array(); }
};

inline const char *manifestDevices = ",'devices':[{'id':'ems_001','model':'ems'},{'id':'ems_002','model':'ems'}]";

/// A gateway with its protocols, its routes and tokens in files: all as it is in the program.
struct Plant {
  explicit Plant(const QByteArray &devices = manifestDevices, const Plant *before = nullptr,
                 const QByteArray &limits = {}) {
    if (before) {
      for (const char *file : {"tokens.json", "devices.json"}) {
        const QString name = QLatin1Char('/') + QLatin1String(file);
        (void)QFile::copy(before->context.dataDir() + name, context.dataDir() + name);
      }
    } else {
      device = token("device1", {QStringLiteral("device:ems_001:publish")});
      watcher = token("watcher", {QStringLiteral("device:*:watch")});
      admin = token("admin", {QStringLiteral("*:*")});
    }
    const QByteArray text = json(
        "{'listen':'127.0.0.1:0','endpoints':[{'path':'/ws/device/{device_id}',"
        "'protocol':'device'" +
        limits + "}]," + emsModels() + devices + "}");
    QString wrong;
    const auto config = readWsConfig(text, &wrong);
    if (!config) qFatal("%s", qPrintable(wrong));
    Problems problems;
    const ConfigNode node = parseJson(text, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    const auto book = DeviceBook::join(*config, context, reader);
    gateway = std::make_unique<Gateway>(*config, context, &makeProtocol);
    QObject::connect(gateway.get(), &Plugin::samplesReady, gateway.get(), [this](const Samples &batch) {
      context.pointTable().update(batch);
      samples += batch;
    });
    QObject::connect(gateway.get(), &Plugin::eventRaised, gateway.get(),
                     [this](const Event &event) { events += event; });
    gateway->start();
  }
  QByteArray token(const char *name, const QStringList &permissions, std::optional<Time> expires = {}) {
    auto made = TokenStore(context.dataDir())
                    .create(QString::fromLatin1(name), *Permissions::fromTexts(permissions), expires,
                            context.clock().now(), QStringLiteral("test"));
    if (!made) qFatal("%s", qPrintable(made.error().text));
    return *made;
  }
  quint16 port() const { return gateway->port(); }
  Sample last(const char *name) const {
    return context.points().last(context.points().find(QString::fromLatin1(name)));
  }

  DeviceReply request(const QByteArray &method, const QByteArray &target, const QByteArray &credential,
                      const QByteArray &body = {}) {
    RawClient client(port());
    QByteArray fields;
    if (!credential.isEmpty()) fields += "Authorization: Bearer " + credential + "\r\n";
    if (!body.isEmpty()) fields += "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    client.send(RawClient::head(method, target, fields) + body);
    DeviceReply reply;
    if (!testing::waitFor([&] { return client.status() != 0; })) return reply;
    const qsizetype end = client.input().indexOf("\r\n\r\n");
    reply.head = client.input().left(end + 2);
    reply.status = client.status();
    const qsizetype at = reply.head.indexOf("Content-Length: ");
    const qsizetype size = at < 0 ? 0 : reply.head.mid(at + 16).split('\r').first().toLongLong();
    if (!testing::waitFor([&] { return client.input().size() >= end + 4 + size; })) return {};
    reply.body = client.input().mid(end + 4, size);
    return reply;
  }
  int upgradeStatus(const QByteArray &path, const QByteArray &fields) {
    RawClient client(port());
    client.send(RawClient::upgradeHead(path, fields));
    (void)testing::waitFor([&] { return client.status() != 0; });
    return client.status();
  }

  TestContext context{QStringLiteral("web")};
  QByteArray device;
  QByteArray watcher;
  QByteArray admin;
  Samples samples;
  QList<Event> events;
  std::unique_ptr<Gateway> gateway;  ///< goes first: it tells on its way out that the devices are gone
};

}  // namespace tagwire::ws
