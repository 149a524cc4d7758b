// SPDX-License-Identifier: Apache-2.0
#include "payload.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <limits>

#include "foreigntext.h"

namespace tagwire::ws {

namespace {

using NodeKind = PayloadNode::Kind;
using ListWriter = rapidjson::Writer<rapidjson::StringBuffer>;

/// Takes the reader's events: values outside of lists become nodes, what is in a list is written down as JSON again.
class NodeCollector : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, NodeCollector> {
 public:
  PayloadNodes nodes;
  std::optional<Rejection> problem;

  bool Null() { return m_lists > 0 ? m_list.Null() : add({NodeKind::Null, false, m_isPlain, m_path}); }
  bool Bool(bool value) { return m_lists > 0 ? m_list.Bool(value) : add({NodeKind::Bool, value, m_isPlain, m_path}); }
  bool RawNumber(const char *text, rapidjson::SizeType size, bool) {
    if (m_lists > 0) return m_list.RawValue(text, size, rapidjson::kNumberType);
    return add({NodeKind::Number, false, m_isPlain, m_path, QByteArray(text, static_cast<qsizetype>(size))});
  }
  bool String(const char *text, rapidjson::SizeType size, bool) {
    if (m_lists > 0) return m_list.String(text, size);
    return add({NodeKind::Text, false, m_isPlain, m_path, QByteArray(text, static_cast<qsizetype>(size))});
  }
  bool Key(const char *text, rapidjson::SizeType size, bool) {
    const QByteArray key(text, static_cast<qsizetype>(size));
    m_keys.push_back(key);
    if (m_lists > 0) return m_list.Key(text, size);
    const Frame &frame = m_frames.back();
    m_path.truncate(frame.pathSize);
    if (frame.pathSize > 0) m_path += '/';
    m_path += key;
    m_isPlain = frame.isPlain && !key.isEmpty() && !key.contains('/');
    if (m_path.size() <= longestPayloadPath) return true;
    return fail(
        Rejection::Kind::Size,
        QStringLiteral("%1…: a path is longer than %2 bytes").arg(printablePart(m_path)).arg(longestPayloadPath));
  }
  bool StartObject() {
    if (!descend()) return false;
    if (m_lists > 0) return m_list.StartObject();
    return m_frames.size() == 1 || add({NodeKind::Object, false, m_isPlain, m_path});
  }
  bool EndObject(rapidjson::SizeType) {
    if (!checkKeys()) return false;
    ascend();
    return m_lists == 0 || m_list.EndObject();
  }
  bool StartArray() {
    if (m_frames.empty()) return fail(Rejection::Kind::Syntax, QStringLiteral("a JSON object is due, not a list"));
    if (!descend()) return false;
    if (m_lists++ == 0) {
      m_listText.Clear();
      m_list.Reset(m_listText);
    }
    return m_list.StartArray();
  }
  bool EndArray(rapidjson::SizeType) {
    ascend();
    m_list.EndArray();
    if (--m_lists > 0) return true;
    return add({NodeKind::List, false, m_isPlain, m_path,
                QByteArray(m_listText.GetString(), static_cast<qsizetype>(m_listText.GetSize()))});
  }

 private:
  struct Frame {
    qsizetype pathSize;
    size_t keys;
    bool isPlain;
  };

  bool fail(Rejection::Kind kind, const QString &text) {
    problem = Rejection{kind, text};
    return false;
  }
  bool add(PayloadNode node) {
    if (m_frames.empty()) return fail(Rejection::Kind::Syntax, QStringLiteral("a JSON object is due"));
    if (nodes.size() >= mostPayloadNodes) {
      return fail(Rejection::Kind::Size, QStringLiteral("more than %1 fields").arg(mostPayloadNodes));
    }
    nodes.push_back(std::move(node));
    return true;
  }
  bool descend() {
    if (m_frames.size() >= deepestPayload) {
      return fail(Rejection::Kind::Size, QStringLiteral("nested deeper than %1 levels").arg(deepestPayload));
    }
    m_frames.push_back({m_path.size(), m_keys.size(), m_isPlain});
    return true;
  }
  void ascend() {
    const Frame &frame = m_frames.back();
    m_path.truncate(frame.pathSize);
    m_isPlain = frame.isPlain;
    m_frames.pop_back();
  }
  /// The keys of the object that ends here lie behind those of the objects around it.
  bool checkKeys() {
    const auto first = m_keys.begin() + static_cast<std::ptrdiff_t>(m_frames.back().keys);
    std::sort(first, m_keys.end());
    const auto twice = std::adjacent_find(first, m_keys.end());
    if (twice != m_keys.end()) {
      return fail(Rejection::Kind::RepeatedKey,
                  QStringLiteral("%1 stands twice in one object").arg(printablePart(*twice)));
    }
    m_keys.erase(first, m_keys.end());
    return true;
  }

  QByteArray m_path;
  bool m_isPlain = true;
  std::vector<Frame> m_frames;
  std::vector<QByteArray> m_keys;
  int m_lists = 0;  ///< that are open
  rapidjson::StringBuffer m_listText;
  ListWriter m_list{m_listText};
};

}  // namespace

tl::expected<PayloadNodes, Rejection> readPayload(const QByteArray &text) {
  constexpr unsigned flags =
      rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag;
  rapidjson::MemoryStream stream(text.constData(), static_cast<size_t>(text.size()));
  NodeCollector collector;
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, collector);
  if (collector.problem) return tl::unexpected(*collector.problem);
  if (!result.IsError()) return std::move(collector.nodes);
  return tl::unexpected(
      Rejection{Rejection::Kind::Syntax, QStringLiteral("no JSON: %1 (at byte %2)")
                                             .arg(QLatin1String(rapidjson::GetParseError_En(result.Code())))
                                             .arg(result.Offset())});
}

QString printablePart(const QByteArray &text) { return printable(QString::fromUtf8(text.left(400)), 100); }

}  // namespace tagwire::ws
