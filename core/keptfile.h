// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLoggingCategory>
#include <QObject>
#include <QThreadPool>

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "access/privatefile.h"
#include "backoff.h"
#include "result.h"

namespace tagwire {

/// A file of the data dir that holds what one owner remembers, replaced as a whole in a thread of its own, for a disk
/// may take its time. What could not be written is tried again. Nobody else changes it: the program holds its data dir.
/// Thread-bound.
class TAGWIRE_EXPORT KeptFile : public QObject {
  Q_OBJECT
 public:
  using Done = std::function<void(const Result<void> &)>;
  /// Makes the content; called in another thread.
  using Content = std::function<QByteArray()>;

  /// `log` gets a line when writing begins to fail, and one when it works again.
  KeptFile(const QString &folder, const QString &name, const QLoggingCategory &log,
           qint64 largest = PrivateFile::largest);
  /// flush()
  ~KeptFile() override;

  const QString &path() const { return m_file.path(); }
  /// Nothing when there is no such file. Blocks; before the first write() only.
  Result<std::optional<QByteArray>> read() { return m_file.read(); }
  /// Gives a file that can't be understood the name "<path>.damaged", in place of an earlier one. Answers with it.
  Result<QString> putAside();
  /// The newest content wins.
  void write(Content content);
  void write(const QByteArray &content) {
    write([content] { return content; });
  }
  /// Once the content so far is written, or could not be; from the event loop, or at once when nothing is due.
  void whenWritten(Done done);
  /// Tries again when that is due. `elapsed` is a clock that only goes forward.
  void tick(std::chrono::nanoseconds elapsed);
  /// Waits for what is under way and writes what is still due.
  void flush();

 private:
  void begin();
  void end(const Result<void> &result);

  PrivateFile m_file;  ///< the pool's while busy
  const QLoggingCategory &m_log;
  Content m_content;
  QThreadPool m_pool;
  Backoff m_backoff{std::chrono::seconds(1), std::chrono::seconds(60)};
  std::chrono::nanoseconds m_elapsed{0};
  std::chrono::nanoseconds m_retryAt{0};
  std::vector<Done> m_waiting;   ///< for the next write
  std::vector<Done> m_underWay;  ///< for this one
  bool m_isDirty = false;
  bool m_isBusy = false;
  bool m_isFailing = false;  ///< so that the log has one line for each change
};

}  // namespace tagwire
