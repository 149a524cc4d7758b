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

int runTool(const ToolKind &kind, const QStringList &given) {
  // The options behind the type are the tool's own, so only --plugin-dir before it is ours.
  QStringList rest = given;
  QStringList folders;
  while (rest.size() >= 2 && rest.first() == QLatin1String("--plugin-dir")) {
    folders << rest[1];
    rest = rest.mid(2);
  }
  if (rest.isEmpty() || rest.first().startsWith(u'-')) {
    printError(QStringLiteral("usage: tagwire %1 TYPE [options; --help lists them]").arg(QLatin1String(kind.command)));
    return exitcode::usage;
  }
  const auto tool = makeTool(kind, folders, rest.first());
  if (!tool) {
    printError(tool.error());
    return exitcode::usage;
  }
  QObject::connect(tool->get(), &Tool::line, tool->get(), &printLine);
  QObject::connect(tool->get(), &Tool::finished, QCoreApplication::instance(), &QCoreApplication::exit);
  const auto started = (*tool)->start(rest.mid(1));
  if (!started) {
    printError(started.error().text);
    return started.error().portBusy ? exitcode::portBusy : exitcode::usage;
  }
  quitOnSignals();  // before the line, which somebody may wait for
  if (!started->isEmpty()) printLine(*started);
  return QCoreApplication::exec();
}

}  // namespace

int simCommand(const QStringList &given) { return runTool(simulator, given); }
int probeCommand(const QStringList &given) { return runTool(prober, given); }

}  // namespace tagwire
