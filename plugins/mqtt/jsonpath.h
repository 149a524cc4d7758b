// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonValue>
#include <QString>

#include <variant>

#include "result.h"

namespace tagwire::mqtt {

/// The way to a value within JSON: `values[0].temperature`. Empty: the whole. Plain value.
class JsonPath {
 public:
  static Result<JsonPath> fromText(const QString &text);
  /// Undefined when there is nothing.
  QJsonValue in(const QJsonValue &whole) const;
  bool isWhole() const { return m_steps.isEmpty(); }

 private:
  QList<std::variant<QString, qsizetype>> m_steps;
};

/// A payload as JSON; bare words that are none (`ON`) as text. Undefined: neither JSON nor UTF-8.
QJsonValue payloadValue(const QByteArray &payload);

}  // namespace tagwire::mqtt
