// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <functional>
#include <memory>
#include <vector>

#include "spool/spool.h"

namespace tagwire::mqtt {

/// A sample on its way into the spool.
struct OutboxRecord {
  spool::StoredPointPointer point;
  Sample sample;
  Time received;
};

/// The end of what was put in before, to tell what came later from it.
struct OutboxMark {
  quint64 boot = 0;
  quint64 samples = 0;
  quint64 events = 0;
};

/// The spool with a thread of its own, since it waits for the disk. What is asked is done in the order in which it was
/// asked. The thread can be left behind while the disk does not answer. Thread-bound; its signals come from the event
/// loop.
class Outbox : public QObject {
  Q_OBJECT
 public:
  using BatchPointer = std::shared_ptr<const spool::SpoolBatch>;

  explicit Outbox(const spool::SpoolSettings &settings);
  /// As close(), without waiting for anything.
  ~Outbox() override;

  /// Opens the spool, and tries again until it can be.
  void open();
  /// Writes what is there, but waits no longer than this. Nothing is told afterwards.
  void close(std::chrono::milliseconds longest);

  /// taken() follows once they are accepted, or wait in memory because the disk can't be written.
  void put(std::vector<OutboxRecord> records);
  /// taken() does not follow. False: the disk hangs and too many wait already.
  bool put(const spool::StoredEvent &event);
  void read(spool::Stream stream, qsizetype most, std::function<void(BatchPointer)> answer);
  void mark(std::function<void(OutboxMark)> answer);
  void delivered(const spool::SpoolRange &range);

  /// Null: not known.
  spool::StoredPointPointer point(spool::PointKey key) const;
  spool::SpoolFigures figures(spool::Stream stream) const;

 Q_SIGNALS:
  void taken();
  /// There is something to read.
  void committed();
  /// Why not everything can be written, and whether the room for events is used up; empty: all is well. On change.
  void troubled(const QString &why, bool isEventsFull);
  void lost(const QList<tagwire::spool::SpoolLoss> &losses);

 private:
  struct Shared;
  using Task = std::function<void()>;

  void ask(bool isRead, Task task);
  static void run(const std::shared_ptr<Shared> &shared);
  static bool openSpool(const std::shared_ptr<Shared> &shared);
  static void commit(Shared &shared);

  std::shared_ptr<Shared> m_shared;
  bool m_isOpen = false;
};

}  // namespace tagwire::mqtt
