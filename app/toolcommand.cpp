// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>

#include "manifestcommands.h"

namespace tagwire {

namespace {

/// One of the two kinds of tools that a plugin may bring along.
struct ToolKind {
  const char *command;
  std::unique_ptr<Tool> (PluginFactory::*make)() const;
  const char *absent;
};

constexpr ToolKind simulator{"sim", &PluginFactory::simulator, "simulate"};
constexpr ToolKind prober{"probe", &PluginFactory::prober, "probe"};

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

int exitCodeOf(const ToolError &error) {
  if (error.manifestBad) return exitcode::badManifest;
  return error.portBusy ? exitcode::portBusy : exitcode::usage;
}

int runTool(Tool &tool, const QStringList &arguments) {
  QObject::connect(&tool, &Tool::line, &tool, &printLine);
  QObject::connect(&tool, &Tool::finished, QCoreApplication::instance(), &QCoreApplication::exit);
  const auto started = tool.start(arguments);
  if (!started) {
    printError(started.error().text);
    return exitCodeOf(started.error());
  }
  quitOnSignals();  // before the line, which somebody may wait for
  if (!started->isEmpty()) printLine(*started);
  return QCoreApplication::exec();
}

int runTool(const ToolKind &kind, QStringList arguments) {
  const QStringList folders = takeFolders(arguments);
  if (arguments.isEmpty() || arguments.first().startsWith(u'-')) {
    printError(QStringLiteral("usage: tagwire %1 TYPE [options; --help lists them]").arg(QLatin1String(kind.command)));
    return exitcode::usage;
  }
  const auto tool = makeTool(kind, folders, arguments.first());
  if (!tool) {
    printError(tool.error());
    return exitcode::usage;
  }
  return runTool(**tool, arguments.mid(1));
}

}  // namespace

int simCommand(const QStringList &given) { return runTool(simulator, given); }
int probeCommand(const QStringList &given) { return runTool(prober, given); }

int alarmsCommand(const QStringList &given) {
  QStringList arguments = given;
  PluginLoader loader(PluginLoader::searchPath(takeFolders(arguments)));
  const auto factory = loader.load(QStringLiteral("alarms"));
  if (!factory) {
    printError(factory.error());
    return exitcode::usage;
  }
  const auto tool = (*factory)->tool(arguments.value(0));
  if (tool) return runTool(*tool, arguments.mid(1));
  printError(QStringLiteral("usage: tagwire alarms test-target MANIFEST TARGET"));
  return exitcode::usage;
}

}  // namespace tagwire
