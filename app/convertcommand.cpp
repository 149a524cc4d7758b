// SPDX-License-Identifier: Apache-2.0
// `tagwire convert`: the manifest on stdout or in a file, what is not in it on stderr.
#include <QFile>
#include <QSaveFile>

#include "convert/conversion.h"
#include "manifestcommands.h"

namespace tagwire {

namespace {

constexpr qint64 largestForeignFile = 64 * 1024 * 1024;
constexpr const char *convertUsage = "convert telegraf|fuxa FILE [-o MANIFEST]";

/// A manifest that is there is never written over.
bool writeNew(const QString &file, const QByteArray &text) {
  QFile target(file);
  if (!target.open(QIODevice::WriteOnly | QIODevice::NewOnly)) {
    printError(QFile::exists(file) ? QStringLiteral("%1: is there already; nothing was written").arg(file)
                                   : QStringLiteral("%1: %2").arg(file, target.errorString()));
    return false;
  }
  if (target.write(text) == text.size() && target.flush()) return true;
  printError(QStringLiteral("%1: %2").arg(file, target.errorString()));
  return false;
}

}  // namespace

int convertCommand(const QStringList &given) {
  QStringList words = given;
  // Other programs have taught everybody to write -o.
  for (QString &word : words) {
    if (word == u"-o") word = QStringLiteral("--output");
  }
  const QString output = QStringLiteral("output");
  const auto arguments = parseCommon(words, {}, QString::fromLatin1(convertUsage), 2, 2, {output});
  if (!arguments) return arguments.error();
  const QString kind = arguments->rest()[0];
  if (kind != u"telegraf" && kind != u"fuxa") {
    printError(QStringLiteral("unknown kind of file \"%1\" (allowed: telegraf, fuxa)").arg(kind));
    return exitcode::usage;
  }
  const QString name = arguments->rest()[1];
  QFile file(name);
  if (!file.open(QIODevice::ReadOnly) || file.size() > largestForeignFile) {
    printError(file.isOpen() ? QStringLiteral("%1: is too large (allowed: %2 bytes)").arg(name).arg(largestForeignFile)
                             : QStringLiteral("%1: %2").arg(name, file.errorString()));
    return exitcode::cannotRead;
  }
  const auto conversion =
      kind == u"telegraf" ? convert::fromTelegraf(name, file.readAll()) : convert::fromFuxa(name, file.readAll());
  if (!conversion) {
    printError(conversion.error());
    return exitcode::cannotRead;
  }
  for (const QString &line : conversion->notes + conversion->leftOut) printError(line);
  if (conversion->instances.isEmpty()) {
    printError(QStringLiteral("%1: nothing in it could be converted").arg(name));
    return exitcode::notWhole;
  }
  const QByteArray manifest = convert::manifestText(*conversion);
  if (arguments->value(output).isEmpty()) {
    printLine(QString::fromUtf8(manifest).trimmed());
  } else if (!writeNew(arguments->value(output), manifest)) {
    return exitcode::cannotWrite;
  }
  return conversion->leftOut.isEmpty() ? exitcode::ok : exitcode::notWhole;
}

}  // namespace tagwire
