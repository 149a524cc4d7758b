// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <QFile>

#include <algorithm>
#include <cmath>

#include "config.h"
#include "model.h"

namespace tagwire::rtls {

namespace {

struct Row {
  std::optional<double> timeMs;
  std::optional<QString> time;
  QString tag;
  double x = 0;
  double y = 0;
  double z = 0;

  static void describe(Shape<Row> &shape) {
    constexpr double farthest = 1e9;
    shape.optional("time_ms", &Row::timeMs, "time").range(-4e12, 4e12);
    shape.optional("time", &Row::time, "time");
    shape.required("tag", &Row::tag, "tag").check(&wrongTagId);
    shape.required("x", &Row::x, "x").range(-farthest, farthest);
    shape.required("y", &Row::y, "y").range(-farthest, farthest);
    shape.optional("z", &Row::z, "z").range(-farthest, farthest);
  }
};

std::optional<std::chrono::nanoseconds> rowTime(const Row &row, ConfigReader &reader) {
  if (row.time.has_value() == row.timeMs.has_value()) {
    reader.error(QString(), QStringLiteral("either a time_ms or a time is due, and not both"));
    return std::nullopt;
  }
  if (row.timeMs) return std::chrono::nanoseconds(std::llround(*row.timeMs * 1e6));
  const auto time = fromIso(*row.time);
  if (time) return time->time_since_epoch();
  reader.error(QStringLiteral("time"), time.error());
  return std::nullopt;
}

QString errorsOf(const Problems &problems) {
  QStringList lines;
  for (const Problem &problem : problems) {
    if (!problem.isWarning) lines << toText(problem);
  }
  return lines.join(u'\n');
}

}  // namespace

Result<Recording> Recording::read(const QString &file) {
  QFile source(file);
  if (!source.open(QIODevice::ReadOnly)) return failure(QStringLiteral("%1: %2").arg(file, source.errorString()));
  const QByteArray bytes = source.read(mostBytes + 1);
  if (bytes.size() > mostBytes) {
    return failure(QStringLiteral("%1 is too large (allowed: %2 MiB)").arg(file).arg(mostBytes / 1024 / 1024));
  }
  Problems problems;
  Recording recording;
  QHash<QString, size_t> tags;
  for (const ConfigNode &node : parseCsv(bytes, file, problems)) {
    ConfigReader reader(node, QStringLiteral("row"), problems);
    const auto row = reader.read<Row>();
    const auto time = row ? rowTime(*row, reader) : std::nullopt;
    if (!time) break;
    const auto known = tags.constFind(row->tag);
    const size_t tag = known == tags.cend() ? recording.m_tags.size() : *known;
    if (known == tags.cend()) {
      tags.insert(row->tag, tag);
      recording.m_tags.emplace_back(row->tag, 0);
    }
    recording.m_entries.push_back({*time, tag, {row->x, row->y, row->z}});
  }
  if (hasErrors(problems)) return failure(errorsOf(problems));
  if (recording.m_entries.empty()) return failure(QStringLiteral("%1 holds no positions").arg(file));
  std::ranges::stable_sort(recording.m_entries, {}, &Entry::at);
  const auto first = recording.m_entries.front().at;
  for (Entry &entry : recording.m_entries) entry.at -= first;
  return recording;
}

QList<IncomingFix> Recording::take(std::chrono::nanoseconds until) {
  QList<IncomingFix> fixes;
  for (; m_next < m_entries.size() && m_entries[m_next].at <= until; ++m_next) {
    const Entry &entry = m_entries[m_next];
    auto &[tag, sequence] = m_tags[entry.tag];
    fixes << simulatedFix(tag, entry.place, sequence);
  }
  return fixes;
}

}  // namespace tagwire::rtls
