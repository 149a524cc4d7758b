// SPDX-License-Identifier: Apache-2.0
#include "programrun.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLoggingCategory>

#include <malloc.h>
#include <systemd/sd-daemon.h>

#include "command.h"
#include "manifestcheck.h"
#include "manifestfile.h"

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(programRunLog, "tagwire.host", QtInfoMsg)

/// After that a plugin that can't go on is trouble like any other.
constexpr std::chrono::seconds trialTime{30};
constexpr std::chrono::seconds statusPeriod{1};
constexpr int largePiece = 1024 * 1024;
/// Between two tries while another change is being applied.
constexpr std::chrono::milliseconds busyPause{200};

QString firstError(const Problems &problems) {
  const auto first =
      std::find_if(problems.begin(), problems.end(), [](const Problem &each) { return !each.isWarning; });
  return first == problems.end() ? QString() : toText(*first);
}

}  // namespace

ProgramRun::ProgramRun(QString file, PluginLoader &loader, const QStringList &pluginDirs, bool isSafe)
    : m_file(std::move(file)), m_loader(loader), m_desk(m_file, m_clock, checkerByProcess(m_file, pluginDirs)) {
  m_trial.setSingleShot(true);
  connect(&m_trial, &QTimer::timeout, &m_desk, &ManifestDesk::settled);
  connect(&m_desk, &ManifestDesk::changed, this, &ProgramRun::change);
  connect(&m_statusTimer, &QTimer::timeout, this, &ProgramRun::showStatus);
  if (isSafe) m_whySafe = QStringLiteral("--safe was given");
}

ProgramRun::~ProgramRun() = default;

/// What can't be read as a whole is left to Manifest::read, which says why.
bool ProgramRun::load(QByteArray &text, Problems &problems, Manifest &manifest) {
  const auto read = readManifestFile(m_file, Manifest::largest);
  manifest = read ? Manifest::read(m_file, *read, problems) : Manifest::read(m_file, problems);
  text = read.value_or(QByteArray());
  m_runtime = std::make_unique<Runtime>(m_loader, m_clock);
  m_runtime->setManifestControl(&m_desk);
  if (m_whySafe.isEmpty() && isCrashing(manifest.dataDir)) {
    m_whySafe = QStringLiteral("it ended unexpectedly %1 times within %2 minutes")
                    .arg(Starts::mostCrashes)
                    .arg(Starts::within.count());
  }
  if (!m_whySafe.isEmpty()) m_runtime->startSafely(QStringLiteral(TAGWIRE_OWN_PLUGINS).split(u','));
  m_runtime->load(manifest, problems);
  return !hasErrors(problems);
}

/// Another instance may hold the data dir; then its own lock ends us before anything else happens.
bool ProgramRun::isCrashing(const QString &dataDir) {
  if (dataDir.isEmpty() || !QFileInfo::exists(dataDir)) return false;
  return Starts(dataDir, m_clock).count() >= Starts::mostCrashes;
}

int ProgramRun::begin() {
  QByteArray text;
  {
    Problems problems;
    Manifest manifest;
    const bool isLoaded = load(text, problems, manifest);
    for (const Problem &problem : std::as_const(problems)) printError(toText(problem));
    if (!isLoaded) return exitcode::badManifest;
    int code = exitcode::ok;
    if (const auto taken = m_runtime->takeDataDir(code); !taken) {
      qCCritical(programRunLog).noquote() << taken.error();
      return code;
    }
    m_starts = std::make_unique<Starts>(manifest.dataDir, m_clock);
    m_starts->begin();
    if (const QString warning = m_desk.runs(text, manifest); !warning.isEmpty()) {
      qCWarning(programRunLog).noquote() << warning;
    }
  }
  start();
  return exitcode::ok;
}

void ProgramRun::start() {
  // The manifest's tree is gone; give its memory back before the long run. What is large (a slice of the history, a
  // snapshot) goes back when it is freed: left alone, glibc takes such pieces from the heap after the first.
  ::malloc_trim(0);
  ::mallopt(M_MMAP_THRESHOLD, largePiece);
  ::mallopt(M_TRIM_THRESHOLD, 8 * largePiece);
  connect(m_runtime.get(), &Runtime::ready, this, &ProgramRun::becameReady);
  connect(m_runtime.get(), &Runtime::fatal, this, &ProgramRun::failed);
  QMetaObject::invokeMethod(m_runtime.get(), &Runtime::start, Qt::QueuedConnection);
}

void ProgramRun::becameReady() {
  if (m_hasFailed) return;
  QStringList down;
  const QList<InstanceStatus> instances = m_runtime->instances();
  for (const InstanceStatus &each : instances) {
    if (!isUp(each.state) && m_runtime->instance(each.id)) down << each.id + u' ' + toText(each.state);
  }
  const QString but = down.isEmpty() ? QString() : QStringLiteral(", but ") + down.join(QLatin1String(", "));
  qCInfo(programRunLog).noquote() << "ready:" << m_runtime->instanceCount() << "plugins,"
                                  << QString::number(m_runtime->points().presentCount()) + QLatin1String(" points") +
                                         but;
  if (!std::exchange(m_hasToldReady, true)) printLine(QStringLiteral("ready"));
  sd_notify(0, "READY=1");
  m_desk.cameUp();
  m_statusTimer.start(statusPeriod);
  showStatus();
  if (!m_notice.isEmpty()) tell(std::exchange(m_notice, {}), m_noticeSeverity);
  tellSafeStart();
}

/// Comes from within a call of the plugin that failed, so what follows waits for the event loop.
void ProgramRun::failed(int code, const QString &why) {
  if (std::exchange(m_hasFailed, true)) return;
  if (m_desk.isOnTrial()) {
    QMetaObject::invokeMethod(
        this, [this, why] { goBack(why); }, Qt::QueuedConnection);
    return;
  }
  m_code = code;
  QCoreApplication::exit(code);
}

void ProgramRun::end() {
  m_isEnding = true;  // events go by yet, while sinks take what waits for them
  m_trial.stop();
  m_statusTimer.stop();
  // A start that has failed has nothing worth waiting for, and a sink that did not start would never take it.
  if (m_runtime) m_runtime->stop(m_hasToldReady || !m_hasFailed);
  if (m_starts) m_starts->forget();
}

void ProgramRun::tellSafeStart() {
  if (m_whySafe.isEmpty()) return;
  const QStringList leftOut = m_runtime->leftOut();
  const QString which = leftOut.isEmpty() ? QStringLiteral("none is left out")
                                          : QStringLiteral("left out: ") + leftOut.join(QLatin1String(", "));
  const QString text = QStringLiteral("a safe start, without plugins of others, as %1; %2").arg(m_whySafe, which);
  qCWarning(programRunLog).noquote() << text;
  Event event;
  event.time = m_clock.now();
  event.source = QStringLiteral("tagwire");
  event.body = SystemEvent{QStringLiteral("safe_start"), text, Severity::Major};
  m_runtime->hub().raise(nullptr, event);
}

/// What `systemctl status` shows.
void ProgramRun::showStatus() {
  QStringList troubled;
  qsizetype plugins = 0;
  qsizetype running = 0;
  const QList<InstanceStatus> instances = m_runtime->instances();
  for (const InstanceStatus &each : instances) {
    const bool isRunning = each.state == PluginState::Running;
    if (each.type != u"host") ++plugins;
    if (isRunning) ++running;
    if (!isRunning) troubled << each.id + u' ' + toText(each.state);
  }
  QString status = QStringLiteral("%1 of %2 plugins run, %3 points")
                       .arg(running)
                       .arg(plugins)
                       .arg(m_runtime->points().presentCount());
  if (!troubled.isEmpty()) status += QLatin1String("; ") + troubled.mid(0, 5).join(QLatin1String(", "));
  if (std::exchange(m_status, status) == status) return;
  sd_notify(0, ("STATUS=" + status.toUtf8()).constData());
}

void ProgramRun::reload() {
  if (m_isEnding) return;
  if (std::exchange(m_isReloadAsked, true)) {
    m_isReloadDue = true;
    return;
  }
  m_desk.reload(QStringLiteral("file"), [this](const tl::expected<int, ManifestError> &version) {
    m_isReloadAsked = false;
    const bool isBusy = !version && version.error().kind == ManifestError::Kind::Busy;
    if (!version && !isBusy) reloadRefused(version.error());
    if (!std::exchange(m_isReloadDue, false) && !isBusy) return;
    QTimer::singleShot(busyPause, this, &ProgramRun::reload);
  });
}

void ProgramRun::reloadRefused(const ManifestError &error) {
  qCCritical(programRunLog).noquote() << "the manifest was not read again:" << error.text;
  for (const Problem &problem : error.problems) qCCritical(programRunLog).noquote() << toText(problem);
  const QString first = firstError(error.problems);
  const QString why = first.isEmpty() ? error.text : first;
  const QString text =
      QStringLiteral("the manifest in the file is not taken: %1; version %2 runs on").arg(why).arg(m_desk.version());
  m_runtime->setManifestTrouble(text);
  tell(text, Severity::Major);
}

/// A large one takes a second.
void ProgramRun::readInThread(const QByteArray &text, Done done) {
  m_readers.start([this, text, done = std::move(done)] {
    const auto read = std::make_shared<Read>();
    read->text = text;
    read->manifest = Manifest::read(m_file, text, read->problems);
    QMetaObject::invokeMethod(
        this,
        [this, read, done] {
          if (!m_isEnding) done(*read);
        },
        Qt::QueuedConnection);
  });
}

void ProgramRun::change() {
  if (m_isEnding) return;
  m_trial.stop();  // that of the change before: it holds
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000);
  readInThread(m_desk.next(), [this](Read &read) {
    if (const QString why = goOn(read); !why.isEmpty()) return goBack(why);
    m_trial.start(trialTime);
  });
}

/// Why that is not possible; empty: it runs, or is on its way.
QString ProgramRun::goOn(Read &read) {
  m_hasFailed = false;
  Problems problems = read.problems;
  if (hasErrors(problems)) return firstError(problems);
  const Runtime::Reloaded done = m_runtime->reload(read.manifest, problems);
  if (hasErrors(problems)) return firstError(problems);
  (void)m_desk.runs(read.text, read.manifest);
  m_runtime->reloadFiles();
  m_runtime->setManifestTrouble({});
  m_notice = QStringLiteral("version %1 of the manifest runs: %2").arg(m_desk.version()).arg(done.text());
  m_noticeSeverity = Severity::Info;
  return {};
}

void ProgramRun::goBack(const QString &why) {
  if (m_isEnding) return;
  m_trial.stop();
  m_notice.clear();
  const int version = m_desk.version();
  const auto before = m_desk.takeBack();
  const QString notice = QStringLiteral("version %1 of the manifest did not come up: %2").arg(version).arg(why);
  qCCritical(programRunLog).noquote() << notice;
  if (before) return readInThread(*before, [this, notice](Read &read) { wentBack(read, notice); });
  qCCritical(programRunLog).noquote() << "nor is the one before there:" << before.error();
  m_code = exitcode::badManifest;
  QCoreApplication::exit(m_code);
}

void ProgramRun::wentBack(Read &read, const QString &notice) {
  const QString trouble = goOn(read);
  m_notice = QStringLiteral("%1; version %2 is back").arg(notice).arg(m_desk.version());
  m_noticeSeverity = Severity::Major;
  if (trouble.isEmpty()) {
    const QString file = m_desk.isFileKept() ? QStringLiteral("the file holds the one that did not come up")
                                             : QStringLiteral("in the file too");
    qCWarning(programRunLog).noquote() << "version" << m_desk.version() << "of the manifest is back;" << file;
    if (m_desk.isFileKept()) m_runtime->setManifestTrouble(m_notice);
    return;
  }
  qCCritical(programRunLog).noquote() << "nor does the one before:" << trouble;
  m_code = exitcode::badManifest;
  QCoreApplication::exit(m_code);
}

void ProgramRun::tell(const QString &text, Severity severity) {
  if (severity == Severity::Info) qCInfo(programRunLog).noquote() << text;  // else it was told as an error
  Event event;
  event.time = m_clock.now();
  event.source = QStringLiteral("tagwire");
  event.body = SystemEvent{QStringLiteral("manifest"), text, severity};
  m_runtime->hub().raise(nullptr, event);
  AuditEntry entry;
  entry.kind = QStringLiteral("config");
  entry.action = severity == Severity::Info ? QStringLiteral("applied") : QStringLiteral("taken back");
  entry.actor = QStringLiteral("tagwire");
  entry.subject = QFileInfo(m_file).absoluteFilePath();
  entry.comment = text;
  m_runtime->audit().append(entry);
}

}  // namespace tagwire
