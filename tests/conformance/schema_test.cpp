// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <valijson/adapters/qtjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "manifest.h"
#include "pluginloader.h"
#include "testprogram.h"

namespace schema_test {

using namespace tagwire;

namespace {

QJsonValue plain(const ConfigNode &node) {
  switch (node.kind) {
    case ConfigNode::Kind::Null:
      return {};
    case ConfigNode::Kind::Bool:
      return node.boolean;
    case ConfigNode::Kind::Integer:
      return node.integer;
    case ConfigNode::Kind::Number:
      return node.number;
    case ConfigNode::Kind::String:
    case ConfigNode::Kind::Cell:
      return node.text;
    case ConfigNode::Kind::Array: {
      QJsonArray array;
      for (const auto &item : node.items) array.append(plain(item));
      return array;
    }
    case ConfigNode::Kind::Object: {
      QJsonObject object;
      for (const auto &member : node.members) object.insert(member.key, plain(member.value));
      return object;
    }
  }
  return {};
}

/// Says each key below `schema` that lacks something an editor would show. `seen` counts the keys.
void judgeKeys(const QJsonObject &schema, const QString &path, QStringList &lacking, int &seen);

bool isAnyTrue(const QJsonObject &schema, const std::function<bool(const QJsonObject &)> &test) {
  if (test(schema)) return true;
  for (const char *group : {"anyOf", "allOf"}) {
    for (const QJsonValue &each : schema.value(QLatin1String(group)).toArray()) {
      if (isAnyTrue(each.toObject(), test)) return true;
    }
  }
  return false;
}

/// A key with keys of its own, or words or values to choose from, says by itself what may stand there.
bool needsNoExample(const QJsonObject &key) {
  return isAnyTrue(key, [](const QJsonObject &each) {
    const QJsonValue items = each.value(QLatin1String("items"));
    const bool isOfWords = items.isObject() && needsNoExample(items.toObject());
    return each.contains(QLatin1String("enum")) || each.contains(QLatin1String("properties")) || isOfWords ||
           each.contains(QLatin1String("$ref")) ||
           QStringList{QStringLiteral("boolean"), QStringLiteral("object")}.contains(
               each.value(QLatin1String("type")).toString());
  });
}

void judgeKey(const QJsonObject &key, const QString &path, QStringList &lacking) {
  if (key.value(QLatin1String("description")).toString().isEmpty()) lacking << path + QLatin1String(": no description");
  const bool isShown = key.contains(QLatin1String("default")) || key.contains(QLatin1String("examples"));
  if (!isShown && !needsNoExample(key)) lacking << path + QLatin1String(": neither default nor example");
  const QJsonObject bare = [&] {
    QJsonObject rest = key;
    for (const char *told : {"description", "default", "examples"}) rest.remove(QLatin1String(told));
    return rest;
  }();
  if (bare.isEmpty()) lacking << path + QLatin1String(": anything may stand there");
}

void judgeKeys(const QJsonObject &schema, const QString &path, QStringList &lacking, int &seen) {
  if (schema.isEmpty()) return;
  const QJsonObject properties = schema.value(QLatin1String("properties")).toObject();
  for (auto key = properties.begin(); key != properties.end(); ++key) {
    const QString below = path + u'.' + key.key();
    ++seen;
    judgeKey(key->toObject(), below, lacking);
    judgeKeys(key->toObject(), below, lacking, seen);
  }
  for (const char *inner : {"items", "additionalProperties"}) {
    judgeKeys(schema.value(QLatin1String(inner)).toObject(), path + QLatin1String("[]"), lacking, seen);
  }
  for (const char *group : {"anyOf", "allOf"}) {
    for (const QJsonValue &each : schema.value(QLatin1String(group)).toArray()) {
      judgeKeys(each.toObject(), path, lacking, seen);
    }
  }
}

/// Every key of a text of `tagwire init` in use: takes the slashes away before what is no sentence.
QByteArray allKeysOf(const QString &starter) {
  static const QRegularExpression key(QStringLiteral("^( *)//(?! [^ ])"));
  QStringList lines = starter.split(u'\n');
  for (QString &line : lines) {
    while (line.contains(key)) line.replace(key, QStringLiteral("\\1"));
  }
  return lines.join(u'\n').toUtf8();
}

/// The manifests in ```json fences of a page.
QList<QByteArray> manifestsIn(const QString &page) {
  static const QRegularExpression fence(
      QStringLiteral("^```json\\n(.*?)^```"),
      QRegularExpression::MultilineOption | QRegularExpression::DotMatchesEverythingOption);
  QFile file(page);
  QList<QByteArray> found;
  if (!file.open(QIODevice::ReadOnly)) return found;
  const QString text = QString::fromUtf8(file.readAll());
  for (auto each = fence.globalMatch(text); each.hasNext();) {
    const QByteArray json = each.next().captured(1).toUtf8();
    Problems problems;
    const ConfigNode node = parseJson(json, page, problems);
    if (problems.isEmpty() && node.member(QLatin1String("plugins"))) found << json;
  }
  return found;
}

QByteArray contentOf(const QString &name) {
  QFile file(name);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// What `check` says when a type, a range, a word or a key is wrong, which a schema can say, too.
bool isOfTheSchema(const QString &line) {
  static const QRegularExpression kind(QStringLiteral(
      "^manifest\\.json:\\d+:\\d+: (?:[^ ]+: )?(unknown (key|word|comparison)|-?[0-9.e+-]+ is out of range \\(allowed: "
      "-?[0-9.e+-]+ to|"
      "a (whole number|number|string|word) is due|an (array|object) is due|true or false is due|key \"[^\"]*\" is "
      "missing$|has 0 entries|may not be empty|is too (long|short)|\"[^\"]*\" is no id|a reference is due)"));
  return kind.match(line).hasMatch();
}

}  // namespace

/// The schema that `tagwire schema` prints, judged by a validator that others wrote.
class SchemaTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    PluginLoader loader({QStringLiteral(PLUGIN_DIR)});
    for (const QString &type : loader.types()) m_schemas.insert(type, (*loader.load(type))->schema());
    m_json = manifestSchema(m_schemas);
    valijson::SchemaParser parser;
    const QJsonValue json = m_json;
    const valijson::adapters::QtJsonAdapter adapter(json);
    parser.populateSchema(adapter, m_schema);
  }

  void everyKeyIsExplained() {
    QStringList lacking;
    int seen = 0;
    judgeKeys(m_json, QString(), lacking, seen);
    const QJsonObject definitions = m_json.value(QLatin1String("definitions")).toObject();
    for (auto each = definitions.begin(); each != definitions.end(); ++each) {
      judgeKeys(each->toObject(), each.key(), lacking, seen);
    }
    const QJsonObject entry = m_json.value(QLatin1String("properties"))
                                  .toObject()
                                  .value(QLatin1String("plugins"))
                                  .toObject()
                                  .value(QLatin1String("items"))
                                  .toObject();
    QCOMPARE(entry.value(QLatin1String("allOf")).toArray().size(), m_schemas.size());
    for (auto schema = m_schemas.begin(); schema != m_schemas.end(); ++schema) {
      judgeKeys(schema->json, schema.key(), lacking, seen);
    }
    QVERIFY2(lacking.isEmpty(), qPrintable(lacking.join(u'\n')));
    QVERIFY2(seen > 500, qPrintable(QString::number(seen)));
  }

  void itIsDraft07() {
    QCOMPARE(m_json.value(QLatin1String("$schema")).toString(),
             QStringLiteral("http://json-schema.org/draft-07/schema#"));
    QVERIFY(m_json.value(QLatin1String("properties")).toObject().contains(QLatin1String("$schema")));
  }

  void defaultsAndExamplesAreValid_data() {
    QTest::addColumn<QString>("type");
    for (auto schema = m_schemas.begin(); schema != m_schemas.end(); ++schema)
      QTest::newRow(qPrintable(schema.key())) << schema.key();
  }
  void defaultsAndExamplesAreValid() {
    QFETCH(QString, type);
    const QString starter = manifestStarter({{QStringLiteral("a"), type, m_schemas[type].starter}});
    Problems problems;
    const ConfigNode begun = parseJson(starter.toUtf8(), type, problems);
    const ConfigNode whole = parseJson(allKeysOf(starter), type, problems);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.isEmpty() ? QString() : toText(problems.first())));
    QVERIFY2(isValid(plain(begun)), qPrintable(m_error));
    QVERIFY2(isValid(plain(whole)), qPrintable(m_error));
    QVERIFY(whole.member(QLatin1String("scenes")));
    QVERIFY(!begun.member(QLatin1String("scenes")));
  }

  void everyShippedManifestIsValid_data() {
    QTest::addColumn<QByteArray>("text");
    for (const QString &folder : {QStringLiteral(PLUGIN_SOURCES), QStringLiteral(MANIFESTS)}) {
      QDirIterator files(folder, {QStringLiteral("*.json")}, QDir::Files, QDirIterator::Subdirectories);
      while (files.hasNext()) {
        const QString file = files.next();
        if (file.endsWith(QLatin1String("plugin.json")) || file.contains(QLatin1String("/tests/"))) continue;
        QTest::newRow(qPrintable(file.section(u'/', -2))) << contentOf(file);
      }
    }
    int pages = 0;
    for (const QString &folder : {QStringLiteral(SOURCES "/docs"), QStringLiteral(PLUGIN_SOURCES)}) {
      QDirIterator files(folder, {QStringLiteral("*.md")}, QDir::Files, QDirIterator::Subdirectories);
      while (files.hasNext()) pages += addPage(files.next());
    }
    QVERIFY(pages + addPage(QStringLiteral(SOURCES "/README.md")) > 0);
    const QDir cases(QStringLiteral(CASES));
    for (const QString &name : cases.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
      if (!contentOf(cases.filePath(name + QLatin1String("/expected.txt"))).startsWith("0\n")) continue;
      QTest::newRow(qPrintable(name)) << contentOf(cases.filePath(name + QLatin1String("/manifest.json")));
    }
  }
  void everyShippedManifestIsValid() {
    QFETCH(QByteArray, text);
    Problems problems;
    const ConfigNode node = parseJson(text, QStringLiteral("manifest"), problems);
    QVERIFY(problems.isEmpty());
    QVERIFY2(isValid(plain(node)), qPrintable(m_error));
  }

  void itRefusesWhatCheckRefuses_data() {
    QTest::addColumn<QByteArray>("text");
    const QDir cases(QStringLiteral(CASES));
    int count = 0;
    for (const QString &name : cases.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
      const QStringList said =
          QString::fromUtf8(contentOf(cases.filePath(name + QLatin1String("/expected.txt")))).split(u'\n');
      if (std::none_of(said.begin(), said.end(), isOfTheSchema)) continue;
      QTest::newRow(qPrintable(name)) << contentOf(cases.filePath(name + QLatin1String("/manifest.json")));
      ++count;
    }
    QVERIFY(count >= 20);
  }
  void itRefusesWhatCheckRefuses() {
    QFETCH(QByteArray, text);
    Problems problems;
    QVERIFY(!isValid(plain(parseJson(text, QStringLiteral("manifest"), problems))));
  }

  void wrongOnesAreNot_data() {
    QTest::addColumn<QByteArray>("json");
    const auto add = [](const char *name, const char *type, const char *config) {
      QTest::newRow(name) << QByteArray("{\"plugins\":[{\"id\":\"a\",\"type\":\"") + type + "\",\"config\":" + config +
                                 "}]}";
    };
    QTest::newRow("no plugins") << QByteArray("{}");
    QTest::newRow("unknown key") << QByteArray("{\"plugins\":[],\"plugin\":[]}");
    QTest::newRow("no type") << QByteArray("{\"plugins\":[{\"id\":\"a\"}]}");
    QTest::newRow("config of a list") << QByteArray("{\"plugins\":[{\"id\":\"a\",\"type\":\"none\",\"config\":[]}]}");
    add("plugin's unknown key", "sql", "{\"database\":\"sqlite:x\",\"foo\":1}");
    add("plugin's range", "modbus", "{\"endpoint\":\"tcp://h\",\"unit\":256}");
    add("endpoint", "modbus", "{\"endpoint\":\"udp://h\"}");
    add("parameter", "modbus",
        "{\"endpoint\":\"tcp://h\",\"devices\":[{\"name\":\"n\",\"template\":\"t\",\"parameters\":{\"p\":[]}}]}");
    add("comparison", "alarms", "{\"rules\":[{\"id\":1,\"name\":\"n\",\"point\":\"a/b\",\"comparison\":\"over\"}]}");
    const auto when = [&](const char *name, const QByteArray &condition) {
      add(name, "alarms",
          "{\"rules\":[{\"id\":1,\"name\":\"n\",\"comparison\":\"expression\",\"when\":" + condition + "}]}");
    };
    when("condition is a text", "\"a > 1\"");
    when("condition's group", "{\"all\":{}}");
    when("condition's empty group", "{\"any\":[]}");
    when("condition's unknown key", "{\"point\":\"a/b\",\"comparison\":\"above\",\"treshold\":1}");
    when("deep in a condition", "{\"all\":[{\"not\":{\"point\":\"a/b\"}}]}");
    add("speed", "replay", "{\"csv\":\"x\",\"points\":[],\"speed\":\"fast\"}");
    add("no points", "replay", "{\"csv\":\"x\",\"points\":[]}");
    add("whole number", "rtls", "{\"managers\":[\"M\"],\"zones\":[{\"id\":1,\"name\":\"z\",\"parent\":3000000000}]}");
    add("time of day", "alarms",
        "{\"rules\":[{\"id\":1,\"name\":\"n\",\"point\":\"a/"
        "b\",\"comparison\":\"above\",\"schedule\":{\"start\":\"25:00\",\"end\":\"1:00\"}}]}");
    add("plain secret", "sql", "{\"database\":\"sqlite:x\",\"password\":\"p\"}");
  }
  void wrongOnesAreNot() {
    QFETCH(QByteArray, json);
    const QJsonDocument document = QJsonDocument::fromJson(json);
    QVERIFY(document.isObject());
    QVERIFY(!isValid(document.object()));
  }

 private:
  int addPage(const QString &page) {
    const QList<QByteArray> manifests = manifestsIn(page);
    for (qsizetype i = 0; i < manifests.size(); ++i) {
      QTest::addRow("%s %lld", qPrintable(page.section(u'/', -2)), static_cast<long long>(i)) << manifests[i];
    }
    return static_cast<int>(manifests.size());
  }
  bool isValid(const QJsonValue &json) {
    m_error.clear();
    valijson::Validator validator;
    valijson::ValidationResults results;
    const valijson::adapters::QtJsonAdapter adapter(json);
    const bool valid = validator.validate(m_schema, adapter, &results);
    valijson::ValidationResults::Error error;
    while (results.popError(error))
      m_error += QString::fromStdString(error.context.empty() ? std::string() : error.context.back()) +
                 QString::fromStdString(error.description) + u'\n';
    return valid;
  }

  QMap<QString, ConfigSchema> m_schemas;
  QJsonObject m_json;
  valijson::Schema m_schema;
  QString m_error;
};

TAGWIRE_TEST(SchemaTest)

}  // namespace schema_test

#include "schema_test.moc"
