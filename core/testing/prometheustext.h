// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QStringList>

#include <cmath>

namespace tagwire {

/// What /metrics says, read back and held to the text exposition format 0.0.4 and to what `promtool check metrics`
/// asks for: HELP and TYPE, names, base units, "_total" on counters and on nothing else, whole histograms, no series
/// twice; and to our own rule that no label is one of a point, a tag or a client. For tests.
class PrometheusText {
 public:
  struct Family {
    QString type;
    QString help;
    int series = 0;
  };

  explicit PrometheusText(const QString &text) {
    for (const QString &line : text.split(u'\n', Qt::SkipEmptyParts)) take(line);
    for (auto each = families.begin(); each != families.end(); ++each) checkFamily(each.key(), *each);
    for (auto each = m_buckets.begin(); each != m_buckets.end(); ++each) checkHistogram(each.key(), *each);
    if (!text.endsWith(u'\n')) complaints << QStringLiteral("the last line has no end");
  }

  QMap<QString, Family> families;
  QMap<QString, double> values;  ///< by name and labels, as written
  QSet<QString> labels;          ///< names of all of them
  QStringList complaints;

  /// Of all series whose name and labels begin so.
  double sum(const QString &beginning) const {
    double sum = 0;
    for (auto each = values.begin(); each != values.end(); ++each) {
      if (each.key().startsWith(beginning)) sum += *each;
    }
    return sum;
  }
  /// A family's name, or one of the three that a histogram's series have.
  bool exports(const QString &name) const {
    static const QRegularExpression suffix(QStringLiteral("_(bucket|sum|count)$"));
    if (families.contains(name)) return families[name].type != u"histogram";
    return families.value(QString(name).remove(suffix)).type == u"histogram";
  }

 private:
  void complain(const QString &name, const char *what) {
    complaints << name + QLatin1String(": ") + QLatin1String(what);
  }

  void take(const QString &line) {
    static const QRegularExpression comment(QStringLiteral("^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$"));
    static const QRegularExpression sample(QStringLiteral(
        "^([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{((?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\[\\\\n\"])*\",?)+)\\})? "
        "([+-]?(?:Inf|NaN|[0-9.eE+-]+))$"));
    if (const auto match = comment.match(line); match.hasMatch()) return takeComment(match);
    const auto match = sample.match(line);
    if (!match.hasMatch()) return complain(line, "is neither a comment nor a sample");
    takeSample(match.captured(1), match.captured(3), match.captured(4));
  }

  void takeComment(const QRegularExpressionMatch &match) {
    Family &family = families[match.captured(2)];
    QString &text = match.captured(1) == u"HELP" ? family.help : family.type;
    if (!text.isEmpty()) complain(match.captured(2), "has HELP or TYPE twice");
    text = match.captured(3);
    m_current = match.captured(2);
  }

  void takeSample(const QString &name, const QString &labelText, const QString &valueText) {
    static const QRegularExpression suffix(QStringLiteral("_(bucket|sum|count)$"));
    const QString base = families.value(m_current).type == u"histogram" ? QString(name).remove(suffix) : name;
    if (base != m_current) complain(name, "stands outside its family");
    const QString key = labelText.isEmpty() ? name : name + u'{' + labelText + u'}';
    if (values.contains(key)) complain(key, "is there twice");
    bool isNumber = false;
    QString number = valueText;
    const double value = number.replace(QLatin1String("Inf"), QLatin1String("inf")).toDouble(&isNumber);
    if (!isNumber) complain(key, "has no number");
    values[key] = value;
    ++families[base].series;
    takeLabels(key, labelText);
    if (name.endsWith(QLatin1String("_bucket")) && base != name) takeBucket(base, labelText, value);
    if (name.endsWith(QLatin1String("_count")) && base != name) m_counts[base + u'|' + labelText] = value;
  }

  void takeLabels(const QString &key, const QString &labelText) {
    static const QRegularExpression label(QStringLiteral("([a-zA-Z_][a-zA-Z0-9_]*)=\""));
    static const QSet<QString> never{QStringLiteral("point"),     QStringLiteral("tag"),  QStringLiteral("client"),
                                     QStringLiteral("client_id"), QStringLiteral("peer"), QStringLiteral("address"),
                                     QStringLiteral("user"),      QStringLiteral("name")};
    for (auto match = label.globalMatch(labelText); match.hasNext();) {
      const QString name = match.next().captured(1);
      labels.insert(name);
      if (never.contains(name)) complain(key, "has a label with too many values");
    }
  }

  void takeBucket(const QString &base, const QString &labelText, double value) {
    static const QRegularExpression bound(QStringLiteral(",?le=\"([^\"]+)\""));
    const auto match = bound.match(labelText);
    if (!match.hasMatch()) return complain(base, "has a bucket without a bound");
    QString rest = labelText;
    rest.remove(match.captured(0));
    const double le = match.captured(1) == u"+Inf" ? HUGE_VAL : match.captured(1).toDouble();
    m_buckets[base + u'|' + rest][le] = value;
  }

  void checkFamily(const QString &name, const Family &family) {
    static const QRegularExpression form(QStringLiteral("^(tagwire|process)_[a-z0-9]+(_[a-z0-9]+)*$"));
    static const QRegularExpression otherUnit(QStringLiteral(
        "_(ms|us|ns|milliseconds|microseconds|minutes|hours|days|kb|mb|kib|mib|bits|percent|celsius_?f)(_|$)"));
    static const QRegularExpression typeWord(QStringLiteral("_(counter|gauge|histogram|summary)(_|$)"));
    if (!form.match(name).hasMatch()) complain(name, "is no name of ours");
    if (family.help.size() < 3) complain(name, "has no HELP");
    if (family.series == 0) complain(name, "has no series");
    if (otherUnit.match(name).hasMatch()) complain(name, "is not in a base unit");
    if (typeWord.match(name).hasMatch()) complain(name, "names its type");
    const bool isTotal = name.endsWith(QLatin1String("_total"));
    if (family.type == u"counter" && !isTotal) complain(name, "is a counter and does not end in _total");
    if (family.type != u"counter" && isTotal) complain(name, "ends in _total and is no counter");
    if (family.type == u"histogram" && !name.endsWith(QLatin1String("_seconds"))) complain(name, "has no unit");
    static const QRegularExpression reserved(QStringLiteral("_(bucket|sum|count|info)$"));
    const bool isInfo = name.endsWith(QLatin1String("_info")) && family.type == u"gauge";
    if (reserved.match(name).hasMatch() && !isInfo) complain(name, "ends in a word of histograms");
    if (!QStringList{QStringLiteral("counter"), QStringLiteral("gauge"), QStringLiteral("histogram")}.contains(
            family.type)) {
      complain(name, "has no TYPE that we use");
    }
  }

  void checkHistogram(const QString &key, const QMap<double, double> &buckets) {
    double below = 0;
    for (const double value : buckets) {
      if (value < below) complain(key, "has buckets that fall");
      below = value;
    }
    if (!std::isinf(buckets.lastKey())) complain(key, "has no bucket for +Inf");
    if (!m_counts.contains(key) || m_counts[key] != below) complain(key, "has another count than its last bucket");
  }

  QString m_current;
  QMap<QString, QMap<double, double>> m_buckets;  ///< by family and labels: by bound
  QMap<QString, double> m_counts;
};

}  // namespace tagwire
