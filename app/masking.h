// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonValue>
#include <QSet>

#include "confignode.h"

namespace tagwire {

/// Takes secrets out of texts that leave the machine: those that it was told of, and what looks like one. Plain class.
class Scrubber {
 public:
  static constexpr const char *mask = "(masked)";

  /// Shorter ones are not looked for: they stand in every other word.
  void add(const QString &secret);
  QByteArray scrubbed(const QByteArray &text) const;

 private:
  static constexpr qsizetype shortest = 5;
  QSet<QByteArray> m_secrets;
};

/// A file of a manifest as it may be shown: without comments, and masked are what is or looks like a credential,
/// references, the user's own keys (x-…), and what the check found wrong, since nobody knows what it is. What was
/// masked, and what references stand for, goes to `scrubber`. Plain class.
class MaskedManifest {
 public:
  MaskedManifest(const Problems &problems, Scrubber &scrubber) : m_problems(problems), m_scrubber(scrubber) {}
  /// `root` is the whole file; `file` its name as in problems.
  QJsonValue mask(const ConfigNode &root, const QString &file);

 private:
  QJsonValue masked(const ConfigNode &node, const QString &path, bool isWholly);
  QJsonValue maskedObject(const ConfigNode &node, const QString &path, bool isWholly);
  QJsonValue maskedReference(const ConfigNode &node);
  QJsonValue maskedText(const QString &text, bool isWholly);
  bool isUnjudged(const ConfigNode &entry, const QString &path) const;

  const Problems &m_problems;
  Scrubber &m_scrubber;
  QString m_file;
  QSet<QString> m_wrong;  ///< paths of this file that something is wrong with
};

}  // namespace tagwire
