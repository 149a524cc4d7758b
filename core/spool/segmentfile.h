// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

#include "recordcoding.h"
#include "result.h"

namespace tagwire::spool {

/// An open file of the spool. Thread-safe as its descriptor is: one thread appends, another reads what is there.
class SpoolFile {
 public:
  enum class Mode : quint8 { Read, Make };

  /// Errors carry errno's text; `isStuck`: the program has too many files open.
  static Result<std::shared_ptr<SpoolFile>> open(const QString &path, Mode mode, bool *isStuck);
  ~SpoolFile();
  SpoolFile(const SpoolFile &) = delete;
  SpoolFile &operator=(const SpoolFile &) = delete;

  int descriptor() const { return m_descriptor; }
  qint64 size() const;
  /// Somebody deleted it, or the folder around it.
  bool isUnlinked() const;
  /// Bytes read, fewer at the end; -1: the disk can't read it.
  qint64 read(char *to, qint64 most, qint64 offset) const;
  /// Both parts, one after the other, or an error; then any part of them may be there.
  Result<void> write(qint64 offset, const RecordBuffer &first, const RecordBuffer &second);
  bool cut(qint64 size);
  Result<void> sync();

 private:
  explicit SpoolFile(int descriptor) : m_descriptor(descriptor) {}

  const int m_descriptor;
};

/// What a segment says of itself.
struct SegmentHead {
  static constexpr qint64 bytes = 64;
  static constexpr quint16 thisVersion = 1;

  enum class State : quint8 { Good, Foreign, Damaged, Newer };

  Stream stream = Stream::Telemetry;
  quint8 thinLevel = 0;
  quint32 ordinal = 0;  ///< of the boot in this folder; grows
  quint64 boot = 0;
  quint64 base = 0;  ///< no sequence in it is lower
  Time created;
  QByteArray spool = {};  ///< 32 hexadecimal digits

  QByteArray written() const;
  /// Good: it was understood, and `head` is filled.
  static State read(const char *bytes, qint64 size, SegmentHead &head);
  QString fileName() const;
  /// What the name alone tells.
  static std::optional<SegmentHead> fromFileName(const QString &name);
};

/// Goes through the records of a file. What is damaged is stepped over, up to the next place where a record fits.
/// Thread-bound.
class SegmentScanner {
 public:
  struct Found {
    RecordView record;  ///< good until next()
    quint64 sequence = 0;
    qint64 offset = 0;
  };

  /// Reads `file` from `offset` to `end`.
  SegmentScanner(std::shared_ptr<SpoolFile> file, quint32 seed, quint64 base, qint64 offset, qint64 end);
  /// Nothing: there are no more.
  std::optional<Found> next();
  /// Bytes were stepped over so far.
  bool hasSkipped() const { return m_hasSkipped; }
  /// The disk could not read on, so that nobody knows what else is there.
  bool hasFailed() const { return m_hasFailed; }
  /// Where the next record is looked for.
  qint64 offset() const { return m_at; }

 private:
  const char *bytesAt(qint64 offset, qint64 size);
  qsizetype recordAt(qint64 offset);

  const std::shared_ptr<SpoolFile> m_file;
  const quint32 m_seed;
  const quint64 m_base;
  qint64 m_at;
  qint64 m_end;
  bool m_hasSkipped = false;
  bool m_hasFailed = false;
  std::unique_ptr<char[]> m_buffer;
  qint64 m_capacity = 0;
  qint64 m_bufferAt = 0;
  qint64 m_bufferSize = 0;
};

/// Replaces a small file as a whole.
Result<void> replaceFile(const QString &path, const QByteArray &content, bool isSync);
/// Entries made and deleted in the folder survive a power failure. False: they may not.
bool syncFolder(const QString &path);

}  // namespace tagwire::spool
