// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "runtime.h"
#include "services/alarmdesk.h"
#include "testprogram.h"

namespace replayalarm_test {

using namespace tagwire;

namespace {

/// A boiler that gets too hot for three minutes, a value every ten seconds.
QByteArray peak() {
  QByteArray csv("time,point,value,quality\n");
  const Time begin = fromMilliseconds(1'770'710'400'000);
  for (int i = 0; i < 60; ++i) {
    const bool isHot = i >= 20 && i < 38;
    csv += toIso(begin + std::chrono::seconds(10 * i)).toUtf8() + ",plc1/boiler/temp," +
           (isHot               ? "86.5"
            : i >= 15 && i < 43 ? "77"
                                : "70") +
           ",good\n";
  }
  return csv;
}

/// `source`: the keys that say what is played.
QByteArray manifestText(const QByteArray &source, const QByteArray &more = {}) {
  return "{ \"data_dir\": \"var\", \"plugins\": [\n" + more +
         "  { \"id\": \"plc1\", \"type\": \"replay\", \"config\": { " + source +
         ", \"speed\": 1000,\n"
         "    \"points\": [ { \"name\": \"boiler/temp\", \"unit\": \"C\" } ] } },\n"
         "  { \"id\": \"alarms\", \"type\": \"alarms\", \"config\": { \"rules\": [\n"
         "    { \"id\": 77, \"name\": \"Boiler High Temp\", \"point\": \"plc1/boiler/temp\", \"comparison\": "
         "\"above\",\n"
         "      \"warning_threshold\": 75, \"alarm_threshold\": 80, \"severity\": \"critical\" } ] } } ] }\n";
}

}  // namespace

/// A recorded peak of temperature is played to the rules of a plant, in the real runtime.
class ReplayAlarmTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
    write("peak.csv", peak());
  }

  void aPeakInAFileRaisesTheAlarm() {
    write("manifest.json", manifestText("\"csv\": \"peak.csv\""));
    play();
  }

  void aPeakInTheHistoryRaisesTheAlarm() {
    if (!QFile::exists(QStringLiteral(PLUGIN_DIR "/sql.so"))) QSKIP("plugin sql is not built");
    write("manifest.json",
          manifestText(
              "\"history\": \"store\"",
              "  { \"id\": \"store\", \"type\": \"sql\", \"config\": { \"database\": \"sqlite:history.db\" } },\n"));
    QProcess import;
    import.setWorkingDirectory(m_folder->path());
    import.setProcessChannelMode(QProcess::MergedChannels);
    import.start(QStringLiteral(TAGWIRE_PROGRAM), {QStringLiteral("history"), QStringLiteral("import"),
                                                   QStringLiteral("manifest.json"), QStringLiteral("peak.csv")});
    QVERIFY(import.waitForFinished());
    const QByteArray said = import.readAll();
    QVERIFY2(import.exitCode() == 0 && said.contains("60 lines: 60 stored"), said.constData());
    play();
  }

 private:
  void play() {
    Problems problems;
    const Manifest manifest = Manifest::read(m_folder->filePath(QStringLiteral("manifest.json")), problems);
    PluginLoader loader({QStringLiteral(PLUGIN_DIR)});
    const Clock clock;
    Runtime runtime(loader, clock);
    runtime.load(manifest, problems);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.isEmpty() ? QString() : toText(problems.first())));
    int exitCode = 0;
    QVERIFY(runtime.takeDataDir(exitCode));
    const Time begin = clock.now();
    runtime.start();
    QTRY_COMPARE(runtime.instance(QStringLiteral("plc1"))->stateText(), QStringLiteral("played 60 values, over"));
    auto *desk = dynamic_cast<AlarmDesk *>(runtime.instance(QStringLiteral("alarms"))->plugin());
    QVERIFY(desk);
    QTRY_COMPARE(states(*desk).size(), 4);
    QCOMPARE(states(*desk), (QStringList{QStringLiteral("WARNING"), QStringLiteral("ALARM"), QStringLiteral("WARNING"),
                                         QStringLiteral("OK")}));
    // The times are those of today: the peak is a ten minutes' story, played in 0.6 s.
    QVERIFY(m_first >= begin);
    QVERIFY(m_last - m_first < std::chrono::seconds(1));
    runtime.stop();
  }

  void write(const char *name, const QByteArray &text) {
    QFile file(m_folder->filePath(QLatin1String(name)));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
  }
  /// What the rule went through so far.
  QStringList states(AlarmDesk &desk) {
    m_states.clear();
    const auto take = [this](const Result<QList<Event>> &events) {
      for (const Event &event : events.value_or(QList<Event>())) {
        const auto *transition = std::get_if<AlarmTransition>(&event.body);
        if (!transition) continue;
        if (m_states.isEmpty()) m_first = event.time;
        m_last = event.time;
        m_states << QString(toText(transition->state));
      }
      m_isAnswered = true;
    };
    m_isAnswered = false;
    desk.history(take, {});
    (void)tagwire::testing::waitFor([this] { return m_isAnswered; });
    return m_states;
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  QStringList m_states;
  bool m_isAnswered = false;
  Time m_first;
  Time m_last;
};

TAGWIRE_TEST(ReplayAlarmTest)

}  // namespace replayalarm_test

#include "replayalarm_test.moc"
