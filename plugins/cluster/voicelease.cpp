// SPDX-License-Identifier: Apache-2.0
#include "voicelease.h"

namespace tagwire::cluster {

using namespace std::chrono_literals;

namespace {

constexpr auto renewalEvery = 1s;
constexpr int failuresToDoubt = 3;
const char *const leaseKey = "teller";

}  // namespace

VoiceLease::VoiceLease(const ClusterConfig &config, const QString &site, const Clock &clock, Take take, Tell tell)
    : Feed(config, "alarms", std::move(tell)),
      m_name(site.toUtf8() + '.' + config.node.toUtf8()),
      m_clock(clock),
      m_take(std::move(take)) {
  begin();
}

Result<void> VoiceLease::read(const Link &link) {
  kvStore *rawStore = nullptr;
  const natsStatus status = js_KeyValue(&rawStore, link.stream(), alarmsBucket(m_config.stream).constData());
  const KeyValues store(rawStore);
  if (status != NATS_OK) return natsFailure("the bucket of who tells alarms can't be read", status);
  // What is known is of before the connection was lost; the bucket may be another.
  m_revision = m_seen = 0;
  int failures = 0;
  while (!mustStop() && link.isConnected()) {
    change([this] { m_isDue = false; });
    const auto done = renew(rawStore, m_clock.elapsed());
    failures = done ? 0 : failures + 1;
    if (failures >= failuresToDoubt) return done;  // the bucket itself may be gone
    say(done ? QString() : done.error());
    waitUntil(renewalEvery, [this] { return m_isDue; });
  }
  return {};
}

Result<void> VoiceLease::renew(kvStore *store, Moment begin) {
  if (m_revision == 0) return look(store, begin);
  return put(store, begin, m_revision);
}

Result<void> VoiceLease::look(kvStore *store, Moment begin) {
  kvEntry *raw = nullptr;
  const natsStatus status = kvStore_Get(&raw, store, leaseKey);
  const std::unique_ptr<kvEntry, Destroyer<kvEntry_Destroy>> entry(raw);
  if (status == NATS_NOT_FOUND) return put(store, begin, 0);
  if (status != NATS_OK) return natsFailure("the bucket of who tells alarms can't be read", status);
  const quint64 revision = kvEntry_Revision(raw);
  // Of this node before it was started again, or what was put without our hearing of it.
  const QByteArray holder(static_cast<const char *>(kvEntry_Value(raw)), kvEntry_ValueLen(raw));
  if (holder == m_name) return put(store, begin, revision);
  if (revision != m_seen) {
    m_seen = revision;
    m_seenAt = m_clock.elapsed();
  }
  if (begin - m_seenAt >= length) return put(store, begin, revision);
  m_take.taken();
  return {};
}

/// Over the entry with this revision; 0: there is none.
Result<void> VoiceLease::put(kvStore *store, Moment begin, quint64 over) {
  uint64_t revision = 0;
  const natsStatus status = over == 0 ? kvStore_CreateString(&revision, store, leaseKey, m_name.constData())
                                      : kvStore_UpdateString(&revision, store, leaseKey, m_name.constData(), over);
  m_revision = status == NATS_OK ? revision : 0;
  if (status == NATS_OK) {
    m_take.confirmed(begin);
    return {};
  }
  if (status == NATS_ERR) return {};  // somebody was faster; the next look says who
  return natsFailure("who tells alarms can't be settled", status);
}

}  // namespace tagwire::cluster
