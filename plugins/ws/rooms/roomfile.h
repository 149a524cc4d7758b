// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QThreadPool>

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "access/privatefile.h"
#include "backoff.h"
#include "result.h"

namespace tagwire::ws {

/// rooms.json of the data dir, replaced as a whole in a thread of its own, for a disk may take its time. What could not
/// be written is tried again. Nobody else changes it: the program holds its data dir. Thread-bound; owned by the
/// RoomBook.
class RoomFile : public QObject {
  Q_OBJECT
 public:
  using Done = std::function<void(const Result<void> &)>;

  explicit RoomFile(const QString &folder);
  /// Waits for what is under way and writes what is still due.
  ~RoomFile() override;

  const QString &path() const { return m_file.path(); }
  /// Nothing when there is no such file. Blocks; before the first write() only.
  Result<std::optional<QByteArray>> read() { return m_file.read(); }
  /// Puts a file that can't be understood out of the way, under another name.
  Result<void> putAside(const QString &name);
  /// The newest content wins.
  void write(const QByteArray &content);
  /// Once the content so far is written, or could not be; from the event loop, or at once when nothing is due.
  void whenWritten(Done done);
  /// Tries again when that is due. `elapsed` is a clock that only goes forward.
  void tick(std::chrono::nanoseconds elapsed);

 private:
  void begin();
  void end(const Result<void> &result);

  PrivateFile m_file;  ///< the pool's while busy
  QByteArray m_content;
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

}  // namespace tagwire::ws
