// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>
#include <QLoggingCategory>
#include <QTimer>

#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "manifestcommands.h"
#include "programrun.h"

namespace tagwire {

namespace {
Q_LOGGING_CATEGORY(hostLog, "tagwire.host", QtInfoMsg)

void logRefusals(const PluginLoader &loader) {
  for (const PluginRefusal &refusal : loader.refusals()) {
    qCWarning(hostLog).noquote() << "plugin refused:" << refusal.file << refusal.reason;
  }
}

/// The soft limit is there for select(), which nothing here calls; each client takes a descriptor.
void raiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) qCWarning(hostLog) << "can't raise the limit of open files";
}

/// Under a unit with WatchdogSec: tells systemd that the event loop turns, three times within that time. A loop that
/// hangs for so long is ended and started again.
void tellWatchdog(QTimer &timer) {
  uint64_t allowed = 0;  // microseconds
  if (sd_watchdog_enabled(0, &allowed) <= 0) return;
  QObject::connect(&timer, &QTimer::timeout, &timer, [] { sd_notify(0, "WATCHDOG=1"); });
  timer.start(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(allowed / 3)));
}

}  // namespace

int runCommand(const QStringList &given) {
  const QString safe = QStringLiteral("safe");
  const auto arguments = parseCommon(given, {safe}, QStringLiteral("run MANIFEST [--safe]"), 1, 1);
  if (!arguments) return arguments.error();
  ::umask(0077);
  raiseDescriptorLimit();
  PluginLoader loader(PluginLoader::searchPath(arguments->values(QStringLiteral("plugin-dir"))));
  logRefusals(loader);
  ProgramRun run(arguments->rest().first(), loader, arguments->values(QStringLiteral("plugin-dir")),
                 arguments->has(safe));
  if (const int code = run.begin(); code != exitcode::ok) return code;
  quitOnSignals([&run] {
    qCInfo(hostLog) << "SIGHUP: the manifest and all files that it names are read again";
    run.reload();
  });
  QTimer watchdog;
  tellWatchdog(watchdog);
  QCoreApplication::exec();
  sd_notify(0, "STOPPING=1");
  run.end();
  qCInfo(hostLog) << "stopped";
  return run.exitCode();
}

}  // namespace tagwire
