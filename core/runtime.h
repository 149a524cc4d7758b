// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <map>
#include <memory>
#include <vector>

#include "audit/manifestrecord.h"
#include "audit/storedaudittrail.h"
#include "commands/operatordesk.h"
#include "commands/reactions.h"
#include "hub.h"
#include "manifest.h"
#include "network/descriptor.h"
#include "plugininstance.h"
#include "pluginloader.h"
#include "processmetrics.h"

namespace tagwire {

/// The whole: reads a manifest into instances, joins them through the hub, starts and stops them in order. Thread-bound
/// to the main thread; one per program run.
class TAGWIRE_EXPORT Runtime : public QObject {
  Q_OBJECT
 public:
  Runtime(PluginLoader &loader, const Clock &clock);
  ~Runtime() override;

  /// Makes every instance and checks all that can be checked without a network, a device or a file being written. What
  /// is wrong goes into `problems`; with errors, start() may not be called.
  void load(const Manifest &manifest, Problems &problems);
  qsizetype instanceCount() const { return static_cast<qsizetype>(m_instances.size()); }

  /// Before load(): entries of other types than these, and of plugins from elsewhere than the program's own folders,
  /// are left out. They are told as stopped, and what refers to their points finds none.
  void startSafely(const QStringList &types) { m_safeTypes = types; }
  QStringList leftOut() const { return m_leftOut.keys(); }

  /// Takes the data dir: makes it (0700) and locks it. `exitCode` is 73 (can't be written) or 75 (another run holds
  /// it).
  Result<void> takeDataDir(int &exitCode);

  /// Starts sinks, then those that are both, then sources. ready() follows.
  void start();
  /// Stops sources first, lets the sinks take what is queued (up to 3 s), then stops those. Returns when all stopped.
  /// `drains`: what is queued for sinks is waited for, 3 s at most.
  void stop(bool drains = true);

  /// SIGHUP: every running plugin reads the files again that its configuration names.
  void reloadFiles();

  /// What a reload has done: ids of instances.
  struct Reloaded {
    QStringList added;
    QStringList replaced;
    QStringList removed;
    QString text() const;  ///< "1 added (lab), 2 replaced (plc1, web)"; "nothing is another" when all is as before
  };
  /// Goes on with another manifest, that was checked, of the same site and data dir: instances whose entry is another
  /// are stopped and others started in their place, all else goes on. Lets events go by meanwhile. ready() follows.
  /// What turns out to be wrong goes into `problems`; with errors, the manifest before is to be loaded again.
  Reloaded reload(const Manifest &manifest, Problems &problems);

  PointTable &points() { return m_points; }
  const PointTable &points() const { return m_points; }
  Hub &hub() { return m_hub; }
  Metrics &metrics() { return m_metrics; }
  AuditTrail &audit() { return m_audit; }
  PointTrace &trace() { return m_trace; }
  const Clock &clock() const { return m_clock; }
  const Site &site() const { return m_site; }
  QString dataDir() const { return m_dataDir; }
  QString epoch() const { return m_epoch; }
  /// While the host itself has a trouble, it is one of them: `tagwire`, degraded, and why.
  QList<InstanceStatus> instances() const;
  /// Why the manifest that the user wants does not run; empty: it does.
  void setManifestTrouble(const QString &why) { setHostTrouble(m_manifestTrouble, why); }
  /// Null when there is none of that id.
  PluginInstance *instance(const QString &id) const;
  /// A command for a point, or for a scene.
  void request(const Command &command);
  CommandRouter &commands() { return m_commands; }
  Scenes &scenes() { return m_scenes; }
  Interlocks &interlocks() { return m_interlocks; }
  OperatorDesk &operatorDesk() { return m_operatorDesk; }
  InstanceAlarms &instanceAlarms() { return m_instanceAlarms; }
  /// What instances change the manifest by; null (the default): they can't. Not owned.
  ManifestControl *manifestControl() const { return m_manifestControl; }
  void setManifestControl(ManifestControl *control) { m_manifestControl = control; }
  /// Some entry of the manifest has this id, whether it runs or not.
  bool isInstanceId(const QString &id) const { return m_ids.contains(id); }
  /// Serve PluginContext::takeListener and leaveListener. Host thread.
  Descriptor takeListener(const QString &instance, const QString &address);
  void leaveListener(const QString &instance, const QString &address, Descriptor socket);
  /// Serves PluginContext::shared. Host thread.
  std::shared_ptr<void> sharedObject(const QString &name, const std::function<std::shared_ptr<void>()> &make);

  /// Serves PluginContext::request for `caller`; null: the host itself asks, in its thread. Thread-safe.
  void route(PluginInstance *caller, const QString &instance, const char *service, std::function<bool(Plugin *)> offers,
             std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)> call,
             std::function<void(Answered<std::shared_ptr<void>>)> answer);

 Q_SIGNALS:
  /// Every instance runs or is degraded, or 3 s went by.
  void ready();
  /// The program can't go on: `why` was logged.
  void fatal(int exitCode, const QString &why);

 private:
  struct OpenRequest;
  static constexpr std::chrono::seconds readyAfter{3};

  void addInstances(const Manifest &manifest, const QSet<QString> &wanted, Problems &problems,
                    ConfigReader::Later &later);
  bool isLeftOut(const ManifestEntry &entry);
  void addInstance(const ManifestEntry &entry, Problems &problems, ConfigReader::Later &later);
  void takeNames(const PluginInstance &instance);
  void addCommandRules(const Manifest &manifest, Problems &problems);
  void noteNumbers();
  QSet<QString> shiftedNumbers() const;
  void replace(const Manifest &manifest, const QSet<QString> &gone, const QSet<QString> &wanted, Problems &problems);
  void stopSome(const QSet<QString> &ids, const QSet<QString> &replaced);
  void publishChanged(const QList<PointId> &points);
  void startSome(const QSet<QString> &ids);
  void askAlarm(const QString &instance, int rule, std::function<void(const Result<AlarmStatus> &)> answer);
  void checkReferences(const QList<ConfigReader::Pending> &references, Problems &problems);
  void instanceChanged(PluginInstance *instance);
  void checkReady();
  void answerGone(const PluginInstance *instance);
  void finish(const std::shared_ptr<OpenRequest> &request, Answered<std::shared_ptr<void>> outcome);
  tl::expected<PluginInstance *, NoAnswer> serving(const QString &instance,
                                                   const std::function<bool(Plugin *)> &offers) const;
  void drain();
  void tellUntaken(const PluginInstance &instance);
  void tellUntaken(const QString &id, const SinkRunner::Untaken &untaken, const QString &why);
  void showState(const QString &id, PluginState state);
  void setHostTrouble(QString &which, const QString &trouble);
  void endCommands();
  bool waitFor(const std::function<bool()> &isOpen);
  void measureLag();
  void tellAuditTrouble(const QString &trouble);

  PluginLoader &m_loader;
  const Clock &m_clock;
  Metrics m_metrics;
  ProcessMetrics m_processMetrics{m_metrics};
  PointTrace m_trace{m_clock};
  StoredAuditTrail m_audit;
  QList<ManifestDocument> m_documents;
  PointTable m_points;
  Hub m_hub;
  CommandRouter m_commands;
  Interlocks m_interlocks;
  Scenes m_scenes;
  Reactions m_reactions;
  InstanceAlarms m_instanceAlarms{m_clock, [this](const AlarmTransition &alarm) {
                                    m_hub.raise(nullptr, Event{0, m_clock.now(), QStringLiteral("tagwire"), alarm});
                                  }};
  OperatorDesk m_operatorDesk{m_commands, m_interlocks, m_scenes, m_instanceAlarms, m_audit};
  Site m_site;
  QString m_dataDir;
  QString m_epoch;
  std::optional<QStringList> m_safeTypes;  ///< nothing: all
  QMap<QString, QString> m_leftOut;        ///< types by id
  QSet<QString> m_ids;
  QHash<QString, QByteArray> m_fingerprints;              ///< of the manifest's entries, by id
  QHash<QString, QHash<int, PointId>> m_numbersReferred;  ///< by id: what the numbers meant that its entry names
  ManifestNames m_names{m_points, {}, {}};
  QHash<QString, SinkRunner::Backlog> m_backlogs;  ///< by id: of sinks that are just being replaced
  std::map<QString, Descriptor> m_listeners;       ///< "<id> <address>": of instances that are just being replaced
  QHash<QString, std::weak_ptr<void>> m_shared;
  /// What an instance shares lasts while the manifest is read, even if the instance turns out to be wrong.
  QList<std::shared_ptr<void>> m_heldWhileLoading;
  bool m_isLoading = false;
  bool m_isReloading = false;
  std::vector<std::unique_ptr<PluginInstance>> m_instances;  ///< in start order after load()
  std::vector<std::shared_ptr<OpenRequest>> m_requests;
  QTimer m_readyDeadline;
  QTimer m_lagTimer;
  std::chrono::nanoseconds m_lagExpected{0};
  Gauge m_lag;
  Histogram m_lags;
  Counter m_clockSteps;
  std::chrono::nanoseconds m_wallOffset{0};  ///< of the clock that people set against the one that only goes forward
  QString m_auditTrouble;
  QString m_manifestTrouble;
  bool m_hasStarted = false;
  bool m_ready = false;
  bool m_stopping = false;
  int m_lock = -1;
  ManifestControl *m_manifestControl = nullptr;
};

}  // namespace tagwire
