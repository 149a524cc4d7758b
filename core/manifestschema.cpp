// SPDX-License-Identifier: Apache-2.0
// What the declarations say of a whole manifest: its schema, and the text that `tagwire init` writes.
#include <QJsonArray>

#include "configtext.h"
#include "manifest.h"

namespace tagwire {

namespace {

QJsonObject object(std::initializer_list<std::pair<QString, QJsonValue>> members) { return QJsonObject(members); }

QJsonObject oneString(const QString &key, const QString &help, const QString &example) {
  const QJsonObject property = object({{QStringLiteral("type"), QStringLiteral("string")},
                                       {QStringLiteral("description"), help},
                                       {QStringLiteral("examples"), QJsonArray{example}}});
  return object({{QStringLiteral("type"), QStringLiteral("object")},
                 {QStringLiteral("properties"), object({{key, property}})},
                 {QStringLiteral("required"), QJsonArray{key}},
                 {QStringLiteral("additionalProperties"), false}});
}

QJsonObject commonDefinitions() {
  return object(
      {{QStringLiteral("reference"),
        object(
            {{QStringLiteral("anyOf"),
              QJsonArray{
                  oneString(QStringLiteral("$env"), QStringLiteral("environment variable that holds the text"),
                            QStringLiteral("PLC_PASSWORD")),
                  oneString(QStringLiteral("$file"), QStringLiteral("file that holds the text, relative to this one"),
                            QStringLiteral("secrets/password"))}}})},
       {QStringLiteral("csv"),
        oneString(QStringLiteral("$csv"), QStringLiteral("CSV file whose rows stand here; its header are the keys"),
                  QStringLiteral("points.csv"))}});
}

QJsonObject asDocument(QJsonObject schema, const QString &title) {
  schema.insert(QStringLiteral("$schema"), QStringLiteral("http://json-schema.org/draft-07/schema#"));
  schema.insert(QStringLiteral("title"), title);
  QJsonObject definitions = schema.value(QLatin1String("definitions")).toObject();
  const QJsonObject common = commonDefinitions();
  for (auto each = common.begin(); each != common.end(); ++each) definitions.insert(each.key(), each.value());
  schema.insert(QStringLiteral("definitions"), definitions);
  return schema;
}

}  // namespace

QJsonObject standaloneSchema(const ConfigSchema &schema, const QString &title) {
  return asDocument(schema.json, title);
}

QJsonObject manifestSchema(const QMap<QString, ConfigSchema> &pluginSchemas) {
  QJsonObject schema = schemaOf<Manifest>().json;
  QJsonObject properties = schema.value(QLatin1String("properties")).toObject();
  properties.insert(QStringLiteral("$schema"),
                    object({{QStringLiteral("type"), QStringLiteral("string")},
                            {QStringLiteral("description"), QStringLiteral("where an editor finds this schema")},
                            {QStringLiteral("examples"), QJsonArray{QStringLiteral("./tagwire.schema.json")}}}));
  QJsonObject plugins = properties.value(QLatin1String("plugins")).toObject();
  QJsonObject entry = schemaOf<ManifestEntry>().json;
  // An entry's `config` depends on its `type`.
  QJsonArray choices;
  QJsonObject definitions;
  for (auto type = pluginSchemas.begin(); type != pluginSchemas.end(); ++type) {
    const auto is = object({{QStringLiteral("properties"),
                             object({{QStringLiteral("type"), object({{QStringLiteral("const"), type.key()}})}})}});
    QJsonObject config = type->json;
    const QJsonObject own = config.take(QLatin1String("definitions")).toObject();
    for (auto each = own.begin(); each != own.end(); ++each) definitions.insert(each.key(), each.value());
    const auto then = object({{QStringLiteral("properties"), object({{QStringLiteral("config"), config}})}});
    choices.append(object({{QStringLiteral("if"), is}, {QStringLiteral("then"), then}}));
  }
  if (!choices.isEmpty()) entry.insert(QStringLiteral("allOf"), choices);
  plugins.insert(QStringLiteral("items"), entry);
  properties.insert(QStringLiteral("plugins"), plugins);
  schema.insert(QStringLiteral("properties"), properties);
  schema.insert(QStringLiteral("definitions"), definitions);
  // Visual Studio Code reads these two; other validators pass over them.
  schema.insert(QStringLiteral("allowComments"), true);
  schema.insert(QStringLiteral("allowTrailingCommas"), true);
  return asDocument(schema, QStringLiteral("Tagwire manifest"));
}

namespace {

QStringList entryLines(const StarterEntry &entry, bool withHostKeys) {
  QStringList lines{QStringLiteral("{")};
  for (const TypeNode::Field &field : shapeOf<ManifestEntry>().type().fields) {
    QStringList value;
    if (field.key == u"id" || field.key == u"type") {
      value << QStringLiteral("\"%1\": \"%2\",").arg(field.key, field.key == u"id" ? entry.id : entry.type);
    } else if (field.key == u"config") {
      value = (QStringLiteral("\"config\": ") + entry.config).split(u'\n');
    } else if (withHostKeys) {
      value = starterLines(field);
    }
    for (const QString &line : value) lines << QStringLiteral("  ") + line;
  }
  return lines << QStringLiteral("},");
}

}  // namespace

QString manifestStarter(const QList<StarterEntry> &entries) {
  QStringList lines{QStringLiteral("{"), QStringLiteral("  \"$schema\": \"./tagwire.schema.json\",")};
  for (const TypeNode::Field &field : shapeOf<Manifest>().type().fields) {
    QStringList value = starterLines(field);
    if (field.key == u"plugins") {
      value = {QStringLiteral("// ") + field.help, QStringLiteral("\"plugins\": [")};
      for (const StarterEntry &entry : entries) {
        // What every entry may have stands there once.
        for (const QString &line : entryLines(entry, entry.id == entries.first().id)) {
          value << QStringLiteral("  ") + line;
        }
      }
      value << QStringLiteral("],");
    }
    for (const QString &line : std::as_const(value)) lines << QStringLiteral("  ") + line;
  }
  lines << QStringLiteral("}");
  return lines.join(u'\n') + u'\n';
}

}  // namespace tagwire
