// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <chrono>
#include <deque>
#include <map>
#include <optional>

namespace tagwire::cluster {

/// Where a run of a node was in the stream: all records up to `position` had been handed out by its hub when its number
/// was `sequence`, and those behind it get greater numbers. Each hub and gateway says its own once a second.
struct Mark {
  QString epoch;
  QString stream;  ///< that the position is of: name and domain
  quint64 sequence = 0;
  quint64 position = 0;
};
QByteArray encode(const Mark &mark);
std::optional<Mark> decodeMark(const QByteArray &data);

/// What a number of another node's run is here, so that its clients go on here without a gap. Plain class; `now` is
/// Clock::elapsed.
///
/// Who has had everything up to number N of run E, has had the stream up to the position P of E's newest mark with a
/// number of at most N. Everything behind P has a greater number here than any of our own marks
/// - whose position is at most P: records of other nodes come in the order of the stream;
/// - by whose time our own records (this node is an edge as well) were in the stream by P: they have their numbers here
///   before they are in the stream, so that such a mark counts only when they have come in (confirmed());
/// - that is older by `before` than the other's: what each node finds for itself (a silent node, alarms of a hub) has
/// no
///   position, but comes at about the same time.
/// The newest of those is the place. What the bucket of last values brings ahead of the stream is told again when the
/// stream brings it (RemotePoints::endAhead), so that it is behind the place, too.
class Marks {
 public:
  using Moment = std::chrono::nanoseconds;
  /// Longer than the ring of plugin ws (60 s).
  static constexpr std::chrono::seconds kept{75};
  static constexpr std::chrono::seconds before{3};
  static constexpr size_t mostOfOne = 128;
  static constexpr size_t mostEpochs = 1000;

  /// The hub has, or has queued, all of the stream up to here. One that goes back is another stream: all is forgotten.
  void passed(quint64 position);
  /// Something was handed to the hub, which has numbered it at once (else it is in its queue, and we can't know when).
  void handed(bool isNumbered) { m_isQueued = !isNumbered; }
  /// Where we are, or nothing while the hub's queue is not known to be empty.
  std::optional<quint64> position() const;

  /// Our own mark: `sequence` is the hub's, `given` counts what the way out of this node was given until now.
  void add(Moment now, quint64 sequence, quint64 given);
  /// The first `given` of these are in the stream, at `position` or before.
  void confirmed(quint64 given, quint64 position);
  void heard(const Mark &mark, Moment now);
  void clear();

  /// Our own number behind which is all that is not in the other's `after`. Nothing: not known.
  std::optional<quint64> find(const QString &epoch, quint64 after) const;

 private:
  struct Own {
    Moment at;
    quint64 sequence;
    quint64 position;
    quint64 given;
    std::optional<quint64> confirmedBy;
  };
  struct Other {
    Moment at;
    quint64 sequence;
    quint64 position;
  };
  quint64 m_position = 0;
  bool m_isQueued = false;
  std::deque<Own> m_own;
  std::map<QString, std::deque<Other>> m_others;  ///< by epoch
};

}  // namespace tagwire::cluster
