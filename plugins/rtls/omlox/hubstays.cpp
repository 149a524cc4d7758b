// SPDX-License-Identifier: Apache-2.0
#include "hubsite.h"
