// SPDX-License-Identifier: Apache-2.0
#include "runtime.h"

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QUuid>

#include <algorithm>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/manifestrecord.h"
#include "datadir.h"

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(hostLog, "tagwire.host", QtInfoMsg)

constexpr std::chrono::seconds drainFor{3};
constexpr std::chrono::milliseconds lagPeriod{500};
// Seconds within a period; less is a clock that is being led to the right time.
constexpr double clockStep = 1;

constexpr int exitPortBusy = 69;
constexpr int exitCantCreate = 73;
constexpr int exitHeld = 75;
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

}  // namespace

Runtime::Runtime(PluginLoader &loader, const Clock &clock)
    : m_loader(loader),
      m_clock(clock),
      m_audit(clock, m_metrics,
              [this](const QString &trouble) {
                QMetaObject::invokeMethod(
                    this, [this, trouble] { tellAuditTrouble(trouble); }, Qt::QueuedConnection);
              }),
      m_hub(m_points, m_metrics),
      m_commands(m_points, m_hub, clock,
                 [this](const QString &owner, const Command &command) -> Result<void> {
                   PluginInstance *target = instance(owner);
                   if (!target || !target->source() || !target->isUp()) {
                     return failure(QStringLiteral("plugin \"%1\" does not run").arg(owner));
                   }
                   target->execute(command);
                   return {};
                 }),
      m_interlocks(m_points, m_hub, clock, m_metrics),
      m_scenes(m_hub, clock, m_interlocks, m_commands, m_metrics),
      m_reactions(m_hub, clock, m_metrics),
      m_epoch(QUuid::createUuid().toString(QUuid::WithoutBraces)),
      m_lag(m_metrics.gauge("tagwire_loop_lag_seconds", "How late the event loop came to its last timer")),
      m_lags(m_metrics.histogram("tagwire_loop_delay_seconds",
                                 "How late the event loop came to each timer of two a second")),
      m_clockSteps(
          m_metrics.counter("tagwire_clock_steps_total", "Times that the machine's clock was set by over 1 s")) {
  m_hub.setTrace(&m_trace);
  m_commands.setGuard(
      {[this](PointId point, const Value &value) { return m_interlocks.obstacles(point, value); },
       [this](PointId point, const Value &value) { return m_interlocks.warnings(point, value); },
       [this](const Obstacle &obstacle, const Command &command) { m_interlocks.tellBlocked(obstacle, command); }});
  connect(&m_interlocks, &Interlocks::forced, &m_commands, &CommandRouter::request);
  connect(&m_hub, &Hub::commandStatus, &m_interlocks, &Interlocks::commandEnded);
  connect(&m_reactions, &Reactions::requested, this, &Runtime::request);
  m_commands.setAudit(&m_audit);
  m_scenes.setAudit(&m_audit);
  m_readyDeadline.setSingleShot(true);
  connect(&m_readyDeadline, &QTimer::timeout, this, [this] {
    if (!std::exchange(m_ready, true)) Q_EMIT ready();
  });
  m_lagTimer.setTimerType(Qt::PreciseTimer);
  connect(&m_lagTimer, &QTimer::timeout, this, &Runtime::measureLag);
}

Runtime::~Runtime() {
  stop();
  while (!m_instances.empty()) m_instances.pop_back();
  m_audit.close();
  if (m_lock >= 0) ::close(m_lock);
}

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
  QList<ConfigReader::Pending> references = manifest.references;
  addInstances(manifest, all, problems, references);
  checkReferences(references, problems);
  addCommandRules(manifest, problems);
}

/// Those of these ids, and what they declare.
void Runtime::addInstances(const Manifest &manifest, const QSet<QString> &wanted, Problems &problems,
                           QList<ConfigReader::Pending> &references) {
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
    addInstance(entry, problems, references);
    const bool isWrong =
        std::any_of(problems.cbegin() + before, problems.cend(), [](const Problem &each) { return !each.isWarning; });
    if (isWrong || m_leftOut.contains(entry.id)) unsettled.insert(entry.id);
  }
  erase_if(references, [&](const auto &each) {
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

void Runtime::reloadFiles() {
  for (const auto &each : m_instances) {
    if (each->isUp()) each->reloadFiles();
  }
}

std::shared_ptr<void> Runtime::sharedObject(const QString &name, const std::function<std::shared_ptr<void>()> &make) {
  std::shared_ptr<void> object = m_shared.value(name).lock();
  if (!object) m_shared[name] = object = make();
  if (m_isLoading) m_heldWhileLoading.append(object);
  return object;
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

void Runtime::addInstance(const ManifestEntry &entry, Problems &problems, QList<ConfigReader::Pending> &references) {
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
  const auto first = references.size();
  const bool isUsable = instance->create(*factory, problems, references);
  for (auto each = references.begin() + first; each != references.end(); ++each) {
    if (each->number) m_numbersReferred[entry.id].insert(*each->number, PointId::None);
  }
  if (isUsable) takeNames(*instance);
  if (!entry.enabled || !isUsable) return;
  PluginInstance *added = instance.get();
  connect(added, &PluginInstance::stateChanged, this, [this, added] { instanceChanged(added); });
  connect(added, &PluginInstance::portIsBusy, this, [this, added](const QString &address) {
    const QString why = QStringLiteral("port is busy: %1, which %2 wants (ss -ltnp tells who listens there)")
                            .arg(address, added->entry().id);
    qCCritical(hostLog).noquote() << why;
    Q_EMIT fatal(exitPortBusy, why);
  });
  connect(added, &PluginInstance::startFailed, this, [this, added](const QString &text) {
    const QString why = QStringLiteral("%1 can't start, and its on_start_error is \"fail\": %2");
    qCCritical(hostLog).noquote() << why.arg(added->entry().id, text);
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

Result<void> Runtime::takeDataDir(int &exitCode) {
  exitCode = exitCantCreate;
  const bool existed = QDir(m_dataDir).exists();
  if (const auto made = makeFolders(m_dataDir); !made) {
    return failure(QStringLiteral("data_dir %1 can't be made: %2").arg(m_dataDir, made.error()));
  }
  const QByteArray path = QFile::encodeName(m_dataDir);
  if (!existed) ::chmod(path.constData(), 0700);
  if (QFile::permissions(m_dataDir) & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther)) {
    qCWarning(hostLog).noquote() << "data_dir" << m_dataDir << "is open to others (chmod 700 it)";
  }
  // flock and not a file that holds a pid: the kernel lets go of it however we end.
  m_lock = ::open((path + "/lock").constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (m_lock < 0) return failure(QStringLiteral("data_dir %1 can't be written: %2").arg(m_dataDir, qt_error_string()));
  if (::flock(m_lock, LOCK_EX | LOCK_NB) != 0) {
    exitCode = exitHeld;
    return failure(
        QStringLiteral("data_dir %1 is held by another instance%2: end it, or give this one another data_dir")
            .arg(m_dataDir, lockHolder(m_lock)));
  }
  if (const auto kept = m_points.assignNumbers(); !kept) {
    return failure(QStringLiteral("data_dir %1 can't be written: %2").arg(m_dataDir, kept.error()));
  }
  m_audit.open(m_dataDir);
  m_commands.open(m_dataDir, hostLog());
  m_scenes.open(m_dataDir, hostLog());
  return {};
}

void Runtime::start() {
  (void)m_points.assignNumbers();
  noteNumbers();
  m_readyDeadline.start(readyAfter);
  m_lagExpected = m_clock.elapsed() + lagPeriod;
  m_wallOffset = m_clock.now().time_since_epoch() - m_clock.elapsed();
  m_lagTimer.start(lagPeriod);
  m_audit.append(manifestRecord("start", m_documents));
  m_hasStarted = true;
  m_interlocks.start(m_dataDir);
  m_commands.start();
  m_scenes.start();
  m_reactions.start();
  for (const auto &instance : m_instances) {
    instance->start();
    if (m_stopping) return;
  }
  QMetaObject::invokeMethod(this, &Runtime::checkReady, Qt::QueuedConnection);
}

void Runtime::stop(bool drains) {
  if (std::exchange(m_stopping, true)) return;
  m_reactions.stop();
  m_readyDeadline.stop();
  m_lagTimer.stop();
  endCommands();
  m_interlocks.stop();  // that its inputs go is no reason to trip
  const auto isPureSource = [](const auto &instance) { return instance->startRank() == PluginInstance::pureSource; };
  for (auto instance = m_instances.rbegin(); instance != m_instances.rend(); ++instance) {
    if (isPureSource(*instance)) (*instance)->stop();
  }
  if (drains) drain();
  for (auto instance = m_instances.rbegin(); instance != m_instances.rend(); ++instance) (*instance)->stop();
  if (m_hasStarted) m_audit.append(manifestRecord("stop", m_documents));
}

void Runtime::drain() {
  QElapsedTimer since;
  since.start();
  QEventLoop loop;
  while (!m_hub.isIdle() && since.elapsed() < std::chrono::milliseconds(drainFor).count()) {
    QTimer::singleShot(5, &loop, &QEventLoop::quit);
    loop.exec();
  }
  if (!m_hub.isIdle()) qCWarning(hostLog) << "some sinks did not take all that was queued for them";
}

PluginInstance *Runtime::instance(const QString &id) const {
  const auto found =
      std::find_if(m_instances.begin(), m_instances.end(), [&](const auto &each) { return each->entry().id == id; });
  return found == m_instances.end() ? nullptr : found->get();
}

QList<InstanceStatus> Runtime::instances() const {
  QList<InstanceStatus> all;
  for (const auto &instance : m_instances) {
    all.append({instance->entry().id, instance->entry().type, instance->state(), instance->stateText()});
  }
  for (auto each = m_leftOut.cbegin(); each != m_leftOut.cend(); ++each) {
    all.append({each.key(), each.value(), PluginState::Stopped, QStringLiteral("left out by a safe start")});
  }
  return all;
}

void Runtime::instanceChanged(PluginInstance *instance) {
  m_metrics
      .gauge("tagwire_plugin_up", "1 while the instance runs, degraded or not",
             {{"plugin", instance->entry().id.toStdString()}})
      .set(instance->isUp() ? 1 : 0);
  for (const PluginState each : {PluginState::Stopped, PluginState::Starting, PluginState::Running,
                                 PluginState::Degraded, PluginState::Failed}) {
    m_metrics
        .gauge("tagwire_plugin_state", "1 for the state that the instance is in",
               {{"plugin", instance->entry().id.toStdString()}, {"state", toText(each).data()}})
        .set(each == instance->state() ? 1 : 0);
  }
  if (instance->state() == PluginState::Stopped || instance->state() == PluginState::Failed) answerGone(instance);
  if (m_stopping) return;
  m_interlocks.instanceChanged(instance->entry().id, instance->isUp());
  if (instance->state() != PluginState::Starting) {
    Event event;
    event.time = m_clock.now();
    event.source = QStringLiteral("tagwire");
    event.body =
        SystemEvent{QStringLiteral("plugin_status"),
                    instance->entry().id + QLatin1String(" is ") + toText(instance->state()) +
                        (instance->stateText().isEmpty() ? QString() : QLatin1String(": ") + instance->stateText()),
                    instance->state() == PluginState::Running ? Severity::Info : Severity::Minor};
    m_hub.raise(instance->plugin(), event);
  }
  checkReady();
}

void Runtime::checkReady() {
  const bool all =
      std::all_of(m_instances.begin(), m_instances.end(), [](const auto &instance) { return instance->isUp(); });
  if (!all || m_ready || m_stopping || m_isReloading) return;
  m_ready = true;
  m_readyDeadline.stop();
  Q_EMIT ready();
}

void Runtime::measureLag() {
  const auto now = m_clock.elapsed();
  const double lag = std::max(0.0, std::chrono::duration<double>(now - m_lagExpected).count());
  m_lag.set(lag);
  m_lags.observe(lag);
  m_lagExpected = now + lagPeriod;
  const auto offset = m_clock.now().time_since_epoch() - m_clock.elapsed();
  const double step = std::chrono::duration<double>(offset - std::exchange(m_wallOffset, offset)).count();
  if (std::abs(step) < clockStep) return;
  m_clockSteps.add();
  qCWarning(hostLog).noquote() << "the machine's clock was set" << (step > 0 ? "forward by" : "back by")
                               << QString::number(std::abs(step), 'f', 1)
                               << "s: times before and after do not fit together";
}

void Runtime::tellAuditTrouble(const QString &trouble) {
  Event event;
  event.time = m_clock.now();
  event.source = QStringLiteral("tagwire");
  event.body = trouble.isEmpty()
                   ? SystemEvent{QStringLiteral("audit"), QStringLiteral("the audit trail is stored again"), {}}
                   : SystemEvent{QStringLiteral("audit"), QStringLiteral("the audit trail can't be stored: ") + trouble,
                                 Severity::Major};
  m_hub.raise(nullptr, event);
}

}  // namespace tagwire
