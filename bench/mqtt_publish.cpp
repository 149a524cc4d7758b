// SPDX-License-Identifier: Apache-2.0
// Messages/s from write() of plugin mqtt over its spool to the acknowledgement of a broker, beside a bare libmosquitto
// loop that sends the same bytes with the same window to the same broker; and how long one value takes there and back.
#include <QCoreApplication>
#include <QElapsedTimer>

#include <cstdio>

#include "result.h"
#include "tests/broker.h"
#include "tests/mqttcase.h"

using namespace tagwire;
using namespace tagwire::mqtt;

namespace {

constexpr int messages = 100'000;
constexpr int window = 100;  // libmosquitto walks through all of it for each acknowledgement
constexpr int pointCount = 1000;
constexpr int handOver = 1000;

/// The least publisher: a window, and nothing around it.
double raw(int port, const QByteArray &payload) {
  mosquitto *session = mosquitto_new(nullptr, true, nullptr);
  mosquitto_int_option(session, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_max_inflight_messages_set(session, 65'535);
  static int acknowledged;
  static bool isUp;
  acknowledged = 0;
  isUp = false;
  mosquitto_connect_callback_set(session, [](mosquitto *, void *, int) { isUp = true; });
  mosquitto_publish_callback_set(session, [](mosquitto *, void *, int) { ++acknowledged; });
  if (mosquitto_connect(session, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) return 0;
  while (!isUp) mosquitto_loop(session, 10, 1);
  QElapsedTimer time;
  time.start();
  for (int sent = 0; acknowledged < messages;) {
    while (sent < messages && sent - acknowledged < window) {
      const QByteArray topic = "tagwire/plant/plc1/p" + QByteArray::number(sent++ % pointCount);
      mosquitto_publish(session, nullptr, topic.constData(), static_cast<int>(payload.size()), payload.constData(), 1,
                        true);
    }
    mosquitto_loop(session, 10, 1);
  }
  const double rate = messages * 1e9 / static_cast<double>(time.nsecsElapsed());
  mosquitto_destroy(session);
  return rate;
}

double acknowledgedBy(MqttCase &test) {
  return test.context.metrics().all().at("tagwire_mqtt_messages_acknowledged_total").front().value;
}

/// The plugin as the hub would feed it: the next batch when `written` came.
double plugin(const Broker &broker, const char *more) {
  MqttCase test;
  QList<PointId> points;
  for (int i = 0; i < pointCount; ++i) points << test.declare(QStringLiteral("plc1"), QStringLiteral("p%1").arg(i));
  if (!test.make(QByteArray("{\"url\": \"URL\", \"max_messages_out_per_s\": 0, \"max_in_flight\": 100, ") + more + "}",
                 broker.url())) {
    std::fprintf(stderr, "%s", qPrintable(test.errors));
    return 0;
  }
  test.instance->start();
  while (test.state != PluginState::Running) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
  const Time now = test.context.clock().now();
  const double before = acknowledgedBy(test);
  QElapsedTimer time;
  time.start();
  int given = 0;
  const auto giveMore = [&] {
    if (given >= messages) return;
    Samples batch;
    for (int i = 0; i < handOver; ++i, ++given) batch << Sample{points[given % pointCount], {}, now, 81.5 + given};
    test.instance->write(batch);
  };
  QObject::connect(test.instance.get(), &Plugin::written, test.instance.get(), giveMore, Qt::QueuedConnection);
  giveMore();
  const bool isSparkplug = qstrncmp(more, "\"sparkplug", 10) == 0;
  const double due = isSparkplug ? messages / 200 : messages;
  // Asking for all figures takes a while: not each turn.
  QTimer look;
  QEventLoop loop;
  QObject::connect(&look, &QTimer::timeout, &loop, [&] {
    if (acknowledgedBy(test) - before >= due || time.elapsed() > 120'000) loop.quit();
  });
  look.start(10);
  loop.exec();
  return given * 1e9 / static_cast<double>(time.nsecsElapsed());
}

}  // namespace

int main(int argc, char *argv[]) {
  QCoreApplication application(argc, argv);
  Broker broker;
  broker.configure("max_inflight_messages 1000\nmax_queued_messages 0\n");
  if (!broker.start()) {
    std::fprintf(stderr, "%s\n", qPrintable(broker.error()));
    return 1;
  }
  std::printf("\n== mqtt_publish: %d samples of %d points, QoS 1, %d in flight ==\n", messages, pointCount, window);
  const QByteArray payload =
      "{\"quality\":\"good\",\"time\":\"2026-01-01T00:00:00.123Z\",\"unit\":\"\xc2\xb0"
      "C\",\"value\":81.5}";
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 2;
  double limits = 0, plains = 0, sparkplugs = 0;
  for (int round = 0; round < rounds; ++round) {
    const double limit = raw(broker.port(), payload);
    const double plain = plugin(broker, "\"publish\": {\"points\": \"plc1/#\"}");
    const double sparkplug =
        plugin(broker, "\"sparkplug\": {\"role\": \"edge_node\", \"group\": \"G\", \"node\": \"N\"}");
    std::printf(
        "bare libmosquitto %8.0f messages/s; plugin %8.0f samples/s (%.2f of it); Sparkplug, 200 a message %8.0f "
        "samples/s (%.1f)\n",
        limit, plain, plain / limit, sparkplug, sparkplug / limit);
    limits += limit / rounds;
    plains += plain / rounds;
    sparkplugs += sparkplug / rounds;
  }
  if (limits <= 0 || plains <= 0 || sparkplugs <= 0) return 1;
  const bench::Beside bare{"bare libmosquitto", limits};
  bench::report({QStringLiteral("plugin mqtt to an acknowledgement, JSON"), QStringLiteral("samples/s"), plains, bare});
  bench::report({QStringLiteral("plugin mqtt to an acknowledgement, Sparkplug, 200 a message"),
                 QStringLiteral("samples/s"), sparkplugs, bare});
  return 0;
}
