// SPDX-License-Identifier: Apache-2.0
#include "commandwish.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

constexpr qsizetype longestText = 200;

Result<QString> optionalText(const QJsonValue &value, const char *key) {
  if (value.isUndefined() || value.isNull()) return QString();
  const QString text = value.toString();
  const bool isPlain = std::all_of(text.begin(), text.end(), [](QChar c) { return c.isPrint(); });
  if (value.isString() && text.size() <= longestText && isPlain) return text;
  return failure(QStringLiteral("%1 is wrong (allowed: printable text of at most %2 characters)")
                     .arg(QLatin1String(key))
                     .arg(longestText));
}

Result<void> checkType(const QJsonValue &type) {
  if (type.isUndefined() || type == QStringLiteral("write")) return {};
  if (type == QStringLiteral("toggle") || type == QStringLiteral("pulse")) {
    return failure(QStringLiteral("a command of type \"%1\" is not there yet (allowed: write)").arg(type.toString()));
  }
  return failure(QStringLiteral("the type of the command is wrong (allowed: write)"));
}

Result<Value> readValue(const QJsonValue &json, const Point &point) {
  if (json.isUndefined()) return failure(QStringLiteral("value is missing"));
  return valueFromJson(json)
      .and_then([&](const Value &value) { return convertTo(value, point.type); })
      .and_then([&](const Value &value) -> Result<Value> {
        const auto number = toNumber(value);
        const bool isLow = number && point.minimum && *number < *point.minimum;
        const bool isHigh = number && point.maximum && *number > *point.maximum;
        if (!isLow && !isHigh) return value;
        return failure(QStringLiteral("value %1 is out of range (allowed: %2 %3)")
                           .arg(toText(value), isLow ? QStringLiteral("from") : QStringLiteral("up to"))
                           .arg(isLow ? *point.minimum : *point.maximum));
      });
}

/// The point, if the caller may write it.
tl::expected<Point, Refusal> findPoint(const CommandWish &wish, const Caller &caller, const PointTable &points) {
  const auto point = points.point(wish.point);
  const bool mayWriteAll = caller.permissions.allowAll(right::writeCommands);
  if (!point && mayWriteAll) {
    return tl::unexpected(Refusal{404, QStringLiteral("there is no point %1").arg(wish.pointText), {}});
  }
  if (!point || !caller.may(right::writeCommands, point->fullName)) {
    return tl::unexpected(
        Refusal{403, QStringLiteral("not permitted: commands:write for point %1 is due").arg(wish.pointText), {}});
  }
  return *point;
}

}  // namespace

tl::expected<Command, Refusal> makeCommand(const CommandWish &wish, const Caller &caller, const QString &from,
                                           PluginContext &context) {
  const auto wrong = [](const QString &text) { return tl::unexpected(Refusal{400, text, {}}); };
  if (const auto type = checkType(wish.type); !type) return wrong(type.error());
  const auto correlation = optionalText(wish.correlationId, "correlationId");
  if (!correlation) return wrong(correlation.error());
  const auto requestedBy = optionalText(wish.requestedBy, "requestedBy");
  if (!requestedBy) return wrong(requestedBy.error());
  const auto point = findPoint(wish, caller, context.points());
  if (!point) return tl::unexpected(point.error());
  if (!point->writable) return wrong(QStringLiteral("point %1 is read-only").arg(point->fullName));
  const auto value = readValue(wish.value, *point);
  if (!value) return wrong(value.error());

  Command command;
  command.id = newCommandId();
  command.point = point->id;
  command.value = *value;
  command.correlationId = *correlation;
  // Who it was, as proved, and where; what the client says of itself stands behind it.
  command.requestedBy = nameWithKind(caller) + u'@' + from;
  if (!requestedBy->isEmpty()) command.requestedBy += QStringLiteral(" (%1)").arg(*requestedBy);
  command.created = context.clock().now();
  return command;
}

}  // namespace tagwire::ws
