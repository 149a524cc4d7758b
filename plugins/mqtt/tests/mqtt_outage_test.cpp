// SPDX-License-Identifier: Apache-2.0
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QTest>

#include "mqttcase.h"
#include "sparkplug/metric.h"
#include "testprogram.h"

namespace mqtt_outage_test {

using namespace tagwire;
using namespace tagwire::mqtt;

constexpr int pointCount = 10;
constexpr int valuesPerSecond = 1000;

/// How long the broker is away: ten minutes, or what TAGWIRE_OUTAGE_S says.
qint64 outageMilliseconds() {
  bool isGiven = false;
  const int seconds = qEnvironmentVariableIntValue("TAGWIRE_OUTAGE_S", &isGiven);
  return (isGiven ? seconds : 600) * qint64(1000);
}

qint64 residentMegabytes() {
  QFile file(QStringLiteral("/proc/self/statm"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  return file.readAll().split(' ').value(1).toLongLong() * 4096 / 1'000'000;
}

/// An instance that is given 1,000 values/s as the host gives them: no more until what was given is taken. Each point
/// counts from 0.
class Flow : public QObject {
 public:
  Flow(const QString &id, const QByteArray &config, const Broker &broker) : test(id) {
    for (int i = 0; i < pointCount; ++i)
      m_points << test.declare(QStringLiteral("plc1"), QStringLiteral("n%1").arg(i), ValueType::Int);
    isMade = test.make(config, broker.url());
    m_timer.setInterval(20);
    connect(&m_timer, &QTimer::timeout, this, &Flow::give);
  }
  void begin() {
    m_elapsed.start();
    m_timer.start();
  }
  void end() { m_timer.stop(); }
  /// Of each point.
  qint64 accepted() const { return test.written == m_given ? m_next : m_acceptedBefore; }
  bool isAllTaken() const { return test.written == m_given; }
  double figure(const char *name) { return test.context.metrics().all().at(name).front().value; }

  MqttCase test;
  bool isMade = false;

 private:
  void give() {
    if (test.written != m_given) return;
    m_acceptedBefore = m_next;
    const qint64 due = m_elapsed.elapsed() * valuesPerSecond / 1000 / pointCount;
    Samples samples;
    for (; m_next < due; ++m_next) {
      for (const PointId point : m_points)
        samples << Sample{point, Quality::good(), test.context.clock().now(), Value(m_next)};
    }
    if (samples.isEmpty()) return;
    ++m_given;
    test.give(samples);
  }

  QList<PointId> m_points;
  QTimer m_timer;
  QElapsedTimer m_elapsed;
  qint64 m_next = 0;
  qint64 m_acceptedBefore = 0;
  int m_given = 0;
};

/// What arrived of one flow, point by point; forgets the messages, or they would fill the memory.
struct Arrivals {
  struct Point {
    qint64 last = -1;
    qint64 lastHistorical = -1;
    bool hasHistory = false;
  };

  void take(const QString &point, qint64 value, bool isHistorical) {
    Point &each = points[point];
    each.hasHistory = each.hasHistory || isHistorical;
    // A connection begins with the last values, which history comes before.
    if (isBack && !each.hasHistory) return;
    const bool isFirst = isHistorical && each.lastHistorical < 0;
    // What the broker had not acknowledged comes a second time, and from there on each value follows the one before.
    const bool isWell = isFirst ? value <= each.last + 1 : value == each.last + 1;
    if (!isWell) wrong << QStringLiteral("%1: %2 after %3").arg(point).arg(value).arg(each.last);
    if (isFirst) repeated += each.last + 1 - value;
    each.last = value;
    if (isHistorical) each.lastHistorical = value;
  }
  void takeAll(Peer &peer) {
    for (const Peer::Got &each : peer.got()) {
      if (each.topic.startsWith(u"tagwire/")) {
        const QJsonObject json = QJsonDocument::fromJson(each.payload).object();
        take(each.topic.section(u'/', -1), json.value(u"value").toInteger(), json.contains(u"historical"));
      } else {
        takeSparkplug(each);
      }
    }
    peer.clear();
  }
  void takeSparkplug(const Peer::Got &message) {
    const auto payload = payloadFrom(message.payload);
    if (!payload) return void(wrong << message.topic);
    for (const Metric &metric : payload->metrics()) {
      if (message.topic.contains(u"/DBIRTH/")) aliases.insert(metric.alias(), textOf(metric.name()));
      if (message.topic.contains(u"/DDATA/"))
        take(aliases.value(metric.alias()), static_cast<qint64>(metric.long_value()), metric.is_historical());
    }
  }
  qint64 least(qint64 Point::*of) const {
    qint64 least = points.size() == pointCount ? std::numeric_limits<qint64>::max() : -1;
    for (const Point &each : points) least = std::min(least, each.*of);
    return least;
  }

  QHash<QString, Point> points;
  QHash<quint64, QString> aliases;
  QStringList wrong;
  qint64 repeated = 0;
  bool isBack = false;  ///< the broker, after the outage
};

/// The broker is away for ten minutes while values go on.
class MqttOutageTest : public QObject {
  Q_OBJECT

  static QByteArray plain() {
    return "{\"url\": \"URL\", \"client_id\": \"plain\", \"publish\": {\"points\": \"plc1/#\"}}";
  }
  static QByteArray sparkplug() {
    return "{\"url\": \"URL\", \"client_id\": \"edge\", \"sparkplug\": {\"role\": \"edge_node\", \"group\": \"G\", "
           "\"node\": \"N\", \"points\": \"plc1/#\"}}";
  }
  static void tell(const char *name, Flow &flow, const Arrivals &arrivals, double waiting, double bytes,
                   qint64 tookMs) {
    qInfo(
        "%s: %lld values accepted, %lld a second time; %.0f records (%.1f MB) waited, all there %.0f s after the "
        "return",
        name, static_cast<long long>(flow.accepted() * pointCount), static_cast<long long>(arrivals.repeated), waiting,
        bytes / 1e6, static_cast<double>(tookMs) / 1000);
  }

 private Q_SLOTS:
  void everyAcceptedValueArrives() {
    Broker broker;
    broker.configure("max_queued_messages 0\npersistence true\npersistence_location " +
                     broker.file(QStringLiteral("./")).toUtf8() + "\nautosave_interval 5\n");
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    Flow plainFlow(QStringLiteral("plain"), plain(), broker);
    Flow edgeFlow(QStringLiteral("edge"), sparkplug(), broker);
    QVERIFY2(plainFlow.isMade && edgeFlow.isMade, qPrintable(plainFlow.test.errors + edgeFlow.test.errors));
    Arrivals plainArrivals;
    Arrivals edgeArrivals;
    std::array<std::unique_ptr<Peer>, 2> peers;
    // By QoS 0 the broker keeps nothing for the subscriber: what it has acknowledged to us it has sent. The flows are
    // of this thread, so none is back before the subscriptions are.
    const auto subscribe = [&] {
      for (auto &peer : peers) peer = std::make_unique<Peer>(broker.port());
      return peers[0]->subscribe("tagwire/+/plc1/#", 0) && peers[1]->subscribe("spBv1.0/G/#", 0);
    };
    QTimer reading;
    connect(&reading, &QTimer::timeout, this, [&] {
      plainArrivals.takeAll(*peers[0]);
      edgeArrivals.takeAll(*peers[1]);
    });
    QVERIFY(subscribe());
    reading.start(20);
    for (Flow *flow : {&plainFlow, &edgeFlow}) {
      flow->test.instance->start();
      QTRY_COMPARE(flow->test.state, PluginState::Running);
      flow->begin();
    }
    QTRY_VERIFY_WITH_TIMEOUT(plainArrivals.least(&Arrivals::Point::last) > 500, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(edgeArrivals.least(&Arrivals::Point::last) > 500, 60'000);

    broker.kill();
    QTRY_VERIFY(peers[0]->isOver() && peers[1]->isOver());
    QTRY_COMPARE_WITH_TIMEOUT(plainFlow.test.state, PluginState::Degraded, 60'000);
    QTRY_COMPARE_WITH_TIMEOUT(edgeFlow.test.state, PluginState::Degraded, 60'000);
    const qint64 memoryAtFirst = residentMegabytes();
    QElapsedTimer away;
    away.start();
    while (!away.hasExpired(outageMilliseconds())) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    const qint64 memoryAtLast = residentMegabytes();
    const qint64 plainDuring = plainFlow.accepted() - 1;
    const qint64 edgeDuring = edgeFlow.accepted() - 1;
    const double waiting[] = {plainFlow.figure("tagwire_mqtt_waiting_records"),
                              edgeFlow.figure("tagwire_mqtt_waiting_records")};
    const double bytes[] = {plainFlow.figure("tagwire_mqtt_spool_bytes"), edgeFlow.figure("tagwire_mqtt_spool_bytes")};

    plainArrivals.isBack = edgeArrivals.isBack = true;
    QVERIFY2(broker.start(), qPrintable(broker.error()));
    QVERIFY(subscribe());
    QElapsedTimer back;
    back.start();
    QTRY_COMPARE_WITH_TIMEOUT(plainFlow.test.state, PluginState::Running, 120'000);
    QTRY_COMPARE_WITH_TIMEOUT(edgeFlow.test.state, PluginState::Running, 120'000);
    const auto isCaughtUp = [](Flow &flow, const Arrivals &arrivals) {
      return arrivals.least(&Arrivals::Point::last) >= flow.accepted() - 20;
    };
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(edgeFlow, edgeArrivals), 600'000);
    const qint64 edgeTook = back.elapsed();
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(plainFlow, plainArrivals), 600'000);
    const qint64 plainTook = back.elapsed();
    plainFlow.end();
    edgeFlow.end();
    QTRY_VERIFY(plainFlow.isAllTaken() && edgeFlow.isAllTaken());
    QTRY_COMPARE_WITH_TIMEOUT(plainArrivals.least(&Arrivals::Point::last), plainFlow.accepted() - 1, 60'000);
    QTRY_COMPARE_WITH_TIMEOUT(edgeArrivals.least(&Arrivals::Point::last), edgeFlow.accepted() - 1, 60'000);
    QCOMPARE(plainArrivals.wrong, QStringList());
    QCOMPARE(edgeArrivals.wrong, QStringList());
    // All of the outage came as history.
    QVERIFY(plainArrivals.least(&Arrivals::Point::lastHistorical) >= plainDuring);
    QVERIFY(edgeArrivals.least(&Arrivals::Point::lastHistorical) >= edgeDuring);
    QCOMPARE(plainFlow.figure("tagwire_mqtt_lost_records_total"), 0.0);
    QCOMPARE(edgeFlow.figure("tagwire_mqtt_lost_records_total"), 0.0);
    tell("plain", plainFlow, plainArrivals, waiting[0], bytes[0], plainTook);
    tell("sparkplug", edgeFlow, edgeArrivals, waiting[1], bytes[1], edgeTook);
    qInfo("memory of the process: %lld MB when the broker went, %lld MB when it came", memoryAtFirst, memoryAtLast);
  }
};

// Qt Test gives a function five minutes.
int runForLonger(int argc, char *argv[]) {
  qputenv("QTEST_FUNCTION_TIMEOUT", "2400000");
  return testing::runTest<MqttOutageTest>(argc, argv);
}

TAGWIRE_TEST_BY(MqttOutageTest, runForLonger)

}  // namespace mqtt_outage_test

#include "mqtt_outage_test.moc"
