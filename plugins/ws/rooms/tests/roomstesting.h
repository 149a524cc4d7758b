// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include "patience.h"
#include "rooms/roombook.h"
#include "testcontext.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// JSON that a test writes with single quotes.
inline QByteArray quoted(const char *json) { return QByteArray(json).replace('\'', '"'); }
inline QJsonObject object(const char *json) { return QJsonDocument::fromJson(quoted(json)).object(); }

/// A host whose shared objects may be another one's too.
struct RoomsContext : TestContext {
  explicit RoomsContext(const QString &id = QStringLiteral("plc1"), RoomsContext *first = nullptr)
      : TestContext(id), m_first(first) {}

  std::shared_ptr<void> sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) override {
    return m_first ? m_first->sharedObject(name, make) : TestContext::sharedObject(name, make);
  }
  PointId declare(const char *name, ValueType type) {
    PointInfo info;
    info.name = QString::fromLatin1(name);
    info.type = type;
    return PluginContext::declare({info}).value(0);
  }

 private:
  RoomsContext *m_first;
};

/// Rooms 1 and 2 and a lamp in room 1.
inline WsConfig houseConfig() {
  WsConfig config;
  config.listen = {QHostAddress(QHostAddress::LocalHost), 0};
  config.endpoints = QList<EndpointConfig>();
  config.auth = AuthConfig();
  config.auth->anonymous = {QStringLiteral("*:*")};
  config.rooms = {{1, QStringLiteral("Living Room")}, {2, QStringLiteral("Kitchen")}};
  EntityConfig lamp;
  lamp.id = QStringLiteral("light.living_room");
  lamp.room = 1;
  lamp.state = {QStringLiteral("plc1/lamp")};
  lamp.words = {{QStringLiteral("0"), QStringLiteral("off")}, {QStringLiteral("1"), QStringLiteral("on")}};
  lamp.attributes = {{QStringLiteral("brightness"), {QStringLiteral("plc1/dim")}}};
  config.entities = {lamp};
  return config;
}

/// Whether everything of the book so far reached the disk.
inline Result<void> waitForDisk(RoomBook &book) {
  std::optional<Result<void>> answer;
  book.whenKept([&](const Result<void> &result) { answer = result; });
  if (!testing::waitFor([&] { return answer.has_value(); })) return failure(QStringLiteral("no answer"));
  return *answer;
}

}  // namespace tagwire::ws
