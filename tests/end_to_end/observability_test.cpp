// SPDX-License-Identifier: Apache-2.0
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTest>

#include <bit>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "modbusplc.h"
#include "prometheustext.h"
#include "runningprogram.h"
#include "testprogram.h"

namespace observability_test {

using tagwire::PrometheusText;

namespace {

constexpr int virtualPoints = 300;

QByteArray fileBytes(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Names of metrics in a text: of a dashboard's query, of a page.
QStringList metricNamesIn(const QString &text) {
  static const QRegularExpression name(QStringLiteral("\\b(tagwire|process)_[a-z0-9_]*[a-z0-9]\\b"));
  QStringList names;
  for (auto match = name.globalMatch(text); match.hasNext();) names << match.next().captured();
  names.removeDuplicates();
  return names;
}

void collectQueries(const QJsonValue &value, QStringList &into) {
  for (const QJsonValue &each : value.toArray()) collectQueries(each, into);
  const QJsonObject object = value.toObject();
  for (auto member = object.begin(); member != object.end(); ++member) {
    if (member.key() == u"expr" || member.key() == u"definition") into << member->toString();
    collectQueries(*member, into);
  }
}

}  // namespace

/// The real program, looked at from outside: metrics, health, the trace of one point, the log.
class ObservabilityTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    setTemperature(20.5F);
    QVERIFY(m_plc.connectDevice());
    QVERIFY2(m_program.start(manifest()), qPrintable(m_program.errors()));
    m_live = std::make_unique<Client>(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(m_port));
    QVERIFY(m_live->waitOpen());
    m_live->send("{\"op\":\"subscribe\",\"id\":\"a\",\"topics\":[\"points/#\"]}");
    QVERIFY(!m_live->waitFor([](const QJsonObject &m) { return m.contains(QLatin1String("points")); }).isEmpty());
    setTemperature(21.5F);
    QTRY_VERIFY(metrics().sum(QStringLiteral("tagwire_sql_written_total")) > 0);
  }
  void cleanupTestCase() {
    m_live.reset();
    QCOMPARE(m_program.terminate(), 0);
  }

  void metricsKeepToThePrometheusFormat() {
    const PrometheusText text = metrics();
    QVERIFY2(text.complaints.isEmpty(), qPrintable(text.complaints.join(u'\n')));
    QVERIFY(text.families.size() > 60);
    for (const char *name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                             "process_max_fds", "process_start_time_seconds", "process_virtual_memory_bytes",
                             "tagwire_build_info", "tagwire_loop_lag_seconds"}) {
      QVERIFY2(text.families.contains(QLatin1String(name)), name);
    }
  }
  void latenciesAreMeasured() {
    const PrometheusText text = metrics();
    for (const char *series :
         {"tagwire_sink_latency_seconds_count{plugin=\"history\"}",
          "tagwire_sink_latency_seconds_count{plugin=\"web\"}", "tagwire_sink_latency_seconds_count{plugin=\"alarms\"}",
          "tagwire_sink_write_seconds_count{plugin=\"history\"}", "tagwire_modbus_cycle_seconds_count{plugin=\"plc1\"}",
          "tagwire_modbus_answer_seconds_count{plugin=\"plc1\"}"}) {
      QVERIFY2(text.values.value(QLatin1String(series)) > 0, series);
    }
    QTRY_VERIFY(metrics().values.value(QStringLiteral("tagwire_loop_delay_seconds_count")) > 0);
  }
  void noSeriesIsOfAPoint() {
    const PrometheusText before = metrics();
    for (const QString &key : before.values.keys()) {
      QVERIFY2(!key.contains(QLatin1String("v17")) && !key.contains(QLatin1String("boiler")), qPrintable(key));
    }
    QVERIFY2(before.values.size() < 700, qPrintable(QString::number(before.values.size())));
    // Whatever clients ask for, there are no more of them: what is new was counted before.
    for (int i = 0; i < 20; ++i) {
      http(m_port, "GET", "/nowhere/" + QByteArray::number(i));
      QCOMPARE(ingest(i, 1), 200);
    }
    const qsizetype once = metrics().values.size();
    for (int i = 20; i < 40; ++i) http(m_port, "GET", "/nowhere/" + QByteArray::number(i));
    QCOMPARE(metrics().values.size(), once);
  }
  void dashboardAsksForWhatIsThere() {
    const QJsonDocument dashboard =
        QJsonDocument::fromJson(fileBytes(QStringLiteral(PEERS "/../../packaging/grafana/tagwire-metrics.json")));
    QVERIFY(dashboard.isObject());
    QStringList queries;
    collectQueries(dashboard.object(), queries);
    QVERIFY(queries.size() > 30);
    const PrometheusText text = metrics();
    for (const QString &query : std::as_const(queries)) {
      const QStringList names = metricNamesIn(query);
      QVERIFY2(!names.isEmpty(), qPrintable(query));
      for (const QString &name : names) QVERIFY2(text.exports(name), qPrintable(name + u' ' + query));
      QCOMPARE(query.count(u'('), query.count(u')'));
    }
  }
  void pageNamesEveryMetric() {
    const QString page = QString::fromUtf8(fileBytes(QStringLiteral(PEERS "/../../docs/observability.md")));
    const QStringList named = metricNamesIn(page);
    const PrometheusText text = metrics();
    QStringList missing;
    for (const QString &name : text.families.keys()) {
      if (!named.contains(name)) missing << name;
    }
    QVERIFY2(missing.isEmpty(), qPrintable(QStringLiteral("not in docs/observability.md: ") + missing.join(u' ')));
    // And nothing else: what this plant does not export stands in the code.
    const QByteArray code = sources();
    for (const QString &name : named) {
      const bool isThere =
          text.exports(name) || text.families.contains(name) || code.contains('"' + name.toUtf8() + '"');
      QVERIFY2(isThere, qPrintable(name));
    }
  }
  void traceFollowsAValueToItsClient() {
    QProcess trace;
    startTrace(trace, {QStringLiteral("plc1/boiler/temp"), QStringLiteral("--seconds=30"), QStringLiteral("--json")});
    float value = 30;
    while (trace.state() != QProcess::NotRunning) {
      setTemperature(value = value == 30 ? 31.0F : 30.0F);
      QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
    }
    const QByteArray errors = trace.readAllStandardError();
    QVERIFY2(trace.exitCode() == 0, errors.constData());
    const QJsonObject report = QJsonDocument::fromJson(trace.readAllStandardOutput()).object();
    QCOMPARE(report.value(QLatin1String("point")).toString(), QStringLiteral("plc1/boiler/temp"));
    QCOMPARE(report.value(QLatin1String("rows")).toArray().size(), 1);
    const QJsonObject row = report.value(QLatin1String("rows")).toArray().first().toObject();
    const double traced = row.value(QLatin1String("value")).toDouble();
    QVERIFY(traced == 30 || traced == 31);
    QStringList hops;
    double last = 0;
    const QJsonArray all = row.value(QLatin1String("hops")).toArray();
    for (const QJsonValue &each : all) {
      const QJsonObject hop = each.toObject();
      hops << hop.value(QLatin1String("hop")).toString() + u' ' + hop.value(QLatin1String("instance")).toString();
      const double after = hop.value(QLatin1String("after_us")).toDouble(-1);
      QVERIFY(after >= last);
      last = after;
      if (hops.last().startsWith(QLatin1String("sent"))) {
        QVERIFY(hop.value(QLatin1String("detail")).toString().endsWith(QLatin1String(" /ws/live")));
      }
    }
    QCOMPARE(hops.first(), QStringLiteral("received "));
    for (const char *due : {"handed_over alarms", "taken alarms", "handed_over history", "taken history",
                            "stored history", "handed_over web", "taken web", "sent web"}) {
      QVERIFY2(hops.contains(QLatin1String(due)), qPrintable(hops.join(u'\n')));
    }
    QVERIFY(!http(m_port, "GET", "/api/v1/trace").json().value(QLatin1String("is_on")).toBool(true));
  }
  void traceForPeople() {
    QProcess trace;
    startTrace(trace, {QStringLiteral("lab/v1")});
    double value = 0;
    while (trace.state() != QProcess::NotRunning) {
      ingest(1, ++value);
      QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents,
                                      5);  // many more than it follows
    }
    const QByteArray text = trace.readAllStandardOutput();
    QVERIFY2(trace.exitCode() == 0, text + trace.readAllStandardError());
    QVERIFY2(text.startsWith("lab/v1 = "), text.constData());
    QVERIFY2(text.contains("ms  hub           received\n") && text.contains("history       stored"), text.constData());
  }
  void traceThatFindsNothingSaysSo() {
    QProcess trace;
    startTrace(trace, {QStringLiteral("lab/v2"), QStringLiteral("--seconds=1")});
    QVERIFY(trace.waitForFinished(20'000));
    QCOMPARE(trace.exitCode(), 1);
    QVERIFY(trace.readAllStandardError().contains("no new value of lab/v2 within 1 s"));
    startTrace(trace, {QStringLiteral("lab/nothing")});
    QVERIFY(trace.waitForFinished(20'000));
    QCOMPARE(trace.exitCode(), 69);
    QVERIFY(trace.readAllStandardError().contains("there is no point \"lab/nothing\""));
    trace.start(QStringLiteral(TAGWIRE_PROGRAM),
                {QStringLiteral("trace"), QStringLiteral("http://a:hunter2@127.0.0.1"), QStringLiteral("lab/v1")});
    QVERIFY(trace.waitForFinished(20'000));
    QCOMPARE(trace.exitCode(), 64);
    QVERIFY(!trace.readAllStandardError().contains("hunter2"));
  }
  void oneTraceAtATime() {
    QCOMPARE(http(m_port, "POST", "/api/v1/trace", "{\"point\":\"lab/v1\",\"seconds\":60}").status, 202);
    const HttpAnswer busy = http(m_port, "POST", "/api/v1/trace", "{\"point\":\"lab/v2\"}");
    QCOMPARE(busy.status, 409);
    QVERIFY(busy.body.contains("another point is being traced"));
    QCOMPARE(http(m_port, "POST", "/api/v1/trace", "{\"point\":\"lab/v1\",\"seconds\":61}").status, 400);
    QCOMPARE(http(m_port, "DELETE", "/api/v1/trace").status, 204);
    QCOMPARE(http(m_port, "POST", "/api/v1/trace", "{\"point\":\"lab/v2\",\"seconds\":1}").status, 202);
    QCOMPARE(http(m_port, "DELETE", "/api/v1/trace").status, 204);
  }
  void notReadySaysWhy() {
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost, 0));
    const quint16 port = freePort();
    RunningProgram program;
    const QString text =
        QStringLiteral(
            "{ 'data_dir': 'var', 'plugins': [ { 'id': 'second', 'type': 'ws', 'on_start_error': 'retry', "
            "'config': { 'listen': '127.0.0.1:%1', 'endpoints': [] } }, %2 ] }")
            .arg(other.serverPort())
            .arg(gateway(port));
    QVERIFY2(program.start(QString(text).replace(u'\'', u'"').toUtf8()), qPrintable(program.errors()));
    const HttpAnswer answer = http(port, "GET", "/readyz");
    QCOMPARE(answer.status, 503);
    QCOMPARE(answer.json().value(QLatin1String("ready")).toBool(true), false);
    const QJsonArray reasons = answer.json().value(QLatin1String("reasons")).toArray();
    QCOMPARE(reasons.size(), 1);
    const QJsonObject reason = reasons.first().toObject();
    QCOMPARE(reason.value(QLatin1String("instance")).toString(), QStringLiteral("second"));
    QVERIFY(QStringLiteral("failed starting").contains(reason.value(QLatin1String("state")).toString()));
    QVERIFY(!reason.value(QLatin1String("why")).toString().isEmpty());
    other.close();
    QTRY_COMPARE(http(port, "GET", "/readyz").status, 200);
    QVERIFY(http(port, "GET", "/readyz").json().value(QLatin1String("reasons")).toArray().isEmpty());
    QCOMPARE(program.terminate(), 0);
  }
  void aFloodIsCutAndTold() {
    RunningProgram program;
    const quint16 port = freePort();
    QVERIFY2(program.start(only(gateway(port))), qPrintable(program.errors()));
    for (int i = 0; i < 130; ++i) {
      Client client(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(port));
      QVERIFY(client.waitOpen());
    }
    QTRY_VERIFY(logCounter(port, "suppressed") > 0);
    QCOMPARE(program.terminate(), 0);
    const QString log = program.errors();
    static const QRegularExpression told(QStringLiteral(" info web: suppressed \\d+ messages like: 127\\.0\\.0\\.1:"));
    QVERIFY2(log.contains(told), qPrintable(log.right(2000)));
    QVERIFY(log.count(QLatin1String(" connected to ")) < 130);
  }
  void aPipeThatNobodyReadsStopsNothing() {
    int ends[2];
    QCOMPARE(::pipe2(ends, O_CLOEXEC), 0);
    QVERIFY(::fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    RunningProgram program;
    program.process().setChildProcessModifier([end = ends[1]] {
      endWithTheTest();
      ::dup2(end, STDERR_FILENO);
    });
    const quint16 port = freePort();
    QVERIFY(program.start(only(gateway(port))));
    ::close(ends[1]);
    QDeadlineTimer deadline(20'000);
    while (logCounter(port, "dropped") < 10 && !deadline.hasExpired()) {
      Client client(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(port));
      QVERIFY(client.waitOpen());
    }
    QVERIFY(logCounter(port, "dropped") >= 10);
    QCOMPARE(http(port, "GET", "/healthz").status, 200);
    // Somebody reads again: they are told how many they missed.
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    QByteArray log;
    const auto read = [&] {
      char piece[65536];
      const ssize_t count = ::read(ends[0], piece, sizeof piece);
      if (count > 0) log.append(piece, count);
      return log.contains(" lines of the log were dropped: nobody took them");
    };
    QTRY_VERIFY(read());
    QCOMPARE(program.terminate(), 0);
    ::close(ends[0]);
  }

 private:
  PrometheusText metrics() const { return PrometheusText(QString::fromUtf8(http(m_port, "GET", "/metrics").body)); }
  static double logCounter(quint16 port, const char *what) {
    const PrometheusText text(QString::fromUtf8(http(port, "GET", "/metrics").body));
    return text.values.value(QStringLiteral("tagwire_log_%1_total").arg(QLatin1String(what)));
  }
  /// A value of one of the virtual points; the status of the answer.
  int ingest(int point, double value) const {
    const QByteArray body =
        "{\"endpointId\":" + QByteArray::number(1000 + point) + ",\"value\":" + QByteArray::number(value) + '}';
    return http(m_port, "POST", "/api/os/telemetry/ingest", body).status;
  }
  void startTrace(QProcess &process, const QStringList &rest) const {
    process.setChildProcessModifier(&endWithTheTest);
    process.start(QStringLiteral(TAGWIRE_PROGRAM),
                  QStringList{QStringLiteral("trace"), QStringLiteral("http://127.0.0.1:%1").arg(m_port)} + rest);
  }
  void setTemperature(float value) {
    const auto bits = std::bit_cast<quint32>(value);
    m_plc.setRegister(0, static_cast<quint16>(bits >> 16));
    m_plc.setRegister(1, static_cast<quint16>(bits & 0xffff));
  }
  static QByteArray sources() {
    QByteArray all;
    for (const char *folder : {"core", "plugins"}) {
      QDirIterator walk(QStringLiteral(PEERS "/../../") + QLatin1String(folder), {QStringLiteral("*.cpp")}, QDir::Files,
                        QDirIterator::Subdirectories);
      while (walk.hasNext()) all += fileBytes(walk.next());
    }
    return all;
  }
  static QString gateway(quint16 port) {
    return QStringLiteral(
               "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%1', 'auth': { 'anonymous': ['*:*'] }, "
               "'endpoints': [ { 'path': '/ws/live', 'protocol': 'live' } ] } }")
        .arg(port);
  }
  static QByteArray only(const QString &plugin) {
    return QString(QStringLiteral("{ 'data_dir': 'var', 'plugins': [ %1 ] }").arg(plugin))
        .replace(u'\'', u'"')
        .toUtf8();
  }
  QByteArray manifest() const {
    QStringList points;
    for (int i = 0; i < virtualPoints; ++i)
      points << QStringLiteral("{ 'name': 'v%1', 'number': %2, 'type': 'float64' }").arg(i).arg(1000 + i);
    QString text =
        QStringLiteral(
            "{ 'site': { 'name': 'test', 'timezone': 'Asia/Kolkata' }, 'data_dir': 'var', 'plugins': [\n"
            "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:%1', 'unit': 1,\n"
            "  'poll_interval_ms': 50, 'timeout_ms': 500, 'points': [\n"
            "  { 'name': 'boiler/temp', 'register': '40001', 'type': 'float32', 'unit': '°C' } ] } },\n"
            "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [ %2 ] } },\n"
            "{ 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': [ { 'id': 77, 'name': 'Hot',\n"
            "  'point': 'plc1/boiler/temp', 'comparison': 'above', 'alarm_threshold': 80, 'severity': 'critical' } ] } "
            "},\n"
            "{ 'id': 'uwb', 'type': 'rtls', 'config': { 'managers': ['Manager1'], 'tags': [ { 'id': 'SIM1' } ],\n"
            "  'zones': [ { 'id': 1, 'name': 'Hall', 'polygon': [[0,0],[20,0],[20,20],[0,20]] } ],\n"
            "  'simulate': { 'interval_ms': 500, 'speed': 2.5, 'seed': 7 } } },\n"
            "{ 'id': 'history', 'type': 'sql', 'config': { 'database': 'sqlite:history.db' } },\n%3 ] }\n")
            .arg(m_plc.port())
            .arg(points.join(u','), gateway(m_port));
    return text.replace(u'\'', u'"').toUtf8();
  }

  const quint16 m_port = freePort();
  ModbusPlc m_plc;
  RunningProgram m_program;
  std::unique_ptr<Client> m_live;
};

TAGWIRE_TEST(ObservabilityTest)

}  // namespace observability_test

#include "observability_test.moc"
