// SPDX-License-Identifier: Apache-2.0
// Values out of registers and registers out of values. Pure functions; reentrant.
#pragma once

#include <QList>

#include <span>

#include "modbuspoint.h"
#include "quality.h"
#include "result.h"

namespace tagwire::modbus {

using Registers = QList<quint16>;

/// A value with its quality. Bad with no value: what the device holds is not a value of this type.
struct Reading {
  Value value;
  Quality quality;
};

/// `registers` holds format.size() of them, the lowest address first. NaN and infinity come as Bad (not_a_number), so
/// does a BCD digit above 9; a uint64 above the largest qint64 as Bad (out_of_range); bytes that are not UTF-8 as Bad
/// (invalid_response). A text ends before the first NUL; spaces at its end are padding and cut off.
Reading decode(const RegisterFormat &format, std::span<const quint16> registers);

/// The registers for `value` in engineering units, but for a `bit`, which is no whole register (bitInRegister()).
/// Integers are rounded to the nearest. Errors name the limits, in engineering units.
Result<Registers> encode(const RegisterFormat &format, const Value &value);

/// Lowest and highest engineering value that encode() takes; both 0 for text.
std::pair<double, double> limitsOf(const RegisterFormat &format);

/// The mask of `bit` in the register as it goes over the wire.
quint16 bitInRegister(const RegisterFormat &format);

}  // namespace tagwire::modbus
