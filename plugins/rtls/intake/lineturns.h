// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <deque>

namespace tagwire::rtls {

class LineTurns;

/// Where lines come from: a connection, or a port. Thread-bound; outlived by the LineTurns that it waits for.
class LineSource {
 public:
  explicit LineSource(LineTurns &turns) : m_turns(turns) {}
  virtual ~LineSource();
  LineSource(const LineSource &) = delete;
  LineSource &operator=(const LineSource &) = delete;

 protected:
  /// There is something to read: takeSome() is called soon, once.
  void wait();

 private:
  friend class LineTurns;
  /// Takes `most` lines at most, waits again if there are more, and says how many it has read. Blank ones and those
  /// that are dropped count too, and may be more than `most`. It may be deleted later by that, not at once.
  virtual int takeSome(int most) = 0;

  LineTurns &m_turns;
  bool m_isWaiting = false;
};

/// Lets the sources of an instance take turns, a few lines each. However many they are and whatever they send, the
/// thread is given back after so many lines, and after a few milliseconds. Thread-bound; owned by LineIntake.
class LineTurns : public QObject {
  Q_OBJECT
 public:
  static constexpr int linesAtOnce = 1000;  ///< of all of them; then it is the turn of others in this thread
  static constexpr int linesOfOne = 20;     ///< then it is the turn of the next source

 private:
  friend class LineSource;
  void add(LineSource &source);
  void remove(LineSource &source);
  void schedule();
  void work();

  std::deque<LineSource *> m_waiting;
  bool m_isScheduled = false;
};

}  // namespace tagwire::rtls
