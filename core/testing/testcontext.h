// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTemporaryDir>

#include <map>

#include "context.h"
#include "fakecommandcontrol.h"
#include "manualclock.h"
#include "memoryaudittrail.h"
#include "plugin.h"
#include "readconfig.h"  // what most tests of a plugin need besides

namespace tagwire {

/// A host for one plugin under test: real point table and metrics, a ManualClock, a data dir that goes away, and the
/// services that the test offers.
class TestContext : public PluginContext {
 public:
  explicit TestContext(const QString &id = QStringLiteral("test"));
  ~TestContext() override;

  QString id() const override { return m_id; }
  const QLoggingCategory &log() const override { return m_category; }
  const Site &site() const override { return m_site; }
  const Clock &clock() const override { return m_clock; }
  QString dataDir() const override { return m_dataDir.path(); }
  QList<PointId> declareUnder(const QString &prefix, const QList<PointInfo> &points) override;
  const PointTable &points() const override { return m_points; }
  quint64 sequence() const override { return m_sequence; }
  QString epoch() const override { return QStringLiteral("test-epoch"); }
  void portBusy(const QString &address) override { m_busyPorts << address; }
  Metrics &metrics() override { return m_metrics; }
  PointTrace &trace() override { return m_trace; }
  AuditTrail &audit() override { return m_audit; }
  FakeCommandControl &commands() override { return m_commands; }
  ManifestControl *manifest() override { return m_manifest; }
  Descriptor takeListener(const QString &address) override { return std::exchange(m_listeners[address], {}); }
  void leaveListener(const QString &address, Descriptor socket) override {
    if (m_isReplacing) m_listeners[address] = std::move(socket);
  }
  QList<InstanceStatus> instances() const override { return m_instances; }

  /// For tests to set up and look at.
  MemoryAuditTrail &auditTrail() { return m_audit; }
  ManualClock &manualClock() { return m_clock; }
  PointTable &pointTable() { return m_points; }
  Site &mutableSite() { return m_site; }
  /// Not owned.
  void setManifest(ManifestControl *manifest) { m_manifest = manifest; }
  void setSequence(quint64 sequence) { m_sequence = sequence; }
  void setInstances(const QList<InstanceStatus> &instances) { m_instances = instances; }
  /// Requests for a service that name no instance are answered by this plugin (not owned), if it implements it, else by
  /// one of addInstance().
  void answerWith(Plugin *plugin) { m_answering = plugin; }
  /// Adds an instance of this id to instances(); requests that name it are answered by this plugin (not owned; null: it
  /// is gone) and by no other.
  void addInstance(const QString &id, const QString &type, Plugin *plugin);
  QStringList busyPorts() const { return m_busyPorts; }
  /// From now on a plugin that stops is about to be replaced.
  void setReplacing(bool isReplacing) { m_isReplacing = isReplacing; }
  /// What declare() refused.
  QStringList refusals() const { return m_refusals; }

 protected:
  std::shared_ptr<void> sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) override;
  void route(const QString &instance, const char *service, std::function<bool(Plugin *)> offers,
             std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)> call,
             std::function<void(Answered<std::shared_ptr<void>>)> answer) override;

 private:
  QString m_id;
  QByteArray m_categoryName;
  QLoggingCategory m_category;
  QTemporaryDir m_dataDir;
  ManualClock m_clock;
  PointTable m_points;
  Metrics m_metrics;
  PointTrace m_trace{m_clock};
  MemoryAuditTrail m_audit;
  Site m_site;
  FakeCommandControl m_commands;
  quint64 m_sequence = 0;
  QList<InstanceStatus> m_instances{{m_id, QStringLiteral("test"), PluginState::Running, {}}};
  QHash<QString, Plugin *> m_plugins;
  std::map<std::string, std::weak_ptr<void>> m_shared;
  Plugin *m_answering = nullptr;
  QStringList m_refusals;
  QStringList m_busyPorts;
  std::map<QString, Descriptor> m_listeners;
  bool m_isReplacing = false;
  ManifestControl *m_manifest = nullptr;
  QObject m_queue;
};

}  // namespace tagwire
