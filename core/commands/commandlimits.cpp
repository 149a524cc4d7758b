// SPDX-License-Identifier: Apache-2.0
#include "commandlimits.h"

#include <cmath>

namespace tagwire {

using namespace std::chrono_literals;

namespace {

// A thousand commands are kept in one file, with their values.
constexpr qsizetype longestWrittenText = 4096;

constexpr std::chrono::seconds defaultLife{10};
constexpr std::chrono::milliseconds shortestPulse{10};
constexpr std::chrono::milliseconds longestPulse{1h};

QString bound(std::optional<double> limit) { return limit ? QString::number(*limit) : QStringLiteral("any"); }

Result<Value> checkedValue(const Value &given, const Point &point) {
  auto value = convertTo(given, point.type);
  if (!value) return failure(QStringLiteral("point %1: %2").arg(point.fullName, value.error()));
  if (const auto *text = std::get_if<QString>(&*value); text && text->size() > longestWrittenText) {
    return failure(QStringLiteral("point %1: a text of %2 characters is too long (allowed: %3)")
                       .arg(point.fullName)
                       .arg(text->size())
                       .arg(longestWrittenText));
  }
  const auto number = toNumber(*value);
  // NaN is in no range, and no device can mean anything by it.
  if (number && !std::isfinite(*number)) {
    return failure(QStringLiteral("point %1: %2 is no number that can be written").arg(point.fullName, toText(*value)));
  }
  const bool isLow = number && point.minimum && *number < *point.minimum;
  const bool isHigh = number && point.maximum && *number > *point.maximum;
  if (!isLow && !isHigh) return value;
  return failure(QStringLiteral("point %1: %2 is out of range (allowed: %3 to %4)")
                     .arg(point.fullName, toText(*value), bound(point.minimum), bound(point.maximum)));
}

Result<void> checkPulse(const Command &command, const Point &point) {
  if (command.duration < shortestPulse || command.duration > longestPulse) {
    return failure(QStringLiteral("a pulse of %1 ms is out of range (allowed: %2 to %3 ms)")
                       .arg(command.duration.count())
                       .arg(shortestPulse.count())
                       .arg(longestPulse.count()));
  }
  if (!safeValueOf(point)) {
    return failure(QStringLiteral("point %1: a pulse needs a point with a safe value").arg(point.fullName));
  }
  if (!isSafe(point, command.value)) return {};
  return failure(
      QStringLiteral("point %1: a pulse of %2, which it ends in, is none").arg(point.fullName, toText(command.value)));
}

QString secondsText(std::chrono::nanoseconds time) {
  return QString::number(std::chrono::duration<double>(time).count(), 'g', 4);
}

}  // namespace

std::optional<Value> safeValueOf(const Point &point) {
  if (point.commandRules && point.commandRules->safeValue) {
    const auto given = convertTo(*point.commandRules->safeValue, point.type);
    return given ? std::optional(*given) : std::nullopt;
  }
  switch (point.type) {
    case ValueType::Bool:
      return Value(false);
    case ValueType::Int:
      return Value(qint64(0));
    case ValueType::Double:
      return Value(0.0);
    default:
      return std::nullopt;
  }
}

bool isSafe(const Point &point, const Value &value) {
  const auto safe = safeValueOf(point);
  const auto converted = convertTo(value, point.type);
  return safe && converted && *converted == *safe;
}

Result<Command> checkedCommand(Command command, const PointTable &points, const Clock &clock) {
  const auto point = points.point(command.point);
  if (!point || point->isRemoved) return failure(QStringLiteral("no such point"));
  if (!point->writable) return failure(QStringLiteral("point %1 is read-only").arg(point->fullName));
  if (command.kind == CommandKind::Toggle) {
    if (point->type != ValueType::Bool) {
      return failure(QStringLiteral("point %1 can't be toggled: it is %2 (allowed: bool)")
                         .arg(point->fullName, toText(point->type)));
    }
    command.value = Value();
  } else {
    auto value = checkedValue(command.value, *point);
    if (!value) return failure(value.error());
    command.value = std::move(*value);
  }
  if (command.kind == CommandKind::Pulse) {
    if (const auto fits = checkPulse(command, *point); !fits) return failure(fits.error());
  }
  if (command.created == Time()) command.created = clock.now();
  if (command.expires == Time()) command.expires = command.created + defaultLife;
  if (clock.now() >= command.expires) return failure(QStringLiteral("the command has expired"));
  return command;
}

QString againstRules(const Point &point, const Value &value, const Sample &actual, const PointUse &use,
                     std::chrono::nanoseconds now) {
  if (!point.commandRules) return {};
  const CommandRules &rules = *point.commandRules;
  if (use.sentAt && now - *use.sentAt < rules.interval) {
    return QStringLiteral("point %1 was written %2 s ago (allowed: every %3 s)")
        .arg(point.fullName, secondsText(now - *use.sentAt), secondsText(rules.interval));
  }
  if (rules.maximumStep) {
    const auto from = toNumber(actual.value);
    const auto to = toNumber(value);
    if (!from || !actual.quality.isGood()) {
      return QStringLiteral("point %1 has no good value to take a step from (allowed: steps of %2)")
          .arg(point.fullName)
          .arg(*rules.maximumStep);
    }
    if (to && std::abs(*to - *from) > *rules.maximumStep) {
      return QStringLiteral("point %1: from %2 to %3 is too large a step (allowed: %4)")
          .arg(point.fullName, toText(actual.value), toText(value))
          .arg(*rules.maximumStep);
    }
  }
  const bool *isOn = std::get_if<bool>(&actual.value);
  const bool *turnsOn = std::get_if<bool>(&value);
  if (!isOn || !turnsOn || *isOn == *turnsOn || !use.changedAt) return {};
  const auto least = *isOn ? rules.minimumOn : rules.minimumOff;
  if (now - *use.changedAt >= least) return {};
  return QStringLiteral("point %1 is %2 for %3 s only (allowed: after %4 s)")
      .arg(point.fullName, *isOn ? QStringLiteral("on") : QStringLiteral("off"), secondsText(now - *use.changedAt),
           secondsText(least));
}

}  // namespace tagwire
