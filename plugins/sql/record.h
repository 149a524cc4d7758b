// SPDX-License-Identifier: Apache-2.0
// What the history is made of is what the spool keeps.
#pragma once

#include "spool/record.h"
#include "spool/storedevent.h"

namespace tagwire::sql {
using namespace tagwire::spool;
}
