// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>

#include "modbusserverconfig.h"
#include "registerimage.h"

namespace tagwire::modbus {

/// What a client asks to write to one point.
struct PointWrite {
  PointId point = PointId::None;
  Value value;
};

/// The points in the registers of a Modbus server: samples in, registers out; and back again for writes. No I/O. Plain
/// class; owned by the ModbusServerSink.
class Exposure {
 public:
  using Images = std::function<RegisterImage &(quint8 unit)>;

  /// Makes every address; all are Bad until a sample comes.
  Exposure(const QList<ExposedPoint> &points, OnBad onBad, Images images);

  /// Looks the points up; what can't be served stays Bad. Returns why, one line each.
  QStringList bind(const PointTable &points);
  /// Each point that is served, once.
  QList<PointId> pointIds() const { return m_byPoint.uniqueKeys(); }

  /// Shows a sample; others than of served points are skipped. Returns what is wrong with a value since this sample (it
  /// does not fit into its registers), else nothing.
  QStringList take(const Sample &sample);
  /// Values so far that did not fit.
  quint64 misfits() const { return m_misfits; }

  /// What a write means, or the exception that refuses all of it: 2 not writable, 3 only a part of a value, not a value
  /// or out of the point's range, 4 a part of a register whose present value is not known.
  tl::expected<QList<PointWrite>, quint8> meaning(quint8 unit, const RegisterWrite &write) const;

 private:
  struct Entry {
    ExposedPoint exposed;
    std::shared_ptr<const Point> point;
    bool isShown = false;   ///< a value stood there once
    bool isBad = true;      ///< now
    bool isMisfit = false;  ///< its last value did not fit
  };
  struct Place {
    quint8 unit;
    Table table;
    quint16 address;
    friend auto operator<=>(const Place &, const Place &) = default;
  };

  RegisterImage &image(const Entry &entry) const { return m_images(entry.exposed.place.unit); }
  static Place placeOf(const Entry &entry);
  bool show(Entry &entry, const Value &value);
  void showBad(Entry &entry);
  void showRegisters(Entry &entry, const Registers &registers);
  void showBit(Entry &entry, bool on);
  void refuse(const Entry &entry);
  void showQuality(const Entry &entry, bool isGood);

  bool isInside(const Place &place) const;
  tl::expected<void, quint8> bitMeaning(const Entry &entry, const RegisterWrite &write, quint16 value,
                                        QList<PointWrite> &out) const;
  tl::expected<void, quint8> valueMeaning(const Entry &entry, const RegisterWrite &write, qsizetype at,
                                          QList<PointWrite> &out) const;
  static tl::expected<PointWrite, quint8> checked(const Entry &entry, const Value &value);

  std::vector<Entry> m_entries;
  OnBad m_onBad;
  Images m_images;
  std::multimap<Place, size_t> m_byPlace;  ///< by the first address; bits of a register share it
  QMultiHash<PointId, size_t> m_byPoint;
  std::map<Place, quint16> m_badBits;  ///< of registers with bits
  quint64 m_misfits = 0;
};

}  // namespace tagwire::modbus
