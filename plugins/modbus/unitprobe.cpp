// SPDX-License-Identifier: Apache-2.0
#include "unitprobe.h"

#include <algorithm>
#include <utility>

namespace tagwire::modbus {
namespace {

constexpr qsizetype timesTaken = 5;
constexpr int mostBusy = 3;

// Read device identification (MODBUS Application Protocol V1.1b3, 6.21).
constexpr quint8 basicCategory = 1;
constexpr quint8 regularCategory = 2;
constexpr quint8 firstRegularObject = 3;

constexpr std::array probedTables{Table::Coil, Table::Discrete, Table::Input, Table::Holding};

bool isBusy(const Reply &reply) {
  return reply.kind == Reply::Kind::Exception && (reply.exception == 5 || reply.exception == 6);
}

QString nameOf(quint8 object) {
  constexpr std::array names{"VendorName",  "ProductCode", "MajorMinorRevision", "VendorUrl",
                             "ProductName", "ModelName",   "UserApplicationName"};
  return object < names.size() ? QString::fromLatin1(names[object]) : QStringLiteral("object %1").arg(object);
}

/// Devices send what they like; a terminal must not be steered by it.
QString printable(const QByteArray &bytes) {
  QString text;
  for (const char c : bytes) {
    const auto code = static_cast<quint8>(c);
    const bool isPlain = code >= 0x20 && code < 0x7F && c != '\\';
    text += isPlain ? QString(QLatin1Char(c)) : QStringLiteral("\\x%1").arg(code, 2, 16, QLatin1Char('0'));
  }
  return u'"' + text + u'"';
}

QString milliseconds(std::chrono::nanoseconds time) {
  return QString::number(std::chrono::duration<double, std::milli>(time).count(), 'f', 2);
}

QString valueText(Table table, quint16 value) {
  if (holdsBits(table)) return QString::number(value);
  return QStringLiteral("0x%1  %2").arg(value, 4, 16, QLatin1Char('0')).arg(value);
}

}  // namespace

UnitProbe::UnitProbe(quint8 unit, const QList<AddressRange> &ranges, bool tellsValues)
    : m_unit(unit), m_ranges(ranges), m_tellsValues(tellsValues) {}

std::optional<QByteArray> UnitProbe::question() const {
  switch (m_step) {
    case Step::Presence:
    case Step::Times:
      return readPdu(Table::Holding, 0, 1);
    case Step::Tables:
      return readPdu(probedTables[m_table], 0, 1);
    case Step::Identity:
      return readIdentificationPdu(m_category, m_object);
    case Step::Scan: {
      const AddressRange block = *m_scan->block();
      return readPdu(block.table, static_cast<quint16>(block.first), static_cast<quint16>(block.size()));
    }
    case Step::Over:
      break;
  }
  return std::nullopt;
}

void UnitProbe::replied(const Reply &reply, std::chrono::nanoseconds took) {
  if (m_step == Step::Presence) return takePresence(reply, took);
  if (m_step != Step::Times) return take(reply);
  m_times.append(took);
  if (m_times.size() >= timesTaken) tellTimes();
}

void UnitProbe::failed(QualityReason reason, const QString &text) {
  if (m_step == Step::Presence) {
    m_presence = reason == QualityReason::Timeout ? Presence::Silent : Presence::Unusable;
    m_why = text;
    m_step = Step::Over;
    return;
  }
  if (m_step == Step::Times) return tellTimes();
  take({.kind = Reply::Kind::Invalid, .bytes = {}, .exception = 0, .error = text});
}

void UnitProbe::takePresence(const Reply &reply, std::chrono::nanoseconds took) {
  m_presence = isOfGateway(reply) ? Presence::Unreachable : Presence::Answers;
  m_why = reply.error;
  m_step = isOfGateway(reply) ? Step::Over : Step::Times;
  m_times.append(took);
}

void UnitProbe::take(const Reply &reply) {
  if (m_step == Step::Tables) return takeTable(reply);
  if (m_step == Step::Identity) return takeIdentity(reply);
  if (m_step == Step::Scan) takeBlock(reply);
}

void UnitProbe::tellTimes() {
  std::sort(m_times.begin(), m_times.end());
  const QString median = milliseconds(m_times[m_times.size() / 2]);
  say(QStringLiteral("unit %1").arg(m_unit), QStringLiteral("answers in %1 ms (median of %2; %3 ms at best)")
                                                 .arg(median)
                                                 .arg(m_times.size())
                                                 .arg(milliseconds(m_times.first())));
  m_step = Step::Tables;
}

void UnitProbe::takeTable(const Reply &reply) {
  const bool isUnknown = reply.kind == Reply::Kind::Exception && reply.exception == 1;
  m_isServed[m_table] = reply.kind != Reply::Kind::Invalid && !isUnknown;
  QString verdict = QStringLiteral("can be read");
  if (reply.kind == Reply::Kind::Invalid) verdict = reply.error;
  if (reply.kind == Reply::Kind::Exception) verdict = QStringLiteral("at address 0: ") + reply.error;
  if (isUnknown) verdict = reply.error;
  say(QStringLiteral("  ") + wordOf(probedTables[m_table]), verdict);
  if (++m_table == probedTables.size()) m_step = Step::Identity;
}

void UnitProbe::takeIdentity(const Reply &reply) {
  if (reply.kind == Reply::Kind::Answer) {
    const auto part = identificationAt(reply.bytes);
    if (part) m_objects.insert(part->objects);
    m_why = part ? QStringLiteral("no objects in it") : part.error();
    // It has to go up: some would begin anew for ever.
    if (part && part->next && *part->next > m_object) {
      m_object = *part->next;
      return;
    }
  } else {
    m_why = reply.error;
  }
  if (m_category == basicCategory && !m_objects.isEmpty()) {
    // A device that has no more answers as far as it can (6.21: by its own conformity level).
    m_category = regularCategory;
    m_object = firstRegularObject;
    return;
  }
  tellIdentity();
  beginScan();
}

void UnitProbe::tellIdentity() {
  if (m_objects.isEmpty()) say(QStringLiteral("  identification"), QStringLiteral("none: ") + m_why);
  for (auto object = m_objects.cbegin(); object != m_objects.cend(); ++object) {
    say(QStringLiteral("  ") + nameOf(object.key()), printable(object.value()));
  }
}

void UnitProbe::beginScan() {
  m_step = Step::Over;
  while (!m_ranges.isEmpty()) {
    const AddressRange range = m_ranges.takeFirst();
    if (!m_isServed[static_cast<size_t>(range.table)]) continue;
    m_scan.emplace(range);
    m_foundInScan = 0;
    m_step = Step::Scan;
    return;
  }
}

void UnitProbe::takeBlock(const Reply &reply) {
  if (isBusy(reply) && ++m_busy <= mostBusy) return;
  m_busy = 0;
  if (reply.kind == Reply::Kind::Answer) {
    m_scan->answered(reply.bytes);
  } else if (reply.kind == Reply::Kind::Invalid || isOfGateway(reply)) {
    m_scan->unanswered();
  } else {
    m_scan->refused();
  }
  m_why = reply.error;
  tellFound();
  if (m_scan->block()) return;
  tellEnd();
  beginScan();
}

void UnitProbe::tellFound() {
  const QList<FoundRange> found = m_scan->takeFound();
  for (const FoundRange &each : found) {
    m_foundInScan += each.range.size();
    const QString words =
        each.range.size() == 1 ? QStringLiteral("1 address") : QStringLiteral("%1 addresses").arg(each.range.size());
    say(QStringLiteral("  ") + toText(each.range), words);
    for (int i = 0; m_tellsValues && i < each.values.size(); ++i) {
      const int address = each.range.first + i;
      say(QStringLiteral("    ") + toText(AddressRange{each.range.table, address, address}),
          valueText(each.range.table, each.values[i]));
    }
  }
  m_found += found;
}

void UnitProbe::tellEnd() {
  const AddressRange &range = m_scan->range();
  if (const auto at = m_scan->givenUpAt()) {
    say(QStringLiteral("  ") + toText(AddressRange{range.table, *at, range.last}),
        QStringLiteral("left out: ") + m_why + QStringLiteral(", time and again"));
  } else if (m_foundInScan == 0) {
    say(QStringLiteral("  ") + toText(range), QStringLiteral("none can be read: ") + m_why);
  }
}

void UnitProbe::say(const QString &label, const QString &text) {
  constexpr int labelWidth = 24;
  m_lines << label.leftJustified(labelWidth - 1) + u' ' + text;
}

QStringList UnitProbe::takeLines() { return std::exchange(m_lines, {}); }

QList<FoundRange> UnitProbe::takeFound() { return std::exchange(m_found, {}); }

}  // namespace tagwire::modbus
