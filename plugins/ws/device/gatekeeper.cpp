// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper.h"

#include <charconv>
#include <cmath>

#include "device/devicetime.h"

namespace tagwire::ws {

namespace {

using NodeKind = PayloadNode::Kind;
using FieldValue = tl::expected<Value, Rejection>;

tl::unexpected<Rejection> rejectedNode(Rejection::Kind kind, const PayloadNode &node, const QString &text) {
  return tl::unexpected(Rejection{kind, printablePart(node.path) + QLatin1String(": ") + text});
}

const char *nodeWord(NodeKind kind) {
  switch (kind) {
    case NodeKind::Object:
      return "an object";
    case NodeKind::Null:
      return "null";
    case NodeKind::Bool:
      return "true or false";
    case NodeKind::Number:
      return "a number";
    case NodeKind::Text:
      return "text";
    case NodeKind::List:
      break;
  }
  return "a list";
}

tl::unexpected<Rejection> wrongType(const PayloadNode &node, const char *due) {
  return rejectedNode(Rejection::Kind::Type, node,
                      QStringLiteral("%1 where %2 is due").arg(QLatin1String(nodeWord(node.kind)), QLatin1String(due)));
}

template <class Number>
std::optional<Number> parse(const QByteArray &text) {
  Number number{};
  const char *end = text.constData() + text.size();
  const auto [at, error] = std::from_chars(text.constData(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

FieldValue withinRange(const FieldConfig &rules, const PayloadNode &node, double number, const Value &value) {
  const bool isLow = rules.minimum && !(number >= *rules.minimum);
  const bool isHigh = rules.maximum && !(number <= *rules.maximum);
  if (!isLow && !isHigh) return value;
  return rejectedNode(Rejection::Kind::Range, node,
                      QStringLiteral("%1 is out of range (allowed: %2 %3)")
                          .arg(toText(value), isLow ? QStringLiteral("from") : QStringLiteral("up to"))
                          .arg(isLow ? *rules.minimum : *rules.maximum));
}

FieldValue floatOf(const FieldConfig &rules, const PayloadNode &node) {
  if (node.kind != NodeKind::Number) return wrongType(node, "a number");
  const auto number = parse<double>(node.text);
  if (!number || !std::isfinite(*number)) {
    return rejectedNode(Rejection::Kind::Range, node, QStringLiteral("the number can't be held in 64 bits"));
  }
  return withinRange(rules, node, *number, *number);
}

FieldValue intOf(const FieldConfig &rules, const PayloadNode &node) {
  if (node.kind != NodeKind::Number || node.text.contains('.') || node.text.contains('e') || node.text.contains('E')) {
    return wrongType(node, "a whole number, written as one,");
  }
  const auto number = parse<qint64>(node.text);
  if (!number) return rejectedNode(Rejection::Kind::Range, node, QStringLiteral("the number can't be held in 64 bits"));
  return withinRange(rules, node, static_cast<double>(*number), *number);
}

/// PostgreSQL keeps no NUL in a text, and a row that can't be stored would stop those behind it.
FieldValue nodeText(const PayloadNode &node) {
  if (node.text.contains('\0'))
    return rejectedNode(Rejection::Kind::Type, node, QStringLiteral("text with a NUL in it"));
  return Value(QString::fromUtf8(node.text));
}

FieldValue valueOf(const FieldConfig &rules, const PayloadNode &node) {
  switch (rules.type) {
    case FieldType::Float:
      return floatOf(rules, node);
    case FieldType::Int:
      return intOf(rules, node);
    case FieldType::Bool:
      if (node.kind != NodeKind::Bool) return wrongType(node, "true or false");
      return Value(node.flag);
    case FieldType::String:
      if (node.kind != NodeKind::Text && node.kind != NodeKind::List) return wrongType(node, "text or a list");
      return nodeText(node);
    case FieldType::Enum:
      break;
  }
  if (node.kind != NodeKind::Text) return wrongType(node, "text");
  const QString text = QString::fromUtf8(node.text);
  if (rules.values.contains(text)) return Value(text);
  return rejectedNode(Rejection::Kind::Range, node,
                      QStringLiteral("\"%1\" is none of the values (allowed: %2)")
                          .arg(printablePart(node.text), rules.values.mid(0, 20).join(QStringLiteral(", "))));
}

/// A value of a field that the model says nothing about; numbers are floats, as the next one may have a fraction.
std::optional<Value> guess(const PayloadNode &node) {
  if (node.kind == NodeKind::Bool) return Value(node.flag);
  if (node.kind == NodeKind::Number) {
    const auto number = parse<double>(node.text);
    return number && std::isfinite(*number) ? std::optional<Value>(*number) : std::nullopt;
  }
  const auto text = nodeText(node);
  return text ? std::optional(*text) : std::nullopt;
}

}  // namespace

// NOLINTBEGIN(performance-unnecessary-value-param,performance-move-const-arg): QTimeZone can't be moved yet
Gatekeeper::Gatekeeper(const QString &device, std::shared_ptr<const Model> model, QTimeZone zone)
    : m_device(device.toUtf8()), m_model(std::move(model)), m_zone(std::move(zone)) {}
// NOLINTEND(performance-unnecessary-value-param,performance-move-const-arg)

tl::expected<Reading, Rejection> Gatekeeper::judge(const QByteArray &payload, Time now) const {
  const auto nodes = readPayload(payload);
  if (!nodes) return tl::unexpected(nodes.error());
  Reading reading;
  reading.time = now;
  std::vector<bool> seen(m_model->fields().size());
  for (const PayloadNode &node : *nodes) {
    if (const auto problem = take(reading, seen, node, now)) return tl::unexpected(*problem);
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    const Model::Field &field = m_model->fields()[i];
    if (seen[i] || !field.rules.required) continue;
    return tl::unexpected(Rejection{Rejection::Kind::Missing, field.path + QStringLiteral(": is missing")});
  }
  return reading;
}

std::optional<Rejection> Gatekeeper::take(Reading &reading, std::vector<bool> &seen, const PayloadNode &node,
                                          Time now) const {
  if (!node.isPlain) return takeUnknown(reading, node);
  if (node.path == "timestamp") return takeTime(reading, node, now);
  if (node.path == "device_id") {
    if (node.kind == NodeKind::Text && node.text == m_device) return std::nullopt;
    return Rejection{Rejection::Kind::Device, QStringLiteral("device_id is not that of the connection")};
  }
  if (const int place = m_model->find(node.path); place >= 0) {
    auto value = valueOf(m_model->fields()[static_cast<size_t>(place)].rules, node);
    if (!value) return value.error();
    seen[static_cast<size_t>(place)] = true;
    reading.fields.emplace_back(place, std::move(*value));
    return std::nullopt;
  }
  if (!m_model->isBranch(node.path)) return takeUnknown(reading, node);
  if (node.kind == NodeKind::Object) return std::nullopt;
  return wrongType(node, "an object").value();
}

std::optional<Rejection> Gatekeeper::takeTime(Reading &reading, const PayloadNode &node, Time now) const {
  if (node.kind != NodeKind::Text) {
    return Rejection{Rejection::Kind::Time, QStringLiteral("timestamp: text is due (ISO 8601)")};
  }
  const auto time = readDeviceTime(node.text, m_zone, now);
  if (!time) return Rejection{Rejection::Kind::Time, QStringLiteral("timestamp: ") + time.error()};
  // The newest value would stay the newest until our clock gets there: the time of arrival stands for it.
  if (*time > now + furthestAhead) {
    reading.claimed = *time;
    return std::nullopt;
  }
  reading.time = *time;
  return std::nullopt;
}

std::optional<Rejection> Gatekeeper::takeUnknown(Reading &reading, const PayloadNode &node) const {
  switch (m_model->unknownFields()) {
    case UnknownFields::Ignore:
      return std::nullopt;
    case UnknownFields::Reject:
      return rejectedNode(Rejection::Kind::Unknown, node,
                          QStringLiteral("is no field of model %1").arg(m_model->name()))
          .value();
    case UnknownFields::Accept:
      break;
  }
  if (node.kind == NodeKind::Object || node.kind == NodeKind::Null) return std::nullopt;
  auto value = node.isPlain ? guess(node) : std::nullopt;
  if (value) {
    reading.unknown.emplace_back(QString::fromUtf8(node.path), std::move(*value));
  } else {
    ++reading.unusable;
  }
  return std::nullopt;
}

}  // namespace tagwire::ws
