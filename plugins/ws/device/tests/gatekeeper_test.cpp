// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <random>

#include "device/gatekeeper.h"
#include "emsmodel.h"
#include "testprogram.h"

namespace gatekeeper_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

Time now() { return fromMilliseconds(1'770'733'530'000); }  // 2026-02-10T14:25:30Z

Gatekeeper gatekeeper(const QByteArray &unknownFields = "ignore") {
  QString problems;
  const auto config = readWsConfig(json("{'listen':'127.0.0.1:0'," + emsModels(unknownFields) + "}"), &problems);
  if (!config) qFatal("%s", qPrintable(problems));
  const QString name = QStringLiteral("ems");
  return Gatekeeper(QStringLiteral("ems_001"), std::make_shared<Model>(name, config->models.value(name)),
                    QTimeZone("Asia/Kolkata"));
}

/// The value under a field's path; none when the reading has none.
Value valueAt(const Gatekeeper &keeper, const Reading &reading, const char *path) {
  const int place = keeper.model().find(path);
  for (const auto &[field, value] : reading.fields) {
    if (field == place) return value;
  }
  return {};
}

QByteArray nested(int levels, const char *open, const char *close) {
  return QByteArray(open).repeated(levels) + "1" + QByteArray(close).repeated(levels);
}

}  // namespace

class GatekeeperTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_6_thePayloadOfThePage();
  void R2_6_listsBecomeText();
  void R2_6_noTimestampIsNow();
  void R2_6_timesToCome();
  void R2_5_numbers_data();
  void R2_5_numbers();
  void R2_5_drops_data();
  void R2_5_drops();
  void R2_5_unknownFields();
  void R2_5_acceptedFields();
  void R2_5_whateverComes();
};

void GatekeeperTest::R2_6_thePayloadOfThePage() {
  const Gatekeeper keeper = gatekeeper();
  const auto reading =
      keeper.judge(json("{'device_id':'ems_001','timestamp':'2026-02-10T14:25:30.123456',"
                        "'battery':{'soc':0.85,'voltage':380.5,'faults':[]},'grid':{'status':'connected'}}"),
                   now());
  QVERIFY2(reading, qPrintable(reading ? QString() : reading.error().text));
  QCOMPARE(toIso(reading->time, 6), QStringLiteral("2026-02-10T08:55:30.123456Z"));
  QCOMPARE(reading->fields.size(), size_t{4});
  QCOMPARE(valueAt(keeper, *reading, "battery/soc"), Value(0.85));
  QCOMPARE(valueAt(keeper, *reading, "battery/voltage"), Value(380.5));
  QCOMPARE(valueAt(keeper, *reading, "battery/faults"), Value(QStringLiteral("[]")));
  QCOMPARE(valueAt(keeper, *reading, "grid/status"), Value(QStringLiteral("connected")));
  QVERIFY(reading->unknown.empty());
}

void GatekeeperTest::R2_6_listsBecomeText() {
  const Gatekeeper keeper = gatekeeper();
  const auto text = [&](const QByteArray &list) {
    const auto reading = keeper.judge(json("{'battery':{'soc':0,'faults':" + list + "}}"), now());
    return reading ? std::get<QString>(valueAt(keeper, *reading, "battery/faults")) : reading.error().text;
  };
  QCOMPARE(text("[ 1 , 2.50,\n true ]"), QStringLiteral("[1,2.50,true]"));
  QCOMPARE(text("[[],{'b':[null],'a':'x'}]"), QString::fromUtf8(json("[[],{'b':[null],'a':'x'}]")));
  QCOMPARE(text("[12345678901234567890123]"), QStringLiteral("[12345678901234567890123]"));
  QCOMPARE(text("[{'a':1,'a':2}]"), QStringLiteral("a stands twice in one object"));
}

void GatekeeperTest::R2_6_noTimestampIsNow() {
  const auto reading = gatekeeper().judge(json("{'battery':{'soc':0}}"), now());
  QVERIFY(reading);
  QCOMPARE(reading->time, now());
}

/// A device may be a little ahead of us, and as far behind as it likes: it may have kept what it could not send. One
/// whose clock is wrong keeps its values, not its times.
void GatekeeperTest::R2_6_timesToCome() {
  const auto at = [](const char *time) {
    return gatekeeper().judge(json(QByteArray("{'battery':{'soc':0},'timestamp':'") + time + "'}"), now());
  };
  QVERIFY(at("2026-02-10T14:30:30Z"));
  QVERIFY(!at("2026-02-10T14:30:30Z")->claimed);
  const auto ahead = at("2026-02-10T14:30:30.001Z");
  QVERIFY(ahead);
  QCOMPARE(ahead->time, now());
  QCOMPARE(toIso(*ahead->claimed), QStringLiteral("2026-02-10T14:30:30.001Z"));
  QVERIFY(at("1970-01-01T00:00:05Z"));
}

void GatekeeperTest::R2_5_numbers_data() {
  QTest::addColumn<QByteArray>("field");
  QTest::addColumn<QByteArray>("number");
  QTest::addColumn<bool>("expected");
  const auto row = [](const char *field, const char *number, bool expected) {
    QTest::addRow("%s %s", field, number) << QByteArray(field) << QByteArray(number) << expected;
  };
  row("voltage", "380", true);
  row("voltage", "-380.5", true);
  row("voltage", "3.8e2", true);
  row("voltage", "1e400", false);
  row("voltage", "-1e400", false);
  row("voltage", "'380'", false);
  row("voltage", "true", false);
  row("voltage", "null", false);
  row("voltage", "[380]", false);
  row("voltage", "{}", false);
  row("cells", "96", true);
  row("cells", "0", true);
  row("cells", "-0", true);
  row("cells", "96.0", false);
  row("cells", "96e0", false);
  row("cells", "1E1", false);
  row("cells", "9223372036854775808", false);
  row("cells", "101", false);
  row("cells", "-1", false);
  row("cells", "'96'", false);
  row("limit", "100", true);
  row("limit", "100.0000001", false);
  row("faults", "'none'", true);
  row("faults", "['a']", true);
  row("faults", "1", false);
  row("faults", "true", false);
  row("faults", "{}", false);
  row("faults", "'a\\u0000b'", false);
}

void GatekeeperTest::R2_5_numbers() {
  QFETCH(QByteArray, field);
  QFETCH(QByteArray, number);
  QFETCH(bool, expected);
  const auto reading = gatekeeper().judge(json("{'battery':{'soc':0,'" + field + "':" + number + "}}"), now());
  QVERIFY2(reading.has_value() == expected,
           qPrintable(reading ? QStringLiteral("was accepted") : reading.error().text));
}

void GatekeeperTest::R2_5_drops_data() {
  QTest::addColumn<QByteArray>("payload");
  QTest::addColumn<Rejection::Kind>("kind");
  QTest::addColumn<QString>("text");
  using Kind = Rejection::Kind;
  const auto row = [](const char *name, const QByteArray &payload, Kind kind, const char *text) {
    QTest::newRow(name) << json(payload) << kind << QString::fromLatin1(text);
  };
  row("nothing", "", Kind::Syntax, "no JSON");
  row("words", "hello", Kind::Syntax, "no JSON");
  row("cut off", "{'battery':{'soc':0.5", Kind::Syntax, "no JSON");
  row("something behind it", "{'battery':{'soc':0.5}}x", Kind::Syntax, "no JSON");
  row("two objects", "{'battery':{'soc':0.5}}{}", Kind::Syntax, "no JSON");
  row("list", "[{'battery':{'soc':0.5}}]", Kind::Syntax, "a JSON object is due");
  row("number", "1", Kind::Syntax, "a JSON object is due");
  row("comment", "{'battery':{'soc':0.5}/**/}", Kind::Syntax, "no JSON");
  row("trailing comma", "{'battery':{'soc':0.5,}}", Kind::Syntax, "no JSON");
  row("NaN", "{'battery':{'soc':NaN}}", Kind::Syntax, "no JSON");
  row("leading zero", "{'battery':{'soc':00.5}}", Kind::Syntax, "no JSON");
  row("plus", "{'battery':{'soc':+0.5}}", Kind::Syntax, "no JSON");
  row("single surrogate", "{'battery':{'soc':0.5,'faults':'\\ud800'}}", Kind::Syntax, "no JSON");
  row("bad UTF-8", "{'battery':{'soc':0.5,'faults':'\xff'}}", Kind::Syntax, "no JSON");
  row("key twice", "{'battery':{'soc':0.5,'soc':0.6}}", Kind::RepeatedKey, "soc stands twice in one object");
  row("object twice", "{'battery':{'soc':0.5},'battery':{}}", Kind::RepeatedKey, "battery stands twice");
  row("key twice, escaped", "{'battery':{'soc':0.5,'\\u0073oc':0.6}}", Kind::RepeatedKey, "soc stands twice");
  row("unknown key twice", "{'x':1,'battery':{'soc':0.5},'x':1}", Kind::RepeatedKey, "x stands twice");
  row("deep objects", "{'a':" + nested(20, "{'a':", "}") + "}", Kind::Size, "nested deeper than 16 levels");
  row("deep lists", "{'a':" + nested(20, "[", "]") + "}", Kind::Size, "nested deeper than 16 levels");
  row("very deep", "{'a':" + QByteArray("[").repeated(60000), Kind::Size, "nested deeper than 16 levels");
  row("long path", "{'" + QByteArray("k").repeated(201) + "':1}", Kind::Size, "longer than 200 bytes");
  QByteArray many = "{'battery':{'soc':0.5}";
  for (int i = 0; i < 1000; ++i) many += ",'k" + QByteArray::number(i) + "':1";
  row("many fields", many + "}", Kind::Size, "more than 1000 fields");
  row("another device", "{'device_id':'ems_002','battery':{'soc':0.5}}", Kind::Device, "device_id is not that");
  row("device as number", "{'device_id':1,'battery':{'soc':0.5}}", Kind::Device, "device_id is not that");
  row("device with NUL", "{'device_id':'ems_001\\u0000','battery':{'soc':0.5}}", Kind::Device, "device_id is not that");
  row("time as number", "{'timestamp':1770733530,'battery':{'soc':0.5}}", Kind::Time, "timestamp: text is due");
  row("no time", "{'timestamp':'soon','battery':{'soc':0.5}}", Kind::Time, "timestamp: is no time");
  row("missing", "{'battery':{'voltage':380}}", Kind::Missing, "battery/soc: is missing");
  row("all missing", "{}", Kind::Missing, "battery/soc: is missing");
  row("text where a number is due", "{'battery':{'soc':'0.5'}}", Kind::Type, "battery/soc: text where a number is due");
  row("below", "{'battery':{'soc':-0.1}}", Kind::Range, "battery/soc: -0.1 is out of range (allowed: from 0)");
  row("above", "{'battery':{'soc':1.1}}", Kind::Range, "battery/soc: 1.1 is out of range (allowed: up to 1)");
  row("branch as number", "{'battery':1}", Kind::Type, "battery: a number where an object is due");
  row("field as object", "{'battery':{'soc':{'value':1}}}", Kind::Type, "battery/soc: an object where a number is due");
  row("none of the enum", "{'battery':{'soc':0},'grid':{'status':'off'}}", Kind::Range,
      "grid/status: \"off\" is none of the values (allowed: connected, island)");
  row("enum as list", "{'battery':{'soc':0},'grid':{'status':['island']}}", Kind::Type, "a list where text is due");
  row("bool as number", "{'battery':{'soc':0},'running':1}", Kind::Type,
      "running: a number where true or false is due");
  row("path by a slash", "{'battery/soc':0.5}", Kind::Missing, "battery/soc: is missing");
  row("path by a dot", "{'battery.soc':0.5}", Kind::Missing, "battery/soc: is missing");
}

void GatekeeperTest::R2_5_drops() {
  QFETCH(QByteArray, payload);
  QFETCH(Rejection::Kind, kind);
  QFETCH(QString, text);
  const auto reading = gatekeeper().judge(payload, now());
  QVERIFY(!reading);
  QVERIFY2(reading.error().text.contains(text), qPrintable(reading.error().text));
  QCOMPARE(reading.error().kind, kind);
  QVERIFY(reading.error().text.size() < 400);
}

void GatekeeperTest::R2_5_unknownFields() {
  const QByteArray payload = json("{'battery':{'soc':0,'x':[1]},'y':{'z':null,'w':'t'},'a/b':1,'':2}");
  const auto ignored = gatekeeper("ignore").judge(payload, now());
  QVERIFY(ignored);
  QCOMPARE(ignored->fields.size(), size_t{1});
  QVERIFY(ignored->unknown.empty());
  const auto rejected = gatekeeper("reject").judge(payload, now());
  QVERIFY(!rejected);
  QCOMPARE(rejected.error().kind, Rejection::Kind::Unknown);
  QCOMPARE(rejected.error().text, QStringLiteral("battery/x: is no field of model ems"));
  QVERIFY(!gatekeeper("reject").judge(json("{'battery':{'soc':0},'y':{}}"), now()));
  QVERIFY(gatekeeper("reject").judge(json("{'battery':{'soc':0},'grid':{}}"), now()));
}

void GatekeeperTest::R2_5_acceptedFields() {
  const auto reading = gatekeeper("accept").judge(
      json("{'battery':{'soc':0,'x':[1]},'y':{'z':null,'w':'t','n':3,'f':true},'a/b':1,'':2,'nul':'\\u0000'}"), now());
  QVERIFY(reading);
  using Unknown = std::vector<std::pair<QString, Value>>;
  const Unknown expected{{QStringLiteral("battery/x"), Value(QStringLiteral("[1]"))},
                         {QStringLiteral("y/w"), Value(QStringLiteral("t"))},
                         {QStringLiteral("y/n"), Value(3.0)},
                         {QStringLiteral("y/f"), Value(true)}};
  QVERIFY(reading->unknown == expected);
  QCOMPARE(reading->unusable, 3);
}

/// Payloads with some bytes changed, taken out, doubled: nothing breaks, and what is accepted fits the model.
void GatekeeperTest::R2_5_whateverComes() {
  const Gatekeeper keeper = gatekeeper("accept");
  const QByteArray good = json(
      "{'device_id':'ems_001','timestamp':'2026-02-10T14:25:30.123456','battery':{'soc':0.85,'voltage':380.5,"
      "'faults':[{'a':[1,2]}],'cells':96},'grid':{'status':'connected'},'running':true,'more':{'x':'\\u00e9'}}");
  std::minstd_rand random(20260210);
  const auto upTo = [&](qsizetype count) { return static_cast<qsizetype>(random() % static_cast<unsigned>(count)); };
  int accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    QByteArray payload = good;
    for (qsizetype changes = 1 + upTo(3); changes > 0 && !payload.isEmpty(); --changes) {
      const qsizetype at = upTo(payload.size());
      const qsizetype size = 1 + upTo(8);
      switch (upTo(4)) {
        case 0:
          payload[at] = static_cast<char>(upTo(256));
          break;
        case 1:
          payload.remove(at, size);
          break;
        case 2:
          payload.insert(at, payload.mid(upTo(payload.size()), size));
          break;
        default:
          payload[at] = "{}[]\",:0-.e\\"[upTo(12)];
          break;
      }
    }
    const auto reading = keeper.judge(payload, now());
    if (!reading) continue;
    ++accepted;
    const Value soc = valueAt(keeper, *reading, "battery/soc");
    QVERIFY2(typeOf(soc) == ValueType::Double && std::get<double>(soc) >= 0 && std::get<double>(soc) <= 1, payload);
    QVERIFY2(reading->time <= now() + 5min, payload);
  }
  QVERIFY(accepted > 1000);
}

TAGWIRE_TEST(GatekeeperTest)

}  // namespace gatekeeper_test

#include "gatekeeper_test.moc"
