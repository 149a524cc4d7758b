// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArrayList>
#include <QString>

#include <memory>

#include "result.h"

namespace tagwire::sql {

/// The addresses of a host by its name. The system's look-up has no deadline and can't be called off, so it runs in a
/// thread that nobody waits for: whoever asked may go away, the thread then ends by itself or with the program.
/// Thread-bound to who began it.
class HostLookup {
 public:
  /// Look-ups under way in the program, those that nobody waits for any more included.
  static constexpr int mostAtOnce = 16;
  static constexpr int mostAddresses = 16;

  /// False for an address, and for the folder of a Unix socket.
  static bool isNeeded(const QString &host);

  /// Begins. Errors: too many are under way, no thread or no descriptor is to be had.
  static Result<HostLookup> begin(const QString &host);

  /// Readable as soon as it is done.
  int descriptor() const;
  /// Once it is done: in the order in which the system would try them. Errors: there is no such name, …
  Result<QByteArrayList> addresses() const;

 private:
  struct Shared;

  explicit HostLookup(std::shared_ptr<Shared> shared) : m_shared(std::move(shared)) {}

  std::shared_ptr<Shared> m_shared;
};

}  // namespace tagwire::sql
