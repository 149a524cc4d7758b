// SPDX-License-Identifier: Apache-2.0
#include "binaryformat.h"

namespace tagwire::sql {

namespace {

constexpr qint64 from1970To2000 = 946'684'800'000'000;

}  // namespace

Microseconds Microseconds::of(Time time) {
  return {std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count() - from1970To2000};
}

Microseconds Microseconds::notBefore(Time time) {
  return {std::chrono::ceil<std::chrono::microseconds>(time).time_since_epoch().count() - from1970To2000};
}

// What another program wrote may lie beyond what 64 bits of nanoseconds hold.
Time Microseconds::time() const {
  constexpr qint64 most = std::numeric_limits<qint64>::max() / 1000 - 1;
  const qint64 since1970 = count > most - from1970To2000 ? most : count + from1970To2000;
  return Time(std::chrono::nanoseconds(std::clamp(since1970, -most, most) * 1000));
}

CopyRows::CopyRows() {
  static constexpr char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
  for (size_t i = 0; i < 19; ++i) append(head[i]);
}

void CopyRows::beginRow(int fields) {
  append(static_cast<qint16>(fields));
  ++m_rows;
}

void CopyRows::end() { append(qint16{-1}); }

}  // namespace tagwire::sql
