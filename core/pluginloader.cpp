// SPDX-License-Identifier: Apache-2.0
#include "pluginloader.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLibraryInfo>
#include <QPluginLoader>
#include <QRegularExpression>

#include "guard.h"
#include "isolation/isolatedplugin.h"

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

/// What a library and a program's plugin.json say alike.
Result<PluginDescription> describe(const QJsonObject &own, const QString &file) {
  static const QRegularExpression word(QStringLiteral("^[a-z][a-z0-9-]{0,63}$"));
  PluginDescription plugin;
  plugin.file = file;
  plugin.type = own.value(QLatin1String("type")).toString();
  plugin.version = own.value(QLatin1String("version")).toString();
  plugin.summary = own.value(QLatin1String("summary")).toString();
  plugin.isBlocking = own.value(QLatin1String("blocking")).toBool();
  const QJsonArray roles = own.value(QLatin1String("roles")).toArray();
  plugin.isSource = roles.contains(QLatin1String("source"));
  plugin.isSink = roles.contains(QLatin1String("sink"));
  for (const QJsonValue &each : own.value(QLatin1String("services")).toArray()) plugin.services << each.toString();
  if (!word.match(plugin.type).hasMatch()) return failure(QStringLiteral("its plugin.json has no valid \"type\""));
  if (!plugin.isSource && !plugin.isSink) {
    return failure(QStringLiteral("its plugin.json names no role (allowed: source, sink)"));
  }
  if (plugin.isBlocking && plugin.isSource) {
    return failure(QStringLiteral("a source on a thread of its own (\"blocking\") is not supported yet"));
  }
  return plugin;
}

/// Empty, or why nothing in it may run.
QString openToAll(const QFileInfo &info) {
  const bool isOpen = info.permissions().testFlag(QFile::WriteOther);
  return isOpen ? QStringLiteral("can be changed by anyone (chmod o-w it)") : QString();
}

/// Of what Qt says, which names the file once or twice and that it is no plugin, the part that is new.
QString reasonOf(const QString &said, const QString &file) {
  const QString name = QStringLiteral("'%1' ").arg(file);
  const qsizetype at = said.lastIndexOf(name);
  const QString reason = at < 0 ? said : said.mid(at + name.size());
  const auto same = QLatin1String("is not a Qt plugin");
  return reason.startsWith(same) ? reason.mid(same.size()) : QStringLiteral(": ") + reason;
}

Result<PluginDescription> describeLibrary(const QString &file) {
  const QFileInfo info(file);
  if (info.isDir()) return failure(QStringLiteral("is a directory"));
  if (!info.exists()) return failure(QStringLiteral("is a link to nothing"));
  if (info.size() == 0) return failure(QStringLiteral("is empty"));
  if (const QString open = openToAll(info); !open.isEmpty()) return failure(open);
  const QPluginLoader library(file);
  const QJsonObject meta = library.metaData();
  if (meta.isEmpty()) return failure(QStringLiteral("is no Qt plugin") + reasonOf(library.errorString(), file));
  if (const auto fits = checkInterface(meta); !fits) return failure(fits.error());
  return describe(meta.value(QLatin1String("MetaData")).toObject(), file);
}

Result<PluginDescription> describeProgram(const QString &json) {
  const QFileInfo info(json);
  const QFileInfo folder(info.path());
  for (const QFileInfo &each : {info, folder}) {
    if (const QString open = openToAll(each); !open.isEmpty()) return failure(each.fileName() + u' ' + open);
  }
  QFile file(json);
  constexpr qint64 largest = 1024 * 1024;
  if (!file.open(QIODevice::ReadOnly)) return failure(QStringLiteral("can't be read: %1").arg(file.errorString()));
  QJsonParseError error;
  const QJsonObject own = QJsonDocument::fromJson(file.read(largest), &error).object();
  if (error.error != QJsonParseError::NoError)
    return failure(QStringLiteral("is no JSON: %1").arg(error.errorString()));
  const QString name = own.value(QLatin1String("executable")).toString();
  if (name.isEmpty() || name.contains(u'/')) {
    return failure(QStringLiteral("names no \"executable\" (allowed: the name of a file beside it)"));
  }
  const QFileInfo program(info.dir().filePath(name));
  if (!program.isFile()) return failure(QStringLiteral("there is no file %1").arg(program.filePath()));
  if (const QString open = openToAll(program); !open.isEmpty()) return failure(name + u' ' + open);
  if (!program.isExecutable()) return failure(QStringLiteral("%1 can't be executed (chmod +x it)").arg(name));
  auto plugin = describe(own, program.absoluteFilePath());
  if (!plugin) return plugin;
  if (!plugin->services.isEmpty()) return failure(QStringLiteral("a program offers and asks no services"));
  plugin->isProgram = true;
  plugin->isBlocking = false;
  plugin->configSchema = own.value(QLatin1String("config")).toObject();
  return plugin;
}

}  // namespace

PluginLoader::PluginLoader(const QStringList &folders) {
  for (const QString &folder : folders) {
    const QDir directory(folder);
    const QString path = QDir::cleanPath(directory.absolutePath());
    if (!directory.exists()) {
      m_refusals.append({path, QStringLiteral("no such folder")});
      continue;
    }
    if (const QString open = openToAll(QFileInfo(path)); !open.isEmpty()) {
      m_refusals.append({path, open + QLatin1String(": nothing in it is loaded")});
      continue;
    }
    const auto files =
        directory.entryInfoList({QStringLiteral("*.so")}, QDir::AllEntries | QDir::Hidden | QDir::System, QDir::Name);
    for (const QFileInfo &file : files) add(file.absoluteFilePath(), describeLibrary(file.absoluteFilePath()));
    for (const QFileInfo &each : directory.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
      const QString json = each.absoluteFilePath() + QLatin1String("/plugin.json");
      if (QFileInfo::exists(json)) add(json, describeProgram(json));
    }
  }
}

PluginLoader::~PluginLoader() = default;

QStringList PluginLoader::searchPath(const QStringList &pluginDirs) {
  QStringList path = pluginDirs;
  path += qEnvironmentVariable("TAGWIRE_PLUGIN_PATH").split(u':', Qt::SkipEmptyParts);
  path += ownFolders();
  path.removeDuplicates();
  return path;
}

QStringList PluginLoader::ownFolders() {
  QStringList folders;
  const QDir program(QCoreApplication::applicationDirPath());
  for (const char *folder : {"plugins", "../lib/tagwire/plugins"}) {
    const QString full = QDir::cleanPath(program.filePath(QLatin1String(folder)));
    if (QDir(full).exists()) folders << full;
  }
  return folders;
}

void PluginLoader::add(const QString &file, const Result<PluginDescription> &description) {
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
    QString text = QStringLiteral("no plugin of type \"%1\"%2 (there are: %3)")
                       .arg(type, didYouMean(type, types()), types().join(QLatin1String(", ")));
    if (!m_refusals.isEmpty()) text += QLatin1String("; some were refused: tagwire plugins says which and why");
    return failure(text);
  }
  if (plugin->isProgram) {
    m_programs.push_back(std::make_unique<IsolatedFactory>(*plugin));
    m_loaded.insert(type, m_programs.back().get());
    return m_programs.back().get();
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
