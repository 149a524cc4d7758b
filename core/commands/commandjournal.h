// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "../command.h"
#include "../keptfile.h"
#include "../pointtable.h"

namespace tagwire {

/// What of commands has to outlive the program: those with a correlation id, that nobody carries them out twice, and
/// pulses that have begun, that somebody ends them. A file of the data dir, `commands.json`; without one (open() was
/// not called) nothing is kept. Thread-bound; owned by the CommandRouter.
class CommandJournal {
 public:
  /// In the order in which they came.
  struct Entry {
    Command command;
    CommandState state = CommandState::Queued;
    bool isPulseOpen = false;  ///< the value is out, the safe value is not back yet
  };

  /// What an earlier run left. Without a folder nothing is kept. A file that can't be understood is put aside.
  QList<Entry> open(const QString &folder, const PointTable &points, const QLoggingCategory &log);
  /// Replaces what is kept. `done` comes once it is on the disk or could not be written, maybe at once.
  void keep(const QList<Entry> &entries, const PointTable &points, KeptFile::Done done = {});
  void tick(std::chrono::nanoseconds elapsed);
  /// Waits for the disk.
  void flush();

 private:
  std::unique_ptr<KeptFile> m_file;
};

}  // namespace tagwire
