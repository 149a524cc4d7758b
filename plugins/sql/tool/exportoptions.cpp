// SPDX-License-Identifier: Apache-2.0
#include "tool/exportoptions.h"

#include <QCommandLineParser>

#include <array>
#include <limits>

#include "services/historycsv.h"
#include "topicfilter.h"

namespace tagwire::sql {

namespace {

constexpr std::array allAggregates{Aggregate::Average, Aggregate::Minimum, Aggregate::Maximum, Aggregate::Last,
                                   Aggregate::Count};

Result<std::optional<Time>> timeOption(const QCommandLineParser &parser, const QString &name) {
  if (!parser.isSet(name)) return std::optional<Time>();
  const auto time = fromExactIso(parser.value(name));
  if (!time) return failure(QStringLiteral("--%1: %2").arg(name, time.error()));
  return std::optional(*time);
}

Result<QList<Aggregate>> aggregatesFrom(const QStringList &given) {
  QList<Aggregate> found;
  for (const QString &each : given.join(u',').split(u',', Qt::SkipEmptyParts)) {
    const auto known = std::find_if(allAggregates.begin(), allAggregates.end(),
                                    [&](Aggregate aggregate) { return each == toText(aggregate); });
    if (known == allAggregates.end()) {
      return failure(
          QStringLiteral("--aggregate: \"%1\" is unknown (allowed: avg, min, max, last, count)").arg(each.left(40)));
    }
    if (!found.contains(*known)) found << *known;
  }
  return found;
}

Result<void> readTrend(const QCommandLineParser &parser, ExportOptions &options) {
  const QString aggregate = QStringLiteral("aggregate");
  const QString interval = QStringLiteral("interval");
  if (!parser.isSet(aggregate) && !parser.isSet(interval)) return {};
  if (!parser.isSet(interval)) return failure(QStringLiteral("--aggregate needs --interval (allowed: as in 1h)"));
  const auto length = durationFromText(parser.value(interval));
  if (!length) return failure(QStringLiteral("--interval: ") + length.error());
  options.interval = *length;
  const auto aggregates = aggregatesFrom(parser.values(aggregate));
  if (!aggregates) return tl::unexpected(aggregates.error());
  options.aggregates = *aggregates;
  if (aggregates->isEmpty()) options.aggregates = QList<Aggregate>(allAggregates.begin(), allAggregates.end());
  return {};
}

Result<void> readRange(const QCommandLineParser &parser, ExportOptions &options) {
  const auto from = timeOption(parser, QStringLiteral("from"));
  if (!from) return tl::unexpected(from.error());
  const auto to = timeOption(parser, QStringLiteral("to"));
  if (!to) return tl::unexpected(to.error());
  options.from = *from;
  options.to = *to;
  if (!options.from || !options.to || *options.from < *options.to) return {};
  return failure(QStringLiteral("--from is not before --to"));
}

Result<void> checkCombination(const ExportOptions &options) {
  for (const QString &pattern : options.points) {
    const QString problem = TopicFilter::problemWith(pattern);
    if (!problem.isEmpty()) return failure(QStringLiteral("--point %1: %2").arg(pattern, problem));
  }
  const bool hasPoints = !options.points.isEmpty() || !options.tags.isEmpty() || !options.aggregates.isEmpty();
  if (!options.isEvents || !hasPoints) return {};
  return failure(QStringLiteral("--events goes without --point, --tag and --aggregate"));
}

Result<void> readFormat(const QString &format, ExportOptions &options) {
  if (format != u"csv" && format != u"jsonl") {
    return failure(QStringLiteral("--format: \"%1\" is unknown (allowed: csv, jsonl)").arg(format.left(40)));
  }
  options.format = format == u"csv" ? ExportOptions::Format::Csv : ExportOptions::Format::JsonLines;
  return {};
}

}  // namespace

Result<ExportOptions> ExportOptions::parse(const QStringList &arguments) {
  QCommandLineParser parser;
  for (const char *name : {"instance", "point", "tag", "from", "to", "aggregate", "interval", "output"}) {
    parser.addOption({QLatin1String(name), QString(), QStringLiteral("value")});
  }
  parser.addOption({QStringLiteral("format"), QString(), QStringLiteral("value"), QStringLiteral("csv")});
  parser.addOptions({{QStringLiteral("events"), QString()}, {QStringLiteral("progress"), QString()}});
  if (!parser.parse(QStringList(QStringLiteral("export")) + arguments)) return failure(parser.errorText());
  const QStringList rest = parser.positionalArguments();
  if (rest.size() > 1) {
    return failure(QStringLiteral("unexpected \"%1\"\n").arg(rest[1].left(60)) + QString::fromUtf8(usage));
  }
  if (rest.isEmpty()) return failure(QString::fromUtf8(usage));
  ExportOptions options;
  options.manifest = parser.positionalArguments().first();
  options.instance = parser.value(QStringLiteral("instance"));
  options.points = parser.values(QStringLiteral("point"));
  options.tags = parser.values(QStringLiteral("tag"));
  options.isEvents = parser.isSet(QStringLiteral("events"));
  options.output = parser.value(QStringLiteral("output"));
  options.hasProgress = parser.isSet(QStringLiteral("progress"));
  const auto read = readRange(parser, options)
                        .and_then([&] { return readTrend(parser, options); })
                        .and_then([&] { return readFormat(parser.value(QStringLiteral("format")), options); })
                        .and_then([&] { return checkCombination(options); });
  if (!read) return tl::unexpected(read.error());
  return options;
}

QLatin1String toText(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::Average:
      return QLatin1String("avg");
    case Aggregate::Minimum:
      return QLatin1String("min");
    case Aggregate::Maximum:
      return QLatin1String("max");
    case Aggregate::Last:
      return QLatin1String("last");
    case Aggregate::Count:
      break;
  }
  return QLatin1String("count");
}

Result<std::chrono::nanoseconds> durationFromText(const QString &text) {
  using namespace std::chrono_literals;
  static const QList<std::pair<QString, std::chrono::nanoseconds>> units{
      {QStringLiteral("ms"), 1ms}, {QStringLiteral("min"), 1min}, {QStringLiteral("s"), 1s},
      {QStringLiteral("m"), 1min}, {QStringLiteral("h"), 1h},     {QStringLiteral("d"), 24h}};
  for (const auto &[name, unit] : units) {
    if (!text.endsWith(name)) continue;
    bool ok = false;
    const qint64 count = text.chopped(name.size()).toLongLong(&ok);
    if (ok && count > 0 && count <= std::numeric_limits<qint64>::max() / unit.count()) return unit * count;
  }
  return failure(
      QStringLiteral("\"%1\" is no length of time (allowed: as in 500ms, 10s, 1min, 1h, 7d)").arg(text.left(40)));
}

}  // namespace tagwire::sql
