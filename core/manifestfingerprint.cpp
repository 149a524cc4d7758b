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

/// Each text with its length, so that no two different entries give the same bytes.
void addText(QCryptographicHash &hash, const QByteArray &text) {
  hash.addData(QByteArray::number(text.size()) + ':');
  hash.addData(text);
}

/// What can't be read counts as empty: the check says what is wrong with it.
void addFile(QCryptographicHash &hash, const QString &name) {
  QFile file(name);
  if (file.open(QIODevice::ReadOnly)) hash.addData(&file);
  hash.addData(QByteArrayView("/"));
}

void add(QCryptographicHash &hash, const ConfigNode &node);

void addMembers(QCryptographicHash &hash, const ConfigNode &node) {
  std::vector<const ConfigNode::Member *> members;
  for (const auto &member : node.members) {
    const bool isUsers = member.key.startsWith(QLatin1String("x-")) || member.key == QLatin1String("$schema");
    if (!isUsers) members.push_back(&member);
  }
  std::sort(members.begin(), members.end(), [](const auto *one, const auto *other) { return one->key < other->key; });
  for (const auto *member : members) {
    addText(hash, member->key.toUtf8());
    add(hash, member->value);
  }
  if (node.members.size() != 1 || node.members[0].value.kind != Kind::String) return;
  if (const QString file = referredFile(node); !file.isEmpty()) addFile(hash, file);
  if (node.members[0].key == QLatin1String("$env")) {
    addText(hash, qgetenv(node.members[0].value.text.toUtf8().constData()));
  }
}

void add(QCryptographicHash &hash, const ConfigNode &node) {
  hash.addData(QByteArray(1, static_cast<char>('a' + static_cast<int>(node.kind))));
  switch (node.kind) {
    case Kind::Null:
      break;
    case Kind::Bool:
      hash.addData(node.boolean ? QByteArrayView("1") : QByteArrayView("0"));
      break;
    case Kind::Integer:
      addText(hash, QByteArray::number(node.integer));
      break;
    case Kind::Number:
      addText(hash, QByteArray::number(node.number, 'g', 17));
      break;
    case Kind::String:
    case Kind::Cell:
      addText(hash, node.text.toUtf8());
      break;
    case Kind::Array:
      for (const ConfigNode &item : node.items) add(hash, item);
      hash.addData(QByteArrayView("]"));
      break;
    case Kind::Object:
      addMembers(hash, node);
      hash.addData(QByteArrayView("}"));
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
  QCryptographicHash hash(QCryptographicHash::Sha256);
  add(hash, entry);
  return hash.result();
}

}  // namespace tagwire
