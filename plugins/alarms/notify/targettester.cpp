// SPDX-License-Identifier: Apache-2.0
#include "notify/targettester.h"

#include "engineconfig.h"
#include "manifest.h"

namespace tagwire::alarms {
namespace {

/// The targets of all instances, by "instance/target".
QMap<QString, NotificationTarget> targetsOf(const Manifest &manifest, Problems &problems) {
  QMap<QString, NotificationTarget> targets;
  for (const ManifestEntry &entry : manifest.plugins) {
    if (entry.type != QLatin1String("alarms")) continue;
    ConfigReader reader(entry.config, entry.path + QStringLiteral(".config"), problems);
    std::optional<AlarmsConfig> config = reader.read<AlarmsConfig>();
    if (!config) continue;
    checkNotifications(config->notifications, QTimeZone(manifest.site.timeZone.toUtf8()), reader);
    for (const NotificationTarget &target : config->notifications) targets.insert(entry.id + u'/' + target.id, target);
  }
  return targets;
}

/// Errors: no such target, or several instances have it.
Result<QString> nameOf(const QString &given, const QStringList &known) {
  if (known.contains(given)) return given;
  QStringList fitting;
  for (const QString &each : known) {
    if (each.section(u'/', 1) == given) fitting << each;
  }
  if (fitting.size() == 1) return fitting.first();
  if (fitting.size() > 1) {
    return failure(QStringLiteral("several instances have a target \"%1\" (allowed: %2)")
                       .arg(given, fitting.join(QLatin1String(", "))));
  }
  if (known.isEmpty())
    return failure(QStringLiteral("no target \"%1\": the manifest names no notifications").arg(given));
  return failure(QStringLiteral("no target \"%1\" (allowed: %2)").arg(given, known.join(QLatin1String(", "))));
}

}  // namespace

tl::expected<QString, ToolError> TargetTester::start(const QStringList &arguments) {
  const QString usage = QStringLiteral("usage: tagwire alarms test-target MANIFEST TARGET");
  if (arguments.contains(QLatin1String("--help"))) {
    QMetaObject::invokeMethod(
        this, [this] { Q_EMIT finished(0); }, Qt::QueuedConnection);
    return usage +
           QStringLiteral(
               "\nSends one test notice to a target of the alarms' `notifications` now, and says what it answered.");
  }
  if (arguments.size() > 2) return failure(QStringLiteral("unexpected \"%1\"\n").arg(arguments[2].left(60)) + usage);
  if (arguments.size() < 2) return failure(usage);
  Problems problems;
  const Manifest manifest = Manifest::read(arguments.first(), problems);
  const auto targets = targetsOf(manifest, problems);
  if (hasErrors(problems)) {
    QStringList lines;
    for (const Problem &problem : std::as_const(problems)) lines << toText(problem);
    return tl::unexpected(ToolError::badManifest(lines.join(u'\n')));
  }
  const auto name = nameOf(arguments.last(), targets.keys());
  if (!name) return failure(name.error());
  m_target = targets.value(*name);
  send(name->section(u'/', 0, 0), {manifest.site.name, QTimeZone(manifest.site.timeZone.toUtf8())});
  return QString();
}

void TargetTester::send(const QString &instance, const Site &site) {
  const Time now = m_clock.now();
  // A number that no notice will have: a receiver that leaves out repetitions must not leave out this.
  const Notice notice{.id = toMilliseconds(now),
                      .target = m_target.id,
                      .created = now,
                      .notBefore = now,
                      .attempts = 0,
                      .body = testBody(now, instance, site)};
  Message message = messageOf({notice}, m_target, instance);
  message.key = QStringLiteral("%1-test-%2").arg(instance).arg(notice.id);
  if (m_target.type != TargetType::Command) m_transfers = std::make_unique<Transfers>();
  m_channel = makeChannel(m_target, m_clock, m_transfers.get());
  m_channel->send(message, [this](const Outcome &outcome) { say(outcome); });
}

void TargetTester::say(const Outcome &outcome) {
  const bool isDelivered = outcome.kind == Outcome::Kind::Delivered;
  QString text = m_target.id + (isDelivered ? QStringLiteral(": was told") : QStringLiteral(": was not told"));
  if (!outcome.reason.isEmpty()) text += QStringLiteral(": ") + outcome.reason;
  if (!outcome.answer.isEmpty()) text += QStringLiteral("; it said: ") + outcome.answer;
  Q_EMIT line(text);
  const bool isWhole = m_target.type == TargetType::Webhook || outcome.reason.isEmpty();
  Q_EMIT finished(isDelivered && isWhole ? 0 : 1);
}

}  // namespace tagwire::alarms
