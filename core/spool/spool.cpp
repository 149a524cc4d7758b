// SPDX-License-Identifier: Apache-2.0
#include "spool.h"

#include <QFile>
#include <QLoggingCategory>
#include <QRandomGenerator>

#include "spoolreader.h"
#include "spoolrecovery.h"
#include "spoolthinning.h"
#include "spoolwriter.h"

namespace tagwire::spool {

namespace {

Q_LOGGING_CATEGORY(spoolLog, "tagwire.spool", QtInfoMsg)

constexpr std::chrono::seconds syncInterval{1};

quint64 randomBoot() {
  constexpr quint64 mask = (1ULL << 63) - 1;
  return std::max<quint64>(1, QRandomGenerator::system()->generate64() & mask);
}

}  // namespace

/// The parts of a spool.
class Spool::Private {
 public:
  explicit Private(const SpoolSettings &settings)
      : folder(settings, ledger, points),
        room(folder, ledger),
        telemetry(Stream::Telemetry, folder, ledger, points, room),
        events(Stream::Events, folder, ledger, points, room),
        reader(ledger, points) {}

  Result<void> open();
  void syncWhenDue();

  SpoolLedger ledger;
  PointBook points;
  SpoolFolder folder;
  SpoolRoom room;
  SpoolWriter telemetry;
  SpoolWriter events;
  SpoolReader reader;
  quint64 boot = 0;
  bool isOpen = false;
  bool isDirty = false;
  std::atomic<bool> isFailing = false;
  std::chrono::steady_clock::time_point lastSync = std::chrono::steady_clock::now();

 private:
  void warnOf(const RecoveredSpool &recovered) const;
  void takeIn(RecoveredSpool &recovered);
};

Result<void> Spool::Private::open() {
  if (isOpen) return {};
  if (auto opened = folder.open(); !opened) return opened;
  points.load(folder.path(QStringLiteral("points.log")));
  auto found = recoverSpool(folder.settings().folder, points);
  if (!found) return failure(found.error());
  RecoveredSpool &recovered = *found;
  if (auto taken = folder.takeId(recovered.id); !taken) return taken;
  warnOf(recovered);
  takeIn(recovered);
  boot = randomBoot();
  ledger.begin(boot, recovered.lastOrdinal + 1);
  telemetry.begin(boot, recovered.lastOrdinal + 1);
  events.begin(boot, recovered.lastOrdinal + 1);
  isOpen = true;
  (void)folder.boots();  // before any goes
  folder.sweep();
  (void)folder.saveAll();  // if it can't be now, then with the first segment
  return {};
}

void Spool::Private::warnOf(const RecoveredSpool &recovered) const {
  const QByteArray where = folder.settings().folder.toUtf8();
  if (recovered.newerFiles > 0) {
    qCWarning(spoolLog, "%s: %d files were written by a newer version; they are left alone", where.constData(),
              recovered.newerFiles);
  }
  if (recovered.unreadable.isEmpty()) return;
  qCWarning(
      spoolLog,
      "%s: %lld files can't be read; nothing of their runs is stored before the next start that can read them, or "
      "does not find them (%s)",
      where.constData(), static_cast<long long>(recovered.unreadable.size()),
      qUtf8Printable(recovered.unreadable.constFirst()));
}

void Spool::Private::takeIn(RecoveredSpool &recovered) {
  QFile list(folder.path(QStringLiteral("gone.list")));
  const auto gone = list.open(QIODevice::ReadOnly) ? readGoneList(list.readAll()) : std::nullopt;
  for (auto &lane : recovered.lanes) {
    SequenceSet present;
    for (const auto &[base, segment] : lane->segments) present.add(base, segment.next);
    if (gone) {
      const auto known = gone->find({lane->boot, lane->stream});
      if (known != gone->end()) {
        for (const auto &[first, next] : known->second.intervals()) {
          lane->gone.add(first, next);
          lane->lost.add(first, std::min(next, std::max(first, lane->end)));
        }
      }
    } else {
      // Without the list nobody knows which files are missing on purpose.
      lane->gone.addWithout(0, lane->end, present);
      lane->lost.addWithout(0, lane->end, present);
    }
    ledger.takeIn(std::move(lane));
  }
  for (const auto &lane : recovered.leftAlone) {
    const bool isListed = gone && gone->count(lane) > 0;
    ledger.leaveAlone(lane.first, lane.second, isListed ? gone->at(lane) : SequenceSet());
  }
}

void Spool::Private::syncWhenDue() {
  const auto now = std::chrono::steady_clock::now();
  if (!isDirty || folder.settings().isSync || now - lastSync < syncInterval) return;
  (void)telemetry.sync();
  (void)events.sync();
  lastSync = now;
  isDirty = false;
}

Spool::Spool(const SpoolSettings &settings) : d(std::make_unique<Private>(settings)) {}
Spool::~Spool() = default;

Result<void> Spool::open() { return d->open(); }
QString Spool::id() const { return QString::fromLatin1(d->folder.id()); }
quint64 Spool::boot() const { return d->boot; }

PointKey Spool::keyOf(const StoredPoint &point) {
  bool isNews = false;
  const PointKey key = d->points.keyOf(point, &isNews);
  if (isNews) d->telemetry.forget(key);
  return key;
}

void Spool::add(const StoredSample &sample) { d->telemetry.add(sample); }
void Spool::add(const StoredEvent &event) { d->events.add(event); }

Result<void> Spool::commit() {
  if (!d->isOpen) return failure(QStringLiteral("spool: it is not open"));
  // Segments tell their points as well, so a list that can't be written now keeps nothing from being accepted.
  (void)d->folder.savePoints(false);
  auto events = d->events.commit();
  auto telemetry = d->telemetry.commit();
  d->isDirty = true;
  d->syncWhenDue();
  d->isFailing = !events;
  if (!events && !telemetry) return failure(QStringLiteral("%1; %2").arg(events.error(), telemetry.error()));
  return events ? telemetry : events;
}

void Spool::giveUpPending() {
  d->events.giveUp();
  d->telemetry.giveUp();
}

bool Spool::isEventsFull() const { return d->isFailing || d->room.isEventsFull(); }
QList<SpoolLoss> Spool::takeLosses() { return d->ledger.takeLosses(); }

StoredPointPointer Spool::point(PointKey key) const { return d->points.point(key); }

void Spool::restoreDelivered(const QList<SpoolRange> &ranges) {
  for (const SpoolRange &range : ranges) {
    for (const SegmentInfo &segment : d->ledger.gappedIn(range)) {
      d->ledger.noteRead({range.boot, range.stream, 0, 0}, segment.serial, gapsOf(segment, range));
    }
    d->ledger.deliver(range);
  }
  d->folder.sweep();
}

SpoolBatch Spool::readOldest(Stream stream, qsizetype most) { return d->reader.read(stream, {}, most); }
SpoolBatch Spool::readFrom(Stream stream, quint64 sequence, qsizetype most) {
  return d->reader.read(stream, sequence, most);
}
quint64 Spool::end(Stream stream) const { return d->ledger.end(stream); }

void Spool::delivered(const SpoolRange &range) {
  d->ledger.deliver(range);
  d->folder.sweep();
}

QList<quint64> Spool::boots() const { return d->folder.boots(); }
SpoolFigures Spool::figures(Stream stream) const { return d->ledger.figures(stream); }

}  // namespace tagwire::spool
