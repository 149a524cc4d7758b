// SPDX-License-Identifier: Apache-2.0
#include "modbusprober.h"

#include <algorithm>

#include "modbusconfig.h"

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

constexpr int exitNobody = 69;  // EX_UNAVAILABLE

/// Some devices take a new connection only a while after the last. Others never let it come to a question.
constexpr int mostOpens = 5;
constexpr std::chrono::milliseconds reopenPause{300};
constexpr std::chrono::milliseconds shortestConnect{1000};
constexpr std::chrono::milliseconds busyPause{200};

/// On a line, behind a device server too: for a late answer to go by, before the same unit is asked for something else.
constexpr std::chrono::milliseconds shortestPauseForLate{500};

}  // namespace

ModbusProber::ModbusProber() : m_timer(this) {
  m_timer.setSingleShot(true);
  m_timer.setTimerType(Qt::PreciseTimer);
  connect(&m_timer, &QTimer::timeout, this, &ModbusProber::step);
}

tl::expected<QString, ToolError> ModbusProber::start(const QStringList &arguments) {
  const auto options = ProbeOptions::fromArguments(arguments);
  if (!options) return failure(options.error());
  if (options->wantsHelp) {
    QMetaObject::invokeMethod(
        this, [this] { Q_EMIT finished(0); }, Qt::QueuedConnection);
    return ProbeOptions::usage();
  }
  m_options = *options;
  if (const auto created = createCsv(); !created) return failure(created.error());
  m_connection = std::make_unique<Connection>(m_options.endpoint, 1);
  connectLink();
  stepAt(Connection::now());
  return QStringLiteral("asking %1 for unit ids %2, up to %3 ms each")
      .arg(m_options.endpoint.toText(), toText(m_options.units))
      .arg(m_options.timeout.count());
}

Result<void> ModbusProber::createCsv() {
  if (m_options.csv.isEmpty()) return {};
  m_csv.setFileName(m_options.csv);
  if (!m_csv.open(QIODevice::WriteOnly | QIODevice::NewOnly)) {
    return failure(
        QStringLiteral("--csv: can't make %1: %2 (allowed: a new file)").arg(m_options.csv, m_csv.errorString()));
  }
  m_csv.write("name,table,address,type,unit_id\n");
  m_csv.flush();
  return {};
}

void ModbusProber::connectLink() {
  connect(m_connection.get(), &Connection::opened, this, [this] {
    m_wasOpen = true;
    stepAt(Connection::now());
  });
  connect(m_connection.get(), &Connection::replied, this,
          [this](const Request &, const Reply &reply, std::chrono::nanoseconds took) { onReplied(reply, took); });
  connect(m_connection.get(), &Connection::failed, this,
          [this](const Request &, QualityReason reason, const QString &text) { onFailed(reason, text); });
  connect(m_connection.get(), &Connection::closed, this,
          [this](QualityReason, const QString &text, Connection::State before) { onClosed(text, before); });
}

void ModbusProber::stepAt(Moment moment) {
  m_timer.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(moment - Connection::now()), 0ms));
}

void ModbusProber::step() {
  if (!m_unit) {
    if (m_next == m_options.units.size()) return end();
    m_unit.emplace(m_options.units[m_next++], m_options.ranges, m_options.values);
  }
  const auto question = m_unit->question();
  if (!question) return endUnit();
  if (m_connection->state() == Connection::State::Opening) return;
  if (m_connection->state() == Connection::State::Closed) return open();
  const Moment quiet = std::max(m_quietUntil, m_connection->silentAt());
  if (quiet > Connection::now()) return stepAt(quiet);
  ask(*question);
}

void ModbusProber::open() {
  ++m_opens;
  m_connection->open(std::max(m_options.timeout, shortestConnect));
}

void ModbusProber::ask(const QByteArray &pdu) {
  m_opens = 0;
  Request request;
  request.unit = m_unit->unit();
  request.pdu = pdu;
  request.timeout = m_options.timeout;
  m_connection->send(request);
  m_connection->flush();
}

void ModbusProber::onReplied(const Reply &reply, std::chrono::nanoseconds took) {
  const bool isBusy = reply.kind == Reply::Kind::Exception && (reply.exception == 5 || reply.exception == 6);
  if (isBusy) m_quietUntil = Connection::now() + busyPause;
  m_unit->replied(reply, took);
  tell();
  stepAt(Connection::now());
}

void ModbusProber::onFailed(QualityReason reason, const QString &text) {
  m_unit->failed(reason, text);
  const bool goesOn = m_unit->presence() == UnitProbe::Presence::Answers;
  if (m_options.endpoint.isLine() && goesOn) {
    m_quietUntil = Connection::now() + std::max(m_options.timeout, shortestPauseForLate);
  }
  tell();
  stepAt(Connection::now());
}

void ModbusProber::onClosed(const QString &text, Connection::State before) {
  if (m_opens == 0) return stepAt(Connection::now());
  if (m_wasOpen && m_opens < mostOpens) return stepAt(Connection::now() + reopenPause);
  finish(noConnection(text, before), false);
}

QString ModbusProber::noConnection(const QString &text, Connection::State before) const {
  const QString endpoint = m_options.endpoint.toText();
  if (before != Connection::State::Open) return QStringLiteral("no connection to %1: %2").arg(endpoint, text);
  return QStringLiteral("no connection to %1 lasts: the last of %2 in a row ended before a question could be asked: %3")
      .arg(endpoint)
      .arg(m_opens)
      .arg(text);
}

void ModbusProber::tell() {
  for (const QString &text : m_unit->takeLines()) Q_EMIT line(text);
  for (const FoundRange &found : m_unit->takeFound()) write(found);
}

void ModbusProber::write(const FoundRange &found) {
  m_addresses += found.range.size();
  if (!m_csv.isOpen()) return;
  const QString table = wordOf(found.range.table);
  const QString type = wordOf(holdsBits(found.range.table) ? PointType::Bool : PointType::Uint16);
  for (int address = found.range.first; address <= found.range.last; ++address) {
    const QString row =
        QStringLiteral("unit%1/%2/%3,%2,%3,%4,%1\n").arg(m_unit->unit()).arg(table).arg(address).arg(type);
    m_csv.write(row.toUtf8());
  }
  // So that what was found is there when the user ends it.
  m_csv.flush();
}

void ModbusProber::endUnit() {
  const quint8 unit = m_unit->unit();
  switch (m_unit->presence()) {
    case UnitProbe::Presence::Answers:
      m_answering.append(unit);
      break;
    case UnitProbe::Presence::Unreachable:
      m_unreachable.append(unit);
      break;
    case UnitProbe::Presence::Unusable:
      Q_EMIT line(QStringLiteral("unit %1").arg(unit).leftJustified(24) + QStringLiteral("no usable answer: ") +
                  m_unit->why());
      break;
    case UnitProbe::Presence::Unknown:
    case UnitProbe::Presence::Silent:
      m_silent.append(unit);
      break;
  }
  m_unit.reset();
  stepAt(Connection::now());
}

void ModbusProber::end() {
  m_connection->close();
  if (!m_silent.isEmpty()) Q_EMIT line(QStringLiteral("no answer: ") + toText(m_silent));
  if (!m_unreachable.isEmpty()) Q_EMIT line(QStringLiteral("not reached, says the gateway: ") + toText(m_unreachable));
  if (!m_options.ranges.isEmpty()) Q_EMIT line(QStringLiteral("%1 addresses can be read").arg(m_addresses));
  if (m_csv.isOpen() && m_addresses > mostPoints) {
    Q_EMIT line(QStringLiteral("one instance takes up to %1 points: split %2").arg(mostPoints).arg(m_options.csv));
  }
  if (m_answering.isEmpty()) {
    return finish(QStringLiteral("nobody answers at %1").arg(m_options.endpoint.toText()), false);
  }
  const bool isOneDevice = !m_options.endpoint.isLine() && m_answering.size() > 2 && m_answering == m_options.units;
  if (isOneDevice)
    Q_EMIT line(QStringLiteral("every unit id is answered: perhaps one device that does not look at it"));
  finish(QStringLiteral("%1 of %2 unit ids answer: %3")
             .arg(m_answering.size())
             .arg(m_options.units.size())
             .arg(toText(m_answering)),
         true);
}

void ModbusProber::finish(const QString &lastLine, bool isWell) {
  m_timer.stop();
  if (m_csv.isOpen() && (!m_csv.flush() || m_csv.error() != QFileDevice::NoError)) {
    Q_EMIT line(QStringLiteral("%1 is not whole: %2").arg(m_options.csv, m_csv.errorString()));
    isWell = false;
  }
  m_csv.close();
  if (!m_options.csv.isEmpty() && m_addresses == 0) m_csv.remove();
  Q_EMIT line(lastLine);
  Q_EMIT finished(isWell ? 0 : exitNobody);
}

}  // namespace tagwire::modbus
