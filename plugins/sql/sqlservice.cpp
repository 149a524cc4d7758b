// SPDX-License-Identifier: Apache-2.0
// The service HistoryReader of the SqlSink: questions go to the readers' threads, answers come back through the
// mailbox.
#include "sqlsink.h"

namespace tagwire::sql {

namespace {

tl::unexpected<QString> notRunning() { return failure(QStringLiteral("the history is not running")); }
tl::unexpected<QString> tooMany() {
  return failure(QStringLiteral("the history is busy: %1 questions wait already").arg(ReaderPool::mostWaiting));
}

}  // namespace

void SqlSink::post(const std::shared_ptr<Mailbox> &mailbox, std::function<void(SqlSink &)> task) {
  const std::lock_guard lock(mailbox->mutex);
  if (!mailbox->sink) return;
  QMetaObject::invokeMethod(
      mailbox->sink,
      [mailbox, task = std::move(task)] {
        if (mailbox->sink) task(*mailbox->sink);  // changed in this thread only
      },
      Qt::QueuedConnection);
}

template <class Answer>
void SqlSink::ask(Reply<Answer> reply, std::function<Result<Answer>(HistoryQuestions &, const Patience &)> question) {
  if (!m_readers) return reply(notRunning());
  const bool isTaken = m_readers->run([mailbox = m_mailbox, reply, question = std::move(question)](
                                          HistoryQuestions &questions, const Patience &patience) {
    auto answer = std::make_shared<Result<Answer>>(question(questions, patience));
    post(mailbox, [reply, answer](SqlSink &) { reply(std::move(*answer)); });
  });
  if (!isTaken) reply(tooMany());
}

template <class Answer>
void SqlSink::work(Reply<Answer> reply, std::function<Result<Answer>(Drain &)> task) {
  if (!m_readers || !m_drain) return reply(notRunning());
  const bool isTaken = m_readers->run(
      [mailbox = m_mailbox, drain = m_drain, reply, task = std::move(task)](HistoryQuestions &, const Patience &) {
        auto answer = std::make_shared<Result<Answer>>(task(*drain));
        post(mailbox, [reply, answer](SqlSink &) { reply(std::move(*answer)); });
      });
  if (!isTaken) reply(tooMany());
}

void SqlSink::values(Reply<HistoryPage> reply, HistoryQuery query) {
  ask<HistoryPage>(std::move(reply), [query](HistoryQuestions &questions, const Patience &patience) {
    return questions.values(query, patience);
  });
}

void SqlSink::trend(Reply<HistoryPage> reply, HistoryTrendQuery query) {
  ask<HistoryPage>(std::move(reply), [query](HistoryQuestions &questions, const Patience &patience) {
    return questions.trend(query, patience);
  });
}

void SqlSink::lastBefore(Reply<HistoryPage> reply, QStringList points, QStringList tags, Time time) {
  ask<HistoryPage>(std::move(reply), [points, tags, time](HistoryQuestions &questions, const Patience &patience) {
    return questions.lastBefore(points, tags, time, patience);
  });
}

void SqlSink::events(Reply<HistoryEventPage> reply, HistoryEventQuery query) {
  ask<HistoryEventPage>(std::move(reply), [query](HistoryQuestions &questions, const Patience &patience) {
    return questions.events(query, patience);
  });
}

void SqlSink::storedPoints(Reply<QList<HistoryPoint>> reply, QString after, int limit) {
  ask<QList<HistoryPoint>>(std::move(reply), [after, limit](HistoryQuestions &questions, const Patience &patience) {
    return questions.storedPoints(after, limit, patience);
  });
}

void SqlSink::quarantined(Reply<QuarantinePage> reply, qint64 after, int limit) {
  work<QuarantinePage>(std::move(reply), [after, limit](Drain &drain) { return drain.quarantined(after, limit); });
}

void SqlSink::requeue(Reply<int> reply, QList<qint64> ids) {
  work<int>(std::move(reply), [ids](Drain &drain) { return drain.requeue(ids); });
}

void SqlSink::storeBatches(Reply<int> reply, QString from, std::shared_ptr<const HistoryBatches> batches) {
  if (!m_running || !m_drain) return reply(notRunning());
  if (m_config.fedBy != from) {
    // It would store from the bus, too, and everything would be there twice.
    return reply(failure(QStringLiteral("'%1' takes no batches of '%2' (allowed: the instance that its `fed_by` names)")
                             .arg(m_context.id(), from)));
  }
  const bool isTaken =
      m_drain->storeBatches(std::move(batches), [mailbox = m_mailbox, reply](const Result<int> &stored) {
        post(mailbox, [reply, stored](SqlSink &) { reply(stored); });
      });
  if (!isTaken) reply(failure(QStringLiteral("the history is busy")));
}

void SqlSink::discard(Reply<int> reply, QList<qint64> ids) {
  work<int>(std::move(reply), [ids](Drain &drain) { return drain.discard(ids); });
}

}  // namespace tagwire::sql
