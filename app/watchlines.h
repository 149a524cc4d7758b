// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QStringList>

namespace tagwire {

/// Turns messages of the protocol `live` into lines for a terminal. Whatever a name or a text holds, one value makes
/// one line and moves no cursor. Plain class, one thread.
class WatchLines {
 public:
  /// The lines of a `snapshot` or `update`.
  QStringList linesOf(const QJsonObject &message);

 private:
  QString pointLine(const QJsonObject &point);

  QHash<QString, QString> m_units;  ///< by point; only a snapshot tells them
};

/// Control, format (text direction) and line separating characters as \xNN or \u{NNNN}, a backslash doubled.
QString printable(const QString &text);

}  // namespace tagwire
