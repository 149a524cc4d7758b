// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QLoggingCategory>
#include <QString>
#include <QTimeZone>

#include <functional>
#include <memory>

#include "metrics.h"
#include "network/descriptor.h"
#include "pointtable.h"
#include "pointtrace.h"
#include "services/service.h"
#include "status.h"
#include "timestamp.h"

namespace tagwire {

class AuditTrail;
class CommandControl;
class ManifestControl;

/// The place all instances stand at.
struct Site {
  QString name;
  QTimeZone timeZone = QTimeZone::utc();
};

/// What an instance gets from the host, and the only way to it. Lives as long as the instance; owned by the host.
/// Thread-safe but where a member says otherwise.
class TAGWIRE_EXPORT PluginContext {
 public:
  virtual ~PluginContext();

  /// The manifest's `id` of this instance.
  virtual QString id() const = 0;
  /// Category "tagwire.<id>": `qCWarning(context.log()) << …`. Once per change of state, never per sample.
  virtual const QLoggingCategory &log() const = 0;
  virtual const Site &site() const = 0;
  virtual const Clock &clock() const = 0;
  /// Absolute; exists, mode 0700, when start() is called.
  virtual QString dataDir() const = 0;

  /// Makes points of this instance known, "<id>/<name>", and returns their ids in the same order (None for a refused
  /// one: while the manifest is read that is an error at PointInfo::where; at run time it is logged). Host thread.
  QList<PointId> declare(const QList<PointInfo> &points) { return declareUnder(id(), points); }
  /// The same under another first level than the instance's id: "<prefix>/<name>". That of a device, say; a prefix
  /// that is the id of another instance is refused. Host thread.
  virtual QList<PointId> declareUnder(const QString &prefix, const QList<PointInfo> &points) = 0;
  virtual const PointTable &points() const = 0;

  /// Number of the newest batch or event that the hub has handed out in this run. Host thread.
  virtual quint64 sequence() const = 0;
  /// Names this run of the program: sequence numbers of another epoch mean nothing.
  virtual QString epoch() const = 0;

  /// Call from start() when `address` ("127.0.0.1:8080") can't be listened on because somebody else does, then emit
  /// Failed: at start the program ends with exit code 69 and names the port, unless the entry sets on_start_error.
  virtual void portBusy(const QString &address) = 0;

  /// Call from start(): the socket that listens at `address` (the text of the manifest) and that the instance of the
  /// same id left when a reload replaced it, so that nobody who connects meanwhile is refused. Not open: there is none.
  /// Host thread.
  virtual Descriptor takeListener(const QString &address) = 0;
  /// Call from stop() in place of closing a listening socket. It is kept while a reload replaces the instance, else
  /// closed. Host thread.
  virtual void leaveListener(const QString &address, Descriptor socket) = 0;

  /// Counters, gauges and histograms with the label plugin="<id>".
  virtual Metrics &metrics() = 0;
  /// For a sink that can tell where a value has got to: `if (trace().isOn())`, once per batch.
  virtual PointTrace &trace() = 0;
  /// Who did what, to be asked later: for what people and credentials do, never for values or states
  /// (audit/audittrail.h).
  virtual AuditTrail &audit() = 0;
  /// What operators do with commands beside asking for one by commandRequested (commands/commandcontrol.h). Host
  /// thread.
  virtual CommandControl &commands() = 0;
  /// The manifest that runs, to be read, checked and changed: for the gateway, as manifestcontrol.h is not installed.
  /// Null where the host has none. Host thread.
  virtual ManifestControl *manifest() = 0;
  /// Every instance as the pages show it. Host thread.
  virtual QList<InstanceStatus> instances() const = 0;

  /// What all instances of this plugin type have in common (rooms, devices …): made by the first that asks for it under
  /// this name, gone with the last that holds it. T must be the same for all who use the name. Host thread.
  template <class T>
  std::shared_ptr<T> shared(const char *name, const std::function<std::shared_ptr<T>()> &make) {
    return std::static_pointer_cast<T>(sharedObject(name, [&make] { return std::shared_ptr<void>(make()); }));
  }

  /// Asks another instance: request(&AlarmDesk::standingAlarms, [](Result<…> answer) {…}, arguments…). The first
  /// instance that offers the service answers, or the one named `instance`. The callback comes in the caller's thread,
  /// never from within this call; within 5 s, with an error when there is no such instance, it stopped meanwhile or was
  /// too slow (a callback that takes Answered<…> is told which); never, when the caller stopped meanwhile. Call it in
  /// the instance's own thread.
  template <class Service, class Answer, class... Taken, class Callback, class... Given>
  void request(void (Service::*method)(Reply<Answer>, Taken...), Callback callback, Given &&...given) {
    requestFrom(QString(), method, std::move(callback), std::forward<Given>(given)...);
  }
  template <class Service, class Answer, class... Taken, class Callback, class... Given>
  void requestFrom(const QString &instance, void (Service::*method)(Reply<Answer>, Taken...), Callback callback,
                   Given &&...given);

 protected:
  virtual std::shared_ptr<void> sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) = 0;
  /// `offers` tells whether a plugin offers the service; `call` runs in its thread; `answer` in ours.
  virtual void route(const QString &instance, const char *service, std::function<bool(Plugin *)> offers,
                     std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)> call,
                     std::function<void(Answered<std::shared_ptr<void>>)> answer) = 0;
};

}  // namespace tagwire

#include "services/request.h"
