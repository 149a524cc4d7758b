// SPDX-License-Identifier: Apache-2.0
#include "processmetrics.h"

#include <QFile>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logging.h"
#include "plugin.h"

namespace tagwire {

namespace {

/// The fields of /proc/self/stat after the program's name (which may hold anything): [0] is field 3 of proc(5).
QList<QByteArray> processStat() {
  QFile file(QStringLiteral("/proc/self/stat"));
  if (!file.open(QIODevice::ReadOnly)) return {};
  const QByteArray text = file.readAll();
  return text.mid(text.lastIndexOf(')') + 2).split(' ');
}

/// Seconds since 1970: when the machine started, and how long after that we did.
double processStart() {
  QFile file(QStringLiteral("/proc/stat"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const QByteArray text = file.readAll();
  const auto at = text.indexOf("btime ") + 6;
  const double boot = text.mid(at, text.indexOf('\n', at) - at).toDouble();
  return boot + processStat().value(19).toDouble() / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Newer kernels tell it as the size of the folder; with others they are counted.
double openFiles() {
  struct stat status {};
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0) return static_cast<double>(status.st_size);
  DIR *folder = ::opendir("/proc/self/fd");
  if (!folder) return 0;
  int count = -3;  // ".", ".." and the folder's own
  while (::readdir(folder)) ++count;
  ::closedir(folder);
  return count;
}

double cpuSeconds(const timeval &time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void riseTo(Counter &counter, double now) {
  if (const double by = now - counter.value(); by > 0) counter.add(by);
}

const char *compilerName() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics &metrics)
    : m_cpu(metrics.counter("process_cpu_seconds_total", "Time on a processor, of the user and the system")),
      m_resident(metrics.gauge("process_resident_memory_bytes", "Memory that is resident")),
      m_virtual(metrics.gauge("process_virtual_memory_bytes", "Memory that is mapped")),
      m_openFiles(metrics.gauge("process_open_fds", "File descriptors that are open")),
      m_mostFiles(metrics.gauge("process_max_fds", "File descriptors that may be open")),
      m_threads(metrics.gauge("process_threads", "Threads of the process")),
      m_logLines(metrics.counter("tagwire_log_lines_total", "Lines that were logged")),
      m_logSuppressed(
          metrics.counter("tagwire_log_suppressed_total", "Messages not logged because too many were alike")),
      m_logDropped(metrics.counter("tagwire_log_dropped_total",
                                   "Lines not logged because nobody took them: a full pipe, a journal that hangs")) {
  metrics.gauge("process_start_time_seconds", "When the process started, in seconds since 1970").set(processStart());
  metrics
      .gauge("tagwire_build_info", "1; the labels tell which build this is",
             {{"version", TAGWIRE_VERSION},
              {"plugin_api", std::string(TAGWIRE_PLUGIN_IID).substr(std::string(TAGWIRE_PLUGIN_IID).find('/') + 1)},
              {"qt", qVersion()},
              {"compiler", compilerName()}})
      .set(1);
  metrics.beforeText([this] { refresh(); });
}

void ProcessMetrics::refresh() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  riseTo(m_cpu, cpuSeconds(usage.ru_utime) + cpuSeconds(usage.ru_stime));
  const QList<QByteArray> stat = processStat();
  m_threads.set(stat.value(17).toDouble());
  m_virtual.set(stat.value(20).toDouble());
  m_resident.set(stat.value(21).toDouble() * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  m_openFiles.set(openFiles());
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  m_mostFiles.set(static_cast<double>(limit.rlim_cur));
  const LogStatistics log = logStatistics();
  riseTo(m_logLines, static_cast<double>(log.lines));
  riseTo(m_logSuppressed, static_cast<double>(log.suppressed));
  riseTo(m_logDropped, static_cast<double>(log.dropped));
}

}  // namespace tagwire
