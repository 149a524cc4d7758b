// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QtTest>

#include "makemodel.h"
#include "testprogram.h"
#include "tracker.h"

namespace cases_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Each folder of cases/ holds a configuration, a track and the events that come of it; README.md there says how to
/// read them. Everything runs twice: with timers that are never late, and with none at all.
class CasesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_20_directions_data() { addFolders("R1-20-"); }
  void R1_20_directions() { playFolder(); }
  void R1_21_regions_data() { addFolders("R1-21-"); }
  void R1_21_regions() { playFolder(); }
  void R1_22_portable_data() { addFolders("R1-22-"); }
  void R1_22_portable() { playFolder(); }
  void R1_23_tagLists_data() { addFolders("R1-23-"); }
  void R1_23_tagLists() { playFolder(); }
  void R1_24_hysteresis_data() { addFolders("R1-24-"); }
  void R1_24_hysteresis() { playFolder(); }
  void R1_24_jitterIsAStormWithoutHysteresis();
  void R1_25_lost_data() { addFolders("R1-25-"); }
  void R1_25_lost() { playFolder(); }
  void restart_data() { addFolders("restart-"); }
  void restart() { playFolder(); }

 private:
  static void addFolders(const char *prefix);
  static void playFolder();
};

namespace {

QByteArray contentOf(const QString &path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) qFatal("%s: %s", qPrintable(path), qPrintable(file.errorString()));
  return file.readAll();
}

/// Rows as maps of the header's words; empty lines and those with # are left out.
QList<QHash<QString, QString>> readCsv(const QString &path) {
  QStringList header;
  QList<QHash<QString, QString>> rows;
  for (const QString &line : QString::fromUtf8(contentOf(path)).split(u'\n', Qt::SkipEmptyParts)) {
    if (line.startsWith(u'#')) continue;
    const QStringList cells = line.split(u',');
    if (header.isEmpty()) {
      header = cells;
      continue;
    }
    if (cells.size() > header.size()) qFatal("%s: too many cells: %s", qPrintable(path), qPrintable(line));
    QHash<QString, QString> row;
    for (qsizetype i = 0; i < cells.size(); ++i) row.insert(header.at(i), cells.at(i));
    rows << row;
  }
  return rows;
}

/// Plays one track; after `stop` the next tracker gets only what the bytes of the one before hold, another clock, and
/// config-after.json if there is one.
class Player {
 public:
  Player(const QByteArray &config, const QByteArray &configAfter, bool hasTimers)
      : m_configAfter(configAfter), m_hasTimers(hasTimers) {
    start(config);
  }

  void play(const QHash<QString, QString> &row) {
    const auto elapsed = std::chrono::milliseconds(number(row, "time_ms").toLongLong());
    const QString action = row.value(QStringLiteral("action"));
    if (m_tracker) pass(elapsed);
    m_elapsed = elapsed;
    if (action == QLatin1String("stop")) {
      m_kept = toBytes(m_tracker->remember(now()));
      m_tracker.reset();
    } else if (action == QLatin1String("start")) {
      resume();
    } else if (action == QLatin1String("wait")) {
      advance();
    } else if (action.isEmpty()) {
      take(row);
    } else {
      qFatal("unknown action %s", qPrintable(action));
    }
  }

  /// As in events.csv, with its header.
  QString events() const { return QStringLiteral("time_ms,trigger,direction,tag,zone,x,y,z,reason\n") + m_events; }

 private:
  static const Time &epoch() {
    static const Time time = fromMilliseconds(1'767'225'600'000);
    return time;
  }
  static QString number(const QHash<QString, QString> &row, const char *column) {
    const QString text = row.value(QString::fromLatin1(column));
    bool isNumber = false;
    text.toDouble(&isNumber);
    if (!isNumber) qFatal("%s is no number: %s", column, qPrintable(text));
    return text;
  }

  static QString exact(double value) { return QString::number(value, 'g', QLocale::FloatingPointShortest); }

  Moment now() const { return {epoch() + m_elapsed, m_elapsed - m_zero}; }

  void start(const QByteArray &config) {
    QString problems;
    const auto model = makeModel(config, &problems);
    if (!model) qFatal("%s", qPrintable(problems));
    Problems ignored;
    const ConfigNode node = parseJson(config, QStringLiteral("config.json"), ignored);
    const auto timeout = ConfigReader(node, QString(), ignored).read<RtlsConfig>()->timeout;
    m_tracker.emplace(*model, timeout);
  }

  void resume() {
    m_zero = std::chrono::hours(5) + m_elapsed;  // the machine was started anew
    start(m_configAfter);
    const auto kept = trackerMemoryFromBytes(m_kept);
    if (!kept) qFatal("%s", qPrintable(kept.error()));
    for (const auto &tag : kept->tags) {
      if (m_tracker->find(tag.id) < 0) m_tracker->addTag(tag.id, QString());
    }
    Tracker::Outcome outcome;
    m_tracker->recall(*kept, now(), outcome);
    if (!outcome.events.isEmpty()) qFatal("a restart raised an event");
    advance();
  }

  /// What timers do until then.
  void pass(std::chrono::nanoseconds elapsed) {
    while (m_hasTimers && m_tracker->nextDeadline() != endless && m_tracker->nextDeadline() + m_zero <= elapsed) {
      m_elapsed = m_tracker->nextDeadline() + m_zero;
      advance();
    }
  }

  void advance() {
    Tracker::Outcome outcome;
    m_tracker->advance(now(), outcome);
    write(outcome);
  }

  void take(const QHash<QString, QString> &row) {
    IncomingFix fix;
    fix.fix.tag = row.value(QStringLiteral("tag"));
    fix.x = number(row, "x").toDouble();
    fix.y = number(row, "y").toDouble();
    fix.z = row.value(QStringLiteral("z")).isEmpty() ? 1 : number(row, "z").toDouble();
    if (!row.value(QStringLiteral("ts_ms")).isEmpty()) {
      fix.time = epoch() + std::chrono::milliseconds(number(row, "ts_ms").toLongLong());
    }
    int tag = m_tracker->find(fix.fix.tag);
    if (tag < 0) tag = m_tracker->addTag(fix.fix.tag, QString());
    Tracker::Outcome outcome;
    if (!m_tracker->take(tag, fix, now(), outcome)) qFatal("a fix was refused");
    write(outcome);
  }

  void write(const Tracker::Outcome &outcome) {
    for (const auto &[event, time] : outcome.events) {
      const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(time - epoch());
      m_events += QStringLiteral("%1,%2,%3,%4,%5,%6,%7,%8,%9\n")
                      .arg(at.count())
                      .arg(event.triggerId)
                      .arg(event.direction, event.tagId)
                      .arg(event.zoneId)
                      .arg(exact(event.x), exact(event.y), exact(event.z), event.reason);
    }
  }

  const QByteArray m_configAfter;
  const bool m_hasTimers;
  std::chrono::nanoseconds m_elapsed{0};
  std::chrono::nanoseconds m_zero{0};
  std::optional<Tracker> m_tracker;
  QByteArray m_kept;
  QString m_events;
};

QString playAll(const QDir &folder, const QByteArray &config, bool hasTimers) {
  const QString after = folder.filePath(QStringLiteral("config-after.json"));
  Player player(config, QFile::exists(after) ? contentOf(after) : config, hasTimers);
  for (const auto &row : readCsv(folder.filePath(QStringLiteral("track.csv")))) player.play(row);
  return player.events();
}

}  // namespace

void CasesTest::addFolders(const char *prefix) {
  QTest::addColumn<QString>("folder");
  const QDir cases(QStringLiteral(CASES));
  const auto names = cases.entryList({QString::fromLatin1(prefix) + u'*'}, QDir::Dirs, QDir::Name);
  QVERIFY(!names.isEmpty());
  for (const QString &name : names) QTest::newRow(qPrintable(name)) << cases.filePath(name);
}

void CasesTest::playFolder() {
  QFETCH(QString, folder);
  const QDir here(folder);
  const QByteArray config = contentOf(here.filePath(QStringLiteral("config.json")));
  const QString events = playAll(here, config, true);
  QCOMPARE(playAll(here, config, false), events);
  QFile expected(here.filePath(QStringLiteral("events.csv")));
  if (qEnvironmentVariableIsSet("TAGWIRE_WRITE_EXPECTED")) {
    QVERIFY(expected.open(QIODevice::WriteOnly));
    expected.write(events.toUtf8());
    return;
  }
  QVERIFY(expected.open(QIODevice::ReadOnly));
  QCOMPARE(events, QString::fromUtf8(expected.readAll()));
}

void CasesTest::R1_24_jitterIsAStormWithoutHysteresis() {
  const QDir here(QStringLiteral(CASES) + QLatin1String("/R1-24-jitter"));
  QString config = QString::fromUtf8(contentOf(here.filePath(QStringLiteral("config.json"))));
  config.remove(QRegularExpression(QStringLiteral(", *\"(exit_tolerance|exit_delay_ms|entry_delay_ms)\": *[0-9.]+")));
  const QString events = playAll(here, config.toUtf8(), true);
  QVERIFY2(events.count(u'\n') > 500, qPrintable(events));
}

TAGWIRE_TEST(CasesTest)

}  // namespace cases_test

#include "cases_test.moc"
