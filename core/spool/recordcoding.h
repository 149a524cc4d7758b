// SPDX-License-Identifier: Apache-2.0
// How records stand in the files of the spool: docs/decisions/0020-spool.md has the layout.
#pragma once

#include <memory>

#include "record.h"
#include "storedevent.h"

namespace tagwire::spool {

/// First byte of a record after its checksum. Odd values, so that neither zeros nor text look like one.
enum class RecordType : quint8 { Sample = 0xa1, Event = 0xa2, Point = 0xa3, Gap = 0xa4, End = 0xa5 };

constexpr qsizetype recordHeadBytes = 13;
/// A longer one is never written, and none is believed.
constexpr qsizetype longestRecord = 8 * 1024 * 1024;

/// Bytes to be written; grows without being cleared first. Plain class.
class RecordBuffer {
 public:
  const char *bytes() const { return m_bytes.get(); }
  qsizetype size() const { return m_size; }
  void clear() { m_size = 0; }
  /// Room for `most` bytes at the end; what is used of it is said by setEnd().
  char *room(qsizetype most) {
    if (m_size + most > m_capacity) grow(most);
    return m_bytes.get() + m_size;
  }
  void setEnd(const char *end) { m_size = end - m_bytes.get(); }

 private:
  void grow(qsizetype most);

  std::unique_ptr<char[]> m_bytes;
  qsizetype m_size = 0;
  qsizetype m_capacity = 0;
};

/// A record as it is found; the payload belongs to whoever read it.
struct RecordView {
  RecordType type = RecordType::End;
  quint32 sequence = 0;  ///< the low half
  const char *payload = nullptr;
  qsizetype size = 0;  ///< of the payload
};

/// Checksums begin with what file and record belong to: bytes of another run or stream never fit.
quint32 seedOf(quint64 boot, Stream stream);

void appendSample(RecordBuffer &buffer, quint32 seed, quint64 sequence, const StoredSample &sample);
/// False: too long to be kept.
bool appendEvent(RecordBuffer &buffer, quint32 seed, quint64 sequence, const StoredEvent &event);
void appendPoint(RecordBuffer &buffer, quint32 seed, PointKey key, const StoredPoint &point);
/// Sequences `first` to `next` - 1 are not here, and that is no damage.
void appendGap(RecordBuffer &buffer, quint32 seed, quint64 first, quint64 next);
/// The file ends here, and all before `next` belongs into it.
void appendEnd(RecordBuffer &buffer, quint32 seed, quint64 next);
void appendCopy(RecordBuffer &buffer, quint32 seed, const RecordView &record);

/// How many bytes the record at `bytes` takes, head included, as its head says; 0: no record begins here.
qsizetype recordBytes(const char *bytes, qsizetype available);
/// The same with the payload checked; `available` holds all of it.
bool fits(const char *bytes, qsizetype size, quint32 seed);
RecordView viewOf(const char *bytes, qsizetype size);

bool readSample(const RecordView &record, StoredSample &sample);
/// Point and time alone: the rest is not looked at.
bool readSampleHead(const RecordView &record, StoredSample &sample);
bool readEvent(const RecordView &record, StoredEvent &event);
bool readPoint(const RecordView &record, PointKey &key, StoredPoint &point);
/// Length of a gap; 0: none.
quint64 readGap(const RecordView &record);

}  // namespace tagwire::spool
