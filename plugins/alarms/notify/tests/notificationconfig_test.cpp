// SPDX-License-Identifier: Apache-2.0
#include "notify/notificationconfig.h"

#include <QTemporaryFile>
#include <QtTest>

#include "notify/routing.h"
#include "testing/testcontext.h"
#include "testprogram.h"

namespace notificationconfig_test {

using namespace tagwire;
using namespace tagwire::alarms;

namespace {

struct Targets {
  static void describe(Shape<Targets> &shape) {
    shape.required("notifications", &Targets::notifications, "").range(0, 1000);
  }
  NotificationsConfig notifications;
};

/// As a manifest would read them, with `keys` in one target.
std::optional<NotificationsConfig> read(const QByteArray &targets, QString *errors) {
  Problems problems;
  const ConfigNode node =
      parseJson("{\"notifications\":[" + targets + "]}", QStringLiteral("/plant/test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto config = reader.read<Targets>();
  if (config) checkNotifications(config->notifications, QTimeZone("Asia/Kolkata"), reader);
  errors->clear();
  for (const Problem &problem : problems) *errors += toText(problem) + u'\n';
  if (reader.failed()) return std::nullopt;
  return config->notifications;
}

QByteArray hook(const QByteArray &keys) {
  return "{\"id\":\"ops\",\"type\":\"webhook\",\"url\":\"https://hooks.example/a\"" + keys + "}";
}

QByteArray mail(const QByteArray &keys) {
  return "{\"id\":\"mail\",\"type\":\"email\",\"url\":\"smtp://mail.example:587\",\"from\":\"a@b.c\",\"to\":\"d@e.f\"" +
         keys + "}";
}

}  // namespace

/// What the manifest may say of targets, and which of them want what.
class NotificationConfigTest : public QObject {
  Q_OBJECT

  NotificationTarget one(const QByteArray &target) {
    QString errors;
    const auto config = read(target, &errors);
    if (!config) qFatal("%s", qPrintable(errors));
    return config->first();
  }

 private Q_SLOTS:
  void theSmallest() {
    const NotificationTarget target = one(hook(""));
    QCOMPARE(target.id, QStringLiteral("ops"));
    QVERIFY(target.giveUpAfter == std::chrono::hours(24));
    QCOMPARE(target.rateLimit, 60);
    QCOMPARE(target.group.count(), 0);
    QVERIFY(!target.subject.isEmpty() && !target.text.isEmpty());
  }

  void filesAreBesideTheManifest() {
    QCOMPARE(one(hook(",\"ca_file\":\"ca.pem\"")).caFile, QStringLiteral("/plant/ca.pem"));
    QCOMPARE(one(mail(",\"ca_file\":\"/etc/ca.pem\"")).caFile, QStringLiteral("/etc/ca.pem"));
  }

  void refusals_data() {
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *name, const QByteArray &target, const char *error) {
      QTest::newRow(name) << target << QString::fromUtf8(error);
    };
    row("twice", hook("") + ',' + hook(""), "notifications[1].id: \"ops\" is the id of notifications[0] already");
    row("bad id", hook("").replace("ops", "a b"), "id: \"a b\" is no id (allowed: letters");
    row("no url", "{\"id\":\"o\",\"type\":\"webhook\"}",
        "notifications[0].url: missing (allowed: https://host/path or http");
    row("mail url", "{\"id\":\"o\",\"type\":\"webhook\",\"url\":\"smtp://host\"}",
        "url: is not of this type of target");
    row("file url", "{\"id\":\"o\",\"type\":\"webhook\",\"url\":\"file:///etc/passwd\"}", "url: is not a URL");
    row("ftp url", "{\"id\":\"o\",\"type\":\"webhook\",\"url\":\"ftp://host/a\"}", "url: is not a URL of this kind");
    row("user in url", "{\"id\":\"o\",\"type\":\"webhook\",\"url\":\"https://hunter2@host/\"}",
        "no name or password belongs in a URL");
    row("password in url", "{\"id\":\"o\",\"type\":\"webhook\",\"url\":\"https://a:hunter2@host/\"}",
        "a URL may not hold a password");
    row("token in url", "{\"id\":\"o\",\"type\":\"webhook\",\"url\":\"https://host/?token=hunter2\"}",
        "a URL may not hold a password");
    row("plain secret", hook(",\"secret\":\"hunter2\""), "a reference is due");
    row("clear token", "{\"id\":\"o\",\"type\":\"webhook\",\"url\":\"http://host/\",\"token\":{\"$env\":\"GOOD\"}}",
        "token: would be sent in the clear");
    row("token of two lines", hook(",\"token\":{\"$env\":\"TWO_LINES\"}"), "token: can't be sent in a header");
    row("placeholder", hook(",\"subject\":\"{rulename}\""),
        "{rulename} is no placeholder (allowed: {alarm_id}, {area}");
    row("of itself", hook(",\"text\":\"a {text}\""), "text: can't hold {subject} or {text} (allowed: in \"command\")");
    row("brace", hook(",\"text\":\"a { b\""), "{ is no placeholder");
    row("subject of two lines", hook(",\"subject\":\"a\\r\\nBcc: x@y.z\""), "subject: has a control character");
    row("severity", hook(",\"severities\":[\"bad\"]"), "unknown word \"bad\" (allowed: critical, major, minor, info)");
    row("event", hook(",\"events\":[\"cleared\"]"), "allowed: raised, resolved, acknowledged, escalated");
    row("area", hook(",\"areas\":[\"a//b\"]"), "areas[0]: has an empty level");
    row("mail key", hook(",\"from\":\"a@b.c\""), "from: has no meaning for \"webhook\" (allowed: with \"email\")");
    row("hook key", mail(",\"secret\":{\"$env\":\"GOOD\"}"), "secret: has no meaning for \"email\"");
    row("no sender", "{\"id\":\"o\",\"type\":\"email\",\"url\":\"smtp://host\"}", "from: missing: \"email\" needs it");
    row("no recipient", "{\"id\":\"o\",\"type\":\"email\",\"url\":\"smtp://host\",\"from\":\"a@b.c\"}",
        "to: missing: \"email\" needs it");
    row("injected recipient", mail(",\"x\":1").replace("d@e.f", "d@e.f>\\r\\nRCPT TO:<x@y.z"),
        "to[0]: is no mail address");
    row("display name", mail(",\"x\":1").replace("a@b.c", "Ops <a@b.c>"), "from: is no mail address");
    row("mail path", mail("").replace(":587", ":587/name"), "nothing may follow the host");
    row("user alone", mail(",\"user\":\"u\""), "password: missing: user and password go together");
    row("clear password", mail(",\"starttls\":\"off\",\"user\":\"u\",\"password\":{\"$env\":\"GOOD\"}"),
        "password: would be sent in the clear");
    row("no program", "{\"id\":\"o\",\"type\":\"command\"}", "command: missing");
    row("relative program", "{\"id\":\"o\",\"type\":\"command\",\"command\":[\"page\"]}", "command[0]: is no program");
    row("program of the alarm", "{\"id\":\"o\",\"type\":\"command\",\"command\":[\"/bin/{rule_name}\"]}",
        "command[0]: is no program");
    row("shell words", "{\"id\":\"o\",\"type\":\"command\",\"command\":\"/bin/page {text}\"}",
        "an array is due, not a string");
    row("grouped command", "{\"id\":\"o\",\"type\":\"command\",\"command\":[\"/bin/page\"],\"group_ms\":10}",
        "group_ms: has no meaning");
    row("ca without tls", hook(",\"ca_file\":\"a\"").replace("https", "http"), "ca_file: means nothing without TLS");
    row("rate", hook(",\"rate_limit\":0"), "rate_limit: 0 is out of range");
  }
  void refusals() {
    QFETCH(QByteArray, target);
    QFETCH(QString, error);
    qputenv("GOOD", "hunter2");
    qputenv("TWO_LINES", "hunter2\r\nX-Evil: 1");
    QString errors;
    QVERIFY(!read(target, &errors));
    QVERIFY2(errors.contains(error), qPrintable(errors));
    QVERIFY2(!errors.contains(QLatin1String("hunter2")), qPrintable(errors));
  }

  void r3_23_routing_data() {
    using Kind = Occasion::Kind;
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("time");
    QTest::addColumn<QStringList>("targets");
    QTest::addColumn<bool>("wanted");
    const QString noon = QStringLiteral("2026-06-01T12:00:00Z");
    const auto row = [&](const char *name, const char *keys, Kind kind, bool wanted, const QStringList &targets = {}) {
      QTest::newRow(name) << QByteArray(keys) << static_cast<int>(kind) << noon << targets << wanted;
    };
    row("all", "", Kind::Raised, true);
    row("resolved too", "", Kind::Resolved, true);
    row("not acknowledged", "", Kind::Acknowledged, false);
    row("escalated by severity alone", "", Kind::Escalated, false);
    row("its severity", ",\"severities\":[\"minor\",\"critical\"]", Kind::Raised, true);
    row("another severity", ",\"severities\":[\"minor\"]", Kind::Raised, false);
    row("its area", ",\"areas\":[\"boiler\",\"cold-store/*\"]", Kind::Raised, true);
    row("the area above", ",\"areas\":[\"cold-store\"]", Kind::Raised, false);
    row("all areas", ",\"areas\":[\"#\"]", Kind::Raised, true);
    row("only acknowledged", ",\"events\":[\"acknowledged\"]", Kind::Raised, false);
    row("acknowledged", ",\"events\":[\"acknowledged\"]", Kind::Acknowledged, true);
    row("escalated", ",\"events\":[\"escalated\"]", Kind::Escalated, true);
    row("named by the escalation", ",\"severities\":[\"minor\"]", Kind::Escalated, true, {QStringLiteral("ops")});
    row("another is named", ",\"events\":[\"escalated\"]", Kind::Escalated, false, {QStringLiteral("boss")});
    const char *night = ",\"schedule\":{\"start\":\"22:00\",\"end\":\"06:00\"}";  // of the site, Asia/Kolkata
    row("by day", night, Kind::Raised, false);
    QTest::newRow("by night") << QByteArray(night) << 0 << QStringLiteral("2026-06-01T17:30:00Z") << QStringList()
                              << true;
    const char *both =
        ",\"schedule\":[{\"start\":\"22:00\",\"end\":\"06:00\"},{\"start\":\"17:00\",\"end\":\"18:00\"}]";
    row("one of two", both, Kind::Raised, true);
  }
  void r3_23_routing() {
    QFETCH(QByteArray, keys);
    QFETCH(int, kind);
    QFETCH(QString, time);
    QFETCH(QStringList, targets);
    Occasion occasion{.kind = static_cast<Occasion::Kind>(kind),
                      .time = *fromIso(time),
                      .alarm = {},
                      .by = {},
                      .comment = {},
                      .targets = targets};
    occasion.alarm.severity = Severity::Critical;
    occasion.alarm.area = QStringLiteral("cold-store/room1");
    QTEST(isWanted(one(hook(keys)), occasion), "wanted");
  }

  void theReadmesExampleIsGood() {
    QFile file(QStringLiteral(ALARMS_README));
    QVERIFY(file.open(QFile::ReadOnly));
    QByteArray text = file.readAll();
    text.remove(0, text.indexOf("<!-- notifications -->"));
    text.remove(0, text.indexOf('[') + 1);
    text.truncate(text.indexOf("\n]\n"));
    qputenv("HOOK_SECRET", "a");
    qputenv("MAIL_PASSWORD", "b");
    QString errors;
    const auto config = read(text, &errors);
    QVERIFY2(config, qPrintable(errors));
    QCOMPARE(config->size(), 3);
  }

  void texts() {
    const QJsonObject fields{{QStringLiteral("rule_name"), QStringLiteral("Boiler")},
                             {QStringLiteral("value"), 85.5},
                             {QStringLiteral("alarm_id"), 1767225600000000LL}};
    const auto fill = [&](const char *text) {
      return MessageTemplate::fromText(QString::fromUtf8(text))->fill(fields);
    };
    QCOMPARE(fill("{rule_name}: {value} °C {{x}"), QStringLiteral("Boiler: 85.5 °C {x}"));
    QCOMPARE(fill("{alarm_id}{area}"), QStringLiteral("1767225600000000"));
    QCOMPARE(fill("{value_text}"), QStringLiteral("85.5"));
    QCOMPARE(fill("plain"), QStringLiteral("plain"));
  }
};

TAGWIRE_TEST(NotificationConfigTest)

}  // namespace notificationconfig_test

#include "notificationconfig_test.moc"
