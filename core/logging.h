// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <utility>

#include "export.h"
#include "result.h"

namespace tagwire {

/// Sends every Qt log message to stderr, one line each ("<UTC time> <level> <instance>: <text>"), or, when stderr is
/// the journal's, to the journal with the fields of docs/observability.md. Control characters are escaped, so that no
/// device or client can forge a line. Of messages that are alike only some are shown (loglimiter.h), and where nobody
/// takes the lines they are dropped, counted and told of later: logging never waits. Call once, when there is an
/// application and before the first message.
TAGWIRE_EXPORT void installLogging();

/// "debug", "info", "warning" or "error": the least that is shown of Tagwire's own categories. QT_LOGGING_RULES wins.
TAGWIRE_EXPORT Result<void> setLogLevel(const QString &level);

/// `text` on one line: control characters, and those that turn text round, as \xNN or \uNNNN.
TAGWIRE_EXPORT QString onOneLine(const QString &text);

/// Since the program started.
struct LogStatistics {
  quint64 lines = 0;
  quint64 suppressed = 0;  ///< alike others
  quint64 dropped = 0;     ///< nobody took them
};
TAGWIRE_EXPORT LogStatistics logStatistics();

/// While it lives, messages of this thread carry these fields in the journal.
class TAGWIRE_EXPORT LogFields {
 public:
  using Field = std::pair<const char *, QString>;  ///< the name in capitals: "TAGWIRE_STATE"
  explicit LogFields(const QList<Field> &fields);
  ~LogFields();
  LogFields(const LogFields &) = delete;
  LogFields &operator=(const LogFields &) = delete;

 private:
  const QList<Field> m_fields;
  const QList<Field> *m_outer;
};

/// MESSAGE_IDs (systemd.journal-fields(7)) of what is worth finding: `journalctl MESSAGE_ID=…`.
namespace messageid {
constexpr const char *pluginState = "ed0b46a5a3a14ddabba28ad6359b9fd8";   ///< with TAGWIRE_STATE
constexpr const char *suppressed = "5240c17ecef94789b5c02a27b6298681";    ///< with TAGWIRE_COUNT
constexpr const char *linesDropped = "112d6bd19da04047a5db190ab1988cf7";  ///< with TAGWIRE_COUNT
}  // namespace messageid

}  // namespace tagwire
