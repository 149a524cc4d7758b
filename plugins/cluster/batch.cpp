// SPDX-License-Identifier: Apache-2.0
#include "batch.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>
#include <QCborValue>

#include "isolation/wire.h"

namespace tagwire::cluster {

using namespace tagwire::spool;

namespace {

constexpr int version = 1;
constexpr int compression = 1;  // names repeat: even the fastest makes a message a quarter

tl::unexpected<QString> unreadable() { return failure(QStringLiteral("not a batch of this version")); }

void append(QCborStreamWriter &out, const Value &value) {
  switch (typeOf(value)) {
    case ValueType::None:
      return out.append(nullptr);
    case ValueType::Bool:
      return out.append(std::get<bool>(value));
    case ValueType::Int:
      return out.append(std::get<qint64>(value));
    case ValueType::Double:
      return out.append(std::get<double>(value));
    case ValueType::Text:
      return out.append(std::get<QString>(value));
    case ValueType::Position:
      return isolation::toCbor(value).toCbor(out);
  }
}

/// Reads what a batch is made of; after the first thing that is not as it should be everything is empty.
class Reader {
 public:
  explicit Reader(const QByteArray &bytes) : m_in(bytes), m_size(bytes.size()) {}
  bool isGood() const { return m_isGood; }

  quint64 beginArray() {
    if (!expect(m_in.isArray() && m_in.isLengthKnown())) return 0;
    const quint64 length = m_in.length();
    // Each element takes a byte at least.
    if (!expect(length <= static_cast<quint64>(longestPlain)) || !expect(m_in.enterContainer())) return 0;
    return length;
  }
  void endArray() { expect(m_isGood && !m_in.hasNext() && m_in.leaveContainer()); }
  qint64 integer() {
    if (!expect(m_in.isInteger())) return 0;
    const qint64 value = m_in.toInteger();
    expect(m_in.next());
    return value;
  }
  QString text() {
    if (!expect(m_in.isString() && fits())) return {};
    QString text;
    auto part = m_in.readString();
    for (; part.status == QCborStreamReader::Ok; part = m_in.readString()) text += part.data;
    expect(part.status == QCborStreamReader::EndOfString);
    return text;
  }
  QByteArray bytes() {
    if (!expect(m_in.isByteArray() && fits())) return {};
    QByteArray bytes;
    auto part = m_in.readByteArray();
    for (; part.status == QCborStreamReader::Ok; part = m_in.readByteArray()) bytes += part.data;
    expect(part.status == QCborStreamReader::EndOfString);
    return bytes;
  }
  Value value() {
    if (!m_isGood) return {};
    if (m_in.isInteger()) return integer();
    if (m_in.isString()) return text();
    if (m_in.isDouble()) return plain(m_in.toDouble());
    if (m_in.isBool()) return plain(m_in.toBool());
    if (m_in.isNull()) return plain(std::monostate());
    const QCborValue whole = QCborValue::fromCbor(m_in);
    // What is left after an error must not even be looked at.
    if (!expect(m_in.lastError() == QCborError::NoError)) return {};
    const auto value = isolation::valueFrom(whole);
    expect(value.has_value());
    return value ? *value : Value();
  }

 private:
  // Room for what a text says is its length is made before it is there.
  bool fits() { return m_in.isLengthKnown() && m_in.length() <= static_cast<quint64>(m_size); }
  bool expect(bool condition) { return m_isGood = m_isGood && condition; }
  template <class T>
  Value plain(T value) {
    expect(m_in.next());
    return value;
  }

  QCborStreamReader m_in;
  const qsizetype m_size;
  bool m_isGood = true;
};

void append(QCborStreamWriter &out, const StoredPoint &point) {
  out.startArray(6);
  out.append(point.name);
  out.append(static_cast<quint64>(point.type));
  out.append(point.number.value_or(0));
  out.append(point.unit);
  out.append(point.description);
  out.append(point.tag);
  out.endArray();
}

StoredPoint pointFrom(Reader &in) {
  in.beginArray();
  StoredPoint point;
  point.name = in.text();
  point.type = static_cast<ValueType>(std::clamp<qint64>(in.integer(), 0, static_cast<int>(ValueType::Position)));
  if (const auto number = static_cast<int>(in.integer()); number > 0) point.number = number;
  point.unit = in.text();
  point.description = in.text();
  point.tag = in.text();
  in.endArray();
  return point;
}

void append(QCborStreamWriter &out, const StoredEvent &event) {
  out.startArray(7);
  out.append(event.sequence);
  out.append(event.hubSequence);
  out.append(nanosecondsOf(event.time));
  out.append(event.epoch);
  out.append(event.source);
  out.append(event.kind);
  out.append(event.json);
  out.endArray();
}

StoredEvent eventFrom(Reader &in) {
  in.beginArray();
  StoredEvent event;
  event.sequence = static_cast<quint64>(in.integer());
  event.hubSequence = static_cast<quint64>(in.integer());
  event.time = timeAt(in.integer());
  event.epoch = in.bytes();
  event.source = in.bytes();
  event.kind = in.bytes();
  event.json = in.bytes();
  in.endArray();
  return event;
}

bool isOf(const SpoolRange &range, quint64 sequence) { return sequence >= range.first && sequence < range.next; }

}  // namespace

QByteArray packed(const QByteArray &plain) { return qCompress(plain, compression); }

/// Invalid unless all of it is CBOR.
QCborValue treeOf(const QByteArray &bytes) {
  QCborParserError error;
  const QCborValue tree = QCborValue::fromCbor(bytes, &error);
  return error.error == QCborError::NoError ? tree : QCborValue(QCborValue::Invalid);
}

Result<QByteArray> unpacked(const QByteArray &bytes) {
  if (bytes.size() < 5) return unreadable();
  const auto *head = reinterpret_cast<const uchar *>(bytes.constData());
  const qint64 size = (qint64(head[0]) << 24) | (head[1] << 16) | (head[2] << 8) | head[3];
  if (size > longestPlain) return unreadable();
  QByteArray plain = qUncompress(bytes);
  if (plain.isEmpty()) return unreadable();
  return plain;
}

int codeOf(Quality quality) { return static_cast<int>(quality.level) << 8 | static_cast<int>(quality.reason); }

Quality qualityFrom(qint64 code) {
  const qint64 level = code >> 8;
  const qint64 reason = code & 0xff;
  const bool isOurs =
      level >= 0 && level <= static_cast<int>(QualityLevel::Bad) && reason <= static_cast<int>(QualityReason::Removed);
  if (!isOurs) return Quality::bad(QualityReason::InvalidResponse);
  return {static_cast<QualityLevel>(level), static_cast<QualityReason>(reason)};
}

QByteArray encode(const Batch &batch) {
  QByteArray plain;
  const auto count = [](const auto &list) { return static_cast<qsizetype>(list.size()); };
  plain.reserve(256 + count(batch.points) * 64 + count(batch.samples) * 20);
  QCborStreamWriter out(&plain);
  out.startArray(10);
  out.append(version);
  out.append(batch.origin);
  out.append(batch.range.boot);
  out.append(static_cast<quint64>(batch.range.stream));
  out.append(batch.range.first);
  out.append(batch.range.next);
  out.append(nanosecondsOf(batch.sent));
  out.startArray(batch.points.size());
  for (const StoredPoint &point : batch.points) append(out, point);
  out.endArray();
  // Times and sequences as steps from the one before: small numbers take little room.
  qint64 time = nanosecondsOf(batch.sent);
  quint64 sequence = batch.range.first;
  out.startArray(batch.samples.size() * 5);
  for (const StoredSample &sample : batch.samples) {
    out.append(sample.sequence - sequence);
    out.append(static_cast<quint64>(sample.point));
    out.append(nanosecondsOf(sample.time) - time);
    out.append(codeOf(sample.quality) << 1 | (sample.isHistorical ? 1 : 0));
    append(out, sample.value);
    sequence = sample.sequence;
    time = nanosecondsOf(sample.time);
  }
  out.endArray();
  out.startArray(batch.events.size());
  for (const StoredEvent &event : batch.events) append(out, event);
  out.endArray();
  out.endArray();
  return packed(plain);
}

Result<Batch> decodeBatch(const QByteArray &bytes) {
  const auto plain = unpacked(bytes);
  if (!plain) return failure(plain.error());
  Reader in(*plain);
  if (in.beginArray() != 10 || in.integer() != version) return unreadable();
  Batch batch;
  batch.origin = in.text();
  batch.range.boot = static_cast<quint64>(in.integer());
  batch.range.stream = in.integer() == 0 ? Stream::Telemetry : Stream::Events;
  batch.range.first = static_cast<quint64>(in.integer());
  batch.range.next = static_cast<quint64>(in.integer());
  batch.sent = timeAt(in.integer());
  const quint64 points = in.beginArray();
  for (quint64 i = 0; i < points && in.isGood(); ++i) batch.points.push_back(pointFrom(in));
  in.endArray();
  const quint64 fields = in.beginArray();
  StoredSample sample;
  sample.sequence = batch.range.first;
  sample.time = batch.sent;
  for (quint64 i = 0; i < fields && in.isGood(); i += 5) {
    sample.sequence += static_cast<quint64>(in.integer());
    sample.point = static_cast<PointKey>(in.integer());
    sample.time += std::chrono::nanoseconds(in.integer());
    const qint64 code = in.integer();
    sample.quality = qualityFrom(code >> 1);
    sample.isHistorical = code & 1;
    sample.value = in.value();
    if (sample.point == 0 || sample.point > points || !isOf(batch.range, sample.sequence)) return unreadable();
    batch.samples.push_back(sample);
  }
  in.endArray();
  const quint64 events = in.beginArray();
  for (quint64 i = 0; i < events && in.isGood(); ++i) {
    batch.events.push_back(eventFrom(in));
    if (!isOf(batch.range, batch.events.back().sequence)) return unreadable();
  }
  in.endArray();
  in.endArray();
  const bool isInRange = batch.range.first <= batch.range.next && !batch.origin.isEmpty() && batch.origin.size() <= 64;
  if (!in.isGood() || !isInRange) return unreadable();
  return batch;
}

PointId *pointOf(Event &event) {
  if (auto *alarm = std::get_if<AlarmTransition>(&event.body)) return &alarm->point;
  if (auto *status = std::get_if<CommandStatus>(&event.body)) return &status->point;
  return nullptr;
}

QByteArray encode(const EventBody &body) {
  return QCborMap{{0, body.json}, {1, isolation::toCbor(body.event)}, {2, body.point}}.toCborValue().toCbor();
}

Result<EventBody> decodeEventBody(const QByteArray &bytes) {
  const QCborMap map = treeOf(bytes).toMap();
  auto event = isolation::eventFrom(map.value(1).toMap());
  if (!event) return failure(event.error());
  return EventBody{map.value(0).toByteArray(), *event, map.value(2).toString()};
}

QByteArray encode(const Page &page) {
  QCborArray entries;
  for (const Page::Entry &entry : page.entries) {
    entries.append(QCborArray{entry.prefix, isolation::toCbor(entry.info), codeOf(entry.last.quality),
                              nanosecondsOf(entry.last.time), isolation::toCbor(entry.last.value)});
  }
  return packed(QCborArray{version, entries}.toCborValue().toCbor());
}

Result<Page> decodePage(const QByteArray &bytes) {
  const auto plain = unpacked(bytes);
  if (!plain) return failure(plain.error());
  const QCborArray whole = treeOf(*plain).toArray();
  if (whole.size() != 2 || whole.at(0).toInteger() != version) return unreadable();
  Page page;
  for (const QCborValue &each : whole.at(1).toArray()) {
    const QCborArray fields = each.toArray();
    const auto info = isolation::pointInfoFrom(fields.at(1).toMap());
    const auto value = isolation::valueFrom(fields.at(4));
    if (fields.size() != 5 || !info || !value) return unreadable();
    page.entries.push_back(
        {fields.at(0).toString(),
         *info,
         {PointId::None, qualityFrom(fields.at(2).toInteger()), timeAt(fields.at(3).toInteger()), *value}});
  }
  return page;
}

}  // namespace tagwire::cluster
