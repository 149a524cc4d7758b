// SPDX-License-Identifier: Apache-2.0
// The tables of a history file, version 2. What they hold, for people: ../README.md; why: docs/decisions.
#pragma once

#include <QByteArray>

namespace tagwire::sql {

/// "Tagw": tells our files from other SQLite files.
constexpr int historyApplicationId = 0x54616777;
constexpr int historySchemaVersion = 2;

/// Makes what is not there yet of the tables.
QByteArray historyTablesSql();
/// Makes the views. `withOldTables`: they show rows of a version 1 file, too, which are not moved yet.
QByteArray historyViewsSql(bool withOldTables);
QByteArray dropHistoryViewsSql();

}  // namespace tagwire::sql
