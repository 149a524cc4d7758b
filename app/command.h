// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <functional>

#include "result.h"

namespace tagwire {

/// Exit codes, from sysexits(3); the manifest page lists what each means.
namespace exitcode {
constexpr int ok = 0;
constexpr int notWhole = 1;  ///< of `audit verify`
constexpr int nothing = 1;   ///< of `trace`: the point had no new value
constexpr int usage = 64;
constexpr int portBusy = 69;
constexpr int unavailable = 69;  ///< the instance that was to be asked
constexpr int cannotRead = 66;
constexpr int cannotWrite = 73;
constexpr int badManifest = 78;
}  // namespace exitcode

/// What follows `tagwire <command>`: options with a value (`--plugin-dir X` or `--plugin-dir=X`), flags, and the rest.
class Arguments {
 public:
  /// `valued` and `flags` are the names admitted, without dashes. Errors name the option.
  static Result<Arguments> parse(const QStringList &given, const QStringList &valued, const QStringList &flags);

  QStringList values(const QString &option) const;
  /// The last one given, or empty.
  QString value(const QString &option) const { return values(option).isEmpty() ? QString() : values(option).last(); }
  bool has(const QString &flag) const { return m_flags.contains(flag); }
  const QStringList &rest() const { return m_rest; }

 private:
  QList<std::pair<QString, QString>> m_values;
  QStringList m_flags;
  QStringList m_rest;
};

/// Whether --help stands among what was given to a command; not behind a --.
bool wantsHelp(const QStringList &given);

/// `unknown "<command> <name>"` with what it may have been and what is allowed; empty when no name was given.
QString unknownVerb(const char *command, const QString &name, const QStringList &known);

/// Writes a line to stdout, or stderr, at once.
void printLine(const QString &line);
void printError(const QString &line);

/// Lines of cells as aligned columns; what could move the terminal's cursor is shown as ?. The first line is the
/// header.
QByteArray aligned(const QList<QStringList> &lines);

/// The event loop of the main thread: EpollDispatcher, or Qt's own where the environment has TAGWIRE_EVENT_LOOP=qt.
/// Called before there is an application; false, and said on stderr, when another one is asked for.
bool chooseEventLoop();

/// SIGTERM and SIGINT quit the event loop; a second one ends the program at once. SIGHUP calls `reload` if given.
void quitOnSignals(const std::function<void()> &reload = {});
/// The one that has quit it; 0: none yet.
int quittingSignal();

// The commands: each takes what follows its name and returns the exit code.
int runCommand(const QStringList &arguments);
int checkCommand(const QStringList &arguments);
int pointsCommand(const QStringList &arguments);
int initCommand(const QStringList &arguments);
int convertCommand(const QStringList &arguments);
int schemaCommand(const QStringList &arguments);
int pluginsCommand(const QStringList &arguments);
int newPluginCommand(const QStringList &arguments);
int simCommand(const QStringList &arguments);
int probeCommand(const QStringList &arguments);
int alarmsCommand(const QStringList &arguments);
int historyCommand(const QStringList &arguments);
int manifestCommand(const QStringList &arguments);
int auditCommand(const QStringList &arguments);
int watchCommand(const QStringList &arguments);
int traceCommand(const QStringList &arguments);
int bundleCommand(const QStringList &arguments);
int tokenCommand(const QStringList &arguments);
int userCommand(const QStringList &arguments);
/// For IsolatedPlugin, not for people.
int pluginHostCommand(const QStringList &arguments);

}  // namespace tagwire
