// SPDX-License-Identifier: Apache-2.0
// What a configuration looks like and the walk through it, below the templates of configshape.h. Authors need not read
// this.
#pragma once

#include <QJsonObject>
#include <QList>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "config.h"

namespace tagwire {

/// What only the schema and the texts made from it look at.
struct Key::Shown {
  QJsonValue example;
  QString pattern;
  QString words;       ///< of takes()
  QJsonObject schema;  ///< of takes()
  bool isSuggested = false;
};

struct Key::Rules {
  std::optional<double> lowest, highest, eachLowest, eachHighest;
  std::function<QString(const QString &)> check;
  bool orSingle = false;
  std::shared_ptr<Shown> shown;  ///< null: nothing to show
};

/// What a value looks like, for the schema and the key table.
struct TypeNode {
  enum class Kind : quint8 { Bool, Integer, Number, Duration, Text, Secret, Point, Words, List, Map, Object, Any };
  struct Field;

  Kind kind = Kind::Text;
  QStringList words = {};
  QString help = {};                       ///< Text: what form it has
  std::shared_ptr<TypeNode> element = {};  ///< List and Map
  QList<Field> fields = {};                ///< Object
  QString shorthand = {};                  ///< Object: the key that a plain string stands for
  QString pattern = {};                    ///< Text: a regular expression for `help`
  QJsonObject schema = {};                 ///< Any: what may stand there
  QJsonObject definitions = {};            ///< Any: what `schema` refers to, by names like "alarms.condition"
  std::optional<double> lowest = {};       ///< Integer: of its type
  std::optional<double> highest = {};
};

/// One key of an object.
struct TypeNode::Field {
  QString key;
  QString help;
  bool required = false;
  Key::Rules rules;
  TypeNode type;
  QJsonValue fallback;
};

/// One step of the walk through a document: where we are, and whom to tell.
struct TAGWIRE_EXPORT ConfigWalk {
  ConfigReader &reader;
  QString path;

  ConfigWalk at(const QString &key) const { return {reader, path.isEmpty() ? key : path + u'.' + key}; }
  ConfigWalk at(qsizetype index) const { return {reader, QStringLiteral("%1[%2]").arg(path).arg(index)}; }
  bool error(const ConfigNode &node, const QString &message) const;  ///< false, always

  bool readBool(const ConfigNode &node, bool &out) const;
  bool readInteger(const ConfigNode &node, const Key::Rules &rules, qint64 lowest, qint64 highest, qint64 &out) const;
  bool readNumber(const ConfigNode &node, const Key::Rules &rules, double &out) const;
  bool readText(const ConfigNode &node, const Key::Rules &rules, QString &out) const;
  bool readSecret(const ConfigNode &node, Secret &out) const;
  bool readPoint(const ConfigNode &node, PointReference &out) const;
  bool readWord(const ConfigNode &node, const QStringList &words, qsizetype &out) const;
  bool countWithin(const ConfigNode &node, qsizetype count, const Key::Rules &rules, const char *what) const;
  /// The elements, with each {"$csv": …} replaced by its rows.
  bool elements(const ConfigNode &node, const Key::Rules &rules, std::vector<const ConfigNode *> &out,
                std::vector<std::shared_ptr<ConfigNode>> &rows) const;

  struct Member {
    QString key;
    bool required;
    std::function<bool(const ConfigWalk &, const ConfigNode &)> read;
  };
  bool readObject(const ConfigNode &node, const std::vector<Member> &members, const QString &shorthand) const;
};

TAGWIRE_EXPORT ConfigSchema makeSchema(const TypeNode &type);

}  // namespace tagwire
