// SPDX-License-Identifier: Apache-2.0
#include "segmentfile.h"

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QtEndian>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "checksum.h"

namespace tagwire::spool {

namespace {

constexpr char segmentMagic[] = "TWSPOOL\n";
constexpr qint64 windowBytes = 128 * 1024;
// Offsets in the head.
enum HeadPlace { VersionAt = 8, StreamAt = 10, ThinAt = 11, OrdinalAt = 12, BootAt = 16, BaseAt = 24, CreatedAt = 32 };
enum HeadPlaceToo { SpoolAt = 40, SumAt = 60 };

QString errnoText() { return QString::fromLocal8Bit(std::strerror(errno)); }

template <class T>
T headField(const char *bytes, int place) {
  return qFromLittleEndian<T>(bytes + place);
}

}  // namespace

Result<std::shared_ptr<SpoolFile>> SpoolFile::open(const QString &path, Mode mode, bool *isStuck) {
  // O_EXCL: what is there already is never written into.
  const int flags = mode == Mode::Make ? O_RDWR | O_CREAT | O_EXCL : O_RDONLY | O_NONBLOCK;
  const int descriptor = ::open(QFile::encodeName(path).constData(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (isStuck) *isStuck = descriptor < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
  if (descriptor < 0) return failure(QStringLiteral("%1: %2").arg(path, errnoText()));
  return std::shared_ptr<SpoolFile>(new SpoolFile(descriptor));
}

SpoolFile::~SpoolFile() { ::close(m_descriptor); }

qint64 SpoolFile::size() const {
  struct stat status {};
  return ::fstat(m_descriptor, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : -1;
}

bool SpoolFile::isUnlinked() const {
  struct stat status {};
  return ::fstat(m_descriptor, &status) != 0 || status.st_nlink == 0;
}

qint64 SpoolFile::read(char *to, qint64 most, qint64 offset) const {
  qint64 sum = 0;
  while (sum < most) {
    const ssize_t count = ::pread(m_descriptor, to + sum, static_cast<size_t>(most - sum), offset + sum);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    sum += count;
  }
  return sum;
}

Result<void> SpoolFile::write(qint64 offset, const RecordBuffer &first, const RecordBuffer &second) {
  const qint64 all = first.size() + second.size();
  for (qint64 done = 0; done < all;) {
    const qint64 ofFirst = std::min<qint64>(done, first.size());
    iovec parts[2] = {
        {const_cast<char *>(first.bytes()) + ofFirst, static_cast<size_t>(first.size() - ofFirst)},
        {const_cast<char *>(second.bytes()) + (done - ofFirst), static_cast<size_t>(second.size() - (done - ofFirst))}};
    const ssize_t count = ::pwritev(m_descriptor, parts, 2, offset + done);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = ENOSPC;
    if (count <= 0) return failure(errnoText());
    done += count;
  }
  return {};
}

bool SpoolFile::cut(qint64 size) { return ::ftruncate(m_descriptor, size) == 0; }

Result<void> SpoolFile::sync() {
  if (::fdatasync(m_descriptor) != 0) return failure(errnoText());
  return {};
}

QByteArray SegmentHead::written() const {
  QByteArray head(bytes, '\0');
  char *to = head.data();
  std::copy_n(segmentMagic, 8, to);
  qToLittleEndian(thisVersion, to + VersionAt);
  to[StreamAt] = static_cast<char>(stream);
  to[ThinAt] = static_cast<char>(thinLevel);
  qToLittleEndian(ordinal, to + OrdinalAt);
  qToLittleEndian(boot, to + BootAt);
  qToLittleEndian(base, to + BaseAt);
  qToLittleEndian(static_cast<qint64>(created.time_since_epoch().count()), to + CreatedAt);
  const QByteArray id = QByteArray::fromHex(spool).leftJustified(16, '\0', true);
  std::memcpy(to + SpoolAt, id.constData(), 16);
  qToLittleEndian(checksum(0, to, SumAt), to + SumAt);
  return head;
}

SegmentHead::State SegmentHead::read(const char *from, qint64 size, SegmentHead &head) {
  if (size < bytes || std::memcmp(from, segmentMagic, 8) != 0) return State::Foreign;
  // Whatever comes later keeps this much of the head.
  if (headField<quint32>(from, SumAt) != checksum(0, from, SumAt)) return State::Damaged;
  if (headField<quint16>(from, VersionAt) > thisVersion) return State::Newer;
  if (from[StreamAt] != 0 && from[StreamAt] != 1) return State::Foreign;
  head.stream = static_cast<Stream>(from[StreamAt]);
  head.thinLevel = static_cast<quint8>(from[ThinAt]);
  head.ordinal = headField<quint32>(from, OrdinalAt);
  head.boot = headField<quint64>(from, BootAt);
  head.base = headField<quint64>(from, BaseAt);
  head.created = Time(std::chrono::nanoseconds(headField<qint64>(from, CreatedAt)));
  head.spool = QByteArray(from + SpoolAt, 16).toHex();
  return State::Good;
}

QString SegmentHead::fileName() const {
  const QString kind = stream == Stream::Telemetry ? QStringLiteral("telemetry") : QStringLiteral("events");
  return QStringLiteral("%1-%2-%3-%4.seg")
      .arg(kind)
      .arg(ordinal, 8, 16, QLatin1Char('0'))
      .arg(boot, 16, 16, QLatin1Char('0'))
      .arg(base, 16, 16, QLatin1Char('0'));
}

std::optional<SegmentHead> SegmentHead::fromFileName(const QString &name) {
  static const QRegularExpression form(
      QStringLiteral("^(telemetry|events)-([0-9a-f]{8})-([0-9a-f]{16})-([0-9a-f]{16})\\.seg$"));
  const auto match = form.match(name);
  if (!match.hasMatch()) return {};
  SegmentHead head;
  head.stream = match.captured(1) == u"events" ? Stream::Events : Stream::Telemetry;
  head.ordinal = match.captured(2).toUInt(nullptr, 16);
  head.boot = match.captured(3).toULongLong(nullptr, 16);
  head.base = match.captured(4).toULongLong(nullptr, 16);
  return head;
}

SegmentScanner::SegmentScanner(std::shared_ptr<SpoolFile> file, quint32 seed, quint64 base, qint64 offset, qint64 end)
    : m_file(std::move(file)), m_seed(seed), m_base(base), m_at(offset), m_end(end) {}

const char *SegmentScanner::bytesAt(qint64 offset, qint64 size) {
  if (offset >= m_bufferAt && offset + size <= m_bufferAt + m_bufferSize) {
    return m_buffer.get() + (offset - m_bufferAt);
  }
  if (offset + size > m_end) return nullptr;
  const qint64 wanted = std::min(m_end - offset, std::max(size, windowBytes));
  if (m_capacity < wanted) {
    m_capacity = std::max(wanted, windowBytes);
    m_buffer.reset(new char[static_cast<size_t>(m_capacity)]);
  }
  m_bufferAt = offset;
  const qint64 count = m_file->read(m_buffer.get(), wanted, offset);
  m_hasFailed = m_hasFailed || count < 0;
  m_bufferSize = std::max<qint64>(0, count);
  if (m_bufferSize < wanted) m_end = offset + m_bufferSize;  // shorter than it was, or the disk can't read on
  return size <= m_bufferSize ? m_buffer.get() : nullptr;
}

qsizetype SegmentScanner::recordAt(qint64 offset) {
  const char *head = bytesAt(offset, recordHeadBytes);
  const qsizetype size = head ? recordBytes(head, recordHeadBytes) : 0;
  if (size == 0) return 0;
  const char *record = bytesAt(offset, size);
  return record && fits(record, size, m_seed) ? size : 0;
}

std::optional<SegmentScanner::Found> SegmentScanner::next() {
  while (m_at + recordHeadBytes <= m_end) {
    if (const qsizetype size = recordAt(m_at)) {
      Found found{viewOf(bytesAt(m_at, size), size), 0, m_at};
      found.sequence = m_base + (found.record.sequence - static_cast<quint32>(m_base));
      m_at += size;
      return found;
    }
    m_hasSkipped = true;
    // A head that is right tells where to go on, past whatever its payload may hold.
    const char *head = bytesAt(m_at, recordHeadBytes);
    const qsizetype size = head ? recordBytes(head, recordHeadBytes) : 0;
    m_at += size > 0 && recordAt(m_at + size) > 0 ? size : 1;
  }
  m_hasSkipped = m_hasSkipped || m_at < m_end;
  return {};
}

Result<void> replaceFile(const QString &path, const QByteArray &content, bool isSync) {
  const QString next = path + QStringLiteral(".new");
  QFile::remove(next);
  auto file = SpoolFile::open(next, SpoolFile::Mode::Make, nullptr);
  if (!file) return failure(file.error());
  RecordBuffer bytes;
  if (!content.isEmpty()) {
    std::memcpy(bytes.room(content.size()), content.constData(), static_cast<size_t>(content.size()));
    bytes.setEnd(bytes.bytes() + content.size());
  }
  auto done = (*file)->write(0, bytes, {});
  if (done && isSync) done = (*file)->sync();
  if (done && ::rename(QFile::encodeName(next).constData(), QFile::encodeName(path).constData()) != 0) {
    done = failure(errnoText());
  }
  if (!done) QFile::remove(next);
  if (done && isSync && !syncFolder(QFileInfo(path).path())) done = failure(errnoText());
  return done;
}

bool syncFolder(const QString &path) {
  const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool isSynced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return isSynced;
}

}  // namespace tagwire::spool
