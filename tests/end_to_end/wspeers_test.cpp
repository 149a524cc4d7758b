// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <array>
#include <functional>
#include <memory>

#include "runningprogram.h"
#include "testprogram.h"

namespace wspeers_test {

namespace {

/// A program that runs beside the test and ends with it. Thread-bound; owned by the test.
struct Peer {
  QProcess process;

  Peer() { process.setChildProcessModifier(&endWithTheTest); }
  ~Peer() {
    process.kill();
    process.waitForFinished();
  }
  /// The first line that holds `word`; empty when it ended or 20 s passed before.
  QByteArray lineWith(const char *word) {
    QByteArray line;
    const bool came = tagwire::testing::waitFor([&] {
      while (!line.contains(word) && process.canReadLine()) line = process.readLine();
      return line.contains(word) || process.state() == QProcess::NotRunning;
    });
    return came && line.contains(word) ? line : QByteArray();
  }
};

/// Name, permissions; a token without the permissions of any stream is there too.
constexpr std::array<std::array<const char *, 2>, 5> tokens{{{"admin", "*:*"},
                                                             {"reader", "*:read"},
                                                             {"meter", "device:ems_001:publish"},
                                                             {"watcher", "device:*:watch"},
                                                             {"nothing", "points:nowhere/at/all:write"}}};

const auto jwtKeyName = QStringLiteral("TAGWIRE_JWT_KEY");
const auto jwtKey = QStringLiteral("known to this test and to nobody else");

bool isContinuousIntegration() { return !qEnvironmentVariableIsEmpty("CI"); }

}  // namespace

/// The real program before WebSocket libraries that others wrote: python3-websockets and node's `ws`. Each function
/// runs one script of tests/peers/python and its twin of tests/node; they are written from the pages of the contracts
/// alone and print what they saw.
class WsPeersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    m_program = std::make_unique<RunningProgram>();
    QVERIFY(QFile::copy(QStringLiteral(PEERS "/plc1.csv"), m_program->file("plc1.csv")));
    QVERIFY(QFile::copy(QStringLiteral(PEERS "/plc2.csv"), m_program->file("plc2.csv")));
    QVERIFY(startPlc(m_plc1, "plc1.csv", QStringLiteral("PLC1")));
    QVERIFY(startPlc(m_plc2, "plc2.csv", QStringLiteral("PLC2")));
    for (const auto &[name, permission] : tokens) QVERIFY(makeToken(QLatin1String(name), QLatin1String(permission)));
    m_port = freePort();
    m_environment.insert(QStringLiteral("LISTEN"), QStringLiteral("127.0.0.1:%1").arg(m_port));
    m_environment.insert(jwtKeyName, jwtKey);
    m_program->process().setProcessEnvironment(m_environment);
    QVERIFY(startProgram());
  }
  void cleanupTestCase() {
    QCOMPARE(m_program->terminate(), 0);
    QVERIFY2(!m_program->errors().contains(jwtKey), "the key of web tokens stands in the log");
    for (const QJsonValue &token : std::as_const(m_tokens)) {
      QVERIFY2(!m_program->errors().contains(token.toString()), "a token stands in the log");
    }
  }

#ifdef TAGWIRE_LONG
  void R2_2_whoSaysNothingIsSentAway_data() { python(); }
  void R2_2_whoSaysNothingIsSentAway() { runScript("silence"); }
#else
  void R1_3_R1_8_R1_9_R1_12_viewersAndSimulatorsOfAManager_data() { eachLibrary(); }
  void R1_3_R1_8_R1_9_R1_12_viewersAndSimulatorsOfAManager() { runScript("rtls_manager"); }
  void R1_34_R1_35_R1_36_triggerEventsForAll_data() { eachLibrary(); }
  void R1_34_R1_35_R1_36_triggerEventsForAll() { runScript("trigger_events"); }
  void R2_2_R2_5_R2_8_R2_10_devicesAndTheirWatchers_data() { eachLibrary(); }
  void R2_2_R2_5_R2_8_R2_10_devicesAndTheirWatchers() { runScript("device"); }
  void R3_1_R3_3_R3_4_R3_5_R3_6_alarmViewers_data() { eachLibrary(); }
  void R3_1_R3_3_R3_4_R3_5_R3_6_alarmViewers() { runScript("alarms"); }
  void R4_1_R4_6_R4_10_R4_14_roomDashboards_data() { eachLibrary(); }
  void R4_1_R4_6_R4_10_R4_14_roomDashboards() { runScript("rooms"); }
  void R5_1_R5_4_R5_5_R5_6_R5_8_operatorPanels_data() { eachLibrary(); }
  void R5_1_R5_4_R5_5_R5_6_R5_8_operatorPanels() { runScript("panel"); }
  void R5_13_serverSentEvents_data() { eachLibrary(); }
  void R5_13_serverSentEvents() { runScript("event_stream"); }
  void R6_2_R6_3_R6_5_liveClients_data() { eachLibrary(); }
  void R6_2_R6_3_R6_5_liveClients() { runScript("live"); }
  void omlox_applicationsAndSystemsOfAHub_data() {
    QTest::addColumn<QString>("library");
    QTest::newRow("node ws") << QStringLiteral("node");
  }
  void omlox_applicationsAndSystemsOfAHub() { runScript("omlox"); }
  void R4_12_R5_8_whoSaysTooMuchIsSentAway_data() { python(); }
  void R4_12_R5_8_whoSaysTooMuchIsSentAway() { runScript("flood"); }
  void allAreToldOfTheShutdown_data() { eachLibrary(); }
  void allAreToldOfTheShutdown() {
    runScript("shutdown", [this](Peer &script) {
      QVERIFY(!script.lineWith("all open").isEmpty());
      QCOMPARE(m_program->terminate(), 0);
    });
    QVERIFY(startProgram());
  }
#endif

 private:
  static void python() {
    QTest::addColumn<QString>("library");
    QTest::newRow("python3-websockets") << QStringLiteral("python");
  }
  static void eachLibrary() {
    QTest::addColumn<QString>("library");
    QTest::newRow("python3-websockets") << QStringLiteral("python");
    QTest::newRow("node ws") << QStringLiteral("node");
  }
  /// Why scripts in this language can't run here; empty when they can.
  static QString missing(const QString &library) {
    const auto runs = [](const char *program, const char *option, const char *code) {
      return QProcess::execute(QLatin1String(program), {QLatin1String(option), QLatin1String(code)}) == 0;
    };
    if (library == QLatin1String("python")) {
      return runs(PYTHON, "-c", "import websockets") ? QString()
                                                     : QStringLiteral("python3-websockets is not installed");
    }
    if (!runs("node", "-e", "fetch")) return QStringLiteral("node (18 or later) is not installed");
    if (QDir(QStringLiteral(NODE_PACKAGES "/node_modules/ws")).exists()) return {};
    return QStringLiteral("node's `ws` is not in " NODE_PACKAGES ": `ctest -R node_packages` brings it");
  }
  /// Waits until the values have come, too.
  bool startProgram() {
    QFile manifest(QStringLiteral(PEERS "/manifest.json"));
    if (!manifest.open(QIODevice::ReadOnly) || !m_program->start(manifest.readAll())) {
      qWarning().noquote() << m_program->errors();
      return false;
    }
    const auto status = [this] { return http(m_port, "GET", "/healthz").json().value(QLatin1String("status")); };
    return tagwire::testing::waitFor([&] { return status() == QStringLiteral("ok"); });
  }
  bool startPlc(Peer &peer, const char *file, const QString &variable) {
    peer.process.setProcessChannelMode(QProcess::MergedChannels);
    peer.process.start(QStringLiteral(TAGWIRE_PROGRAM),
                       {QStringLiteral("sim"), QStringLiteral("modbus"), QStringLiteral("--points"),
                        m_program->file(file), QStringLiteral("--listen"), QStringLiteral("127.0.0.1:0")});
    const QByteArray line = peer.lineWith("listening on ");
    const QByteArray where = line.mid(line.indexOf("listening on ") + 13).split(',').first();
    m_environment.insert(variable, QStringLiteral("tcp://") + QString::fromLatin1(where));
    return !line.isEmpty();
  }
  bool makeToken(const QString &name, const QString &permission) {
    QProcess process;
    process.start(QStringLiteral(TAGWIRE_PROGRAM),
                  {QStringLiteral("token"), QStringLiteral("create"), name, QStringLiteral("--allow"), permission,
                   QStringLiteral("--data-dir"), m_program->file("var")});
    if (!process.waitForFinished() || process.exitCode() != 0) return false;
    m_tokens.insert(name, QString::fromLatin1(process.readAllStandardOutput().trimmed()));
    return true;
  }
  QProcessEnvironment scriptEnvironment() const {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("TAGWIRE_URL"), QStringLiteral("http://127.0.0.1:%1").arg(m_port));
    environment.insert(QStringLiteral("TAGWIRE_TOKENS"),
                       QString::fromUtf8(QJsonDocument(m_tokens).toJson(QJsonDocument::Compact)));
    environment.insert(QStringLiteral("TAGWIRE_PLC2_PID"), QString::number(m_plc2.process.processId()));
    environment.insert(jwtKeyName, jwtKey);
    environment.insert(QStringLiteral("TAGWIRE_NODE_PACKAGES"), QStringLiteral(NODE_PACKAGES));
    environment.insert(QStringLiteral("PYTHONDONTWRITEBYTECODE"), QStringLiteral("1"));
    return environment;
  }
  /// `meanwhile` runs beside the script.
  void runScript(const char *name, const std::function<void(Peer &)> &meanwhile = {}) {
    QFETCH(QString, library);
    if (const QString reason = missing(library); !reason.isEmpty()) {
      QVERIFY2(!isContinuousIntegration(), qPrintable(reason));
      QSKIP(qPrintable(reason));
    }
    const bool isPython = library == QLatin1String("python");
    const QString file = isPython ? QStringLiteral(PEERS "/python/%1.py") : QStringLiteral(NODE_SCRIPTS "/%1.mjs");
    Peer script;
    script.process.setProcessEnvironment(scriptEnvironment());
    script.process.setProcessChannelMode(QProcess::MergedChannels);
    script.process.start(isPython ? QStringLiteral(PYTHON) : QStringLiteral("node"), {file.arg(QLatin1String(name))});
    if (meanwhile) meanwhile(script);
    const bool ended = QTest::qWaitFor([&] { return script.process.state() == QProcess::NotRunning; }, 50'000);
    const QByteArray said = script.process.readAll();
    const bool isDone = ended && script.process.exitCode() == 0 && said.endsWith("done\n");
    // QtTest keeps the first 1,000 characters of a message; what went wrong stands at the end.
    if (!isDone) qInfo().noquote() << said << m_program->errors();
    QVERIFY2(isDone, said.right(900).constData());
  }

  std::unique_ptr<RunningProgram> m_program;  // made late: its folder has to go away, which QtTest's -functions forgets
  QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
  Peer m_plc1, m_plc2;
  QJsonObject m_tokens;
  quint16 m_port = 0;
};

TAGWIRE_TEST(WsPeersTest)

}  // namespace wspeers_test

#include "wspeers_test.moc"
