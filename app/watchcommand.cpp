// SPDX-License-Identifier: Apache-2.0
#include <QCoreApplication>

#include "manifestcommands.h"
#include "watch.h"

namespace tagwire {

int watchCommand(const QStringList &given) {
  const auto arguments = parseCommon(given, {}, QStringLiteral("watch URL [TOPIC…]"), 1, 1000);
  if (!arguments) return arguments.error();
  const auto request = WatchRequest::fromArguments(arguments->rest());
  if (!request) {
    printError(request.error());
    return exitcode::usage;
  }
  Watch watch(*request, printLine, printError);
  QObject::connect(&watch, &Watch::finished, &watch, [](int exitCode) { QCoreApplication::exit(exitCode); });
  quitOnSignals();
  watch.start();
  return QCoreApplication::exec();
}

}  // namespace tagwire
