// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QStringList>

#include <memory>
#include <vector>

#include "export.h"
#include "plugin.h"

namespace tagwire {

/// What a plugin library says of itself before it is loaded.
struct PluginDescription {
  QString type;
  QString version;
  QString summary;
  QString file;  ///< absolute; the library, or the program
  bool isSource = false;
  bool isSink = false;
  bool isBlocking = false;  ///< wants a thread of its own
  bool isProgram = false;   ///< no library: it always runs in a process of its own
  /// What it offers to other plugins or asks of them and of the host, beside values, events and commands. With any of
  /// these it can't be isolated.
  QStringList services;
  QJsonObject configSchema;  ///< of a program
};

/// A file in a plugin folder that is not used, and why.
struct PluginRefusal {
  QString file;
  QString reason;
};

/// Finds plugins by folder (libraries, and programs in folders of their own) and loads them on demand. The metadata is
/// read before any of a library's code runs: interface id, API version and Qt version must fit. One bad file never
/// hinders another. Thread-bound; owned by whoever runs a command. Loaded libraries stay loaded.
class TAGWIRE_EXPORT PluginLoader {
 public:
  /// Looks through every `*.so` and `*/plugin.json` of the folders, in order; of two with the same type the first
  /// counts. What anybody could have put there is refused.
  explicit PluginLoader(const QStringList &folders);
  /// `--plugin-dir`, then $TAGWIRE_PLUGIN_PATH (colon-separated), then the folder `plugins` beside the program (a
  /// build tree), and ../lib/tagwire/plugins from it (installed).
  static QStringList searchPath(const QStringList &pluginDirs);
  /// The program's own folders of plugins, where there are such.
  static QStringList ownFolders();

  const QList<PluginDescription> &plugins() const { return m_plugins; }
  const QList<PluginRefusal> &refusals() const { return m_refusals; }
  const PluginDescription *find(const QString &type) const;
  QStringList types() const;

  ~PluginLoader();

  /// The factory of a type; loads its library with all symbols resolved, or has its program run. Errors say what to do.
  Result<PluginFactory *> load(const QString &type);

 private:
  void add(const QString &file, const Result<PluginDescription> &description);

  QList<PluginDescription> m_plugins;
  QList<PluginRefusal> m_refusals;
  QHash<QString, PluginFactory *> m_loaded;
  std::vector<std::unique_ptr<PluginFactory>> m_programs;
};

}  // namespace tagwire
