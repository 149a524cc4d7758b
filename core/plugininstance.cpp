// SPDX-License-Identifier: Apache-2.0
#include "plugininstance.h"

#include "guard.h"
#include "isolation/isolatedplugin.h"
#include "logging.h"
#include "runtime.h"

namespace tagwire {

/// What one plugin sees of the host. Owned by its PluginInstance.
class InstanceContext : public PluginContext {
 public:
  InstanceContext(PluginInstance &instance, Runtime &runtime) : m_instance(instance), m_runtime(runtime) {}

  QString id() const override { return m_instance.entry().id; }
  const QLoggingCategory &log() const override { return m_instance.log(); }
  const Site &site() const override { return m_runtime.site(); }
  const Clock &clock() const override { return m_runtime.clock(); }
  QString dataDir() const override { return m_runtime.dataDir(); }
  QList<PointId> declareUnder(const QString &prefix, const QList<PointInfo> &points) override {
    return m_instance.declare(prefix, points);
  }
  const PointTable &points() const override { return m_runtime.points(); }
  quint64 sequence() const override { return m_runtime.hub().sequence(); }
  QString epoch() const override { return m_runtime.epoch(); }
  void portBusy(const QString &address) override { m_instance.portBusy(address); }
  Metrics &metrics() override { return *m_instance.m_metrics; }
  PointTrace &trace() override { return m_runtime.trace(); }
  AuditTrail &audit() override { return m_runtime.audit(); }
  CommandControl &commands() override { return m_runtime.operatorDesk(); }
  ManifestControl *manifest() override { return m_runtime.manifestControl(); }
  Descriptor takeListener(const QString &address) override { return m_runtime.takeListener(id(), address); }
  void leaveListener(const QString &address, Descriptor socket) override {
    m_runtime.leaveListener(id(), address, std::move(socket));
  }
  QList<InstanceStatus> instances() const override { return m_runtime.instances(); }

 protected:
  std::shared_ptr<void> sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) override {
    return m_runtime.sharedObject(m_instance.entry().type + u'/' + QLatin1String(name), make);
  }
  void route(const QString &instance, const char *service, std::function<bool(Plugin *)> offers,
             std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)> call,
             std::function<void(Answered<std::shared_ptr<void>>)> answer) override {
    m_runtime.route(&m_instance, instance, service, std::move(offers), std::move(call), std::move(answer));
  }

 private:
  PluginInstance &m_instance;
  Runtime &m_runtime;
};

PluginInstance::PluginInstance(const ManifestEntry &entry, const PluginDescription &description, Runtime &runtime)
    : m_entry(entry),
      m_description(description),
      m_runtime(runtime),
      m_categoryName("tagwire." + entry.id.toUtf8()),
      m_category(m_categoryName.constData(), QtInfoMsg),
      m_metrics(runtime.metrics().with({{"plugin", entry.id.toStdString()}})),
      m_context(std::make_unique<InstanceContext>(*this, runtime)) {
  m_retry.setSingleShot(true);
  connect(&m_retry, &QTimer::timeout, this, &PluginInstance::callStart);
}

PluginInstance::~PluginInstance() {
  stop();
  destroyPlugin();
}

bool PluginInstance::create(PluginFactory *factory, Problems &problems, ConfigReader::Later &later) {
  m_configPath = m_entry.path + QLatin1String(".config");
  ConfigReader reader(m_entry.config, m_configPath, problems);
  m_problems = &problems;
  const QString thrown =
      guard([&] { m_plugin = factory ? factory->create(reader, *m_context) : makeIsolated(reader); });
  m_problems = nullptr;
  later.references += reader.later().references;
  if (m_entry.enabled) later.listeners += reader.later().listeners;
  // The tree of ten thousand points takes 20 MB that nobody will look at again.
  m_entry.config = {};
  if (!thrown.isEmpty()) {
    problems.append({m_entry.where, m_entry.path, QStringLiteral("plugin \"%1\" %2").arg(m_entry.type, thrown), false});
    return false;
  }
  if (!m_plugin) {
    // The rule is that a reader with errors gives null; null without an error is the plugin's bug, and the user's to
    // know.
    if (!reader.failed()) {
      problems.append(
          {m_entry.where, m_entry.path, QStringLiteral("plugin \"%1\" made no instance").arg(m_entry.type), false});
    }
    return false;
  }
  m_source = m_isolated && !m_description.isSource ? nullptr : dynamic_cast<Source *>(m_plugin.get());
  auto *sink = m_isolated && !m_description.isSink ? nullptr : dynamic_cast<Sink *>(m_plugin.get());
  if ((m_source != nullptr) != m_description.isSource || (sink != nullptr) != m_description.isSink) {
    problems.append({m_entry.where, m_entry.path,
                     QStringLiteral("plugin \"%1\" does not implement the roles of its plugin.json").arg(m_entry.type),
                     false});
    return false;
  }
  if (sink) {
    m_runner = std::make_unique<SinkRunner>(m_plugin.get(), sink, *m_metrics, m_category, m_runtime.clock());
    m_runner->follow(&m_runtime.trace(), m_entry.id);
    connect(m_runner.get(), &SinkRunner::failed, this, &PluginInstance::pluginThrew);
    m_runtime.hub().addSink(m_plugin.get(), m_runner.get());
  }
  connectPlugin();
  return !reader.failed();
}

std::unique_ptr<Plugin> PluginInstance::makeIsolated(ConfigReader &reader) {
  auto plugin = std::make_unique<IsolatedPlugin>(m_description, m_entry.limits.value_or(IsolationLimits()), *m_context);
  if (!plugin->create(reader, m_entry.onStartError != OnStartError::Fail)) return nullptr;
  m_isolated = plugin.get();
  connect(m_isolated, &IsolatedPlugin::cameUp, this, [this] {
    if (m_started && m_runner) m_runner->open();
  });
  return plugin;
}

void PluginInstance::connectPlugin() {
  Plugin *plugin = m_plugin.get();
  Hub *hub = &m_runtime.hub();
  // The hub is the context object: from a plugin's own thread these come queued, as shared lists.
  connect(plugin, &Plugin::samplesReady, hub, [this, hub, plugin](const Samples &samples) {
    if (m_started) hub->publish(plugin, samples);
  });
  connect(plugin, &Plugin::eventRaised, hub, [this, hub, plugin](const Event &given) {
    if (!m_started) return;
    Event event = given;
    if (event.source.isEmpty()) event.source = m_entry.id;
    if (event.time == Time()) event.time = m_runtime.clock().now();
    hub->raise(plugin, event);
  });
  connect(plugin, &Plugin::commandRequested, this, [this](const Command &given) {
    if (!m_started) return;
    Command command = given;
    if (command.requestedBy.isEmpty()) command.requestedBy = m_entry.id;
    command.isUrgent = false;  // the host's own
    m_runtime.request(command);
  });
  connect(plugin, &Plugin::statusChanged, this, &PluginInstance::pluginStateChanged);
}

Result<PointId> PluginInstance::declareOne(const QString &prefix, const PointInfo &point) {
  if (prefix != m_entry.id && m_runtime.isInstanceId(prefix)) {
    return failure(QStringLiteral("\"%1\" is the id of a plugin (allowed: an id of its own)").arg(prefix));
  }
  return m_runtime.points().declare(m_entry.id, prefix, point);
}

QList<PointId> PluginInstance::declare(const QString &prefix, const QList<PointInfo> &points) {
  QList<PointId> ids;
  ids.reserve(points.size());
  for (const PointInfo &point : points) {
    const auto id = declareOne(prefix, point);
    ids << id.value_or(PointId::None);
    if (id) continue;
    if (m_problems) {
      m_problems->append({point.where.file ? point.where : m_entry.where, m_configPath, id.error(), false});
    } else {
      qCWarning(m_category).noquote() << id.error();
    }
  }
  if (m_problems) return ids;  // numbers are given when every instance has declared its own
  if (const auto kept = m_runtime.points().assignNumbers(); !kept) {
    qCWarning(m_category).noquote() << "numbers of new points can't be kept:" << kept.error();
  }
  return ids;
}

void PluginInstance::portBusy(const QString &address) {
  if (!m_everRan && !m_entry.onStartError) Q_EMIT portIsBusy(address);
}

void PluginInstance::start() {
  if (!m_plugin || m_started) return;
  if (m_description.isBlocking && !m_isolated && !m_thread) {
    m_thread = std::make_unique<QThread>();
    m_thread->setObjectName(m_entry.id);
    m_plugin->moveToThread(m_thread.get());
    m_thread->start();
  }
  callStart();
}

void PluginInstance::callStart() {
  m_started = true;
  m_metrics->counter("tagwire_plugin_starts_total", "Starts of the instance, those again after a failure too").add();
  setState(PluginState::Starting, QString());
  QMetaObject::invokeMethod(m_plugin.get(), [this] {
    const QString thrown = guard([this] { m_plugin->start(); });
    if (!thrown.isEmpty())
      QMetaObject::invokeMethod(
          this, [this, thrown] { pluginThrew(thrown); }, Qt::QueuedConnection);
  });
  // After that, for what waited would come to a plugin that does not run yet. What is isolated says itself when there
  // is a process to take things.
  if (m_runner && m_started && !m_isolated) m_runner->open();
}

void PluginInstance::callStop() {
  m_started = false;
  if (m_runner) m_runner->close();
  QMetaObject::invokeMethod(m_plugin.get(), [plugin = m_plugin.get()] { guard([plugin] { plugin->stop(); }); });
}

void PluginInstance::beginStop() {
  m_retry.stop();
  if (!m_plugin || m_state == PluginState::Stopped || m_stopped) return;
  m_started = false;
  if (m_runner) m_runner->close();
  m_stopped = std::make_shared<QSemaphore>();
  const auto stopIt = [plugin = m_plugin.get(), stopped = m_stopped] {
    guard([plugin] { plugin->stop(); });
    stopped->release();
  };
  if (m_thread) {
    QMetaObject::invokeMethod(m_plugin.get(), stopIt, Qt::QueuedConnection);
  } else {
    stopIt();
  }
}

bool PluginInstance::hasStopped() const { return !m_stopped || m_stopped->available() > 0; }

void PluginInstance::stop(std::chrono::milliseconds atMost) {
  beginStop();
  if (!m_stopped) return;
  m_isStuck = !m_stopped->tryAcquire(1, static_cast<int>(atMost.count()));
  if (m_isStuck) qCCritical(m_category) << "does not stop: its thread is left behind";
  m_stopped.reset();
  setState(PluginState::Stopped, QString());
}

void PluginInstance::destroyPlugin() {
  if (!m_plugin) return;
  m_runtime.hub().removeSink(m_plugin.get());
  if (!m_thread) {
    m_runner.reset();
    m_plugin.reset();
    return;
  }
  // A QObject is deleted in its own thread. A thread that does not come back keeps all it may still touch: better a
  // leak at the very end than a crash.
  connect(m_thread.get(), &QThread::finished, m_plugin.get(), &QObject::deleteLater);
  m_thread->quit();
  Plugin *plugin = m_plugin.release();
  if (m_thread->wait(QDeadlineTimer(m_isStuck ? std::chrono::milliseconds(0) : stopDeadline))) return;
  disconnect(plugin, nullptr, this, nullptr);
  (void)m_runner.release();
  (void)m_context.release();
  (void)m_thread.release();
}

void PluginInstance::execute(const Command &command) {
  callInItsThread([this, command] { m_source->execute(command); });
}

void PluginInstance::reloadFiles() {
  callInItsThread([this] { m_plugin->reloadFiles(); });
}

void PluginInstance::callInItsThread(const std::function<void()> &call) {
  QMetaObject::invokeMethod(m_plugin.get(), [this, call] {
    const QString thrown = guard(call);
    if (!thrown.isEmpty())
      QMetaObject::invokeMethod(
          this, [this, thrown] { pluginThrew(thrown); }, Qt::QueuedConnection);
  });
}

void PluginInstance::pluginThrew(const QString &what) { pluginStateChanged(PluginState::Failed, what); }

void PluginInstance::pluginStateChanged(PluginState state, const QString &text) {
  if (!m_started) return;
  if (tagwire::isUp(state)) {
    m_everRan = true;
    m_backoff.reset();
  }
  setState(state, text);
  if (state != PluginState::Failed) return;
  if (!m_everRan && m_entry.onStartError == OnStartError::Fail) {
    Q_EMIT startFailed(text);
  } else if (m_isolated && m_isolated->isQuarantined()) {
    m_runtime.hub().removeSink(m_plugin.get());  // nobody will take what would queue for it
    m_runtime.instanceAlarms().raise(m_entry.id, text);
    callStop();
  } else if (m_entry.onStartError == OnStartError::Skip) {
    callStop();
  } else {
    retryLater();
  }
}

void PluginInstance::retryLater() {
  // Not from within the plugin's own call: it may still be in start().
  QMetaObject::invokeMethod(
      this,
      [this] {
        if (!m_started || m_state != PluginState::Failed) return;
        callStop();
        m_retry.start(m_backoff.next());
      },
      Qt::QueuedConnection);
}

void PluginInstance::setState(PluginState state, const QString &text) {
  if (state == m_state && text == m_stateText) return;
  m_state = state;
  m_stateText = text;
  const QString line = text.isEmpty() ? QString(toText(state)) : toText(state) + QLatin1String(": ") + text;
  // A retry of something that failed says nothing new when it starts again.
  const LogFields fields(
      {{"MESSAGE_ID", QString::fromLatin1(messageid::pluginState)}, {"TAGWIRE_STATE", QString(toText(state))}});
  const bool isQuiet = state == PluginState::Starting || (m_backoff.attempts() > 1 && state == PluginState::Failed);
  if (isQuiet) {
    qCDebug(m_category).noquote() << line;
  } else if (state == PluginState::Degraded || state == PluginState::Failed) {
    qCWarning(m_category).noquote() << line;
  } else {
    qCInfo(m_category).noquote() << line;
  }
  Q_EMIT stateChanged();
}

}  // namespace tagwire
