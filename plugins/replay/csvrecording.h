// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QThreadPool>

#include <atomic>

#include "playedpoints.h"
#include "recording.h"
#include "services/historycsv.h"

namespace tagwire::replay {

/// A CSV file, in whatever order its lines stand: read whole in a thread of its own, and sorted by time.
class CsvRecording : public Recording {
 public:
  /// A longer recording goes into a history first.
  static constexpr size_t mostValues = 2'000'000;

  CsvRecording(const QString &file, const PlayedPoints &points, PlayedRange range);
  /// Waits for the thread, which ends soon.
  ~CsvRecording() override;

  void next(Take take) override;
  void cancel() override;
  void rewind() override { m_at = 0; }
  LeftOut leftOut() const override { return m_content.leftOut; }

 private:
  struct Content {
    std::vector<Sample> samples;
    LeftOut leftOut;
  };

  /// In the thread.
  Result<Content> load() const;
  Result<void> takeLine(const HistoryLine &line, Content &content) const;
  void loaded(Result<Content> content);
  void answer();

  const QString m_file;
  const PlayedPoints m_points;
  const PlayedRange m_range;
  std::atomic_bool m_mustStop{false};
  QObject m_queue;  ///< takes what the thread has for us
  QThreadPool m_pool;
  Take m_take;
  bool m_isLoading = false;
  bool m_isLoaded = false;
  Content m_content;
  size_t m_at = 0;
};

}  // namespace tagwire::replay
