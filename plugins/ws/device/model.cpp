// SPDX-License-Identifier: Apache-2.0
#include "model.h"

namespace tagwire::ws {

namespace {

ValueType valueTypeOf(FieldType type) {
  switch (type) {
    case FieldType::Float:
      return ValueType::Double;
    case FieldType::Int:
      return ValueType::Int;
    case FieldType::Bool:
      return ValueType::Bool;
    case FieldType::String:
    case FieldType::Enum:
      break;
  }
  return ValueType::Text;
}

}  // namespace

Model::Model(QString name, const ModelConfig &config) : m_name(std::move(name)), m_unknownFields(config.unknownFields) {
  for (auto field = config.fields.begin(); field != config.fields.end(); ++field) {
    QString path = field.key();
    path.replace(u'.', u'/');
    m_places.insert(path.toUtf8(), static_cast<int>(m_fields.size()));
    for (qsizetype slash = path.indexOf(u'/'); slash >= 0; slash = path.indexOf(u'/', slash + 1)) {
      m_branches.insert(path.left(slash).toUtf8());
    }
    m_fields.push_back({path, *field});
  }
}

QList<PointInfo> Model::points(const ConfigLocation &where) const {
  QList<PointInfo> points;
  for (const Field &field : m_fields) {
    PointInfo point;
    point.name = field.path;
    point.type = valueTypeOf(field.rules.type);
    point.unit = field.rules.unit;
    point.description = field.rules.description;
    point.writable = field.rules.writable;
    point.verify = false;  // the device's acknowledgement is all there is
    point.minimum = field.rules.minimum;
    point.maximum = field.rules.maximum;
    point.where = where;
    points.append(point);
  }
  return points;
}

}  // namespace tagwire::ws
