// SPDX-License-Identifier: Apache-2.0
#include "jsontext.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace tagwire::ws {

namespace {

constexpr size_t reasonCount = static_cast<size_t>(QualityReason::Removed) + 1;

/// Every quality as a JSON string, made once.
const QByteArray &qualityJson(Quality quality) {
  static const auto texts = [] {
    std::array<std::array<QByteArray, reasonCount>, 3> made;
    for (size_t level = 0; level < made.size(); ++level) {
      for (size_t reason = 0; reason < reasonCount; ++reason) {
        made[level][reason] =
            '"' + toText(Quality{static_cast<QualityLevel>(level), static_cast<QualityReason>(reason)}).toUtf8() + '"';
      }
    }
    return made;
  }();
  return texts[static_cast<size_t>(quality.level) % 3][static_cast<size_t>(quality.reason) % reasonCount];
}

void putDigits(char *at, quint32 number, int count) {
  for (int place = count - 1; place >= 0; --place, number /= 10) at[place] = static_cast<char>('0' + number % 10);
}

void putSecond(char *at, std::chrono::sys_seconds second) {
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  std::copy_n("0000-00-00T00:00:00.", 20, at);
  putDigits(at, static_cast<quint32>(static_cast<int>(date.year())), 4);
  putDigits(at + 5, static_cast<unsigned>(date.month()), 2);
  putDigits(at + 8, static_cast<unsigned>(date.day()), 2);
  putDigits(at + 11, static_cast<quint32>(clock.hours().count()), 2);
  putDigits(at + 14, static_cast<quint32>(clock.minutes().count()), 2);
  putDigits(at + 17, static_cast<quint32>(clock.seconds().count()), 2);
}

}  // namespace

JsonText::JsonText() : m_writer(m_buffer) { putSecond(m_secondText, m_second); }

void JsonText::clear() {
  m_buffer.Clear();
  m_writer.Reset(m_buffer);
}

QByteArray JsonText::view() const {
  return QByteArray::fromRawData(m_buffer.GetString(), static_cast<qsizetype>(m_buffer.GetSize()));
}

QByteArray JsonText::bytes() const {
  return QByteArray(m_buffer.GetString(), static_cast<qsizetype>(m_buffer.GetSize()));
}

void JsonText::number(double value) {
  if (std::isfinite(value)) {
    m_writer.Double(value);
  } else {
    m_writer.Null();
  }
}

void JsonText::text(QLatin1String value) { text(QString(value)); }

void JsonText::text(const QString &value) {
  const QByteArray utf8 = value.toUtf8();
  m_writer.String(utf8.constData(), static_cast<rapidjson::SizeType>(utf8.size()));
}

void JsonText::raw(const QByteArray &json) {
  m_writer.RawValue(json.constData(), static_cast<size_t>(json.size()), rapidjson::kStringType);
}

void JsonText::value(const Value &value) {
  switch (typeOf(value)) {
    case ValueType::None:
      return null();
    case ValueType::Bool:
      return flag(std::get<bool>(value));
    case ValueType::Int:
      return integer(std::get<qint64>(value));
    case ValueType::Double:
      return number(std::get<double>(value));
    case ValueType::Text:
      return text(std::get<QString>(value));
    case ValueType::Position:
      break;
  }
  const Position &position = std::get<Position>(value);
  beginObject();
  put("x", position.x);
  put("y", position.y);
  put("z", position.z);
  endObject();
}

void JsonText::quality(Quality quality) { raw(qualityJson(quality)); }

void JsonText::time(Time time, int digits, const char *zone) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != m_second) {
    m_second = second;
    putSecond(m_secondText, second);
  }
  const auto fraction = static_cast<quint32>((time - second).count());
  char out[48] = {'"'};
  std::memcpy(out + 1, m_secondText, 20);
  putDigits(out + 21, digits == 6 ? fraction / 1'000 : fraction / 1'000'000, digits == 6 ? 6 : 3);
  char *end = out + 21 + (digits == 6 ? 6 : 3);
  const size_t zoneSize = std::strlen(zone);
  std::memcpy(end, zone, zoneSize);
  end[zoneSize] = '"';
  m_writer.RawValue(out, static_cast<size_t>(end - out) + zoneSize + 1, rapidjson::kStringType);
}

QByteArray jsonString(const QString &text) {
  JsonText json;
  json.text(text);
  return json.bytes();
}

}  // namespace tagwire::ws
