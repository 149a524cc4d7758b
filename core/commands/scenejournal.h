// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "../command.h"
#include "../keptfile.h"

namespace tagwire {

/// A run of a scene, as far as it has to outlive the program.
struct SceneRecord {
  Command command;
  CommandState state = CommandState::Queued;
  int step = 0;             ///< that began last, from 1; 0: none
  bool isStopping = false;  ///< it is one of `on_stop`
  QString text = {};        ///< final: how it ended
  int interlock = 0;
  Time ended = {};
};

/// Which runs of scenes there were: that none is carried out twice, and that one which the end of the program cut is
/// known. A file of the data dir, `scenes.json`; without one nothing is kept. Thread-bound; owned by Scenes.
class SceneJournal {
 public:
  /// What an earlier run of the program left, in the order in which it came. A file that can't be understood is put
  /// aside.
  QList<SceneRecord> open(const QString &folder, const QLoggingCategory &log);
  /// Replaces what is kept. `done` comes once it is on the disk or could not be written, maybe at once.
  void keep(const QList<SceneRecord> &records, KeptFile::Done done = {});
  void tick(std::chrono::nanoseconds elapsed);
  void flush();

 private:
  std::unique_ptr<KeptFile> m_file;
};

}  // namespace tagwire
