// SPDX-License-Identifier: Apache-2.0
// What the service AlarmDesk takes and answers, as CBOR and back. Each struct names its fields once (those of events do
// so in isolation/fields.h); it travels as the list of them, in this order: a new one comes last. Points travel by
// name.
#pragma once

#include "isolation/fields.h"
#include "services/alarmdesk.h"

namespace tagwire::cluster {

void fields(auto &field, isolation::IsOf<AlarmStatus> auto &status) {
  field("since", status.since);
  field("transition", status.transition);
  field("acknowledged", status.isAcknowledged);
  field("acknowledged_at", status.acknowledgedAt);
  field("acknowledged_by", status.acknowledgedBy);
  field("comment", status.comment);
  field("shelved_until", status.shelvedUntil);
  field("shelved_by", status.shelvedBy);
  field("suppressed_by", status.suppressedBy);
  field("out_of_service_by", status.outOfServiceBy);
}

void fields(auto &field, isolation::IsOf<AlarmAction> auto &action) {
  field("kind", action.kind);
  field("rule_id", action.ruleId);
  field("by", action.by);
  field("comment", action.comment);
  field("duration", action.duration);
  field("one_shot", action.isOneShot);
}

void fields(auto &field, isolation::IsOf<AlarmRule> auto &rule) {
  field("id", rule.id);
  field("rule", rule.rule);
  field("from_manifest", rule.isFromManifest);
  field("version", rule.version);
  field("changed_by", rule.changedBy);
  field("changed_at", rule.changedAt);
}

void fields(auto &field, isolation::IsOf<AlarmRuleChange> auto &change) {
  field("kind", change.kind);
  field("id", change.id);
  field("rule", change.rule);
  field("by", change.by);
}

void fields(auto &field, isolation::IsOf<AlarmAnswer> auto &answer) {
  field("outcome", answer.outcome);
  field("errors", answer.errors);
  field("status", answer.status);
  field("rule", answer.rule);
}

void fields(auto &field, isolation::IsOf<AlarmHistoryQuery> auto &query) {
  field("from", query.from);
  field("to", query.to);
  field("rules", query.rules);
  field("states", query.states);
  field("after", query.after);
  field("limit", query.limit);
  field("newest_first", query.newestFirst);
}

void fields(auto &field, isolation::IsOf<AlarmStatistics::Count> auto &count) {
  field("rule_id", count.ruleId);
  field("rule_name", count.ruleName);
  field("area", count.area);
  field("count", count.count);
}

void fields(auto &field, isolation::IsOf<AlarmStatistics> auto &figures) {
  field("from", figures.from);
  field("to", figures.to);
  field("total", figures.total);
  field("per_ten_minutes", figures.perTenMinutes);
  field("average", figures.averagePerTenMinutes);
  field("peak", figures.peakPerTenMinutes);
  field("flood_share", figures.floodShare);
  field("standing", figures.standing);
  field("standing_over_a_day", figures.standingOverADay);
  field("unacknowledged", figures.unacknowledged);
  field("shelved", figures.shelved);
  field("chattering", figures.chattering);
  field("most_frequent", figures.mostFrequent);
  field("by_severity", figures.bySeverity);
}

void fields(auto &field, isolation::IsOf<AlarmArea> auto &area) {
  field("name", area.name);
  field("state", area.state);
  field("severity", area.severity);
  field("active", area.active);
  field("unacknowledged", area.unacknowledged);
  field("rules", area.rules);
}

void fields(auto &field, isolation::IsOf<Event> auto &event) {
  field("sequence", event.sequence);
  field("time", event.time);
  field("source", event.source);
  field("body", event.body);
}

/// Those of events are named elsewhere.
void fieldsOf(auto &field, auto &object) {
  using T = std::remove_const_t<std::remove_reference_t<decltype(object)>>;
  if constexpr (std::is_same_v<T, AlarmTransition> || std::is_same_v<T, AlarmConditionChange>) {
    isolation::fields(field, object);
  } else {
    fields(field, object);
  }
}

/// The last one of an enum; all before it are values as well.
template <class E>
inline constexpr E lastOf = E::Missing;
template <>
inline constexpr AlarmState lastOf<AlarmState> = AlarmState::Alarm;
template <>
inline constexpr Severity lastOf<Severity> = Severity::Critical;
template <>
inline constexpr AlarmCondition lastOf<AlarmCondition> = AlarmCondition::OutOfService;
template <>
inline constexpr AlarmAction::Kind lastOf<AlarmAction::Kind> = AlarmAction::Kind::Comment;
template <>
inline constexpr AlarmRuleChange::Kind lastOf<AlarmRuleChange::Kind> = AlarmRuleChange::Kind::Remove;
template <>
inline constexpr AlarmAnswer::Outcome lastOf<AlarmAnswer::Outcome> = AlarmAnswer::Outcome::Invalid;

/// Between point ids of here and names. An unknown one is empty, or None.
struct PointNaming {
  std::function<QString(PointId)> nameOf;
  std::function<PointId(const QString &)> idOf;
};

template <class T>
inline constexpr bool isListField = false;
template <class T>
inline constexpr bool isListField<QList<T>> = true;
template <class T>
inline constexpr bool isScalarField =
    std::is_same_v<T, int> || std::is_same_v<T, qint64> || std::is_same_v<T, bool> || std::is_same_v<T, double> ||
    std::is_same_v<T, QString> || std::is_same_v<T, Time> || std::is_same_v<T, std::chrono::milliseconds>;
using EventBodies = decltype(Event::body);

/// Writes values as CBOR.
class FieldWriter {
 public:
  explicit FieldWriter(const PointNaming &naming) : m_naming(naming) {}

  template <class T>
  void operator()(const char *, const T &value) {
    m_fields.append(cborOf(value));
  }

  template <class T>
  QCborValue cborOf(const T &value) const {
    if constexpr (isolation::isOptionalField<T>) {
      return value ? cborOf(*value) : QCborValue(nullptr);
    } else if constexpr (isScalarField<T>) {
      return isolation::fieldToCbor(value);
    } else if constexpr (std::is_same_v<T, PointId>) {
      return value == PointId::None ? QString() : m_naming.nameOf(value);
    } else if constexpr (std::is_enum_v<T> || std::is_same_v<T, quint64>) {
      return static_cast<qint64>(value);
    } else if constexpr (std::is_same_v<T, QJsonObject>) {
      return QCborMap::fromJsonObject(value);
    } else if constexpr (isListField<T>) {
      QCborArray list;
      for (const auto &each : value) list.append(cborOf(each));
      return list;
    } else if constexpr (std::is_same_v<T, QMap<Severity, qint64>>) {
      QCborArray list;
      for (auto each = value.cbegin(); each != value.cend(); ++each) {
        list.append(cborOf(each.key()));
        list.append(each.value());
      }
      return list;
    } else if constexpr (std::is_same_v<T, EventBodies>) {
      if (const auto *alarm = std::get_if<AlarmTransition>(&value)) return QCborArray{0, cborOf(*alarm)};
      if (const auto *change = std::get_if<AlarmConditionChange>(&value)) return QCborArray{1, cborOf(*change)};
      return QCborArray();
    } else {
      FieldWriter inner(m_naming);
      fieldsOf(inner, value);
      return inner.m_fields;
    }
  }

 private:
  const PointNaming &m_naming;
  QCborArray m_fields;
};

/// Reads them back. What is absent keeps its default; take() is false when something else stands there.
class FieldReader {
 public:
  FieldReader(const PointNaming &naming, const QCborArray &fields = {}) : m_naming(naming), m_fields(fields) {}

  template <class T>
  void operator()(const char *, T &value) {
    if (m_isGood && m_next < m_fields.size()) m_isGood = take(m_fields.at(m_next++), value);
  }

  template <class T>
  bool take(const QCborValue &cbor, T &out) const {
    qint64 integer = 0;
    if constexpr (isolation::isOptionalField<T>) {
      if (cbor.isNull()) return true;
      return take(cbor, out.emplace());
    } else if constexpr (isScalarField<T>) {
      return isolation::fieldFromCbor(cbor, out);
    } else if constexpr (std::is_same_v<T, PointId>) {
      const QString name = cbor.toString();
      out = name.isEmpty() ? PointId::None : m_naming.idOf(name);
      return cbor.isString();
    } else if constexpr (std::is_same_v<T, quint64>) {
      out = static_cast<quint64>(cbor.toInteger());
      return cbor.isInteger();
    } else if constexpr (std::is_enum_v<T>) {
      if (!isolation::takeInteger(cbor, 0, static_cast<qint64>(lastOf<T>), integer)) return false;
      out = static_cast<T>(integer);
      return true;
    } else if constexpr (std::is_same_v<T, QJsonObject>) {
      out = cbor.toMap().toJsonObject();
      return cbor.isMap();
    } else if constexpr (isListField<T>) {
      const QCborArray list = cbor.toArray();
      for (const QCborValue &each : list) {
        if (!take(each, out.emplaceBack())) return false;
      }
      return cbor.isArray();
    } else if constexpr (std::is_same_v<T, QMap<Severity, qint64>>) {
      const QCborArray list = cbor.toArray();
      for (qsizetype i = 0; i + 1 < list.size(); i += 2) {
        Severity severity{};
        if (!take(list.at(i), severity) || !take(list.at(i + 1), out[severity])) return false;
      }
      return cbor.isArray() && list.size() % 2 == 0;
    } else if constexpr (std::is_same_v<T, EventBodies>) {
      const QCborArray pair = cbor.toArray();
      if (pair.size() != 2 || !isolation::takeInteger(pair.at(0), 0, 1, integer)) return false;
      return integer == 0 ? take(pair.at(1), out.template emplace<AlarmTransition>())
                          : take(pair.at(1), out.template emplace<AlarmConditionChange>());
    } else {
      FieldReader inner(m_naming, cbor.toArray());
      fieldsOf(inner, out);
      return cbor.isArray() && inner.m_isGood;
    }
  }

 private:
  const PointNaming &m_naming;
  const QCborArray m_fields;
  qsizetype m_next = 0;
  bool m_isGood = true;
};

}  // namespace tagwire::cluster
