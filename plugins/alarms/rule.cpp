// SPDX-License-Identifier: Apache-2.0
#include "rule.h"

namespace tagwire::alarms {
namespace {

const QStringList &comparisonWords() {
  static const QStringList words{QStringLiteral("above"), QStringLiteral("below"), QStringLiteral("outside_range"),
                                 QStringLiteral("inside_range")};
  return words;
}

/// Reports what is wrong within one rule, at the rule's own keys.
class RuleCheck {
 public:
  RuleCheck(const Rule &rule, const QString &path, ConfigReader &reader)
      : m_rule(rule), m_path(path), m_reader(reader) {}

  void run() {
    if (m_rule.comparison.isRange()) {
      checkRange();
    } else {
      checkThreshold();
    }
    checkText("name", m_rule.name);
    checkText("area", m_rule.area);
    for (qsizetype i = 0; i < m_rule.schedule.size(); ++i) checkSchedule(i);
  }

 private:
  void error(const char *key, const QString &message) {
    m_reader.error(m_path + u'.' + QString::fromLatin1(key), message);
  }

  void refuse(const char *key, const std::optional<double> &threshold) {
    if (threshold) error(key, QStringLiteral("has no meaning for \"%1\"").arg(m_rule.comparison.word()));
  }

  void require(const char *key, const std::optional<double> &threshold) {
    if (!threshold) error(key, QStringLiteral("missing: \"%1\" needs it").arg(m_rule.comparison.word()));
  }

  void checkThreshold() {
    require("alarm_threshold", m_rule.alarmThreshold);
    refuse("alarm_threshold_low", m_rule.alarmThresholdLow);
    refuse("alarm_threshold_high", m_rule.alarmThresholdHigh);
    refuse("warning_threshold_low", m_rule.warningThresholdLow);
    refuse("warning_threshold_high", m_rule.warningThresholdHigh);
    if (!m_rule.alarmThreshold || !m_rule.warningThreshold) return;
    const double alarm = *m_rule.alarmThreshold;
    const double warning = *m_rule.warningThreshold;
    const bool above = m_rule.comparison.kind == Comparison::Above;
    if (above ? warning > alarm : warning < alarm) {
      error("warning_threshold", QStringLiteral("%1 is %2 alarm_threshold %3: there would never be a warning")
                                     .arg(warning)
                                     .arg(above ? u"over" : u"under")
                                     .arg(alarm));
    }
  }

  void checkRange() {
    require("alarm_threshold_low", m_rule.alarmThresholdLow);
    require("alarm_threshold_high", m_rule.alarmThresholdHigh);
    refuse("alarm_threshold", m_rule.alarmThreshold);
    refuse("warning_threshold", m_rule.warningThreshold);
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
      error("warning_threshold_low",
            QStringLiteral("%1 is under alarm_threshold_low %2: there would never be a warning")
                .arg(warningLow)
                .arg(low));
    } else if (warningHigh > high) {
      error("warning_threshold_high",
            QStringLiteral("%1 is over alarm_threshold_high %2: there would never be a warning")
                .arg(warningHigh)
                .arg(high));
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
    if (warningLow > low) {
      error(
          "warning_threshold_low",
          QStringLiteral("%1 is over alarm_threshold_low %2: there would never be a warning").arg(warningLow).arg(low));
    }
    if (warningHigh < high) {
      error("warning_threshold_high",
            QStringLiteral("%1 is under alarm_threshold_high %2: there would never be a warning")
                .arg(warningHigh)
                .arg(high));
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
    m_reader.error(QStringLiteral("%1.schedule[%2].start").arg(m_path).arg(index),
                   QStringLiteral("24:00 ends a day (allowed: 00:00 to 23:59)"));
  }

  const Rule &m_rule;
  const QString m_path;
  ConfigReader &m_reader;
};

}  // namespace

Result<Comparison> Comparison::fromText(const QString &text) {
  static const QStringList later{QStringLiteral("equals"),         QStringLiteral("not_equals"),
                                 QStringLiteral("rate_of_change"), QStringLiteral("deviation"),
                                 QStringLiteral("stale"),          QStringLiteral("bad_quality")};
  const qsizetype index = comparisonWords().indexOf(text);
  if (index >= 0) return Comparison{static_cast<Kind>(index)};
  const QString allowed = comparisonWords().join(QStringLiteral(", "));
  if (later.contains(text)) return failure(QStringLiteral("\"%1\" is not there yet (allowed: %2)").arg(text, allowed));
  return failure(QStringLiteral("unknown comparison \"%1\"%2 (allowed: %3)")
                     .arg(text, didYouMean(text, comparisonWords()), allowed));
}

QString Comparison::word() const { return comparisonWords().at(kind); }

void Rule::describe(Shape<Rule> &shape) {
  shape.required("id", &Rule::id, "number of the rule, `rule_id` for clients").range(1, 2147483647);
  shape.required("name", &Rule::name, "what operators call it").range(1, 200);
  shape.required("point", &Rule::point, "full name of the watched point");
  shape.required("comparison", &Rule::comparison, "how the value is looked at");
  shape.optional("alarm_threshold", &Rule::alarmThreshold, "above, below: ALARM from here on");
  shape.optional("warning_threshold", &Rule::warningThreshold, "above, below: WARNING from here on");
  shape.optional("alarm_threshold_low", &Rule::alarmThresholdLow, "ranges: lower bound of ALARM");
  shape.optional("alarm_threshold_high", &Rule::alarmThresholdHigh, "ranges: upper bound of ALARM");
  shape.optional("warning_threshold_low", &Rule::warningThresholdLow, "ranges: lower bound of WARNING");
  shape.optional("warning_threshold_high", &Rule::warningThresholdHigh, "ranges: upper bound of WARNING");
  shape.optional("severity", &Rule::severity, "how bad it is");
  shape.optional("deadband", &Rule::deadband, "how far back over a threshold the value must go to leave a state")
      .range(0, std::numeric_limits<double>::max());
  shape.optional("on_delay_ms", &Rule::onDelay, "how long a threshold must be passed before the state rises");
  shape.optional("off_delay_ms", &Rule::offDelay, "how long the value must be back before the state falls");
  shape.optional("area", &Rule::area, "place in the plant, \"cold-store/room1\"; permissions and filters use it")
      .range(0, 200);
  shape.optional("schedule", &Rule::schedule, "when the rule is in force; outside it is OK; always if absent")
      .range(1, 100)
      .orSingle();
  shape.optional("latch", &Rule::latch, "not there yet");
  shape.optional("reference", &Rule::reference, "not there yet");
  shape.optional("stale_after_ms", &Rule::staleAfter, "not there yet");
}

void AlarmsConfig::describe(Shape<AlarmsConfig> &shape) {
  shape.required("rules", &AlarmsConfig::rules, "the alarm rules").range(0, 100'000);
  shape.optional("notifications", &AlarmsConfig::notifications, "whom to tell of alarms").range(0, 1000);
}

void checkRules(AlarmsConfig &config, const QTimeZone &siteZone, ConfigReader &reader) {
  checkNotifications(config.notifications, siteZone, reader);
  QHash<int, qsizetype> seen;
  for (qsizetype i = 0; i < config.rules.size(); ++i) {
    Rule &rule = config.rules[i];
    const QString path = QStringLiteral("rules[%1]").arg(i);
    const auto earlier = seen.constFind(rule.id);
    if (earlier != seen.cend()) {
      reader.error(path + QStringLiteral(".id"),
                   QStringLiteral("%1 is the id of rules[%2] \"%3\" already (each rule has its own)")
                       .arg(rule.id)
                       .arg(*earlier)
                       .arg(config.rules.at(*earlier).name));
    } else {
      seen.insert(rule.id, i);
    }
    RuleCheck(rule, path, reader).run();
    for (Schedule &schedule : rule.schedule) {
      if (!schedule.timezone) schedule.timezone = ZoneName{siteZone};
    }
  }
}

}  // namespace tagwire::alarms
