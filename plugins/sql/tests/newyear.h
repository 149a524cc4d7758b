// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "timestamp.h"

namespace tagwire::sql {

/// When the tests' histories begin: 2026-01-01T00:00:00Z.
inline const Time newYear = fromMilliseconds(1'767'225'600'000);

}  // namespace tagwire::sql
