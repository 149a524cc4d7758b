// SPDX-License-Identifier: Apache-2.0
#include "deviceconfig.h"

#include <QRegularExpression>
#include <QTimeZone>

namespace tagwire::ws {

namespace {

QString levelProblem(const QString &path) {
  static const QRegularExpression wrong(QStringLiteral("[\\x00-\\x1f\\x7f*#?+/]"));
  const QStringList levels = path.split(u'.');
  if (path.size() <= 200 && !levels.contains(QString()) && !path.contains(wrong)) return {};
  return QStringLiteral(
             "\"%1\" is no field (allowed: its path in the payload, \"battery.voltage\", of at most 200 characters, "
             "without * # ? + /)")
      .arg(path.left(70));
}

struct FieldCheck {
  ConfigReader &reader;
  const ModelConfig &model;
  QString at;  ///< of the model's fields
  void complain(const QString &path, const QString &text) const { reader.error(at + u'.' + path, text); }

  void checkPath(const QString &path) const {
    if (const QString wrong = levelProblem(path); !wrong.isEmpty()) return complain(path, wrong);
    if (path == u"device_id" || path == u"timestamp") {
      return complain(path, QStringLiteral("\"%1\" says whose payload it is and of when, so it can't be a field "
                                           "(allowed: another name)")
                                .arg(path));
    }
    for (qsizetype dot = path.indexOf(u'.'); dot >= 0; dot = path.indexOf(u'.', dot + 1)) {
      if (!model.fields.contains(path.left(dot))) continue;
      complain(path, QStringLiteral("\"%1\" is a field itself, so nothing can be below it (allowed: one of the two)")
                         .arg(path.left(dot)));
    }
  }

  void checkRules(const QString &path, const FieldConfig &field) const {
    const bool isNumber = field.type == FieldType::Float || field.type == FieldType::Int;
    if (!isNumber && (field.minimum || field.maximum)) {
      complain(path, QStringLiteral("only a float or an int has limits (allowed: leave out min and max)"));
    }
    if (field.minimum && field.maximum && *field.minimum > *field.maximum) {
      complain(path, QStringLiteral("min is above max (allowed: min up to max)"));
    }
    if (field.type == FieldType::Enum && field.values.isEmpty()) {
      complain(path, QStringLiteral("an enum needs values (allowed: \"values\": [\"connected\", \"island\"])"));
    }
    if (field.type != FieldType::Enum && !field.values.isEmpty()) {
      complain(path, QStringLiteral("only an enum has values (allowed: leave them out)"));
    }
  }
};

}  // namespace

void FieldConfig::describe(Shape<FieldConfig> &shape) {
  shape.required("type", &FieldConfig::type, "a JSON number, a whole one, true or false, text, or one of `values`");
  shape.optional("required", &FieldConfig::required, "a payload without it is dropped");
  shape.optional("min", &FieldConfig::minimum, "a payload with less is dropped, a command too").example(0.1);
  shape.optional("max", &FieldConfig::maximum, "a payload with more is dropped, a command too").example(500);
  shape.optional("values", &FieldConfig::values, "what an enum may be").example("connected").range(0, 1000);
  shape.optional("unit", &FieldConfig::unit, "engineering unit, `V`").example("V").range(0, 40);
  shape.optional("description", &FieldConfig::description, "what it is, for people")
      .example("Grid power")
      .range(0, 200);
  shape.optional("writable", &FieldConfig::writable, "commands may write it: the device gets them");
  shape.shorthand("type");
}

void ModelConfig::describe(Shape<ModelConfig> &shape) {
  shape.required("fields", &ModelConfig::fields, "by their path in the payload, `battery.voltage`")
      .range(1, mostFields);
  shape.optional("unknown_fields", &ModelConfig::unknownFields,
                 "fields that the model does not name: leave them out, drop the payload, or make points of them");
}

void DeviceConfig::describe(Shape<DeviceConfig> &shape) {
  shape.required("id", &DeviceConfig::id, "name of the device; its points are `<id>/battery/voltage`")
      .example("ems_001")
      .check(deviceIdProblem);
  shape.required("model", &DeviceConfig::model, "one of `models`").example("ems").range(1, 100);
}

QString deviceIdProblem(const QString &id) {
  static const QRegularExpression allowed(QStringLiteral("\\A[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\\z"));
  if (id == QLatin1String("tagwire")) return QStringLiteral("\"tagwire\" is the runtime's own name");
  if (allowed.match(id).hasMatch()) return {};
  return QStringLiteral(
             "\"%1\" is no device id (allowed: 1 to 64 letters, digits, _ . -, beginning with a letter or digit)")
      .arg(id.left(70));
}

QString timeZoneProblem(const QString &name) {
  if (QTimeZone::isTimeZoneIdAvailable(name.toUtf8())) return {};
  QStringList known;
  for (const QByteArray &id : QTimeZone::availableTimeZoneIds()) known << QString::fromLatin1(id);
  return QStringLiteral("unknown time zone \"%1\"%2 (allowed: IANA names such as Europe/Berlin)")
      .arg(name.left(60), didYouMean(name, known));
}

void checkDevices(ConfigReader &reader, const QMap<QString, ModelConfig> &models, const QList<DeviceConfig> &devices) {
  for (auto model = models.begin(); model != models.end(); ++model) {
    const FieldCheck check{reader, *model, QStringLiteral("models.%1.fields").arg(model.key())};
    for (auto field = model->fields.begin(); field != model->fields.end(); ++field) {
      check.checkPath(field.key());
      check.checkRules(field.key(), *field);
    }
  }
  QHash<QString, qsizetype> seen;
  for (qsizetype i = 0; i < devices.size(); ++i) {
    const QString &id = devices[i].id;
    if (!id.isEmpty() && seen.contains(id)) {
      reader.error(QStringLiteral("devices[%1].id").arg(i),
                   QStringLiteral("\"%1\" is devices[%2] already (allowed: each id once)").arg(id).arg(seen[id]));
    }
    seen.insert(id, i);
  }
}

}  // namespace tagwire::ws
