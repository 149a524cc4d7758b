// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "feed.h"
#include "spool/sequenceset.h"

namespace tagwire::cluster {

/// The points of other nodes, declared here under the names that the configuration says, and what has come of each
/// spool. Thread-bound to the host's thread.
class RemotePoints {
 public:
  static constexpr qsizetype mostPoints = 1'000'000;

  RemotePoints(const ClusterConfig &config, PluginContext &context) : m_config(config), m_context(context) {}

  /// Declares what the configuration names. While the manifest is read.
  void expect();

  /// None: it can't be a point here; said once in the log.
  PointId find(const Sender &sender, const QString &fullName) const;
  PointId declare(const Sender &sender, const QString &prefix, const PointInfo &info);
  PointId declare(const Sender &sender, const spool::StoredPoint &point);
  /// Whose it is; null: none of ours.
  const Sender *owner(PointId point) const;
  /// It comes from this node now: a device that has moved.
  void follow(PointId point, const Sender &sender);
  /// What it is called where it is from.
  QString nameAt(const Sender &sender, PointId point) const;
  /// Values only go forward in the source's time; false: `time` is older than what is known.
  bool advance(PointId point, Time time);
  /// The bucket of last values has brought its newest value, maybe ahead of the stream.
  void beginAhead(PointId point) { m_ahead.insert(point); }
  /// The stream has brought the same; true once.
  bool endAhead(PointId point) { return m_ahead.remove(point); }
  const QHash<PointId, Sender> &owners() const { return m_owners; }

  /// Sequences of this range that have not come yet are marked as come; false: all had.
  bool isNew(const Batch &batch, quint64 sequence) const;
  void seen(const Batch &batch);
  void forget();

  QString nameHere(const Sender &sender, const QString &fullName) const;

 private:
  struct Key {
    QString origin;
    quint64 boot;
    int stream;
    friend bool operator==(const Key &, const Key &) = default;
    friend size_t qHash(const Key &key, size_t seed) { return qHashMulti(seed, key.origin, key.boot, key.stream); }
  };
  static constexpr qsizetype mostKeys = 100'000;

  const ClusterConfig &m_config;
  PluginContext &m_context;
  QHash<QString, PointId> m_byName;  ///< by the name here; None: refused
  QHash<PointId, Sender> m_owners;
  QHash<PointId, Time> m_newest;
  QSet<PointId> m_ahead;
  QHash<Key, spool::SequenceSet> m_seen;
};

}  // namespace tagwire::cluster
