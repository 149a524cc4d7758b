// SPDX-License-Identifier: Apache-2.0
// From the manifest to instances, and what can only be checked when all of them are there.
#include <QFileInfo>

#include <algorithm>

#include "datadir.h"
#include "runtime.h"

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(loadLog, "tagwire.host", QtInfoMsg)

constexpr int exitPortBusy = 69;
constexpr int exitSoftware = 70;

/// Empty, or why this entry can't be isolated as it says.
QString wrongIsolation(const ManifestEntry &entry, const PluginDescription &description) {
  const bool isIsolated = description.isProgram || entry.isolation == Isolation::Process;
  if (description.isProgram && entry.isolation == Isolation::None) {
    return QStringLiteral("\"%1\" is a program and always runs in a process of its own (allowed: process)")
        .arg(entry.type);
  }
  if (!isIsolated && entry.limits) {
    return QStringLiteral("only an instance in a process of its own has limits (set \"isolation\" to \"process\")");
  }
  if (!isIsolated || description.services.isEmpty()) return {};
  return QStringLiteral(
             "\"%1\" can't run in a process of its own, for it shares with other plugins or the host: %2 "
             "(allowed: none)")
      .arg(entry.type, description.services.join(QLatin1String(", ")));
}

/// Whether only one of the two can listen. Each family is by itself: listeners of "::" take no IPv4.
bool excludes(const ConfigReader::Listener &one, const ConfigReader::Listener &other) {
  if (one.kind != other.kind || one.port != other.port) return false;
  if (one.address.contains(u':') != other.address.contains(u':')) return false;
  const auto isAny = [](const QString &address) { return address == u"0.0.0.0" || address == u"::"; };
  return one.address == other.address || isAny(one.address) || isAny(other.address);
}

void checkListeners(const QList<ConfigReader::Listener> &listeners, Problems &problems) {
  for (auto each = listeners.begin(); each != listeners.end(); ++each) {
    const auto before =
        std::find_if(listeners.begin(), each, [&](const auto &other) { return excludes(other, *each); });
    if (before == each) continue;
    problems.append({each->where, each->path,
                     QStringLiteral("port %1 of %2 is where %3 listens already (allowed: each address and port once)")
                         .arg(each->port)
                         .arg(each->address, before->path),
                     false});
  }
}

}  // namespace

void Runtime::load(const Manifest &manifest, Problems &problems) {
  m_site = {manifest.site.name, QTimeZone(manifest.site.timeZone.toUtf8())};
  m_dataDir = manifest.dataDir;
  m_documents = manifest.documents;
  const QString numbers = m_dataDir + QLatin1String("/point-numbers.tsv");
  if (const auto unreadable = m_points.keepNumbersIn(numbers); !unreadable) {
    const QString text = QStringLiteral("%1 (the user that runs this must be able to read it)");
    problems.append({{}, QStringLiteral("data_dir"), text.arg(unreadable.error()), false});
  } else if (*unreadable > 0) {
    const QString text = QStringLiteral("%1: %2 lines can't be read; their points get new numbers");
    problems.append({{}, QStringLiteral("data_dir"), text.arg(numbers).arg(*unreadable), true});
  }
  QSet<QString> all;
  for (const ManifestEntry &entry : manifest.plugins) all.insert(entry.id);
  ConfigReader::Later later{manifest.references, {}};
  addInstances(manifest, all, problems, later);
  checkReferences(later.references, problems);
  checkListeners(later.listeners, problems);
  addCommandRules(manifest, problems);
}

/// Those of these ids, and what they declare.
void Runtime::addInstances(const Manifest &manifest, const QSet<QString> &wanted, Problems &problems,
                           ConfigReader::Later &later) {
  m_ids.clear();
  m_names.instances.clear();
  for (const ManifestEntry &entry : manifest.plugins) {
    m_ids.insert(entry.id);
    m_names.instances << entry.id;
  }
  QSet<QString> seen;
  m_isLoading = true;
  QSet<QString> unsettled;  // what refers to the points of these can't be judged
  for (const ManifestEntry &entry : manifest.plugins) {
    // One of an id that is there twice was reported already; its points would only repeat that.
    if (seen.contains(entry.id) || !wanted.contains(entry.id)) continue;
    seen.insert(entry.id);
    m_fingerprints.insert(entry.id, entry.fingerprint);
    const auto before = problems.size();
    addInstance(entry, problems, later);
    const bool isWrong =
        std::any_of(problems.cbegin() + before, problems.cend(), [](const Problem &each) { return !each.isWarning; });
    if (isWrong || m_leftOut.contains(entry.id)) unsettled.insert(entry.id);
  }
  erase_if(later.references, [&](const auto &each) {
    return each.number ? !unsettled.isEmpty() : unsettled.contains(each.name.section(u'/', 0, 0));
  });
  m_names.isWhole = unsettled.isEmpty();
  m_isLoading = false;
  m_heldWhileLoading.clear();
  QHash<QString, qsizetype> places;
  for (qsizetype i = 0; i < manifest.plugins.size(); ++i) places.insert(manifest.plugins[i].id, i);
  const auto order = [&places](const PluginInstance &instance) {
    return std::pair(instance.startRank(), places.value(instance.entry().id));
  };
  std::stable_sort(m_instances.begin(), m_instances.end(),
                   [&order](const auto &one, const auto &other) { return order(*one) < order(*other); });
}

bool Runtime::isLeftOut(const ManifestEntry &entry) {
  const PluginDescription *description = m_safeTypes ? m_loader.find(entry.type) : nullptr;
  m_leftOut.remove(entry.id);
  if (!m_safeTypes) return false;
  const QString folder = description ? QFileInfo(description->file).path() : QString();
  if (m_safeTypes->contains(entry.type) && PluginLoader::ownFolders().contains(folder)) return false;
  m_leftOut.insert(entry.id, entry.type);
  return true;
}

void Runtime::addInstance(const ManifestEntry &entry, Problems &problems, ConfigReader::Later &later) {
  if (entry.type.isEmpty()) return;  // reported already
  if (isLeftOut(entry)) return;
  const PluginDescription *description = m_loader.find(entry.type);
  const bool isIsolated = description && (description->isProgram || entry.isolation == Isolation::Process);
  // A library that is isolated is never loaded here.
  const auto factory = isIsolated ? Result<PluginFactory *>(nullptr) : m_loader.load(entry.type);
  if (!factory) {
    problems.append({entry.typeWhere, entry.path + QLatin1String(".type"), factory.error(), false});
    return;
  }
  if (const QString wrong = wrongIsolation(entry, *description); !wrong.isEmpty()) {
    const auto key = entry.isolation ? QLatin1String(".isolation") : QLatin1String(".limits");
    problems.append({entry.isolationWhere, entry.path + key, wrong, false});
    return;
  }
  m_metrics.leaveOut(entry.id.toStdString(), false);
  auto instance = std::make_unique<PluginInstance>(entry, *description, *this);
  const auto first = later.references.size();
  const bool isUsable = instance->create(*factory, problems, later);
  for (auto each = later.references.begin() + first; each != later.references.end(); ++each) {
    if (each->number) m_numbersReferred[entry.id].insert(*each->number, PointId::None);
  }
  if (isUsable) takeNames(*instance);
  if (!entry.enabled || !isUsable) return;
  PluginInstance *added = instance.get();
  connect(added, &PluginInstance::stateChanged, this, [this, added] { instanceChanged(added); });
  connect(added, &PluginInstance::portIsBusy, this, [this, added](const QString &address) {
    const QString why = QStringLiteral("port is busy: %1, which %2 wants (ss -ltnp tells who listens there)")
                            .arg(address, added->entry().id);
    qCCritical(loadLog).noquote() << why;
    Q_EMIT fatal(exitPortBusy, why);
  });
  connect(added, &PluginInstance::startFailed, this, [this, added](const QString &text) {
    const QString why = QStringLiteral("%1 can't start, and its on_start_error is \"fail\": %2");
    qCCritical(loadLog).noquote() << why.arg(added->entry().id, text);
    Q_EMIT fatal(exitSoftware, why.arg(added->entry().id, text));
  });
  m_instances.push_back(std::move(instance));
}

void Runtime::checkReferences(const QList<ConfigReader::Pending> &references, Problems &problems) {
  QStringList names;
  for (const auto &reference : references) {
    if (reference.number) {
      m_points.giveNumbers();
      if (m_points.findNumber(*reference.number) != PointId::None) continue;
      const QString text = QStringLiteral("no point has the number %1 (allowed: the number of a declared point)");
      problems.append({reference.where, reference.path, text.arg(*reference.number), false});
      continue;
    }
    if (m_points.find(reference.name) != PointId::None) continue;
    if (names.isEmpty()) names = m_points.fullNames();
    // Near misses are looked for among a bounded number of names: a check should not take minutes.
    const QString hint = names.size() <= 20'000 ? didYouMean(reference.name, names) : QString();
    problems.append({reference.where, reference.path,
                     QStringLiteral("unknown point \"%1\"%2 (allowed: a declared point, \"<plugin id>/<name>\")")
                         .arg(reference.name.left(200), hint),
                     false});
  }
}

}  // namespace tagwire
