// SPDX-License-Identifier: Apache-2.0
#include "accessfile.h"

#include <QJsonDocument>
#include <QRegularExpression>

namespace tagwire {

QString accessNameProblem(const QString &name) {
  static const QRegularExpression allowed(QStringLiteral("\\A[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\\z"));
  if (allowed.match(name).hasMatch()) return {};
  return QStringLiteral(
             "\"%1\" is no name (allowed: 1 to 64 letters, digits, _ . -, beginning with a letter or a digit)")
      .arg(name.left(70));
}

ConfigNode parseAccessFile(const QByteArray &content, const QString &path, int version, Problems &problems) {
  ConfigNode node = parseJson(content, path, problems);
  const ConfigNode *given = node.member(QLatin1String("version"));
  if (given && given->kind == ConfigNode::Kind::Integer && given->integer > version) {
    problems.prepend(
        {given->where, QStringLiteral("version"),
         QStringLiteral("a newer Tagwire wrote this file (version %1; allowed: %2), so it is left as it is")
             .arg(given->integer)
             .arg(version),
         false});
  }
  return node;
}

QByteArray accessFileText(const QJsonObject &document) {
  return QJsonDocument(document).toJson(QJsonDocument::Indented);
}

}  // namespace tagwire
