// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace tagwire {

/// A file descriptor that is closed with its owner. Plain value, moved only.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : m_number(number) {}
  Descriptor(Descriptor &&other) noexcept : m_number(std::exchange(other.m_number, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(m_number, other.m_number);
    return *this;
  }
  ~Descriptor() { close(); }

  /// Another one of the same file or socket, for whoever owns `number` closes that.
  static Descriptor duplicateOf(int number) { return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 0)); }

  int number() const { return m_number; }
  bool isOpen() const { return m_number >= 0; }
  int release() { return std::exchange(m_number, -1); }
  void close() {
    if (m_number >= 0) ::close(std::exchange(m_number, -1));
  }

 private:
  int m_number = -1;
};

}  // namespace tagwire
