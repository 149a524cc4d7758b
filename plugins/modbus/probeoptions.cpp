// SPDX-License-Identifier: Apache-2.0
#include "probeoptions.h"

#include <QCommandLineParser>

#include <algorithm>
#include <tuple>

namespace tagwire::modbus {
namespace {

constexpr int lastUnitOfLine = 247;
constexpr auto usualTcpUnits = "1-10,255,0";
constexpr auto usualLineUnits = "1-247";
constexpr auto usualRanges = "holding:0-999,input:0-999,coil:0-999,discrete:0-999";

struct Numbers {
  int first = 0;
  int last = 0;
};

/// "7" or "7-12".
std::optional<Numbers> numbersOf(const QString &text, int lowest, int highest) {
  const QStringList ends = text.trimmed().split(u'-');
  bool isFirst = false;
  bool isLast = false;
  const Numbers numbers{ends.first().toInt(&isFirst), ends.last().toInt(&isLast)};
  const bool isRange = ends.size() <= 2 && isFirst && isLast && numbers.first <= numbers.last;
  return isRange && numbers.first >= lowest && numbers.last <= highest ? std::optional(numbers) : std::nullopt;
}

tl::unexpected<QString> notARange(const QString &text) {
  return failure(QStringLiteral("--registers: \"%1\" is no range (allowed: coil:, discrete:, input: or holding: with "
                                "addresses from 0 to 65535, as in holding:0-199,input:5)")
                     .arg(text));
}

Result<AddressRange> rangeOf(const QString &text) {
  const QString word = text.section(u':', 0, 0).trimmed();
  const auto numbers = numbersOf(text.section(u':', 1), 0, 65535);
  for (const auto &[known, table] : enumWords(Table())) {
    if (numbers && word == QLatin1String(known)) return AddressRange{table, numbers->first, numbers->last};
  }
  return notARange(text);
}

Result<int> timeoutOf(const QString &text) {
  bool ok = false;
  const int timeout = text.toInt(&ok);
  if (ok && timeout >= 10 && timeout <= 60'000) return timeout;
  return failure(QStringLiteral("--timeout-ms takes a number from 10 to 60000"));
}

QString scanProblem(const QCommandLineParser &parser) {
  const bool scan = parser.isSet(QStringLiteral("scan"));
  const bool registers = parser.isSet(QStringLiteral("registers"));
  if (scan && registers)
    return QStringLiteral("--scan is --registers %1 (allowed: one of the two)").arg(QLatin1String(usualRanges));
  for (const char *option : {"values", "csv"}) {
    const bool isSet = parser.isSet(QLatin1String(option));
    if (isSet && !scan && !registers) {
      return QStringLiteral("--%1 needs a register scan (allowed: with --scan or --registers)")
          .arg(QLatin1String(option));
    }
  }
  return {};
}

Result<ProbeOptions> scanOf(const QCommandLineParser &parser, ProbeOptions options) {
  if (const QString problem = scanProblem(parser); !problem.isEmpty()) return failure(problem);
  options.values = parser.isSet(QStringLiteral("values"));
  options.csv = parser.value(QStringLiteral("csv"));
  QString text = parser.value(QStringLiteral("registers"));
  if (parser.isSet(QStringLiteral("scan"))) text = QLatin1String(usualRanges);
  if (text.isNull()) return options;
  const auto ranges = rangesFromText(text);
  if (!ranges) return failure(ranges.error());
  options.ranges = *ranges;
  return options;
}

Result<ProbeOptions> optionsOf(const QCommandLineParser &parser) {
  ProbeOptions options;
  const QString given = parser.positionalArguments().first();
  const auto endpoint = Endpoint::fromText(given);
  // With an @ it may hold a password.
  if (!endpoint) {
    return failure(given.contains(u'@') ? endpoint.error()
                                        : QStringLiteral("\"%1\": %2").arg(given.left(100), endpoint.error()));
  }
  options.endpoint = *endpoint;
  const QString wanted = parser.value(QStringLiteral("units"));
  const QString usual = QLatin1String(endpoint->isLine() ? usualLineUnits : usualTcpUnits);
  const auto units = unitsFromText(parser.isSet(QStringLiteral("units")) ? wanted : usual, endpoint->isLine());
  if (!units) return failure(units.error());
  options.units = *units;
  const auto timeout = timeoutOf(parser.value(QStringLiteral("timeout-ms")));
  if (!timeout) return failure(timeout.error());
  options.timeout = std::chrono::milliseconds(*timeout);
  return scanOf(parser, options);
}

/// The next number follows the one before.
bool runsOn(const QList<quint8> &units, qsizetype at) {
  return at + 1 < units.size() && units[at] + 1 == units[at + 1];
}

}  // namespace

QString ProbeOptions::usage() {
  return QStringLiteral(
             "usage: tagwire probe modbus ENDPOINT [--units 1-247] [--timeout-ms 300] [--scan | --registers RANGES]\n"
             "                            [--values] [--csv FILE]\n"
             "Lists which unit ids answer, what they let be read, and who they are. It only reads.\n"
             "  ENDPOINT      tcp://host:port, rtu+tcp://host:port or "
             "rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1\n"
             "  --units       unit ids to ask, \"1,5,10-20\"; over Modbus TCP %1 when left out, on a line %2\n"
             "  --timeout-ms  how long to wait for each answer\n"
             "  --scan        also find the addresses that can be read: the first 1000 of each table\n"
             "  --registers   the same for these ranges: holding:0-199,input:0-99,coil:0-99,discrete:5\n"
             "  --values      with the values found\n"
             "  --csv         writes what was found into this new file, as points for a manifest")
      .arg(QLatin1String(usualTcpUnits), QLatin1String(usualLineUnits));
}

Result<ProbeOptions> ProbeOptions::fromArguments(const QStringList &arguments) {
  QCommandLineParser parser;
  parser.addOptions({{QStringLiteral("units"), QString(), QStringLiteral("ids")},
                     {QStringLiteral("timeout-ms"), QString(), QStringLiteral("ms"), QStringLiteral("300")},
                     {QStringLiteral("scan"), QString()},
                     {QStringLiteral("registers"), QString(), QStringLiteral("ranges")},
                     {QStringLiteral("values"), QString()},
                     {QStringLiteral("csv"), QString(), QStringLiteral("file")},
                     {QStringLiteral("help"), QString()}});
  // The parser takes the first for the program's name.
  const bool isWell = parser.parse(QStringList(QStringLiteral("probe")) + arguments);
  if (!isWell) return failure(parser.errorText() + u'\n' + usage());
  if (parser.isSet(QStringLiteral("help"))) {
    ProbeOptions options;
    options.wantsHelp = true;
    return options;
  }
  const QStringList rest = parser.positionalArguments();
  if (rest.size() > 1) return failure(QStringLiteral("unexpected \"%1\"\n").arg(rest[1].left(60)) + usage());
  if (rest.isEmpty()) return failure(usage());
  return optionsOf(parser);
}

Result<QList<quint8>> unitsFromText(const QString &text, bool isLine) {
  const int lowest = isLine ? 1 : 0;
  const int highest = isLine ? lastUnitOfLine : 255;
  QList<quint8> units;
  for (const QString &part : text.split(u',')) {
    const auto numbers = numbersOf(part, lowest, highest);
    if (!numbers) {
      return failure(QStringLiteral("--units: \"%1\" is no unit id and no range of them (allowed: %2 to %3, as in "
                                    "1,5,10-20)")
                         .arg(part.trimmed())
                         .arg(lowest)
                         .arg(highest));
    }
    for (int unit = numbers->first; unit <= numbers->last; ++unit) {
      if (!units.contains(static_cast<quint8>(unit))) units.append(static_cast<quint8>(unit));
    }
  }
  return units;
}

Result<QList<AddressRange>> rangesFromText(const QString &text) {
  QList<AddressRange> given;
  for (const QString &part : text.split(u',')) {
    const auto range = rangeOf(part);
    if (!range) return failure(range.error());
    given.append(*range);
  }
  std::stable_sort(given.begin(), given.end(), [](const AddressRange &one, const AddressRange &other) {
    return std::tie(one.table, one.first) < std::tie(other.table, other.first);
  });
  QList<AddressRange> ranges;
  for (const AddressRange &range : given) {
    const bool goesOn =
        !ranges.isEmpty() && ranges.last().table == range.table && range.first <= ranges.last().last + 1;
    if (goesOn) {
      ranges.last().last = std::max(ranges.last().last, range.last);
    } else {
      ranges.append(range);
    }
  }
  return ranges;
}

QString toText(const QList<quint8> &units) {
  QStringList parts;
  for (qsizetype at = 0; at < units.size(); ++at) {
    const quint8 first = units[at];
    while (runsOn(units, at)) ++at;
    parts << (units[at] == first ? QString::number(first) : QStringLiteral("%1-%2").arg(first).arg(units[at]));
  }
  return parts.join(QStringLiteral(", "));
}

}  // namespace tagwire::modbus
