// SPDX-License-Identifier: Apache-2.0
// What the readers of other programs' files have in common: the manifest they make, and what they say of the rest.
#pragma once

#include <QJsonValue>
#include <QList>
#include <QSet>
#include <QString>
#include <QStringList>

#include "result.h"

namespace tagwire::convert {

/// Keys and values in the order in which they are to be read by people.
using Members = QList<std::pair<QString, QJsonValue>>;

/// One entry of `plugins`. Plain value.
struct Instance {
  QString id;
  QString type;
  bool isEnabled = true;
  Members config;
  QString listName;  ///< of `list`: "points", "rules"
  QList<Members> list;
};

/// What became of a file. Plain value.
struct Conversion {
  QList<Instance> instances;
  QStringList leftOut;  ///< "file:12: place: why", one for each thing that the manifest has not
  QStringList notes;    ///< the same for what is there, but otherwise

  void leaveOut(const QString &where, const QString &place, const QString &why);
  void note(const QString &where, const QString &place, const QString &text);
};

/// The manifest as text: each entry of a list in a line of its own.
QByteArray manifestText(const Conversion &conversion);

/// Like `wanted`, but fit for an id, and not one of `taken`, to which it is added.
QString newId(const QString &wanted, QSet<QString> &taken);
/// Like `wanted`, but fit for a point's name.
QString pointName(const QString &wanted);

/// Reads a Telegraf configuration: what its `[[inputs.modbus]]` sections ask for. An error: it is no TOML.
Result<Conversion> fromTelegraf(const QString &file, const QByteArray &text);
/// Reads a FUXA project: its Modbus devices and their tags. An error: it is no JSON, or no project.
Result<Conversion> fromFuxa(const QString &file, const QByteArray &text);

}  // namespace tagwire::convert
