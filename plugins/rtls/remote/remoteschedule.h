// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backoff.h"
#include "moment.h"

namespace tagwire::rtls {

/// When one connection to another site is to be dialled, and when it is to be given up (R1-31). All times are
/// Moment::elapsed. Plain class.
class RemoteSchedule {
 public:
  using Elapsed = std::chrono::nanoseconds;
  enum class Step { None, Dial, GiveUp };
  /// For the connection to open, and then for each answer until the stream is there.
  static constexpr std::chrono::seconds answerDeadline{10};
  /// A connection that held for so long begins the pauses anew.
  static constexpr std::chrono::seconds held{60};

  /// `silence`: how long nothing may come over a connection that streams.
  RemoteSchedule(const Backoff &pauses, Elapsed silence) : m_pauses(pauses), m_silence(silence) {}

  /// The first attempt is due at once.
  void start(Elapsed now);
  void stop() { m_stage = Stage::Idle; }
  void dialled(Elapsed now);
  void opened(Elapsed now);
  /// The next part of what is asked for was sent.
  void asked(Elapsed now);
  /// The other site has answered all of it.
  void begun(Elapsed now);
  /// Something came.
  void heard(Elapsed now) { m_heard = now; }
  void ended(Elapsed now);

  bool isStreaming() const { return m_stage == Stage::Streaming; }
  /// What is to be done now; a second call says the same until it was done.
  Step due(Elapsed now) const;
  /// When to ask again; endless: not before something happens.
  Elapsed next() const;

 private:
  enum class Stage { Idle, Waiting, Opening, Asking, Streaming };

  Backoff m_pauses;
  Elapsed m_silence;
  Stage m_stage = Stage::Idle;
  Elapsed m_dialAt{0};
  Elapsed m_since{0};  ///< when the stage began
  Elapsed m_heard{0};
};

/// How much the other site may send in a second: more is an attack or a fault. Plain class.
class FloodGate {
 public:
  static constexpr int mostMessages = 20'000;
  static constexpr qint64 mostBytes = 8 * 1024 * 1024;

  /// False when it is too much.
  bool admits(qint64 messages, qint64 bytes, std::chrono::nanoseconds now);

 private:
  std::chrono::nanoseconds m_began{std::chrono::nanoseconds::min() / 2};
  qint64 m_messages = 0;
  qint64 m_bytes = 0;
};

}  // namespace tagwire::rtls
