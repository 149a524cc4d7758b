// SPDX-License-Identifier: Apache-2.0
#include "intakeconfig.h"

#include <algorithm>

#include "placesconfig.h"

namespace tagwire::rtls {

namespace {

QString listenerText(const QString &at, const IntakeConfig &config) {
  return at + (config.udp ? QLatin1String(".udp") : QLatin1String(".tcp"));
}

}  // namespace

void IntakeConfig::describe(Shape<IntakeConfig> &shape) {
  shape.optional("udp", &IntakeConfig::udp, "where datagrams come in, each of one line or several")
      .example("127.0.0.1:9100");
  shape.optional("tcp", &IntakeConfig::tcp, "instead of udp: where senders connect").example("127.0.0.1:9100");
  shape.optional("from", &IntakeConfig::from, "addresses and networks of the senders; all if absent")
      .example("192.0.2.0/24")
      .range(1, 1000);
  shape.optional("connections", &IntakeConfig::connections, "tcp: how many at once; 100 if absent")
      .example(100)
      .range(1, 10'000);
  shape.optional("line_timeout_ms", &IntakeConfig::lineTimeout, "tcp: for a line that was begun; 10000 if absent")
      .example(10000)
      .range(100, 3'600'000);
}

bool isAllowed(const IntakeConfig &config, const QHostAddress &address) {
  const auto holds = [&](const AllowedNetwork &network) { return network.contains(address); };
  return config.from.isEmpty() || std::ranges::any_of(config.from, holds);
}

void FilterConfig::describe(Shape<FilterConfig> &shape) {
  shape.optional("duplicates", &FilterConfig::duplicates, "refuses the same TS and place as one of the last four");
  shape.optional("order", &FilterConfig::order, "refuses what is older than the newest one taken");
  shape.optional("max_age_ms", &FilterConfig::maxAge, "refuses a TS that is older").example(60000).range(1, weekMs);
  shape.optional("max_ahead_ms", &FilterConfig::maxAhead, "refuses a TS that is farther in the future")
      .example(5000)
      .range(0, weekMs);
  shape.optional("max_speed", &FilterConfig::maxSpeed, "refuses faster ways, in length units per second")
      .example(20)
      .range(tiniestMeasure, largestMeasure);
  shape.optional("max_accuracy", &FilterConfig::maxAccuracy, "refuses a greater Acc, in length units")
      .example(5)
      .range(tiniestMeasure, largestMeasure);
}

FilterRules FilterConfig::rules() const { return {duplicates, order, maxAge, maxAhead, maxSpeed, maxAccuracy}; }

void SmoothingConfig::describe(Shape<SmoothingConfig> &shape) {
  shape.shorthand("kind");
  shape.required("kind", &SmoothingConfig::kind, "how positions of a tag are smoothed");
  shape.optional("window", &SmoothingConfig::window, "median: of how many positions; 5 if absent")
      .example(5)
      .range(1, 99);
  shape
      .optional("process_noise", &SmoothingConfig::processNoise,
                "kalman: spectral density of the acceleration, in length units² per s³")
      .example(0.5)
      .range(1e-9, largestMeasure);
  shape
      .optional("measurement_noise", &SmoothingConfig::measurementNoise,
                "kalman: standard deviation of a position that says no Acc, in length units")
      .example(0.3)
      .range(tiniestMeasure, largestMeasure);
  shape.optional("jump", &SmoothingConfig::jump, "farther than this from the smoothed position: begins anew there")
      .example(10)
      .range(tiniestMeasure, largestMeasure);
}

SmoothingRule SmoothingConfig::rule() const {
  SmoothingRule rule;
  rule.kind = kind;
  rule.window = window.value_or(rule.window);
  rule.processNoise = processNoise.value_or(0);
  rule.measurementNoise = measurementNoise.value_or(0);
  rule.jump = jump;
  return rule;
}

void checkIntake(const QList<IntakeConfig> &intake, const QString &at, ConfigReader &reader) {
  for (qsizetype i = 0; i < intake.size(); ++i) {
    const IntakeConfig &each = intake.at(i);
    const QString here = QStringLiteral("%1[%2]").arg(at).arg(i);
    if (each.udp.has_value() == each.tcp.has_value()) {
      reader.error(here, QStringLiteral("either `udp` or `tcp` is due, and not both"));
      continue;
    }
    const auto isForTcp = [&](const char *key, bool isSet) {
      if (!each.udp || !isSet) return;
      reader.error(here + QLatin1String(key), QStringLiteral("means nothing with `udp` (allowed: with `tcp`)"));
    };
    isForTcp(".connections", each.connections.has_value());
    isForTcp(".line_timeout_ms", each.lineTimeout.has_value());
    reader.listensOn(listenerText(here, each),
                     each.udp ? ConfigReader::Listener::Kind::Udp : ConfigReader::Listener::Kind::Tcp,
                     each.address().address.toString(), each.address().port);
    if (each.address().isLoopback()) continue;
    reader.warning(listenerText(here, each),
                   QStringLiteral("whoever reaches %1%2 can say where tags are: no credential is asked for here")
                       .arg(addressText(each.address().address, each.address().port),
                            each.from.isEmpty() ? QString() : QStringLiteral(" from the addresses in `from`")));
  }
}

void checkSmoothing(const SmoothingConfig &smoothing, const QString &at, ConfigReader &reader) {
  const QString kind = ValueShape<SmoothingKind>::fallback(smoothing.kind).toString();
  const auto belongs = [&](const char *key, bool isSet, SmoothingKind to, bool isDue) {
    const QString where = QStringLiteral("%1.%2").arg(at, QLatin1String(key));
    const QString owner = ValueShape<SmoothingKind>::fallback(to).toString();
    if (isSet && smoothing.kind != to) {
      reader.error(where, QStringLiteral("means nothing with the kind %1 (allowed: with %2)").arg(kind, owner));
    }
    if (!isSet && isDue && smoothing.kind == to) {
      reader.error(where, QStringLiteral("is due with the kind %1").arg(owner));
    }
  };
  belongs("window", smoothing.window.has_value(), SmoothingKind::Median, false);
  belongs("process_noise", smoothing.processNoise.has_value(), SmoothingKind::Kalman, true);
  belongs("measurement_noise", smoothing.measurementNoise.has_value(), SmoothingKind::Kalman, true);
  if (smoothing.jump && smoothing.kind == SmoothingKind::None) {
    reader.error(at + QStringLiteral(".jump"), QStringLiteral("means nothing with the kind none"));
  }
}

}  // namespace tagwire::rtls
