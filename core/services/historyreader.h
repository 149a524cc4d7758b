// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QStringList>

#include <chrono>
#include <optional>

#include "../quality.h"
#include "../timestamp.h"
#include "../value.h"
#include "service.h"

namespace tagwire {

/// One stored value of one point.
struct HistoryValue {
  Time time;      ///< source time
  Time received;  ///< when the history took it
  Value value;    ///< none: a number that could not be stored (NaN), or a tag without a position
  Quality quality;
  bool isHistorical = false;  ///< imported later, not seen live

  friend bool operator==(const HistoryValue &, const HistoryValue &) = default;
};

/// What was with a point in [from, to). Numbers are made of values that are not Bad; bool counts as 0 and 1.
struct HistoryBucket {
  Time from;
  Time to;
  qint64 count = 0;  ///< all values, the Bad ones and those that are no number included
  qint64 good = 0;   ///< of these, with quality Good
  std::optional<double> min = {};
  std::optional<double> max = {};
  std::optional<double> mean = {};  ///< of the values, not weighted by time
  std::optional<double> last = {};
  std::optional<Time> lastTime = {};

  friend bool operator==(const HistoryBucket &, const HistoryBucket &) = default;
};

/// Which values. Points by their full names, tags by their ids; together 1 to mostPoints.
struct HistoryQuery {
  QStringList points = {};
  QStringList tags = {};  ///< RTLS tags: the positions of each
  Time from = {};
  Time to = {};      ///< exclusive
  int limit = 1000;  ///< values in one page, of all points together, 1…10000
  bool newestFirst = false;
  bool withBefore = false;  ///< also the last value before `from`
  QString after = {};       ///< HistoryPage::next of the page before
};

struct HistoryTrendQuery {
  QStringList points = {};
  Time from = {};
  Time to = {};
  /// One of the two: the length of a bucket, which then begins at a multiple of it since 1970 (UTC), or how many at
  /// most (1…mostBuckets): then the length is the next rounder one, the same for all points.
  std::optional<std::chrono::nanoseconds> interval = {};
  int buckets = 0;
  bool withBefore = false;
};

/// A point as the history knows it; it may be gone from the manifest.
struct HistoryPoint {
  QString name;
  ValueType type = ValueType::Double;
  QString unit = {};
  QString tag = {};  ///< RTLS tag that it is about

  friend bool operator==(const HistoryPoint &, const HistoryPoint &) = default;
};

/// Something was lost: between these times records are missing.
struct HistoryGap {
  Time from;
  Time to;
  qint64 records = 0;
  QString reason;  ///< "overflow", "thinned", "damaged", …
};

struct HistorySeries {
  HistoryPoint point;
  std::optional<HistoryValue> before = {};
  QList<HistoryValue> values = {};
  QList<HistoryBucket> buckets = {};  ///< those with a value only, oldest first
};

struct HistoryPage {
  QList<HistorySeries> series = {};      ///< in the order of the question, for as far as this page goes
  QStringList unknown = {};              ///< points and tags asked for that nothing was ever stored of
  QList<HistoryGap> gaps = {};           ///< that overlap the range; on the first page only
  QString next = {};                     ///< empty: that was all
  std::chrono::nanoseconds interval{0};  ///< length of a bucket, of a trend
};

struct HistoryEventQuery {
  QStringList kinds = {};    ///< "alarm", "trigger", "command" …; empty: all
  QStringList sources = {};  ///< instances; empty: all
  Time from = {};
  Time to = {};
  int limit = 1000;
  bool newestFirst = false;
  QString after = {};
};

struct HistoryEvent {
  Time time;
  QString source;
  QString kind;
  QByteArray json;  ///< one JSON object, as it was sent
};

struct HistoryEventPage {
  QList<HistoryEvent> events = {};
  QString next = {};
};

/// A record that the database refuses for its content, kept aside.
struct QuarantinedRecord {
  qint64 id = 0;
  Time since;
  Time time;        ///< of the record
  QString what;     ///< the point's full name, or "event:<kind>"
  QString content;  ///< for people, shortened
  QString reason;   ///< what the database said
};

struct QuarantinePage {
  QList<QuarantinedRecord> records = {};
  qint64 total = 0;
  qint64 next = 0;  ///< `after` of the next page; 0: that was all
};

/// Who keeps the history. Offered by plugin `sql`.
class TAGWIRE_EXPORT HistoryReader {
 public:
  static constexpr const char *serviceName = "history";
  static constexpr int mostPoints = 100;
  static constexpr int mostValues = 10'000;
  static constexpr int mostBuckets = 10'000;
  virtual ~HistoryReader();

  /// By point in the order of the question, of each by time. Errors, here and below: a question that is wrong says what
  /// is right, "(allowed: …)", in words of its own; any other error means that the database is away.
  virtual void values(Reply<HistoryPage> reply, HistoryQuery query) = 0;
  /// Lowest, highest, mean, last per bucket, from roll-ups where they do.
  virtual void trend(Reply<HistoryPage> reply, HistoryTrendQuery query) = 0;
  /// The last value of each point (and tag) before `time`.
  virtual void lastBefore(Reply<HistoryPage> reply, QStringList points, QStringList tags, Time time) = 0;
  virtual void events(Reply<HistoryEventPage> reply, HistoryEventQuery query) = 0;
  /// By name, those after `after`, at most `limit` of them.
  virtual void storedPoints(Reply<QList<HistoryPoint>> reply, QString after, int limit) = 0;

  virtual void quarantined(Reply<QuarantinePage> reply, qint64 after, int limit) = 0;
  /// Tries these again (all for an empty list); says how many there were.
  virtual void requeue(Reply<int> reply, QList<qint64> ids) = 0;
  /// Gives these up; says how many there were.
  virtual void discard(Reply<int> reply, QList<qint64> ids) = 0;
};

}  // namespace tagwire
