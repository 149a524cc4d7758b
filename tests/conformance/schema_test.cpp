// SPDX-License-Identifier: Apache-2.0
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
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

QJsonValue readFile(const QString &name) {
  QFile file(name);
  if (!file.open(QIODevice::ReadOnly)) return {};
  Problems problems;
  return plain(parseJson(file.readAll(), name, problems));
}

}  // namespace

/// The schema that `tagwire schema` prints, judged by a validator that others wrote.
class SchemaTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    PluginLoader loader({QStringLiteral(PLUGIN_DIR)});
    QMap<QString, ConfigSchema> schemas;
    for (const QString &type : loader.types()) schemas.insert(type, (*loader.load(type))->schema());
    const QJsonValue json = manifestSchema(schemas);
    valijson::SchemaParser parser;
    const valijson::adapters::QtJsonAdapter adapter(json);
    parser.populateSchema(adapter, m_schema);
  }
  void everyShippedManifestIsValid_data() {
    QTest::addColumn<QString>("file");
    for (const QString &folder : {QStringLiteral(PLUGIN_SOURCES), QStringLiteral(MANIFESTS)}) {
      QDirIterator files(folder, {QStringLiteral("*.json")}, QDir::Files, QDirIterator::Subdirectories);
      while (files.hasNext()) {
        const QString file = files.next();
        if (file.endsWith(QLatin1String("plugin.json")) || file.contains(QLatin1String("/tests/"))) continue;
        QTest::newRow(qPrintable(file.section(u'/', -2))) << file;
      }
    }
  }
  void everyShippedManifestIsValid() {
    QFETCH(QString, file);
    QVERIFY2(isValid(readFile(file)), qPrintable(m_error));
  }
  void wrongOnesAreNot_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("no plugins") << QByteArray("{}");
    QTest::newRow("unknown key") << QByteArray("{\"plugins\":[],\"plugin\":[]}");
    QTest::newRow("no type") << QByteArray("{\"plugins\":[{\"id\":\"a\"}]}");
    QTest::newRow("plugin's unknown key") << QByteArray(
        "{\"plugins\":[{\"id\":\"a\",\"type\":\"sql\",\"config\":{\"database\":\"sqlite:x\",\"foo\":1}}]}");
    QTest::newRow("plugin's range") << QByteArray(
        "{\"plugins\":[{\"id\":\"a\",\"type\":\"modbus\",\"config\":{\"endpoint\":\"tcp://h\",\"unit\":256}}]}");
  }
  void wrongOnesAreNot() {
    QFETCH(QByteArray, json);
    QVERIFY(!isValid(QJsonDocument::fromJson(json).object()));
  }

 private:
  bool isValid(const QJsonValue &json) {
    valijson::Validator validator;
    valijson::ValidationResults results;
    const valijson::adapters::QtJsonAdapter adapter(json);
    const bool valid = validator.validate(m_schema, adapter, &results);
    valijson::ValidationResults::Error error;
    while (results.popError(error)) m_error += QString::fromStdString(error.description) + u'\n';
    return valid;
  }
  valijson::Schema m_schema;
  QString m_error;
};

TAGWIRE_TEST(SchemaTest)

}  // namespace schema_test

#include "schema_test.moc"
