// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <QBuffer>
#include <QCborStreamReader>
#include <QCborStreamWriter>

#include "fields.h"

namespace tagwire::isolation {

namespace {

template <class T>
Result<T> structFrom(const QCborMap &cbor, T fresh = {}) {
  Take take{cbor};
  fields(take, fresh);
  if (!take.wrong.isEmpty()) return failure(QStringLiteral("\"%1\" holds something else").arg(take.wrong));
  return fresh;
}

void fixFields(auto &field, auto &fix) {
  field("tag", fix.tag);
  field("type", fix.type);
  field("gateway", fix.gateway);
  field("confidence", fix.confidence);
  field("battery", fix.battery);
  field("sequence", fix.sequence);
  field("zone", fix.zone);
  field("accuracy", fix.accuracy);
  field("origin", fix.origin);
}

Result<Value> positionFrom(const QCborMap &map) {
  Position position;
  Take take{map};
  take("x", position.x);
  take("y", position.y);
  take("z", position.z);
  const QCborMap of = map.value(QLatin1String("fix")).toMap();
  Take takeFix{of};
  Fix fix;
  fixFields(takeFix, fix);
  if (!take.wrong.isEmpty() || !takeFix.wrong.isEmpty()) return failure(QStringLiteral("no position"));
  position.fix = std::make_shared<const Fix>(std::move(fix));
  return Value(position);
}

void append(QCborStreamWriter &writer, const Value &value) {
  if (const auto *number = std::get_if<double>(&value)) return writer.append(*number);
  if (const auto *integer = std::get_if<qint64>(&value)) return writer.append(*integer);
  if (const auto *truth = std::get_if<bool>(&value)) return writer.append(*truth);
  toCbor(value).toCbor(writer);
}

/// Null where there is no whole value: what Qt leaves of a broken one may not be looked at.
QCborValue wholeValue(QCborStreamReader &reader) {
  const QCborValue value = QCborValue::fromCbor(reader);
  return reader.lastError() == QCborError::NoError ? value : QCborValue(QCborValue::Invalid);
}

/// One CBOR value that holds no container unless it is a position. The most frequent first.
Result<Value> readValue(QCborStreamReader &reader) {
  if (reader.isDouble()) {
    const double number = reader.toDouble();
    reader.next();
    return Value(number);
  }
  return valueFrom(wholeValue(reader));
}

bool readInteger(QCborStreamReader &reader, qint64 &out) {
  if (!reader.isInteger()) return false;
  out = reader.toInteger();
  reader.next();
  return out >= 0;
}

/// [point, value, time, quality]; the last may be left out.
Result<Sample> readSample(QCborStreamReader &reader) {
  if (!reader.isArray() || !reader.isLengthKnown() || reader.length() < 3 || reader.length() > 4) {
    return failure(QStringLiteral("a sample is [point, value, time, quality]"));
  }
  const bool hasQuality = reader.length() == 4;
  qint64 point = 0;
  qint64 time = 0;
  reader.enterContainer();
  if (!readInteger(reader, point) || point > std::numeric_limits<quint32>::max()) {
    return failure(QStringLiteral("a sample's point is no id"));
  }
  auto value = readValue(reader);
  if (!value) return failure(value.error());
  if (!readInteger(reader, time)) return failure(QStringLiteral("a sample's time is no count of nanoseconds"));
  Sample sample{static_cast<PointId>(point), {}, Time(std::chrono::nanoseconds(time)), std::move(*value)};
  if (hasQuality) {
    const auto quality = qualityFrom(wholeValue(reader).toString());
    if (!quality) return failure(quality.error());
    sample.quality = *quality;
  }
  if (!reader.leaveContainer()) return failure(QStringLiteral("a sample is cut off"));
  return sample;
}

}  // namespace

QCborValue toCbor(const Value &value) {
  struct Visitor {
    QCborValue operator()(std::monostate) const { return nullptr; }
    QCborValue operator()(bool truth) const { return truth; }
    QCborValue operator()(qint64 integer) const { return integer; }
    QCborValue operator()(double number) const { return number; }
    QCborValue operator()(const QString &text) const { return text; }
    QCborValue operator()(const Position &position) const {
      Put put;
      put("x", position.x);
      put("y", position.y);
      put("z", position.z);
      if (position.fix) {
        Put fix;
        fixFields(fix, *position.fix);
        put.map.insert(QLatin1String("fix"), fix.map);
      }
      return put.map;
    }
  };
  return std::visit(Visitor(), value);
}

Result<Value> valueFrom(const QCborValue &cbor) {
  if (cbor.isDouble()) return Value(cbor.toDouble());
  if (cbor.isInteger()) return Value(cbor.toInteger());
  if (cbor.isBool()) return Value(cbor.toBool());
  if (cbor.isString()) return Value(cbor.toString());
  if (cbor.isNull()) return Value();
  if (cbor.isMap()) return positionFrom(cbor.toMap());
  return failure(QStringLiteral("no value (allowed: null, bool, integer, float, text, position)"));
}

Result<Quality> qualityFrom(const QString &text) {
  static const QHash<QString, Quality> known = [] {
    QHash<QString, Quality> all;
    for (const QualityLevel level : {QualityLevel::Good, QualityLevel::Uncertain, QualityLevel::Bad}) {
      for (int i = 0; i <= static_cast<int>(QualityReason::Removed); ++i) {
        const Quality quality{level, static_cast<QualityReason>(i)};
        if (!quality.isGood() || i == 0) all.insert(toText(quality), quality);
      }
    }
    return all;
  }();
  const auto found = known.constFind(text);
  if (found == known.cend()) return failure(QStringLiteral("\"%1\" is no quality").arg(text.left(60)));
  return *found;
}

QByteArray framedSamples(const Sample *samples, qsizetype count, quint64 sequence) {
  QByteArray bytes(4, '\0');
  bytes.reserve(64 + count * 40);
  QBuffer behind(&bytes);
  behind.open(QIODevice::ReadWrite);
  behind.seek(4);
  QCborStreamWriter writer(&behind);
  writer.startArray(3);
  writer.append(QLatin1String("samples"));
  writer.startArray(static_cast<quint64>(count));
  for (const Sample *sample = samples; sample != samples + count; ++sample) {
    const bool isGood = sample->quality.isGood();
    writer.startArray(isGood ? 3 : 4);
    writer.append(static_cast<quint64>(sample->point));
    append(writer, sample->value);
    writer.append(static_cast<qint64>(sample->time.time_since_epoch().count()));
    if (!isGood) writer.append(toText(sample->quality));
    writer.endArray();
  }
  writer.endArray();
  writer.append(sequence);
  writer.endArray();
  return framed(std::move(bytes));
}

Result<SamplesMessage> samplesFrom(const QByteArray &payload) {
  QCborStreamReader reader(payload);
  SamplesMessage message;
  if (!reader.isArray()) return failure(QStringLiteral("no [type, body]"));
  reader.enterContainer();
  const bool hasType = wholeValue(reader).isString();
  if (!hasType || !reader.isArray() || !reader.isLengthKnown())
    return failure(QStringLiteral("an array of samples is due"));
  if (reader.length() > static_cast<quint64>(mostSamples)) {
    return failure(QStringLiteral("%1 samples in a frame (allowed: %2)").arg(reader.length()).arg(mostSamples));
  }
  message.samples.reserve(static_cast<qsizetype>(reader.length()));
  reader.enterContainer();
  while (reader.lastError() == QCborError::NoError && reader.hasNext()) {
    auto sample = readSample(reader);
    if (!sample) return failure(sample.error());
    message.samples.append(std::move(*sample));
  }
  if (!reader.leaveContainer()) return failure(QStringLiteral("the samples are cut off"));
  qint64 sequence = 0;
  if (reader.hasNext() && readInteger(reader, sequence)) message.sequence = static_cast<quint64>(sequence);
  return message;
}

QCborMap toCbor(const Event &event) {
  Put put;
  const QString type = std::holds_alternative<CustomEvent>(event.body) ? QStringLiteral("custom") : kindOf(event);
  put("seq", static_cast<qint64>(event.sequence));
  put("type", type);
  put("t", event.time);
  put("source", event.source);
  std::visit([&](const auto &body) { fields(put, body); }, event.body);
  return put.map;
}

namespace {
template <class Body>
Result<Event> eventWith(Event event, const QCborMap &cbor) {
  auto body = structFrom<Body>(cbor);
  if (!body) return failure(body.error());
  event.body = std::move(*body);
  return event;
}
}  // namespace

Result<Event> eventFrom(const QCborMap &cbor) {
  Event event;
  QString type;
  qint64 sequence = 0;
  Take take{cbor};
  take("seq", sequence);
  take("type", type);
  take("t", event.time);
  take("source", event.source);
  if (!take.wrong.isEmpty()) return failure(QStringLiteral("\"%1\" holds something else").arg(take.wrong));
  event.sequence = static_cast<quint64>(sequence);
  if (type == u"alarm") return eventWith<AlarmTransition>(event, cbor);
  if (type == u"alarm_condition") return eventWith<AlarmConditionChange>(event, cbor);
  if (type == u"trigger") return eventWith<TriggerEvent>(event, cbor);
  if (type == u"command") return eventWith<CommandStatus>(event, cbor);
  if (type == u"system") return eventWith<SystemEvent>(event, cbor);
  if (type == u"custom") return eventWith<CustomEvent>(event, cbor);
  return failure(QStringLiteral("unknown type of event \"%1\"").arg(type.left(60)));
}

QCborMap toCbor(const Command &command) {
  Put put;
  fields(put, command);
  return put.map;
}

Result<Command> commandFrom(const QCborMap &cbor) { return structFrom<Command>(cbor); }

QCborMap toCbor(const PointInfo &info) {
  Put put;
  fields(put, info);
  if (info.commandRules != CommandRules()) {
    Put rules;
    fields(rules, info.commandRules);
    put.map.insert(QLatin1String("commands"), rules.map);
  }
  return put.map;
}

Result<PointInfo> pointInfoFrom(const QCborMap &cbor) {
  auto info = structFrom<PointInfo>(cbor);
  if (!info) return info;
  const auto rules = structFrom<CommandRules>(cbor.value(QLatin1String("commands")).toMap());
  if (!rules) return failure(rules.error());
  info->commandRules = *rules;
  return info;
}

QCborMap toCbor(const Point &point) {
  PointInfo info{point.name,     point.type,   point.number,  point.unit,   point.description,
                 point.writable, point.verify, point.minimum, point.maximum};
  info.tag = point.tag;
  QCborMap map = toCbor(info);
  map.insert(QLatin1String("id"), static_cast<qint64>(point.id));
  map.insert(QLatin1String("owner"), point.owner);
  map.insert(QLatin1String("full_name"), point.fullName);
  return map;
}

Result<AnnouncedPoint> announcedFrom(const QCborMap &cbor) {
  auto info = pointInfoFrom(cbor);
  if (!info) return failure(info.error());
  AnnouncedPoint point;
  QString fullName;
  Take take{cbor};
  take("id", point.id);
  take("owner", point.owner);
  take("full_name", fullName);
  if (!take.wrong.isEmpty() || !fullName.endsWith(u'/' + info->name)) return failure(QStringLiteral("no point"));
  point.prefix = fullName.chopped(info->name.size() + 1);
  point.info = std::move(*info);
  return point;
}

}  // namespace tagwire::isolation
