// SPDX-License-Identifier: Apache-2.0
#include "exposure.h"

#include <cmath>

#include "registercodec.h"

namespace tagwire::modbus {
namespace {

constexpr quint8 illegalAddress = 2;
constexpr quint8 illegalValue = 3;

/// The registers of NaN, which encode() never makes: as the whole number with the same bits.
Registers notANumber(RegisterFormat format) {
  qint64 bits = 0x7E00;
  if (format.type == PointType::Float32) bits = 0x7FC00000;
  if (format.type == PointType::Float64) bits = 0x7FF8000000000000;
  format.type = format.type == PointType::Float16   ? PointType::Uint16
                : format.type == PointType::Float32 ? PointType::Uint32
                                                    : PointType::Uint64;
  format.scale = 1;
  format.offset = 0;
  return encode(format, bits).value_or(Registers());
}

/// 300 × 0.1 is 30.000000000000004, and yet a whole number was meant.
Value rounded(const Value &value, ValueType type) {
  const double *number = std::get_if<double>(&value);
  if (!number || type == ValueType::Double) return value;
  const double whole = std::round(*number);
  return std::abs(*number - whole) <= 1e-9 * std::max(1.0, std::abs(whole)) ? whole : *number;
}

bool isWithin(const Point &point, const Value &value) {
  const auto number = toNumber(value);
  const bool isLow = number && point.minimum && !(*number >= *point.minimum);
  const bool isHigh = number && point.maximum && !(*number <= *point.maximum);
  return !isLow && !isHigh;
}

}  // namespace

Exposure::Exposure(const QList<ExposedPoint> &points, OnBad onBad, Images images)
    : m_onBad(onBad), m_images(std::move(images)) {
  m_entries.reserve(static_cast<size_t>(points.size()));
  for (const ExposedPoint &point : points) {
    m_entries.push_back({point, nullptr});
    m_byPlace.emplace(placeOf(m_entries.back()), m_entries.size() - 1);
    showBad(m_entries.back());
  }
}

Exposure::Place Exposure::placeOf(const Entry &entry) {
  const ModbusPoint &place = entry.exposed.place;
  return {place.unit, place.table, place.address};
}

QStringList Exposure::bind(const PointTable &points) {
  QStringList problems;
  m_byPoint.clear();
  for (size_t i = 0; i < m_entries.size(); ++i) {
    Entry &entry = m_entries[i];
    entry.point = points.point(points.find(entry.exposed.place.name));
    if (!entry.point) {
      problems << QStringLiteral("there is no point %1").arg(entry.exposed.place.name);
    } else if (const auto wrong = mismatch(entry.exposed, *entry.point)) {
      problems << wrong->second;
      entry.point = nullptr;
    }
    if (entry.point) m_byPoint.insert(entry.point->id, i);
  }
  return problems;
}

QStringList Exposure::take(const Sample &sample) {
  QStringList wrong;
  for (auto [at, end] = m_byPoint.equal_range(sample.point); at != end; ++at) {
    Entry &entry = m_entries[*at];
    const bool hasValue = !sample.quality.isBad() && typeOf(sample.value) != ValueType::None;
    const bool isShown = hasValue && show(entry, sample.value);
    if (!isShown) showBad(entry);
    showQuality(entry, isShown && sample.quality.isGood());
    const bool wasMisfit = std::exchange(entry.isMisfit, hasValue && !isShown);
    if (entry.isMisfit) ++m_misfits;
    if (entry.isMisfit && !wasMisfit) {
      wrong << QStringLiteral("%1: %2 does not fit into its %3, clients get it as bad")
                   .arg(entry.point->fullName, toText(sample.value).left(100), wordOf(entry.exposed.place.format.type));
    }
  }
  return wrong;
}

/// False when the value does not fit.
bool Exposure::show(Entry &entry, const Value &value) {
  const RegisterFormat &format = entry.exposed.place.format;
  if (format.type == PointType::Bool) {
    const bool *on = std::get_if<bool>(&value);
    if (!on) return false;
    showBit(entry, *on);
    return true;
  }
  const auto registers = encode(format, value);
  if (!registers) return false;
  showRegisters(entry, *registers);
  return true;
}

void Exposure::showBad(Entry &entry) {
  const RegisterFormat &format = entry.exposed.place.format;
  const bool isNan = m_onBad == OnBad::Nan && format.isFloat();
  if (m_onBad == OnBad::Zero && format.type == PointType::Bool) {
    showBit(entry, false);
  } else if (m_onBad == OnBad::Zero) {
    showRegisters(entry, Registers(format.size(), 0));
  } else if (isNan) {
    showRegisters(entry, notANumber(format));
  } else if (m_onBad != OnBad::Hold || !entry.isShown) {
    refuse(entry);
  }
  entry.isBad = true;
  showQuality(entry, false);
}

void Exposure::showRegisters(Entry &entry, const Registers &registers) {
  const ModbusPoint &place = entry.exposed.place;
  RegisterImage &shown = image(entry);
  for (int i = 0; i < registers.size(); ++i) shown.set(place.table, place.address + i, registers[i]);
  entry.isShown = true;
  entry.isBad = false;
}

/// The other bits of a register stay, and while one of them can't be told, all of it can't.
void Exposure::showBit(Entry &entry, bool on) {
  const ModbusPoint &place = entry.exposed.place;
  RegisterImage &shown = image(entry);
  entry.isShown = true;
  entry.isBad = false;
  if (holdsBits(place.table)) return shown.set(place.table, place.address, on ? 1 : 0);
  const quint16 mask = entry.exposed.mask();
  const int others = shown.value(place.table, place.address) & ~mask;
  shown.set(place.table, place.address, static_cast<quint16>(others | (on ? mask : 0)));
  quint16 &bad = m_badBits[placeOf(entry)];
  bad = static_cast<quint16>(bad & ~mask);
  if (bad != 0) shown.refuseToRead(place.table, place.address, deviceFailure);
}

void Exposure::refuse(const Entry &entry) {
  const ModbusPoint &place = entry.exposed.place;
  for (int i = 0; i < place.format.size(); ++i) {
    image(entry).refuseToRead(place.table, place.address + i, deviceFailure);
  }
  if (entry.exposed.isBitOfRegister()) m_badBits[placeOf(entry)] |= entry.exposed.mask();
}

void Exposure::showQuality(const Entry &entry, bool isGood) {
  if (entry.exposed.quality) image(entry).set(entry.exposed.quality->first, entry.exposed.quality->second, isGood);
}

tl::expected<QList<PointWrite>, quint8> Exposure::meaning(quint8 unit, const RegisterWrite &write) const {
  QList<PointWrite> writes;
  for (qsizetype i = 0; i < write.values.size();) {
    const Place place{unit, write.table, static_cast<quint16>(write.address + i)};
    const auto [first, last] = m_byPlace.equal_range(place);
    // Nothing begins here: it is in the middle of a value, or tells a quality.
    if (first == last) return tl::unexpected(i == 0 && isInside(place) ? illegalValue : illegalAddress);
    for (auto at = first; at != last; ++at) {
      const Entry &entry = m_entries[at->second];
      const auto read = entry.exposed.place.format.type == PointType::Bool
                            ? bitMeaning(entry, write, write.values[i], writes)
                            : valueMeaning(entry, write, i, writes);
      if (!read) return tl::unexpected(read.error());
    }
    i += m_entries[first->second].exposed.place.format.size();
  }
  return writes;
}

/// Behind the first address of a value of several registers.
bool Exposure::isInside(const Place &place) const {
  auto before = m_byPlace.lower_bound(place);
  if (before == m_byPlace.begin()) return false;
  const ModbusPoint &other = m_entries[(--before)->second].exposed.place;
  return other.unit == place.unit && other.table == place.table && place.address < other.address + other.format.size();
}

tl::expected<void, quint8> Exposure::bitMeaning(const Entry &entry, const RegisterWrite &write, quint16 value,
                                                QList<PointWrite> &out) const {
  const ModbusPoint &place = entry.exposed.place;
  const quint16 mask = entry.exposed.isBitOfRegister() ? entry.exposed.mask() : quint16{1};
  const bool on = (value & mask) != 0;
  if (entry.exposed.isBitOfRegister()) {
    if ((write.mask & mask) == 0) return {};
    const bool isWhole = write.mask == 0xFFFF;
    const bool isSame = !entry.isBad && ((image(entry).value(place.table, place.address) & mask) != 0) == on;
    // Who writes a whole register for the sake of one bit gives the others back as he read them.
    if (isWhole && (isSame || (entry.isBad && !place.writable))) return {};
  }
  const auto checkedWrite = checked(entry, on);
  if (!checkedWrite) return tl::unexpected(checkedWrite.error());
  out.append(*checkedWrite);
  return {};
}

tl::expected<void, quint8> Exposure::valueMeaning(const Entry &entry, const RegisterWrite &write, qsizetype at,
                                                  QList<PointWrite> &out) const {
  const ModbusPoint &place = entry.exposed.place;
  if (!place.writable) return tl::unexpected(illegalAddress);
  if (at + place.format.size() > write.values.size()) return tl::unexpected(illegalValue);
  Registers registers = write.values.mid(at, place.format.size());
  if (write.mask != 0xFFFF) {
    if (entry.isBad) return tl::unexpected(deviceFailure);
    const int present = image(entry).value(place.table, place.address);
    registers[0] = static_cast<quint16>((present & ~write.mask) | registers[0]);
  }
  const Reading reading = decode(place.format, {registers.constData(), static_cast<size_t>(place.format.size())});
  if (!reading.quality.isGood()) return tl::unexpected(illegalValue);
  const auto checkedWrite = checked(entry, reading.value);
  if (!checkedWrite) return tl::unexpected(checkedWrite.error());
  out.append(*checkedWrite);
  return {};
}

tl::expected<PointWrite, quint8> Exposure::checked(const Entry &entry, const Value &value) {
  if (!entry.exposed.place.writable) return tl::unexpected(illegalAddress);
  if (!entry.point) return tl::unexpected(deviceFailure);
  const auto converted = convertTo(rounded(value, entry.point->type), entry.point->type);
  if (!converted || !isWithin(*entry.point, *converted)) return tl::unexpected(illegalValue);
  return PointWrite{entry.point->id, *converted};
}

}  // namespace tagwire::modbus
