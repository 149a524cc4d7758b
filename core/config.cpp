// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>
#include <QUrlQuery>

#include <algorithm>
#include <cmath>

namespace tagwire {

namespace {

constexpr qint64 largestReferencedFile = 64 * 1024;
constexpr qint64 largestCsvFile = 64 * 1024 * 1024;

QString shown(const QString &text) { return u'"' + text.left(60) + u'"'; }

QString number(double value) { return QString::number(value, 'g', 15); }

QString allowedRange(double lowest, double highest) {
  return QStringLiteral("allowed: %1 to %2").arg(number(lowest), number(highest));
}

/// Relative to the file it stands in.
QString besides(const ConfigLocation &where, const QString &path) {
  return where.file ? QDir::cleanPath(QFileInfo(*where.file).dir().filePath(path)) : path;
}

Result<QByteArray> readFile(const QString &path, qint64 largest) {
  QFile file(path);
  if (QFileInfo(path).isDir()) return failure(QStringLiteral("file \"%1\" is a directory").arg(path));
  if (!file.open(QIODevice::ReadOnly)) {
    return failure(QStringLiteral("file \"%1\" can't be read: %2").arg(path, file.errorString()));
  }
  const QByteArray content = file.read(largest + 1);
  if (content.size() > largest) {
    return failure(QStringLiteral("file \"%1\" is too large (allowed: %2 bytes)").arg(path).arg(largest));
  }
  return content;
}

/// The single member of {"$env": …} and the like, or null.
const ConfigNode::Member *reference(const ConfigNode &node) {
  if (node.kind != ConfigNode::Kind::Object || node.members.size() != 1) return nullptr;
  const auto &only = node.members.front();
  return only.key.startsWith(u'$') ? &only : nullptr;
}

bool holdsCredential(const QString &text) {
  static const QRegularExpression scheme(QStringLiteral("^[A-Za-z][A-Za-z0-9+.-]*://"));
  if (!text.contains(scheme)) return false;
  const QUrl url(text);
  if (!url.password().isEmpty()) return true;
  static const QStringList keys{QStringLiteral("token"), QStringLiteral("access_token"), QStringLiteral("api_key"),
                                QStringLiteral("jwt"), QStringLiteral("password")};
  const QUrlQuery query(url);
  return std::any_of(keys.begin(), keys.end(), [&](const QString &key) { return query.hasQueryItem(key); });
}

QString joined(const QString &path, const QString &key) {
  return path.isEmpty() || key.isEmpty() ? path + key : path + u'.' + key;
}

/// A key whose value no manifest may hold in plain text, whatever its type.
bool isSecretKey(const QString &key) {
  return key == QLatin1String("password") || key == QLatin1String("token") || key == QLatin1String("key") ||
         key == QLatin1String("secret");
}

}  // namespace

ConfigReader::ConfigReader(const ConfigNode &node, QString path, Problems &problems)
    : m_node(node), m_path(std::move(path)), m_problems(problems) {}

void ConfigReader::add(const Problem &problem) {
  m_problems.append(problem);
  if (!problem.isWarning) ++m_errors;
}

void ConfigReader::report(const ConfigLocation &where, const QString &path, const QString &message, bool isWarning) {
  if (!isWarning) ++m_errors;
  m_problems.append({where, path, message, isWarning});
}

void ConfigReader::error(const QString &at, const QString &message) {
  report(locate(at), joined(m_path, at), message, false);
}

void ConfigReader::warning(const QString &at, const QString &message) {
  report(locate(at), joined(m_path, at), message, true);
}

void ConfigReader::hide(const Problems &others) { m_problems.hide(others); }

void ConfigReader::referToNumber(const QString &at, int number) {
  m_later.references.append({{}, locate(at), joined(m_path, at), number});
}

void ConfigReader::listensOn(const QString &at, Listener::Kind kind, const QString &address, quint16 port) {
  if (port != 0) m_later.listeners.append({kind, address, port, locate(at), joined(m_path, at)});
}

ConfigLocation ConfigReader::locate(const QString &at) const {
  static const QRegularExpression step(QStringLiteral("([^.\\[\\]]+)|\\[(\\d+)\\]"));
  const ConfigNode *node = &m_node;
  ConfigLocation where = node->where;
  QString path = m_path;
  for (auto found = step.globalMatch(at); found.hasNext();) {
    const auto match = found.next();
    const bool isIndex = !match.captured(2).isEmpty();
    path = isIndex ? path + match.captured(0) : joined(path, match.captured(0));
    // A row of a CSV file stands elsewhere than the array's own elements.
    if (const auto row = m_rows.constFind(path); row != m_rows.cend()) {
      node = row->get();
    } else if (isIndex) {
      const auto index = match.captured(2).toULongLong();
      node = node->kind == ConfigNode::Kind::Array && index < node->items.size() ? &node->items[index] : nullptr;
    } else {
      const auto member = std::find_if(node->members.begin(), node->members.end(),
                                       [&](const auto &each) { return each.key == match.captured(0); });
      if (member != node->members.end()) where = member->where;
      node = member != node->members.end() ? &member->value : nullptr;
      if (!node) return where;
      continue;
    }
    if (!node) return where;
    where = node->where;
  }
  return where;
}

bool ConfigWalk::error(const ConfigNode &node, const QString &message) const {
  reader.report(node.where, path, message, false);
  return false;
}

bool ConfigWalk::readBool(const ConfigNode &node, bool &out) const {
  if (node.kind == ConfigNode::Kind::Cell) {
    const QString text = node.text.toLower();
    out = text == QLatin1String("true") || text == QLatin1String("1");
    if (out || text == QLatin1String("false") || text == QLatin1String("0")) return true;
  } else if (node.kind == ConfigNode::Kind::Bool) {
    out = node.boolean;
    return true;
  }
  return error(node, QStringLiteral("true or false is due, not %1").arg(node.kindText()));
}

bool ConfigWalk::readInteger(const ConfigNode &node, const Key::Rules &rules, qint64 lowest, qint64 highest,
                             qint64 &out) const {
  bool ok = node.kind == ConfigNode::Kind::Integer;
  out = node.integer;
  if (node.kind == ConfigNode::Kind::Cell) out = node.text.toLongLong(&ok);
  if (rules.lowest) lowest = std::max(lowest, static_cast<qint64>(*rules.lowest));
  if (rules.highest) highest = std::min(highest, static_cast<qint64>(*rules.highest));
  const QString allowed = QStringLiteral("allowed: %1 to %2").arg(lowest).arg(highest);
  if (!ok) return error(node, QStringLiteral("a whole number is due, not %1 (%2)").arg(node.kindText(), allowed));
  if (out < lowest || out > highest)
    return error(node, QStringLiteral("%1 is out of range (%2)").arg(out).arg(allowed));
  return true;
}

bool ConfigWalk::readNumber(const ConfigNode &node, const Key::Rules &rules, double &out) const {
  bool ok = node.kind == ConfigNode::Kind::Integer || node.kind == ConfigNode::Kind::Number;
  out = node.number;
  if (node.kind == ConfigNode::Kind::Cell) out = node.text.toDouble(&ok);
  if (!ok || !std::isfinite(out)) return error(node, QStringLiteral("a number is due, not %1").arg(node.kindText()));
  const double lowest = rules.lowest.value_or(-std::numeric_limits<double>::infinity());
  const double highest = rules.highest.value_or(std::numeric_limits<double>::infinity());
  if (out >= lowest && out <= highest) return true;
  return error(node, QStringLiteral("%1 is out of range (%2)").arg(number(out), allowedRange(lowest, highest)));
}

/// What is wrong with a text whatever it says; holds none of it.
static QString wrongForm(const QString &text, const Key::Rules &rules) {
  if (holdsCredential(text)) {
    return QStringLiteral(
        "a URL may not hold a password or a credential (use a key with {\"$env\": …} or {\"$file\": …})");
  }
  if (rules.lowest && text.size() < *rules.lowest) {
    return text.isEmpty() ? QStringLiteral("may not be empty")
                          : QStringLiteral("is too short (allowed: %1 characters or more)").arg(*rules.lowest);
  }
  if (rules.highest && text.size() > *rules.highest) {
    return QStringLiteral("is too long (allowed: %1 characters)").arg(*rules.highest);
  }
  return {};
}

bool ConfigWalk::readText(const ConfigNode &node, const Key::Rules &rules, QString &out) const {
  const bool isReferred = reference(node) != nullptr;
  if (node.kind == ConfigNode::Kind::String || node.kind == ConfigNode::Kind::Cell) {
    out = node.text;
  } else if (isReferred) {
    Secret secret;
    if (!readSecret(node, secret)) return false;
    out = secret.reveal();
  } else {
    return error(node, QStringLiteral("a string is due, not %1").arg(node.kindText()));
  }
  const QString wrong = wrongForm(out, rules);
  if (!wrong.isEmpty()) error(node, wrong);
  if (isReferred) reader.m_problems.hide(path, out);
  if (!wrong.isEmpty()) return false;
  const QString refused = rules.check ? rules.check(out) : QString();
  return refused.isEmpty() || error(node, refused);
}

/// Without the line end that an editor leaves.
static Result<QString> readSecretFile(const QString &file) {
  const auto content = readFile(file, largestReferencedFile);
  if (!content) return failure(content.error());
  QString text = QString::fromUtf8(*content);
  while (text.endsWith(u'\n') || text.endsWith(u'\r')) text.chop(1);
  if (text.trimmed().isEmpty()) return failure(QStringLiteral("file \"%1\" is empty").arg(file));
  return text;
}

Result<Secret> Secret::again() const {
  if (m_file.isEmpty()) return *this;
  const auto text = readSecretFile(m_file);
  if (!text) return failure(text.error());
  return Secret(*text, m_file);
}

bool ConfigWalk::readSecret(const ConfigNode &node, Secret &out) const {
  const auto *given = reference(node);
  if (!given || given->value.kind != ConfigNode::Kind::String) {
    return error(node, QStringLiteral("a reference is due, {\"$env\": \"NAME\"} or {\"$file\": \"path\"}, never the "
                                      "value itself"));
  }
  const QString name = given->value.text;
  if (given->key == QLatin1String("$env")) {
    if (!qEnvironmentVariableIsSet(name.toUtf8().constData())) {
      return error(node, QStringLiteral("environment variable %1 is not set").arg(name));
    }
    out = Secret(qEnvironmentVariable(name.toUtf8().constData()));
  } else if (given->key == QLatin1String("$file")) {
    const QString file = besides(node.where, name);
    const auto content = readSecretFile(file);
    if (!content) return error(node, content.error());
    if (QFileInfo(file).permissions() & (QFile::ReadOther | QFile::WriteOther)) {
      reader.report(node.where, path, QStringLiteral("file \"%1\" can be read by others (chmod o= it)").arg(file),
                    true);
    }
    out = Secret(*content, file);
  } else {
    return error(node, QStringLiteral("unknown reference \"%1\" (allowed: $env, $file)").arg(given->key));
  }
  return !out.isEmpty() || error(node, QStringLiteral("the value it refers to is empty"));
}

bool ConfigWalk::readPoint(const ConfigNode &node, PointReference &out) const {
  if (!readText(node, Key::Rules(), out.name)) return false;
  reader.m_later.references.append({out.name, node.where, path});
  return true;
}

bool ConfigWalk::readWord(const ConfigNode &node, const QStringList &words, qsizetype &out) const {
  const QString allowed = QStringLiteral("allowed: ") + words.join(QLatin1String(", "));
  if (node.kind != ConfigNode::Kind::String && node.kind != ConfigNode::Kind::Cell) {
    return error(node, QStringLiteral("a word is due, not %1 (%2)").arg(node.kindText(), allowed));
  }
  out = words.indexOf(node.text);
  if (out >= 0) return true;
  return error(node,
               QStringLiteral("unknown word %1%2 (%3)").arg(shown(node.text), didYouMean(node.text, words), allowed));
}

bool ConfigWalk::countWithin(const ConfigNode &node, qsizetype count, const Key::Rules &rules, const char *what) const {
  const double lowest = rules.lowest.value_or(0);
  const double highest = rules.highest.value_or(1e9);
  if (static_cast<double>(count) >= lowest && static_cast<double>(count) <= highest) return true;
  return error(node,
               QStringLiteral("has %1 %2 (%3)").arg(count).arg(QLatin1String(what), allowedRange(lowest, highest)));
}

bool ConfigWalk::elements(const ConfigNode &node, const Key::Rules &rules, std::vector<const ConfigNode *> &out,
                          std::vector<std::shared_ptr<ConfigNode>> &rows) const {
  if (node.kind != ConfigNode::Kind::Array) {
    if (!rules.orSingle) return error(node, QStringLiteral("an array is due, not %1").arg(node.kindText()));
    out.push_back(&node);
    return true;
  }
  bool ok = true;
  for (const ConfigNode &item : node.items) {
    const auto *given = reference(item);
    if (!given || given->key != QLatin1String("$csv")) {
      if (!rows.empty())
        reader.m_rows.insert(at(static_cast<qsizetype>(out.size())).path, std::make_shared<const ConfigNode>(item));
      out.push_back(&item);
      continue;
    }
    const auto content = given->value.kind == ConfigNode::Kind::String
                             ? readFile(besides(item.where, given->value.text), largestCsvFile)
                             : Result<QByteArray>(failure(QStringLiteral("the name of a CSV file is due")));
    if (!content) {
      ok = error(item, content.error());
      continue;
    }
    Problems wrong;
    for (auto &row : parseCsv(*content, besides(item.where, given->value.text), wrong)) {
      rows.push_back(std::make_shared<ConfigNode>(std::move(row)));
      reader.m_rows.insert(at(static_cast<qsizetype>(out.size())).path, rows.back());
      out.push_back(rows.back().get());
    }
    for (const Problem &problem : wrong) reader.report(problem.where, path, problem.message, problem.isWarning);
    ok = ok && wrong.isEmpty();
  }
  // What could not be read can't be counted.
  return ok && countWithin(node, static_cast<qsizetype>(out.size()), rules, "entries");
}

bool ConfigWalk::readObject(const ConfigNode &node, const std::vector<Member> &members,
                            const QString &shorthand) const {
  const bool isText = node.kind == ConfigNode::Kind::String || node.kind == ConfigNode::Kind::Cell;
  if (isText && !shorthand.isEmpty()) {
    const auto key =
        std::find_if(members.begin(), members.end(), [&](const Member &each) { return each.key == shorthand; });
    return key->read(*this, node);
  }
  if (node.kind != ConfigNode::Kind::Object) {
    return error(node, QStringLiteral("an object is due, not %1").arg(node.kindText()));
  }
  bool ok = true;
  std::vector<bool> seen(members.size());
  for (const auto &given : node.members) {
    if (given.key.startsWith(QLatin1String("x-")) || given.key == QLatin1String("$schema")) continue;
    const auto member =
        std::find_if(members.begin(), members.end(), [&](const Member &each) { return each.key == given.key; });
    if (member == members.end()) {
      QStringList known;
      for (const Member &each : members) known << each.key;
      // Any file can be given out as CSV, and its first line is not for everybody.
      const bool isColumn = given.value.kind == ConfigNode::Kind::Cell;
      const QString what = isColumn ? QStringLiteral("the column's name is no key of this")
                                    : QStringLiteral("unknown key \"%1\"").arg(given.key.left(60));
      reader.report(
          given.where, isColumn ? path : at(given.key).path,
          what + QStringLiteral("%1 (allowed: %2)").arg(didYouMean(given.key, known), known.join(QLatin1String(", "))),
          false);
      ok = false;
      continue;
    }
    seen[static_cast<size_t>(member - members.begin())] = true;
    if (isSecretKey(given.key) && given.value.kind == ConfigNode::Kind::String) {
      Secret refused;  // plain text: this only says what is due
      ok = at(given.key).readSecret(given.value, refused);
    } else {
      ok = member->read(at(given.key), given.value) && ok;
    }
  }
  for (size_t i = 0; i < members.size(); ++i) {
    if (seen[i] || !members[i].required) continue;
    ok = error(node, QStringLiteral("key \"%1\" is missing").arg(members[i].key));
  }
  return ok;
}

}  // namespace tagwire
