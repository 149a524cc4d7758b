// SPDX-License-Identifier: Apache-2.0
// How a benchmark tells its figures to bench/run, which makes docs/performance.md of them: a line of JSON for each, at
// the end of the file that TAGWIRE_BENCH_RESULTS names. result.py is the same for the scripts.
#pragma once

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

#include <cstdlib>
#include <optional>

namespace tagwire::bench {

/// What ours is held against, measured in the same run.
struct Beside {
  const char *name;
  double value;
};

struct Target {
  enum class Sense { AtLeast, AtMost };
  enum class Of { Ours, Limit, Peer };  ///< what the bound is a multiple of; Ours: it is a figure itself
  Sense sense = Sense::AtLeast;
  double bound = 0;
  Of of = Of::Ours;
};

struct Figure {
  QString work;
  QString unit;
  double ours = 0;
  std::optional<Beside> limit = {};
  std::optional<Beside> peer = {};
  std::optional<Target> target = {};
};

inline QString textOf(const Target &target, const QString &unit) {
  const QLocale english(QLocale::English);
  const QString bound =
      target.bound >= 1000 ? english.toString(static_cast<qint64>(target.bound)) : QString::number(target.bound);
  const QString of = target.of == Target::Of::Ours    ? QLatin1Char(' ') + unit
                     : target.of == Target::Of::Limit ? QStringLiteral(" of the limit")
                                                      : QStringLiteral(" of the peer");
  return QString::fromUtf8(target.sense == Target::Sense::AtLeast ? "≥ " : "≤ ") + bound + of;
}

inline bool isMet(const Figure &figure) {
  const Target &target = *figure.target;
  const double unit =
      target.of == Target::Of::Ours ? 1 : (target.of == Target::Of::Limit ? figure.limit : figure.peer)->value;
  const double value = figure.ours / unit;
  return target.sense == Target::Sense::AtLeast ? value >= target.bound : value <= target.bound;
}

/// What main() returns: 1 when a target that was told did not hold.
inline int exitCode = 0;

/// The ratio is to the limit, or to the peer where there is no limit.
inline void report(const Figure &figure) {
  const auto besideOf = [](const Beside &beside) {
    return QJsonObject{{QStringLiteral("name"), QString::fromUtf8(beside.name)},
                       {QStringLiteral("value"), beside.value}};
  };
  QJsonObject line{{QStringLiteral("work"), figure.work},
                   {QStringLiteral("unit"), figure.unit},
                   {QStringLiteral("ours"), figure.ours},
                   {QStringLiteral("met"), QJsonValue::Null}};
  if (figure.limit) line[QStringLiteral("limit")] = besideOf(*figure.limit);
  if (figure.peer) line[QStringLiteral("peer")] = besideOf(*figure.peer);
  if (const auto &against = figure.limit ? figure.limit : figure.peer) {
    line[QStringLiteral("ratio")] = figure.ours / against->value;
  }
  if (figure.target) {
    line[QStringLiteral("target")] = textOf(*figure.target, figure.unit);
    const bool holds = isMet(figure);
    line[QStringLiteral("met")] = holds;
    if (!holds) exitCode = 1;
  }
  const char *path = std::getenv("TAGWIRE_BENCH_RESULTS");
  if (!path) return;
  QFile file(QFile::decodeName(path));
  if (!file.open(QIODevice::Append) || file.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n') < 0) {
    qFatal("%s: %s", path, qPrintable(file.errorString()));
  }
}

}  // namespace tagwire::bench
