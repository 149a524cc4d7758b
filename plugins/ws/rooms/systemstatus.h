// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <chrono>

#include "status.h"

namespace tagwire::ws {

/// "healthy", "degraded" or "unhealthy" (R4-7): unhealthy when an instance has failed, degraded when one does not run.
QString systemStatusOf(const QList<InstanceStatus> &instances);

/// "2h 30m"
QString uptimeText(std::chrono::nanoseconds uptime);

/// How much of the machine's memory is in use, "45%"; empty when the system does not tell.
QString memoryUsageText();
/// The same from the text of /proc/meminfo.
QString memoryUsageText(const QByteArray &meminfo);

}  // namespace tagwire::ws
