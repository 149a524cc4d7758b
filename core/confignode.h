// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <vector>

#include "configlocation.h"
#include "result.h"

namespace tagwire {

/// One JSON value with the place it stands at. `Cell` is a cell of a CSV file: text whose type the key decides.
struct TAGWIRE_EXPORT ConfigNode {
  enum class Kind : quint8 { Null, Bool, Integer, Number, String, Cell, Array, Object };
  struct Member;

  Kind kind = Kind::Null;
  bool boolean = false;
  qint64 integer = 0;             ///< Integer
  double number = 0;              ///< Integer and Number
  QString text;                   ///< String and Cell
  std::vector<ConfigNode> items;  ///< Array
  std::vector<Member> members;    ///< Object, in the file's order; no key twice
  ConfigLocation where;

  const ConfigNode *member(QLatin1String key) const;
  /// For error messages: "a number", "an object" …
  QString kindText() const;
};

struct ConfigNode::Member {
  QString key;
  ConfigLocation where;  ///< of the key
  ConfigNode value;
};

/// Reads JSON with `//` and `/* */` comments, trailing commas and a BOM. `file` is the name for locations. What is
/// wrong (syntax, duplicate keys, invalid UTF-8, nesting over 64) goes into `problems`; the node is then not to be
/// used.
TAGWIRE_EXPORT ConfigNode parseJson(const QByteArray &text, const QString &file, Problems &problems);

/// Reads a CSV file (header = keys; UTF-8; quotes as RFC 4180; `#` lines are comments) into one Object per row; empty
/// cells are absent.
TAGWIRE_EXPORT std::vector<ConfigNode> parseCsv(const QByteArray &text, const QString &file, Problems &problems);

}  // namespace tagwire
