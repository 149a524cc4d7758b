// SPDX-License-Identifier: Apache-2.0
#include "spoolconfig.h"

#include <QDir>

namespace tagwire::spool {

namespace {

/// A path below data_dir, or an absolute one.
QString problemWithFolder(const QString &folder) {
  const QString path = QDir::cleanPath(folder);
  if (path == u".." || path.startsWith(u"../")) {
    return QStringLiteral("\"%1\" leaves data_dir (allowed: a path inside it, or an absolute one)").arg(folder);
  }
  if (folder.isEmpty() || folder.contains(QChar(u'\0'))) return QStringLiteral("no folder is named");
  return {};
}

}  // namespace

void SpoolConfig::describe(Shape<SpoolConfig> &shape) {
  shape.optional("folder", &SpoolConfig::folder, "where; `<id>.spool` in data_dir if absent")
      .example("spool")
      .check(&problemWithFolder);
  shape
      .optional("max_mb", &SpoolConfig::mostMegabytes,
                "most that waits on disk, in MiB; a tenth of it is kept for events")
      .range(16, 1'000'000);
  shape.optional("min_free_percent", &SpoolConfig::leastFreePercent, "of the disk stays free").range(0, 90);
  shape.optional("overflow", &SpoolConfig::overflow,
                 "what becomes of samples and positions when it is full: the oldest go, or the oldest are thinned out "
                 "first. Events wait");
}

SpoolSettings SpoolConfig::settings(const QString &dataDir, const QString &id) const {
  SpoolSettings settings;
  settings.folder = QDir(dataDir).absoluteFilePath(folder.isEmpty() ? id + QStringLiteral(".spool") : folder);
  settings.mostBytes = mostMegabytes * 1024LL * 1024;
  settings.leastFreeShare = leastFreePercent / 100;
  settings.overflow = overflow;
  return settings;
}

}  // namespace tagwire::spool
