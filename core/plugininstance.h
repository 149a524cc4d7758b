// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QSemaphore>
#include <QThread>
#include <QTimer>

#include <memory>

#include "backoff.h"
#include "manifest.h"
#include "pluginloader.h"
#include "sinkrunner.h"

namespace tagwire {

class IsolatedPlugin;
class Runtime;

/// One entry of the manifest as the host runs it: the plugin, its thread, its queue, its status, and the retry of a
/// start that failed. Thread-bound to the host thread; owned by the Runtime.
class TAGWIRE_EXPORT PluginInstance : public QObject {
  Q_OBJECT
 public:
  PluginInstance(const ManifestEntry &entry, const PluginDescription &description, Runtime &runtime);
  ~PluginInstance() override;

  /// Makes the plugin; every problem with its configuration goes into `problems`. What can only be checked later is
  /// appended to `later`. False when there is no plugin to run.
  /// `factory` is null when it runs in a process of its own.
  bool create(PluginFactory *factory, Problems &problems, ConfigReader::Later &later);

  void start();
  /// Ends the plugin's work for good: returns when it stopped, or after `atMost` when its thread does not come back.
  void stop(std::chrono::milliseconds atMost = stopDeadline);
  static constexpr std::chrono::milliseconds stopDeadline{3000};
  /// The same without waiting: stop() is to follow.
  void beginStop();
  bool hasStopped() const;

  const ManifestEntry &entry() const { return m_entry; }
  const PluginDescription &description() const { return m_description; }
  Plugin *plugin() const { return m_plugin.get(); }
  Source *source() const { return m_source; }
  SinkRunner *runner() const { return m_runner.get(); }
  PluginState state() const { return m_state; }
  /// Running or degraded.
  bool isUp() const { return tagwire::isUp(m_state); }
  QString stateText() const { return m_stateText; }
  /// In which order instances start: pure sinks first, so that nothing a source brings is missed; pure sources last.
  int startRank() const { return m_description.isSource ? (m_description.isSink ? 1 : pureSource) : 0; }
  static constexpr int pureSource = 2;
  const QLoggingCategory &log() const { return m_category; }

  /// Has the plugin read its files again, in its thread.
  void reloadFiles();
  /// Hands a command to the plugin, in its thread.
  void execute(const Command &command);

  /// For InstanceContext: what the plugin declared while it was created is an error of the manifest.
  QList<PointId> declare(const QString &prefix, const QList<PointInfo> &points);
  void portBusy(const QString &address);

 Q_SIGNALS:
  void stateChanged();
  /// At start, a listener's port belongs to somebody else and the entry does not say what then.
  void portIsBusy(const QString &address);
  /// The entry says on_start_error "fail", and the start failed.
  void startFailed(const QString &text);

 private:
  friend class InstanceContext;
  Result<PointId> declareOne(const QString &prefix, const PointInfo &point);
  std::unique_ptr<Plugin> makeIsolated(ConfigReader &reader);
  void connectPlugin();
  void setState(PluginState state, const QString &text);
  void pluginStateChanged(PluginState state, const QString &text);
  void pluginThrew(const QString &what);
  void callInItsThread(const std::function<void()> &call);
  void callStart();
  void callStop();
  void retryLater();
  void destroyPlugin();

  ManifestEntry m_entry;
  PluginDescription m_description;
  Runtime &m_runtime;
  QByteArray m_categoryName;
  QLoggingCategory m_category;
  std::unique_ptr<Metrics> m_metrics;
  std::unique_ptr<PluginContext> m_context;
  std::unique_ptr<Plugin> m_plugin;
  std::unique_ptr<SinkRunner> m_runner;
  std::unique_ptr<QThread> m_thread;
  std::shared_ptr<QSemaphore> m_stopped;  ///< since beginStop(), of a plugin with a thread of its own
  bool m_isStuck = false;                 ///< its thread did not come back
  Source *m_source = nullptr;
  IsolatedPlugin *m_isolated = nullptr;  ///< m_plugin, where it runs in a process of its own
  Problems *m_problems = nullptr;        ///< only while the plugin is created
  QString m_configPath;
  PluginState m_state = PluginState::Stopped;
  QString m_stateText;
  bool m_started = false;  ///< between start() and stop(); what the plugin says otherwise is not heard
  bool m_everRan = false;
  Backoff m_backoff{std::chrono::seconds(1), std::chrono::seconds(60)};
  QTimer m_retry;
};

}  // namespace tagwire
