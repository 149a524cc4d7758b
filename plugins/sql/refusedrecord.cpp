// SPDX-License-Identifier: Apache-2.0
#include "refusedrecord.h"

#include <QDataStream>
#include <QIODevice>

namespace tagwire::sql {

namespace {

void write(QDataStream &out, const Value &value) {
  out << static_cast<quint8>(value.index());
  std::visit(
      [&out](const auto &each) {
        using T = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<T, Position>) {
          const Fix fix = each.fix ? *each.fix : Fix();
          out << each.x << each.y << each.z << (each.fix != nullptr) << fix.tag << fix.type << fix.gateway
              << fix.confidence << fix.battery << fix.sequence << fix.zone << fix.accuracy << fix.origin;
        } else if constexpr (!std::is_same_v<T, std::monostate>) {
          out << each;
        }
      },
      value);
}

template <class T>
Value readAs(QDataStream &in) {
  T value{};
  in >> value;
  return value;
}

Value readPosition(QDataStream &in) {
  Position at;
  Fix fix;
  bool hasFix = false;
  in >> at.x >> at.y >> at.z >> hasFix >> fix.tag >> fix.type >> fix.gateway >> fix.confidence >> fix.battery >>
      fix.sequence >> fix.zone >> fix.accuracy >> fix.origin;
  if (hasFix) at.fix = std::make_shared<const Fix>(fix);
  return at;
}

Value readValue(QDataStream &in) {
  quint8 type = 0;
  in >> type;
  switch (static_cast<ValueType>(type)) {
    case ValueType::Bool:
      return readAs<bool>(in);
    case ValueType::Int:
      return readAs<qint64>(in);
    case ValueType::Double:
      return readAs<double>(in);
    case ValueType::Text:
      return readAs<QString>(in);
    case ValueType::Position:
      return readPosition(in);
    case ValueType::None:
      break;
  }
  return {};
}

void readRefusedSample(QDataStream &in, RefusedRecord &refused) {
  StoredPoint point;
  StoredSample sample;
  int number = 0;
  quint8 type = 0;
  quint8 level = 0;
  quint8 reason = 0;
  qint64 time = 0;
  qint64 received = 0;
  in >> point.name >> number >> type >> point.unit >> point.description >> point.tag >> level >> reason >>
      sample.isHistorical >> time >> received;
  if (number > 0) point.number = number;
  point.type = static_cast<ValueType>(type);
  sample.quality = {static_cast<QualityLevel>(level), static_cast<QualityReason>(reason)};
  sample.time = timeAt(time);
  sample.received = timeAt(received);
  sample.value = readValue(in);
  sample.point = 1;
  refused.point = std::make_shared<const StoredPoint>(point);
  refused.record = sample;
}

void readRefusedEvent(QDataStream &in, RefusedRecord &refused) {
  StoredEvent event;
  qint64 time = 0;
  in >> event.hubSequence >> event.epoch >> time >> event.source >> event.kind >> event.json;
  event.time = timeAt(time);
  refused.record = event;
}

}  // namespace

QByteArray encoded(const RefusedRecord &refused) {
  QByteArray bytes;
  QDataStream out(&bytes, QIODevice::WriteOnly);
  out.setVersion(QDataStream::Qt_6_0);
  if (const auto *sample = std::get_if<StoredSample>(&refused.record)) {
    const StoredPoint &point = *refused.point;
    out << quint8(0) << point.name << point.number.value_or(0) << static_cast<quint8>(point.type) << point.unit
        << point.description << point.tag << static_cast<quint8>(sample->quality.level)
        << static_cast<quint8>(sample->quality.reason) << sample->isHistorical << nanosecondsOf(sample->time)
        << nanosecondsOf(sample->received);
    write(out, sample->value);
  } else {
    const auto &event = std::get<StoredEvent>(refused.record);
    out << quint8(1) << event.hubSequence << event.epoch << nanosecondsOf(event.time) << event.source << event.kind
        << event.json;
  }
  return bytes;
}

std::optional<RefusedRecord> decoded(const QByteArray &bytes) {
  QDataStream in(bytes);
  in.setVersion(QDataStream::Qt_6_0);
  RefusedRecord refused;
  quint8 kind = 0;
  in >> kind;
  if (kind == 0) {
    readRefusedSample(in, refused);
  } else {
    readRefusedEvent(in, refused);
  }
  if (in.status() != QDataStream::Ok || kind > 1) return {};
  return refused;
}

QString shown(const RefusedRecord &refused, qsizetype most) {
  if (const auto *sample = std::get_if<StoredSample>(&refused.record)) {
    return toText(sample->value).left(most) + u' ' + toText(sample->quality);
  }
  return QString::fromUtf8(std::get<StoredEvent>(refused.record).json).left(most);
}

}  // namespace tagwire::sql
