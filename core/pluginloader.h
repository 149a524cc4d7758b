// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QStringList>

#include "export.h"
#include "plugin.h"

namespace tagwire {

/// What a plugin library says of itself before it is loaded.
struct PluginDescription {
  QString type;
  QString version;
  QString summary;
  QString file;  ///< absolute
  bool isSource = false;
  bool isSink = false;
  bool isBlocking = false;  ///< wants a thread of its own
};

/// A file in a plugin folder that is not used, and why.
struct PluginRefusal {
  QString file;
  QString reason;
};

/// Finds plugin libraries by folder and loads them on demand. The metadata is read before any of a library's code runs:
/// interface id, API version and Qt version must fit. One bad file never hinders another. Thread-bound; owned by
/// whoever runs a command. Loaded libraries stay loaded.
class TAGWIRE_EXPORT PluginLoader {
 public:
  /// Looks through every `*.so` of the folders, in order; of two with the same type the first counts.
  explicit PluginLoader(const QStringList &folders);
  /// `--plugin-dir`, then $TAGWIRE_PLUGIN_PATH (colon-separated), then the folder `plugins` beside the program (a
  /// build tree), and ../lib/tagwire/plugins from it (installed).
  static QStringList searchPath(const QStringList &pluginDirs);

  const QList<PluginDescription> &plugins() const { return m_plugins; }
  const QList<PluginRefusal> &refusals() const { return m_refusals; }
  const PluginDescription *find(const QString &type) const;
  QStringList types() const;

  /// The factory of a type; loads its library with all symbols resolved. Errors say what to do.
  Result<PluginFactory *> load(const QString &type);

 private:
  void look(const QString &file);
  Result<PluginDescription> describe(const QString &file) const;

  QList<PluginDescription> m_plugins;
  QList<PluginRefusal> m_refusals;
  QHash<QString, PluginFactory *> m_loaded;
};

}  // namespace tagwire
