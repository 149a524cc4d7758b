// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTest>

namespace tagwire::testing {

/// How long a test waits for what has to come: far longer than it takes, as the machine may be shared and stand for
/// seconds. Only a test that fails waits so long. Qt Test's own 5 s are too few there.
inline constexpr int patienceMs = 30'000;

/// Serves the event loop until `isSo`, which is called again and again. Returns what it said last.
template <typename Predicate>
bool waitFor(Predicate &&isSo) {
  return QTest::qWaitFor(std::forward<Predicate>(isSo), patienceMs);
}

}  // namespace tagwire::testing

#undef QTRY_VERIFY
#define QTRY_VERIFY(expr) QTRY_VERIFY_WITH_TIMEOUT((expr), tagwire::testing::patienceMs)
#undef QTRY_VERIFY2
#define QTRY_VERIFY2(expr, messageExpression) \
  QTRY_VERIFY2_WITH_TIMEOUT((expr), (messageExpression), tagwire::testing::patienceMs)
#undef QTRY_COMPARE
#define QTRY_COMPARE(expr, expected) QTRY_COMPARE_WITH_TIMEOUT((expr), (expected), tagwire::testing::patienceMs)
