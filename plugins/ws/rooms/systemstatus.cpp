// SPDX-License-Identifier: Apache-2.0
#include "systemstatus.h"

#include <QFile>

#include <cmath>

namespace tagwire::ws {

namespace {

/// kB of one line, "MemTotal:       16314308 kB"; 0 when it is not there.
double kilobytes(const QByteArray &meminfo, const QByteArray &name) {
  const qsizetype at = meminfo.indexOf(name + ':');
  if (at < 0) return 0;
  const qsizetype from = at + name.size() + 1;
  return meminfo.mid(from, meminfo.indexOf("kB", from) - from).trimmed().toDouble();
}

}  // namespace

QString systemStatusOf(const QList<InstanceStatus> &instances) {
  bool isDegraded = false;
  for (const InstanceStatus &each : instances) {
    if (each.state == PluginState::Failed) return QStringLiteral("unhealthy");
    isDegraded = isDegraded || each.state != PluginState::Running;
  }
  return isDegraded ? QStringLiteral("degraded") : QStringLiteral("healthy");
}

QString uptimeText(std::chrono::nanoseconds uptime) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(uptime).count();
  return QStringLiteral("%1h %2m").arg(minutes / 60).arg(minutes % 60);
}

QString memoryUsageText(const QByteArray &meminfo) {
  const double total = kilobytes(meminfo, "MemTotal");
  const double available = kilobytes(meminfo, "MemAvailable");
  if (total <= 0 || available > total) return {};
  return QStringLiteral("%1%").arg(std::lround(100 * (total - available) / total));
}

QString memoryUsageText() {
  QFile file(QStringLiteral("/proc/meminfo"));
  return file.open(QIODevice::ReadOnly) ? memoryUsageText(file.readAll()) : QString();
}

}  // namespace tagwire::ws
