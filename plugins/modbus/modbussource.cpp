// SPDX-License-Identifier: Apache-2.0
#include "modbussource.h"

#include <algorithm>
#include <numeric>

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

/// A link that breaks without any answer in between is down at the second break; at the first only what was just
/// asked for is affected.
constexpr int downAfter = 2;

/// Addresses (2) and, with some devices, counts over a hole (3) are refused for the block; its points may be fine.
bool refusesAddresses(const Reply &reply) { return reply.exception == 2 || reply.exception == 3; }

}  // namespace

ModbusSource::Counters::Counters(Metrics &metrics)
    : requests(metrics.counter("tagwire_modbus_requests_total", "Requests sent")),
      answers(metrics.counter("tagwire_modbus_answers_total", "Valid answers, without exceptions")),
      exceptions(metrics.counter("tagwire_modbus_exceptions_total", "Exceptions answered")),
      timeouts(metrics.counter("tagwire_modbus_timeouts_total", "Requests without an answer in time")),
      invalid(metrics.counter("tagwire_modbus_invalid_answers_total", "Answers that broke the protocol")),
      reconnects(metrics.counter("tagwire_modbus_connects_total", "Attempts to connect")),
      scans(metrics.counter("tagwire_modbus_scans_total", "Blocks read, well or not")),
      skipped(metrics.counter("tagwire_modbus_skipped_cycles_total", "Poll cycles left out because time was short")) {}

ModbusSource::ModbusSource(const ModbusConfig &config, const QList<ModbusPoint> &points, const QList<PointId> &ids,
                           PluginContext &context)
    : m_context(context),
      m_config(config),
      m_poller(planBlocks(points, config.maxGap)),
      m_commands([this](const CommandStatus &status) { tellStep(status); }),
      m_connection(config.endpoint, config.timeout, this),
      m_counters(context.metrics()),
      m_wake(this),
      m_retry(this),
      m_backoff(200ms, 1500ms) {
  m_config.points = {};  // settled in `points`; ten thousand of them take some megabytes
  m_points.reserve(static_cast<size_t>(points.size()));
  for (int i = 0; i < points.size(); ++i) {
    m_points.push_back({points[i], ids[i], ReportFilter(points[i].deadband, points[i].maxSilence)});
    m_indexOf.insert(ids[i], i);
  }
  for (QTimer *timer : {&m_wake, &m_retry}) {
    timer->setSingleShot(true);
    timer->setTimerType(Qt::PreciseTimer);
  }
  connect(&m_wake, &QTimer::timeout, this, &ModbusSource::pump);
  connect(&m_retry, &QTimer::timeout, this, &ModbusSource::open);
  connect(&m_connection, &Connection::opened, this, [this] {
    m_poller.resume(elapsed());
    pump();
  });
  connect(&m_connection, &Connection::replied, this, &ModbusSource::takeReply);
  connect(&m_connection, &Connection::lost, this, &ModbusSource::takeLoss);
}

void ModbusSource::start() {
  if (m_isRunning) return;
  m_isRunning = true;
  m_state = PluginState::Starting;
  m_statusText.clear();
  m_linkProblem.clear();
  m_failuresInRow = 0;
  m_badPoints = 0;
  for (PointState &state : m_points) state.filter = ReportFilter(state.point.deadband, state.point.maxSilence);
  m_backoff.reset();
  m_poller.begin(elapsed());
  pump();
}

void ModbusSource::stop() {
  if (!m_isRunning) return;
  m_connection.close();
  m_wake.stop();
  m_retry.stop();
  m_sent = Sent::Nothing;
  m_isRunning = false;
  m_commands.failAll(QStringLiteral("the instance is stopping"));
}

void ModbusSource::execute(const Command &command) {
  if (!m_isRunning) return;
  const auto fail = [&](const QString &error) {
    tellStep(CommandStatus{command.id, command.point, CommandState::Failed, {}, error});
  };
  const int index = m_indexOf.value(command.point, -1);
  if (index < 0) return fail(QStringLiteral("no point of this instance"));
  const ModbusPoint &point = m_points[static_cast<size_t>(index)].point;
  if (!point.writable) return fail(QStringLiteral("%1 is read-only").arg(point.name));
  // Between two attempts at a dead link there is nothing to wait for: say so at once.
  if (m_retry.isActive()) return fail(QStringLiteral("no connection to %1").arg(m_config.endpoint.toText()));
  m_commands.add(command, point, index);
  pump();
}

/// Sends what is to be sent next, commands before polls; or sets the alarm for when there will be something.
void ModbusSource::pump() {
  if (!m_isRunning || m_retry.isActive() || m_sent != Sent::Nothing) return;
  if (m_connection.state() == Connection::State::Closed) {
    // Dialled when there is something to ask: some devices hang up whenever it is quiet for a while.
    if (m_commands.isWaiting() || m_poller.due() <= elapsed()) return open();
  }
  if (m_connection.state() == Connection::State::Ready) {
    // What next() tells may lead back here, hence the second look.
    const auto write = m_commands.next(m_context.clock().now());
    if (!m_isRunning || m_sent != Sent::Nothing || m_connection.state() != Connection::State::Ready) return;
    if (write) {
      m_sent = Sent::Command;
      m_counters.requests.add();
      return m_connection.send(write->unit, write->pdu);
    }
    if (const Block *block = m_poller.next(elapsed())) {
      m_sent = Sent::Poll;
      m_reading = *block;
      m_counters.requests.add();
      return m_connection.send(
          block->unit, readPdu(block->table, static_cast<quint16>(block->address), static_cast<quint16>(block->count)));
    }
    updateStatus();
  }
  if (!m_isRunning || m_connection.state() == Connection::State::Opening) return;
  const auto wait = m_poller.due() - elapsed();
  m_wake.start(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(wait), 0ms, std::chrono::milliseconds(1h)));
}

void ModbusSource::open() {
  if (!m_isRunning || m_connection.state() != Connection::State::Closed) return;
  m_answeredSinceOpen = false;
  m_counters.reconnects.add();
  m_connection.open();
}

void ModbusSource::takeReply(const Reply &reply) {
  m_answeredSinceOpen = true;
  m_failuresInRow = 0;
  m_linkProblem.clear();
  m_backoff.reset();
  (reply.kind == Reply::Kind::Exception ? m_counters.exceptions : m_counters.answers).add();
  const Sent sent = std::exchange(m_sent, Sent::Nothing);
  if (sent == Sent::Command) {
    if (const auto readBack = m_commands.answered(reply)) publishReadBack(*readBack);
  } else {
    takePollReply(reply);
  }
  // While a link comes back its points turn good block by block; that is one change of state, not many.
  if (m_badPoints == 0 || m_poller.scans() - m_scansAtStatus >= m_poller.blocks()) updateStatus();
  pump();
}

void ModbusSource::takePollReply(const Reply &reply) {
  if (reply.kind == Reply::Kind::Answer) {
    m_poller.answered(elapsed());
    publish(reply.bytes, m_reading);
  } else {
    const auto points = refusesAddresses(reply) ? m_poller.refused(elapsed()) : m_poller.failed(elapsed());
    publishBad(points, reasonOf(reply.exception));
  }
  countScans();
}

void ModbusSource::takeLoss(QualityReason reason, const QString &text, Connection::State before) {
  const Sent sent = std::exchange(m_sent, Sent::Nothing);
  if (reason == QualityReason::Timeout) m_counters.timeouts.add();
  if (reason == QualityReason::InvalidResponse) m_counters.invalid.add();
  if (before == Connection::State::Ready && reason == QualityReason::NoConnection) return pump();  // it was quiet

  // First, so that whoever hears of the loss and writes meanwhile is told that there is no connection.
  if (!m_answeredSinceOpen) m_retry.start(m_backoff.next());
  const bool isTimeout = reason == QualityReason::Timeout;
  if (sent == Sent::Command) m_commands.lost(text);
  if (sent == Sent::Poll) {
    const QList<int> points = isTimeout ? m_poller.timedOut(elapsed()) : m_poller.lost(elapsed());
    publishBad(points, reason);
    countScans();
  }
  // Silence is a matter of one unit; others behind the same gateway may well answer.
  const bool isDown = before == Connection::State::Opening || (!isTimeout && ++m_failuresInRow >= downAfter);
  if (isDown) {
    m_linkProblem = QStringLiteral("no connection to %1: %2").arg(m_config.endpoint.toText(), text);
    if (reason != QualityReason::NoConnection) {
      m_linkProblem = QStringLiteral("%1 answers wrongly: %2").arg(m_config.endpoint.toText(), text);
    }
    publishAllBad(reason);
    m_commands.failAll(m_linkProblem);
  }
  updateStatus();
  pump();
}

void ModbusSource::publish(const QByteArray &bytes, const Block &block) {
  const Time time = m_context.clock().now();
  Samples batch;
  for (const Block::Part &part : block.parts) {
    const ModbusPoint &point = m_points[static_cast<size_t>(part.point)].point;
    takeReading(batch, part.point, readingAt(point, bytes, part.address - block.address), time);
  }
  emitBatch(batch);
}

void ModbusSource::publishReadBack(const CommandQueue::ReadBack &readBack) {
  Samples batch;
  takeReading(batch, readBack.point, readBack.reading, m_context.clock().now());
  emitBatch(batch);
}

void ModbusSource::publishBad(const QList<int> &points, QualityReason reason) {
  const Time time = m_context.clock().now();
  Samples batch;
  for (const int index : points) {
    PointState &state = m_points[static_cast<size_t>(index)];
    m_badPoints += state.filter.isBad() ? 0 : 1;
    append(batch, state, state.filter.failed(reason, time));
  }
  emitBatch(batch);
}

void ModbusSource::publishAllBad(QualityReason reason) {
  QList<int> all(static_cast<qsizetype>(m_points.size()));
  std::iota(all.begin(), all.end(), 0);
  publishBad(all, reason);
}

void ModbusSource::takeReading(Samples &batch, int index, const Reading &reading, Time time) {
  PointState &state = m_points[static_cast<size_t>(index)];
  const int before = state.filter.isBad() ? 1 : 0;
  append(batch, state, state.filter.read(reading, time, elapsed()));
  m_badPoints += (state.filter.isBad() ? 1 : 0) - before;
}

void ModbusSource::append(Samples &batch, const PointState &state, std::optional<Sample> sample) {
  if (!sample) return;
  sample->point = state.id;
  batch.append(*sample);
}

void ModbusSource::emitBatch(const Samples &batch) {
  if (!batch.isEmpty() && m_isRunning) Q_EMIT samplesReady(batch);
}

void ModbusSource::updateStatus() {
  const QString text = m_linkProblem.isEmpty() ? badPointsText() : m_linkProblem;
  const PluginState state = text.isEmpty() ? PluginState::Running : PluginState::Degraded;
  m_scansAtStatus = m_poller.scans();
  if (!m_isRunning || (state == m_state && text == m_statusText)) return;
  m_state = state;
  m_statusText = text;
  Q_EMIT statusChanged(state, text);
}

QString ModbusSource::badPointsText() const {
  if (m_badPoints == 0) return {};
  const auto first =
      std::find_if(m_points.begin(), m_points.end(), [](const PointState &state) { return state.filter.isBad(); });
  return QStringLiteral("%1 of %2 points are bad: %3 (%4%5)")
      .arg(m_badPoints)
      .arg(m_points.size())
      .arg(toText(first->filter.last()->quality.reason), first->point.name,
           m_badPoints > 1 ? QStringLiteral(", …") : QString());
}

void ModbusSource::tellStep(const CommandStatus &status) {
  Event event;
  event.time = m_context.clock().now();
  event.body = status;
  Q_EMIT eventRaised(event);
}

void ModbusSource::countScans() {
  m_counters.scans.add(static_cast<double>(m_poller.scans() - std::exchange(m_scansCounted, m_poller.scans())));
  m_counters.skipped.add(
      static_cast<double>(m_poller.skippedCycles() - std::exchange(m_skippedCounted, m_poller.skippedCycles())));
}

}  // namespace tagwire::modbus
