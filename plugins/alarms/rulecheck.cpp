// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "keycheck.h"
#include "rule.h"

namespace tagwire::alarms {
namespace {

constexpr std::array ruleKeyNames{"alarm_threshold",
                                  "warning_threshold",
                                  "alarm_threshold_low",
                                  "alarm_threshold_high",
                                  "warning_threshold_low",
                                  "warning_threshold_high",
                                  "deadband",
                                  "reference",
                                  "stale_after_ms",
                                  "warning_after_ms",
                                  "window_ms",
                                  "direction",
                                  "warning_on_uncertain",
                                  "alarm_values",
                                  "warning_values",
                                  "when",
                                  "warning_when",
                                  "point"};

KeySet ruleKeysOf(Comparison::Kind kind) {
  // By the places in ruleKeyNames.
  enum KeyBit : quint32 {
    Alarm = 1 << 0,
    Warning = 1 << 1,
    AlarmLow = 1 << 2,
    AlarmHigh = 1 << 3,
    WarningLow = 1 << 4,
    WarningHigh = 1 << 5,
    Deadband = 1 << 6,
    Reference = 1 << 7,
    StaleAfter = 1 << 8,
    WarningAfter = 1 << 9,
    Window = 1 << 10,
    Way = 1 << 11,
    OnUncertain = 1 << 12,
    AlarmValues = 1 << 13,
    WarningValues = 1 << 14,
    When = 1 << 15,
    WarningWhen = 1 << 16,
    Point = 1 << 17
  };
  switch (kind) {
    case Comparison::Above:
    case Comparison::Below:
      return {Point | Alarm, Warning | Deadband};
    case Comparison::OutsideRange:
    case Comparison::InsideRange:
      return {Point | AlarmLow | AlarmHigh, WarningLow | WarningHigh | Deadband};
    case Comparison::Equals:
      return {Point | Alarm, Warning | Deadband};
    case Comparison::NotEquals:
      return {Point | Alarm, 0};
    case Comparison::RateOfChange:
      return {Point | Alarm, Warning | Window | Way | Deadband};
    case Comparison::Deviation:
      return {Point | Alarm | Reference, Warning | Deadband};
    case Comparison::Stale:
      return {Point | StaleAfter, WarningAfter};
    case Comparison::BadQuality:
      return {Point, OnUncertain};
    case Comparison::Discrete:
      return {Point, AlarmValues | WarningValues};
    case Comparison::Expression:
      return {When, WarningWhen | Point};
  }
  return {};
}

quint32 ruleKeysGiven(const Rule &rule) {
  const std::array<bool, ruleKeyNames.size()> all{rule.alarmThreshold.has_value(),
                                                  rule.warningThreshold.has_value(),
                                                  rule.alarmThresholdLow.has_value(),
                                                  rule.alarmThresholdHigh.has_value(),
                                                  rule.warningThresholdLow.has_value(),
                                                  rule.warningThresholdHigh.has_value(),
                                                  rule.deadband > 0,
                                                  !rule.reference.name.isEmpty(),
                                                  rule.staleAfter.has_value(),
                                                  rule.warningAfter.has_value(),
                                                  rule.window.has_value(),
                                                  rule.direction.has_value(),
                                                  rule.warningOnUncertain,
                                                  !rule.alarmValues.isEmpty(),
                                                  !rule.warningValues.isEmpty(),
                                                  !rule.when.isEmpty(),
                                                  !rule.warningWhen.isEmpty(),
                                                  !rule.point.name.isEmpty()};
  quint32 bits = 0;
  for (size_t i = 0; i < all.size(); ++i) bits |= all[i] ? 1U << i : 0;
  return bits;
}

/// Reports what is wrong within one rule, at the rule's own keys.
class RuleCheck {
 public:
  RuleCheck(const Rule &rule, const QString &path, ConfigReader &reader)
      : m_rule(rule), m_path(path), m_reader(reader) {}

  void run() {
    const TellProblem tell = [this](const char *key, const QString &message) { error(key, message); };
    const Comparison::Kind kind = m_rule.comparison.kind;
    checkKeys(ruleKeyNames, ruleKeysGiven(m_rule), ruleKeysOf(kind), m_rule.comparison.word(), tell);
    if (m_rule.comparison.isRange()) {
      checkRange();
    } else if (kind == Comparison::Discrete) {
      checkValues();
    } else if (kind == Comparison::Stale) {
      checkStale();
    } else {
      checkThresholds(tell);
    }
    checkText("name", m_rule.name);
    checkText("area", m_rule.area);
    checkText("group", m_rule.group);
    checkText("escalation", m_rule.escalation);
    for (qsizetype i = 0; i < m_rule.schedule.size(); ++i) checkSchedule(i);
  }

 private:
  void error(const char *key, const QString &message) {
    m_reader.error(m_path.isEmpty() ? QString::fromLatin1(key) : m_path + u'.' + QString::fromLatin1(key), message);
  }

  void checkThresholds(const TellProblem &tell) {
    if (!m_rule.alarmThreshold) return;
    const double alarm = *m_rule.alarmThreshold;
    const double warning = m_rule.warningThreshold.value_or(alarm);
    const Comparison::Kind kind = m_rule.comparison.kind;
    const bool isPositive = kind == Comparison::RateOfChange || kind == Comparison::Deviation;
    if (isPositive) checkPositive("alarm_threshold", alarm, 0, tell);
    if (isPositive && alarm > 0) {
      checkPositive(m_rule.warningThreshold ? "warning_threshold" : "alarm_threshold", warning, m_rule.deadband, tell);
    }
    if (!m_rule.warningThreshold) return;
    if ((kind == Comparison::Above || isPositive) && warning > alarm) {
      neverWarns("warning_threshold", warning, u"over alarm_threshold", alarm);
    } else if (kind == Comparison::Below && warning < alarm) {
      neverWarns("warning_threshold", warning, u"under alarm_threshold", alarm);
    } else if (kind == Comparison::Equals && warning == alarm) {
      neverWarns("warning_threshold", warning, u"the same as alarm_threshold", alarm);
    }
  }

  void neverWarns(const char *key, double warning, QStringView where, double alarm) {
    error(key, QStringLiteral("%1 is %2 %3: there would never be a warning").arg(warning).arg(where).arg(alarm));
  }

  void checkRange() {
    if (!m_rule.alarmThresholdLow || !m_rule.alarmThresholdHigh) return;
    const double low = *m_rule.alarmThresholdLow;
    const double high = *m_rule.alarmThresholdHigh;
    if (low > high) {
      error("alarm_threshold_low", QStringLiteral("%1 is over alarm_threshold_high %2").arg(low).arg(high));
      return;
    }
    const double warningLow = m_rule.warningThresholdLow.value_or(low);
    const double warningHigh = m_rule.warningThresholdHigh.value_or(high);
    if (m_rule.comparison.kind == Comparison::OutsideRange) {
      checkNested(low, high, warningLow, warningHigh);
    } else {
      checkEnclosing(low, high, warningLow, warningHigh);
    }
  }

  /// outside_range: the normal range lies within the range without alarm.
  void checkNested(double low, double high, double warningLow, double warningHigh) {
    if (warningLow < low) {
      neverWarns("warning_threshold_low", warningLow, u"under alarm_threshold_low", low);
    } else if (warningHigh > high) {
      neverWarns("warning_threshold_high", warningHigh, u"over alarm_threshold_high", high);
    } else if (warningLow > warningHigh) {
      error(m_rule.warningThresholdLow ? "warning_threshold_low" : "warning_threshold_high",
            QStringLiteral("the warning range is empty: low %1 is over high %2").arg(warningLow).arg(warningHigh));
    } else if (2 * m_rule.deadband > warningHigh - warningLow) {
      error("deadband",
            QStringLiteral("%1 is too wide: from %2 to %3 no value would ever end the state (allowed: up to %4)")
                .arg(m_rule.deadband)
                .arg(warningLow)
                .arg(warningHigh)
                .arg((warningHigh - warningLow) / 2));
    }
  }

  /// inside_range: the alarm range lies within the warning range.
  void checkEnclosing(double low, double high, double warningLow, double warningHigh) {
    if (warningLow > low) neverWarns("warning_threshold_low", warningLow, u"over alarm_threshold_low", low);
    if (warningHigh < high) neverWarns("warning_threshold_high", warningHigh, u"under alarm_threshold_high", high);
  }

  void checkStale() {
    if (!m_rule.staleAfter || !m_rule.warningAfter || *m_rule.warningAfter < *m_rule.staleAfter) return;
    error("warning_after_ms", QStringLiteral("%1 is not under stale_after_ms %2: there would never be a warning")
                                  .arg(m_rule.warningAfter->count())
                                  .arg(m_rule.staleAfter->count()));
  }

  void checkValues() {
    if (m_rule.alarmValues.isEmpty() && m_rule.warningValues.isEmpty()) {
      error("alarm_values", QStringLiteral("missing: \"discrete\" needs it (or warning_values)"));
    }
    for (qsizetype i = 0; i < m_rule.warningValues.size(); ++i) {
      const QString &text = m_rule.warningValues.at(i).text;
      if (std::none_of(m_rule.alarmValues.cbegin(), m_rule.alarmValues.cend(),
                       [&](const NamedValue &value) { return value.text == text; })) {
        continue;
      }
      error(qPrintable(QStringLiteral("warning_values[%1]").arg(i)),
            QStringLiteral("\"%1\" is one of alarm_values already: there would never be a warning").arg(text));
    }
  }

  void checkText(const char *key, const QString &text) {
    for (const QChar character : text) {
      if (character.category() == QChar::Other_Control || character == u'*' || character == u'#') {
        error(key, QStringLiteral("may not hold control characters, * or #"));
        return;
      }
    }
  }

  void checkSchedule(qsizetype index) {
    if (m_rule.schedule.at(index).start.minutes < 24 * 60) return;
    error(qPrintable(QStringLiteral("schedule[%1].start").arg(index)),
          QStringLiteral("24:00 ends a day (allowed: 00:00 to 23:59)"));
  }

  const Rule &m_rule;
  const QString m_path;
  ConfigReader &m_reader;
};

}  // namespace

void checkRule(Rule &rule, const QString &path, const QTimeZone &siteZone, ConfigReader &reader) {
  RuleCheck(rule, path, reader).run();
  for (Schedule &schedule : rule.schedule) {
    if (!schedule.timezone) schedule.timezone = ZoneName{siteZone};
  }
}

}  // namespace tagwire::alarms
