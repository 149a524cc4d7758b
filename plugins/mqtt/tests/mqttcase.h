// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSignalSpy>

#include "broker.h"
#include "mqttinstance.h"
#include "peer.h"
#include "testcontext.h"

namespace tagwire::mqtt {

/// TestContext whose clock goes on by itself, since the broker's does too.
class RunningContext : public TestContext {
 public:
  using TestContext::TestContext;
  const Clock &clock() const override { return m_real; }

 private:
  Clock m_real;
};

/// An instance of the plugin as the host would make it, points of others, and what came of it.
class MqttCase {
 public:
  explicit MqttCase(const QString &id = QStringLiteral("broker")) : context(id) {
    context.mutableSite().name = QStringLiteral("plant");
  }

  /// False when the configuration has errors.
  bool make(QByteArray json, const QString &url) {
    json.replace("URL", url.toUtf8());
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto config = reader.read<MqttConfig>();
    if (config) config->check(reader);
    errors.clear();
    for (const Problem &problem : problems) errors += toText(problem) + u'\n';
    if (!config || reader.failed() || hasErrors(problems)) return false;
    instance = std::make_unique<MqttInstance>(*config, context);
    QObject::connect(instance.get(), &Plugin::statusChanged, instance.get(),
                     [this](PluginState now, const QString &why) {
                       state = now;
                       text = why;
                     });
    QObject::connect(instance.get(), &Plugin::samplesReady, instance.get(), [this](const Samples &samples) {
      context.pointTable().update(samples);
      published << samples;
    });
    QObject::connect(instance.get(), &Plugin::commandRequested, instance.get(),
                     [this](const Command &command) { commands << command; });
    QObject::connect(instance.get(), &Plugin::eventRaised, instance.get(),
                     [this](const Event &event) { events << event; });
    QObject::connect(instance.get(), &Plugin::written, instance.get(), [this] { ++written; });
    return true;
  }
  PointId declare(const QString &plugin, const QString &name, ValueType type = ValueType::Double,
                  bool isWritable = false) {
    PointInfo info;
    info.name = name;
    info.type = type;
    info.writable = isWritable;
    info.unit = QStringLiteral("°C");
    return context.pointTable().declare(plugin, plugin, info).value();
  }
  /// As the hub does it: into the table first.
  void give(const Samples &samples) {
    context.pointTable().update(samples);
    instance->write(samples);
  }
  void give(PointId point, const Value &value, Quality quality = {}) {
    give({{point, quality, context.clock().now(), value}});
  }
  PointId find(const char *name) const { return context.points().find(QLatin1String(name)); }
  Sample last(const char *name) { return context.points().last(find(name)); }

  RunningContext context;
  std::unique_ptr<MqttInstance> instance;
  QString errors;
  PluginState state = PluginState::Stopped;
  QString text;
  Samples published;
  QList<Command> commands;
  QList<Event> events;
  int written = 0;
};

}  // namespace tagwire::mqtt
