// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "postgresconnection.h"

namespace tagwire::sql {

constexpr int postgresSchemaVersion = 2;

/// Makes the tables, views and functions of the history in the connection's schema, or what is missing of them, or
/// brings an older version up to date; in one transaction. A newer version is left alone: an Outage that says so.
StoreResult<void> preparePostgresSchema(PostgresConnection &connection, const QString &schema);

/// Numbers of the advisory locks, which are taken together with the number of the schema or the spool.
enum class PostgresLock : qint32 { Schema = 0x54610001, Slices = 0x54610002, Spool = 0x54610003 };
/// Takes that of the schema, until the end of the transaction.
QByteArray lockSql(PostgresLock lock);

}  // namespace tagwire::sql
