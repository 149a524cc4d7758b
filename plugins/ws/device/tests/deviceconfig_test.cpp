// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "device/devicebook.h"
#include "emsmodel.h"
#include "testprogram.h"

namespace deviceconfig_test {

using namespace tagwire;
using namespace tagwire::ws;

class DeviceConfigTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_5_readsModels();
  void R2_6_fieldsBecomePoints();
  void refuses_data();
  void refuses();
  void joinRefuses_data();
  void joinRefuses();
  void gatewaysShareDevices();
  void aGatewayThatGoesTakesItsDevicesAlong();

 private:
  static QByteArray config(const QByteArray &more) { return json("{'listen':'127.0.0.1:0'," + more + "}"); }
};

namespace {

/// The host of one gateway after the other.
struct NamedContext : TestContext {
  QString id() const override { return name; }
  QString name = QStringLiteral("web0");
};

/// What a gateway of this configuration finds wrong with its devices.
struct Joined {
  Joined(TestContext &context, const QByteArray &text) {
    QString wrong;
    const auto config = readWsConfig(text, &wrong);
    if (!config) qFatal("%s", qPrintable(wrong));
    const ConfigNode node = parseJson(text, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    book = DeviceBook::join(*config, context, reader);
  }
  QString text() const {
    QString all;
    for (const Problem &problem : problems) all += toText(problem) + u'\n';
    return all;
  }
  Problems problems;
  std::shared_ptr<DeviceBook> book;
};

}  // namespace

void DeviceConfigTest::R2_5_readsModels() {
  QString problems;
  const auto read =
      readWsConfig(config(emsModels("accept") + ",'devices':[{'id':'ems_001','model':'ems'}]"), &problems);
  QVERIFY2(read, qPrintable(problems));
  const ModelConfig model = read->models.value(QStringLiteral("ems"));
  QCOMPARE(model.unknownFields, UnknownFields::Accept);
  QCOMPARE(model.fields.size(), 7);
  QCOMPARE(model.fields.value(QStringLiteral("battery.faults")).type, FieldType::String);
  const FieldConfig soc = model.fields.value(QStringLiteral("battery.soc"));
  QCOMPARE(soc.type, FieldType::Float);
  QVERIFY(soc.required);
  QCOMPARE(soc.maximum, std::optional(1.0));
  QCOMPARE(read->devices.size(), 1);
  QCOMPARE(read->devices.first().model, QStringLiteral("ems"));
}

void DeviceConfigTest::R2_6_fieldsBecomePoints() {
  TestContext context(QStringLiteral("web"));
  const Joined joined(context, config(emsModels() + ",'devices':[{'id':'ems_001','model':'ems'}]"));
  QVERIFY2(joined.problems.isEmpty(), qPrintable(joined.text()));
  const PointTable &points = context.points();
  const auto point = [&](const char *name) { return points.point(points.find(QString::fromLatin1(name))); };
  QVERIFY(point("ems_001/battery/voltage"));
  QCOMPARE(point("ems_001/battery/voltage")->type, ValueType::Double);
  QCOMPARE(point("ems_001/battery/voltage")->unit, QStringLiteral("V"));
  QCOMPARE(point("ems_001/battery/voltage")->owner, QStringLiteral("web"));
  QVERIFY(!point("ems_001/battery/voltage")->writable);
  QCOMPARE(point("ems_001/battery/cells")->type, ValueType::Int);
  QCOMPARE(point("ems_001/running")->type, ValueType::Bool);
  QCOMPARE(point("ems_001/grid/status")->type, ValueType::Text);
  QVERIFY(point("ems_001/battery/limit")->writable);
  QCOMPARE(point("ems_001/battery/limit")->maximum, std::optional(100.0));
}

void DeviceConfigTest::refuses_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("expected");
  const auto row = [](const char *name, const QByteArray &text, const char *expected) {
    QTest::newRow(name) << config(text) << QString::fromLatin1(expected);
  };
  const auto field = [](const QByteArray &key, const QByteArray &rules) {
    return "'models':{'m':{'fields':{'" + key + "':" + rules + "}}}";
  };
  row("type", field("a", "'double'"), "unknown word \"double\" (allowed: float, int, bool, string, enum)");
  row("no fields", "'models':{'m':{'fields':{}}}", "models.m.fields: ");
  row("empty level", field("a..b", "'float'"), "\"a..b\" is no field (allowed: its path");
  row("slash", field("a/b", "'float'"), "\"a/b\" is no field");
  row("wildcard", field("a.*", "'float'"), "\"a.*\" is no field");
  row("reserved", field("timestamp", "'string'"), "\"timestamp\" says whose payload it is and of when");
  row("leaf and branch", "'models':{'m':{'fields':{'a':'float','a.b':'float'}}}", "\"a\" is a field itself");
  row("min above max", field("a", "{'type':'float','min':2,'max':1}"), "min is above max");
  row("limits of a text", field("a", "{'type':'string','max':1}"), "only a float or an int has limits");
  row("enum of nothing", field("a", "'enum'"), "an enum needs values");
  row("values of a float", field("a", "{'type':'float','values':['x']}"), "only an enum has values");
  row("unknown_fields", "'models':{'m':{'fields':{'a':'float'},'unknown_fields':'drop'}}",
      "allowed: ignore, reject, accept");
  row("device id", "'devices':[{'id':'a/b','model':'m'}]", "\"a/b\" is no device id (allowed: 1 to 64 letters");
  row("device twice", "'devices':[{'id':'a','model':'m'},{'id':'a','model':'m'}]",
      "devices[1].id: \"a\" is devices[0] already (allowed: each id once)");
  row("zone", "'device_timezone':'Europe/Berlim'", "did you mean \"Europe/Berlin\"");
  row("unknown key", "'devices':[{'id':'a','modell':'m'}]", "unknown key \"modell\"");
}

void DeviceConfigTest::refuses() {
  QFETCH(QByteArray, text);
  QFETCH(QString, expected);
  QString problems;
  QVERIFY(!readWsConfig(text, &problems));
  QVERIFY2(problems.contains(expected), qPrintable(problems));
}

void DeviceConfigTest::joinRefuses_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("expected");
  QTest::newRow("unknown model") << config(emsModels() + ",'devices':[{'id':'a','model':'emss'}]")
                                 << QStringLiteral(
                                        "config.devices[0].model: unknown model \"emss\", did you mean \"ems\"?");
  QTest::newRow("device of another gateway")
      << config("'devices':[{'id':'other_1','model':'other'}]")
      << QStringLiteral("config.devices[0].id: device \"other_1\" stands in \"web0\" already (allowed: each id once)");
  QTest::newRow("model of another gateway") << config("'models':{'other':{'fields':{'b':'float'}}}")
                                            << QStringLiteral("model \"other\" stands in \"web0\" already");
}

void DeviceConfigTest::joinRefuses() {
  QFETCH(QByteArray, text);
  QFETCH(QString, expected);
  NamedContext context;
  const Joined first(
      context, config("'models':{'other':{'fields':{'b':'float'}}},'devices':[{'id':'other_1','model':'other'}]"));
  QVERIFY2(first.problems.isEmpty(), qPrintable(first.text()));
  context.name = QStringLiteral("web");
  const Joined second(context, text);
  QVERIFY2(second.text().contains(expected), qPrintable(second.text()));
}

void DeviceConfigTest::gatewaysShareDevices() {
  NamedContext context;
  const Joined first(context, config(emsModels()));
  context.name = QStringLiteral("web");
  const Joined second(context, config("'devices':[{'id':'ems_001','model':'ems'}]"));
  QVERIFY2(second.problems.isEmpty(), qPrintable(second.text()));
  QCOMPARE(first.book, second.book);
  QVERIFY(first.book->find(QStringLiteral("ems_001")));
  QCOMPARE(first.book->find(QStringLiteral("ems_001"))->home(), QStringLiteral("web"));
}

void DeviceConfigTest::aGatewayThatGoesTakesItsDevicesAlong() {
  TestContext context(QStringLiteral("web"));
  const Joined joined(context, config(emsModels() + ",'devices':[{'id':'ems_001','model':'ems'}]"));
  joined.book->leave(QStringLiteral("web"));
  QVERIFY(!joined.book->find(QStringLiteral("ems_001")));
  QVERIFY(joined.book->modelNames().isEmpty());
}

TAGWIRE_TEST(DeviceConfigTest)

}  // namespace deviceconfig_test

#include "deviceconfig_test.moc"
