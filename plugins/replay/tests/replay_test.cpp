// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "playback.h"
#include "quiethistory.h"
#include "replay.h"
#include "testcontext.h"
#include "testprogram.h"

namespace replay_test {

using namespace tagwire;
using namespace tagwire::replay;
using namespace std::chrono_literals;

namespace {

const Time past = fromMilliseconds(1'700'000'000'000);

/// A history of two points that answers as the real one does, by point, and by pages of few values.
class SmallHistory : public Plugin, public QuietHistory {
  Q_OBJECT
 public:
  void start() override {}
  void stop() override {}
  void values(Reply<HistoryPage> reply, HistoryQuery query) override {
    ++questions;
    if (isAway) return reply(failure(QStringLiteral("the database is away")));
    HistoryPage page;
    qsizetype skipped = query.after.toLongLong();
    qsizetype count = 0;
    for (const QString &name : query.points) {
      HistorySeries series{{name}};
      for (const HistoryValue &value : stored.value(name)) {
        if (value.time < query.from || value.time >= query.to || skipped-- > 0) continue;
        if (count == qMin(query.limit, most)) {
          page.next = QString::number(query.after.toLongLong() + count);
          break;
        }
        series.values << value;
        ++count;
      }
      page.series << series;
      if (!page.next.isEmpty()) break;
    }
    reply(page);
  }

  void add(const QString &name, Time time, const Value &value) { stored[name] << HistoryValue{time, time, value, {}}; }

  QHash<QString, QList<HistoryValue>> stored;
  int most = 10;
  int questions = 0;
  bool isAway = false;
};

/// A Replay in a host for tests, and what it published.
struct Playing {
  explicit Playing(const QByteArray &config, const QString &id = QStringLiteral("plc1")) : context(id) {
    Problems problems;
    const ConfigNode node = parseJson(config, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    const auto read = ReplayConfig::read(reader);
    for (const Problem &problem : std::as_const(problems)) qWarning() << toText(problem);
    plugin = std::make_unique<Replay>(read.value(), context);
    QObject::connect(plugin.get(), &Plugin::samplesReady, [this](const Samples &batch) { samples += batch; });
    QObject::connect(plugin.get(), &Plugin::statusChanged, [this](PluginState newState, const QString &newText) {
      state = newState;
      text = newText;
    });
  }
  QStringList shown() const {
    QStringList lines;
    for (const Sample &sample : samples) {
      lines << context.points().point(sample.point)->fullName + u' ' + toText(sample.value);
    }
    return lines;
  }

  TestContext context;
  std::unique_ptr<Replay> plugin;
  Samples samples;
  PluginState state = PluginState::Stopped;
  QString text;
};

Sample numbered(int number, Time time) { return {PointId(1), {}, time, Value(qint64(number))}; }

QByteArray csvConfig(const QString &file, const QByteArray &more) {
  return "{ \"csv\": \"" + file.toUtf8() +
         "\", \"points\": [ { \"name\": \"temp\" }, { \"name\": \"run\", \"type\": \"bool\" } ]" + more + " }";
}

QByteArray historyConfig(const QByteArray &more) {
  return "{ \"history\": \"store\", \"points\": [ { \"name\": \"temp\" }, { \"name\": \"level\" } ]" + more + " }";
}

}  // namespace

class ReplayTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void valuesPlayAtTheirDistancesDividedBySpeed() {
    Playback playback(10, false);
    const Time now = past + 24h;
    playback.add({numbered(1, past), numbered(2, past + 10s), numbered(3, past + 10s), numbered(4, past + 30s)});
    QCOMPARE(*playback.untilNext(5s), 0ns);
    const auto first = playback.due(5s, now, 100);
    QCOMPARE(first.size(), 1);
    QCOMPARE(first[0].time, now);
    QCOMPARE(*playback.untilNext(5s), 1s);
    QVERIFY(playback.due(5999ms, now + 999ms, 100).isEmpty());
    const auto second = playback.due(6s, now + 1s, 100);
    QCOMPARE(second.size(), 2);
    QCOMPARE(second[0].time, now + 1s);
    QCOMPARE(second[1].value, Value(qint64(3)));
    // Late, but the times stay what they would have been.
    const auto third = playback.due(60s, now + 55s, 100);
    QCOMPARE(third[0].time, now + 3s);
    QVERIFY(!playback.untilNext(60s));
  }

  void timesMayStay() {
    Playback playback(0.5, true);
    playback.add({numbered(1, past), numbered(2, past + 1s)});
    QCOMPARE(playback.due(0s, past + 24h, 100)[0].time, past);
    QVERIFY(playback.due(1999ms, past + 24h, 100).isEmpty());
    QCOMPARE(playback.due(2s, past + 24h, 100)[0].time, past + 1s);
  }

  void asFastAsMayBeIsStillBounded() {
    Playback playback(std::nullopt, false);
    playback.add({numbered(1, past), numbered(2, past + 1h), numbered(3, past + 2h)});
    const auto first = playback.due(0s, past + 24h, 2);
    QCOMPARE(first.size(), 2);
    QVERIFY(first[1].time >= first[0].time);
    QCOMPARE(*playback.untilNext(0s), 0ns);
    QCOMPARE(playback.due(0s, past + 24h, 2).size(), 1);
  }

  void longPausesDoNotOverflow() {
    Playback playback(0.01, false);
    playback.add({numbered(1, Time()), numbered(2, Time() + std::chrono::hours(24 * 365 * 200))});
    QCOMPARE(playback.due(0s, past, 10).size(), 1);
    QVERIFY(playback.due(1h, past, 10).isEmpty());
  }

  void aFileIsPlayedInOrderOfTime() {
    QTemporaryDir folder;
    const QString file = write(folder,
                               "time_ms,point,value,quality\n"
                               "1700000002000,plc1/temp,3,\n"
                               "1700000000000,plc1/temp,1,\n"
                               "1700000001000,plc1/run,true,\n"
                               "1700000001000,plc1/temp,2,bad:timeout\n"
                               "1700000001000,plc2/temp,9,\n"
                               "1700000009000,plc1/temp,9,\n");
    Playing playing(csvConfig(file, ", \"speed\": 10, \"to\": \"2023-11-14T22:13:25Z\""));
    playing.plugin->start();
    QTRY_COMPARE(playing.samples.size(), 1);
    const Time begin = playing.context.clock().now();
    playing.context.manualClock().advance(99ms);
    settle();
    QCOMPARE(playing.samples.size(), 1);
    playing.context.manualClock().advance(1ms);
    QTRY_COMPARE(playing.samples.size(), 3);
    playing.context.manualClock().advance(100ms);
    QTRY_COMPARE(playing.samples.size(), 4);
    QCOMPARE(playing.shown(), (QStringList{QStringLiteral("plc1/temp 1"), QStringLiteral("plc1/run true"),
                                           QStringLiteral("plc1/temp 2"), QStringLiteral("plc1/temp 3")}));
    QCOMPARE(playing.samples[2].quality, Quality::bad(QualityReason::Timeout));
    QCOMPARE(playing.samples[3].time, begin + 200ms);
    QTRY_COMPARE(playing.text, QStringLiteral("played 4 values, over; left out: 1 of other points, 1 out of range"));
    QVERIFY(playing.state == PluginState::Running);
  }

  void withoutToAFilePlaysToItsEnd() {
    QTemporaryDir folder;
    // 2100: behind the clock of the test.
    const QString file = write(folder,
                               "time_ms,point,value\n"
                               "1700000000000,plc1/temp,1\n"
                               "4102444800000,plc1/temp,2\n");
    Playing playing(csvConfig(file, ", \"speed\": \"max\""));
    playing.plugin->start();
    QTRY_COMPARE(playing.text, QStringLiteral("played 2 values, over"));
  }

  void whatIsLeftOutIsCountedByReason() {
    QTemporaryDir folder;
    const QString file = write(folder,
                               "time_ms,point,value\n"
                               "1700000000000,plc1/temp,1\n"
                               "1700000001000,plc1/temp,2\n"
                               "1700000002000,plc1/temp,3\n"
                               "1700000001000,plc2/temp,9\n");
    Playing playing(csvConfig(file,
                              ", \"speed\": \"max\", \"from\": \"2023-11-14T22:13:21Z\", "
                              "\"to\": \"2023-11-14T22:13:22Z\", \"loop\": true"));
    playing.plugin->start();
    QTRY_VERIFY(playing.samples.size() >= 3);
    playing.plugin->stop();
    const auto leftOut = [&](const char *reason) {
      return playing.context.metrics().counter("tagwire_replay_left_out_total", "", {{"reason", reason}}).value();
    };
    QCOMPARE(leftOut("out_of_range"), 2.0);
    QCOMPARE(leftOut("other_point"), 1.0);
  }

  void withoutToAHistoryEndsWhereItWasAtTheStart() {
    SmallHistory history;
    history.add(QStringLiteral("plc1/temp"), past, Value(1.0));
    Playing playing(historyConfig(", \"speed\": \"max\""));
    history.add(QStringLiteral("plc1/temp"), playing.context.clock().now() + 1ms, Value(2.0));
    playing.context.addInstance(QStringLiteral("store"), QStringLiteral("sql"), &history);
    playing.plugin->start();
    playing.context.manualClock().advance(1h);
    QTRY_COMPARE(playing.text, QStringLiteral("played 1 values, over"));
  }

  void aFileMayBeMissingAtFirst() {
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("later.csv"));
    Playing playing(csvConfig(file, ", \"speed\": \"max\""));
    playing.plugin->start();
    QTRY_VERIFY(playing.state == PluginState::Degraded);
    QVERIFY2(playing.text.startsWith(QLatin1String("later.csv: ")), qPrintable(playing.text));
    write(folder, "time_ms,point,value\n1700000000000,plc1/temp,1\n", "later.csv");
    QTRY_COMPARE(playing.text, QStringLiteral("played 1 values, over"));
  }

  void aBadLineIsTold() {
    QTemporaryDir folder;
    const QString file = write(folder, "time_ms,point,value\n1700000000000,plc1/temp,warm\n");
    Playing playing(csvConfig(file, ""));
    playing.plugin->start();
    QTRY_VERIFY(playing.state == PluginState::Degraded);
    QCOMPARE(playing.text, QStringLiteral("past.csv:2: \"warm\" is no number (allowed: as in 81.25 or 1e-3)"));
    QVERIFY(playing.samples.isEmpty());
  }

  void aLoopBeginsAgain() {
    QTemporaryDir folder;
    const QString file = write(folder, "time_ms,point,value\n1700000000000,plc1/temp,1\n1700000001000,plc1/temp,2\n");
    Playing playing(csvConfig(file, ", \"speed\": \"max\", \"loop\": true"));
    playing.plugin->start();
    QTRY_VERIFY(playing.samples.size() >= 5);
    playing.plugin->stop();
    QCOMPARE(playing.shown().mid(0, 4), (QStringList{QStringLiteral("plc1/temp 1"), QStringLiteral("plc1/temp 2"),
                                                     QStringLiteral("plc1/temp 1"), QStringLiteral("plc1/temp 2")}));
  }

  void aLoopOfNothingRests() {
    QTemporaryDir folder;
    Playing playing(csvConfig(write(folder, "time_ms,point,value\n"), ", \"loop\": true"));
    playing.plugin->start();
    QTRY_COMPARE(playing.text, QStringLiteral("nothing is stored of these points in this range"));
  }

  void aHistoryIsPlayedAcrossPointsInOrderOfTime() {
    SmallHistory history;
    // Thick and thin stretches, with a pause of weeks.
    QStringList expected;
    for (int i = 0; i < 400; ++i) {
      const Time time =
          past + (i < 200 ? std::chrono::milliseconds(i * 3) : std::chrono::milliseconds(24h * 30) + i * 20s);
      const bool isTemp = i % 3 != 0;
      history.add(isTemp ? QStringLiteral("plc1/temp") : QStringLiteral("plc1/level"), time, Value(double(i)));
      expected << (isTemp ? QStringLiteral("sim/temp %1") : QStringLiteral("sim/level %1")).arg(i);
    }
    Playing playing(historyConfig(", \"speed\": \"max\", \"prefix\": \"plc1\", \"times\": \"original\""),
                    QStringLiteral("sim"));
    playing.context.addInstance(QStringLiteral("store"), QStringLiteral("sql"), &history);
    playing.plugin->start();
    QTRY_COMPARE(playing.text, QStringLiteral("played 400 values, over"));
    QCOMPARE(playing.shown(), expected);
    QCOMPARE(playing.samples[0].time, past);
  }

  void manyValuesOfOneMomentComeByPages() {
    SmallHistory history;
    for (int i = 0; i < 95; ++i) history.add(QStringLiteral("plc1/temp"), past, Value(double(i)));
    Playing playing(historyConfig(", \"speed\": \"max\", \"from\": \"2023-11-14T00:00:00Z\""));
    playing.context.addInstance(QStringLiteral("store"), QStringLiteral("sql"), &history);
    playing.plugin->start();
    QTRY_COMPARE(playing.text, QStringLiteral("played 95 values, over"));
    QCOMPARE(playing.shown().last(), QStringLiteral("plc1/temp 94"));
  }

  void onlySoMuchIsAskedForAhead() {
    SmallHistory history;
    history.most = 10'000;
    for (int i = 0; i < 100'000; ++i) {
      history.add(QStringLiteral("plc1/temp"), past + std::chrono::seconds(i), Value(double(i)));
    }
    Playing playing(historyConfig(", \"speed\": 1, \"from\": \"2023-11-14T22:13:20Z\""));
    playing.context.addInstance(QStringLiteral("store"), QStringLiteral("sql"), &history);
    playing.plugin->start();
    QTRY_COMPARE(playing.samples.size(), 1);
    settle();
    // A minute, two, four …: until 5,000 values wait.
    QVERIFY2(history.questions <= 10, qPrintable(QString::number(history.questions)));
  }

  void aMissingHistoryIsTriedAgain() {
    SmallHistory history;
    history.isAway = true;
    history.add(QStringLiteral("plc1/temp"), past, Value(1.0));
    Playing playing(historyConfig(", \"speed\": \"max\""));
    playing.plugin->start();
    QTRY_VERIFY(playing.state == PluginState::Degraded);
    playing.context.addInstance(QStringLiteral("store"), QStringLiteral("sql"), &history);
    QTRY_COMPARE(playing.text, QStringLiteral("the database is away"));
    history.isAway = false;
    QTRY_COMPARE(playing.text, QStringLiteral("played 1 values, over"));
    QVERIFY(playing.state == PluginState::Running);
  }

  void nothingComesAfterStop() {
    SmallHistory history;
    for (int i = 0; i < 50; ++i) history.add(QStringLiteral("plc1/temp"), past + std::chrono::seconds(i), Value(1.0));
    Playing playing(historyConfig(", \"speed\": \"max\""));
    playing.context.addInstance(QStringLiteral("store"), QStringLiteral("sql"), &history);
    playing.plugin->start();
    playing.plugin->stop();
    const auto count = playing.samples.size();
    settle();
    QCOMPARE(playing.samples.size(), count);
    playing.plugin->start();
    QTRY_COMPARE(playing.text, QStringLiteral("played 50 values, over"));
  }

 private:
  /// Lets come what is under way.
  static void settle() {
    for (int i = 0; i < 20; ++i) QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
  }
  static QString write(const QTemporaryDir &folder, const QByteArray &text, const char *name = "past.csv") {
    QFile file(folder.filePath(QLatin1String(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("no file for the test");
    return file.fileName();
  }
};

TAGWIRE_TEST(ReplayTest)

}  // namespace replay_test

#include "replay_test.moc"
