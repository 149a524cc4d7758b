// SPDX-License-Identifier: Apache-2.0
#include "isolation/wire.h"

#include <QTest>

#include <random>
#include "testprogram.h"

namespace wire_test {

using namespace tagwire;
using namespace tagwire::isolation;

namespace {

const Time someTime{std::chrono::nanoseconds(1'770'733'530'123'456'789)};

/// What came through: written as CBOR bytes and read again.
QCborMap through(const QCborMap &map) { return QCborValue::fromCbor(map.toCborValue().toCbor()).toMap(); }

Event through(const Event &event) {
  const auto read = eventFrom(through(toCbor(event)));
  if (!read) qFatal("%s", qPrintable(read.error()));
  return *read;
}

QByteArray payloadOf(const QByteArray &frame) { return frame.mid(4); }

}  // namespace

class WireTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void samplesComeThrough() {
    auto fix = std::make_shared<const Fix>(Fix{QStringLiteral("SIM1"), QStringLiteral("Sim"), QStringLiteral("g"), 90,
                                               80, 7, 417, 0.5, QStringLiteral("west")});
    const Samples samples{{static_cast<PointId>(1), {}, someTime, 81.25},
                          {static_cast<PointId>(2), Quality::bad(QualityReason::Timeout), someTime, qint64(-5)},
                          {static_cast<PointId>(3), Quality::uncertain(QualityReason::Stale), someTime, true},
                          {static_cast<PointId>(4), {}, someTime, QStringLiteral("ä\"\n")},
                          {static_cast<PointId>(4294967295), Quality::bad(QualityReason::None), {}, Value()},
                          {static_cast<PointId>(6), {}, someTime, Position{1.5, -2, 3, fix}}};
    const QByteArray frame = framedSamples(samples.constData(), samples.size(), 12345678901);
    QCOMPARE(typeOfPayload(payloadOf(frame)), QByteArray("samples"));
    const auto read = samplesFrom(payloadOf(frame));
    QVERIFY2(read.has_value(), read ? "" : qPrintable(read.error()));
    QCOMPARE(read->sequence, quint64(12345678901));
    QCOMPARE(read->samples.size(), samples.size());
    for (int i = 0; i < 5; ++i) QVERIFY(read->samples[i] == samples[i]);
    const auto position = std::get<Position>(read->samples[5].value);
    QCOMPARE(position.y, -2.0);
    QCOMPARE(position.fix->tag, QStringLiteral("SIM1"));
    QCOMPARE(position.fix->accuracy, 0.5);
    QCOMPARE(position.fix->zone, 417);
  }
  void samplesOfOthersMayBeShort() {
    // Half and single floats, and integers where a double is due, are for whoever knows the point's type.
    const auto read = samplesFrom(QByteArray::fromHex("8267") + "samples" +
                                  QByteArray::fromHex("84"
                                                      "8301f93e0000"
                                                      "8301fa3fc0000000"
                                                      "83010500"
                                                      "840122006362616400")
                                      .chopped(1));
    QVERIFY2(read.has_value(), read ? "" : qPrintable(read.error()));
    QCOMPARE(std::get<double>(read->samples[0].value), 1.5);
    QCOMPARE(std::get<double>(read->samples[1].value), 1.5);
    QCOMPARE(std::get<qint64>(read->samples[2].value), 5);
    QVERIFY(read->samples[3].quality.isBad());
  }
  void wrongSamplesAreErrors_data() {
    QTest::addColumn<QByteArray>("hex");
    QTest::newRow("no array") << QByteArray("01");
    QTest::newRow("no sample") << QByteArray("8101");
    QTest::newRow("too short") << QByteArray("81820101");
    QTest::newRow("too long") << QByteArray("81850101010101");
    QTest::newRow("negative point") << QByteArray("8183200100");
    QTest::newRow("large point") << QByteArray("81831b00000001000000000100");
    QTest::newRow("no time") << QByteArray("81830101f6");
    QTest::newRow("negative time") << QByteArray("8183010120");
    QTest::newRow("a list as value") << QByteArray("818301800000");
    QTest::newRow("unknown quality") << QByteArray("8184010100636f6f70");
    QTest::newRow("cut off") << QByteArray("82830101");
    QTest::newRow("far too many") << QByteArray("9b00ffffffffffffff");
    QTest::newRow("open length") << QByteArray("9f83010100ff");
    QTest::newRow("nothing") << QByteArray();
  }
  void wrongSamplesAreErrors() {
    QFETCH(QByteArray, hex);
    QVERIFY(!samplesFrom(QByteArray::fromHex("8267") + "samples" + QByteArray::fromHex(hex)));
  }
  /// Whatever bytes a child sends: an error or samples, never an exception.
  void brokenSamplesAreErrors() {
    auto fix = std::make_shared<const Fix>(Fix{QStringLiteral("SIM1"), QStringLiteral("Sim"), QStringLiteral("g"), 90,
                                               80, 7, 417, 0.5, QStringLiteral("west")});
    const Samples samples{{static_cast<PointId>(1), Quality::bad(QualityReason::Timeout), someTime, 81.25},
                          {static_cast<PointId>(4), {}, someTime, QStringLiteral("a text")},
                          {static_cast<PointId>(6), {}, someTime, Position{1.5, -2, 3, fix}}};
    const QByteArray whole = payloadOf(framedSamples(samples.constData(), samples.size(), 1));
    for (qsizetype cut = 0; cut < whole.size(); ++cut) QVERIFY(!samplesFrom(whole.left(cut)));
    std::mt19937 random(1);
    int errors = 0;
    for (int i = 0; i < 100'000; ++i) {
      QByteArray broken = whole;
      for (int flips = 0; flips < 3; ++flips) {
        broken[static_cast<qsizetype>(random() % static_cast<quint32>(broken.size()))] = static_cast<char>(random());
      }
      if (!samplesFrom(broken)) ++errors;
    }
    QVERIFY2(errors > 10'000, qPrintable(QString::number(errors)));
  }
  void alarmsComeThrough() {
    AlarmTransition alarm;
    alarm.alarmId = 1LL << 40;
    alarm.ruleId = -5;
    alarm.ruleName = QStringLiteral("Boiler High Temp");
    alarm.state = AlarmState::Alarm;
    alarm.previous = AlarmState::Warning;
    alarm.condition = AlarmCondition::OutOfService;
    alarm.severity = Severity::Critical;
    alarm.point = static_cast<PointId>(9);
    alarm.value = 81.5;
    alarm.alarmThreshold = 80;
    alarm.isStored = false;
    const Event read = through(Event{77, someTime, QStringLiteral("alarms"), alarm});
    const auto &body = std::get<AlarmTransition>(read.body);
    QCOMPARE(read.sequence, quint64(77));
    QVERIFY(read.time == someTime);
    QCOMPARE(read.source, QStringLiteral("alarms"));
    QCOMPARE(body.alarmId, alarm.alarmId);
    QCOMPARE(body.ruleId, -5);
    QCOMPARE(body.state, AlarmState::Alarm);
    QCOMPARE(body.previous, AlarmState::Warning);
    QCOMPARE(body.condition, AlarmCondition::OutOfService);
    QCOMPARE(body.severity, Severity::Critical);
    QVERIFY(body.point == alarm.point);
    QCOMPARE(body.alarmThreshold, std::optional<double>(80));
    QVERIFY(!body.warningThreshold);
    QVERIFY(!body.isStored);
  }
  void otherEventsComeThrough() {
    AlarmConditionChange change;
    change.cause = QStringLiteral("shelve");
    change.until = someTime;
    QVERIFY(std::get<AlarmConditionChange>(through(Event{1, someTime, {}, change}).body).until == someTime);
    TriggerEvent trigger;
    trigger.triggerId = 123;
    trigger.x = 1.5;
    QCOMPARE(std::get<TriggerEvent>(through(Event{1, someTime, {}, trigger}).body).x, 1.5);
    const CommandStatus status{QStringLiteral("id"),
                               static_cast<PointId>(3),
                               CommandState::Unknown,
                               Value(2.5),
                               QStringLiteral("why"),
                               5,
                               6,
                               {static_cast<PointId>(1), static_cast<PointId>(2)}};
    const auto readStatus = std::get<CommandStatus>(through(Event{1, someTime, {}, status}).body);
    QCOMPARE(readStatus.state, CommandState::Unknown);
    QCOMPARE(std::get<double>(readStatus.actualValue), 2.5);
    QCOMPARE(readStatus.scenePoints.size(), 2);
    const auto system = std::get<SystemEvent>(
        through(Event{1, someTime, {}, SystemEvent{QStringLiteral("k"), QStringLiteral("t"), Severity::Major}}).body);
    QCOMPARE(system.severity, Severity::Major);
    const auto custom =
        std::get<CustomEvent>(through(Event{1, someTime, {}, CustomEvent{QStringLiteral("mine"), "{\"a\":1}"}}).body);
    QCOMPARE(custom.type, QStringLiteral("mine"));
    QCOMPARE(custom.json, QByteArray("{\"a\":1}"));
  }
  void wrongEventsAreErrors() {
    QVERIFY(!eventFrom({}));
    QVERIFY(!eventFrom({{QLatin1String("type"), QLatin1String("no such")}}));
    QVERIFY(!eventFrom(
        {{QLatin1String("type"), QLatin1String("system")}, {QLatin1String("severity"), QLatin1String("huge")}}));
    QVERIFY(!eventFrom({{QLatin1String("type"), QLatin1String("command")}, {QLatin1String("point"), -1}}));
    QVERIFY(!eventFrom({{QLatin1String("type"), QLatin1String("trigger")}, {QLatin1String("zone_id"), 1LL << 40}}));
  }
  void pointsComeThrough() {
    PointInfo info{.name = QStringLiteral("boiler/temp"),
                   .type = ValueType::Int,
                   .number = 59,
                   .unit = QStringLiteral("°C"),
                   .description = QStringLiteral("outlet"),
                   .writable = true,
                   .verify = false,
                   .minimum = -1.5,
                   .maximum = 90};
    info.commandRules.confirm = Confirm::SecondPerson;
    info.commandRules.minimumOn = std::chrono::milliseconds(1500);
    info.commandRules.safeValue = Value(false);
    const auto read = pointInfoFrom(through(toCbor(info)));
    QVERIFY(read.has_value());
    QCOMPARE(read->name, info.name);
    QCOMPARE(read->type, ValueType::Int);
    QCOMPARE(read->number, info.number);
    QCOMPARE(read->unit, info.unit);
    QVERIFY(read->writable && !read->verify);
    QCOMPARE(read->minimum, info.minimum);
    QVERIFY(read->commandRules == info.commandRules);
  }
  void commandsComeThrough() {
    Command command;
    command.id = newCommandId();
    command.point = static_cast<PointId>(8);
    command.value = qint64(3);
    command.kind = CommandKind::Pulse;
    command.duration = std::chrono::milliseconds(250);
    command.expires = someTime;
    const auto read = commandFrom(through(toCbor(command)));
    QVERIFY(read.has_value());
    QCOMPARE(read->id, command.id);
    QCOMPARE(read->kind, CommandKind::Pulse);
    QCOMPARE(read->duration.count(), 250);
    QVERIFY(read->expires == someTime && read->value == command.value);
  }
  void configurationComesThroughWithItsPlaces() {
    Problems problems;
    const ConfigNode node = parseJson(R"({
  // a comment
  "a": [1, 2.5, true, null, "x"],
  "b": { "c": { "$env": "HOME" } }
})",
                                      QStringLiteral("m.json"), problems);
    const auto read = configFrom(through(toCbor(node)));
    QVERIFY(read.has_value());
    const ConfigNode *list = read->member(QLatin1String("a"));
    QCOMPARE(list->items.size(), size_t(5));
    QCOMPARE(list->items[0].kind, ConfigNode::Kind::Integer);
    QCOMPARE(list->items[0].integer, 1);
    QCOMPARE(list->items[1].number, 2.5);
    QCOMPARE(list->items[4].text, QStringLiteral("x"));
    QCOMPARE(list->items[4].where.line, 3);
    QCOMPARE(list->items[4].where.column, node.member(QLatin1String("a"))->items[4].where.column);
    QCOMPARE(*list->where.file, QStringLiteral("m.json"));
    QCOMPARE(environmentOf(node).toVariantMap().keys(), QStringList{QStringLiteral("HOME")});
  }
  void listenersComeThrough() {
    using Kind = ConfigReader::Listener::Kind;
    const ConfigLocation where{std::make_shared<const QString>(QStringLiteral("plant.json")), 7, 3};
    for (const Kind kind : {Kind::Tcp, Kind::Udp}) {
      const ConfigReader::Listener sent{kind, QStringLiteral("::1"), 65535, where, QStringLiteral("plugins[1].listen")};
      const auto come = listenerFrom(toCbor(sent));
      QCOMPARE(come.kind, kind);
      QCOMPARE(come.address, sent.address);
      QCOMPARE(come.port, sent.port);
      QCOMPARE(come.path, sent.path);
      QCOMPARE(*come.where.file, *where.file);
      QCOMPARE(come.where.line, 7);
      QCOMPARE(come.where.column, 3);
    }
  }

  void framesAreCutFromAnyPieces() {
    const QByteArray stream = frameOf("ping", 1) +
                              frameOf("status", QCborMap{{QLatin1String("state"), QLatin1String("running")}}) +
                              frameOf("written");
    for (int piece = 1; piece < stream.size(); ++piece) {
      FrameReader reader(1000);
      QStringList types;
      for (int from = 0; from < stream.size(); from += piece) {
        reader.append(stream.constData() + from, std::min<qsizetype>(piece, stream.size() - from));
        for (;;) {
          const auto next = reader.next();
          QVERIFY(next.has_value());
          if (!*next) break;
          types << messageFrom(**next)->type;
        }
      }
      QCOMPARE(types, (QStringList{QStringLiteral("ping"), QStringLiteral("status"), QStringLiteral("written")}));
    }
  }
  void largeFrameIsRefusedByItsHead() {
    FrameReader reader(1000);
    reader.append("\x00\x00\x03\xe9", 4);
    const auto next = reader.next();
    QVERIFY(!next.has_value());
    QVERIFY2(next.error().contains(QLatin1String("1001")), qPrintable(next.error()));
  }
  void wrongMessagesAreErrors_data() {
    QTest::addColumn<QByteArray>("payload");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("text") << QByteArray("hello");
    QTest::newRow("two values") << QByteArray::fromHex(
        "816161"
        "816161");
    QTest::newRow("a number") << QByteArray::fromHex("01");
    QTest::newRow("no type") << QByteArray::fromHex("820101");
    QTest::newRow("cut off") << QByteArray::fromHex("82616101").chopped(1);
    QTest::newRow("too deep") << QByteArray(100'000, '\x81');
    QTest::newRow("huge text") << QByteArray::fromHex("827bffffffffffffffff61");
    QTest::newRow("huge array") << QByteArray::fromHex("9bffffffffffffffff01");
  }
  void wrongMessagesAreErrors() {
    QFETCH(QByteArray, payload);
    QVERIFY(!messageFrom(payload));
    (void)typeOfPayload(payload);
  }
};

TAGWIRE_TEST(WireTest)

}  // namespace wire_test

#include "wire_test.moc"
