// SPDX-License-Identifier: Apache-2.0
// The templates behind config.h: how each member type is read and described. Authors need not read this.
#pragma once

#include <QJsonArray>
#include <QList>
#include <QMap>

#include <array>
#include <chrono>
#include <concepts>
#include <memory>
#include <vector>

#include "configtypes.h"

namespace tagwire {

inline Key::Rules eachRules(const Key::Rules &rules) {
  Key::Rules each;
  each.lowest = rules.eachLowest;
  each.highest = rules.eachHighest;
  each.check = rules.check;
  return each;
}

template <class M>
struct ValueShape;

template <>
struct ValueShape<bool> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, bool &out) {
    return walk.readBool(node, out);
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Bool}; }
  static QJsonValue fallback(bool value) { return value; }
};

template <std::integral M>
struct ValueShape<M> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, M &out) {
    qint64 value = 0;
    constexpr qint64 lowest = std::numeric_limits<M>::min();
    constexpr qint64 highest =
        sizeof(M) < 8 ? static_cast<qint64>(std::numeric_limits<M>::max()) : std::numeric_limits<qint64>::max();
    if (!walk.readInteger(node, rules, lowest, highest, value)) return false;
    out = static_cast<M>(value);
    return true;
  }
  static TypeNode type() {
    TypeNode type{.kind = TypeNode::Kind::Integer};
    if (sizeof(M) < 8) {
      type.lowest = static_cast<double>(std::numeric_limits<M>::min());
      type.highest = static_cast<double>(std::numeric_limits<M>::max());
    }
    return type;
  }
  static QJsonValue fallback(M value) { return static_cast<qint64>(value); }
};

template <>
struct ValueShape<double> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, double &out) {
    return walk.readNumber(node, rules, out);
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Number}; }
  static QJsonValue fallback(double value) { return value; }
};

template <>
struct ValueShape<std::chrono::milliseconds> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules,
                   std::chrono::milliseconds &out) {
    qint64 value = 0;
    if (!walk.readInteger(node, rules, 0, tenYears, value)) return false;
    out = std::chrono::milliseconds(value);
    return true;
  }
  static constexpr qint64 tenYears = 10LL * 366 * 24 * 3600 * 1000;
  static TypeNode type() { return {.kind = TypeNode::Kind::Duration, .lowest = 0, .highest = tenYears}; }
  static QJsonValue fallback(std::chrono::milliseconds value) { return static_cast<qint64>(value.count()); }
};

template <>
struct ValueShape<QString> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, QString &out) {
    return walk.readText(node, rules, out);
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Text}; }
  static QJsonValue fallback(const QString &value) { return value; }
};

template <>
struct ValueShape<Secret> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, Secret &out) {
    return walk.readSecret(node, out);
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Secret}; }
  static QJsonValue fallback(const Secret &) { return {}; }
};

template <>
struct ValueShape<PointReference> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, PointReference &out) {
    return walk.readPoint(node, out);
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Point}; }
  static QJsonValue fallback(const PointReference &) { return {}; }
};

/// Whatever stands there, for whoever reads it later.
template <>
struct ValueShape<ConfigNode> {
  static bool read(const ConfigWalk &, const ConfigNode &node, const Key::Rules &, ConfigNode &out) {
    out = node;
    return true;
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Any}; }
  static QJsonValue fallback(const ConfigNode &) { return {}; }
};

/// An enum with `constexpr auto enumWords(MyEnum) { return std::array{std::pair{"big", MyEnum::Big}, …}; }` beside it.
template <class M>
requires std::is_enum_v<M>
struct ValueShape<M> {
  static QStringList words() {
    QStringList all;
    for (const auto &[word, value] : enumWords(M{})) all << QString::fromLatin1(word);
    return all;
  }
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, M &out) {
    qsizetype index = 0;
    if (!walk.readWord(node, words(), index)) return false;
    out = enumWords(M{})[static_cast<size_t>(index)].second;
    return true;
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Words, .words = words()}; }
  static QJsonValue fallback(M value) {
    for (const auto &[word, each] : enumWords(M{})) {
      if (each == value) return QString::fromLatin1(word);
    }
    return {};
  }
};

/// A class with `static Result<C> fromText(const QString &)` and `static constexpr const char *form =
/// "tcp://host:port"`; with `static QStringList words()` when only these texts are admitted, or with `static constexpr
/// const char *formExpression`, a regular expression that they all fit.
template <class M>
requires requires(QString text) {
  { M::fromText(text) } -> std::same_as<Result<M>>;
}
struct ValueShape<M> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, M &out) {
    QString text;
    if (!walk.readText(node, rules, text)) return false;
    auto parsed = M::fromText(text);
    if (!parsed) return walk.error(node, parsed.error());
    out = std::move(*parsed);
    return true;
  }
  static TypeNode type() {
    TypeNode type{.kind = TypeNode::Kind::Text, .help = QString::fromUtf8(M::form)};
    if constexpr (requires { M::words(); }) type = {.kind = TypeNode::Kind::Words, .words = M::words()};
    if constexpr (requires { M::formExpression; }) type.pattern = QString::fromLatin1(M::formExpression);
    return type;
  }
  static QJsonValue fallback(const M &) { return {}; }
};

template <class M>
struct ValueShape<std::optional<M>> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, std::optional<M> &out) {
    M value{};
    if (!ValueShape<M>::read(walk, node, rules, value)) return false;
    out = std::move(value);
    return true;
  }
  static TypeNode type() { return ValueShape<M>::type(); }
  static QJsonValue fallback(const std::optional<M> &) { return {}; }
};

template <class M>
struct ValueShape<QList<M>> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, QList<M> &out) {
    std::vector<const ConfigNode *> elements;
    std::vector<std::shared_ptr<ConfigNode>> rows;
    bool ok = walk.elements(node, rules, elements, rows);
    const Key::Rules each = eachRules(rules);
    out.reserve(static_cast<qsizetype>(elements.size()));
    for (const ConfigNode *element : elements) {
      M value{};
      ok = ValueShape<M>::read(walk.at(out.size()), *element, each, value) && ok;
      out.append(std::move(value));
    }
    return ok;
  }
  static TypeNode type() {
    return {.kind = TypeNode::Kind::List, .element = std::make_shared<TypeNode>(ValueShape<M>::type())};
  }
  static QJsonValue fallback(const QList<M> &) { return {}; }
};

template <class M>
struct ValueShape<QMap<QString, M>> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, QMap<QString, M> &out) {
    if (node.kind != ConfigNode::Kind::Object) {
      return walk.error(node, QStringLiteral("an object is due, not %1").arg(node.kindText()));
    }
    bool ok = walk.countWithin(node, static_cast<qsizetype>(node.members.size()), rules, "entries");
    const Key::Rules each = eachRules(rules);
    for (const auto &member : node.members) {
      ok = ValueShape<M>::read(walk.at(member.key), member.value, each, out[member.key]) && ok;
    }
    return ok;
  }
  static TypeNode type() {
    return {.kind = TypeNode::Kind::Map, .element = std::make_shared<TypeNode>(ValueShape<M>::type())};
  }
  static QJsonValue fallback(const QMap<QString, M> &) { return {}; }
};

template <class M>
inline constexpr bool isList = false;
template <class M>
inline constexpr bool isList<QList<M>> = true;
template <class M>
inline constexpr bool isMap = false;
template <class M>
inline constexpr bool isMap<QMap<QString, M>> = true;
template <class M>
inline constexpr bool isOptional = false;
template <class M>
inline constexpr bool isOptional<std::optional<M>> = true;

/// The value as it stands in a configuration; null when it is absent or may not be written (a secret).
template <class M>
QJsonValue written(const M &value);

/// The keys of one config struct.
template <class T>
class Shape {
 public:
  template <class M>
  Key required(const char *key, M T::*member, const char *help) {
    return add(key, member, help, true);
  }
  template <class M>
  Key optional(const char *key, M T::*member, const char *help) {
    return add(key, member, help, false);
  }
  /// A plain string instead of the object stands for this key (which should be the only required one).
  void shorthand(const char *key) { m_shorthand = QString::fromLatin1(key); }

  bool read(const ConfigWalk &walk, const ConfigNode &node, T &out) const {
    std::vector<ConfigWalk::Member> members;
    members.reserve(m_fields.size());
    for (const auto &field : m_fields) {
      members.push_back({field->key, field->required,
                         [&](const ConfigWalk &at, const ConfigNode &value) { return field->read(at, value, out); }});
    }
    return walk.readObject(node, members, m_shorthand);
  }
  TypeNode type() const {
    TypeNode node{.kind = TypeNode::Kind::Object, .shorthand = m_shorthand};
    for (const auto &field : m_fields) {
      node.fields.push_back({field->key, field->help, field->required, field->rules, field->type(), field->fallback});
    }
    return node;
  }
  /// The required keys and those that differ from their defaults; read() makes the same struct of it.
  QJsonObject write(const T &in) const {
    QJsonObject object;
    for (const auto &field : m_fields) {
      const QJsonValue value = field->write(in);
      if (!value.isNull() && (field->required || value != field->unchanged)) object.insert(field->key, value);
    }
    return object;
  }
  /// In the order in which they were declared.
  QStringList keys() const {
    QStringList all;
    for (const auto &field : m_fields) all << field->key;
    return all;
  }

 private:
  struct Field {
    QString key;
    QString help;
    bool required;
    Key::Rules rules;
    std::function<bool(const ConfigWalk &, const ConfigNode &, T &)> read;
    std::function<QJsonValue(const T &)> write;
    std::function<TypeNode()> type;
    QJsonValue fallback;
    QJsonValue unchanged;  ///< what write() gives for the default
  };

  template <class M>
  Key add(const char *key, M T::*member, const char *help, bool required) {
    m_fields.push_back(std::make_unique<Field>());
    Field &field = *m_fields.back();
    field.key = QString::fromLatin1(key);
    field.help = QString::fromUtf8(help);
    field.required = required;
    field.type = &ValueShape<M>::type;
    field.fallback = required ? QJsonValue() : ValueShape<M>::fallback(T{}.*member);
    field.write = [member](const T &in) { return written(in.*member); };
    field.unchanged = field.write(T{});
    field.read = [member, &rules = field.rules](const ConfigWalk &at, const ConfigNode &value, T &out) {
      M fresh{};
      const bool ok = ValueShape<M>::read(at, value, rules, fresh);
      // A list with one wrong element is kept, so that whoever goes on can find the errors of the others too.
      if (ok || isList<M>) out.*member = std::move(fresh);
      return ok;
    };
    return Key(field.rules);
  }

  std::vector<std::unique_ptr<Field>> m_fields;
  QString m_shorthand;
};

/// Built once per struct: describing is not free, and a manifest may hold ten thousand points.
template <class T>
const Shape<T> &shapeOf() {
  static const Shape<T> shape = [] {
    Shape<T> fresh;
    T::describe(fresh);
    return fresh;
  }();
  return shape;
}

template <class M>
requires requires(Shape<M> &shape) { M::describe(shape); }
struct ValueShape<M> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, M &out) {
    return shapeOf<M>().read(walk, node, out);
  }
  static TypeNode type() { return shapeOf<M>().type(); }
  static QJsonValue fallback(const M &) { return {}; }
};

template <class M>
QJsonValue written(const M &value) {
  if constexpr (isOptional<M>) {
    return value ? written(*value) : QJsonValue();
  } else if constexpr (isList<M>) {
    QJsonArray array;
    for (const auto &each : value) array.append(written(each));
    return array;
  } else if constexpr (isMap<M>) {
    QJsonObject object;
    for (auto each = value.begin(); each != value.end(); ++each) object.insert(each.key(), written(each.value()));
    return object;
  } else if constexpr (requires(Shape<M> & shape) { M::describe(shape); }) {
    return shapeOf<M>().write(value);
  } else if constexpr (requires {
                         { value.toText() } -> std::same_as<QString>;
                       }) {
    return value.toText();
  } else if constexpr (std::is_same_v<M, PointReference>) {
    return value.name;
  } else {
    return ValueShape<M>::fallback(value);
  }
}

template <class T>
ConfigSchema schemaOf() {
  return makeSchema(shapeOf<T>().type());
}

template <class T>
std::optional<T> ConfigReader::read() {
  T out{};
  return readInto(out) ? std::optional<T>(std::move(out)) : std::nullopt;
}

template <class T>
bool ConfigReader::readInto(T &out) {
  return ValueShape<T>::read(ConfigWalk{*this, m_path}, m_node, Key::Rules(), out);
}

}  // namespace tagwire
