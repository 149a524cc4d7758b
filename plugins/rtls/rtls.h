// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "inputwatch.h"
#include "intake/intake.h"
#include "learnedtags.h"
#include "loopwatch.h"
#include "managernames.h"
#include "mapdesk.h"
#include "omlox/hubpart.h"
#include "plugin.h"
#include "proximityevents.h"
#include "remote/remotes.h"
#include "rtlspoints.h"
#include "tracker.h"
#include "trackerfile.h"
#include "walker.h"

namespace tagwire::rtls {

/// The running instance: takes fixes of the gateway and of its own walker, publishes positions, zones and occupancy,
/// raises trigger events. What one turn of the event loop brings goes out together. Thread-bound, in the host thread
/// (it declares points of unknown tags while it runs); owned by the host.
class Rtls : public Plugin, public Source, public ZoneCatalog, public FixIntake, public SiteMap, public LocationHub {
  Q_OBJECT
 public:
  Rtls(const RtlsConfig &config, const Model &model, PluginContext &context, ConfigReader &reader);
  ~Rtls() override;

  void start() override;
  void stop() override;
  void reloadFiles() override;
  /// None of its points is writable: never called.
  void execute(const Command &command) override;
  void directory(Reply<ZoneDirectory> reply) override;
  void outlines(Reply<QJsonObject> reply) override;
  void plan(Reply<PlanFile> reply, int zone) override;
  void whereabouts(Reply<QList<Whereabouts>> reply) override;
  void take(Reply<bool> reply, IncomingFix fix) override;
  void answer(Reply<HubAnswer> reply, HubRequest request) override;
  void listen(Reply<bool> reply, std::weak_ptr<HubListener> listener) override;
  /// Where `intake` listens; the manifest may leave the choice to the system. Empty while it does not.
  QList<quint16> intakePorts() const { return m_intake.ports(); }

 private:
  void makeWalker(const SimulateConfig &simulate, const Model &model);
  Moment now() const;
  Moment wakeUp();
  Result<void> accept(IncomingFix fix);
  HubPart::Ways hubWays();
  Result<void> outranked(const QString &trackable, const Moment &moment);
  Result<int> tagOf(const IncomingFix &fix);
  bool admitTag(int tag);
  QString whyNoRoom(const QString &id) const;
  Result<int> addUnknown(const QString &id);
  bool isOfClient(const QString &tag) const;
  int roomFor(const QStringList &tags) const;
  void addUnlisted(const QStringList &tags);
  void recallUnlisted(const TrackerMemory &kept);
  Result<int> refuseUnknown(const QString &reason);
  void walk();
  void recall();
  void advance();
  void judgeInput(const Moment &moment);
  void queue(const Tracker::Outcome &outcome);
  void connectRemotes();
  void tellState();
  void requestFlush();
  void flush();
  void armDeadline();

  PluginContext &m_context;
  std::shared_ptr<ManagerNames> m_managerNames;
  const ZoneDirectory m_directory;
  RtlsPoints m_points;
  Tracker m_tracker;
  HubPart m_hub;
  const MapDesk m_mapDesk;
  const ProximityEvents m_proximityEvents;
  const int m_mostUnknown;
  LearnedTags m_learned;
  int m_tagsOfClients = 0;    ///< of trackables that clients of the hub made, be they still there or not
  bool m_complained = false;  ///< of too many unknown tags
  std::optional<Walker> m_walker;
  double m_walkSeconds = 0;
  QTimer m_walkTimer;
  Intake m_intake;
  QTimer m_deadlineTimer;
  std::chrono::nanoseconds m_armedFor = endless;
  LoopWatch m_loopWatch;
  InputWatch m_inputWatch;
  TrackerFile m_file;
  std::unique_ptr<Remotes> m_remotes;  ///< null: none
  bool m_running = false;
  bool m_flushQueued = false;
  Samples m_samples;
  QList<Event> m_events;
  Counter m_accepted;
  Counter m_malformed;
  std::vector<Counter> m_refused;  ///< by Refusal, without None
  Counter m_unknown;
  Counter m_reused;
  Counter m_stalls;
  Counter m_refusedPairs;
  quint64 m_pairsTold = 0;
  Gauge m_tagsKnown;
  Gauge m_tagsOfClientsKnown;
};

/// An instance as the manifest wants it; null when there are errors, each reported to `reader`.
std::unique_ptr<Rtls> makeRtls(ConfigReader &reader, PluginContext &context);

}  // namespace tagwire::rtls
