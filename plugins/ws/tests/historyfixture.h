// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fakehistory.h"
#include "restfixture.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

/// The ManualClock's beginning.
inline const Time begun = fromMilliseconds(1'767'225'600'000);

inline HistoryValue valueAt(Time time, const Value &value, Quality quality = {}) {
  return {time, time, value, quality};
}

/// A gateway beside a history with ten values of one point and one of another.
struct HistoryFixture : RestFixture {
  explicit HistoryFixture(const QStringList &permissions = {QStringLiteral("*:*")}) : RestFixture(config(permissions)) {
    HistorySeries temperature{{QStringLiteral("plc1/boiler/temp"), ValueType::Double, QStringLiteral("°C"), {}}};
    temperature.before = valueAt(begun - 2h, 10.5);
    for (int i = 0; i < 10; ++i) temperature.values << valueAt(begun - 10min + i * 1min, 20.0 + i);
    HistorySeries run{{QStringLiteral("plc1/pump/run"), ValueType::Bool, {}, {}}};
    run.values << valueAt(begun - 5min, true, Quality::bad(QualityReason::NoConnection));
    history.series = {temperature, run};
    context.addInstance(QStringLiteral("archive"), QStringLiteral("sql"), &history);
  }
  QJsonObject object(const QByteArray &target) { return get(target).object(); }
  QString errorOf(const QByteArray &target, int status) {
    const HttpReply reply = get(target);
    return reply.status == status ? reply.object().value(QStringLiteral("error")).toString()
                                  : QStringLiteral("status %1").arg(reply.status);
  }

  FakeHistory history;
};

inline constexpr const char *temperaturePath = "/api/v1/history?point=plc1/boiler/temp";

}  // namespace tagwire::ws
