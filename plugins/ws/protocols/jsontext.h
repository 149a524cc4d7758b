// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <QByteArray>
#include <QString>

#include "sample.h"

namespace tagwire::ws {

/// Writes one JSON value as UTF-8 text into a buffer that it keeps from use to use. Plain class, one thread.
class JsonText {
 public:
  JsonText();

  void clear();
  /// Valid until the next call of a member that is not const.
  QByteArray view() const;
  /// A copy.
  QByteArray bytes() const;

  void beginObject() { m_writer.StartObject(); }
  void endObject() { m_writer.EndObject(); }
  void beginList() { m_writer.StartArray(); }
  void endList() { m_writer.EndArray(); }
  void key(const char *name) { m_writer.Key(name); }

  void null() { m_writer.Null(); }
  void flag(bool value) { m_writer.Bool(value); }
  void integer(qint64 value) { m_writer.Int64(value); }
  /// Null for NaN and infinities (R6-7).
  void number(double value);
  void text(const char *value) { m_writer.String(value); }
  void text(QLatin1String value);
  void text(const QString &value);
  /// A value that is JSON already.
  void raw(const QByteArray &json);
  void value(const Value &value);
  void quality(Quality quality);
  /// ISO 8601 in UTC with `digits` (3 or 6) of the second's fraction and `zone` ("Z", "+00:00") behind it.
  void time(Time time, int digits = 3, const char *zone = "Z");

  /// Key and value at once.
  template <class T>
  void put(const char *name, const T &each) {
    key(name);
    if constexpr (std::is_same_v<T, bool>) {
      flag(each);
    } else if constexpr (std::is_integral_v<T>) {
      integer(static_cast<qint64>(each));
    } else if constexpr (std::is_floating_point_v<T>) {
      number(each);
    } else {
      text(each);
    }
  }

 private:
  rapidjson::StringBuffer m_buffer;
  rapidjson::Writer<rapidjson::StringBuffer> m_writer;
  std::chrono::sys_seconds m_second{std::chrono::seconds(-1)};
  char m_secondText[20] = {};  ///< "2026-01-01T00:00:00." of m_second: most samples of a turn share it
};

/// `text` as a JSON string with its quotes.
QByteArray jsonString(const QString &text);

}  // namespace tagwire::ws
