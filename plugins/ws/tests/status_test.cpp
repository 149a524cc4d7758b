// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "restfixture.h"
#include "testprogram.h"

namespace status_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

struct Fixture : RestFixture {
  QJsonObject status(const char *part = nullptr) {
    const QJsonObject all = get("/api/v1/status").object();
    return part ? all.value(QLatin1String(part)).toObject() : all;
  }
  /// A second goes by.
  void second() {
    context.manualClock().advance(1s);
    gateway.tick();
  }
};

}  // namespace

class StatusTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatStandsInIt();
  void stateIsThatOfTheWorst();
  void ratesAreOfTheLastTenSeconds();
  void qualitiesOfThePoints();
  void historiesEachByItself();
};

void StatusTest::whatStandsInIt() {
  Fixture fixture;
  fixture.context.mutableSite().name = QStringLiteral("cold-store");
  fixture.context.metrics().gauge("tagwire_loop_lag_seconds", "x").set(0.0123);
  fixture.context.manualClock().advance(90s);
  const QJsonObject status = fixture.status();
  QCOMPARE(status.value(QStringLiteral("site")).toString(), QStringLiteral("cold-store"));
  QCOMPARE(status.value(QStringLiteral("epoch")).toString(), QStringLiteral("test-epoch"));
  QCOMPARE(status.value(QStringLiteral("uptime_s")).toInt(), 90);
  QCOMPARE(status.value(QStringLiteral("loop_lag_ms")).toDouble(), 12.3);
  QVERIFY(status.value(QStringLiteral("memory_bytes")).toDouble() > 1e6);
  QCOMPARE(status.value(QStringLiteral("clients")).toObject().value(QStringLiteral("http")).toInt(), 1);
  QVERIFY(status.value(QStringLiteral("history")).toArray().isEmpty());
}

void StatusTest::stateIsThatOfTheWorst() {
  Fixture fixture;
  QCOMPARE(fixture.status().value(QStringLiteral("state")).toString(), QStringLiteral("ok"));
  fixture.context.setInstances(
      {{QStringLiteral("plc1"), QStringLiteral("modbus"), PluginState::Degraded, QStringLiteral("1 of 2 points")},
       {QStringLiteral("web"), QStringLiteral("ws"), PluginState::Running, {}}});
  const QJsonObject status = fixture.status();
  QCOMPARE(status.value(QStringLiteral("state")).toString(), QStringLiteral("degraded"));
  const QJsonObject first = status.value(QStringLiteral("instances")).toArray()[0].toObject();
  QCOMPARE(first, (QJsonObject{{QStringLiteral("id"), QStringLiteral("plc1")},
                               {QStringLiteral("type"), QStringLiteral("modbus")},
                               {QStringLiteral("state"), QStringLiteral("degraded")},
                               {QStringLiteral("text"), QStringLiteral("1 of 2 points")}}));
}

void StatusTest::ratesAreOfTheLastTenSeconds() {
  Fixture fixture;
  // As the hub counts, and several instances of ws.
  Counter samples = fixture.context.metrics().counter("tagwire_hub_samples_total", "x");
  Counter events = fixture.context.metrics().counter("tagwire_hub_events_total", "x");
  Counter one = fixture.context.metrics().counter("tagwire_ws_sent_messages_total", "x", {{"plugin", "a"}});
  Counter other = fixture.context.metrics().counter("tagwire_ws_sent_messages_total", "x", {{"plugin", "b"}});
  const auto rate = [&](const char *name) { return fixture.status("rates").value(QLatin1String(name)).toDouble(); };
  fixture.second();
  QCOMPARE(rate("samples_per_s"), 0.0);
  for (int i = 0; i < 30; ++i) {
    samples.add(500);
    events.add(2);
    one.add(3);
    other.add(4);
    fixture.second();
  }
  QCOMPARE(rate("samples_per_s"), 500.0);
  QCOMPARE(rate("events_per_s"), 2.0);
  QCOMPARE(rate("messages_out_per_s"), 7.0);
  for (int i = 0; i < 5; ++i) fixture.second();
  QCOMPARE(rate("samples_per_s"), 250.0);
  for (int i = 0; i < 5; ++i) fixture.second();
  QCOMPARE(rate("samples_per_s"), 0.0);
}

void StatusTest::qualitiesOfThePoints() {
  Fixture fixture;
  const auto set = [&](int point, Quality quality) {
    fixture.context.pointTable().update({{fixture.ids[point], quality, fixture.context.clock().now(), Value(1.0)}});
    fixture.second();  // it is counted once a second
  };
  const auto counts = [&] {
    const QJsonObject points = fixture.status("points");
    return QStringLiteral("%1 %2 %3 %4")
        .arg(points.value(QStringLiteral("total")).toInt())
        .arg(points.value(QStringLiteral("good")).toInt())
        .arg(points.value(QStringLiteral("uncertain")).toInt())
        .arg(points.value(QStringLiteral("bad")).toInt());
  };
  QCOMPARE(counts(), QStringLiteral("2 0 0 2"));
  set(0, Quality::good());
  QCOMPARE(counts(), QStringLiteral("2 1 0 1"));
  set(1, Quality::uncertain(QualityReason::Stale));
  QCOMPARE(counts(), QStringLiteral("2 1 1 0"));
}

void StatusTest::historiesEachByItself() {
  Fixture fixture;
  fixture.context.setInstances({{QStringLiteral("a"), QStringLiteral("sql"), PluginState::Running, {}},
                                {QStringLiteral("b"), QStringLiteral("sql"), PluginState::Degraded, {}}});
  const auto of = [&](const char *plugin) { return fixture.context.metrics().with({{"plugin", plugin}}); };
  Counter written = of("a")->counter("tagwire_sql_written_total", "x");
  of("b")->counter("tagwire_sql_written_total", "x").add(1000);
  of("b")->gauge("tagwire_sql_spooled", "x").set(12);
  of("b")->gauge("tagwire_sql_spool_bytes", "x").set(4096);
  of("b")->gauge("tagwire_sql_quarantined", "x").set(3);
  of("b")->counter("tagwire_sql_dropped_total", "x", {{"reason", "overflow"}}).add(5);
  of("b")->counter("tagwire_sql_dropped_total", "x", {{"reason", "damaged"}}).add(1);
  fixture.second();
  written.add(20);
  fixture.second();
  const QJsonArray histories = fixture.status().value(QStringLiteral("history")).toArray();
  QCOMPARE(histories.size(), 2);
  QCOMPARE(histories[0][u"instance"].toString(), QStringLiteral("a"));
  QCOMPARE(histories[0][u"stored_per_s"].toDouble(), 20.0);
  QCOMPARE(histories[0][u"dropped"].toInt(), 0);
  QCOMPARE(histories[1][u"state"].toString(), QStringLiteral("degraded"));
  QCOMPARE(histories[1][u"stored_per_s"].toDouble(), 0.0);
  QCOMPARE(histories[1][u"spooled"].toInt(), 12);
  QCOMPARE(histories[1][u"quarantined"].toInt(), 3);
  QCOMPARE(histories[1][u"dropped"].toInt(), 6);
  QCOMPARE(histories[1][u"disk_bytes"].toInt(), 4096);
}

TAGWIRE_TEST(StatusTest)

}  // namespace status_test

#include "status_test.moc"
