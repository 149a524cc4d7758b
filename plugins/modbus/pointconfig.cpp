// SPDX-License-Identifier: Apache-2.0
#include "pointconfig.h"

#include "pdu.h"

namespace tagwire::modbus {
namespace {

/// Complaints about one point, counted.
struct Checker {
  const PointConfig &config;
  const PointComplaint &tell;
  int address = 0;  ///< absolute, perhaps too large
  int complaints = 0;

  void complain(const char *key, const QString &message) {
    ++complaints;
    tell(key, message);
  }
  void complainIf(bool wrong, const char *key, const char *message) {
    if (wrong) complain(key, QString::fromUtf8(message));
  }

  void readModicon(ModbusPoint &point);
  void settlePlace(ModbusPoint &point);
  void settleType(ModbusPoint &point);
  void checkFormat(const ModbusPoint &point);
  void checkEnd(int last);
  void checkWriting(const ModbusPoint &point);
  void checkRules(const ModbusPoint &point);
};

void Checker::readModicon(ModbusPoint &point) {
  const QString &text = *config.registerText;
  bool ok = false;
  const int number = text.mid(1).toInt(&ok);
  constexpr std::array tables{u'0', u'1', u'3', u'4'};
  const auto *const table = text.isEmpty() ? tables.end() : std::find(tables.begin(), tables.end(), text[0].unicode());
  const int highest = text.size() == 6 ? 65536 : 9999;
  const bool onlyDigits = std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
  if (!ok || !onlyDigits || table == tables.end() || (text.size() != 5 && text.size() != 6) || number < 1 ||
      number > highest) {
    complain("register",
             QStringLiteral("\"%1\" is not a register in Modicon notation (allowed: 5 or 6 digits, 0xxxx coil, 1xxxx "
                            "discrete input, 3xxxx input register, 4xxxx holding register, xxxx from 1 to 9999, with 6 "
                            "digits to 65536)")
                 .arg(text));
    return;
  }
  point.table = static_cast<Table>(table - tables.begin());
  address = number - 1 + config.base;
}

void Checker::settlePlace(ModbusPoint &point) {
  if (config.registerText) {
    complainIf(config.table || config.address, "register",
               "a point has either `register` or `table` and `address` (allowed: one of the two)");
    readModicon(point);
    return;
  }
  complainIf(!config.table && !config.address, "name",
             "the point's place is missing (allowed: `register`, or `table` and `address`)");
  complainIf(config.table && !config.address, "table", "`address` is missing beside `table`");
  complainIf(!config.table && config.address, "address", "`table` is missing beside `address`");
  point.table = config.table.value_or(Table::Holding);
  address = config.address.value_or(0) + config.base;
}

void Checker::settleType(ModbusPoint &point) {
  RegisterFormat &format = point.format;
  const bool bits = holdsBits(point.table);
  const bool isBool = config.type.value_or(bits || config.bit ? PointType::Bool : PointType::Uint16) == PointType::Bool;
  complainIf(!config.type && !bits && !config.bit, "name", "`type` is missing: a register needs one");
  complainIf(bits && !isBool, "type", "a coil or discrete input holds one bit (allowed: bool)");
  complainIf(bits && config.bit, "bit", "a coil or discrete input is a bit already (allowed: input, holding)");
  complainIf(!bits && isBool && !config.bit, "type", "a bool in a register needs `bit` (0 to 15)");
  complainIf(!bits && !isBool && config.bit, "bit", "`bit` makes a bool of a register (allowed type: bool)");
  format.type = isBool ? PointType::Bool : config.type.value_or(PointType::Uint16);
  if (config.bit) format.bit = static_cast<quint8>(*config.bit);
  format.length = static_cast<quint8>(config.length.value_or(0));
  format.byteOrder = config.byteOrder.value_or(Order::Big);
  format.wordOrder = config.wordOrder.value_or(Order::Big);
  format.scale = config.scale;
  format.offset = config.offset;
}

void Checker::checkFormat(const ModbusPoint &point) {
  const RegisterFormat &format = point.format;
  const bool isText = format.type == PointType::String;
  const bool isNumber = !isText && format.type != PointType::Bool;
  complainIf(isText && !config.length, "type", "a string needs `length` (its bytes)");
  complainIf(!isText && config.length, "length", "only a string has a length");
  complainIf(holdsBits(point.table) && (config.byteOrder || config.wordOrder),
             config.byteOrder ? "byte_order" : "word_order", "a coil or discrete input is one bit and has no order");
  complainIf(!holdsBits(point.table) && (format.size() == 1 || isText) && config.wordOrder == Order::Little,
             "word_order", "only a number of several registers has a word order");
  complainIf(format.scale == 0, "scale", "a scale of 0 would make every value the same (allowed: any other number)");
  complainIf(!isNumber && format.scale != 1, "scale", "only a number can be scaled");
  complainIf(!isNumber && format.offset != 0, "offset", "only a number can have an offset");
  complainIf(!isNumber && config.deadband != 0, "deadband", "only a number can have a deadband");
  checkEnd(address + format.size() - 1);
}

void Checker::checkEnd(int last) {
  if (last <= 65535) return;
  const char *key = config.registerText ? "register" : "address";
  complain(last - config.base <= 65535 ? "base" : key,
           QStringLiteral("the point would reach to address %1 (allowed: up to 65535)").arg(last));
}

void Checker::checkWriting(const ModbusPoint &point) {
  complainIf(config.writable && (point.table == Table::Discrete || point.table == Table::Input), "writable",
             "inputs can only be read (allowed: true for coil and holding)");
  complainIf(config.writable && point.format.size() > maxWriteRegisters, "length",
             "a writable string has up to 246 bytes: one request carries no more");
  const bool isNumber = point.format.type != PointType::String && point.format.type != PointType::Bool;
  complainIf(!isNumber && config.minimum, "min", "only a number has limits");
  complainIf(!isNumber && config.maximum, "max", "only a number has limits");
  complainIf(config.minimum && config.maximum && *config.minimum > *config.maximum, "min", "`min` is above `max`");
  complainIf(!isNumber && config.verifyTolerance, "verify_tolerance", "only a number has a tolerance");
  complainIf(!config.verify && config.verifyTolerance, "verify_tolerance", "nothing is read back with `verify` false");
  checkRules(point);
}

void Checker::checkRules(const ModbusPoint &point) {
  const bool isBool = point.format.type == PointType::Bool;
  const bool isNumber = point.format.type != PointType::String && !isBool;
  const CommandRules rules = config.commandRules(point.format.valueType());
  complainIf(!config.writable && rules.confirm != Confirm::None, "confirm", "nobody writes a point without `writable`");
  complainIf(!config.writable && config.safeValue, "safe_value", "nobody writes a point without `writable`");
  complainIf(!isBool && config.minimumOn.count() != 0, "min_on_ms", "only a bool is on and off");
  complainIf(!isBool && config.minimumOff.count() != 0, "min_off_ms", "only a bool is on and off");
  complainIf(!isNumber && config.maximumStep, "max_step", "only a number has steps");
  if (!config.safeValue) return;
  complainIf(!isNumber && !isBool, "safe_value", "a text has no safe value");
  complainIf(!rules.safeValue, "safe_value",
             "it does not fit the type (allowed: 0 and 1 for bool, a whole number for integers)");
  const bool isOut = (config.minimum && *config.safeValue < *config.minimum) ||
                     (config.maximum && *config.safeValue > *config.maximum);
  complainIf(isOut, "safe_value", "it is out of `min` to `max`");
}

}  // namespace

void PointConfig::describe(Shape<PointConfig> &shape) {
  shape.required("name", &PointConfig::name, "name within this instance, `boiler/temp`")
      .example("boiler/temp")
      .range(1, 200);
  shape.optional("number", &PointConfig::number, "integer id on the older protocols").example(59).range(1, 2147483647);
  shape.optional("register", &PointConfig::registerText, "place in Modicon notation: `40001` is holding register 0")
      .example("40001")
      .suggested();
  shape.optional("table", &PointConfig::table, "address space, with `address` instead of `register`");
  shape.optional("address", &PointConfig::address, "address in the table, from 0").example(10).range(0, 65535);
  shape.optional("type", &PointConfig::type, "what the registers hold; bool for coils, discrete inputs and with `bit`")
      .example("float32")
      .suggested();
  shape.optional("bit", &PointConfig::bit, "picks one bit of a register, 0 the lowest").example(3).range(0, 15);
  shape.optional("length", &PointConfig::length, "bytes of a string, two in a register").example(16).range(1, 250);
  shape.optional("byte_order", &PointConfig::byteOrder, "order of the bytes in a register; big when left out");
  shape.optional("word_order", &PointConfig::wordOrder,
                 "order of the registers of one value; big (most significant first) when left out");
  shape.optional("unit", &PointConfig::unit, "engineering unit, `°C`").example("°C");
  shape.optional("scale", &PointConfig::scale, "value = raw × scale + offset");
  shape.optional("offset", &PointConfig::offset, "value = raw × scale + offset");
  shape.optional("deadband", &PointConfig::deadband, "a change up to this is not told, engineering units")
      .range(0, std::numeric_limits<double>::max());
  shape.optional("writable", &PointConfig::writable, "commands may write the point");
  shape.optional("verify", &PointConfig::verify, "a write is confirmed by reading back");
  shape.optional("min", &PointConfig::minimum, "lowest value that may be written, engineering units").example(5);
  shape.optional("max", &PointConfig::maximum, "highest value that may be written, engineering units").example(120);
  shape.optional("description", &PointConfig::description, "what it is, for people").example("Boiler outlet");
  shape
      .optional("verify_tolerance", &PointConfig::verifyTolerance,
                "how far a value read back may be from the written one, engineering units; the deadband when left out")
      .example(0.1)
      .range(0, std::numeric_limits<double>::max());
  shape.optional("confirm", &PointConfig::confirm,
                 "what a command needs first: `select` (the same operator selects the point), `second_person`");
  shape.optional("command_interval_ms", &PointConfig::commandInterval, "least time between two commands")
      .range(0, 86'400'000);
  shape.optional("min_on_ms", &PointConfig::minimumOn, "how long it is on before a command may switch it off")
      .range(0, 86'400'000);
  shape.optional("min_off_ms", &PointConfig::minimumOff, "how long it is off before a command may switch it on")
      .range(0, 86'400'000);
  shape.optional("max_step", &PointConfig::maximumStep, "largest change by one command, engineering units")
      .example(5)
      .range(0, std::numeric_limits<double>::max());
  shape
      .optional("safe_value", &PointConfig::safeValue,
                "what a pulse ends in, a trip writes and no interlock holds up; 0 (bool: false) when left out")
      .example(20);
  shape.optional("unit_id", &PointConfig::unitId, "unit id of the device, when not that of the instance")
      .example(2)
      .range(0, 255);
  shape.optional("poll_interval_ms", &PointConfig::pollInterval, "how often it is read, when not as the instance")
      .example(200)
      .range(10, 86'400'000);
  shape.optional("enabled", &PointConfig::enabled, "false: not read, its quality is bad:disabled");
  shape.optional("max_silence_ms", &PointConfig::maxSilence, "an unchanged value is told again after this; 0: never");
}

CommandRules PointConfig::commandRules(ValueType valueType) const {
  CommandRules rules;
  rules.confirm = confirm;
  rules.interval = commandInterval;
  rules.minimumOn = minimumOn;
  rules.minimumOff = minimumOff;
  rules.maximumStep = maximumStep;
  if (safeValue) {
    if (const auto value = convertTo(*safeValue, valueType)) rules.safeValue = *value;
  }
  return rules;
}

std::optional<ModbusPoint> settle(const PointConfig &config, quint8 unit, std::chrono::milliseconds period,
                                  const PointComplaint &complain) {
  ModbusPoint point;
  point.name = config.name;
  point.unit = static_cast<quint8>(config.unitId.value_or(unit));
  point.deadband = config.deadband;
  point.verifyTolerance = config.verifyTolerance.value_or(config.deadband);
  point.writable = config.writable;
  point.verify = config.verify;
  point.isEnabled = config.enabled;
  point.period = config.pollInterval.value_or(period);
  point.maxSilence = config.maxSilence;
  Checker checker{config, complain};
  checker.settlePlace(point);
  if (checker.complaints == 0) checker.settleType(point);
  if (checker.complaints == 0) {
    checker.checkFormat(point);
    checker.checkWriting(point);
  }
  point.address = static_cast<quint16>(checker.address);
  return checker.complaints == 0 ? std::optional(point) : std::nullopt;
}

}  // namespace tagwire::modbus
