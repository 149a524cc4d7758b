// SPDX-License-Identifier: Apache-2.0
#include "batch.h"

#include <QRandomGenerator>
#include <QTest>

#include "testprogram.h"

namespace batch_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace tagwire::spool;

Batch everyKind() {
  Batch batch;
  batch.origin = QStringLiteral("spool1");
  batch.range = {0x7fff'ffff'ffff'fffe, Stream::Telemetry, 100, 110};
  batch.sent = timeAt(1'700'000'000'123'456'789);
  batch.points = {{QStringLiteral("plc1/a"), 7, ValueType::Double, QString::fromUtf8("°C"), QStringLiteral("what"), {}},
                  {QStringLiteral("uwb/T1"), {}, ValueType::Position, {}, {}, QStringLiteral("T1")}};
  const auto fix = std::make_shared<Fix>(
      Fix{QStringLiteral("T1"), QStringLiteral("Sim"), QStringLiteral("g"), 90, 80, 3, 417, 0.5, {}});
  const Value values[] = {Value(),
                          true,
                          qint64(-5'000'000'000),
                          0.1,
                          QString::fromUtf8("grün"),
                          Position{1, 2, 3, fix},
                          std::numeric_limits<double>::infinity()};
  quint64 sequence = 100;
  for (const Value &value : values) {
    const bool isPosition = typeOf(value) == ValueType::Position;
    batch.samples.push_back({sequence,
                             isPosition ? 2u : 1u,
                             Quality::uncertain(QualityReason::Stale),
                             sequence == 102,
                             timeAt(1'700'000'000'000'000'000 - static_cast<qint64>(sequence)),
                             {},
                             value});
    sequence += sequence == 103 ? 2 : 1;  // one was lost
  }
  batch.events.push_back({104, 5, "epoch", timeAt(3), "alarms", "alarm", "{}"});
  return batch;
}

class BatchTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyKindOfValueComesBack() {
    const Batch sent = everyKind();
    const auto got = decodeBatch(encode(sent));
    QVERIFY2(got.has_value(), qPrintable(got ? QString() : got.error()));
    QCOMPARE(got->origin, sent.origin);
    QVERIFY(got->range == sent.range);
    QVERIFY(got->sent == sent.sent);
    QVERIFY(got->points == sent.points);
    QVERIFY(got->events == sent.events);
    QCOMPARE(got->samples.size(), sent.samples.size());
    for (size_t i = 0; i < sent.samples.size(); ++i) {
      StoredSample want = sent.samples[i];
      StoredSample have = got->samples[i];
      if (auto *position = std::get_if<Position>(&want.value)) {
        auto *other = std::get_if<Position>(&have.value);
        QVERIFY(other && other->fix);
        QCOMPARE(other->fix->tag, position->fix->tag);
        QCOMPARE(other->fix->zone, position->fix->zone);
        other->fix = position->fix;
      }
      QVERIFY2(have == want, qPrintable(QString::number(i)));
    }
  }

  // Whatever stands in a message, it is refused or read, and nothing else happens.
  void damagedMessagesAreRefused() {
    const auto quiet = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &) {});
    const auto loud = qScopeGuard([&] { qInstallMessageHandler(quiet); });
    const QByteArray good = encode(everyKind());
    QRandomGenerator random(7);
    for (int round = 0; round < 5'000; ++round) {
      QByteArray bad = good;
      for (int i = random.bounded(1, 4); i > 0; --i)
        bad[random.bounded(bad.size())] = static_cast<char>(random.bounded(256));
      if (random.bounded(4) == 0) bad.truncate(random.bounded(bad.size()));
      decodeBatch(bad);
      decodePage(bad);
      // Also behind the checksum of the compression.
      QByteArray plain = qUncompress(good);
      plain[random.bounded(plain.size())] = static_cast<char>(random.bounded(256));
      const auto read = decodeBatch(qCompress(plain, 1));
      if (!read) continue;
      for (const StoredSample &sample : read->samples)
        QVERIFY(sample.point >= 1 && sample.point <= read->points.size());
    }
    QVERIFY(!decodeBatch({}));
    QVERIFY(!decodeBatch(QByteArray("\xff\xff\xff\xff zip bomb", 13)));
  }

  void pagesAndEventsComeBack() {
    Page page;
    PointInfo info;
    info.name = QStringLiteral("pump/run");
    info.type = ValueType::Bool;
    info.writable = true;
    info.minimum = 1;
    page.entries.push_back({QStringLiteral("plc1"), info, {PointId::None, Quality::good(), timeAt(5), true}});
    const auto got = decodePage(encode(page));
    QVERIFY(got && got->entries.size() == 1);
    QCOMPARE(got->entries[0].info.name, info.name);
    QVERIFY(got->entries[0].info.writable);
    QVERIFY(got->entries[0].last == page.entries[0].last);

    AlarmTransition alarm;
    alarm.ruleId = 77;
    alarm.state = AlarmState::Alarm;
    alarm.message = QStringLiteral("hot");
    const EventBody body{"{\"a\":1}", {9, timeAt(8), QStringLiteral("alarms"), alarm}, QStringLiteral("plc1/a")};
    const auto event = decodeEventBody(encode(body));
    QVERIFY(event.has_value());
    QCOMPARE(event->json, body.json);
    QCOMPARE(event->point, body.point);
    QCOMPARE(std::get<AlarmTransition>(event->event.body).message, alarm.message);
    QVERIFY(!decodeEventBody("nonsense"));
  }
};

TAGWIRE_TEST(BatchTest)

}  // namespace batch_test

#include "batch_test.moc"
