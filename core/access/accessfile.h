// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "../config.h"
#include "../timestamp.h"
#include "permissions.h"
#include "privatefile.h"

namespace tagwire {

/// Why tokens or users were not changed.
struct AccessError {
  enum class Kind : quint8 {
    Wrong,        ///< what was asked for is not allowed
    Taken,        ///< the name is in use
    Unknown,      ///< nothing has that name
    Forbidden,    ///< whoever asked may not do that
    Unavailable,  ///< the file can't be read or written, or is full
  };
  Kind kind = Kind::Wrong;
  QString text;
};

template <class T>
using AccessResult = tl::expected<T, AccessError>;

inline tl::unexpected<AccessError> refused(AccessError::Kind kind, QString text) {
  return tl::unexpected<AccessError>({kind, std::move(text)});
}

/// What is wrong with the name of a token, user or role; empty when all is well.
TAGWIRE_EXPORT QString accessNameProblem(const QString &name);

/// The JSON of a private file. What a newer program wrote is a problem, so that nothing of it gets lost.
TAGWIRE_EXPORT ConfigNode parseAccessFile(const QByteArray &content, const QString &path, int version,
                                          Problems &problems);
TAGWIRE_EXPORT QByteArray accessFileText(const QJsonObject &document);

/// A JSON file of data_dir that the command line and running instances share, each with an AccessFile of its own: the
/// file is the truth, `document` what was last read of it. `Document` is a struct with describe(), a key `version` and
/// `currentVersion`. Reentrant; owned by a store.
template <class Document>
class AccessFile {
 public:
  AccessFile(const QString &folder, const QString &name) : m_file(folder, name) {}

  const Document &document() const { return m_document; }
  /// Why the file could not be used when it was last looked at; `document` is then what it was before. Else empty.
  const QString &problem() const { return m_problem; }
  /// It was read, or was not there, at least once: `document` is something.
  bool wasRead() const { return m_wasRead; }

  /// Reads the file again if it changed (one lstat if not). True when the document or the problem may be another one.
  bool refresh() {
    if (!m_file.hasChanged()) return false;
    Result<Document> fresh = read();
    const QString before = std::exchange(m_problem, fresh ? QString() : fresh.error());
    if (!fresh) return m_problem != before;
    m_document = std::move(*fresh);
    m_wasRead = true;
    return true;
  }

  /// Reads, lets `edit` change it, and writes, while nobody else can. A broken file is never overwritten. Waits for
  /// others and for the disk.
  AccessResult<void> change(const std::function<AccessResult<void>(Document &)> &edit) {
    using enum AccessError::Kind;
    const auto lock = m_file.lock();
    if (!lock) return refused(Unavailable, lock.error());
    Result<Document> document = read();
    if (!document) return refused(Unavailable, document.error());
    if (auto edited = edit(*document); !edited) return edited;
    const auto written = m_file.write(accessFileText(shapeOf<Document>().write(*document)));
    if (!written) return refused(Unavailable, written.error());
    m_document = std::move(*document);
    m_problem.clear();
    m_wasRead = true;
    return {};
  }

 private:
  Result<Document> read() {
    const auto content = m_file.read();
    if (!content) return failure(content.error());
    Document document;
    if (!*content) return document;
    Problems problems;
    const ConfigNode node = parseAccessFile(**content, m_file.path(), Document::currentVersion, problems);
    if (!hasErrors(problems)) ConfigReader(node, QString(), problems).readInto(document);
    if (hasErrors(problems)) return failure(toText(problems.first()));
    return document;
  }

  PrivateFile m_file;
  Document m_document;
  QString m_problem;
  bool m_wasRead = false;
};

template <>
struct ValueShape<Time> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, Time &out) {
    QString text;
    if (!walk.readText(node, rules, text)) return false;
    const auto time = fromIso(text);
    if (time) out = *time;
    return time || walk.error(node, time.error());
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Text, .help = QStringLiteral("ISO 8601 time")}; }
  static QJsonValue fallback(Time time) { return toIso(time); }
};

template <>
struct ValueShape<Permissions> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &rules, Permissions &out) {
    QStringList texts;
    if (!ValueShape<QStringList>::read(walk, node, rules, texts)) return false;
    const auto permissions = Permissions::fromTexts(texts);
    if (permissions) out = *permissions;
    return permissions || walk.error(node, permissions.error());
  }
  static TypeNode type() { return ValueShape<QStringList>::type(); }
  static QJsonValue fallback(const Permissions &permissions) { return QJsonArray::fromStringList(permissions.texts()); }
};

}  // namespace tagwire
