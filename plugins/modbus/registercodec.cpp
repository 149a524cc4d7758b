// SPDX-License-Identifier: Apache-2.0
#include "registercodec.h"

#include <QFloat16>
#include <QStringDecoder>

#include <bit>
#include <cmath>
#include <limits>

namespace tagwire::modbus {
namespace {

quint16 swapped(quint16 word, Order order) {
  return order == Order::Big ? word : static_cast<quint16>((word << 8) | (word >> 8));
}

/// All registers as one number, the most significant first.
quint64 joined(const RegisterFormat &format, std::span<const quint16> registers) {
  quint64 raw = 0;
  for (size_t i = 0; i < registers.size(); ++i) {
    const size_t at = format.wordOrder == Order::Big ? i : registers.size() - 1 - i;
    raw = (raw << 16) | swapped(registers[at], format.byteOrder);
  }
  return raw;
}

Registers parted(const RegisterFormat &format, quint64 raw) {
  const int count = format.size();
  Registers registers(count);
  for (int i = count - 1; i >= 0; --i, raw >>= 16) {
    const int at = format.wordOrder == Order::Big ? i : count - 1 - i;
    registers[at] = swapped(static_cast<quint16>(raw), format.byteOrder);
  }
  return registers;
}

Reading scaled(const RegisterFormat &format, double raw) {
  const double value = raw * format.scale + format.offset;
  return {value, std::isfinite(value) ? Quality::good() : Quality::bad(QualityReason::NotANumber)};
}

Reading integer(const RegisterFormat &format, qint64 raw) {
  if (format.isScaled()) return scaled(format, static_cast<double>(raw));
  return {raw, Quality::good()};
}

Reading unsigned64(const RegisterFormat &format, quint64 raw) {
  if (format.isScaled()) return scaled(format, static_cast<double>(raw));
  if (raw > static_cast<quint64>(std::numeric_limits<qint64>::max())) {
    return {{}, Quality::bad(QualityReason::OutOfRange)};
  }
  return {static_cast<qint64>(raw), Quality::good()};
}

Reading binaryCodedDecimal(const RegisterFormat &format, quint64 raw) {
  qint64 value = 0;
  for (int shift = format.size() * 16 - 4; shift >= 0; shift -= 4) {
    const int digit = static_cast<int>((raw >> shift) & 0xF);
    if (digit > 9) return {{}, Quality::bad(QualityReason::NotANumber)};
    value = value * 10 + digit;
  }
  return integer(format, value);
}

Reading text(const RegisterFormat &format, std::span<const quint16> registers) {
  QByteArray bytes;
  for (const quint16 each : registers) {
    const quint16 word = swapped(each, format.byteOrder);
    bytes.append(static_cast<char>(word >> 8)).append(static_cast<char>(word & 0xFF));
  }
  bytes.truncate(format.length);
  const qsizetype end = bytes.indexOf('\0');
  if (end >= 0) bytes.truncate(end);
  while (bytes.endsWith(' ')) bytes.chop(1);
  QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
  const QString decoded = decoder(bytes);
  if (decoder.hasError()) return {{}, Quality::bad(QualityReason::InvalidResponse)};
  return {decoded, Quality::good()};
}

/// Limits of the raw value as doubles; those of 64-bit types round outwards and are checked apart.
std::pair<double, double> rawLimits(PointType type) {
  switch (type) {
    case PointType::Bool:
      return {0, 1};
    case PointType::Int16:
      return {-32768, 32767};
    case PointType::Uint16:
      return {0, 65535};
    case PointType::Int32:
      return {-2147483648.0, 2147483647.0};
    case PointType::Uint32:
      return {0, 4294967295.0};
    case PointType::Int64:
      return {-0x1p63, 0x1p63};
    case PointType::Uint64:
      return {0, 0x1p64};
    case PointType::Float16:  // IEEE 754 binary16
      return {-65504.0, 65504.0};
    case PointType::Float32:
      return {-std::numeric_limits<float>::max(), std::numeric_limits<float>::max()};
    case PointType::Float64:
      return {-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
    case PointType::Bcd16:
      return {0, 9999};
    case PointType::Bcd32:
      return {0, 99999999};
    case PointType::String:
      break;
  }
  return {0, 0};
}

tl::unexpected<QString> doesNotFit(const RegisterFormat &format, const Value &value) {
  const auto [lowest, highest] = limitsOf(format);
  return failure(QStringLiteral("%1 does not fit into %2%3 (allowed: %4 to %5)")
                     .arg(toText(value), wordOf(format.type),
                          format.isScaled() ? QStringLiteral(" with its scale and offset") : QString())
                     .arg(lowest, 0, 'g', 17)
                     .arg(highest, 0, 'g', 17));
}

quint64 toBinaryCodedDecimal(quint64 value) {
  quint64 raw = 0;
  for (int shift = 0; value > 0; shift += 4, value /= 10) raw |= (value % 10) << shift;
  return raw;
}

Result<Registers> encodeText(const RegisterFormat &format, const Value &value) {
  const QString *given = std::get_if<QString>(&value);
  if (!given) return failure(QStringLiteral("a text is due, not %1").arg(toText(typeOf(value))));
  QByteArray bytes = given->toUtf8();
  if (bytes.size() > format.length) {
    return failure(QStringLiteral("the text takes %1 bytes (allowed: up to %2)").arg(bytes.size()).arg(format.length));
  }
  if (bytes.contains('\0')) return failure(QStringLiteral("a text with a NUL character would be cut off there"));
  bytes = bytes.leftJustified(format.size() * 2, '\0');
  Registers registers;
  for (qsizetype i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<quint8>(bytes[i]);
    const auto low = static_cast<quint8>(bytes[i + 1]);
    registers.append(swapped(static_cast<quint16>((high << 8) | low), format.byteOrder));
  }
  return registers;
}

Result<Registers> encodeFloat(const RegisterFormat &format, const Value &value, double raw) {
  if (!std::isfinite(raw) || std::abs(raw) > rawLimits(format.type).second) return doesNotFit(format, value);
  if (format.type == PointType::Float64) return parted(format, std::bit_cast<quint64>(raw));
  if (format.type == PointType::Float16) {
    return parted(format, std::bit_cast<quint16>(qfloat16(static_cast<float>(raw))));
  }
  return parted(format, std::bit_cast<quint32>(static_cast<float>(raw)));
}

Result<Registers> encodeInteger(const RegisterFormat &format, const Value &value, double raw) {
  const bool isBcd = format.type == PointType::Bcd16 || format.type == PointType::Bcd32;
  const bool isWide = format.type == PointType::Int64 || format.type == PointType::Uint64;
  // Straight from integer to integer: a double would lose digits beyond 2^53.
  if (const qint64 *exact = std::get_if<qint64>(&value); exact && isWide && !format.isScaled()) {
    if (format.type == PointType::Uint64 && *exact < 0) return doesNotFit(format, value);
    return parted(format, static_cast<quint64>(*exact));
  }
  const double rounded = std::round(raw);
  const auto [lowest, highest] = rawLimits(format.type);
  if (!(rounded >= lowest && (isWide ? rounded < highest : rounded <= highest))) return doesNotFit(format, value);
  if (format.type == PointType::Uint64) return parted(format, static_cast<quint64>(rounded));
  const auto whole = static_cast<quint64>(static_cast<qint64>(rounded));
  return parted(format, isBcd ? toBinaryCodedDecimal(whole) : whole);
}

}  // namespace

Reading decode(const RegisterFormat &format, std::span<const quint16> registers) {
  if (format.type == PointType::String) return text(format, registers);
  const quint64 raw = joined(format, registers);
  switch (format.type) {
    case PointType::Bool:
      return {((raw >> format.bit.value_or(0)) & 1) != 0, Quality::good()};
    case PointType::Int16:
      return integer(format, static_cast<qint16>(raw));
    case PointType::Int32:
      return integer(format, static_cast<qint32>(raw));
    case PointType::Int64:
      return integer(format, static_cast<qint64>(raw));
    case PointType::Float16:
      return scaled(format, static_cast<double>(std::bit_cast<qfloat16>(static_cast<quint16>(raw))));
    case PointType::Float32:
      return scaled(format, static_cast<double>(std::bit_cast<float>(static_cast<quint32>(raw))));
    case PointType::Float64:
      return scaled(format, std::bit_cast<double>(raw));
    case PointType::Bcd16:
    case PointType::Bcd32:
      return binaryCodedDecimal(format, raw);
    default:
      return unsigned64(format, raw);
  }
}

Result<Registers> encode(const RegisterFormat &format, const Value &value) {
  if (format.type == PointType::String) return encodeText(format, value);
  const std::optional<double> number = toNumber(value);
  if (!number) return failure(QStringLiteral("a number is due, not %1").arg(toText(typeOf(value))));
  const double raw = (*number - format.offset) / format.scale;
  return format.isFloat() ? encodeFloat(format, value, raw) : encodeInteger(format, value, raw);
}

std::pair<double, double> limitsOf(const RegisterFormat &format) {
  const auto [lowest, highest] = rawLimits(format.type);
  const double one = lowest * format.scale + format.offset;
  const double other = highest * format.scale + format.offset;
  return {std::min(one, other), std::max(one, other)};
}

quint16 bitInRegister(const RegisterFormat &format) {
  return swapped(static_cast<quint16>(1U << format.bit.value_or(0)), format.byteOrder);
}

}  // namespace tagwire::modbus
