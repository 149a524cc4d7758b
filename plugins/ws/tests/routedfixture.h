// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/tokenstore.h"
#include "commands/commandrouter.h"
#include "restfixture.h"

namespace tagwire::ws {

/// CommandControl by the host's own router.
class RoutedControl : public FakeCommandControl {
 public:
  explicit RoutedControl(CommandRouter &router) : m_router(router) {}

  DryRun dryRun(const Command &command) const override { return m_router.dryRun(command); }
  Result<Selection> select(PointId point, const Operator &by) override { return m_router.select(point, by); }
  Result<void> deselect(const QString &selection, const Operator &by) override {
    return m_router.deselect(selection, by);
  }
  Result<void> approve(const QString &id, const Operator &by) override { return m_router.approve(id, by); }
  Result<void> cancel(const QString &id, const Operator &by) override { return m_router.cancel(id, by); }

 private:
  CommandRouter &m_router;
};

/// A host with the router that the program has, and a plugin that does what it is told at once, or nothing.
class RoutedContext : public TestContext {
 public:
  explicit RoutedContext(const QString &id)
      : TestContext(id),
        hub(pointTable(), metrics()),
        router(pointTable(), hub, clock(),
               [this](const QString &, const Command &command) { return execute(command); }),
        m_control(router) {}

  FakeCommandControl &commands() override { return m_control; }

  Hub hub;
  QList<Command> executed;
  bool isPrompt = true;
  CommandRouter router;

 private:
  Result<void> execute(const Command &command) {
    executed << command;
    if (!isPrompt) return {};
    for (const CommandState state : {CommandState::Sent, CommandState::Acked, CommandState::Succeeded}) {
      Event event;
      event.time = clock().now();
      event.body = CommandStatus{
          command.id, command.point, state, state == CommandState::Succeeded ? command.value : Value(), QString(), 0};
      hub.raise(nullptr, event);
    }
    return {};
  }

  RoutedControl m_control;
};

/// A gateway before that router. Anna and Bob may write, Walt may only watch; points: a motor, a gate that has to be
/// selected, a breaker that needs two persons.
struct RoutedFixture : RestFixtureIn<RoutedContext> {
  RoutedFixture() : RestFixtureIn(config({})) {
    QObject::connect(&gateway, &Plugin::commandRequested, &context.router, &CommandRouter::request);
    QObject::connect(&context.hub, &Hub::commandStatus, &gateway, [this](const CommandStatus &status) {
      Event event;
      event.time = context.clock().now();
      event.body = status;
      gateway.notify(event);
    });
    motor = declare("motor", 71, Confirm::None);
    gate = declare("gate", 72, Confirm::Select);
    breaker = declare("breaker", 73, Confirm::SecondPerson);
    const QString all = QStringLiteral("*:read");
    const QString write = QStringLiteral("commands:write");
    anna = token("anna", {all, write});
    bob = token("bob", {all, write});
    walt = token("walt", {all});
    gateway.stop();  // it would notice new tokens within a second
    gateway.start();
  }
  HttpReply post(const QByteArray &who, const QByteArray &target, const QByteArray &body) {
    return ask("POST", target, who, body);
  }
  HttpReply command(const QByteArray &who, const QByteArray &body) { return post(who, "/api/v1/commands", body); }
  QString textOf(const HttpReply &reply, const char *key) const {
    return reply.object().value(QLatin1String(key)).toString();
  }
  QJsonArray list(const QByteArray &query = {}) { return ask("GET", "/api/v1/commands" + query, walt).array(); }

  PointId motor;
  PointId gate;
  PointId breaker;
  QByteArray anna;  ///< Authorization
  QByteArray bob;
  QByteArray walt;

 private:
  PointId declare(const char *name, int number, Confirm confirm) {
    PointInfo info;
    info.name = QString::fromLatin1(name);
    info.number = number;
    info.type = ValueType::Bool;
    info.writable = true;
    info.commandRules.confirm = confirm;
    return context.declare({info})[0];
  }
  QByteArray token(const char *name, const QStringList &permissions) {
    TokenStore store(context.dataDir());
    const auto made = store.create(QString::fromLatin1(name), *Permissions::fromTexts(permissions), std::nullopt,
                                   context.clock().now(), QStringLiteral("test"));
    return "Authorization: Bearer " + made.value_or(QByteArray()) + "\r\n";
  }
};

}  // namespace tagwire::ws
