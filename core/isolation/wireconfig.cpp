// SPDX-License-Identifier: Apache-2.0
// wire.h: the configuration, and what is wrong with it.
#include "fields.h"
#include "wire.h"

namespace tagwire::isolation {

namespace {

constexpr int deepest = 64;  // as parseJson

/// Each file's name travels once.
struct FileNames {
  QStringList names;
  qint64 indexOf(const ConfigLocation &where) {
    if (!where.file) return -1;
    if (names.isEmpty() || names.last() != *where.file) {
      const auto known = names.indexOf(*where.file);
      if (known >= 0) return known;
      names << *where.file;
    }
    return names.size() - 1;
  }
};

QCborArray placeOf(const ConfigLocation &where, FileNames &files) {
  return {files.indexOf(where), where.line, where.column};
}

/// [kind, place, what it holds]; a member is [key, place of the key, node].
QCborArray treeOf(const ConfigNode &node, FileNames &files) {
  QCborValue content;
  switch (node.kind) {
    case ConfigNode::Kind::Null:
      content = nullptr;
      break;
    case ConfigNode::Kind::Bool:
      content = node.boolean;
      break;
    case ConfigNode::Kind::Integer:
      content = node.integer;
      break;
    case ConfigNode::Kind::Number:
      content = node.number;
      break;
    case ConfigNode::Kind::String:
    case ConfigNode::Kind::Cell:
      content = node.text;
      break;
    case ConfigNode::Kind::Array: {
      QCborArray items;
      for (const ConfigNode &item : node.items) items.append(treeOf(item, files));
      content = items;
      break;
    }
    case ConfigNode::Kind::Object: {
      QCborArray members;
      for (const auto &member : node.members) {
        members.append(QCborArray{member.key, placeOf(member.where, files), treeOf(member.value, files)});
      }
      content = members;
      break;
    }
  }
  return {static_cast<qint64>(node.kind), placeOf(node.where, files), content};
}

using Files = std::vector<std::shared_ptr<const QString>>;

ConfigLocation placeFrom(const QCborValue &cbor, const Files &files) {
  const QCborArray parts = cbor.toArray();
  const qint64 file = parts.at(0).toInteger(-1);
  ConfigLocation where;
  if (file >= 0 && static_cast<size_t>(file) < files.size()) where.file = files[static_cast<size_t>(file)];
  where.line = static_cast<int>(parts.at(1).toInteger());
  where.column = static_cast<int>(parts.at(2).toInteger());
  return where;
}

bool nodeFrom(const QCborValue &cbor, const Files &files, int depth, ConfigNode &node) {
  const QCborArray parts = cbor.toArray();
  const qint64 kind = parts.at(0).toInteger(-1);
  if (kind < 0 || kind > static_cast<qint64>(ConfigNode::Kind::Object) || depth > deepest) return false;
  node.kind = static_cast<ConfigNode::Kind>(kind);
  node.where = placeFrom(parts.at(1), files);
  const QCborValue content = parts.at(2);
  node.boolean = content.toBool();
  node.integer = content.toInteger();
  node.number = content.toDouble();
  node.text = content.toString();
  const QCborArray children = content.toArray();
  for (const QCborValue &child : children) {
    if (node.kind == ConfigNode::Kind::Array) {
      if (!nodeFrom(child, files, depth + 1, node.items.emplace_back())) return false;
    } else {
      const QCborArray member = child.toArray();
      auto &fresh = node.members.emplace_back();
      fresh.key = member.at(0).toString();
      fresh.where = placeFrom(member.at(1), files);
      if (!nodeFrom(member.at(2), files, depth + 1, fresh.value)) return false;
    }
  }
  return true;
}

/// The name in {"<key>": "name"}; null: the node is something else.
const QString *referred(const ConfigNode &node, QLatin1String key) {
  if (node.kind != ConfigNode::Kind::Object || node.members.size() != 1 || node.members.front().key != key) {
    return nullptr;
  }
  const ConfigNode &name = node.members.front().value;
  return name.kind == ConfigNode::Kind::String ? &name.text : nullptr;
}

void addEnvironment(const ConfigNode &node, QCborMap &environment) {
  if (const QString *name = referred(node, QLatin1String("$env"))) {
    const QByteArray plain = name->toUtf8();
    if (qEnvironmentVariableIsSet(plain.constData()))
      environment.insert(*name, qEnvironmentVariable(plain.constData()));
  }
  for (const ConfigNode &item : node.items) addEnvironment(item, environment);
  for (const auto &member : node.members) addEnvironment(member.value, environment);
}

QCborValue plain(const ConfigWalk &walk, const ConfigNode &node) {
  switch (node.kind) {
    case ConfigNode::Kind::Null:
      return nullptr;
    case ConfigNode::Kind::Bool:
      return node.boolean;
    case ConfigNode::Kind::Integer:
      return node.integer;
    case ConfigNode::Kind::Number:
      return node.number;
    case ConfigNode::Kind::String:
    case ConfigNode::Kind::Cell:
      return node.text;
    case ConfigNode::Kind::Array:
    case ConfigNode::Kind::Object:
      break;
  }
  if (node.kind == ConfigNode::Kind::Array) {
    QCborArray array;
    std::vector<const ConfigNode *> elements;
    std::vector<std::shared_ptr<ConfigNode>> rows;
    (void)walk.elements(node, Key::Rules(), elements, rows);
    for (const ConfigNode *element : elements) array.append(plain(walk.at(array.size()), *element));
    return array;
  }
  if (referred(node, QLatin1String("$env")) || referred(node, QLatin1String("$file"))) {
    Secret secret;
    (void)walk.readSecret(node, secret);
    return secret.reveal();
  }
  QCborMap map;
  for (const auto &member : node.members) {
    if (!member.key.startsWith(QLatin1String("x-"))) map.insert(member.key, plain(walk.at(member.key), member.value));
  }
  return map;
}

}  // namespace

QCborMap toCbor(const ConfigLocation &where) {
  if (!where.file) return {};
  return {{QLatin1String("file"), *where.file},
          {QLatin1String("line"), where.line},
          {QLatin1String("column"), where.column}};
}

ConfigLocation locationFrom(const QCborMap &cbor) {
  QString file;
  ConfigLocation where;
  Take take{cbor};
  take("file", file);
  take("line", where.line);
  take("column", where.column);
  if (!file.isEmpty()) where.file = std::make_shared<const QString>(file);
  return where;
}

QCborMap toCbor(const Problem &problem) {
  Put put;
  put("path", problem.path);
  put("message", problem.message);
  put("warning", problem.isWarning);
  put.map.insert(QLatin1String("where"), toCbor(problem.where));
  return put.map;
}

Problem problemFrom(const QCborMap &cbor) {
  Problem problem;
  Take take{cbor};
  take("path", problem.path);
  take("message", problem.message);
  take("warning", problem.isWarning);
  problem.where = locationFrom(cbor.value(QLatin1String("where")).toMap());
  return problem;
}

QCborMap toCbor(const ConfigReader::Listener &listener) {
  Put put;
  put("udp", listener.kind == ConfigReader::Listener::Kind::Udp);
  put("address", listener.address);
  put("port", int{listener.port});
  put("path", listener.path);
  put.map.insert(QLatin1String("where"), toCbor(listener.where));
  return put.map;
}

ConfigReader::Listener listenerFrom(const QCborMap &cbor) {
  ConfigReader::Listener listener;
  bool isUdp = false;
  int port = 0;
  Take take{cbor};
  take("udp", isUdp);
  take("address", listener.address);
  take("port", port);
  take("path", listener.path);
  listener.port = static_cast<quint16>(port);
  if (isUdp) listener.kind = ConfigReader::Listener::Kind::Udp;
  listener.where = locationFrom(cbor.value(QLatin1String("where")).toMap());
  return listener;
}

QCborMap toCbor(const ConfigNode &node) {
  FileNames files;
  const QCborArray root = treeOf(node, files);
  return {{QLatin1String("files"), QCborArray::fromStringList(files.names)}, {QLatin1String("root"), root}};
}

Result<ConfigNode> configFrom(const QCborMap &cbor) {
  Files files;
  for (const QCborValue &name : cbor.value(QLatin1String("files")).toArray()) {
    files.push_back(std::make_shared<const QString>(name.toString()));
  }
  ConfigNode node;
  if (!nodeFrom(cbor.value(QLatin1String("root")), files, 0, node)) {
    return failure(QStringLiteral("the configuration can't be read"));
  }
  return node;
}

QCborMap environmentOf(const ConfigNode &node) {
  QCborMap environment;
  addEnvironment(node, environment);
  return environment;
}

QCborValue plainConfig(ConfigReader &reader) { return plain(ConfigWalk{reader, reader.path()}, reader.node()); }

}  // namespace tagwire::isolation
