// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <vector>

#include "../hub.h"
#include "scenerule.h"

namespace tagwire {

/// The reactions of the manifest (docs/scenes.md): an event of an alarm rule or a trigger asks for a command. Sees
/// events before any sink does; the commands go out from the event loop. Thread-bound to the host thread; owned by the
/// Runtime.
class TAGWIRE_EXPORT Reactions : public QObject, private HubWatcher {
  Q_OBJECT
 public:
  /// Events that are older than this when they come do nothing: those that another site tells late, or of the time in
  /// which the program was stopped.
  static constexpr std::chrono::seconds oldest{10};

  Reactions(Hub &hub, const Clock &clock, Metrics &metrics);
  ~Reactions() override;

  /// Before start(), and again after a reload: a reaction that is the same as before keeps its least interval.
  void configure(const QList<Reaction> &reactions);
  void start();
  /// Nothing reacts any more.
  void stop();

 Q_SIGNALS:
  void requested(const tagwire::Command &command);

 private:
  struct Entry {
    Reaction reaction;
    std::optional<std::chrono::nanoseconds> reactedAt;  ///< on Clock::elapsed
    std::optional<std::chrono::nanoseconds> heardAt;    ///< the newest event for it, left out or not
    quint64 leftOut = 0;                                ///< since its events come too often; 0: they don't
    bool isLate = false;                                ///< the newest one was too old
  };

  void samplesPassed(const Samples &) override {}
  void eventPassed(const Event &event) override;
  void hear(Entry &entry, const Event &event, const QString &what);
  bool takeTurn(Entry &entry);
  void react(const Reaction &reaction, const QString &what);

  Hub &m_hub;
  const Clock &m_clock;
  std::vector<Entry> m_entries;
  bool m_isRunning = false;
  Counter m_reactions;
  Counter m_leftOut;
  Counter m_late;
};

}  // namespace tagwire
