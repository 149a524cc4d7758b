// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpSocket>
#include <QTimer>

#include <memory>

namespace tagwire::ws {

/// Ends one TCP connection so that the peer can read our last words: sends what is left, ends our direction, throws
/// away what still comes, and closes when the peer does, or after 2 s. (Closing at once would reset the connection when
/// there is unread input, and the peer would lose the answer.) Deletes itself. Thread-bound; owned by Farewells.
class Farewell : public QObject {
  Q_OBJECT
 public:
  Farewell(std::unique_ptr<QTcpSocket> socket, QObject *parent);

 private:
  void endOurDirection();

  std::unique_ptr<QTcpSocket> m_socket;
  QTimer m_deadline;
};

/// The connections that are being closed, at most 256: beyond that they are cut off. Thread-bound; owned by the
/// gateway.
class Farewells : public QObject {
  Q_OBJECT
 public:
  /// `socket` may be null.
  void add(std::unique_ptr<QTcpSocket> socket);

 private:
  static constexpr qsizetype most = 256;
};

}  // namespace tagwire::ws
