// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonDocument>
#include <QtTest>

#include <mutex>

#include "notify/notificationdesk.h"
#include "testing/testcontext.h"

namespace tagwire::alarms {

/// The keys of an instance that the desk reads.
struct DeskConfig {
  static void describe(Shape<DeskConfig> &shape) { shape.required("notifications", &DeskConfig::notifications, ""); }
  NotificationsConfig notifications;
};

/// Everything that is logged while it lives. One at a time.
class LogCatcher {
 public:
  LogCatcher() {
    lines().clear();
    m_before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &context, const QString &text) {
      const std::scoped_lock lock(mutex());
      if (qstrncmp(context.category, "tagwire.", 8) == 0) lines() << text;
    });
  }
  ~LogCatcher() { qInstallMessageHandler(m_before); }
  static QStringList &lines() {
    static QStringList all;
    return all;
  }
  static qsizetype count(const QString &part) { return lines().filter(part).size(); }

 private:
  static std::mutex &mutex() {
    static std::mutex one;
    return one;
  }
  QtMessageHandler m_before;
};

/// A desk as Alarms has it, with a clock that the test moves: keeps notices until they are settled.
class DeskFixture : public QObject {
 public:
  explicit DeskFixture(const QByteArray &targets) {
    context.mutableSite() = {QStringLiteral("Plant 1"), QTimeZone("Asia/Kolkata")};
    Problems problems;
    const ConfigNode node =
        parseJson("{\"notifications\":[" + targets + "]}", QStringLiteral("/plant/test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto read = reader.read<DeskConfig>();
    if (read) checkNotifications(read->notifications, context.site().timeZone, reader);
    for (const Problem &problem : problems) qFatal("%s", qPrintable(toText(problem)));
    config = read->notifications;
    make();
  }

  /// A new one, as after a restart; the one before is gone with all it knew.
  void make() {
    desk.reset();
    desk = std::make_unique<NotificationDesk>(config, context);
    connect(desk.get(), &NotificationDesk::settled, this, [this](qint64 id) {
      settled << id;
      kept.remove(id);
    });
    connect(desk.get(), &NotificationDesk::postponed, this, [this](const Notice &notice) {
      postponed << notice;
      kept.insert(notice.id, notice);
    });
  }

  static Occasion occasion(const QString &name = QStringLiteral("Boiler High Temp")) {
    Occasion made;
    made.alarm.alarmId = 1001;
    made.alarm.ruleId = 77;
    made.alarm.ruleName = name;
    made.alarm.area = QStringLiteral("boiler-house");
    made.alarm.state = AlarmState::Alarm;
    made.alarm.condition = AlarmCondition::UnacknowledgedActive;
    made.alarm.severity = Severity::Critical;
    made.alarm.comparison = QStringLiteral("above");
    made.alarm.value = 85.5;
    made.alarm.message = QStringLiteral("Rule %1 -> ALARM").arg(name);
    return made;
  }

  void raise(Occasion occasion = DeskFixture::occasion()) {
    occasion.time = context.clock().now();
    const auto notices = desk->noticesFor(occasion, [this] { return ++lastId; });
    for (const Notice &notice : notices) {
      kept.insert(notice.id, notice);
      desk->send(notice);
    }
  }

  void pass(std::chrono::nanoseconds time) {
    context.manualClock().advance(time);
    desk->look();
  }
  /// Up to the next attempt of the notice that was postponed last.
  void passPause() { pass(postponed.last().notBefore - context.clock().now()); }
  QString metric(const char *name) {
    const auto lines = QString::fromStdString(context.metrics().text()).split(u'\n');
    return lines.filter(QRegularExpression(QLatin1Char('^') + QLatin1String(name) + QLatin1String("\\{"))).join(u'\n');
  }

  TestContext context{QStringLiteral("alarms")};
  NotificationsConfig config;
  std::unique_ptr<NotificationDesk> desk;
  QMap<qint64, Notice> kept;
  QList<qint64> settled;
  QList<Notice> postponed;
  qint64 lastId = 0;
};

}  // namespace tagwire::alarms
