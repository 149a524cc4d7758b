// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/// Two connected sockets that do not block. Owns both.
class SocketPair {
 public:
  SocketPair() {
    int both[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both) != 0) qFatal("socketpair");
    here = both[0];
    there = both[1];
  }
  ~SocketPair() {
    closeHere();
    closeThere();
  }
  SocketPair(const SocketPair &) = delete;
  SocketPair &operator=(const SocketPair &) = delete;

  /// Makes `here` readable.
  void feed() const {
    if (::write(there, "x", 1) != 1) qFatal("feed");
  }
  /// Takes everything out of `here`.
  void drain() const {
    char buffer[256];
    while (::read(here, buffer, sizeof buffer) > 0) {
    }
  }
  /// The other end takes nothing more: `here` is not writable.
  void fill() const {
    char buffer[4096]{};
    while (::write(here, buffer, sizeof buffer) > 0) {
    }
  }
  /// `here` gets this number.
  void moveHere(int number) {
    if (::dup2(here, number) != number) qFatal("dup2");
    ::close(std::exchange(here, number));
  }
  void closeHere() {
    if (here >= 0) ::close(std::exchange(here, -1));
  }
  void closeThere() {
    if (there >= 0) ::close(std::exchange(there, -1));
  }

  int here = -1;
  int there = -1;
};
