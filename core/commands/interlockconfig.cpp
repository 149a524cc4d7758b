// SPDX-License-Identifier: Apache-2.0
#include "interlockconfig.h"

#include "../instancealarms.h"
#include "manifestids.h"

namespace tagwire {

void InterlockConfig::describe(Shape<InterlockConfig> &shape) {
  using Config = InterlockConfig;
  shape.required("id", &Config::id, "number of the interlock").example(5).range(1, InstanceAlarms::firstRule);
  shape.required("name", &Config::name, "what people call it").example("Kettle over temperature").range(1, 200);
  shape.required("mode", &Config::mode, "what it does when a condition is not met");
  shape.required("points", &Config::points, "full names of the writable points that it guards").range(1, 1000);
  shape.optional("severity", &Config::severity, "of its events and its alarm");
  shape
      .optional("delay_ms", &Config::delay,
                "not met for so long before it trips or tells; commands are blocked at once")
      .range(0, 86'400'000);
  shape
      .optional("startup_ms", &Config::startup,
                "inputs not known yet do not trip before this after a start; commands are blocked at once")
      .range(0, 3'600'000);
  shape.required("conditions", &Config::conditions, "all have to be met").range(1, 100);
}

void checkInterlocks(QList<InterlockConfig> &interlocks, ConfigReader &reader) {
  for (qsizetype i = 0; i < interlocks.size(); ++i) {
    InterlockConfig &interlock = interlocks[i];
    interlock.path = QStringLiteral("interlocks[%1]").arg(i);
    const auto note = [&](const QString &at) {
      interlock.places.insert(at, reader.locate(interlock.path + u'.' + at));
    };
    note(QStringLiteral("id"));
    for (qsizetype k = 0; k < interlock.points.size(); ++k) note(QStringLiteral("points[%1]").arg(k));
    for (qsizetype k = 0; k < interlock.conditions.size(); ++k) {
      checkCondition(interlock.conditions[k], QStringLiteral("%1.conditions[%2]").arg(interlock.path).arg(k), reader);
    }
  }
}

void checkInterlockIds(const QList<InterlockConfig> &interlocks, Problems &problems) {
  QList<ManifestId> ids;
  for (const InterlockConfig &each : interlocks) {
    ids.append({each.id, each.path, each.places.value(QStringLiteral("id"))});
  }
  checkManifestIds(ids, "interlock", problems);
}

}  // namespace tagwire
