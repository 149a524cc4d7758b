// SPDX-License-Identifier: Apache-2.0
#include "deviceleases.h"

namespace tagwire::cluster {

using namespace std::chrono_literals;

namespace {

// The bucket forgets an entry after 120 s (streams.cpp).
constexpr auto renewEvery = 40s;
constexpr qint64 hearMs = 50;
// A claim that waited longer for the servers is no news any more.
constexpr auto freshFor = 2s;
constexpr int mostAttempts = 5;

}  // namespace

DeviceLeases::DeviceLeases(const ClusterConfig &config, const QString &site, const Clock &clock, Take take, Tell tell)
    : Feed(config, "devices", std::move(tell)), m_site(site.toUtf8()), m_clock(clock), m_take(std::move(take)) {
  begin();
}

void DeviceLeases::claim(const QString &device, quint64 number, Time since) {
  change([&] { m_wishes.push_back({m_site + '.' + device.toUtf8().toHex(), number, true, since}); });
}

void DeviceLeases::release(const QString &device, quint64 number) {
  change([&] { m_wishes.push_back({m_site + '.' + device.toUtf8().toHex(), number, false, {}}); });
}

Result<void> DeviceLeases::read(const Link &link) {
  kvStore *rawStore = nullptr;
  natsStatus status = js_KeyValue(&rawStore, link.stream(), devicesBucket(m_config.stream).constData());
  const KeyValues store(rawStore);
  if (status != NATS_OK) return natsFailure("the bucket of devices can't be read", status);
  kvWatcher *rawWatcher = nullptr;
  status = kvStore_Watch(&rawWatcher, rawStore, (m_site + ".*").constData(), nullptr);
  const KeyWatcher watcher(rawWatcher, EndWatcher{&link});
  if (status != NATS_OK) return natsFailure("the bucket of devices can't be read", status);
  say({});
  // What happened while the connection was away, the watcher may have missed: from the beginning then.
  const quint64 reconnects = link.reconnects();
  for (auto &[key, lease] : m_leases) lease.due = Moment();
  while (!mustStop() && link.isConnected() && link.reconnects() == reconnects) {
    std::vector<Wish> wishes;
    change([&] { wishes.swap(m_wishes); });
    Result<void> done;
    for (const Wish &wish : wishes) {
      // Those behind one that failed are noted as well, and made when the servers are there again.
      if (const auto granted = grant(rawStore, wish); !granted) done = granted;
    }
    if (done) done = renewDue(rawStore);
    if (done) done = hear(rawWatcher);
    if (!done) return done;
  }
  return {};
}

Result<void> DeviceLeases::grant(kvStore *store, const Wish &wish) {
  if (!wish.isClaim) {
    const auto lease = m_leases.find(wish.key);
    if (lease == m_leases.end() || lease->second.number != wish.number) return {};
    // Who came in between has it; else the bucket forgets it, if this can't be told.
    if (lease->second.revision > 0) {
      kvStore_UpdateString(nullptr, store, wish.key.constData(), "", lease->second.revision);
    }
    m_leases.erase(lease);
    return {};
  }
  Lease &lease = m_leases[wish.key];
  lease.number = wish.number;
  lease.since = wish.since;
  lease.isNew = true;
  lease.due = Moment();
  return renew(store, wish.key);
}

Result<void> DeviceLeases::renewDue(kvStore *store) {
  QByteArrayList due;
  const auto now = std::chrono::steady_clock::now();
  for (const auto &[key, lease] : m_leases) {
    if (lease.due <= now) due << key;
  }
  for (const QByteArray &key : std::as_const(due)) {
    if (mustStop()) break;
    if (const auto renewed = renew(store, key); !renewed) return renewed;
  }
  return {};
}

/// Puts our entry there, unless somebody has come after us.
Result<void> DeviceLeases::renew(kvStore *store, const QByteArray &key) {
  Lease &lease = m_leases.at(key);
  const QByteArray text =
      m_config.node.toUtf8() + ' ' + QByteArray::number(static_cast<qlonglong>(lease.since.time_since_epoch().count()));
  natsStatus status = NATS_OK;
  for (int attempt = 0; attempt < mostAttempts; ++attempt) {
    const auto there = look(store, key);
    if (!there) return failure(there.error());
    const bool isOthers = !there->node.isEmpty() && there->node != m_config.node;
    const bool isFresh = lease.isNew && m_clock.now() - lease.since < freshFor;
    if (isOthers && !isFresh && (!lease.isNew || there->since > lease.since)) {
      lose(key, there->node);
      return {};
    }
    uint64_t revision = 0;
    status = there->revision == 0
                 ? kvStore_CreateString(&revision, store, key.constData(), text.constData())
                 : kvStore_UpdateString(&revision, store, key.constData(), text.constData(), there->revision);
    if (status == NATS_OK) {
      lease.revision = revision;
      lease.due = std::chrono::steady_clock::now() + renewEvery;
      if (std::exchange(lease.isNew, false)) m_take.claimed(lease.number, isOthers ? there->node : QString());
      return {};
    }
    if (status != NATS_ERR) break;  // else somebody was faster: what is there now?
  }
  return natsFailure("a device can't be claimed", status);
}

Result<DeviceLeases::Entry> DeviceLeases::look(kvStore *store, const QByteArray &key) const {
  kvEntry *raw = nullptr;
  const natsStatus status = kvStore_Get(&raw, store, key.constData());
  const std::unique_ptr<kvEntry, Destroyer<kvEntry_Destroy>> entry(raw);
  if (status == NATS_NOT_FOUND) return Entry();
  if (status != NATS_OK) return natsFailure("the bucket of devices can't be read", status);
  return entryOf(raw);
}

DeviceLeases::Entry DeviceLeases::entryOf(const kvEntry *raw) {
  auto *entry = const_cast<kvEntry *>(raw);  // libnats has no const
  const QByteArray text(static_cast<const char *>(kvEntry_Value(entry)), kvEntry_ValueLen(entry));
  const QList<QByteArray> parts = text.split(' ');
  Entry read{{}, {}, kvEntry_Revision(entry)};
  if (parts.size() != 2) return read;
  read.node = QString::fromUtf8(parts[0]);
  read.since = Time(std::chrono::nanoseconds(parts[1].toLongLong()));
  return read;
}

Result<void> DeviceLeases::hear(kvWatcher *watcher) {
  while (!mustStop()) {
    kvEntry *raw = nullptr;
    const natsStatus status = kvWatcher_Next(&raw, watcher, hearMs);
    const std::unique_ptr<kvEntry, Destroyer<kvEntry_Destroy>> entry(raw);
    if (status == NATS_TIMEOUT) return {};
    if (status != NATS_OK) return natsFailure("the bucket of devices can't be read", status);
    if (!entry) continue;  // from here on it is news
    const QByteArray key(kvEntry_Key(raw));
    const auto lease = m_leases.find(key);
    const Entry there = entryOf(raw);
    if (lease == m_leases.end() || lease->second.isNew || there.revision <= lease->second.revision) continue;
    if (!there.node.isEmpty() && there.node != m_config.node) lose(key, there.node);
  }
  return {};
}

void DeviceLeases::lose(const QByteArray &key, const QString &node) {
  const auto lease = m_leases.find(key);
  m_take.taken(lease->second.number, node);
  m_leases.erase(lease);
}

}  // namespace tagwire::cluster
