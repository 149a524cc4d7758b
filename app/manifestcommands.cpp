// SPDX-License-Identifier: Apache-2.0
#include "manifestcommands.h"

#include <QJsonDocument>

#include <array>
#include <cerrno>

#include <unistd.h>

#include "logging.h"
#include "manifestcheck.h"
#include "runtime.h"

namespace tagwire {

namespace {

/// To its end; one byte more than a manifest may have tells that it is too large.
QByteArray readStdin() {
  QByteArray text;
  std::array<char, 64 * 1024> piece{};
  while (text.size() <= Manifest::largest) {
    const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(piece.data(), count);
  }
  return text;
}

}  // namespace

tl::expected<Arguments, int> parseCommon(const QStringList &given, const QStringList &flags, const QString &usage,
                                         qsizetype leastRest, qsizetype mostRest, const QStringList &valued) {
  if (wantsHelp(given)) {
    printLine(QStringLiteral("usage: tagwire ") + usage);
    return tl::unexpected(exitcode::ok);
  }
  auto arguments = Arguments::parse(given, commonOptions() + valued, flags);
  QString wrong = arguments ? QString() : arguments.error();
  if (arguments && !arguments->value(QStringLiteral("log-level")).isEmpty()) {
    const auto level = setLogLevel(arguments->value(QStringLiteral("log-level")));
    if (!level) wrong = level.error();
  }
  if (wrong.isEmpty() && arguments->rest().size() > mostRest) {
    wrong = QStringLiteral("unexpected \"%1\"").arg(arguments->rest().at(mostRest).left(60));
  }
  if (wrong.isEmpty() && arguments->rest().size() >= leastRest) return *arguments;
  if (!wrong.isEmpty()) printError(wrong);
  printError(QStringLiteral("usage: tagwire ") + usage);
  return tl::unexpected(exitcode::usage);
}

int checkCommand(const QStringList &given) {
  const QString json = QStringLiteral("json");
  const QString fromStdin = QStringLiteral("stdin");
  const auto arguments =
      parseCommon(given, {json, fromStdin}, QStringLiteral("check MANIFEST [--json] [--stdin]"), 1, 1);
  if (!arguments) return arguments.error();
  PluginLoader loader(PluginLoader::searchPath(arguments->values(QStringLiteral("plugin-dir"))));
  const Clock clock;
  Problems problems;
  const QString file = arguments->rest().first();
  const Manifest manifest =
      arguments->has(fromStdin) ? Manifest::read(file, readStdin(), problems) : Manifest::read(file, problems);
  Runtime runtime(loader, clock);
  runtime.load(manifest, problems);
  const int code = hasErrors(problems) ? exitcode::badManifest : exitcode::ok;
  if (arguments->has(json)) {
    printLine(QString::fromUtf8(findingsJson({problems, manifest.dataDir, manifest.site})));
    return code;
  }
  for (const Problem &problem : std::as_const(problems)) printError(toText(problem));
  if (code != exitcode::ok) return code;
  printLine(QStringLiteral("ok: %1 plugins, %2 points").arg(runtime.instanceCount()).arg(runtime.points().count()));
  return code;
}

int schemaCommand(const QStringList &given) {
  const QString markdown = QStringLiteral("markdown");
  const auto arguments = parseCommon(given, {markdown}, QStringLiteral("schema [TYPE] [--markdown]"), 0, 1);
  if (!arguments) return arguments.error();
  PluginLoader loader(PluginLoader::searchPath(arguments->values(QStringLiteral("plugin-dir"))));
  const QStringList wanted = arguments->rest().isEmpty() ? loader.types() : arguments->rest();
  QMap<QString, ConfigSchema> schemas;
  for (const QString &type : wanted) {
    const auto factory = loader.load(type);
    if (!factory) {
      printError(factory.error());
      if (!arguments->rest().isEmpty()) return exitcode::usage;
      continue;
    }
    schemas.insert(type, (*factory)->schema());
  }
  if (arguments->has(markdown)) {
    for (auto type = schemas.begin(); type != schemas.end(); ++type) {
      if (schemas.size() > 1) printLine(QStringLiteral("## %1\n").arg(type.key()));
      printLine(type->markdown);
    }
    return exitcode::ok;
  }
  const QJsonObject schema =
      arguments->rest().isEmpty() ? manifestSchema(schemas) : standaloneSchema(schemas.first(), schemas.firstKey());
  printLine(QString::fromUtf8(QJsonDocument(schema).toJson()).trimmed());
  return exitcode::ok;
}

int pluginsCommand(const QStringList &given) {
  const auto arguments = parseCommon(given, {}, QStringLiteral("plugins"), 0, 0);
  if (!arguments) return arguments.error();
  PluginLoader loader(PluginLoader::searchPath(arguments->values(QStringLiteral("plugin-dir"))));
  QList<PluginRefusal> refusals = loader.refusals();
  const auto plugins = loader.plugins();
  for (const PluginDescription &plugin : plugins) {
    // Only loading tells whether every symbol is there.
    const auto factory = loader.load(plugin.type);
    if (!factory) {
      refusals.append({plugin.file, factory.error()});
      continue;
    }
    QStringList roles;
    if (plugin.isSource) roles << QStringLiteral("source");
    if (plugin.isSink) roles << QStringLiteral("sink");
    printLine(QStringLiteral("%1 %2 %3 %4")
                  .arg(plugin.type, -10)
                  .arg(plugin.version, -8)
                  .arg(roles.join(u','), -12)
                  .arg(plugin.file));
    if (!plugin.summary.isEmpty()) printLine(QStringLiteral("           ") + plugin.summary);
  }
  for (const PluginRefusal &refusal : std::as_const(refusals)) {
    printLine(QStringLiteral("refused: %1: %2").arg(refusal.file, refusal.reason));
  }
  return exitcode::ok;
}

}  // namespace tagwire
