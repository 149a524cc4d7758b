// SPDX-License-Identifier: Apache-2.0
// What the tests of `tagwire history` have in common.
#pragma once

#include <QBuffer>
#include <QTest>

#include "newyear.h"
#include "readerstore.h"
#include "tool/historyexport.h"
#include "tool/historyimport.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

inline const Time now = newYear + std::chrono::hours(24 * 30);

inline QStringList words(const char *text) { return QString::fromUtf8(text).split(u' ', Qt::SkipEmptyParts); }

struct Exported {
  QByteArray text;
  QString error;
  QStringList unknown;
};

inline Exported exported(MemoryReader &reader, const char *arguments) {
  const auto options = ExportOptions::parse(words(arguments));
  if (!options) return {{}, options.error(), {}};
  QBuffer output;
  output.open(QIODevice::WriteOnly);
  Progress progress(false);
  HistoryExport work(reader, *options, output, progress, nullptr);
  const auto done = work.run(now);
  return {output.data(), done ? QString() : done.error(), work.unknown()};
}

struct Imported {
  HistoryImport::Counts counts;
  QString error;
  QStringList told;
};

inline Imported imported(StoreReader &reader, HistoryStore *store, const QByteArray &csv, const char *flags = "",
                         const Retention &retention = {}) {
  const auto options = ImportOptions::parse(words("plant.json values.csv ") + words(flags));
  if (!options) return {{}, options.error(), {}};
  QBuffer file;
  file.setData(csv);
  file.open(QIODevice::ReadOnly);
  Progress progress(false);
  Imported result;
  HistoryImport work(
      &reader, store, *options, retention, [&result](const QString &line) { result.told << line; }, progress, nullptr);
  const auto done = work.run(file, now);
  result.counts = work.counts();
  result.error = done ? QString() : done.error();
  return result;
}

/// Two points and a tag.
inline void fill(MemoryReader &reader) {
  reader.addPoint({QStringLiteral("plc1/temp"), ValueType::Double, QStringLiteral("°C")});
  reader.addPoint({QStringLiteral("plc1/state"), ValueType::Text});
  reader.addPoint({QStringLiteral("uwb/S1"), ValueType::Position, {}, QStringLiteral("S1")});
  reader.add(1, newYear, Value(20.5));
  reader.add(1, newYear + 1s + 1us, Value(0.1), Quality::bad(QualityReason::Timeout));
  reader.add(2, newYear, Value(QStringLiteral("say \"on\", please\nnow")));
  auto fix = std::make_shared<Fix>();
  fix->tag = QStringLiteral("S1");
  fix->zone = 417;
  reader.add(3, newYear + 2s, Value(Position{1.5, 2, 0, fix}));
}

}  // namespace tagwire::sql
