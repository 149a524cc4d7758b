// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include "context.h"
#include "playedpoints.h"
#include "recording.h"
#include "services/historyreader.h"

namespace tagwire::replay {

/// The history of an `sql` instance. It answers by point, so what is asked for are stretches of time, as long as one
/// page holds all that is in them: longer ones where little is stored, shorter ones where much is.
class HistoryRecording : public Recording {
 public:
  /// Values of one and the same moment that are taken at most; what is more there is left out.
  static constexpr size_t mostAtOnce = 100'000;

  /// Asks for values of [from, to) only, so that none is out of range.
  HistoryRecording(PluginContext &context, const QString &instance, const PlayedPoints &points, Time from, Time to);

  void next(Take take) override;
  void cancel() override;
  void rewind() override;
  LeftOut leftOut() const override { return m_leftOut; }

 private:
  void ask();
  void answered(const Result<HistoryPage> &page);
  void takePage(const HistoryPage &page);
  void finish();

  PluginContext &m_context;
  const QString m_instance;
  const PlayedPoints m_points;
  const Time m_begin;
  const Time m_end;
  QList<QStringList> m_groups;  ///< names, as many as one question may have
  std::chrono::nanoseconds m_stretch{std::chrono::minutes(1)};
  Time m_from;  ///< of the stretch that is asked for next
  Time m_to;
  qsizetype m_group = 0;
  QString m_after;
  std::vector<Sample> m_samples;
  Take m_take;
  quint64 m_question = 0;  ///< an answer to an older one is not ours any more
  LeftOut m_leftOut;
  QObject m_queue;
  /// Dead with this: a callback must not reach what is gone.
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tagwire::replay
