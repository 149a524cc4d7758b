// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QThread>

#include <algorithm>

#include "instanceclient.h"
#include "manifestcommands.h"
#include "watchlines.h"

namespace tagwire {

namespace {

constexpr int usualTraceSeconds = 10;
constexpr int longestTraceSeconds = 60;
constexpr int mostTraced = 50;
/// Where the examples, and the packaged manifest, listen.
constexpr const char *usualUrl = "http://127.0.0.1:8080";
constexpr auto betweenLooks = std::chrono::milliseconds(100);
/// The last stop of a value is where it is stored, which is done a few times a second.
constexpr auto settlesWithin = std::chrono::milliseconds(1500);

struct TraceWish {
  QString point;
  int count = 1;
  int seconds = usualTraceSeconds;
};

Result<int> numberOf(const Arguments &arguments, const char *option, int usual, int most) {
  const QString text = arguments.value(QLatin1String(option));
  if (text.isEmpty()) return usual;
  bool isNumber = false;
  const int number = text.toInt(&isNumber);
  if (isNumber && number >= 1 && number <= most) return number;
  return failure(QStringLiteral("--%1 is \"%2\" (allowed: 1 to %3)").arg(QLatin1String(option), text).arg(most));
}

/// Stops of the first `count` of them: those that are waited for.
qsizetype hopsIn(const QJsonArray &rows, int count) {
  qsizetype hops = 0;
  for (qsizetype i = 0; i < std::min<qsizetype>(count, rows.size()); ++i) {
    hops += rows[i].toObject().value(QLatin1String("hops")).toArray().size();
  }
  return hops;
}

/// Looks until so many values came and no further stop of theirs does, or the time is over.
InstanceClient::Answer follow(InstanceClient &instance, const TraceWish &wish) {
  QDeadlineTimer settled(QDeadlineTimer::Forever);
  qsizetype known = 0;
  while (true) {
    const InstanceClient::Answer answer = instance.ask("GET", QStringLiteral("/api/v1/trace"));
    if (!answer.error.isEmpty()) return answer;
    const QJsonObject report = answer.object();
    const QJsonArray rows = report.value(QLatin1String("rows")).toArray();
    const qsizetype hops = hopsIn(rows, wish.count);
    if (rows.size() >= wish.count && hops != std::exchange(known, hops)) {
      settled = QDeadlineTimer(settlesWithin);
    }
    const bool isOver = !report.value(QLatin1String("is_on")).toBool();
    if (isOver || (rows.size() >= wish.count && settled.hasExpired())) return answer;
    QThread::msleep(betweenLooks.count());
  }
}

QString traceText(const QJsonObject &json, const char *key) {
  return printable(json.value(QLatin1String(key)).toString());
}

QString afterText(const QJsonObject &hop) {
  return QStringLiteral("%1 ms").arg(hop.value(QLatin1String("after_us")).toDouble() / 1000, 12, 'f', 3);
}

void printRow(const QJsonObject &report, const QJsonObject &row) {
  const QString value = printable(row.value(QLatin1String("value")).toVariant().toString());
  printLine(QStringLiteral("%1 = %2 %3 (%4)")
                .arg(traceText(report, "point"), value, traceText(report, "unit"), traceText(row, "quality")));
  printLine(QStringLiteral("  %1  read by its source at %2")
                .arg(QStringLiteral("0.000 ms"), 15)
                .arg(traceText(row, "source_time")));
  const QJsonArray hops = row.value(QLatin1String("hops")).toArray();
  for (const QJsonValue &each : hops) {
    const QJsonObject hop = each.toObject();
    const QString word = traceText(hop, "hop");
    const QString instance = word == u"received" ? QStringLiteral("hub") : traceText(hop, "instance");
    const QString text = QString(word).replace(u'_', u' ') + u' ' + traceText(hop, "detail");
    printLine(QStringLiteral("  %1  %2  %3").arg(afterText(hop), instance.leftJustified(12), text.trimmed()));
  }
  const int omitted = row.value(QLatin1String("omitted")).toInt();
  if (omitted > 0) printLine(QStringLiteral("  %1 further stops had no room").arg(omitted));
}

int printReport(QJsonObject report, const TraceWish &wish, bool asJson) {
  QJsonArray rows = report.value(QLatin1String("rows")).toArray();
  while (rows.size() > wish.count) rows.removeLast();  // came while the others settled
  report.insert(QStringLiteral("rows"), rows);
  if (asJson) {
    printLine(QString::fromUtf8(QJsonDocument(report).toJson(QJsonDocument::Indented)).trimmed());
  } else {
    for (const QJsonValue &row : rows) printRow(report, row.toObject());
  }
  if (!rows.isEmpty()) return exitcode::ok;
  printError(QStringLiteral("no new value of %1 within %2 s (a source tells changes beyond the deadband only; "
                            "--seconds waits longer)")
                 .arg(printable(wish.point))
                 .arg(wish.seconds));
  return exitcode::nothing;
}

Result<TraceWish> wishOf(const Arguments &arguments) {
  const auto count = numberOf(arguments, "count", 1, mostTraced);
  if (!count) return failure(count.error());
  const auto seconds = numberOf(arguments, "seconds", usualTraceSeconds, longestTraceSeconds);
  if (!seconds) return failure(seconds.error());
  return TraceWish{arguments.rest().last(), *count, *seconds};
}

}  // namespace

int traceCommand(const QStringList &given) {
  const QString json = QStringLiteral("json");
  const auto arguments =
      parseCommon(given, {json}, QStringLiteral("trace [URL] POINT [--count N] [--seconds S] [--json]"), 1, 2,
                  {QStringLiteral("count"), QStringLiteral("seconds")});
  if (!arguments) return arguments.error();
  const auto url = instanceUrl(arguments->rest().size() == 2 ? arguments->rest().first() : QLatin1String(usualUrl));
  const auto wish = wishOf(*arguments);
  if (!url || !wish) {
    printError(QStringLiteral("trace: ") + (url ? wish.error() : url.error()));
    return exitcode::usage;
  }
  InstanceClient instance(*url);
  const auto begun = instance.ask("POST", QStringLiteral("/api/v1/trace"),
                                  {{QStringLiteral("point"), wish->point}, {QStringLiteral("seconds"), wish->seconds}});
  if (!begun.error.isEmpty()) {
    printError(begun.error);
    return exitcode::unavailable;
  }
  const InstanceClient::Answer answer = follow(instance, *wish);
  (void)instance.ask("DELETE", QStringLiteral("/api/v1/trace"));
  if (answer.error.isEmpty()) return printReport(answer.object(), *wish, arguments->has(json));
  printError(answer.error);
  return exitcode::unavailable;
}

}  // namespace tagwire
