// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <memory>

#include "http/stream.h"

namespace tagwire::ws {

/// Ends one connection so that the peer can read our last words: sends what is left, ends our direction, throws away
/// what still comes, and closes when the peer does, or after 2 s in which it took less than 4 KiB. (Closing at once
/// would reset the connection when there is unread input, and the peer would lose the answer.) Deletes itself.
/// Thread-bound; owned by Farewells.
class Farewell : public QObject, private StreamUser {
  Q_OBJECT
 public:
  Farewell(std::unique_ptr<Stream> stream, QObject *parent);
  qint64 bytesToWrite() const { return m_stream->bytesToWrite(); }

 private:
  static constexpr qint64 leastProgress = 4 * 1024;

  void streamReadable() override { m_stream->read(); }
  void streamTook(qint64 bytes) override;
  void streamEnded() override { endIfSaid(); }
  void endIfSaid();

  std::unique_ptr<Stream> m_stream;
  QTimer m_deadline;
  qint64 m_progress = 0;  ///< bytes that the peer took since the deadline was set
};

/// The connections that are being closed, at most 256: beyond that they are cut off. Thread-bound; owned by the
/// gateway.
class Farewells : public QObject {
  Q_OBJECT
 public:
  /// `stream` may be null.
  void add(std::unique_ptr<Stream> stream);
  /// What their clients have yet to take.
  qint64 bytesToWrite() const;

 private:
  static constexpr qsizetype most = 256;
};

}  // namespace tagwire::ws
