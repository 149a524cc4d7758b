// SPDX-License-Identifier: Apache-2.0
// How a plugin says what its configuration looks like: a plain struct with one
//
//   static void describe(Shape<MyConfig> &shape) {
//     shape.required("host", &MyConfig::host, "name or address of the PLC");
//     shape.optional("port", &MyConfig::port, "TCP port").range(1, 65535);
//   }
//
// The default of an optional key is what the member holds in a fresh MyConfig. Reading, checking, the JSON Schema and
// the README's key table all come from this one declaration, and shapeOf<MyConfig>().write() makes JSON of a struct
// again. Member types: bool, int, qint64, double, QString, std::chrono::milliseconds (the key ends in _ms), Secret,
// PointReference, an enum with enumWords(), a class with fromText(), a struct with describe(), and std::optional, QList
// and QMap<QString, …> of these.
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>

#include "confignode.h"
#include "sample.h"

namespace tagwire {

class ConfigReader;

/// A password, key or token. In the manifest it must be {"$env": …} or {"$file": …}; it is never printed.
class TAGWIRE_EXPORT Secret {
 public:
  Secret() = default;
  explicit Secret(QString text, QString file = {}) : m_text(std::move(text)), m_file(std::move(file)) {}
  const QString &reveal() const { return m_text; }
  bool isEmpty() const { return m_text.isEmpty(); }
  /// What the reference says now: a file is read again, anything else stays as it is. Blocks for a small file.
  Result<Secret> again() const;
  /// Whether again() has something to read.
  bool isFromFile() const { return !m_file.isEmpty(); }

 private:
  QString m_text;
  QString m_file;  ///< absolute; empty: from elsewhere
};

/// The full name of another instance's point. Checked once every instance has declared its points.
struct PointReference {
  QString name;
};

/// JSON Schema (draft-07) of one configuration, its key table for a README, and the text that `tagwire init` begins
/// with: an object with the required keys, the others in comments.
struct ConfigSchema {
  QJsonObject json;  ///< what its `definitions` hold belongs to the document that it becomes part of
  QString markdown;
  QString starter;
};

/// One key under construction; each call narrows what is allowed.
class TAGWIRE_EXPORT Key {
 public:
  /// Inclusive; for text and lists: of their length.
  Key &range(double lowest, double highest);
  /// Each element of a list (or value of a map) within these, inclusive.
  Key &eachWithin(double lowest, double highest);
  /// Says what is wrong with a text ("…, allowed: …"), or returns an empty QString.
  Key &check(std::function<QString(const QString &)> test);
  /// A list may also be written as its single element.
  Key &orSingle();
  /// A value for the schema, for editors and for `tagwire init`; a key without a default has one. Of a list: an
  /// element.
  Key &example(const char *text);
  Key &example(double number);
  /// The same for what is neither text nor number, as JSON.
  Key &exampleJson(const char *json);
  /// `tagwire init` writes this key although it may be left out.
  Key &suggested();
  /// What check() or fromText() admits, for the schema: a regular expression that works in JavaScript, too.
  Key &pattern(const char *expression);
  /// Of a key whose value is read later (ConfigNode): what may stand there, for people and as JSON Schema.
  Key &takes(const char *words, const char *schema);

  struct Rules;
  struct Shown;
  explicit Key(Rules &rules) : m_rules(rules) {}

 private:
  Shown &shown();
  Rules &m_rules;
};

template <class T>
class Shape;

template <class T>
ConfigSchema schemaOf();

/// Reads one configuration object into structs and collects every problem with its place.
class TAGWIRE_EXPORT ConfigReader {
 public:
  struct Pending {  ///< a reference to look up later
    QString name;
    ConfigLocation where;
    QString path;
    std::optional<int> number = {};  ///< instead of the name
  };
  struct Listener {
    enum class Kind : quint8 { Tcp, Udp };
    Kind kind = Kind::Tcp;
    QString address;  ///< numeric; "0.0.0.0" and "::" are all of their family
    quint16 port = 0;
    ConfigLocation where = {};
    QString path = {};
  };
  /// What can be checked when every instance was read.
  struct Later {
    QList<Pending> references;
    QList<Listener> listeners;
  };

  ConfigReader(const ConfigNode &node, QString path, Problems &problems);

  /// The configuration, or nothing when it has errors (each one reported).
  template <class T>
  std::optional<T> read();
  /// The same, but `out` holds what could be read even when something is wrong (then false).
  template <class T>
  bool readInto(T &out);

  /// Reports an error of the plugin's own at a key: `at` is a path below the configuration, "points[3].register";
  /// an unknown path is reported at the nearest known place above it.
  void error(const QString &at, const QString &message);
  void warning(const QString &at, const QString &message);

  /// For problems of another reader that are reported here: no message tells what the references there hold.
  void hide(const Problems &others);

  /// Some point must have this number, once every instance has declared its points; else that is an error at `at`.
  void referToNumber(const QString &at, int number);

  /// The instance will listen there, as the key at `at` says: an error for the second that wants the same port. Port 0
  /// is free for all.
  void listensOn(const QString &at, Listener::Kind kind, const QString &address, quint16 port);

  /// The object names this key, whatever is wrong with its value.
  bool has(QLatin1String key) const { return m_node.member(key) != nullptr; }
  /// Where a key stands; the nearest known place above it when the key is absent.
  ConfigLocation locate(const QString &at) const;

  /// For whoever has the configuration read elsewhere (isolation/): what it is, and what was found there.
  const ConfigNode &node() const { return m_node; }
  const QString &path() const { return m_path; }
  void add(const Problem &problem);
  void add(const Pending &reference) { m_later.references.append(reference); }
  void add(const Listener &listener) { m_later.listeners.append(listener); }

  bool failed() const { return m_errors > 0; }
  const Later &later() const { return m_later; }

 private:
  friend struct ConfigWalk;
  void report(const ConfigLocation &where, const QString &path, const QString &message, bool isWarning);

  const ConfigNode &m_node;
  QString m_path;
  Problems &m_problems;
  Later m_later;
  int m_errors = 0;
  QHash<QString, std::shared_ptr<const ConfigNode>> m_rows;  ///< by path: elements that came from CSV files
};

}  // namespace tagwire

#include "configshape.h"
