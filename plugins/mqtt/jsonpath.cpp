// SPDX-License-Identifier: Apache-2.0
#include "jsonpath.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStringConverter>

namespace tagwire::mqtt {

Result<JsonPath> JsonPath::fromText(const QString &text) {
  JsonPath path;
  if (text.isEmpty()) return path;
  // A key, or an index; a key after the first step has a dot before it.
  static const QRegularExpression step(QStringLiteral("\\G(?:(\\.?)([^.\\[\\]]+)|\\[(\\d{1,6})\\])"));
  qsizetype at = 0;
  while (at < text.size()) {
    const auto found = step.match(text, at);
    const bool isKey = found.hasMatch() && !found.captured(2).isEmpty();
    if (!found.hasMatch() || text.size() > 500 || (isKey && (found.captured(1).isEmpty() != path.m_steps.isEmpty()))) {
      return failure(QStringLiteral("\"%1\" is no way into JSON (allowed: values[0].temperature)").arg(text.left(100)));
    }
    if (isKey) {
      path.m_steps << found.captured(2);
    } else {
      path.m_steps << found.captured(3).toLongLong();
    }
    at = found.capturedEnd();
  }
  return path;
}

QJsonValue JsonPath::in(const QJsonValue &whole) const {
  QJsonValue value = whole;
  for (const auto &step : m_steps) {
    if (const auto *key = std::get_if<QString>(&step)) {
      value = value.isObject() ? value.toObject().value(*key) : QJsonValue(QJsonValue::Undefined);
    } else {
      value = value.isArray() ? value.toArray().at(std::get<qsizetype>(step)) : QJsonValue(QJsonValue::Undefined);
    }
  }
  return value;
}

QJsonValue payloadValue(const QByteArray &payload) {
  // Bare values too, which a document may not be.
  const QJsonArray array = QJsonDocument::fromJson('[' + payload + ']').array();
  if (array.size() == 1) return array.first();
  QStringDecoder decode(QStringDecoder::Utf8);
  const QString text = decode(payload);
  const bool isText = !decode.hasError() && !text.trimmed().startsWith(u'{') && !text.trimmed().startsWith(u'[');
  return isText ? QJsonValue(text) : QJsonValue(QJsonValue::Undefined);
}

}  // namespace tagwire::mqtt
