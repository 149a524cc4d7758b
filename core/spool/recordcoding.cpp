// SPDX-License-Identifier: Apache-2.0
#include "recordcoding.h"

#include <QtEndian>

#include <bit>
#include <cstring>

#include "checksum.h"

namespace tagwire::spool {

namespace {

enum SampleFlag : quint8 {
  TypeBits = 0x07,
  Historical = 0x08,
  HasQuality = 0x10,
  WideReceived = 0x20,
  Marked = 0x40,  ///< Bool: true; Position: has a fix
};

constexpr qsizetype fixedSampleBytes = 1 + 4 + 8 + 8 + 2 + 8;
constexpr qsizetype fixBytes = 2 * 8 + 3 * 4;

template <class T>
char *put(char *at, T value) {
  const T little = qToLittleEndian(value);
  std::memcpy(at, &little, sizeof little);
  return at + sizeof little;
}
char *put(char *at, double value) { return put(at, std::bit_cast<quint64>(value)); }
char *put(char *at, const QByteArray &text) {
  at = put(at, static_cast<quint32>(text.size()));
  if (!text.isEmpty()) std::memcpy(at, text.constData(), static_cast<size_t>(text.size()));
  return at + text.size();
}

QByteArray kept(const QString &text) {
  const QString cut = text.size() > longestText ? text.left(longestText) : text;
  if (cut.isValidUtf16()) return cut.toUtf8();
  QString whole;
  for (qsizetype i = 0; i < cut.size(); ++i) {
    const bool isPair = cut[i].isHighSurrogate() && i + 1 < cut.size() && cut[i + 1].isLowSurrogate();
    if (isPair) whole += cut[i++];
    whole += isPair || !cut[i].isSurrogate() ? cut[i] : QChar(QChar::ReplacementCharacter);
  }
  return whole.toUtf8();
}

/// Takes values from a payload that may be anything.
class Taker {
 public:
  explicit Taker(const RecordView &record) : m_at(record.payload), m_end(record.payload + record.size) {}

  template <class T>
  T take() {
    if (m_end - m_at < static_cast<qsizetype>(sizeof(T))) return fail<T>();
    T value;
    std::memcpy(&value, m_at, sizeof value);
    m_at += sizeof value;
    return qFromLittleEndian(value);
  }
  double takeDouble() { return std::bit_cast<double>(take<quint64>()); }
  Time takeTime() { return Time(std::chrono::nanoseconds(take<qint64>())); }
  QByteArray takeBytes() {
    const auto size = static_cast<qsizetype>(take<quint32>());
    if (m_end - m_at < size) return fail<QByteArray>();
    m_at += size;
    return QByteArray(m_at - size, size);
  }
  QString takeText() { return QString::fromUtf8(takeBytes()); }
  bool isDone() const { return m_isGood && m_at == m_end; }
  bool isGood() const { return m_isGood; }

 private:
  template <class T>
  T fail() {
    m_isGood = false;
    m_at = m_end;
    return {};
  }

  const char *m_at;
  const char *m_end;
  bool m_isGood = true;
};

quint8 checkOf(const char *head) {
  quint64 word = 0;
  std::memcpy(&word, head, sizeof word);
  return static_cast<quint8>((qFromLittleEndian(word) * 0x9e3779b97f4a7c15ULL) >> 56);
}

/// Head of a record whose payload, from `start` + recordHeadBytes to `end`, is there.
void seal(char *start, const char *end, quint32 seed, RecordType type, quint64 sequence) {
  const auto size = static_cast<quint32>(end - start - recordHeadBytes);
  put(start + 4, static_cast<quint32>(static_cast<quint8>(type) | (size << 8)));
  put(start + 8, static_cast<quint32>(sequence));
  start[12] = static_cast<char>(checkOf(start + 4));
  put(start, checksum(seed, start + 4, static_cast<size_t>(end - start - 4)));
}

struct FixTexts {
  QByteArray tag, type, gateway, origin;
  qsizetype bytes() const { return tag.size() + type.size() + gateway.size() + origin.size() + 4 * 4; }
};

char *putFix(char *at, const Fix &fix, const FixTexts &texts) {
  at = put(put(at, fix.confidence), fix.accuracy);
  at = put(put(put(at, qint32(fix.battery)), qint32(fix.sequence)), qint32(fix.zone));
  return put(put(put(put(at, texts.tag), texts.type), texts.gateway), texts.origin);
}

std::shared_ptr<const Fix> takeFix(Taker &taker) {
  auto fix = std::make_shared<Fix>();
  fix->confidence = taker.takeDouble();
  fix->accuracy = taker.takeDouble();
  fix->battery = taker.take<qint32>();
  fix->sequence = taker.take<qint32>();
  fix->zone = taker.take<qint32>();
  fix->tag = taker.takeText();
  fix->type = taker.takeText();
  fix->gateway = taker.takeText();
  fix->origin = taker.takeText();
  return fix;
}

char *putSampleHead(char *at, const StoredSample &sample, bool isMarked) {
  const qint64 time = sample.time.time_since_epoch().count();
  const qint64 received = sample.received.time_since_epoch().count();
  const auto delay = static_cast<qint64>(static_cast<quint64>(received) - static_cast<quint64>(time));
  const bool isWide = delay != static_cast<qint32>(delay);
  const bool hasQuality = sample.quality != Quality::good();
  quint8 flags = static_cast<quint8>(typeOf(sample.value));
  if (sample.isHistorical) flags |= Historical;
  if (hasQuality) flags |= HasQuality;
  if (isWide) flags |= WideReceived;
  if (isMarked) flags |= Marked;
  at = put(put(put(at, flags), sample.point), time);
  at = isWide ? put(at, delay) : put(at, static_cast<qint32>(delay));
  if (!hasQuality) return at;
  return put(put(at, static_cast<quint8>(sample.quality.level)), static_cast<quint8>(sample.quality.reason));
}

Value takePosition(Taker &taker, bool hasFix) {
  Position position;
  position.x = taker.takeDouble();
  position.y = taker.takeDouble();
  position.z = taker.takeDouble();
  if (hasFix) position.fix = takeFix(taker);
  return position;
}

}  // namespace

void RecordBuffer::grow(qsizetype most) {
  const qsizetype capacity = std::max<qsizetype>(m_size + most, std::max<qsizetype>(64 * 1024, m_capacity * 2));
  std::unique_ptr<char[]> bytes(new char[static_cast<size_t>(capacity)]);
  if (m_size > 0) std::memcpy(bytes.get(), m_bytes.get(), static_cast<size_t>(m_size));
  m_bytes = std::move(bytes);
  m_capacity = capacity;
}

quint32 seedOf(quint64 boot, Stream stream) {
  char bytes[9];
  put(put(bytes, boot), static_cast<quint8>(stream));
  return checksum(0, bytes, sizeof bytes);
}

void appendSample(RecordBuffer &buffer, quint32 seed, quint64 sequence, const StoredSample &sample) {
  char *start = nullptr;
  char *at = nullptr;
  const auto begin = [&](qsizetype more, bool isMarked) {
    start = buffer.room(recordHeadBytes + fixedSampleBytes + more);
    at = putSampleHead(start + recordHeadBytes, sample, isMarked);
  };
  if (const auto *number = std::get_if<double>(&sample.value)) {
    begin(0, false);
    at = put(at, *number);
  } else if (const auto *integer = std::get_if<qint64>(&sample.value)) {
    begin(0, false);
    at = put(at, *integer);
  } else if (const auto *text = std::get_if<QString>(&sample.value)) {
    const QByteArray bytes = kept(*text);
    begin(4 + bytes.size(), false);
    at = put(at, bytes);
  } else if (const auto *place = std::get_if<Position>(&sample.value)) {
    FixTexts texts;
    if (place->fix) {
      texts = {kept(place->fix->tag), kept(place->fix->type), kept(place->fix->gateway), kept(place->fix->origin)};
    }
    begin(3 * 8 + fixBytes + texts.bytes(), place->fix != nullptr);
    at = put(put(put(at, place->x), place->y), place->z);
    if (place->fix) at = putFix(at, *place->fix, texts);
  } else {
    const auto *boolean = std::get_if<bool>(&sample.value);
    begin(0, boolean && *boolean);
  }
  seal(start, at, seed, RecordType::Sample, sequence);
  buffer.setEnd(at);
}

bool appendEvent(RecordBuffer &buffer, quint32 seed, quint64 sequence, const StoredEvent &event) {
  const qsizetype size = 8 + 8 + 4 * 4 + event.bytes();
  if (recordHeadBytes + size > longestRecord) return false;
  char *start = buffer.room(recordHeadBytes + size);
  char *at = put(start + recordHeadBytes, static_cast<qint64>(event.time.time_since_epoch().count()));
  at = put(at, event.hubSequence);
  at = put(put(put(put(at, event.epoch), event.source), event.kind), event.json);
  seal(start, at, seed, RecordType::Event, sequence);
  buffer.setEnd(at);
  return true;
}

void appendPoint(RecordBuffer &buffer, quint32 seed, PointKey key, const StoredPoint &point) {
  const QByteArray texts[] = {kept(point.name), kept(point.unit), kept(point.description), kept(point.tag)};
  qsizetype size = 4 + 1 + 1 + 4;
  for (const QByteArray &text : texts) size += 4 + text.size();
  char *start = buffer.room(recordHeadBytes + size);
  char *at = put(start + recordHeadBytes, key);
  at = put(put(at, static_cast<quint8>(point.type)), static_cast<quint8>(point.number.has_value()));
  at = put(at, static_cast<qint32>(point.number.value_or(0)));
  for (const QByteArray &text : texts) at = put(at, text);
  seal(start, at, seed, RecordType::Point, 0);
  buffer.setEnd(at);
}

void appendGap(RecordBuffer &buffer, quint32 seed, quint64 first, quint64 next) {
  char *start = buffer.room(recordHeadBytes + 8);
  char *at = put(start + recordHeadBytes, next - first);
  seal(start, at, seed, RecordType::Gap, first);
  buffer.setEnd(at);
}

void appendEnd(RecordBuffer &buffer, quint32 seed, quint64 next) {
  char *start = buffer.room(recordHeadBytes);
  seal(start, start + recordHeadBytes, seed, RecordType::End, next);
  buffer.setEnd(start + recordHeadBytes);
}

void appendCopy(RecordBuffer &buffer, quint32 seed, const RecordView &record) {
  char *start = buffer.room(recordHeadBytes + record.size);
  char *end = start + recordHeadBytes + record.size;
  if (record.size > 0) std::memcpy(start + recordHeadBytes, record.payload, static_cast<size_t>(record.size));
  seal(start, end, seed, record.type, record.sequence);
  buffer.setEnd(end);
}

qsizetype recordBytes(const char *bytes, qsizetype available) {
  if (available < recordHeadBytes) return 0;
  const auto type = static_cast<quint8>(bytes[4]);
  if (type < static_cast<quint8>(RecordType::Sample) || type > static_cast<quint8>(RecordType::End)) return 0;
  if (static_cast<quint8>(bytes[12]) != checkOf(bytes + 4)) return 0;
  const auto size = static_cast<qsizetype>(qFromLittleEndian<quint32>(bytes + 4) >> 8) + recordHeadBytes;
  return size <= longestRecord ? size : 0;
}

bool fits(const char *bytes, qsizetype size, quint32 seed) {
  return qFromLittleEndian<quint32>(bytes) == checksum(seed, bytes + 4, static_cast<size_t>(size - 4));
}

RecordView viewOf(const char *bytes, qsizetype size) {
  return {static_cast<RecordType>(static_cast<quint8>(bytes[4])), qFromLittleEndian<quint32>(bytes + 8),
          bytes + recordHeadBytes, size - recordHeadBytes};
}

bool readSample(const RecordView &record, StoredSample &sample) {
  Taker taker(record);
  const auto flags = taker.take<quint8>();
  sample.point = taker.take<quint32>();
  const auto time = taker.take<qint64>();
  const qint64 delay = (flags & WideReceived) ? taker.take<qint64>() : taker.take<qint32>();
  sample.time = Time(std::chrono::nanoseconds(time));
  const auto received = static_cast<qint64>(static_cast<quint64>(time) + static_cast<quint64>(delay));
  sample.received = Time(std::chrono::nanoseconds(received));
  sample.isHistorical = flags & Historical;
  if (flags & HasQuality) {
    sample.quality.level = static_cast<QualityLevel>(taker.take<quint8>());
    sample.quality.reason = static_cast<QualityReason>(taker.take<quint8>());
  }
  switch (static_cast<ValueType>(flags & TypeBits)) {
    case ValueType::None:
      break;
    case ValueType::Bool:
      sample.value = (flags & Marked) != 0;
      break;
    case ValueType::Int:
      sample.value = taker.take<qint64>();
      break;
    case ValueType::Double:
      sample.value = taker.takeDouble();
      break;
    case ValueType::Text:
      sample.value = taker.takeText();
      break;
    case ValueType::Position:
      sample.value = takePosition(taker, flags & Marked);
      break;
    default:
      return false;
  }
  return taker.isDone();
}

bool readSampleHead(const RecordView &record, StoredSample &sample) {
  Taker taker(record);
  const auto flags = taker.take<quint8>();
  sample.point = taker.take<quint32>();
  sample.time = taker.takeTime();
  if (flags & WideReceived) {
    taker.take<qint64>();
  } else {
    taker.take<qint32>();
  }
  sample.quality = {};
  if (flags & HasQuality) {
    sample.quality.level = static_cast<QualityLevel>(taker.take<quint8>());
    sample.quality.reason = static_cast<QualityReason>(taker.take<quint8>());
  }
  return taker.isGood();
}

bool readEvent(const RecordView &record, StoredEvent &event) {
  Taker taker(record);
  event.time = taker.takeTime();
  event.hubSequence = taker.take<quint64>();
  event.epoch = taker.takeBytes();
  event.source = taker.takeBytes();
  event.kind = taker.takeBytes();
  event.json = taker.takeBytes();
  return taker.isDone();
}

bool readPoint(const RecordView &record, PointKey &key, StoredPoint &point) {
  Taker taker(record);
  key = taker.take<quint32>();
  point.type = static_cast<ValueType>(taker.take<quint8>());
  const bool hasNumber = taker.take<quint8>() != 0;
  const auto number = taker.take<qint32>();
  if (hasNumber) point.number = number;
  point.name = taker.takeText();
  point.unit = taker.takeText();
  point.description = taker.takeText();
  point.tag = taker.takeText();
  return taker.isDone() && key != 0;
}

quint64 readGap(const RecordView &record) {
  Taker taker(record);
  const auto length = taker.take<quint64>();
  return taker.isDone() ? length : 0;
}

}  // namespace tagwire::spool
