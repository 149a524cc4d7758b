// SPDX-License-Identifier: Apache-2.0
// What a declaration says of a key beyond its type.
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include "config.h"

namespace tagwire {

Key &Key::range(double lowest, double highest) {
  m_rules.lowest = lowest;
  m_rules.highest = highest;
  return *this;
}

Key &Key::eachWithin(double lowest, double highest) {
  m_rules.eachLowest = lowest;
  m_rules.eachHighest = highest;
  return *this;
}

Key &Key::check(std::function<QString(const QString &)> test) {
  m_rules.check = std::move(test);
  return *this;
}

Key &Key::orSingle() {
  m_rules.orSingle = true;
  return *this;
}

Key::Shown &Key::shown() {
  if (!m_rules.shown) m_rules.shown = std::make_shared<Shown>();
  return *m_rules.shown;
}

Key &Key::example(const char *text) {
  shown().example = QString::fromUtf8(text);
  return *this;
}

Key &Key::example(double number) {
  shown().example = number;
  return *this;
}

Key &Key::exampleJson(const char *json) {
  const QJsonDocument document = QJsonDocument::fromJson(json);
  shown().example = document.isArray() ? QJsonValue(document.array()) : QJsonValue(document.object());
  return *this;
}

Key &Key::suggested() {
  shown().isSuggested = true;
  return *this;
}

Key &Key::pattern(const char *expression) {
  shown().pattern = QString::fromLatin1(expression);
  return *this;
}

Key &Key::takes(const char *words, const char *schema) {
  shown().words = QString::fromUtf8(words);
  shown().schema = QJsonDocument::fromJson(schema).object();
  return *this;
}

}  // namespace tagwire
