// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "access/tokenstore.h"
#include "protocols/makeprotocol.h"
#include "restfixture.h"
#include "testprogram.h"

namespace pointaccess_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// A gateway whose points tell where two tags are too, and one position that names no tag.
struct TagFixture : RestFixture {
  TagFixture() : RestFixture(everything(), &makeProtocol) {
    QList<PointInfo> points(4);
    points[0].name = QStringLiteral("tag/SIM1/position");
    points[1].name = QStringLiteral("tag/SIM1/zone");
    points[2].name = QStringLiteral("tag/SIM2/zone");
    points[3].name = QStringLiteral("somewhere");
    for (int i = 0; i < 4; ++i) points[i].number = 71 + i;
    points[0].type = points[3].type = ValueType::Position;
    points[1].type = points[2].type = ValueType::Int;
    points[0].tag = points[1].tag = QStringLiteral("SIM1");
    points[2].tag = QStringLiteral("SIM2");
    const QList<PointId> tagPoints = context.declare(points);
    const Time now = context.clock().now();
    context.pointTable().update({{ids[0], Quality::good(), now, Value(81.5)},
                                 {ids[1], Quality::good(), now, Value(true)},
                                 {tagPoints[1], Quality::good(), now, Value(qint64(417))},
                                 {tagPoints[2], Quality::good(), now, Value(qint64(418))}});
  }
  static WsConfig everything() {
    WsConfig settings = config({});
    settings.endpoints = {{*EndpointPath::fromText(QStringLiteral("/ws")), ProtocolKind::Panel, {}},
                          {*EndpointPath::fromText(QStringLiteral("/ws/live")), ProtocolKind::Live, {}}};
    return settings;
  }
  /// The Authorization of a token with this permission.
  QByteArray tokenWith(const QString &permission) {
    TokenStore store(context.dataDir());
    const auto token = store.create(QStringLiteral("t"), *Permissions::fromTexts({permission}), std::nullopt,
                                    context.clock().now(), QStringLiteral("test"));
    gateway.stop();  // it would notice within a second
    gateway.start();
    return "Authorization: Bearer " + token.value_or(QByteArray()) + "\r\n";
  }
  /// The numbers that these permissions open, by each way there is.
  QString numbersOf(const QByteArray &credential, const QByteArray &target, const char *key) {
    QStringList numbers;
    for (const QJsonValue &each : RestFixture::ask("GET", target, credential).array()) {
      numbers << QString::number(each[QLatin1String(key)].toInt());
    }
    return numbers.join(u' ');
  }
  QString oneByOne(const QByteArray &credential) {
    QStringList numbers;
    for (int number = 59; number < 80; ++number) {
      const auto point = context.points().point(context.points().findNumber(number));
      const QByteArray name = point ? point->fullName.toUtf8() : QByteArray("plc1/none");
      if (statusOf("GET", "/api/v1/points/" + name, credential) == 200) numbers << QString::number(number);
    }
    return numbers.join(u' ');
  }
  /// What a panel gets at once when it subscribes to all of them.
  QString byPanel(const QByteArray &credential) {
    RawClient client(gateway.port());
    client.send(RawClient::upgradeHead("/ws", credential));
    if (!tagwire::testing::waitFor([&] { return client.status() == 101; })) return QStringLiteral("no panel");
    client.dropHead();
    client.send(clientText("{\"type\":\"subscribe\",\"channel\":\"telemetry\",\"endpointIds\":[59,60,71,72,73,74]}") +
                clientText("{\"type\":\"ping\"}"));
    QStringList numbers;
    for (;;) {
      const QJsonObject told = QJsonDocument::fromJson(client.nextFrame().payload).object();
      if (told.isEmpty() || told.value(QStringLiteral("type")) == QStringLiteral("pong")) break;
      if (told.value(QStringLiteral("type")) != QStringLiteral("telemetry")) continue;
      numbers << QString::number(told.value(QStringLiteral("endpointId")).toInt());
    }
    return numbers.join(u' ');
  }
  /// The snapshot of all points that have a value; null when there is none.
  QByteArray byLive(const QByteArray &credential) {
    RawClient client(gateway.port());
    client.send(RawClient::upgradeHead("/ws/live", credential));
    if (!tagwire::testing::waitFor([&] { return client.status() == 101; })) return {};
    client.dropHead();
    client.send(clientText("{\"op\":\"subscribe\",\"id\":\"a\",\"topics\":[\"points/#\",\"tags/#\"]}"));
    for (;;) {
      const QByteArray text = client.nextFrame().payload;
      if (text.isEmpty() || text.contains("\"snapshot\"")) return text;
    }
  }
};

}  // namespace

class PointAccessTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_11_pointsAboutATagNeedPositionsRead_data();
  void R1_11_pointsAboutATagNeedPositionsRead();
};

void PointAccessTest::R1_11_pointsAboutATagNeedPositionsRead_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<QString>("numbers");
  QTest::newRow("points") << QStringLiteral("points:read") << QStringLiteral("59 60");
  QTest::newRow("points by name") << QStringLiteral("points:plc1/tag/#:read") << QString();
  QTest::newRow("positions") << QStringLiteral("positions:read") << QStringLiteral("71 72 73 74");
  QTest::newRow("one tag") << QStringLiteral("positions:SIM1:read") << QStringLiteral("71 72");
  QTest::newRow("all") << QStringLiteral("*:read") << QStringLiteral("59 60 71 72 73 74");
}

/// Where people are is nothing for who may read the plant's points, whatever way they ask.
void PointAccessTest::R1_11_pointsAboutATagNeedPositionsRead() {
  QFETCH(QString, permission);
  QFETCH(QString, numbers);
  TagFixture fixture;
  const QByteArray credential = fixture.tokenWith(permission);
  QCOMPARE(fixture.numbersOf(credential, "/api/v1/points", "number"), numbers);
  QCOMPARE(fixture.numbersOf(credential, "/api/os/telemetry/latest", "endpointId"), numbers);
  QCOMPARE(fixture.oneByOne(credential), numbers);
  QCOMPARE(fixture.byPanel(credential), numbers);
  for (const QString &number : {QStringLiteral("59"), QStringLiteral("71"), QStringLiteral("73")}) {
    const bool isOpen = numbers.contains(number);
    QCOMPARE(fixture.statusOf("GET", "/api/os/telemetry/latest?endpointId=" + number.toLatin1(), credential) == 200,
             isOpen);
  }
  const QByteArray snapshot = fixture.byLive(credential);
  QVERIFY(snapshot.contains("\"snapshot\""));
  QCOMPARE(snapshot.contains("plc1/boiler/temp"), numbers.contains(QStringLiteral("59")));
  QCOMPARE(snapshot.contains("plc1/tag/SIM1/zone"), numbers.contains(QStringLiteral("72")));
  // One that is not there and one that may not be read look the same.
  const int hidden = fixture.statusOf("GET", "/api/v1/points/plc1/tag/SIM1/zone", credential);
  const int absent = fixture.statusOf("GET", "/api/v1/points/plc1/tag/SIM9/zone", credential);
  if (hidden != 200) QCOMPARE(hidden, absent);
}

TAGWIRE_TEST(PointAccessTest)

}  // namespace pointaccess_test

#include "pointaccess_test.moc"
