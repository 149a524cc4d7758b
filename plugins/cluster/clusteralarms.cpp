// SPDX-License-Identifier: Apache-2.0
// Cluster: alarms between nodes.
#include "cluster.h"

namespace tagwire::cluster {

void Cluster::startAlarms() {
  m_voice.start();
  m_follower.start();
  if (!m_config.has(Role::Hub)) return;
  VoiceLease::Take take;
  take.confirmed = [this, mailbox = m_mailbox](VoiceLease::Moment begin) {
    Mailbox::post(mailbox, [this, begin] {
      for (const Event &event : m_voice.confirmed(begin, m_context.clock().elapsed())) publish(event);
    });
  };
  take.taken = [this, mailbox = m_mailbox] { Mailbox::post(mailbox, [this] { m_voice.taken(); }); };
  m_lease = std::make_unique<VoiceLease>(m_config, subjectToken(m_context.site().name), m_context.clock(), take,
                                         tellOf(Voice));
}

void Cluster::stopAlarms() {
  m_lease.reset();
  m_remoteAlarms.clear();
  m_alarmServer.clear();
  m_follower.clear();
}

/// Of another hub: it has an alarm of its own for it here, which is the same.
void Cluster::hearAlarm(const Sender &sender, const Event &event) {
  const bool isLate = isOld(event.time);
  m_voice.told(event, m_context.clock().elapsed(), isLate);
  if (!isLate && AlarmVoice::isOperators(event)) m_follower.take(sender, event);
}

/// Of here: whether it goes into the stream at once.
bool Cluster::tellsAlarm(const Event &event) {
  if (m_voice.tells(event, m_context.clock().elapsed())) return true;
  if (m_voice.isWaiting() && m_lease) m_lease->renewNow();
  return false;
}

void Cluster::lookAtAlarms(bool isSpeaking) {
  if (!isSpeaking) m_follower.look();
  const qint64 dropped = m_voice.dropped();
  m_metrics.untold.add(static_cast<double>(dropped - std::exchange(m_metrics.shownUntold, dropped)));
}

}  // namespace tagwire::cluster
