// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

namespace tagwire::ws {

enum class FieldType : quint8 { Float, Int, Bool, String, Enum };
constexpr auto enumWords(FieldType) {
  return std::array{std::pair{"float", FieldType::Float}, std::pair{"int", FieldType::Int},
                    std::pair{"bool", FieldType::Bool}, std::pair{"string", FieldType::String},
                    std::pair{"enum", FieldType::Enum}};
}

/// What becomes of a field that the model does not name.
enum class UnknownFields : quint8 { Ignore, Reject, Accept };
constexpr auto enumWords(UnknownFields) {
  return std::array{std::pair{"ignore", UnknownFields::Ignore}, std::pair{"reject", UnknownFields::Reject},
                    std::pair{"accept", UnknownFields::Accept}};
}

/// What a field of a payload has to be (R2-5).
struct FieldConfig {
  FieldType type = FieldType::Float;
  bool required = false;
  std::optional<double> minimum;
  std::optional<double> maximum;
  QList<QString> values;  ///< of an enum
  QString unit;
  QString description;
  bool writable = false;

  static void describe(Shape<FieldConfig> &shape);
};

struct ModelConfig {
  QMap<QString, FieldConfig> fields;  ///< by path, "battery.voltage"
  UnknownFields unknownFields = UnknownFields::Ignore;

  static void describe(Shape<ModelConfig> &shape);
};

struct DeviceConfig {
  QString id;
  QString model;

  static void describe(Shape<DeviceConfig> &shape);
};

constexpr int mostDevices = 100'000;
constexpr int mostModels = 1'000;
constexpr int mostFields = 1'000;

/// What is wrong with the id of a device, with what is allowed; empty when all is well.
QString deviceIdProblem(const QString &id);
QString timeZoneProblem(const QString &name);

/// Reports what concerns more than one key: ranges, values of enums, fields that can't both be, ids used twice. Whether
/// a device's model exists is the DeviceBook's to say, as gateways share their models.
void checkDevices(ConfigReader &reader, const QMap<QString, ModelConfig> &models, const QList<DeviceConfig> &devices);

}  // namespace tagwire::ws
