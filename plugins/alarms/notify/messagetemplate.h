// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QList>
#include <QStringList>

#include "result.h"

namespace tagwire::alarms {

/// A text with {placeholders} for the fields of a notice; {{ is a brace of its own. Plain value.
class MessageTemplate {
 public:
  static constexpr const char *form = "text with {placeholders}";
  /// Errors: an unknown placeholder, a brace that is none.
  static Result<MessageTemplate> fromText(const QString &text);
  static const QStringList &placeholders();
  /// A field as people read it; empty when it is absent.
  static QString shown(const QJsonObject &fields, const QString &name);

  QString fill(const QJsonObject &fields) const;
  bool hasPlaceholders() const;
  bool uses(QLatin1String name) const;
  bool isEmpty() const { return m_parts.isEmpty(); }

 private:
  struct Part {
    QString text;
    bool isField = false;
  };
  QList<Part> m_parts;
};

}  // namespace tagwire::alarms
