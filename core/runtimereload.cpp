// SPDX-License-Identifier: Apache-2.0
// Runtime: another manifest takes the place of the one that runs, as a difference.
#include "runtime.h"

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(reloadLog, "tagwire.host", QtInfoMsg)

constexpr qsizetype samplesAtOnce = 10'000;

QString listed(const char *what, const QStringList &ids) {
  if (ids.isEmpty()) return {};
  const QString some = ids.mid(0, 5).join(QLatin1String(", ")) + (ids.size() > 5 ? QStringLiteral(", …") : QString());
  return QStringLiteral("%1 %2 (%3)").arg(ids.size()).arg(QLatin1String(what), some);
}

QString listenerKey(const QString &instance, const QString &address) { return instance + u' ' + address; }

}  // namespace

QString Runtime::Reloaded::text() const {
  QStringList parts{listed("added", added), listed("replaced", replaced), listed("removed", removed)};
  parts.removeAll(QString());
  return parts.isEmpty() ? QStringLiteral("no instance differs") : parts.join(QLatin1String(", "));
}

Runtime::Reloaded Runtime::reload(const Manifest &manifest, Problems &problems) {
  Reloaded done;
  QSet<QString> next;
  for (const ManifestEntry &entry : manifest.plugins) {
    next.insert(entry.id);
    if (!m_fingerprints.contains(entry.id)) {
      done.added << entry.id;
    } else if (m_fingerprints.value(entry.id) != entry.fingerprint || m_instanceAlarms.stands(entry.id)) {
      done.replaced << entry.id;
    }
  }
  for (const QString &id : std::as_const(m_ids)) {
    if (!next.contains(id)) done.removed << id;
  }
  done.removed.sort();
  m_isReloading = true;
  const QSet<QString> replaced(done.replaced.begin(), done.replaced.end());
  const QSet<QString> added(done.added.begin(), done.added.end());
  const QSet<QString> removed(done.removed.begin(), done.removed.end());
  replace(manifest, replaced + removed, replaced + added, problems);
  // A number may be another point's now, and who named it by number has looked it up when it was made.
  if (const QSet<QString> shifted = shiftedNumbers(); !shifted.isEmpty() && !hasErrors(problems)) {
    replace(manifest, shifted, shifted, problems);
    for (const QString &id : shifted) {
      if (!replaced.contains(id) && !added.contains(id)) done.replaced << id;
    }
  }
  m_documents = manifest.documents;
  m_audit.append(manifestRecord("reload", m_documents));
  m_isReloading = false;
  m_ready = false;
  m_readyDeadline.start(readyAfter);
  QMetaObject::invokeMethod(this, &Runtime::checkReady, Qt::QueuedConnection);
  return done;
}

/// `gone` stop; `wanted` are made from the manifest and started.
void Runtime::replace(const Manifest &manifest, const QSet<QString> &gone, const QSet<QString> &wanted,
                      Problems &problems) {
  m_interlocks.replacing(gone);
  // What instances share lasts although the only one of a type is replaced: who is logged in stays so.
  for (const auto &shared : std::as_const(m_shared)) m_heldWhileLoading.append(shared.lock());
  stopSome(gone, wanted);
  QList<PointId> changed;
  for (const QString &id : gone) {
    m_instanceAlarms.clear(id);
    m_metrics.leaveOut(id.toStdString());
    m_names.alarmDesks.removeAll(id);
    m_names.alarmRules.remove(id);
    m_names.directories.remove(id);
    m_numbersReferred.remove(id);
    m_leftOut.remove(id);
    m_fingerprints.remove(id);
    changed << m_points.remove(id);
  }
  ConfigReader::Later later{manifest.references, {}};  // where they listen was checked with all others
  addInstances(manifest, wanted, problems, later);
  for (const auto &instance : m_instances) {
    const auto backlog = m_backlogs.find(instance->entry().id);
    if (backlog == m_backlogs.end()) continue;
    if (!instance->runner()) continue;
    instance->runner()->take(std::move(*backlog));
    m_backlogs.erase(backlog);
  }
  for (auto each = m_backlogs.cbegin(); each != m_backlogs.cend(); ++each) {
    tellUntaken(each.key(), {each->samples, each->events, 0}, QStringLiteral("no sink came in its place"));
  }
  m_backlogs.clear();
  checkReferences(later.references, problems);
  if (const auto kept = m_points.assignNumbers(); !kept) {
    qCWarning(reloadLog).noquote() << "numbers of new points can't be kept:" << kept.error();
  }
  addCommandRules(manifest, problems);
  m_interlocks.configured();
  m_scenes.configured();
  m_commands.watchPoints();
  publishChanged(changed);
  startSome(wanted);
  m_listeners.clear();
  noteNumbers();
}

/// Pure sources first; a sink that is to be gone for good takes what waits for it. Meanwhile all others go on.
void Runtime::stopSome(const QSet<QString> &ids, const QSet<QString> &replaced) {
  const auto each = [&](const auto &call) {
    for (auto instance = m_instances.rbegin(); instance != m_instances.rend(); ++instance) {
      if (ids.contains((*instance)->entry().id)) call(**instance);
    }
  };
  const auto allStopped = [&] {
    return std::none_of(m_instances.begin(), m_instances.end(), [](const auto &one) { return !one->hasStopped(); });
  };
  each([](PluginInstance &instance) {
    if (instance.startRank() == PluginInstance::pureSource) instance.beginStop();
  });
  waitFor([&] { return !allStopped(); });
  each([&](PluginInstance &instance) {
    if (instance.runner() && !replaced.contains(instance.entry().id)) m_hub.removeSink(instance.plugin());
  });
  waitFor([&] {
    bool isBusy = false;
    each([&](PluginInstance &instance) {
      const bool isLeaving = instance.runner() && !replaced.contains(instance.entry().id) && instance.isUp();
      isBusy = isBusy || (isLeaving && !instance.runner()->isIdle());
    });
    return isBusy;
  });
  each([&](PluginInstance &instance) {
    if (!replaced.contains(instance.entry().id)) tellUntaken(instance);
  });
  each([](PluginInstance &instance) { instance.beginStop(); });
  waitFor([&] { return !allStopped(); });
  each([&](PluginInstance &instance) {
    instance.stop(std::chrono::milliseconds(0));
    const QString id = instance.entry().id;
    if (instance.runner() && replaced.contains(id)) m_backlogs.insert(id, instance.runner()->takeBacklog());
  });
  std::erase_if(m_instances, [&](const auto &instance) { return ids.contains(instance->entry().id); });
}

/// Points of instances that were stopped: gone, or waiting for their first value.
void Runtime::publishChanged(const QList<PointId> &points) {
  Samples samples;
  for (const PointId id : points) {
    Sample sample = m_points.last(id);
    const bool isRemoved = m_points.point(id)->isRemoved;
    if (isRemoved) sample.quality = Quality::bad(QualityReason::Removed);
    if (!isRemoved && sample.time == Time()) continue;  // it never had a value
    samples << sample;
    if (samples.size() < samplesAtOnce) continue;
    m_hub.publish(nullptr, std::exchange(samples, {}));
  }
  m_hub.publish(nullptr, samples);
}

void Runtime::startSome(const QSet<QString> &ids) {
  std::vector<PluginInstance *> started;
  for (const auto &instance : m_instances) {
    if (ids.contains(instance->entry().id)) started.push_back(instance.get());
  }
  for (PluginInstance *instance : started) {
    if (m_stopping) return;
    instance->start();
  }
}

void Runtime::noteNumbers() {
  for (auto &numbers : m_numbersReferred) {
    for (auto number = numbers.begin(); number != numbers.end(); ++number) {
      *number = m_points.findNumber(number.key());
    }
  }
}

/// Instances that name a point by a number that means another point now.
QSet<QString> Runtime::shiftedNumbers() const {
  QSet<QString> ids;
  for (auto numbers = m_numbersReferred.cbegin(); numbers != m_numbersReferred.cend(); ++numbers) {
    for (auto number = numbers->cbegin(); number != numbers->cend(); ++number) {
      if (*number != m_points.findNumber(number.key())) ids.insert(numbers.key());
    }
  }
  return ids;
}

Descriptor Runtime::takeListener(const QString &instance, const QString &address) {
  const auto left = m_listeners.find(listenerKey(instance, address));
  if (left == m_listeners.end()) return {};
  Descriptor socket = std::move(left->second);
  m_listeners.erase(left);
  return socket;
}

void Runtime::leaveListener(const QString &instance, const QString &address, Descriptor socket) {
  if (m_isReloading) m_listeners.insert_or_assign(listenerKey(instance, address), std::move(socket));
}

}  // namespace tagwire
