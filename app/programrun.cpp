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

}  // namespace

ProgramRun::ProgramRun(QString file, PluginLoader &loader, const QStringList &pluginDirs)
    : m_file(std::move(file)), m_loader(loader), m_desk(m_file, m_clock, checkerByProcess(m_file, pluginDirs)) {
  m_trial.setSingleShot(true);
  connect(&m_trial, &QTimer::timeout, &m_desk, &ManifestDesk::settled);
  connect(&m_desk, &ManifestDesk::changed, this, &ProgramRun::change);
}

ProgramRun::~ProgramRun() = default;

/// What can't be read as a whole is left to Manifest::read, which says why.
bool ProgramRun::load(QByteArray &text, Problems &problems, Manifest &manifest) {
  const auto read = readManifestFile(m_file, Manifest::largest);
  manifest = read ? Manifest::read(m_file, *read, problems) : Manifest::read(m_file, problems);
  text = read.value_or(QByteArray());
  m_runtime = std::make_unique<Runtime>(m_loader, m_clock);
  m_runtime->setManifestControl(&m_desk);
  m_runtime->load(manifest, problems);
  return !hasErrors(problems);
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
    if (const QString warning = m_desk.runs(text, manifest); !warning.isEmpty()) {
      qCWarning(programRunLog).noquote() << warning;
    }
  }
  start();
  return exitcode::ok;
}

void ProgramRun::start() {
  // The manifest's tree is gone; give its memory back before the long run.
  ::malloc_trim(0);
  m_hasFailed = false;
  connect(m_runtime.get(), &Runtime::ready, this, &ProgramRun::becameReady);
  connect(m_runtime.get(), &Runtime::fatal, this, &ProgramRun::failed);
  QMetaObject::invokeMethod(m_runtime.get(), &Runtime::start, Qt::QueuedConnection);
}

void ProgramRun::becameReady() {
  if (m_hasFailed) return;
  qCInfo(programRunLog) << "ready:" << m_runtime->instanceCount() << "plugins," << m_runtime->points().count()
                        << "points";
  if (!std::exchange(m_hasToldReady, true)) printLine(QStringLiteral("ready"));
  sd_notify(0, "READY=1");
  m_desk.cameUp();
  if (!m_notice.isEmpty()) tell(std::exchange(m_notice, {}), m_noticeSeverity);
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

void ProgramRun::reloadFiles() {
  if (m_runtime) m_runtime->reloadFiles();
}

void ProgramRun::stopRunning() {
  m_runtime->stop();
  m_runtime.reset();
}

void ProgramRun::end() {
  m_trial.stop();
  if (m_runtime) m_runtime->stop();
}

void ProgramRun::change() {
  qCInfo(programRunLog).noquote() << "version" << m_desk.version() << "of the manifest is applied";
  sd_notify(0, "RELOADING=1");
  stopRunning();
  m_notice = QStringLiteral("version %1 of the manifest runs").arg(m_desk.version());
  m_noticeSeverity = Severity::Info;
  if (const QString why = bringUp(); !why.isEmpty()) return goBack(why);
  m_trial.start(trialTime);
}

/// Why what stands in the file can't be started; empty: it is on its way.
QString ProgramRun::bringUp() {
  QByteArray text;
  Problems problems;
  Manifest manifest;
  if (!load(text, problems, manifest)) {
    const auto first =
        std::find_if(problems.begin(), problems.end(), [](const Problem &each) { return !each.isWarning; });
    return toText(*first);
  }
  if (const auto taken = m_runtime->takeDataDir(m_code); !taken) return taken.error();
  m_code = exitcode::ok;
  (void)m_desk.runs(text, manifest);
  start();
  return {};
}

void ProgramRun::goBack(const QString &why) {
  m_trial.stop();
  const int version = m_desk.version();
  if (m_runtime) stopRunning();
  const auto before = m_desk.takeBack();
  m_notice = QStringLiteral("version %1 of the manifest did not come up: %2").arg(version).arg(why);
  m_noticeSeverity = Severity::Major;
  qCCritical(programRunLog).noquote() << m_notice;
  const QString trouble = before ? bringUp() : before.error();
  if (trouble.isEmpty()) {
    m_notice += QStringLiteral("; version %1 is back").arg(m_desk.version());
    return;
  }
  qCCritical(programRunLog).noquote() << "nor did the one before:" << trouble;
  m_code = exitcode::badManifest;
  QCoreApplication::exit(m_code);
}

void ProgramRun::tell(const QString &text, Severity severity) {
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
