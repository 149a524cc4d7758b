// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

namespace tagwire::spool {

/// CRC-32C (Castagnoli, RFC 3720 B.4) of `size` bytes, going on from `before`: by the processor's own instruction where
/// there is one. Thread-safe.
quint32 checksum(quint32 before, const char *bytes, size_t size);
/// The same without the instruction.
quint32 checksumByTable(quint32 before, const char *bytes, size_t size);

}  // namespace tagwire::spool
