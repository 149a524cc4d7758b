// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>

#include "manifestcommands.h"

namespace tagwire {

int simCommand(const QStringList &given) {
  // The options behind the type are the simulator's own, so only --plugin-dir before it is ours.
  QStringList rest = given;
  QStringList folders;
  while (rest.size() >= 2 && rest.first() == QLatin1String("--plugin-dir")) {
    folders << rest[1];
    rest = rest.mid(2);
  }
  if (rest.isEmpty() || rest.first().startsWith(u'-')) {
    printError(QStringLiteral("usage: tagwire sim TYPE [the simulator's options; --help lists them]"));
    return exitcode::usage;
  }
  PluginLoader loader(PluginLoader::searchPath(folders));
  const auto factory = loader.load(rest.first());
  if (!factory) {
    printError(factory.error());
    return exitcode::usage;
  }
  const auto simulator = (*factory)->simulator();
  if (!simulator) {
    printError(QStringLiteral("plugin \"%1\" has nothing to simulate").arg(rest.first()));
    return exitcode::usage;
  }
  const auto started = simulator->start(rest.mid(1));
  if (!started) {
    printError(started.error());
    return exitcode::usage;
  }
  printLine(*started);
  quitOnSignals();
  return QCoreApplication::exec();
}

}  // namespace tagwire
