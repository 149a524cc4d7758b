// SPDX-License-Identifier: Apache-2.0
#include "commandwish.h"

#include <algorithm>
#include <array>

#include "auditing.h"
#include "commands/commandlimits.h"
#include "protocols/wirejson.h"
#include "services/gisdata.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype longestCommandText = 200;
constexpr qsizetype longestComment = 1000;
constexpr qint64 shortestPulse = 10;
constexpr qint64 longestPulse = 3'600'000;
constexpr qint64 shortestLife = 100;
constexpr qint64 longestLife = 600'000;
constexpr std::array commandKinds{CommandKind::Write, CommandKind::Toggle, CommandKind::Pulse};

QJsonValue at(const CommandWish &wish, const char *key) {
  return key ? wish.body.value(QLatin1String(key)) : QJsonValue(QJsonValue::Undefined);
}

Result<QString> optionalText(const CommandWish &wish, const char *key) {
  const QJsonValue value = at(wish, key);
  if (isAbsent(value)) return QString();
  const QString text = value.toString();
  const bool isPlain = std::all_of(text.begin(), text.end(), [](QChar c) { return c.isPrint(); });
  if (value.isString() && text.size() <= longestCommandText && isPlain) return text;
  return failure(QStringLiteral("%1 is wrong (allowed: printable text of at most %2 characters)")
                     .arg(QLatin1String(key))
                     .arg(longestCommandText));
}

Result<std::chrono::milliseconds> milliseconds(const CommandWish &wish, const char *key, qint64 lowest,
                                               qint64 highest) {
  const auto number = wholeNumber(at(wish, key));
  if (number && *number >= lowest && *number <= highest) return std::chrono::milliseconds(*number);
  return failure(QStringLiteral("%1 is wrong or missing (allowed: a whole number of %2 to %3)")
                     .arg(QLatin1String(key))
                     .arg(lowest)
                     .arg(highest));
}

Result<CommandKind> readKind(const CommandWish &wish) {
  const QJsonValue type = at(wish, wish.words.type);
  if (isAbsent(type)) return CommandKind::Write;
  for (const CommandKind kind : commandKinds) {
    if (type.toString() == wordOf(kind)) return kind;
  }
  return failure(QStringLiteral("%1 is wrong (allowed: write, toggle, pulse)").arg(QLatin1String(wish.words.type)));
}

/// Kind and duration.
Result<void> readDoing(const CommandWish &wish, Command &command) {
  const auto kind = readKind(wish);
  if (!kind) return failure(kind.error());
  command.kind = *kind;
  const char *key = wish.words.duration;
  if (*kind != CommandKind::Pulse) {
    if (isAbsent(at(wish, key))) return {};
    return failure(QStringLiteral("%1 is for pulses only").arg(QLatin1String(key)));
  }
  const auto duration = milliseconds(wish, key, shortestPulse, longestPulse);
  if (!duration) return failure(duration.error());
  command.duration = *duration;
  return {};
}

/// What else stands beside it. What the client says of itself proves nothing, so it goes into the comment.
Result<void> readCircumstances(const CommandWish &wish, Time now, Command &command) {
  const auto correlation = optionalText(wish, wish.words.correlationId);
  if (!correlation) return failure(correlation.error());
  const auto selection = optionalText(wish, wish.words.selection);
  if (!selection) return failure(selection.error());
  const auto requestedBy = optionalText(wish, wish.words.requestedBy);
  if (!requestedBy) return failure(requestedBy.error());
  const auto comment = readComment(at(wish, wish.words.comment));
  if (!comment) return failure(comment.error());
  command.correlationId = *correlation;
  command.selection = *selection;
  command.comment = *comment;
  if (!requestedBy->isEmpty()) {
    if (!command.comment.isEmpty()) command.comment += u' ';
    command.comment += QStringLiteral("(asked for by \"%1\")").arg(*requestedBy);
  }
  command.created = now;
  if (isAbsent(at(wish, wish.words.expiry))) return {};
  const auto life = milliseconds(wish, wish.words.expiry, shortestLife, longestLife);
  if (!life) return failure(life.error());
  command.expires = now + *life;
  return {};
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

Result<Value> valueFor(CommandKind kind, const QJsonValue &json, const Point &point) {
  if (kind == CommandKind::Toggle) {
    // A value beside it means nothing: what it becomes is decided when its turn comes.
    if (point.type == ValueType::Bool) return Value();
    return failure(
        QStringLiteral("point %1 can't be toggled: it is %2 (allowed: bool)").arg(point.fullName, toText(point.type)));
  }
  auto value = readValue(json, point);
  if (!value || kind == CommandKind::Write) return value;
  if (!safeValueOf(point)) {
    return failure(QStringLiteral("point %1 has no safe value, in which a pulse would end").arg(point.fullName));
  }
  if (!isSafe(point, *value)) return value;
  return failure(QStringLiteral("a pulse of %1 is none: point %2 ends in it (allowed: another value)")
                     .arg(toText(*value), point.fullName));
}

}  // namespace

QLatin1String wordOf(CommandKind kind) {
  switch (kind) {
    case CommandKind::Toggle:
      return QLatin1String("toggle");
    case CommandKind::Pulse:
      return QLatin1String("pulse");
    case CommandKind::Write:
      break;
  }
  return QLatin1String("write");
}

Result<QString> readComment(const QJsonValue &value) {
  if (isAbsent(value)) return QString();
  const QString text = value.toString();
  const bool isPlain = std::none_of(text.begin(), text.end(), [](QChar each) {
    return each.category() == QChar::Other_Control && each != u'\n' && each != u'\t';
  });
  if (value.isString() && isPlain && text.size() <= longestComment) return text;
  return failure(QStringLiteral("comment is wrong (allowed: text of at most %1 characters, without control characters)")
                     .arg(longestComment));
}

tl::expected<Point, Refusal> pointToWrite(PointId id, const QString &text, const Caller &caller,
                                          const PointTable &points) {
  const auto point = points.point(id);
  const bool mayWriteAll = caller.permissions.allowAll(right::writeCommands);
  if (!point && mayWriteAll) return tl::unexpected(Refusal{404, QStringLiteral("there is no point %1").arg(text), {}});
  if (!point || !caller.may(right::writeCommands, point->fullName)) {
    return tl::unexpected(
        Refusal{403, QStringLiteral("not permitted: commands:write for point %1 is due").arg(text), {}});
  }
  if (!point->writable) {
    return tl::unexpected(Refusal{400, QStringLiteral("point %1 is read-only").arg(point->fullName), {}});
  }
  return *point;
}

tl::expected<Command, Refusal> makeCommand(const CommandWish &wish, const Caller &caller, const QString &from,
                                           PluginContext &context) {
  const auto wrong = [](const QString &text) { return tl::unexpected(Refusal{400, text, {}}); };
  Command command;
  if (const auto read = readDoing(wish, command); !read) return wrong(read.error());
  if (const auto read = readCircumstances(wish, context.clock().now(), command); !read) return wrong(read.error());
  const auto point = pointToWrite(wish.point, wish.pointText, caller, context.points());
  if (!point) return tl::unexpected(point.error());
  const auto value = valueFor(command.kind, at(wish, wish.words.value), *point);
  if (!value) return wrong(value.error());
  command.id = newCommandId();
  command.point = point->id;
  command.value = *value;
  command.requestedBy = actorOf(caller);
  command.address = addressOf(from);
  return command;
}

}  // namespace tagwire::ws
