// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>
#include <QLoggingCategory>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "manifestcommands.h"
#include "runtime.h"

namespace tagwire {

namespace {
Q_LOGGING_CATEGORY(hostLog, "tagwire.host", QtInfoMsg)

void logProblems(const Problems &problems) {
  for (const Problem &problem : problems) printError(toText(problem));
}

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

}  // namespace

int runCommand(const QStringList &given) {
  const auto arguments = parseCommon(given, {}, QStringLiteral("run MANIFEST"), 1, 1);
  if (!arguments) return exitcode::usage;
  ::umask(0077);
  raiseDescriptorLimit();
  PluginLoader loader(PluginLoader::searchPath(arguments->values(QStringLiteral("plugin-dir"))));
  logRefusals(loader);
  const Clock clock;
  Runtime runtime(loader, clock);
  {
    Problems problems;
    const Manifest manifest = Manifest::read(arguments->rest().first(), problems);
    runtime.load(manifest, problems);
    logProblems(problems);
    if (hasErrors(problems)) return exitcode::badManifest;
  }
  int code = exitcode::ok;
  if (const auto taken = runtime.takeDataDir(code); !taken) {
    qCCritical(hostLog).noquote() << taken.error();
    return code;
  }
  code = exitcode::ok;
  // The manifest's tree is gone; give its memory back before the long run.
  ::malloc_trim(0);

  quitOnSignals([&runtime] {
    qCInfo(hostLog) << "SIGHUP: certificates are read again; a changed manifest needs a restart";
    runtime.reloadFiles();
  });
  bool isFatal = false;
  QObject::connect(&runtime, &Runtime::ready, &runtime, [&runtime] {
    qCInfo(hostLog) << "ready:" << runtime.instanceCount() << "plugins," << runtime.points().count() << "points";
    printLine(QStringLiteral("ready"));
    sd_notify(0, "READY=1");
  });
  QObject::connect(&runtime, &Runtime::fatal, &runtime, [&](int exitCode) {
    if (!std::exchange(isFatal, true)) code = exitCode;
    QCoreApplication::exit(code);
  });
  QMetaObject::invokeMethod(&runtime, &Runtime::start, Qt::QueuedConnection);
  QCoreApplication::exec();
  sd_notify(0, "STOPPING=1");
  runtime.stop();
  qCInfo(hostLog) << "stopped";
  return code;
}

}  // namespace tagwire
