// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "sqlconfig.h"
#include "store/storereader.h"

namespace tagwire::sql {

/// The writing side of the configured database, not open yet. A password in a file is read anew.
std::unique_ptr<HistoryStore> makeStore(const SqlConfig &config, const QString &dataDir);
/// The reading side.
std::unique_ptr<StoreReader> makeReader(const SqlConfig &config, const QString &dataDir);

}  // namespace tagwire::sql
