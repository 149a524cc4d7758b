// SPDX-License-Identifier: Apache-2.0
#include "notify/notificationconfig.h"

#include <QHostAddress>
#include <QRegularExpression>

#include <algorithm>

namespace tagwire::alarms {
namespace {

QString wrongId(const QString &text) {
  static const QRegularExpression pattern(QStringLiteral("\\A[A-Za-z0-9_.-]+\\z"));
  if (pattern.match(text).hasMatch()) return {};
  return QStringLiteral("\"%1\" is no id (allowed: letters, digits, - _ .)").arg(text);
}

bool isPlainText(const QString &text) {
  return std::none_of(text.cbegin(), text.cend(), [](QChar character) { return character.unicode() < 0x20; });
}

QString notOneLine(const QString &text) {
  return isPlainText(text) ? QString() : QStringLiteral("has a control character (allowed: text of one line)");
}

}  // namespace

/// What is wrong is not repeated: it may hold a credential.
Result<TargetAddress> TargetAddress::fromText(const QString &text) {
  const QUrl url(text, QUrl::StrictMode);
  const auto wrong = [](const char *what) {
    return failure(QStringLiteral("%1 (allowed: %2)").arg(QLatin1String(what), QLatin1String(form)));
  };
  if (!url.isValid() || url.host().isEmpty()) return wrong("is not a URL");
  static const QStringList schemes{QStringLiteral("http"), QStringLiteral("https"), QStringLiteral("smtp"),
                                   QStringLiteral("smtps")};
  if (!schemes.contains(url.scheme())) return wrong("is not a URL of this kind");
  if (!url.userInfo().isEmpty()) return wrong("no name or password belongs in a URL");
  if (url.hasFragment()) return wrong("nothing may follow a #");
  TargetAddress address{url};
  if (address.isMail() && (url.hasQuery() || url.path().size() > 1)) return wrong("nothing may follow the host");
  return address;
}

bool TargetAddress::isLoopback() const {
  return url.host() == QLatin1String("localhost") || QHostAddress(url.host()).isLoopback();
}

Result<MailAddress> MailAddress::fromText(const QString &text) {
  static const QRegularExpression pattern(
      QStringLiteral("\\A[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/"
                     "=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\\z"));
  if (text.size() <= 254 && pattern.match(text).hasMatch()) return MailAddress{text};
  return failure(QStringLiteral("is no mail address (allowed: name@host, ASCII, without a display name)"));
}

Result<AreaPattern> AreaPattern::fromText(const QString &text) {
  auto pattern = PathPattern::fromText(text);
  if (!pattern) return failure(pattern.error());
  return AreaPattern{std::move(*pattern)};
}

bool fitsAHeader(const Secret &token) {
  const QString &text = token.reveal();
  return std::all_of(text.cbegin(), text.cend(),
                     [](QChar character) { return character.unicode() > 0x20 && character.unicode() < 0x7f; });
}

void NotificationTarget::describe(Shape<NotificationTarget> &shape) {
  using Target = NotificationTarget;
  constexpr double month = 31.0 * 24 * 3'600'000;  // ms
  shape.required("id", &Target::id, "name of the target; escalations and metrics use it")
      .example("ops")
      .range(1, 64)
      .check(wrongId);
  shape.required("type", &Target::type, "how it is told");
  shape.optional("url", &Target::url, "webhook, email: where to; http(s):// or smtp(s)://")
      .example("https://example.org/alarms")
      .range(1, 2000);
  shape.optional("severities", &Target::severities, "which alarms; all if absent").range(1, 4);
  shape.optional("areas", &Target::areas, "alarms of these areas; all if absent")
      .example("boiler-house/#")
      .range(1, 1000);
  shape.optional("schedule", &Target::schedule, "when it is told; always if absent").range(1, 100).orSingle();
  shape.optional("events", &Target::events, "of what it is told; `raised` and `resolved` if absent").range(1, 4);
  shape.optional("subject", &Target::subject, "one line; ours if absent")
      .example("{rule_name}: {state}")
      .range(1, 500)
      .check(notOneLine);
  shape.optional("text", &Target::text, "the message; ours if absent")
      .example("{rule_name} is {state}, value {value}")
      .range(1, 4000);
  shape.optional("secret", &Target::secret, "webhook: key of the signature");
  shape.optional("token", &Target::token, "webhook: bearer token");
  shape.optional("user", &Target::user, "email: name at the mail server")
      .example("tagwire")
      .range(1, 256)
      .check(notOneLine);
  shape.optional("password", &Target::password, "email: password at the mail server");
  shape.optional("from", &Target::from, "email: the sender").example("tagwire@example.org");
  shape.optional("to", &Target::to, "email: the recipients").example("ops@example.org").range(1, 50).orSingle();
  shape.optional("starttls", &Target::startTls, "email with smtp://: whether the connection must be encrypted");
  shape.optional("command", &Target::command, "command: the program, then its arguments")
      .exampleJson("[\"/usr/local/bin/page\", \"{rule_name}\"]")
      .range(1, 100);
  shape.optional("ca_file", &Target::caFile, "PEM file: certificates to trust instead of the system's")
      .example("ca.pem")
      .range(1, 4096);
  shape.optional("proxy", &Target::proxy, "webhook: http://host:port of a proxy; none if absent")
      .example("http://proxy.example.org:3128")
      .range(1, 2000);
  shape.optional("connect_timeout_ms", &Target::connectTimeout, "how long a connection may take").range(100, 60'000);
  shape.optional("timeout_ms", &Target::timeout, "how long one attempt may take").range(100, 300'000);
  shape.optional("give_up_after_ms", &Target::giveUpAfter, "a notice older than this is given up when it fails again")
      .range(1000, month);
  shape.optional("rate_limit", &Target::rateLimit, "messages a minute; what is over waits").range(1, 10'000);
  shape.optional("group_ms", &Target::group, "notices within this time go as one message; 0: each by itself")
      .range(0, 3'600'000);
}

}  // namespace tagwire::alarms
