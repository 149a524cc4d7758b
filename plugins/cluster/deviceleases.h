// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "feed.h"

namespace tagwire::cluster {

using KeyValues = std::unique_ptr<kvStore, Destroyer<kvStore_Destroy>>;

/// Which node has which device: an entry each in a bucket, replaced by compare and set, which ends by itself when its
/// node does not renew it. The newest claim wins; one that could not be made for a while gives way to one that was made
/// after it.
class DeviceLeases : public Feed {
 public:
  struct Take {
    /// The claim's first outcome: which other node had it, empty for none.
    std::function<void(quint64 number, const QString &before)> claimed;
    /// Another node has it; nothing more comes of this claim.
    std::function<void(quint64 number, const QString &node)> taken;
  };

  /// `take` is called in the feed's thread.
  DeviceLeases(const ClusterConfig &config, const QString &site, const Clock &clock, Take take, Tell tell);
  ~DeviceLeases() override { end(); }

  /// Both from any thread. Who claims a device again gives it a new number. `since`: when it connected.
  void claim(const QString &device, quint64 number, Time since);
  void release(const QString &device, quint64 number);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Wish {
    QByteArray key;
    quint64 number;
    bool isClaim;
    Time since;
  };
  struct Lease {
    quint64 number = 0;
    Time since;
    quint64 revision = 0;  ///< of our entry; 0: none
    Moment due;            ///< to be claimed or renewed then
    bool isNew = true;     ///< nothing was said of it yet
  };
  struct Entry {
    QString node;  ///< empty: nobody
    Time since;
    quint64 revision = 0;  ///< 0: there is no entry
  };
  Result<void> read(const Link &link) override;
  Result<void> grant(kvStore *store, const Wish &wish);
  Result<void> renew(kvStore *store, const QByteArray &key);
  Result<void> renewDue(kvStore *store);
  Result<void> hear(kvWatcher *watcher);
  Result<Entry> look(kvStore *store, const QByteArray &key) const;
  static Entry entryOf(const kvEntry *entry);
  void lose(const QByteArray &key, const QString &node);

  const QByteArray m_site;
  const Clock &m_clock;
  const Take m_take;
  std::vector<Wish> m_wishes;            ///< under the lock
  std::map<QByteArray, Lease> m_leases;  ///< of the thread
};

/// Name of the bucket of devices.
QByteArray devicesBucket(const StreamConfig &config);

}  // namespace tagwire::cluster
