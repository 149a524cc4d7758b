// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <chrono>

#include "commands/interlockconfig.h"
#include "commands/sceneconfig.h"
#include "config.h"
#include "context.h"
#include "isolation/isolationlimits.h"

namespace tagwire {

/// What happens when an instance can't start.
enum class OnStartError { Retry, Fail, Skip };
constexpr auto enumWords(OnStartError) {
  return std::array{std::pair{"retry", OnStartError::Retry}, std::pair{"fail", OnStartError::Fail},
                    std::pair{"skip", OnStartError::Skip}};
}

/// Where an instance runs: in the host's process, or in one of its own.
enum class Isolation { None, Process };
constexpr auto enumWords(Isolation) {
  return std::array{std::pair{"none", Isolation::None}, std::pair{"process", Isolation::Process}};
}

/// One entry of `plugins`: the host's keys, and the plugin's as they stand.
struct ManifestEntry {
  QString id;
  QString type;
  bool enabled = true;
  std::optional<OnStartError> onStartError;
  std::optional<Isolation> isolation;  ///< absent: as the type has it
  std::optional<IsolationLimits> limits;
  ConfigNode config;
  QString path;          ///< "plugins[2]"
  ConfigLocation where;  ///< of the entry
  ConfigLocation typeWhere;
  QByteArray fingerprint;  ///< another one: something of the entry, or in a file or variable that it names, is another
  ConfigLocation isolationWhere;

  static void describe(Shape<ManifestEntry> &shape);
};

/// What stands in the `site` object.
struct SiteConfig {
  QString name;
  QString timeZone = QStringLiteral("UTC");

  static void describe(Shape<SiteConfig> &shape);
  friend bool operator==(const SiteConfig &, const SiteConfig &) = default;
};

/// A file that was read: the manifest, or one that it includes.
struct ManifestDocument {
  QString file;
  QByteArray sha256;  ///< of its bytes, 32 bytes
};

/// The whole document, as far as the host reads it. References between instances are checked later (Runtime::load).
struct TAGWIRE_EXPORT Manifest {
  SiteConfig site;
  QString dataDir = QStringLiteral("var");  ///< absolute after reading
  QStringList include;
  QList<ManifestEntry> plugins;
  QList<InterlockConfig> interlocks;
  QList<SceneConfig> scenes;
  QList<ReactionConfig> reactions;
  QList<ConfigReader::Pending> references;  ///< points that the host's own keys name
  QList<ManifestDocument> documents;        ///< in the order they were read; the manifest is the first
  QStringList referred;                     ///< files that `$file` and `$csv` name, absolute, each once

  static void describe(Shape<Manifest> &shape);

  static constexpr qint64 largest = 64 * 1024 * 1024;  ///< bytes of each file

  /// Reads `file` and what it includes. Everything wrong goes into `problems`; with errors the manifest is not to be
  /// used.
  static Manifest read(const QString &file, Problems &problems);
  /// The same, as if `text` stood in `file`.
  static Manifest read(const QString &file, const QByteArray &text, Problems &problems);

 private:
  void take(const ConfigNode &node, const QString &file, Problems &problems);
};

/// The file, absolute, that `{"$file": …}` or `{"$csv": …}` names; empty for any other node.
QString referredFile(const ConfigNode &node);
/// Of an entry as it stands in a manifest: the same whatever the order of its keys and whatever comments there are.
TAGWIRE_EXPORT QByteArray fingerprintOf(const ConfigNode &entry);

/// The schema of a manifest whose entries may be of these types; draft-07, complete with definitions.
TAGWIRE_EXPORT QJsonObject manifestSchema(const QMap<QString, ConfigSchema> &pluginSchemas);
/// One plugin's schema as a document of its own.
TAGWIRE_EXPORT QJsonObject standaloneSchema(const ConfigSchema &schema, const QString &title);

/// An entry of a manifest to begin with.
struct StarterEntry {
  QString id;
  QString type;
  QString config;  ///< ConfigSchema::starter
};

/// A manifest with comments: every key, those that may be left out in comments.
TAGWIRE_EXPORT QString manifestStarter(const QList<StarterEntry> &entries);

}  // namespace tagwire
