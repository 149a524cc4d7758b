// SPDX-License-Identifier: Apache-2.0
#include "checksum.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tagwire::spool {

namespace {

constexpr std::array<quint32, 256> makeTable() {
  std::array<quint32, 256> table{};
  for (quint32 byte = 0; byte < 256; ++byte) {
    quint32 value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0x82f63b78U : 0U);
    table[byte] = value;
  }
  return table;
}
constexpr std::array<quint32, 256> checksumTable = makeTable();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) quint32 checksumByInstruction(quint32 before, const char *bytes, size_t size) {
  quint64 value = ~before;
  for (; size >= sizeof(quint64); size -= sizeof(quint64), bytes += sizeof(quint64)) {
    quint64 word = 0;
    std::memcpy(&word, bytes, sizeof word);
    value = _mm_crc32_u64(value, word);
  }
  auto narrow = static_cast<quint32>(value);
  for (; size > 0; --size, ++bytes) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*bytes));
  return ~narrow;
}
#endif

using Function = quint32 (*)(quint32, const char *, size_t);

Function best() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return checksumByInstruction;
#endif
  return checksumByTable;
}

}  // namespace

quint32 checksumByTable(quint32 before, const char *bytes, size_t size) {
  quint32 value = ~before;
  for (; size > 0; --size, ++bytes) {
    value = (value >> 8) ^ checksumTable[(value ^ static_cast<unsigned char>(*bytes)) & 0xff];
  }
  return ~value;
}

quint32 checksum(quint32 before, const char *bytes, size_t size) {
  static const Function function = best();
  return function(before, bytes, size);
}

}  // namespace tagwire::spool
