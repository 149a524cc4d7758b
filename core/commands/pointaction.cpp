// SPDX-License-Identifier: Apache-2.0
#include "pointaction.h"

#include "commandlimits.h"

namespace tagwire {

namespace {

QMap<QString, QStringList> pointDoings() {
  return {{QStringLiteral("write"), {QStringLiteral("value")}},
          {QStringLiteral("toggle"), {}},
          {QStringLiteral("pulse"), {QStringLiteral("value"), QStringLiteral("duration_ms")}}};
}

/// The point of an action, and the key that names it.
struct NamedAction {
  const PointReference *point = nullptr;
  CommandKind kind = CommandKind::Write;
  QString key;
};

NamedAction namedAction(const ActionConfig &config) {
  if (config.write) return {&*config.write, CommandKind::Write, QStringLiteral("write")};
  if (config.toggle) return {&*config.toggle, CommandKind::Toggle, QStringLiteral("toggle")};
  if (config.pulse) return {&*config.pulse, CommandKind::Pulse, QStringLiteral("pulse")};
  return {};
}

QString wordsOf(const PointAction &action, const QString &point) {
  switch (action.kind) {
    case CommandKind::Toggle:
      return QStringLiteral("toggle %1").arg(point);
    case CommandKind::Pulse:
      return QStringLiteral("pulse of %1 to %2 for %3 ms")
          .arg(toText(action.value), point)
          .arg(action.duration.count());
    default:
      return QStringLiteral("write %1 to %2").arg(toText(action.value), point);
  }
}

}  // namespace

QString checkAction(ActionConfig &action, const QString &path, const QMap<QString, QStringList> &more,
                    ConfigReader &reader) {
  action.path = path;
  QMap<QString, QStringList> doings = pointDoings();
  doings.insert(more);
  QStringList named;
  QSet<QString> keys;
  for (auto doing = doings.cbegin(); doing != doings.cend(); ++doing) {
    if (isKeyGiven(reader, path, doing.key())) named << doing.key();
    for (const QString &key : QStringList{doing.key()} + doing.value()) keys.insert(key);
  }
  for (const QString &key : std::as_const(keys)) action.places.insert(key, reader.locate(path + u'.' + key));
  if (named.size() != 1) {
    reader.error(
        path, QStringLiteral("%1 (allowed: one of %2)")
                  .arg(named.isEmpty() ? QStringLiteral("does nothing")
                                       : QStringLiteral("%1 can't be together").arg(named.join(QLatin1String(" and "))),
                       doings.keys().join(QLatin1String(", "))));
    return {};
  }
  const QStringList required = doings.value(named.first());
  for (const QString &key : required) {
    if (isKeyGiven(reader, path, key)) continue;
    reader.error(path, QStringLiteral("key \"%1\" is missing (\"%2\" needs it)").arg(key, named.first()));
  }
  QStringList surplus(keys.cbegin(), keys.cend());
  surplus.sort();
  for (const QString &key : std::as_const(surplus)) {
    if (key == named.first() || required.contains(key) || !isKeyGiven(reader, path, key)) continue;
    reader.error(path + u'.' + key, QStringLiteral("is nothing for \"%1\" (allowed: %2)")
                                        .arg(named.first(), required.isEmpty() ? QStringLiteral("no further key")
                                                                               : required.join(QLatin1String(", "))));
  }
  return named.first();
}

std::optional<PointAction> resolveAction(const ActionConfig &config, const char *who, const ManifestNames &names,
                                         const Clock &clock, Problems &problems) {
  const NamedAction named = namedAction(config);
  const auto point = named.point ? names.points.point(names.points.find(named.point->name)) : nullptr;
  if (!point) return std::nullopt;
  const auto wrong = [&](const QString &key, const QString &text) {
    problems.append({config.places.value(key), config.path + u'.' + key, text, false});
    return std::nullopt;
  };
  if (!point->writable) {
    return wrong(
        named.key,
        QStringLiteral("point \"%1\" is read-only (allowed: points that commands may write)").arg(point->fullName));
  }
  if (point->commandRules && point->commandRules->confirm != Confirm::None) {
    return wrong(
        named.key,
        QStringLiteral("point \"%1\" has to be confirmed, which %2 can't do (allowed: points without \"confirm\")")
            .arg(point->fullName, QLatin1String(who)));
  }
  Command command;
  command.point = point->id;
  command.kind = named.kind;
  command.duration = config.duration.value_or(std::chrono::milliseconds(0));
  if (named.kind != CommandKind::Toggle) {
    if (!config.value) return std::nullopt;  // reported already
    const auto value = valueOfNode(*config.value, point->type);
    if (!value) {
      return wrong(QStringLiteral("value"),
                   QStringLiteral("point \"%1\" is %2: %3").arg(point->fullName, toText(point->type), value.error()));
    }
    command.value = *value;
  }
  const auto checked = checkedCommand(command, names.points, clock);
  if (!checked) {
    return wrong(named.kind == CommandKind::Toggle ? named.key : QStringLiteral("value"), checked.error());
  }
  PointAction action{checked->kind, checked->point, checked->value, checked->duration};
  action.text = wordsOf(action, point->fullName);
  return action;
}

}  // namespace tagwire
