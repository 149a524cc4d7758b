// SPDX-License-Identifier: Apache-2.0
#include "confignode.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace tagwire {

namespace {

/// Turns byte offsets into lines and columns (in characters, not bytes). A whole document may stand in one line, so
/// columns are counted from the last of many marks and not from the line's beginning.
class LineIndex {
 public:
  LineIndex(const QByteArray &text, const QString &file) : m_text(text), m_file(std::make_shared<const QString>(file)) {
    qsizetype column = 0;
    for (qsizetype i = 0; i < text.size(); ++i) {
      if (i % markEvery == 0) m_marks.push_back(column);
      column += charactersOf(text[i]);
      if (text[i] != '\n') continue;
      m_starts.push_back(i + 1);
      column = 0;
    }
  }
  ConfigLocation at(size_t offset) const {
    const auto position = std::min<qsizetype>(static_cast<qsizetype>(offset), m_text.size());
    const auto next = std::upper_bound(m_starts.begin(), m_starts.end(), position);
    qsizetype from = *std::prev(next);
    qsizetype column = 1;
    if (const qsizetype mark = position / markEvery; mark * markEvery > from && position < m_text.size()) {
      from = mark * markEvery;
      column += m_marks[static_cast<size_t>(mark)];
    }
    for (; from < position; ++from) column += charactersOf(m_text[from]);
    return {m_file, static_cast<int>(next - m_starts.begin()), static_cast<int>(column)};
  }

 private:
  static constexpr qsizetype markEvery = 64;

  /// How many of a QString's characters begin with this byte of UTF-8.
  static int charactersOf(char byte) {
    const auto bits = static_cast<unsigned char>(byte);
    if ((bits & 0xc0) == 0x80) return 0;
    return bits >= 0xf0 ? 2 : 1;
  }

  const QByteArray &m_text;
  std::shared_ptr<const QString> m_file;
  std::vector<qsizetype> m_starts{0};
  std::vector<qsizetype> m_marks;  ///< the column at every so many bytes, from 0
};

/// Builds the tree from the reader's events.
class TreeBuilder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TreeBuilder> {
 public:
  TreeBuilder(const QByteArray &text, const LineIndex &lines, rapidjson::MemoryStream &stream, Problems &problems)
      : m_text(text), m_lines(lines), m_stream(stream), m_problems(problems) {}

  ConfigNode take() { return std::move(m_root); }
  bool tooDeep() const { return m_tooDeep; }

  bool Null() { return add(ConfigNode::Kind::Null, 4); }
  bool Bool(bool value) {
    ConfigNode &node = place(value ? 4 : 5);
    node.kind = ConfigNode::Kind::Bool;
    node.boolean = value;
    return true;
  }
  bool RawNumber(const char *characters, rapidjson::SizeType length, bool) {
    const QByteArray text(characters, static_cast<qsizetype>(length));
    ConfigNode &node = place(length);
    bool isInteger = false;
    node.integer = text.toLongLong(&isInteger);
    node.kind = isInteger ? ConfigNode::Kind::Integer : ConfigNode::Kind::Number;
    node.number = text.toDouble();
    return true;
  }
  bool String(const char *characters, rapidjson::SizeType length, bool) {
    ConfigNode &node = place(0);
    node.where = m_lines.at(stringStart());
    node.kind = ConfigNode::Kind::String;
    node.text = QString::fromUtf8(characters, static_cast<qsizetype>(length));
    return true;
  }
  bool Key(const char *characters, rapidjson::SizeType length, bool) {
    m_key = keyOf({characters, length});
    m_keyWhere = m_lines.at(stringStart());
    return true;
  }
  bool StartObject() { return open(ConfigNode::Kind::Object); }
  bool StartArray() { return open(ConfigNode::Kind::Array); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  static constexpr size_t deepest = 64;
  static constexpr size_t mostKeys = 10'000;

  /// A long list repeats the same few keys: each stands in memory once.
  QString keyOf(std::string_view text) {
    if (const auto known = m_keys.find(text); known != m_keys.end()) return known->second;
    QString key = QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
    if (m_keys.size() < mostKeys) m_keys.emplace(text, key);
    return key;
  }

  /// The reader stands right behind a token when it tells of it.
  size_t offset() const { return m_stream.Tell(); }
  /// Walks back over the string that ends here: to its opening quote, which no backslash precedes.
  size_t stringStart() const {
    qsizetype at = static_cast<qsizetype>(offset()) - 2;
    const auto escaped = [this](qsizetype i) {
      int slashes = 0;
      while (--i >= 0 && m_text[i] == '\\') ++slashes;
      return slashes % 2 == 1;
    };
    while (at > 0 && (m_text[at] != '"' || escaped(at))) --at;
    return static_cast<size_t>(std::max<qsizetype>(at, 0));
  }
  ConfigNode &place(size_t length) {
    const ConfigLocation where = m_lines.at(offset() - std::min(offset(), length));
    ConfigNode *node = &m_root;
    if (!m_open.empty()) {
      ConfigNode &parent = *m_open.back();
      if (parent.kind == ConfigNode::Kind::Array) {
        node = &parent.items.emplace_back();
      } else {
        checkTwice(parent);
        auto &member = parent.members.emplace_back();
        member.key = m_key;
        member.where = m_keyWhere;
        node = &member.value;
      }
    }
    node->where = where;
    return *node;
  }
  void checkTwice(const ConfigNode &object) {
    const auto &members = object.members;
    const auto first =
        std::find_if(members.begin(), members.end(), [&](const auto &each) { return each.key == m_key; });
    if (first == members.end()) return;
    m_problems.append(
        {m_keyWhere, path(),
         QStringLiteral("key \"%1\" stands here twice (first in line %2)").arg(m_key).arg(first->where.line), false});
  }
  QString path() const {
    QString text;
    for (size_t i = 0; i < m_open.size(); ++i) {
      const ConfigNode &node = *m_open[i];
      if (node.kind == ConfigNode::Kind::Array) {
        text += QStringLiteral("[%1]").arg(static_cast<qsizetype>(node.items.size()) - (i + 1 < m_open.size() ? 1 : 0));
      } else {
        const bool isInner = i + 1 < m_open.size();
        text += (text.isEmpty() ? QString() : QStringLiteral(".")) + (isInner ? node.members.back().key : m_key);
      }
    }
    return text;
  }
  bool add(ConfigNode::Kind kind, size_t length) {
    place(length).kind = kind;
    return true;
  }
  bool open(ConfigNode::Kind kind) {
    if (m_open.size() >= deepest) {
      m_tooDeep = true;
      return false;
    }
    ConfigNode &node = place(0);  // told before the bracket is taken
    node.kind = kind;
    makeRoom(node);
    m_open.push_back(&node);  // stays valid: nothing is added to its parent before it is closed
    return true;
  }
  /// The objects of a list are mostly alike.
  void makeRoom(ConfigNode &node) const {
    if (node.kind != ConfigNode::Kind::Object || m_open.empty() || m_open.back()->items.size() < 2) return;
    const auto &list = m_open.back()->items;
    node.members.reserve(list[list.size() - 2].members.size());
  }
  bool close() {
    m_open.pop_back();
    return true;
  }

  const QByteArray &m_text;
  const LineIndex &m_lines;
  rapidjson::MemoryStream &m_stream;
  Problems &m_problems;
  ConfigNode m_root;
  std::vector<ConfigNode *> m_open;
  std::map<std::string, QString, std::less<>> m_keys;
  QString m_key;
  ConfigLocation m_keyWhere;
  bool m_tooDeep = false;
};

}  // namespace

const ConfigNode *ConfigNode::member(QLatin1String key) const {
  for (const Member &each : members) {
    if (each.key == key) return &each.value;
  }
  return nullptr;
}

QString ConfigNode::kindText() const {
  switch (kind) {
    case Kind::Null:
      return QStringLiteral("null");
    case Kind::Bool:
      return boolean ? QStringLiteral("true") : QStringLiteral("false");
    case Kind::Integer:
      return QString::number(integer);
    case Kind::Number:
      return QString::number(number);
    case Kind::String:
      return QStringLiteral("a string");
    case Kind::Cell:
      return u'"' + text.left(40) + u'"';
    case Kind::Array:
      return QStringLiteral("an array");
    case Kind::Object:
      return QStringLiteral("an object");
  }
  return {};
}

namespace {

/// A text that another program or a full disk has spoilt is told as what it is.
QString parseErrorText(const QByteArray &text, const rapidjson::ParseResult &result) {
  const QByteArray trimmed = text.trimmed();
  if (trimmed.isEmpty()) return QStringLiteral("the file is empty (a JSON object is due)");
  if (text.startsWith("\xFF\xFE") || text.startsWith("\xFE\xFF") || text.contains('\0')) {
    return QStringLiteral("the file is not UTF-8 (save it as UTF-8)");
  }
  const auto end = static_cast<size_t>(text.indexOf(trimmed) + trimmed.size());
  if (result.Offset() >= end) return QStringLiteral("the file ends too early (a value, ] or } is due; is it cut off?)");
  return QString::fromLatin1(rapidjson::GetParseError_En(result.Code()));
}

}  // namespace

ConfigNode parseJson(const QByteArray &given, const QString &file, Problems &problems) {
  constexpr unsigned flags = rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
                             rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag |
                             rapidjson::kParseIterativeFlag;
  QByteArray text = given;
  if (text.startsWith("\xEF\xBB\xBF")) text.remove(0, 3);
  const LineIndex lines(text, file);
  rapidjson::MemoryStream stream(text.constData(), static_cast<size_t>(text.size()));
  TreeBuilder builder(text, lines, stream, problems);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, builder);
  if (result.IsError()) {
    const QString message =
        builder.tooDeep() ? QStringLiteral("nested too deep (allowed: 64 levels)") : parseErrorText(text, result);
    problems.append({lines.at(result.Offset()), QString(), message, false});
    return {};
  }
  return builder.take();
}

}  // namespace tagwire
