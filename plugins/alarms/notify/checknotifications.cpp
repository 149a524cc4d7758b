// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFileInfo>
#include <QHash>

#include "notify/notificationconfig.h"

namespace tagwire::alarms {
namespace {

/// Reports what is wrong within one target, at its own keys, and fills in what is absent.
class TargetCheck {
 public:
  TargetCheck(NotificationTarget &target, const QString &path, ConfigReader &reader)
      : m_target(target), m_path(path), m_reader(reader) {}

  void run(const QTimeZone &siteZone) {
    checkKeysOfOthers();
    if (m_target.type == TargetType::Webhook) checkWebhook();
    if (m_target.type == TargetType::Email) checkEmail();
    if (m_target.type == TargetType::Command) checkCommand();
    checkTls();
    for (qsizetype i = 0; i < m_target.schedule.size(); ++i) {
      Schedule &schedule = m_target.schedule[i];
      if (!schedule.timezone) schedule.timezone = ZoneName{siteZone};
      if (schedule.start.minutes < 24 * 60) continue;
      m_reader.error(QStringLiteral("%1.schedule[%2].start").arg(m_path).arg(i),
                     QStringLiteral("24:00 ends a day (allowed: 00:00 to 23:59)"));
    }
    checkMadeOf("subject", m_target.subject);
    checkMadeOf("text", m_target.text);
    fillIn(m_target.subject, "[{severity}] {rule_name}: {state} ({kind})");
    fillIn(m_target.text,
           "{message}\n\nWhat: {kind} {by} {comment}\nState: {state}, {condition}\nSeverity: {severity}\n"
           "Value: {value_text}\nPoint: {point}\nArea: {area}\nTime: {local_time}\nSite: {site}\n");
  }

 private:
  void error(const char *key, const QString &message) { m_reader.error(m_path + u'.' + QLatin1String(key), message); }

  /// {subject} and {text} are for commands: nothing is made of itself.
  void checkMadeOf(const char *key, const MessageTemplate &made) {
    if (made.uses(QLatin1String("subject")) || made.uses(QLatin1String("text"))) {
      error(key, QStringLiteral("can't hold {subject} or {text} (allowed: in \"command\")"));
    }
  }

  static void fillIn(MessageTemplate &text, const char *ours) {
    if (text.isEmpty()) text = MessageTemplate::fromText(QLatin1String(ours)).value_or(MessageTemplate());
  }

  void only(const char *key, TargetType type, bool isGiven) {
    if (!isGiven || m_target.type == type) return;
    const auto word = [](TargetType each) { return ValueShape<TargetType>::fallback(each).toString(); };
    error(key, QStringLiteral("has no meaning for \"%1\" (allowed: with \"%2\")").arg(word(m_target.type), word(type)));
  }

  void checkKeysOfOthers() {
    only("secret", TargetType::Webhook, !m_target.secret.isEmpty());
    only("token", TargetType::Webhook, !m_target.token.isEmpty());
    only("proxy", TargetType::Webhook, m_target.proxy.has_value());
    only("user", TargetType::Email, !m_target.user.isEmpty());
    only("password", TargetType::Email, !m_target.password.isEmpty());
    only("from", TargetType::Email, m_target.from.has_value());
    only("to", TargetType::Email, !m_target.to.isEmpty());
    only("starttls", TargetType::Email, m_target.startTls != StartTls::Required);
    only("command", TargetType::Command, !m_target.command.isEmpty());
  }

  bool isAddressFor(bool isMail, const char *allowed) {
    if (!m_target.url) {
      error("url", QStringLiteral("missing (allowed: %1)").arg(QString::fromUtf8(allowed)));
    } else if (m_target.url->isMail() != isMail) {
      error("url", QStringLiteral("is not of this type of target (allowed: %1)").arg(QString::fromUtf8(allowed)));
    } else {
      return true;
    }
    return false;
  }

  void checkWebhook() {
    if (!fitsAHeader(m_target.token)) {
      error("token", QStringLiteral("can't be sent in a header (allowed: visible ASCII, no spaces)"));
    }
    if (m_target.proxy && m_target.proxy->url.scheme() != QLatin1String("http")) {
      error("proxy", QStringLiteral("is no proxy (allowed: http://host:port)"));
    }
    if (!isAddressFor(false, "https://host/path or http://…")) return;
    if (!m_target.token.isEmpty() && !m_target.url->isEncrypted() && !m_target.url->isLoopback()) {
      error("token", QStringLiteral("would be sent in the clear (allowed: with https://, or to this machine)"));
    }
  }

  void checkEmail() {
    if (!m_target.from) error("from", QStringLiteral("missing: \"email\" needs it"));
    if (m_target.to.isEmpty()) error("to", QStringLiteral("missing: \"email\" needs it"));
    if (m_target.user.isEmpty() != m_target.password.isEmpty()) {
      error(m_target.user.isEmpty() ? "user" : "password", QStringLiteral("missing: user and password go together"));
    }
    if (!isAddressFor(true, "smtp://host:587 or smtps://host")) return;
    const bool isClear = !m_target.url->isEncrypted() && m_target.startTls == StartTls::Off;
    if (isClear && !m_target.password.isEmpty() && !m_target.url->isLoopback()) {
      error("password", QStringLiteral("would be sent in the clear (allowed: with smtps:// or starttls)"));
    }
  }

  void checkCommand() {
    if (m_target.url) error("url", QStringLiteral("has no meaning for \"command\""));
    if (m_target.group.count() > 0) error("group_ms", QStringLiteral("has no meaning for \"command\""));
    if (m_target.command.isEmpty()) {
      error("command", QStringLiteral("missing: \"command\" needs it (allowed: [\"/path/program\", \"{text}\"])"));
      return;
    }
    const MessageTemplate &program = m_target.command.first();
    if (program.hasPlaceholders() || !program.fill({}).startsWith(u'/')) {
      error("command[0]", QStringLiteral("is no program (allowed: an absolute path, without placeholders)"));
    }
  }

  void checkTls() {
    if (m_target.caFile.isEmpty()) return;
    const bool isMail = m_target.type == TargetType::Email && m_target.startTls == StartTls::Required;
    if (!m_target.url || (!m_target.url->isEncrypted() && !isMail)) {
      error("ca_file", QStringLiteral("means nothing without TLS (allowed: with https://, smtps:// or starttls)"));
      return;
    }
    const ConfigLocation where = m_reader.locate(m_path + QStringLiteral(".ca_file"));
    if (where.file) m_target.caFile = QDir::cleanPath(QFileInfo(*where.file).dir().absoluteFilePath(m_target.caFile));
  }

  NotificationTarget &m_target;
  const QString m_path;
  ConfigReader &m_reader;
};

}  // namespace

void checkNotifications(NotificationsConfig &config, const QTimeZone &siteZone, ConfigReader &reader) {
  QHash<QString, qsizetype> seen;
  for (qsizetype i = 0; i < config.size(); ++i) {
    const QString path = QStringLiteral("notifications[%1]").arg(i);
    const auto earlier = seen.constFind(config.at(i).id);
    if (earlier != seen.cend()) {
      reader.error(path + QStringLiteral(".id"),
                   QStringLiteral("\"%1\" is the id of notifications[%2] already").arg(config.at(i).id).arg(*earlier));
    } else {
      seen.insert(config.at(i).id, i);
    }
    TargetCheck(config[i], path, reader).run(siteZone);
  }
}

}  // namespace tagwire::alarms
