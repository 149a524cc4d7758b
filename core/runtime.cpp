// SPDX-License-Identifier: Apache-2.0
#include "runtime.h"

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
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

constexpr int exitCantCreate = 73;
constexpr int exitHeld = 75;

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
  if (m_lock < 0) {
    return failure(
        QStringLiteral("data_dir can't be used: %1/lock: %2 (the user that runs this must be able to write it)")
            .arg(m_dataDir, qt_error_string()));
  }
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
  for (const auto &instance : m_instances) tellUntaken(*instance);
}

/// It goes: what it has not taken nobody will, and it is gone with us.
void Runtime::tellUntaken(const PluginInstance &instance) {
  if (!instance.runner()) return;
  QString why = instance.stateText();
  if (!instance.isUp()) {
    why = QStringLiteral("it did not run") + (why.isEmpty() ? QString() : QLatin1String(", ") + why);
  } else if (why.isEmpty()) {
    why = QStringLiteral("it did not take them in time");
  }
  tellUntaken(instance.entry().id, instance.runner()->giveUp(), why);
}

void Runtime::tellUntaken(const QString &id, const SinkRunner::Untaken &untaken, const QString &why) {
  if (!untaken.isAny()) return;
  QString lost = QStringLiteral("%1 samples and %2 events that waited for it").arg(untaken.samples).arg(untaken.events);
  if (untaken.onTheirWay > 0) lost += QStringLiteral(", and maybe %1 more that it was given").arg(untaken.onTheirWay);
  qCWarning(hostLog).noquote() << id << "stops without" << lost << "-" << why;
  AuditEntry entry;
  entry.kind = QStringLiteral("config");
  entry.action = QStringLiteral("lost");
  entry.actor = QStringLiteral("tagwire");
  entry.subject = id;
  entry.comment = lost + QLatin1String(": ") + why;
  m_audit.append(entry);
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
  QStringList troubles{m_auditTrouble, m_manifestTrouble};
  troubles.removeAll(QString());
  if (!troubles.isEmpty()) {
    all.append(
        {QStringLiteral("tagwire"), QStringLiteral("host"), PluginState::Degraded, troubles.join(QLatin1String("; "))});
  }
  return all;
}

void Runtime::instanceChanged(PluginInstance *instance) {
  m_metrics
      .gauge("tagwire_plugin_up", "1 while the instance runs, degraded or not",
             {{"plugin", instance->entry().id.toStdString()}})
      .set(instance->isUp() ? 1 : 0);
  showState(instance->entry().id, instance->state());
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

/// For /metrics the host is an instance too, once it has had a trouble.
void Runtime::setHostTrouble(QString &which, const QString &trouble) {
  which = trouble;
  const bool isWell = m_auditTrouble.isEmpty() && m_manifestTrouble.isEmpty();
  showState(QStringLiteral("tagwire"), isWell ? PluginState::Running : PluginState::Degraded);
}

void Runtime::showState(const QString &id, PluginState state) {
  for (const PluginState each : {PluginState::Stopped, PluginState::Starting, PluginState::Running,
                                 PluginState::Degraded, PluginState::Failed}) {
    m_metrics
        .gauge("tagwire_plugin_state", "1 for the state that the instance is in",
               {{"plugin", id.toStdString()}, {"state", toText(each).data()}})
        .set(each == state ? 1 : 0);
  }
}

void Runtime::tellAuditTrouble(const QString &trouble) {
  setHostTrouble(m_auditTrouble,
                 trouble.isEmpty() ? QString() : QStringLiteral("the audit trail can't be stored: ") + trouble);
  Event event;
  event.time = m_clock.now();
  event.source = QStringLiteral("tagwire");
  event.body = trouble.isEmpty()
                   ? SystemEvent{QStringLiteral("audit"), QStringLiteral("the audit trail is stored again"), {}}
                   : SystemEvent{QStringLiteral("audit"), m_auditTrouble, Severity::Major};
  m_hub.raise(nullptr, event);
}

}  // namespace tagwire
