// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deviceleases.h"

namespace tagwire::cluster {

/// Which hub tells of alarms: one entry in a bucket, made when there is none, renewed every second by compare and set.
/// Another hub takes it when it has seen no renewal for the lease's length; the holder trusts it for less than that
/// (AlarmVoice::confidence). Each goes by its own clock's pace, so the clocks need not agree.
class VoiceLease : public Feed {
 public:
  using Moment = std::chrono::nanoseconds;  ///< Clock::elapsed
  static constexpr std::chrono::seconds length{5};

  struct Take {
    std::function<void(Moment begin)> confirmed;  ///< it was ours at this moment
    std::function<void()> taken;                  ///< another hub's
  };
  /// `take` is called in the feed's thread, at least once a second while the servers answer.
  VoiceLease(const ClusterConfig &config, const QString &site, const Clock &clock, Take take, Tell tell);
  ~VoiceLease() override { end(); }

  /// Renews it at once. From any thread.
  void renewNow() {
    change([this] { m_isDue = true; });
  }

 private:
  Result<void> read(const Link &link) override;
  Result<void> renew(kvStore *store, Moment begin);
  Result<void> look(kvStore *store, Moment begin);
  Result<void> put(kvStore *store, Moment begin, quint64 over);

  const QByteArray m_name;
  const Clock &m_clock;
  const Take m_take;
  bool m_isDue = false;    ///< under the lock
  quint64 m_revision = 0;  ///< of our entry; 0: it is not ours
  quint64 m_seen = 0;      ///< of another's entry
  Moment m_seenAt{0};      ///< when it was seen first
};

/// Name of the bucket of this lease.
QByteArray alarmsBucket(const StreamConfig &config);

}  // namespace tagwire::cluster
