// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/notice.h"
#include "notify/notificationconfig.h"

namespace tagwire {
class PointTable;
struct Site;
}  // namespace tagwire

namespace tagwire::alarms {

/// What goes to a target in one go. Plain value.
struct Message {
  QString key;                 ///< the same at each attempt: who has seen it has seen all of it
  QList<QJsonObject> notices;  ///< fields of the event with notice_id, subject and text
  bool isGroup = false;
  Time created;     ///< of the first notice
  QString subject;  ///< one line
  QString text;

  /// One JSON object: the notice, or {"notices": […]} with subject and text of the whole.
  QByteArray json() const;
};

/// Notice::body of an occasion.
QByteArray bodyOf(const Occasion &occasion, const QString &instance, const Site &site, const PointTable &points);
/// Of `tagwire alarms test-target`.
QByteArray testBody(Time time, const QString &instance, const Site &site);
/// `notices` is not empty; more than one, or one where the target wants groups, is a group.
Message messageOf(const QList<Notice> &notices, const NotificationTarget &target, const QString &instance);

}  // namespace tagwire::alarms
