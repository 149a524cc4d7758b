// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

/// As much of Modbus TCP as reading registers takes.
namespace tagwire::bench {

constexpr std::size_t headerBytes = 7;
constexpr std::size_t readRequestBytes = 12;
constexpr std::size_t longestFrame = 260;
constexpr int mostRegistersInOne = 125;

inline int word(std::span<const std::uint8_t> bytes, std::size_t at) { return bytes[at] << 8 | bytes[at + 1]; }

inline void putWord(std::span<std::uint8_t> bytes, std::size_t at, int value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

/// Bytes of the frame that `bytes` begins with: 0 when it is not there as a whole, -1 when it is none.
inline int frameBytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < headerBytes) return 0;
  const auto size = static_cast<std::size_t>(word(bytes, 4)) + 6;
  if (word(bytes, 2) != 0 || size < headerBytes + 1 || size > longestFrame) return -1;
  return bytes.size() < size ? 0 : static_cast<int>(size);
}

inline std::array<std::uint8_t, readRequestBytes> readRequest(int transaction, int unit, int address, int count) {
  std::array<std::uint8_t, readRequestBytes> bytes{};
  putWord(bytes, 0, transaction);
  putWord(bytes, 4, 6);
  bytes[6] = static_cast<std::uint8_t>(unit);
  bytes[7] = 3;  // read holding registers
  putWord(bytes, 8, address);
  putWord(bytes, 10, count);
  return bytes;
}

}  // namespace tagwire::bench
