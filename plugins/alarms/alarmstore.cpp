// SPDX-License-Identifier: Apache-2.0
#include "alarmstore.h"

#include <QDir>

#include <algorithm>

#include "pointtable.h"

namespace tagwire::alarms {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// Of the journal; from here on it is brought home.
constexpr int manyPages = 1000;

milliseconds timeUntil(steady_clock::time_point deadline) {
  return std::max(0ms, std::chrono::ceil<milliseconds>(deadline - steady_clock::now()));
}

}  // namespace

AlarmStore::Figures::Figures(Metrics &metrics)
    : commits(metrics.counter("tagwire_alarms_store_commits_total", "Transactions of the alarm store")),
      records(metrics.counter("tagwire_alarms_store_records_total", "Records added to the history of alarms")),
      notStored(metrics.counter("tagwire_alarms_store_not_stored_total", "Changes that could not be stored in time")),
      waiting(metrics.gauge("tagwire_alarms_store_waiting", "Changes that wait to be stored")),
      up(metrics.gauge("tagwire_alarms_store_up", "1 while the alarm store can be written")) {}

AlarmStore::AlarmStore(const QString &folder, const QString &name, const PointTable &points,
                       const QLoggingCategory &log, Metrics &metrics, qint64 keptRecords)
    : m_path(QDir(folder).filePath(name)),
      m_points(points),
      m_log(log),
      m_keptRecords(keptRecords),
      m_figures(metrics),
      m_patience(this),
      m_retry(this),
      m_backoff(100ms, 5s) {
  m_patience.setSingleShot(true);
  m_retry.setSingleShot(true);
  connect(&m_patience, &QTimer::timeout, this, &AlarmStore::losePatience);
  connect(&m_retry, &QTimer::timeout, this, &AlarmStore::openFile);
}

AlarmStore::~AlarmStore() { close(); }

void AlarmStore::open(Opened opened) {
  close();
  m_opened = std::move(opened);
  m_state = State::Opening;
  m_hasMissed = false;
  m_isDamaged = false;
  m_isBringingHome = false;
  m_file = std::make_shared<StoreFile>(m_path, m_keptRecords);
  m_mustStop = std::make_shared<std::atomic_bool>(false);
  m_writer = std::make_unique<TaskThread>(this);
  m_reader = std::make_unique<TaskThread>(this);
  openFile();
}

void AlarmStore::openFile() {
  if (m_writer->isBusy()) return;  // it hangs; what it does there will tell how to go on
  auto content = std::make_shared<Result<StoreContent>>();
  m_writer->run([file = m_file, content] { *content = file->open(); }, [this, content] { fileOpened(*content); });
}

void AlarmStore::fileOpened(const Result<StoreContent> &content) {
  if (!content) {
    const bool isFirst = m_state == State::Opening;
    goDown(content.error());
    const Opened opened = m_opened;
    if (isFirst && opened) opened(failure(content.error()));
    return;
  }
  if (!content->setAside.isEmpty()) {
    qCWarning(m_log).noquote()
        << QStringLiteral("%1; it lies as %2 now, and a new one was begun").arg(content->whyAside, content->setAside);
    ++m_files;
  }
  m_state = State::Up;
  if (const Opened opened = std::exchange(m_opened, nullptr)) opened(*content);
  if (m_state == State::Up) comeUp();
}

void AlarmStore::comeUp() {
  m_state = State::Up;
  m_figures.up.set(1);
  // While many wait still, there would be no room for everything.
  if (m_hasMissed && static_cast<qsizetype>(m_waiting.size()) < mostWaiting / 2) {
    m_hasMissed = false;
    qCInfo(m_log) << "the alarm store stores again";
    Q_EMIT needsAll();
  }
  writeNext();
  readNext();
}

void AlarmStore::goDown(const QString &reason) {
  const bool wasUp = m_state == State::Up;
  if (m_state != State::Down || reason != m_reason) {
    qCWarning(m_log).noquote() << "the alarm store is down:" << reason;
  }
  m_state = State::Down;
  m_reason = reason;
  m_hasMissed = true;
  m_figures.up.set(0);
  m_retry.start(m_backoff.next());
  answerAll(false);
  if (wasUp && m_state == State::Down) Q_EMIT wentDown(reason);
}

void AlarmStore::commit(StoreWork work, Done done) {
  Waiting waiting{{}, std::move(done), steady_clock::now()};
  const bool canWait = m_state == State::Up || m_state == State::Opening;
  waiting.isRefused = !canWait || static_cast<qsizetype>(m_waiting.size()) >= mostWaiting;
  if (waiting.isRefused) {
    if (canWait && !std::exchange(m_hasMissed, true)) {
      qCWarning(m_log) << mostWaiting << "changes wait for the alarm store: more are not stored";
    }
    QMetaObject::invokeMethod(this, &AlarmStore::answerRefused, Qt::QueuedConnection);
  } else {
    waiting.work = named(std::move(work));
  }
  m_waiting.push_back(std::move(waiting));
  m_figures.waiting.set(static_cast<double>(m_waiting.size()));
  if (!m_patience.isActive()) m_patience.start(patience);
  writeNext();
}

NamedWork AlarmStore::named(StoreWork work) const {
  NamedWork named{std::move(work), {}};
  for (const Event &event : std::as_const(named.work.records)) {
    const auto *alarm = std::get_if<AlarmTransition>(&event.body);
    const auto point = alarm ? m_points.point(alarm->point) : nullptr;
    named.points << (point ? point->fullName : QString());
  }
  return named;
}

Event AlarmStore::eventOf(const StoredRecord &record) const {
  Event event = record.event;
  if (auto *alarm = std::get_if<AlarmTransition>(&event.body)) alarm->point = m_points.find(record.point);
  return event;
}

void AlarmStore::writeNext() {
  if (m_state != State::Up || m_writer->isBusy()) return;
  if (m_isDamaged) return beginAnew();
  QList<NamedWork> works;
  for (const Waiting &waiting : m_waiting) {
    if (!waiting.isRefused) works << waiting.work;
  }
  if (works.isEmpty()) return;
  m_underWay = static_cast<qsizetype>(m_waiting.size());
  auto outcome = std::make_shared<StoreFile::Outcome>();
  m_writer->run([file = m_file, works, outcome] { *outcome = file->write(works); },
                [this, outcome] { written(*outcome); });
}

/// A reader found the file damaged.
void AlarmStore::beginAnew() {
  m_isDamaged = false;
  ++m_files;
  auto outcome = std::make_shared<StoreFile::Outcome>();
  m_writer->run(
      [file = m_file, outcome] { *outcome = file->beginAnew(QStringLiteral("a damage was found on reading")); },
      [this, outcome] { written(*outcome); });
}

void AlarmStore::written(const StoreFile::Outcome &outcome) {
  if (outcome.isNewFile) {
    ++m_files;
    m_isDamaged = false;
  }
  if (!outcome.isStored) return goDown(outcome.trouble);
  m_backoff.reset();
  if (m_underWay > 0) m_figures.commits.add();
  answerFirst(m_underWay, true);
  if (outcome.isNewFile && m_state == State::Up) {
    qCWarning(m_log).noquote() << "the alarm store goes on in a new file:" << outcome.trouble;
    m_hasMissed = true;
    Q_EMIT wentDown(outcome.trouble);
  }
  if (m_state == State::Closed) return;
  answerRefused();
  m_retry.stop();
  comeUp();
  if (outcome.journalPages >= manyPages && m_state == State::Up) bringHome();
}

/// In the reader's thread, so that no commit waits for it.
void AlarmStore::bringHome() {
  if (std::exchange(m_isBringingHome, true)) return;
  auto isSound = std::make_shared<bool>(true);
  Question task;
  task.ask = [path = m_path, mustStop = m_mustStop, isSound] {
    StoreReader reader(path, mustStop);
    reader.bringHome();
    *isSound = !reader.foundDamage();
  };
  task.answer = [this, isSound] {
    m_isBringingHome = false;
    return *isSound;
  };
  task.refuse = [](const QString &) {};
  m_questions.push_back(std::move(task));
  readNext();
}

/// The disk does not answer. What is with the writer may get there later; the others are forgotten.
void AlarmStore::losePatience() {
  if (m_waiting.empty()) return;
  const auto deadline = m_waiting.front().since + patience;
  if (const auto left = timeUntil(deadline); left > 0ms) return m_patience.start(left);
  if (m_state == State::Up) {
    return goDown(QStringLiteral("%1: no answer from the disk for %2 s").arg(m_path).arg(patience.count()));
  }
  m_hasMissed = true;
  answerAll(false);
}

void AlarmStore::answerAll(bool isStored) { answerFirst(static_cast<qsizetype>(m_waiting.size()), isStored); }

void AlarmStore::answerFirst(qsizetype count, bool isStored) {
  const auto end = m_waiting.begin() + count;
  const std::vector<Waiting> answered(std::make_move_iterator(m_waiting.begin()), std::make_move_iterator(end));
  m_waiting.erase(m_waiting.begin(), end);
  m_underWay = 0;
  m_figures.waiting.set(static_cast<double>(m_waiting.size()));
  for (const Waiting &waiting : answered) {
    const bool isThere = isStored && !waiting.isRefused;
    if (isThere) {
      m_figures.records.add(static_cast<double>(waiting.work.work.records.size()));
    } else {
      m_figures.notStored.add();
    }
    if (waiting.done) waiting.done(isThere);
  }
}

void AlarmStore::answerRefused() {
  if (m_underWay > 0) return;  // they come after what is under way
  const auto firstOther =
      std::find_if_not(m_waiting.begin(), m_waiting.end(), [](const Waiting &w) { return w.isRefused; });
  if (firstOther != m_waiting.begin()) answerFirst(firstOther - m_waiting.begin(), false);
}

void AlarmStore::close() {
  if (m_state == State::Closed) return;
  const QSignalBlocker quiet(this);
  m_opened = nullptr;  // who closes does not want to hear that it is open
  finish(steady_clock::now() + patience);
  m_state = State::Closed;
  m_retry.stop();
  m_patience.stop();
  answerAll(false);
  refuseQuestions();
  m_writer.reset();
  m_reader.reset();
  m_file.reset();
  m_figures.up.set(0);
}

void AlarmStore::finish(steady_clock::time_point deadline) {
  *m_mustStop = true;
  while (m_state != State::Down && m_writer->isBusy() && m_writer->wait(timeUntil(deadline))) {
  }
  m_state = State::Closed;
  if (!m_writer->isBusy()) {
    m_writer->run([file = m_file] { file->close(); }, [] {});
    m_writer->wait(timeUntil(deadline));
  }
  m_reader->wait(timeUntil(deadline));
}

template <class Answer, class Found>
void AlarmStore::ask(Reply<Answer> reply, std::function<Result<Found>(StoreReader &)> find,
                     std::function<Answer(const Found &)> translate) {
  auto found = std::make_shared<Result<Found>>();
  auto isSound = std::make_shared<bool>(true);
  Question question;
  question.refuse = [reply](const QString &reason) { reply(failure(reason)); };
  question.answer = [reply, found, isSound, translate] {
    reply(found->map(translate));
    return *isSound;
  };
  if (m_state == State::Closed || static_cast<qsizetype>(m_questions.size()) >= mostQuestions) {
    const QString reason = m_state == State::Closed ? QStringLiteral("the alarm store is closed")
                                                    : QStringLiteral("too many questions wait for the alarm store");
    const auto refuse = [question, reason] { question.refuse(reason); };
    QMetaObject::invokeMethod(this, refuse, Qt::QueuedConnection);
    return;
  }
  question.ask = [path = m_path, mustStop = m_mustStop, find = std::move(find), found, isSound] {
    StoreReader reader(path, mustStop);
    *found = find(reader);
    *isSound = !reader.foundDamage();
  };
  m_questions.push_back(std::move(question));
  readNext();
}

void AlarmStore::readNext() {
  // Before the first opening there may be no file yet.
  if (m_questions.empty() || m_state == State::Opening || m_reader->isBusy()) return;
  m_questions.front().file = m_files;
  m_reader->run(m_questions.front().ask, [this] { answered(); });
}

void AlarmStore::answered() {
  const Question question = std::move(m_questions.front());
  m_questions.pop_front();
  // One that was put aside meanwhile is nobody's concern any more.
  const bool isSound = question.answer();
  if (m_state == State::Closed) return;
  if (!isSound && question.file == m_files) m_isDamaged = true;
  writeNext();
  readNext();
}

void AlarmStore::refuseQuestions() {
  for (const Question &question : std::exchange(m_questions, {})) {
    question.refuse(QStringLiteral("the alarm store is closed"));
  }
}

void AlarmStore::history(Reply<QList<Event>> reply, const AlarmHistoryQuery &query) {
  ask<QList<Event>, QList<StoredRecord>>(
      std::move(reply), [query](StoreReader &reader) { return reader.history(query); },
      [this](const QList<StoredRecord> &records) {
        QList<Event> events;
        events.reserve(records.size());
        for (const StoredRecord &record : records) events << eventOf(record);
        return events;
      });
}

void AlarmStore::came(Reply<QList<Came>> reply, Time from, Time to) {
  ask<QList<Came>, QList<Came>>(
      std::move(reply), [from, to](StoreReader &reader) { return reader.came(from, to); },
      [](const QList<Came> &alarms) { return alarms; });
}

void AlarmStore::ruleVersions(Reply<QList<AlarmRule>> reply, int id) {
  ask<QList<AlarmRule>, QList<AlarmRule>>(
      std::move(reply), [id](StoreReader &reader) { return reader.ruleVersions(id); },
      [](const QList<AlarmRule> &rules) { return rules; });
}

}  // namespace tagwire::alarms
