// SPDX-License-Identifier: Apache-2.0
// Random samples: what blocks and what is tripped is what a plain reading of the rules says, written down here once
// more.
#include <QRandomGenerator>

#include <map>

#include "interlockplant.h"
#include "testprogram.h"

namespace interlockwalks_test {

using namespace tagwire;
using namespace std::chrono_literals;

namespace {

/// The rules as docs/interlocks.md has them, without anything kept but the last samples.
struct Reading {
  std::map<QByteArray, Sample> last;
  bool isTempOutside = false;
  bool isPlcUp = true;

  void take(const QByteArray &name, const Sample &sample) {
    last[name] = sample;
    if (name != "plc1/temp" || !sample.quality.isGood() || !isPlcUp) return;
    isTempOutside = !isTempWithin();
  }
  bool isTempWithin() const {
    const double margin = isTempOutside ? 5 : 0;
    const double value = std::get<double>(last.at("plc1/temp").value);
    return value >= 0 + margin && value <= 90 - margin;
  }
  bool isGood(const QByteArray &name) const {
    const bool isPlc = name.startsWith("plc1/");
    return last.contains(name) && last.at(name).quality.isGood() && (isPlcUp || !isPlc);
  }
  bool isTempMet() const { return isGood("plc1/temp") && isTempWithin(); }
  bool isDoorMet() const { return isGood("plc1/door") && std::get<bool>(last.at("plc1/door").value); }
  bool isModeMet() const {
    return isGood("plc1/mode") && std::get<QString>(last.at("plc1/mode").value) == QLatin1String("auto");
  }
  bool isZoneMet() const {
    const QByteArray all = "uwb/zone/417/occupancy";
    const QByteArray operators = all + "/operator";
    return isGood(all) && isGood(operators) && last.at(all).value == last.at(operators).value;
  }
};

}  // namespace

class InterlockWalksTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void blocksAsTheRulesSay_data() {
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 20; ++seed) QTest::addRow("%u", seed) << seed;
  }
  void blocksAsTheRulesSay() {
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    InterlockPlant plant;
    const QByteArray conditions = R"({"type":"range","point":"plc1/temp","min":0,"max":90,"deadband":5},
      {"type":"require_closed","point":"plc1/door"})";
    QCOMPARE(plant.configure(R"([
      {"id":1,"name":"a","mode":"permissive","points":["plc1/run"],"conditions":[)" +
                             conditions + R"(]},
      {"id":2,"name":"b","mode":"trip","points":["plc1/speed"],"conditions":[)" +
                             conditions + R"(]},
      {"id":3,"name":"c","mode":"permissive","points":["plc1/run"],"conditions":[
        {"type":"zone_clear","zone":417,"except_classes":["operator"]}]},
      {"id":4,"name":"d","mode":"advisory","points":["plc1/run"],"conditions":[
        {"type":"require_state","point":"plc1/mode","value":"auto"}]}])"),
             QString());
    Reading reading;
    bool isLatched = false;
    int trips = 0;
    int open = 0;
    const auto publish = [&](int count) {
      Samples batch;
      for (int i = 0; i < count; ++i) {
        const auto [name, sample] = anySample(plant, random);
        batch << sample;
        reading.take(name, sample);
        const bool isOfTrip = name == "plc1/temp" || name == "plc1/door";
        if (isOfTrip && !(name == "plc1/temp" ? reading.isTempMet() : reading.isDoorMet())) isLatched = true;
      }
      plant.hub.publish(nullptr, batch);
    };
    // Both are known and fine when the time ends in which unknown inputs are excused.
    plant.interlocks->start(plant.folder.path());
    for (const char *name : {"plc1/temp", "plc1/door"}) {
      const Sample good = plant.sample(name, QByteArray(name) == "plc1/temp" ? Value(20.0) : Value(true));
      plant.hub.publish(nullptr, {good});
      reading.take(name, good);
    }
    plant.pass(10s);
    for (int step = 0; step < 2000; ++step) {
      if (random.bounded(50) == 0) {
        reading.isPlcUp = !reading.isPlcUp;
        plant.interlocks->instanceChanged(QStringLiteral("plc1"), reading.isPlcUp);
        isLatched = isLatched || !reading.isTempMet() || !reading.isDoorMet();
      }
      publish(1 + static_cast<int>(random.bounded(4u)));
      const bool isFree = reading.isTempMet() && reading.isDoorMet() && reading.isZoneMet();
      const auto found = plant.interlocks->obstacle(plant.id("plc1/run"), Value(true));
      QVERIFY2(found.has_value() != isFree, qPrintable(found ? found->text : QStringLiteral("nothing")));
      QCOMPARE(plant.interlocks->warnings(plant.id("plc1/run"), Value(true)).isEmpty(), reading.isModeMet());
      const bool isBlocked = plant.interlocks->obstacle(plant.id("plc1/speed"), Value(1.0)).has_value();
      QCOMPARE(isBlocked, isLatched || !reading.isTempMet() || !reading.isDoorMet());
      QCOMPARE(plant.interlocks->all().at(1).isTripped, isLatched);
      if (isFree) ++open;
      if (!isLatched || random.bounded(3) != 0) continue;
      const bool mayReset = reading.isTempMet() && reading.isDoorMet();
      QCOMPARE(plant.interlocks->reset(2, {QStringLiteral("user:anna"), {}, {}}).has_value(), mayReset);
      if (mayReset) isLatched = false;
      if (mayReset) ++trips;
    }
    QVERIFY2(trips > 10 && open > 10, qPrintable(QStringLiteral("%1 %2").arg(trips).arg(open)));
  }

 private:
  static std::pair<QByteArray, Sample> anySample(const InterlockPlant &plant, QRandomGenerator &random) {
    const bool isBad = random.bounded(8) == 0;
    const Quality quality = isBad ? Quality::bad(QualityReason::Timeout) : Quality::good();
    switch (random.bounded(5)) {
      case 0:
        return make(plant, "plc1/temp", Value(-10.0 + random.bounded(110.0)), quality);
      case 1:
        return make(plant, "plc1/door", Value(random.bounded(4) != 0), quality);
      case 2:
        return make(plant, "plc1/mode", Value(QString::fromLatin1(random.bounded(2) ? "auto" : "hand")), quality);
      case 3:
        return make(plant, "uwb/zone/417/occupancy", Value(qint64(random.bounded(2))), quality);
      default:
        return make(plant, "uwb/zone/417/occupancy/operator", Value(qint64(random.bounded(2))), quality);
    }
  }
  static std::pair<QByteArray, Sample> make(const InterlockPlant &plant, const char *name, const Value &value,
                                            Quality quality) {
    return {QByteArray(name), plant.sample(name, value, quality)};
  }
};

TAGWIRE_TEST(InterlockWalksTest)

}  // namespace interlockwalks_test

#include "interlockwalks_test.moc"
