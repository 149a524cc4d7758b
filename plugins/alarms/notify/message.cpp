// SPDX-License-Identifier: Apache-2.0
#include "notify/message.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

#include "context.h"

namespace tagwire::alarms {
namespace {

constexpr qsizetype longestSubject = 200;

void insert(QJsonObject &json, const char *key, const QString &text) {
  if (!text.isEmpty()) json.insert(QLatin1String(key), text);
}

void insertTime(QJsonObject &json, Time time, const Site &site) {
  insert(json, "ts", toIso(time));
  const QDateTime local = QDateTime::fromMSecsSinceEpoch(toMilliseconds(time), site.timeZone);
  insert(json, "local_time", local.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss ")) + local.timeZoneAbbreviation());
}

QByteArray compactJson(const QJsonObject &json) { return QJsonDocument(json).toJson(QJsonDocument::Compact); }

QJsonObject fieldsOf(const Notice &notice, const NotificationTarget &target) {
  QJsonObject fields = QJsonDocument::fromJson(notice.body).object();
  fields.insert(QStringLiteral("notice_id"), notice.id);
  const QString subject = target.subject.fill(fields).simplified().left(longestSubject);
  const QString text = target.text.fill(fields);
  fields.insert(QStringLiteral("subject"), subject);
  fields.insert(QStringLiteral("text"), text);
  return fields;
}

int rank(const QJsonObject &fields) {
  const auto words = enumWords(Severity{});
  const QString severity = fields.value(QStringLiteral("severity")).toString();
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto &word) { return severity == QLatin1String(word.first); });
  return found == words.end() ? -1 : static_cast<int>(found->second);
}

void summarize(Message &message) {
  const auto worst = std::max_element(message.notices.cbegin(), message.notices.cend(),
                                      [](const auto &left, const auto &right) { return rank(left) < rank(right); });
  message.subject = worst->value(QStringLiteral("subject")).toString();
  const auto count = message.notices.size();
  if (count > 1) message.subject = QStringLiteral("%1 notices: %2").arg(count).arg(message.subject);
  QStringList texts;
  for (const QJsonObject &each : message.notices) texts << each.value(QStringLiteral("text")).toString().trimmed();
  message.text = texts.join(QLatin1String("\n\n---\n\n"));
}

}  // namespace

QByteArray Message::json() const {
  if (!isGroup) return compactJson(notices.first());
  QJsonArray all;
  for (const QJsonObject &each : notices) all.append(each);
  return compactJson(
      {{QStringLiteral("notices"), all}, {QStringLiteral("subject"), subject}, {QStringLiteral("text"), text}});
}

QByteArray bodyOf(const Occasion &occasion, const QString &instance, const Site &site, const PointTable &points) {
  QJsonObject body = toJson(Event{.time = occasion.time, .source = {}, .body = occasion.alarm}, points);
  for (const char *key : {"seq", "t", "type", "source"}) body.remove(QLatin1String(key));
  insert(body, "kind", ValueShape<Occasion::Kind>::fallback(occasion.kind).toString());
  insertTime(body, occasion.time, site);
  insert(body, "site", site.name);
  insert(body, "instance", instance);
  insert(body, "by", occasion.by);
  insert(body, "comment", occasion.comment);
  return compactJson(body);
}

QByteArray testBody(Time time, const QString &instance, const Site &site) {
  QJsonObject body{
      {QStringLiteral("kind"), QStringLiteral("test")},
      {QStringLiteral("rule_id"), 0},
      {QStringLiteral("rule_name"), QStringLiteral("Test")},
      {QStringLiteral("state"), QStringLiteral("OK")},
      {QStringLiteral("severity"), QStringLiteral("info")},
      {QStringLiteral("message"), QStringLiteral("This is a test of the notifications. Nothing happened.")}};
  insertTime(body, time, site);
  insert(body, "site", site.name);
  insert(body, "instance", instance);
  return compactJson(body);
}

Message messageOf(const QList<Notice> &notices, const NotificationTarget &target, const QString &instance) {
  Message message;
  message.isGroup = notices.size() > 1 || target.group.count() > 0;
  message.created = notices.first().created;
  message.key = QStringLiteral("%1-%2").arg(instance).arg(notices.first().id);
  if (notices.size() > 1) message.key += QStringLiteral("-%1").arg(notices.last().id);
  for (const Notice &notice : notices) message.notices << fieldsOf(notice, target);
  summarize(message);
  return message;
}

}  // namespace tagwire::alarms
