// SPDX-License-Identifier: Apache-2.0
// What travels in messages: docs/decisions/0036-cluster.md says why it looks so.
#pragma once

#include <QCborValue>

#include "event.h"
#include "spool/record.h"
#include "spool/storedevent.h"

namespace tagwire::cluster {

/// Records of one stream of one spool, in one message. (origin, range) is its key; it never changes what it holds.
struct Batch {
  QString origin;  ///< id of the spool
  spool::SpoolRange range;
  Time sent;                               ///< by the sender's clock, when the newest was accepted there
  std::vector<spool::StoredPoint> points;  ///< samples name them by their place here, from 1
  std::vector<spool::StoredSample> samples;
  std::vector<spool::StoredEvent> events;  ///< `json` as wrapped by EventBody
};

QByteArray encode(const Batch &batch);
/// Errors: not a batch of ours, or of a later version.
Result<Batch> decodeBatch(const QByteArray &bytes);

/// What the spool keeps of an event, so that it can be both stored and raised elsewhere.
struct EventBody {
  QByteArray json;  ///< as the history stores it
  Event event;      ///< its point ids are those of the sender
  QString point;    ///< full name of the one that it is about; empty: none
};
QByteArray encode(const EventBody &body);
Result<EventBody> decodeEventBody(const QByteArray &bytes);
/// The point that an event is about; null: it has none.
PointId *pointOf(Event &event);

/// Points and their last values, as they stand in the bucket.
struct Page {
  struct Entry {
    QString prefix;  ///< first level of the full name
    PointInfo info;
    Sample last;  ///< `point` says nothing
  };
  std::vector<Entry> entries;
};
QByteArray encode(const Page &page);
Result<Page> decodePage(const QByteArray &bytes);

/// A message is 1 MiB at most, as NATS has it; nobody blows one up to more than this.
constexpr qsizetype longestPlain = 64 * 1024 * 1024;
/// Deflated, and back: an error for what is not, or would become too large.
QByteArray packed(const QByteArray &plain);
Result<QByteArray> unpacked(const QByteArray &bytes);
/// Invalid unless all of it is CBOR.
QCborValue treeOf(const QByteArray &bytes);

int codeOf(Quality quality);
Quality qualityFrom(qint64 code);

}  // namespace tagwire::cluster
