// SPDX-License-Identifier: Apache-2.0
#include "pluginloader.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QLibraryInfo>
#include <QPluginLoader>
#include <QRegularExpression>

#include "guard.h"

namespace tagwire {

namespace {

Result<void> checkInterface(const QJsonObject &meta) {
  const QString wanted = QStringLiteral(TAGWIRE_PLUGIN_IID);
  const QString given = meta.value(QLatin1String("IID")).toString();
  const QString name = wanted.section(u'/', 0, 0);
  if (given.section(u'/', 0, 0) != name)
    return failure(QStringLiteral("is no Tagwire plugin (interface \"%1\")").arg(given));
  if (given != wanted) {
    return failure(QStringLiteral("was built for API version %1; this program has %2: build it again")
                       .arg(given.section(u'/', 1), wanted.section(u'/', 1)));
  }
  // The same rule as Qt's own: same major version, and not newer than what runs.
  const int qt = meta.value(QLatin1String("version")).toInt();
  const int major = qt >> 16;
  const int minor = (qt >> 8) & 0xff;
  if (major != QT_VERSION_MAJOR || minor > QLibraryInfo::version().minorVersion()) {
    return failure(QStringLiteral("was built with Qt %1.%2; this program runs with Qt %3")
                       .arg(major)
                       .arg(minor)
                       .arg(QLibraryInfo::version().toString()));
  }
  return {};
}

}  // namespace

PluginLoader::PluginLoader(const QStringList &folders) {
  for (const QString &folder : folders) {
    const QDir directory(folder);
    if (!directory.exists()) {
      m_refusals.append({QDir::cleanPath(directory.absolutePath()), QStringLiteral("no such folder")});
      continue;
    }
    const auto files =
        directory.entryInfoList({QStringLiteral("*.so")}, QDir::AllEntries | QDir::Hidden | QDir::System, QDir::Name);
    for (const QFileInfo &file : files) look(file.absoluteFilePath());
  }
}

QStringList PluginLoader::searchPath(const QStringList &pluginDirs) {
  QStringList path = pluginDirs;
  path += qEnvironmentVariable("TAGWIRE_PLUGIN_PATH").split(u':', Qt::SkipEmptyParts);
  const QDir program(QCoreApplication::applicationDirPath());
  for (const char *folder : {"plugins", "../lib/tagwire/plugins"}) {
    const QString full = QDir::cleanPath(program.filePath(QLatin1String(folder)));
    if (QDir(full).exists()) path << full;
  }
  path.removeDuplicates();
  return path;
}

void PluginLoader::look(const QString &file) {
  const auto description = describe(file);
  if (!description) {
    m_refusals.append({file, description.error()});
    return;
  }
  if (const auto *first = find(description->type)) {
    m_refusals.append({file, QStringLiteral("type \"%1\" is already there from %2").arg(first->type, first->file)});
    return;
  }
  m_plugins.append(*description);
}

Result<PluginDescription> PluginLoader::describe(const QString &file) const {
  const QFileInfo info(file);
  if (info.isDir()) return failure(QStringLiteral("is a directory"));
  if (!info.exists()) return failure(QStringLiteral("is a link to nothing"));
  if (info.size() == 0) return failure(QStringLiteral("is empty"));
  if (info.permissions() & QFile::WriteOther) {
    return failure(QStringLiteral("can be changed by anyone (chmod o-w it)"));
  }
  const QPluginLoader library(file);
  const QJsonObject meta = library.metaData();
  if (meta.isEmpty()) return failure(QStringLiteral("is no Qt plugin: %1").arg(library.errorString()));
  if (const auto fits = checkInterface(meta); !fits) return failure(fits.error());

  static const QRegularExpression word(QStringLiteral("^[a-z][a-z0-9-]{0,63}$"));
  const QJsonObject own = meta.value(QLatin1String("MetaData")).toObject();
  PluginDescription plugin;
  plugin.file = file;
  plugin.type = own.value(QLatin1String("type")).toString();
  plugin.version = own.value(QLatin1String("version")).toString();
  plugin.summary = own.value(QLatin1String("summary")).toString();
  plugin.isBlocking = own.value(QLatin1String("blocking")).toBool();
  const QJsonArray roles = own.value(QLatin1String("roles")).toArray();
  plugin.isSource = roles.contains(QLatin1String("source"));
  plugin.isSink = roles.contains(QLatin1String("sink"));
  if (!word.match(plugin.type).hasMatch()) return failure(QStringLiteral("its plugin.json has no valid \"type\""));
  if (!plugin.isSource && !plugin.isSink) {
    return failure(QStringLiteral("its plugin.json names no role (allowed: source, sink)"));
  }
  if (plugin.isBlocking && plugin.isSource) {
    return failure(QStringLiteral("a source on a thread of its own (\"blocking\") is not supported yet"));
  }
  return plugin;
}

const PluginDescription *PluginLoader::find(const QString &type) const {
  for (const PluginDescription &plugin : m_plugins) {
    if (plugin.type == type) return &plugin;
  }
  return nullptr;
}

QStringList PluginLoader::types() const {
  QStringList all;
  for (const PluginDescription &plugin : m_plugins) all << plugin.type;
  return all;
}

Result<PluginFactory *> PluginLoader::load(const QString &type) {
  if (PluginFactory *known = m_loaded.value(type)) return known;
  const PluginDescription *plugin = find(type);
  if (!plugin) {
    return failure(QStringLiteral("no plugin of type \"%1\"%2 (there are: %3)")
                       .arg(type, didYouMean(type, types()), types().join(QLatin1String(", "))));
  }
  QPluginLoader library(plugin->file);
  // Without it a missing function kills the process when it is first called, perhaps days later.
  library.setLoadHints(QLibrary::ResolveAllSymbolsHint | QLibrary::PreventUnloadHint);
  QObject *root = nullptr;
  const QString thrown = guard([&] { root = library.instance(); });
  if (!thrown.isEmpty()) return failure(QStringLiteral("plugin %1 %2").arg(plugin->file, thrown));
  if (!root) return failure(QStringLiteral("plugin %1 can't be loaded: %2").arg(plugin->file, library.errorString()));
  auto *factory = qobject_cast<PluginFactory *>(root);
  if (!factory) return failure(QStringLiteral("plugin %1 exports no PluginFactory").arg(plugin->file));
  m_loaded.insert(type, factory);
  return factory;
}

}  // namespace tagwire
