// SPDX-License-Identifier: Apache-2.0
#include "alarmmessages.h"

#include <QRandomGenerator>
#include <QTest>

#include "batch.h"
#include "testprogram.h"

namespace alarmmessages_test {

using namespace tagwire;
using namespace tagwire::cluster;
using tagwire::spool::timeAt;
using namespace std::chrono_literals;

/// Two nodes that know the same point by different ids.
PointNaming naming(int own) {
  PointNaming made;
  made.nameOf = [own](PointId id) {
    return static_cast<int>(id) == own ? QStringLiteral("plc1/boiler/temp") : QString();
  };
  made.idOf = [own](const QString &name) {
    return name == u"plc1/boiler/temp" ? static_cast<PointId>(own) : PointId::None;
  };
  return made;
}
const PointNaming hubNaming = naming(7);
const PointNaming gatewayNaming = naming(42);

AlarmStatus status(int rule) {
  AlarmStatus made;
  made.since = timeAt(1'700'000'000'123'456'789);
  made.transition.alarmId = 4'000'000'000;
  made.transition.ruleId = rule;
  made.transition.ruleName = QString::fromUtf8("Überhitzt %1").arg(rule);
  made.transition.area = QStringLiteral("cold-store/room1");
  made.transition.state = AlarmState::Alarm;
  made.transition.condition = AlarmCondition::OutOfService;
  made.transition.severity = Severity::Critical;
  made.transition.comparison = QStringLiteral("above");
  made.transition.level = QStringLiteral("HH");
  made.transition.point = static_cast<PointId>(7);
  made.transition.value = 81.25 + rule;
  made.transition.alarmThreshold = 80;
  made.transition.message = QStringLiteral("Rule -> ALARM");
  made.isAcknowledged = true;
  made.acknowledgedAt = timeAt(5);
  made.acknowledgedBy = QStringLiteral("anna@gateway1");
  made.shelvedUntil = timeAt(6);
  return made;
}

template <class T>
std::optional<T> there(const T &sent, const PointNaming &reader = gatewayNaming) {
  AnswerParts parts;
  for (const QByteArray &part : encodeAnswer(FieldWriter(hubNaming).cborOf(sent))) parts.add(part);
  const auto answer = parts.answer();
  T got{};
  if (!answer || !FieldReader(reader).take(*answer, got)) return std::nullopt;
  return got;
}

class AlarmMessagesTest : public QObject {
  Q_OBJECT
 private:
  /// What was read is written again as it was: there is no == for these structs, and no field is left out.
  template <class T>
  static void comesBack(const T &sent) {
    const auto got = there(sent, hubNaming);
    QVERIFY(got);
    QCOMPARE(FieldWriter(hubNaming).cborOf(*got).toCbor(), FieldWriter(hubNaming).cborOf(sent).toCbor());
  }

 private Q_SLOTS:
  void everyStructComesBack() {
    comesBack(status(1));
    comesBack(AlarmStatus());
    comesBack(AlarmAction{AlarmAction::Kind::Shelve, 5, QStringLiteral("anna"), QStringLiteral("why"), 90s, true});
    const QJsonObject rule{{QStringLiteral("id"), 5}, {QStringLiteral("alarm_threshold"), 80.5}};
    const AlarmRule whole{5, rule, false, 3, QStringLiteral("anna"), timeAt(9)};
    comesBack(QList<AlarmRule>{whole, {}});
    comesBack(AlarmRuleChange{AlarmRuleChange::Kind::Remove, 5, rule, QStringLiteral("anna")});
    comesBack(AlarmAnswer{AlarmAnswer::Outcome::Invalid, {QStringLiteral("a"), QStringLiteral("b")}, status(2), whole});
    comesBack(AlarmHistoryQuery{timeAt(1), timeAt(2), {1, 2}, {AlarmState::Alarm}, 1ULL << 63, 17, true});
    comesBack(QList<AlarmArea>{{QStringLiteral("a/b"), AlarmState::Warning, Severity::Major, 1, 2, 3}, {}});
    AlarmStatistics figures;
    figures.from = timeAt(3);
    figures.total = 8;
    figures.perTenMinutes = {1, 0, 7};
    figures.floodShare = 0.25;
    figures.chattering = {{1, QStringLiteral("n"), QStringLiteral("a"), 12}};
    figures.bySeverity = {{Severity::Info, 3}, {Severity::Critical, 5}};
    comesBack(figures);
    AlarmConditionChange change;
    change.ruleId = 9;
    change.cause = QStringLiteral("ack");
    change.until = timeAt(11);
    comesBack(QList<Event>{{12, timeAt(13), QStringLiteral("alarms"), change},
                           {14, timeAt(15), QStringLiteral("alarms"), status(3).transition}});
  }

  void fieldsStandWhereTheyBelong() {
    const auto got = there(status(4));
    QVERIFY(got);
    QCOMPARE(got->transition.ruleName, QString::fromUtf8("Überhitzt 4"));
    QCOMPARE(got->transition.condition, AlarmCondition::OutOfService);
    QCOMPARE(got->transition.value, 85.25);
    QCOMPARE(got->acknowledgedBy, QStringLiteral("anna@gateway1"));
    QCOMPARE(got->acknowledgedAt, timeAt(5));
    QVERIFY(!got->transition.warningThreshold);
  }

  void pointsGoByName() {
    QCOMPARE(there(status(1))->transition.point, static_cast<PointId>(42));
    AlarmStatus unknown = status(1);
    unknown.transition.point = static_cast<PointId>(8);
    QCOMPARE(there(unknown)->transition.point, PointId::None);
  }

  void whatIsAskedComesBack() {
    const AlarmAction action{AlarmAction::Kind::Acknowledge, 5, QStringLiteral("anna"), {}};
    const auto ask = decodeAsk(encodeAsk(DeskCall::Act, givenOf(hubNaming, action)));
    QVERIFY(ask && ask->call == DeskCall::Act);
    std::tuple<AlarmAction> given;
    QVERIFY(takeGiven(hubNaming, ask->given, given));
    QCOMPARE(std::get<0>(given).ruleId, 5);
    std::tuple<Time, Time> others;
    QVERIFY(!takeGiven(hubNaming, ask->given, others));
    QVERIFY(!decodeAsk("nonsense"));
  }

  void anErrorComesBack() {
    AnswerParts parts;
    for (const QByteArray &part : encodeAnswer(failure(QStringLiteral("there is no rule 5")))) parts.add(part);
    QCOMPARE(parts.answer().error(), QStringLiteral("there is no rule 5"));
  }

  // No more than NATS carries in one message, and no more than a hub has room for.
  void tenThousandAlarmsGoInParts() {
    QList<AlarmStatus> many;
    QRandomGenerator random(3);
    for (int i = 0; i < 10'000; ++i) {
      many << status(i);
      for (int word = 0; word < 10; ++word) many.last().comment += QString::number(random.generate64(), 36);
    }
    const QByteArrayList parts = encodeAnswer(FieldWriter(hubNaming).cborOf(many));
    QVERIFY2(parts.size() > 1, qPrintable(QString::number(parts.size())));
    AnswerParts together;
    for (const QByteArray &part : parts) {
      QVERIFY(part.size() < 1'000'000);
      QCOMPARE(together.add(part), part == parts.last());
    }
    QList<AlarmStatus> got;
    QVERIFY(FieldReader(gatewayNaming).take(*together.answer(), got));
    QCOMPARE(got.size(), 10'000);
    QCOMPARE(got.last().comment, many.last().comment);
    AnswerParts wrong;
    QVERIFY(wrong.add(parts.last()));  // not the first
    QVERIFY(!wrong.answer());
  }

  // Whatever stands in a message, it is read or refused, and nothing else happens.
  void damagedMessagesAreRefused() {
    const auto quiet = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &) {});
    const auto loud = qScopeGuard([&] { qInstallMessageHandler(quiet); });
    const QByteArray ask = encodeAsk(DeskCall::History, givenOf(hubNaming, AlarmHistoryQuery{{}, timeAt(2), {1}}));
    const QByteArray answer = encodeAnswer(FieldWriter(hubNaming).cborOf(QList<AlarmStatus>{status(1)})).first();
    QRandomGenerator random(7);
    const auto damaged = [&](QByteArray bytes) {
      for (int i = random.bounded(1, 4); i > 0; --i)
        bytes[random.bounded(bytes.size())] = static_cast<char>(random.bounded(256));
      if (random.bounded(4) == 0) bytes.truncate(random.bounded(bytes.size()));
      return bytes;
    };
    const auto read = [](const QByteArray &message) {
      AnswerParts parts;
      QList<AlarmStatus> got;
      if (!parts.add(message)) return;
      if (const auto whole = parts.answer()) FieldReader(gatewayNaming).take(*whole, got);
    };
    for (int round = 0; round < 5'000; ++round) {
      if (const auto got = decodeAsk(damaged(ask))) {
        std::tuple<AlarmHistoryQuery> given;
        takeGiven(hubNaming, got->given, given);
      }
      read(damaged(answer));
      // Also behind the checksum of the compression.
      read(answer.left(4) + packed(damaged(qUncompress(answer.mid(4)))));
    }
    for (qsizetype size = 0; size < ask.size(); ++size) QVERIFY(!decodeAsk(ask.left(size)));
    AnswerParts none;
    QVERIFY(none.add({}) && !none.answer());
  }
};

TAGWIRE_TEST(AlarmMessagesTest)

}  // namespace alarmmessages_test

#include "alarmmessages_test.moc"
