// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>
#include <QDebug>

#include <array>

#include "command.h"
#include "configlocation.h"
#include "guard.h"
#include "logging.h"

namespace {

using namespace tagwire;

struct ProgramCommand {
  const char *name;
  int (*run)(const QStringList &);
  const char *synopsis;
  const char *help;
  bool hasOwnHelp = false;
};

constexpr std::array commands{
    ProgramCommand{"run", runCommand, "run MANIFEST [--safe]",
                   "run in the foreground until SIGTERM or SIGINT; --safe: without plugins of others"},
    ProgramCommand{"check", checkCommand, "check MANIFEST [--json] [--stdin]",
                   "say what is wrong with a manifest, or with a text in its place"},
    ProgramCommand{"init", initCommand, "init [FOLDER] [--plugin TYPE]…",
                   "write a manifest to begin with, and its schema"},
    ProgramCommand{"convert", convertCommand, "convert telegraf|fuxa FILE [-o MANIFEST]",
                   "make a manifest of another program's configuration"},
    ProgramCommand{"points", pointsCommand, "points export|list MANIFEST",
                   "print the points of a manifest, as CSV or to read"},
    ProgramCommand{"schema", schemaCommand, "schema [TYPE] [--markdown]",
                   "print the JSON Schema of the manifest or of one plugin"},
    ProgramCommand{"plugins", pluginsCommand, "plugins", "list the plugins found, and why one was refused"},
    ProgramCommand{"new-plugin", newPluginCommand, "new-plugin NAME [--role source|sink]",
                   "write the folder of a plugin of your own"},
    ProgramCommand{"sim", simCommand, "sim TYPE …", "a simulated counterpart: sim modbus, sim rtls", true},
    ProgramCommand{"probe", probeCommand, "probe TYPE …", "ask a device what it has: probe modbus", true},
    ProgramCommand{"alarms", alarmsCommand, "alarms test-target MANIFEST TARGET",
                   "send one test notice to a target now"},
    ProgramCommand{"history", historyCommand, "history export|import …", "stored values to CSV or JSON lines, and back",
                   true},
    ProgramCommand{"manifest", manifestCommand, "manifest history|show|diff|rollback …",
                   "what the manifest was, and the way back", true},
    ProgramCommand{"token", tokenCommand, "token create|list|revoke", "tokens for devices and services", true},
    ProgramCommand{"user", userCommand, "user add|list|remove|…", "users of the pages", true},
    ProgramCommand{"audit", auditCommand, "audit verify|list", "who did what, and whether the record is whole", true},
    ProgramCommand{"watch", watchCommand, "watch URL [TOPIC…]",
                   "print live values in the terminal; $TAGWIRE_TOKEN is its credential"},
    ProgramCommand{"trace", traceCommand, "trace [URL] POINT [--count N] [--seconds S] [--json]",
                   "where the next values of a point go and when; $TAGWIRE_TOKEN is its credential"},
    ProgramCommand{"bundle", bundleCommand, "bundle MANIFEST [-o FILE] [--url URL]",
                   "collect what support needs into a .tar.gz, secrets masked"},
    ProgramCommand{"plugin-host", pluginHostCommand, nullptr, nullptr, true},
};

/// No exception of a plugin's slot may end the program.
class Application : public QCoreApplication {
 public:
  using QCoreApplication::QCoreApplication;
  bool notify(QObject *receiver, QEvent *event) override {
    bool handled = false;
    const QString thrown = guard([&] { handled = QCoreApplication::notify(receiver, event); });
    if (!thrown.isEmpty()) qCritical().noquote() << receiver->metaObject()->className() << thrown;
    return handled;
  }
};

void printUsage() {
  printLine(QStringLiteral("tagwire %1: a SCADA and RTLS runtime\n\nUsage:").arg(QLatin1String(TAGWIRE_VERSION)));
  for (const ProgramCommand &command : commands) {
    if (!command.synopsis) continue;  // not for people
    printLine(QStringLiteral("  tagwire %1  %2")
                  .arg(QString::fromUtf8(command.synopsis), -28)
                  .arg(QLatin1String(command.help)));
  }
  printLine(QStringLiteral(
      "\nOptions of all: --plugin-dir DIR (may stand several times; then $TAGWIRE_PLUGIN_PATH and the program's own\n"
      "folder of plugins are looked through), --log-level debug|info|warning|error."));
}

}  // namespace

int main(int argc, char *argv[]) {
  if (!chooseEventLoop()) return exitcode::usage;
  Application application(argc, argv);
  QCoreApplication::setApplicationName(QStringLiteral("tagwire"));
  QCoreApplication::setApplicationVersion(QStringLiteral(TAGWIRE_VERSION));
  installLogging();

  const QStringList arguments = application.arguments().mid(1);
  const QString name = arguments.value(0);
  if (name == QLatin1String("--version")) {
    printLine(QStringLiteral("tagwire " TAGWIRE_VERSION));
    return exitcode::ok;
  }
  if (name == QLatin1String("--help") || name == QLatin1String("help")) {
    printUsage();
    return exitcode::ok;
  }
  QStringList known;
  for (const ProgramCommand &command : commands) {
    if (name == QLatin1String(command.name)) {
      if (arguments.value(1) == QLatin1String("--help") && !command.hasOwnHelp) {
        printLine(
            QStringLiteral("tagwire %1: %2").arg(QString::fromUtf8(command.synopsis), QLatin1String(command.help)));
        return exitcode::ok;
      }
      return command.run(arguments.mid(1));
    }
    if (command.synopsis) known << QString::fromLatin1(command.name);
  }
  printError(name.isEmpty() ? QStringLiteral("a command is due (tagwire --help lists them)")
                            : QStringLiteral("unknown command \"%1\"%2 (allowed: %3)")
                                  .arg(name, didYouMean(name, known), known.join(QLatin1String(", "))));
  return exitcode::usage;
}
