// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QList>

#include <functional>
#include <memory>

#include "context.h"
#include "event.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// Asks the alarm desks for the standing alarms, once for all who ask at the same time, and brings the answer up to
/// date with the events that arrived while it was under way. Thread-bound (main thread); owned by a protocol.
class AlarmBook {
 public:
  using Active = QList<AlarmStatus>;
  using Taker = std::function<void(const Active &)>;

  explicit AlarmBook(PluginContext &context);

  /// `taker` is called once, never from within this call; with an empty list when nobody knows the alarms. Not called
  /// when the book is gone meanwhile.
  void ask(Taker taker);
  /// Every event about alarms belongs here, in its order, before anything is sent of it.
  void note(const Event &event);

 private:
  void answered(const Result<Active> &answer);

  PluginContext &m_context;
  QList<Taker> m_takers;
  QList<Event> m_meanwhile;
  std::shared_ptr<AlarmBook *> m_self;  ///< an answer that comes late finds it gone
};

}  // namespace tagwire::ws
