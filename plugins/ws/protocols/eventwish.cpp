// SPDX-License-Identifier: Apache-2.0
#include "eventwish.h"

#include "auth/pointaccess.h"
#include "endpointid.h"
#include "rest/router.h"

namespace tagwire::ws {

namespace {

/// Every entry of every value: "a=1&a=2,3" gives {"1", "2", "3"}.
QStringList queryList(const QList<std::pair<QString, QString>> &query, const char *key) {
  QStringList all;
  for (const auto &[name, value] : query) {
    if (name == QLatin1String(key)) all += value.split(u',', Qt::SkipEmptyParts);
  }
  return all;
}

tl::unexpected<Refusal> wrong(const QString &text) { return tl::unexpected(Refusal{400, text, {}}); }

QString channelProblem(const QStringList &channels, bool hasEndpoints) {
  const QString telemetry = QStringLiteral("telemetry");
  const QStringList known{telemetry, QStringLiteral("alarms"), QStringLiteral("commands")};
  for (const QString &channel : channels) {
    if (known.contains(channel)) continue;
    return QStringLiteral("channels are wrong (allowed: %1)").arg(known.join(QStringLiteral(", ")));
  }
  if (channels.contains(telemetry) && !hasEndpoints) {
    return QStringLiteral("channel telemetry needs endpointIds (allowed: numbers of points, as in \"59,60\")");
  }
  if (!channels.isEmpty() && hasEndpoints && !channels.contains(telemetry)) {
    return QStringLiteral("endpointIds need channel telemetry");
  }
  return {};
}

}  // namespace

tl::expected<EventWish, Refusal> EventWish::read(const Upgrade &upgrade, const Caller &caller, int mostSubscriptions) {
  const QStringList channels = queryList(upgrade.query, "channels");
  const auto numbers = numbersFromTexts(queryList(upgrade.query, "endpointIds"));
  if (!numbers) return wrong(numbers.error());
  if (const QString problem = channelProblem(channels, !numbers->isEmpty()); !problem.isEmpty()) return wrong(problem);

  EventWish wish;
  wish.endpointIds = *numbers;
  const auto wants = [&](const char *channel, Right right) {
    return channels.isEmpty() ? caller.may(right) : channels.contains(QLatin1String(channel));
  };
  wish.hasAlarms = wants("alarms", right::readAlarms);
  wish.hasCommands = wants("commands", right::readCommands);
  const bool hasTelemetry = !wish.endpointIds.isEmpty();
  if (hasTelemetry && !mayReadSomePoints(caller.permissions)) {
    return tl::unexpected(notPermitted(right::readPoints, {right::readPositions}));
  }
  for (const auto &[isWanted, right] :
       {std::pair{wish.hasAlarms, right::readAlarms}, std::pair{wish.hasCommands, right::readCommands}}) {
    if (isWanted && !caller.may(right)) return tl::unexpected(notPermitted(right));
  }
  if (!hasTelemetry && !wish.hasAlarms && !wish.hasCommands) return tl::unexpected(notPermitted(right::readAlarms));
  if (wish.endpointIds.size() + (wish.hasAlarms ? 1 : 0) > mostSubscriptions) {
    return wrong(QStringLiteral("too many subscriptions (allowed: %1)").arg(mostSubscriptions));
  }
  return wish;
}

}  // namespace tagwire::ws
