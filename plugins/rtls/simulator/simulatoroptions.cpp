// SPDX-License-Identifier: Apache-2.0
#include "simulatoroptions.h"

#include <QCommandLineParser>
#include <QUrlQuery>

#include <cmath>

namespace tagwire::rtls {
namespace {

Result<double> number(const QCommandLineParser &parser, const QString &name, double lowest, double highest) {
  bool ok = false;
  const double value = parser.value(name).toDouble(&ok);
  if (ok && value >= lowest && value <= highest) return value;
  return failure(QStringLiteral("--%1 %2 (allowed: a number from %3 to %4)")
                     .arg(name, parser.value(name))
                     .arg(lowest)
                     .arg(highest));
}

Result<int> integer(const QCommandLineParser &parser, const QString &name, double lowest, double highest) {
  const Result<double> value = number(parser, name, lowest, highest);
  if (!value) return failure(value.error());
  if (*value == std::floor(*value)) return static_cast<int>(*value);
  return failure(QStringLiteral("--%1 %2 (allowed: a whole number)").arg(name, parser.value(name)));
}

Result<QUrl> targetUrl(const QString &text) {
  const QUrl url(text, QUrl::StrictMode);
  const QUrlQuery query(url);
  for (const char *key : {"token", "access_token", "api_key", "jwt"}) {
    if (query.hasQueryItem(QLatin1String(key))) return failure(QStringLiteral("--url: no credential belongs in a URL"));
  }
  if (!url.userInfo().isEmpty()) return failure(QStringLiteral("--url: no name or password belongs in a URL"));
  const bool webSocket = url.scheme() == QLatin1String("ws") || url.scheme() == QLatin1String("wss");
  const bool lines = url.scheme() == QLatin1String("tcp") || url.scheme() == QLatin1String("udp");
  const bool isPlain = url.path().isEmpty() && !url.hasQuery() && url.port() > 0;
  if (url.isValid() && !url.host().isEmpty() && (webSocket || (lines && isPlain))) return url;
  return failure(QStringLiteral("--url %1 (allowed: ws://host:port/ws/Manager, wss://…, tcp://host:port, "
                                "udp://host:port)")
                     .arg(text));
}

/// Empty: something is no number, or too large.
QList<double> numbers(const QString &text) {
  QList<double> all;
  for (const QString &part : text.split(u',')) {
    bool ok = false;
    all << part.toDouble(&ok);
    if (!ok || !(std::abs(all.last()) <= farthestCoordinate)) return {};
  }
  return all;
}

Result<Polygon> rectangle(const QString &text) {
  const QList<double> n = numbers(text);
  if (n.size() == 4 && n[0] < n[2] && n[1] < n[3]) {
    return Polygon{{n[0], n[1]}, {n[2], n[1]}, {n[2], n[3]}, {n[0], n[3]}};
  }
  return failure(QStringLiteral("--area %1 (allowed: x0,y0,x1,y1 with x0 < x1 and y0 < y1)").arg(text));
}

Result<std::vector<Waypoint>> pathFrom(const QString &text) {
  std::vector<Waypoint> waypoints;
  double length = 0;
  for (const QString &part : text.split(u';')) {
    const QList<double> at = numbers(part);
    if (at.size() != 2 && at.size() != 3) {
      waypoints.clear();
      break;
    }
    waypoints.push_back({at[0], at[1], at.value(2, 1)});
    if (waypoints.size() < 2) continue;
    const Waypoint &last = waypoints[waypoints.size() - 2];
    length += std::hypot(at[0] - last[0], at[1] - last[1], waypoints.back()[2] - last[2]);
  }
  if (length > 0) return waypoints;
  return failure(QStringLiteral("--path %1 (allowed: x,y;x,y;… with two places or more, each x,y or x,y,z)").arg(text));
}

Result<AtEnd> atEndFrom(const QString &text) {
  if (text == QLatin1String("bounce")) return AtEnd::Bounce;
  if (text == QLatin1String("stop")) return AtEnd::Stop;
  if (text == QLatin1String("restart")) return AtEnd::Restart;
  return failure(QStringLiteral("--at-end %1 (allowed: bounce, stop, restart)").arg(text));
}

void addOptions(QCommandLineParser &parser) {
  const auto add = [&parser](const char *name, const char *help, const char *value, const char *fallback = "") {
    QString text = QString::fromLatin1(help);
    if (*fallback) text += QStringLiteral(" (default: %1)").arg(QLatin1String(fallback));
    parser.addOption(
        QCommandLineOption(QString::fromLatin1(name), text, QString::fromLatin1(value), QString::fromLatin1(fallback)));
  };
  add("url",
      "where to send the fixes: ws://, wss://, tcp:// or udp://; $TAGWIRE_TOKEN is the credential of a WebSocket",
      "URL", "ws://127.0.0.1:8080/ws/Manager1");
  add("tags", "how many tags, SIM1, SIM2 ...", "count", "12");
  add("area", "rectangle they walk in", "x0,y0,x1,y1", "0,0,100,60");
  add("path", "instead of --area: a path they walk along; may stand several times, the tags take turns", "x,y;x,y;...");
  add("at-end", "of a path: bounce, stop or restart", "what", "bounce");
  add("rate", "fixes per second and tag", "number", "2");
  add("speed", "length units per second", "number", "1.4");
  add("jitter", "noise on x and y: its standard deviation", "number", "0");
  add("loss", "share of fixes that are lost, 0 to 1", "number", "0");
  add("replay", "send the positions of a CSV file (time_ms or time, tag, x, y, z), then end", "file");
  add("speedup", "--replay so many times as fast", "number", "1");
  add("zone", "zone_id in the fixes; 0: none", "id", "0");
  add("seed", "the same seed does the same", "number", "1");
  parser.addOption(QCommandLineOption(QStringLiteral("help"), QStringLiteral("this text")));
}

/// What does not go together; empty: nothing.
QString conflictOf(const QCommandLineParser &parser) {
  const auto isSet = [&](const char *name) { return parser.isSet(QString::fromLatin1(name)); };
  const auto needs = [](const char *one, const char *other) {
    return QStringLiteral("--%1 means nothing without --%2").arg(QLatin1String(one), QLatin1String(other));
  };
  if (isSet("speedup") && !isSet("replay")) return needs("speedup", "replay");
  if (isSet("at-end") && !isSet("path")) return needs("at-end", "path");
  if (isSet("area") && isSet("path")) return QStringLiteral("--area means nothing with --path");
  if (!isSet("replay")) return {};
  for (const char *name : {"tags", "area", "path", "rate", "speed"}) {
    if (isSet(name)) return QStringLiteral("--%1 means nothing with --replay").arg(QLatin1String(name));
  }
  return {};
}

/// Puts what was read in its place and keeps the first error.
class OptionReader {
 public:
  template <class T>
  void put(Result<T> read, T &into) {
    if (read) {
      into = std::move(*read);
    } else if (m_error.isEmpty()) {
      m_error = read.error();
    }
  }
  const QString &error() const { return m_error; }

 private:
  QString m_error;
};

}  // namespace

Result<SimulatorOptions> SimulatorOptions::fromArguments(const QStringList &arguments) {
  QCommandLineParser parser;
  addOptions(parser);
  if (!parser.parse(QStringList(QStringLiteral("tagwire sim rtls")) + arguments)) return failure(parser.errorText());
  SimulatorOptions options;
  options.help = parser.isSet(QStringLiteral("help"));
  if (options.help) {
    const QString text = parser.helpText();
    // The parser takes the program's own name for ours.
    options.helpText = QStringLiteral("usage: tagwire sim rtls [options]") + text.mid(text.indexOf(u'\n')).chopped(1);
    return options;
  }
  if (!parser.positionalArguments().isEmpty()) {
    return failure(
        QStringLiteral("unknown argument \"%1\" (--help lists them)").arg(parser.positionalArguments().first()));
  }
  if (const QString conflict = conflictOf(parser); !conflict.isEmpty()) return failure(conflict);
  OptionReader reader;
  reader.put(targetUrl(parser.value(QStringLiteral("url"))), options.url);
  reader.put(rectangle(parser.value(QStringLiteral("area"))), options.area);
  for (const QString &text : parser.values(QStringLiteral("path")))
    reader.put(pathFrom(text), options.paths.emplace_back());
  reader.put(atEndFrom(parser.value(QStringLiteral("at-end"))), options.atEnd);
  reader.put(integer(parser, QStringLiteral("tags"), 1, 10'000), options.tags);
  reader.put(number(parser, QStringLiteral("rate"), 0.001, 50), options.rate);
  reader.put(number(parser, QStringLiteral("speed"), 0.001, 1000), options.speed);
  reader.put(number(parser, QStringLiteral("jitter"), 0, 1'000'000), options.jitter);
  reader.put(number(parser, QStringLiteral("loss"), 0, 1), options.loss);
  reader.put(number(parser, QStringLiteral("speedup"), 0.001, 10'000), options.speedup);
  reader.put(integer(parser, QStringLiteral("zone"), 0, 2147483647), options.zone);
  reader.put(integer(parser, QStringLiteral("seed"), 0, 2147483647), options.seed);
  options.replay = parser.value(QStringLiteral("replay"));
  if (parser.isSet(QStringLiteral("replay")) && options.replay.isEmpty()) {
    return failure(QStringLiteral("--replay (allowed: a CSV file)"));
  }
  if (!reader.error().isEmpty()) return failure(reader.error());
  return options;
}

}  // namespace tagwire::rtls
