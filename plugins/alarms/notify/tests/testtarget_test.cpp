// SPDX-License-Identifier: Apache-2.0
#include <QProcess>
#include <QTemporaryDir>

#include "hookserver.h"
#include "mailserver.h"
#include "testprogram.h"

namespace testtarget_test {

using namespace tagwire::alarms;

/// `tagwire alarms test-target`, the real program.
class TestTargetTest : public QObject {
  Q_OBJECT

  QString manifest(const QByteArray &plugins) {
    QFile file(m_folder.filePath(QStringLiteral("manifest.json")));
    if (!file.open(QFile::WriteOnly)) qFatal("no manifest");
    file.write("{\"site\":{\"name\":\"Plant 1\",\"timezone\":\"Asia/Kolkata\"},\"plugins\":[" + plugins + "]}");
    return file.fileName();
  }
  static QByteArray instance(const QByteArray &id, const QByteArray &targets) {
    return "{\"id\":\"" + id + "\",\"type\":\"alarms\",\"config\":{\"rules\":[],\"notifications\":[" + targets + "]}}";
  }
  static QByteArray hook(const QByteArray &id, const QByteArray &url, const QByteArray &keys = {}) {
    return "{\"id\":\"" + id + "\",\"type\":\"webhook\",\"url\":\"" + url + "\"" + keys + "}";
  }
  /// The exit code; what was printed is in m_out and m_errors.
  int run(const QStringList &arguments) {
    QProcess process;
    process.start(QStringLiteral(TAGWIRE_PROGRAM), QStringList{QStringLiteral("alarms")} + arguments);
    // Not waitForFinished(): our server has to answer meanwhile.
    if (!tagwire::testing::waitFor([&] { return process.state() == QProcess::NotRunning; })) return -1;
    m_out = QString::fromUtf8(process.readAllStandardOutput());
    m_errors = QString::fromUtf8(process.readAllStandardError());
    return process.exitCode();
  }
  int test(const QByteArray &plugins, const char *target) {
    return run({QStringLiteral("test-target"), manifest(plugins), QLatin1String(target)});
  }

  QTemporaryDir m_folder;
  QString m_out;
  QString m_errors;

 private Q_SLOTS:
  void toldAtOnce() {
    HookServer server;
    QCOMPARE(test(instance("alarms", hook("ops", server.url())), "ops"), 0);
    QCOMPARE(m_out, QStringLiteral("ops: was told: HTTP status 200\n"));
    QCOMPARE(server.requests.size(), 1);
    const QJsonObject json = server.requests.first().json();
    QCOMPARE(json.value(QStringLiteral("kind")).toString(), QStringLiteral("test"));
    QCOMPARE(json.value(QStringLiteral("site")).toString(), QStringLiteral("Plant 1"));
    QVERIFY(server.requests.first().headers.value("x-tagwire-delivery").startsWith("alarms-test-"));
  }

  void saysWhatTheTargetSaid() {
    HookServer server;
    server.status = "403 Forbidden";
    server.body = "no such channel, hunter2";
    qputenv("TEST_TOKEN", "hunter2");
    QCOMPARE(test(instance("alarms", hook("ops", server.url(), ",\"token\":{\"$env\":\"TEST_TOKEN\"}")), "ops"), 1);
    QCOMPARE(m_out, QStringLiteral("ops: was not told: HTTP status 403; it said: no such channel, ***\n"));
    QCOMPARE(server.requests.size(), 1);
  }

  void saysThatNobodyIsThere() {
    HookServer server;
    server.goDown();
    QCOMPARE(test(instance("alarms", hook("ops", server.url())), "ops"), 1);
    QVERIFY2(m_out.startsWith(QStringLiteral("ops: was not told: Failed to connect")), qPrintable(m_out));
  }

  void runsACommand() {
    const QByteArray command =
        "{\"id\":\"pager\",\"type\":\"command\",\"command\":[\"/bin/sh\",\"-c\",\"echo busy >&2; exit 3\"]}";
    QCOMPARE(test(instance("alarms", command), "pager"), 1);
    QCOMPARE(m_out, QStringLiteral("pager: was not told: exit code 3; it said: busy\n"));
  }

  void saysWhichCommandIsMissing() {
    const QByteArray command = "{\"id\":\"pager\",\"type\":\"command\",\"command\":[\"/no/such/program\"]}";
    QCOMPARE(test(instance("alarms", command), "pager"), 1);
    QVERIFY2(m_out.startsWith(QStringLiteral("pager: was not told: /no/such/program can't be started: ")),
             qPrintable(m_out));
    QVERIFY2(m_out.contains(QStringLiteral("No such file")), qPrintable(m_out));
  }

  void saysWhyAMailWasRefused() {
    MailServer server;
    server.answers.insert("RCPT", "550 5.1.1 no such user");
    const QByteArray mail =
        "{\"id\":\"mail\",\"type\":\"email\",\"url\":\"" + server.url() +
        "\",\"from\":\"tagwire@plant.example\",\"to\":[\"gone@plant.example\"],\"starttls\":\"off\"}";
    QCOMPARE(test(instance("alarms", mail), "mail"), 1);
    QVERIFY2(m_out.contains(QStringLiteral("it said: 550 5.1.1 no such user")), qPrintable(m_out));
  }

  void unknownTarget() {
    const QByteArray targets = hook("ops", "https://a.example") + ',' + hook("boss", "https://a.example");
    QCOMPARE(test(instance("alarms", targets), "opps"), 64);
    QCOMPARE(m_errors, QStringLiteral("no target \"opps\" (allowed: alarms/boss, alarms/ops)\n"));
    QCOMPARE(test("{\"id\":\"a\",\"type\":\"example\"}", "ops"), 64);
    QCOMPARE(m_errors, QStringLiteral("no target \"ops\": the manifest names no notifications\n"));
  }

  void severalInstances() {
    HookServer server;
    const QByteArray both =
        instance("north", hook("ops", "https://a.example")) + ',' + instance("south", hook("ops", server.url()));
    QCOMPARE(test(both, "ops"), 64);
    QVERIFY2(m_errors.contains(QStringLiteral("allowed: north/ops, south/ops")), qPrintable(m_errors));
    QCOMPARE(test(both, "south/ops"), 0);
    QCOMPARE(server.requests.size(), 1);
  }

  void badManifest() {
    QCOMPARE(test(instance("alarms", hook("ops", "ftp://a.example")), "ops"), 78);
    QVERIFY2(m_errors.contains(QStringLiteral("notifications[0].url: is not a URL")), qPrintable(m_errors));
    QCOMPARE(run({QStringLiteral("test-target"), QStringLiteral("/no/such/file"), QStringLiteral("ops")}), 78);
  }

  void helpIsNoError() {
    QCOMPARE(run({QStringLiteral("test-target"), QStringLiteral("--help")}), 0);
    QVERIFY2(m_out.startsWith(QStringLiteral("usage: tagwire alarms test-target MANIFEST TARGET\n")),
             qPrintable(m_out));
    QCOMPARE(m_errors, QString());
  }

  void wrongUse() {
    QCOMPARE(run({}), 64);
    QCOMPARE(m_errors, QStringLiteral("usage: tagwire alarms test-target MANIFEST TARGET\n"));
    QCOMPARE(run({QStringLiteral("test-target"), QStringLiteral("manifest.json")}), 64);
    QCOMPARE(run({QStringLiteral("ack")}), 64);
    QVERIFY2(m_errors.startsWith(QStringLiteral("unknown \"alarms ack\" (allowed: test-target)\nusage: ")),
             qPrintable(m_errors));
    QCOMPARE(run({QStringLiteral("test-target"), QStringLiteral("m"), QStringLiteral("x"), QStringLiteral("y")}), 64);
    QVERIFY2(m_errors.startsWith(QStringLiteral("unexpected \"y\"\nusage: ")), qPrintable(m_errors));
  }
};

TAGWIRE_TEST(TestTargetTest)

}  // namespace testtarget_test

#include "testtarget_test.moc"
