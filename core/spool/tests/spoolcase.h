// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

#include "spool/spool.h"

namespace tagwire::spool {

constexpr Time spoolMoment{std::chrono::nanoseconds(1'770'733'530'123'456'789)};  // 2026-02-10T14:25:30.123456789Z

inline StoredPoint spoolPoint(const QString &name) {
  StoredPoint point;
  point.name = name;
  point.number = 7;
  point.unit = QStringLiteral("°C");
  point.description = QStringLiteral("outside");
  return point;
}

inline StoredSample spoolSample(PointKey point, qint64 index) {
  StoredSample sample;
  sample.point = point;
  sample.time = spoolMoment + std::chrono::milliseconds(index);
  sample.received = sample.time + std::chrono::microseconds(850);
  sample.value = static_cast<double>(index) / 4;
  return sample;
}

inline StoredEvent spoolEvent(qint64 index) {
  StoredEvent event;
  event.hubSequence = static_cast<quint64>(index) + 1;
  event.epoch = "epoch";
  event.time = spoolMoment + std::chrono::seconds(index);
  event.source = "plc1";
  event.kind = "alarm";
  event.json = "{\"index\":" + QByteArray::number(index) + '}';
  return event;
}

/// Positions are equal when all of their fix is, wherever it stands in memory.
inline bool isSameValue(const Value &a, const Value &b) {
  const auto *left = std::get_if<Position>(&a);
  const auto *right = std::get_if<Position>(&b);
  if (!left || !right) return a == b;
  if (left->x != right->x || left->y != right->y || left->z != right->z) return false;
  if (!left->fix || !right->fix) return left->fix == right->fix;
  const auto parts = [](const Fix &fix) {
    return std::tuple(fix.tag, fix.type, fix.gateway, fix.confidence, fix.battery, fix.sequence, fix.zone, fix.accuracy,
                      fix.origin);
  };
  return parts(*left->fix) == parts(*right->fix);
}

/// A spool in a folder of its own, opened again and again.
class SpoolCase {
 public:
  SpoolCase() { settings.folder = folder.filePath(QStringLiteral("spool")); }
  SpoolCase(const SpoolCase &) = delete;
  SpoolCase &operator=(const SpoolCase &) = delete;

  Spool &open() {
    spool.reset();
    spool = std::make_unique<Spool>(settings);
    const auto opened = spool->open();
    if (!opened) qFatal("%s", qUtf8Printable(opened.error()));
    return *spool;
  }
  void close() { spool.reset(); }
  QStringList segments(const char *pattern = "*.seg") const {
    return QDir(settings.folder).entryList({QString::fromLatin1(pattern)}, QDir::Files, QDir::Name);
  }
  QString path(const QString &name) const { return settings.folder + u'/' + name; }

  /// In memory where there is such a place: a busy disk would make hundreds of cases slow.
  static QString place() {
    const QString memory = QStringLiteral("/dev/shm");
    return (QFileInfo(memory).isWritable() ? memory : QDir::tempPath()) + QStringLiteral("/tagwire-spool-XXXXXX");
  }

  QTemporaryDir folder{place()};
  SpoolSettings settings;
  std::unique_ptr<Spool> spool;
};

inline bool isBalanced(const SpoolFigures &figures) {
  return figures.accepted ==
         figures.delivered + figures.waiting + figures.overflowed + figures.thinned + figures.damaged;
}

inline qint64 lostRecords(const QList<SpoolLoss> &losses, SpoolLoss::Reason reason) {
  qint64 sum = 0;
  for (const SpoolLoss &loss : losses) {
    if (loss.reason == reason) sum += loss.records;
  }
  return sum;
}

/// Reads and delivers everything; the indexes that spoolSample() was given, in order.
inline QList<qint64> drainIndexes(Spool &spool, qsizetype most = 1000) {
  QList<qint64> indexes;
  while (true) {
    const SpoolBatch batch = spool.readOldest(Stream::Telemetry, most);
    if (batch.range.isEmpty()) return indexes;
    for (const StoredSample &sample : batch.samples) {
      indexes << std::chrono::duration_cast<std::chrono::milliseconds>(sample.time - spoolMoment).count();
    }
    spool.delivered(batch.range);
  }
}

}  // namespace tagwire::spool
