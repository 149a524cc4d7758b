// SPDX-License-Identifier: Apache-2.0
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

#include "manifest.h"

namespace tagwire {

namespace {

using Kind = ConfigNode::Kind;

/// The bytes that stand for an entry. They are hashed in large pieces: of a long list each call for itself would cost
/// more than what it hashes.
class EntryBytes {
 public:
  void add(const ConfigNode &node);
  QByteArray hash() {
    flush();
    return m_hash.result();
  }

 private:
  void addMembers(const ConfigNode &node);
  /// Each text with its length, so that no two different entries give the same bytes.
  void addText(const QString &text) {
    addRaw(text.size());
    addBytes(reinterpret_cast<const char *>(text.utf16()), text.size() * 2);
  }
  template <class Number>
  void addRaw(Number number) {
    addBytes(reinterpret_cast<const char *>(&number), sizeof number);
  }
  void addBytes(const char *bytes, qsizetype count) {
    m_bytes.append(bytes, count);
    if (m_bytes.size() >= piece) flush();
  }
  /// What can't be read counts as empty: the check says what is wrong with it.
  void addFile(const QString &name) {
    flush();
    QFile file(name);
    if (file.open(QIODevice::ReadOnly)) m_hash.addData(&file);
    addRaw('/');
  }
  void flush() {
    m_hash.addData(m_bytes);
    m_bytes.resize(0);  // keeps its room
  }

  static constexpr qsizetype piece = 64 * 1024;
  QCryptographicHash m_hash{QCryptographicHash::Blake2b_256};
  QByteArray m_bytes;
};

void EntryBytes::addMembers(const ConfigNode &node) {
  std::vector<const ConfigNode::Member *> members;
  members.reserve(node.members.size());
  for (const auto &member : node.members) {
    const bool isUsers = member.key.startsWith(QLatin1String("x-")) || member.key == QLatin1String("$schema");
    if (!isUsers) members.push_back(&member);
  }
  std::sort(members.begin(), members.end(), [](const auto *one, const auto *other) { return one->key < other->key; });
  for (const auto *member : members) {
    addRaw('k');
    addText(member->key);
    add(member->value);
  }
  if (node.members.size() != 1 || node.members[0].value.kind != Kind::String) return;
  if (const QString file = referredFile(node); !file.isEmpty()) addFile(file);
  if (node.members[0].key == QLatin1String("$env")) {
    addText(QString::fromLatin1(qgetenv(node.members[0].value.text.toUtf8().constData())));
  }
}

void EntryBytes::add(const ConfigNode &node) {
  addRaw(static_cast<char>('a' + static_cast<int>(node.kind)));
  switch (node.kind) {
    case Kind::Null:
      break;
    case Kind::Bool:
      addRaw(node.boolean);
      break;
    case Kind::Integer:
      addRaw(node.integer);
      break;
    case Kind::Number:
      addRaw(node.number);
      break;
    case Kind::String:
    case Kind::Cell:
      addText(node.text);
      break;
    case Kind::Array:
      for (const ConfigNode &item : node.items) add(item);
      addRaw(']');
      break;
    case Kind::Object:
      addMembers(node);
      addRaw('}');
      break;
  }
}

}  // namespace

QString referredFile(const ConfigNode &node) {
  if (node.members.size() != 1 || node.members[0].value.kind != Kind::String || !node.where.file) return {};
  const QString &key = node.members[0].key;
  if (key != u"$file" && key != u"$csv") return {};
  return QDir::cleanPath(QFileInfo(*node.where.file).absoluteDir().filePath(node.members[0].value.text));
}

QByteArray fingerprintOf(const ConfigNode &entry) {
  EntryBytes bytes;
  bytes.add(entry);
  return bytes.hash();
}

}  // namespace tagwire
