// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>

#include <optional>

#include "isolation/pluginhost.h"
#include "manifestcommands.h"

namespace tagwire {

namespace {

/// One of the two kinds of tools that a plugin may bring along.
struct ToolKind {
  const char *command;
  std::unique_ptr<Tool> (PluginFactory::*make)() const;
  const char *absent;
  bool endsBySignal;  ///< that is how it is meant to end
};

constexpr ToolKind simulator{"sim", &PluginFactory::simulator, "simulate", true};
constexpr ToolKind prober{"probe", &PluginFactory::prober, "probe", false};

Result<std::unique_ptr<Tool>> makeTool(const ToolKind &kind, const QStringList &folders, const QString &type) {
  PluginLoader loader(PluginLoader::searchPath(folders));
  const auto factory = loader.load(type);
  if (!factory) return failure(factory.error());
  auto tool = ((*factory)->*kind.make)();
  if (tool) return tool;
  return failure(QStringLiteral("plugin \"%1\" has nothing to %2").arg(type, QLatin1String(kind.absent)));
}

/// Takes --plugin-dir off the front. The options behind what follows are the tool's own.
QStringList takeFolders(QStringList &arguments) {
  QStringList folders;
  while (arguments.size() >= 2 && arguments.first() == QLatin1String("--plugin-dir")) {
    folders << arguments[1];
    arguments = arguments.mid(2);
  }
  return folders;
}

int toolExitCode(const ToolError &error) {
  if (error.manifestBad) return exitcode::badManifest;
  return error.portBusy ? exitcode::portBusy : exitcode::usage;
}

/// Like a shell's: a tool that a signal has ended before its work was done has not done it.
int exitCodeAfterSignal(int signal) { return signal > 0 ? 128 + signal : 1; }

int runTool(Tool &tool, const QStringList &arguments, bool endsBySignal) {
  std::optional<int> finished;
  QObject::connect(&tool, &Tool::line, &tool, &printLine);
  QObject::connect(&tool, &Tool::finished, &tool, [&finished](int code) {
    finished = code;
    QCoreApplication::exit(code);
  });
  const auto started = tool.start(arguments);
  if (!started) {
    printError(started.error().text);
    return toolExitCode(started.error());
  }
  quitOnSignals();  // before the line, which somebody may wait for
  if (!started->isEmpty()) printLine(*started);
  const int code = QCoreApplication::exec();
  if (finished) return *finished;
  return endsBySignal ? code : exitCodeAfterSignal(quittingSignal());
}

/// The types whose plugins have such a tool.
QString typesWith(const ToolKind &kind, const QStringList &folders) {
  PluginLoader loader(PluginLoader::searchPath(folders));
  QStringList types;
  for (const QString &type : loader.types()) {
    const auto factory = loader.load(type);
    if (factory && ((*factory)->*kind.make)()) types << type;
  }
  return types.join(QLatin1String(", "));
}

int runTool(const ToolKind &kind, QStringList arguments) {
  const QStringList folders = takeFolders(arguments);
  const QString usage =
      QStringLiteral("usage: tagwire %1 TYPE [options; --help lists them]").arg(QLatin1String(kind.command));
  if (arguments.value(0) == QLatin1String("--help")) {
    printLine(usage + QStringLiteral("\n  TYPE  one of: ") + typesWith(kind, folders));
    return exitcode::ok;
  }
  if (arguments.isEmpty() || arguments.first().startsWith(u'-')) {
    printError(usage);
    return exitcode::usage;
  }
  const auto tool = makeTool(kind, folders, arguments.first());
  if (!tool) {
    printError(tool.error());
    return exitcode::usage;
  }
  return runTool(**tool, arguments.mid(1), kind.endsBySignal);
}

/// A command that stands for a plugin's tools: `tagwire <command> <verb> …`.
struct VerbCommand {
  const char *name;
  const char *type;
  QStringList verbs;
  const char *usage;
};

int runToolVerb(const VerbCommand &command, QStringList arguments) {
  PluginLoader loader(PluginLoader::searchPath(takeFolders(arguments)));
  const QString usage = QString::fromUtf8(command.usage);
  if (arguments.value(0) == QLatin1String("--help")) {
    printLine(usage);
    return exitcode::ok;
  }
  const auto factory = loader.load(QLatin1String(command.type));
  if (!factory) {
    printError(factory.error());
    return exitcode::usage;
  }
  const auto tool = (*factory)->tool(arguments.value(0));
  if (tool) return runTool(*tool, arguments.mid(1), false);
  printError(unknownVerb(command.name, arguments.value(0), command.verbs) + usage);
  return exitcode::usage;
}

}  // namespace

int simCommand(const QStringList &given) { return runTool(simulator, given); }
int probeCommand(const QStringList &given) { return runTool(prober, given); }

int alarmsCommand(const QStringList &given) {
  return runToolVerb(
      {"alarms", "alarms", {QStringLiteral("test-target")}, "usage: tagwire alarms test-target MANIFEST TARGET"},
      given);
}

int historyCommand(const QStringList &given) {
  return runToolVerb({"history",
                      "sql",
                      {QStringLiteral("export"), QStringLiteral("import")},
                      "usage: tagwire history export|import MANIFEST …; --help behind the verb says what it takes"},
                     given);
}

int pluginHostCommand(const QStringList &) { return runPluginHost(); }

}  // namespace tagwire
