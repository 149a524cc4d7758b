// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QUrl>

#include "access/pathpattern.h"
#include "notify/messagetemplate.h"
#include "notify/occasion.h"
#include "schedule.h"
#include "severitywords.h"

namespace tagwire::alarms {

enum class TargetType : quint8 { Webhook, Email, Command };
constexpr auto enumWords(TargetType) {
  return std::array{std::pair{"webhook", TargetType::Webhook}, std::pair{"email", TargetType::Email},
                    std::pair{"command", TargetType::Command}};
}

enum class StartTls : quint8 { Required, Off };
constexpr auto enumWords(StartTls) {
  return std::array{std::pair{"required", StartTls::Required}, std::pair{"off", StartTls::Off}};
}

/// Where a target is: a URL without any credential in it.
struct TargetAddress {
  static constexpr const char *form = "https://host/path, smtp://host:587 or smtps://host";
  static Result<TargetAddress> fromText(const QString &text);

  bool isMail() const { return url.scheme().startsWith(QLatin1String("smtp")); }
  bool isEncrypted() const { return url.scheme() == QLatin1String("https") || url.scheme() == QLatin1String("smtps"); }
  bool isLoopback() const;

  QUrl url;
};

/// One mailbox, "ops@example.org": nothing in it can end a line or a command of SMTP.
struct MailAddress {
  static constexpr const char *form = "name@host";
  static constexpr const char *formExpression = "^[^@ ]+@[^@ ]+$";
  static Result<MailAddress> fromText(const QString &text);

  QString domain() const { return text.section(u'@', -1); }

  QString text;
};

/// Areas of the plant, "cold-store/*".
struct AreaPattern {
  static constexpr const char *form = "area, * for one level, # for all that follow";
  static Result<AreaPattern> fromText(const QString &text);

  PathPattern pattern;
};

/// One entry of `notifications`: whom to tell, of what, and how. Plain value.
struct NotificationTarget {
  static void describe(Shape<NotificationTarget> &shape);

  QString id;
  TargetType type = TargetType::Webhook;

  QList<Severity> severities;    ///< empty: all
  QList<AreaPattern> areas;      ///< empty: all
  QList<Schedule> schedule;      ///< told within any of these; none: always
  QList<Occasion::Kind> events;  ///< empty: raised and resolved
  std::chrono::milliseconds giveUpAfter{24 * 3'600'000};
  int rateLimit = 60;
  std::chrono::milliseconds group{0};

  std::optional<TargetAddress> url;
  Secret secret;
  Secret token;
  QString user;
  Secret password;
  std::optional<MailAddress> from;
  QList<MailAddress> to;
  StartTls startTls = StartTls::Required;
  QList<MessageTemplate> command;
  MessageTemplate subject;  ///< never empty once the configuration is checked
  MessageTemplate text;
  QString caFile;  ///< absolute once the configuration is checked; empty: the system's
  std::optional<TargetAddress> proxy;
  std::chrono::milliseconds connectTimeout{5'000};
  std::chrono::milliseconds timeout{15'000};
};

/// Whether it can be sent as a bearer token: nothing in it ends a line.
bool fitsAHeader(const Secret &token);

using NotificationsConfig = QList<NotificationTarget>;

/// What the declaration can't say: keys that another type has, duplicates, secrets in the clear. Reports each problem
/// at its key below "notifications", and sets absent time zones to the site's and absent texts to ours.
void checkNotifications(NotificationsConfig &config, const QTimeZone &siteZone, ConfigReader &reader);

}  // namespace tagwire::alarms
