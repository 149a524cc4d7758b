// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>

#include "rtlsfixture.h"
#include "testprogram.h"

namespace rtlsplaces_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Collisions, classes, the muster list, the map.
class RtlsPlacesTest : public RtlsFixture {
  Q_OBJECT
 private Q_SLOTS:
  void init() { reset(); }
  void collisionsBecomeEvents();
  void unaccompaniedBecomesEvents();
  void occupancyOfClasses();
  void whereaboutsTellsWhoIsMissing();
  void outlinesAndPlans();
};

namespace {

QJsonObject jsonOf(const Event &event) {
  return QJsonDocument::fromJson(std::get<CustomEvent>(event.body).json).object();
}

/// Further keys for make(): its tags have no class, so these take their place.
const QByteArray classes =
    ",\"tags\":[{\"id\":\"SIM1\",\"name\":\"Ann\",\"class\":\"person\"},{\"id\":\"FORK1\",\"class\":\"vehicle\"},"
    "{\"id\":\"SIM9\",\"class\":\"person\"}]";

}  // namespace

void RtlsPlacesTest::collisionsBecomeEvents() {
  const auto rtls = make(classes +
                         ",\"proximity\":[{\"id\":7,\"name\":\"Too "
                         "near\",\"between\":[\"person\",\"vehicle\"],\"distance\":5}],\"timeout_ms\":100");
  rtls->start();
  take(*rtls, "FORK1", 50, 50);
  take(*rtls, "SIM1", 54, 53);
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(kindOf(m_events.first()), QStringLiteral("collision"));
  const QJsonObject start = jsonOf(m_events.first());
  QCOMPARE(start.value(QStringLiteral("phase")).toString(), QStringLiteral("start"));
  QCOMPARE(start.value(QStringLiteral("rule_id")).toInt(), 7);
  QCOMPARE(start.value(QStringLiteral("distance")).toDouble(), 5.0);
  const QJsonObject ann = start.value(QStringLiteral("a")).toObject();
  QCOMPARE(ann.value(QStringLiteral("id")).toString(), QStringLiteral("SIM1"));
  QCOMPARE(ann.value(QStringLiteral("name")).toString(), QStringLiteral("Ann"));
  QCOMPARE(ann.value(QStringLiteral("zone_id")).toInt(), 417);
  m_context->manualClock().advance(std::chrono::milliseconds(100));
  QTRY_COMPARE(m_events.size(), 2);
  const QJsonObject end = jsonOf(m_events.last());
  QCOMPARE(end.value(QStringLiteral("phase")).toString(), QStringLiteral("end"));
  QCOMPARE(end.value(QStringLiteral("reason")).toString(), QStringLiteral("timeout"));
}

void RtlsPlacesTest::unaccompaniedBecomesEvents() {
  const auto rtls =
      make(classes +
           ",\"unaccompanied\":[{\"id\":8,\"name\":\"Alone\",\"class\":\"person\",\"needs\":\"vehicle\",\"distance\":5,"
           "\"zone\":417,\"move\":2}]");
  rtls->start();
  take(*rtls, "SIM1", 50, 50);
  take(*rtls, "SIM1", 52, 50);
  QTRY_COMPARE(m_events.size(), 1);
  QCOMPARE(kindOf(m_events.first()), QStringLiteral("unaccompanied"));
  QCOMPARE(jsonOf(m_events.first()).value(QStringLiteral("tag")).toObject().value(QStringLiteral("id")).toString(),
           QStringLiteral("SIM1"));
  take(*rtls, "FORK1", 50, 50);
  QTRY_COMPARE(m_events.size(), 2);
  QCOMPARE(jsonOf(m_events.last()).value(QStringLiteral("phase")).toString(), QStringLiteral("end"));
}

void RtlsPlacesTest::occupancyOfClasses() {
  const auto rtls = make(classes);
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  take(*rtls, "SIM9", 50, 50);
  take(*rtls, "FORK1", 50, 50);
  QTRY_COMPARE(std::get<qint64>(last("uwb/zone/417/occupancy").value), 3);
  QCOMPARE(std::get<qint64>(last("uwb/zone/417/occupancy/person").value), 2);
  QCOMPARE(std::get<qint64>(last("uwb/zone/417/occupancy/vehicle").value), 1);
  QCOMPARE(std::get<qint64>(last("uwb/zone/418/occupancy/person").value), 1);
  QCOMPARE(std::get<qint64>(last("uwb/zone/418/occupancy/vehicle").value), 0);
  take(*rtls, "SIM1", 500, 500);
  QTRY_COMPARE(std::get<qint64>(last("uwb/zone/417/occupancy/person").value), 1);
  QCOMPARE(std::get<qint64>(last("uwb/zone/418/occupancy/person").value), 0);
}

void RtlsPlacesTest::whereaboutsTellsWhoIsMissing() {
  const auto rtls = make(classes);
  rtls->start();
  take(*rtls, "SIM1", 15, 15);
  letTimePass(*rtls, std::chrono::seconds(31));
  take(*rtls, "STRANGER", 500, 50);
  QList<Whereabouts> everybody;
  rtls->whereabouts([&](const Result<QList<Whereabouts>> &answer) { everybody = *answer; });
  QStringList lines;
  for (const Whereabouts &each : everybody) {
    lines << QStringLiteral("%1 %2 %3").arg(each.tag).arg(static_cast<int>(each.state)).arg(each.zone);
  }
  QCOMPARE(lines, (QStringList{QStringLiteral("FORK1 2 0"), QStringLiteral("SIM1 1 418"), QStringLiteral("SIM9 2 0"),
                               QStringLiteral("STRANGER 0 0")}));
  QCOMPARE(everybody.at(1).name, QStringLiteral("Ann"));
  QCOMPARE(everybody.at(1).tagClass, QStringLiteral("person"));
}

void RtlsPlacesTest::outlinesAndPlans() {
  const auto rtls = make(
      ",\"georeference\":{\"points\":[{\"local\":[0,0],\"wgs84\":[8.5,47.4]},"
      "{\"local\":[1000,0],\"wgs84\":[8.50404,47.4]}]}");
  QJsonObject outlines;
  rtls->outlines([&](const Result<QJsonObject> &answer) { outlines = *answer; });
  const QJsonArray zones = outlines.value(QStringLiteral("zones")).toArray();
  QCOMPARE(zones.size(), 2);
  const QJsonObject gate = zones.at(1).toObject();
  QCOMPARE(gate.value(QStringLiteral("parent")).toInt(), 417);
  QCOMPARE(gate.value(QStringLiteral("polygon")).toArray().at(1).toArray(), (QJsonArray{20, 10}));
  const QJsonArray corner = zones.at(0).toObject().value(QStringLiteral("polygon_wgs84")).toArray().at(0).toArray();
  QVERIFY(std::abs(corner.at(0).toDouble() - 8.5) < 1e-9);
  QVERIFY(std::abs(corner.at(1).toDouble() - 47.4) < 1e-9);
  Result<PlanFile> plan;
  rtls->plan([&](const Result<PlanFile> &answer) { plan = answer; }, 417);
  QCOMPARE(plan.error(), QStringLiteral("zone 417 has no plan"));
  rtls->plan([&](const Result<PlanFile> &answer) { plan = answer; }, 9);
  QCOMPARE(plan.error(), QStringLiteral("there is no zone 9"));
}

TAGWIRE_TEST(RtlsPlacesTest)

}  // namespace rtlsplaces_test

#include "rtlsplaces_test.moc"
