// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include <vector>

/// Many bare connections to a port of this machine, each of which says one thing and then nothing more. They come from
/// several loopback addresses, as one has too few ports for all.
class Crowd {
 public:
  Crowd() = default;
  ~Crowd();
  Crowd(const Crowd &) = delete;
  Crowd &operator=(const Crowd &) = delete;

  /// Adds `count` connections. False when the system has no more of them.
  bool open(quint16 port, int count, const QByteArray &words);
  /// How many have got an answer that begins like this. What came is taken.
  int answered(const QByteArray &beginning);
  /// How many the other side has closed. What came is taken.
  int closed() const;
  /// Raises this process' limit of descriptors; how many it may have now.
  static qint64 raiseDescriptorLimit();

 private:
  std::vector<int> m_sockets;
};
