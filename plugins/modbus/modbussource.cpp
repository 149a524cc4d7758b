// SPDX-License-Identifier: Apache-2.0
#include "modbussource.h"

#include <algorithm>
#include <numeric>

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds staleCheckInterval{500};
constexpr std::chrono::seconds calmAfter{1};
constexpr std::chrono::seconds wordsPause{5};

/// Addresses (2) and, with some devices, counts over a hole (3) are refused for the block; its points may be fine.
bool refusesAddresses(const Reply &reply) { return reply.exception == 2 || reply.exception == 3; }

Poller::Settings pollerSettings(const SourceSettings &settings, const Bus &bus) {
  return {settings.suspendAfter, settings.longestPause, bus.isLine(), bus.settings().hasSecondConnection,
          settings.units};
}

}  // namespace

ModbusSource::Counters::Counters(Metrics &metrics)
    : requests(metrics.counter("tagwire_modbus_requests_total", "Requests sent")),
      answers(metrics.counter("tagwire_modbus_answers_total", "Valid answers, without exceptions")),
      exceptions(metrics.counter("tagwire_modbus_exceptions_total", "Exceptions answered")),
      timeouts(metrics.counter("tagwire_modbus_timeouts_total", "Requests without an answer in time")),
      invalid(metrics.counter("tagwire_modbus_invalid_answers_total", "Answers that broke the protocol")),
      reconnects(metrics.counter("tagwire_modbus_connects_total", "Attempts to connect")),
      scans(metrics.counter("tagwire_modbus_scans_total", "Blocks read, well or not")),
      skipped(metrics.counter("tagwire_modbus_skipped_cycles_total", "Poll cycles left out because time was short")),
      answerTime(metrics.histogram("tagwire_modbus_answer_seconds", "From a request to its answer")),
      cycleTime(metrics.histogram("tagwire_modbus_cycle_seconds",
                                  "Poll cycles of blocks, from when one was due until it was read")) {}

ModbusSource::ModbusSource(const SourceSettings &settings, std::shared_ptr<Bus> bus, const QList<ModbusPoint> &points,
                           const QList<PointId> &ids, PluginContext &context)
    : m_context(context),
      m_settings(settings),
      m_bus(std::move(bus)),
      m_units(unitsOf(points)),
      m_poller(planBlocks(points, settings.maxGap, requestCost(m_bus->settings().endpoints.first()), settings.units),
               pollerSettings(settings, *m_bus)),
      m_commands([this](const CommandStatus &status) { tellStep(status); },
                 [this](int point, const Reading &reading) {
                   takeReading(point, reading, m_context.clock().now(), Connection::now());
                   publish();
                 },
                 settings.units),
      m_counters(context.metrics()),
      m_staleCheck(this) {
  m_points.reserve(static_cast<size_t>(points.size()));
  m_indexOf.reserve(static_cast<size_t>(points.size()));
  for (int i = 0; i < points.size(); ++i) {
    m_points.push_back({points[i], {}, ids[i]});
    m_indexOf.push_back({ids[i], i});
  }
  std::sort(m_indexOf.begin(), m_indexOf.end());
  m_bus->addUnits(m_units);
  m_staleCheck.setInterval(staleCheckInterval);
  connect(&m_staleCheck, &QTimer::timeout, this, &ModbusSource::takeStale);
}

ModbusSource::~ModbusSource() {
  m_bus->detach(this);
  m_bus->removeUnits(m_units);
}

void ModbusSource::start() {
  if (m_isRunning) return;
  m_isRunning = true;
  m_state = PluginState::Starting;
  m_statusText.clear();
  m_linkProblem.clear();
  m_wasLost = m_hasAnswered = m_isLinkTold = false;
  m_badAt = m_toldAt = Moment::min() / 2;
  m_badPoints = 0;
  m_polls.clear();
  m_batch.clear();
  for (PointState &state : m_points) {
    state.filter = {};
    if (!state.point.isEnabled) append(state, state.filter.failed(QualityReason::Disabled, m_context.clock().now()));
  }
  m_poller.begin(Connection::now());
  m_staleCheck.start();
  m_bus->attach(this);
  if (m_poller.blocks() == 0) updateStatus();
}

void ModbusSource::stop() {
  if (!m_isRunning) return;
  m_bus->detach(this);
  m_staleCheck.stop();
  m_isRunning = false;
  m_polls.clear();
  m_batch.clear();
  m_commandMark = m_probeForCommand = ++m_mark;
  m_commands.failAll(QStringLiteral("the instance is stopping"));
}

void ModbusSource::execute(const Command &command) {
  if (!m_isRunning) return;
  const auto fail = [&](const QString &error) {
    tellStep(CommandStatus{command.id, command.point, CommandState::Failed, {}, error});
  };
  const int index = indexOf(command.point);
  if (index < 0) return fail(QStringLiteral("no point of this instance"));
  const PointState &state = m_points[static_cast<size_t>(index)];
  const RegisterPoint &point = state.point;
  if (!point.writable) return fail(QStringLiteral("%1 is read-only").arg(nameOf(state)));
  if (!point.isEnabled) return fail(QStringLiteral("%1 is disabled in the manifest").arg(nameOf(state)));
  // Between two attempts at a dead link there is nothing to wait for: say so at once.
  if (m_bus->isDown()) return fail(QStringLiteral("no connection to %1").arg(m_bus->endpointText()));
  m_commands.add(command, point, index);
  m_bus->wake();
}

int ModbusSource::indexOf(PointId id) const {
  const auto found = std::lower_bound(m_indexOf.begin(), m_indexOf.end(), std::pair(id, 0));
  return found != m_indexOf.end() && found->first == id ? found->second : -1;
}

QString ModbusSource::nameOf(const PointState &state) const {
  const auto declared = m_context.points().point(state.id);
  return declared ? declared->name : QString();
}

std::optional<Request> ModbusSource::takeCommand(Moment now) {
  const auto unit = m_commands.nextUnit(now);
  if (!unit) return std::nullopt;
  // It is probed, and a command would only hold up the others.
  if (!m_bus->isLine() && m_poller.isGivenUp(*unit)) {
    m_commands.unreachable(QStringLiteral("unit %1 does not answer").arg(*unit));
    return std::nullopt;
  }
  // On a line a late answer of this unit may still come: it must not be taken for the one to this command.
  if (m_bus->isLine()) {
    if (const auto probe = m_poller.probeFirst(*unit)) {
      const Request request = requestOf(*probe);
      m_probeForCommand = request.mark;
      return request;
    }
  }
  const auto write = m_commands.next(m_context.clock().now(), now);
  // What next() tells may have led to stop().
  if (!write || !m_isRunning) return std::nullopt;
  m_counters.requests.add();
  const UnitSettings &settings = m_settings.units.of(write->unit);
  m_commandMark = ++m_mark;
  return Request{write->unit, write->pdu, settings.timeout, settings.requestPause, false, m_commandMark};
}

/// Nothing for one that was asked before a stop(): on a shared line its outcome may come after the next start().
std::optional<Poller::Poll> ModbusSource::pollOf(const Request &request) {
  const auto found = m_polls.constFind(request.mark);
  if (found == m_polls.cend()) return std::nullopt;
  Poller::Poll poll = *found;
  m_polls.erase(found);
  return poll;
}

std::optional<Request> ModbusSource::takePoll(Moment now, Scope scope) {
  const auto poll = m_poller.next(now, scope);
  if (!poll) {
    updateStatus();
    return std::nullopt;
  }
  return requestOf(*poll);
}

Request ModbusSource::requestOf(const Poller::Poll &poll) {
  m_counters.requests.add();
  Request request{poll.block.unit, poll.block.request(), poll.timeout,
                  m_settings.units.of(poll.block.unit).requestPause};
  request.isAside = poll.isAside;
  request.mark = ++m_mark;
  m_polls.insert(request.mark, poll);
  return request;
}

void ModbusSource::linkOpened(Moment now) {
  // Else the schedule goes on: a device may hang up after each answer.
  if (std::exchange(m_wasLost, false)) m_poller.resume(now);
}

void ModbusSource::linkLost(QualityReason reason, const QString &text) {
  // The first one stands until the link is back: with several endpoints each attempt has words of its own.
  if (m_linkProblem.isEmpty()) m_linkProblem = text;
  m_wasLost = true;
  QList<int> all(static_cast<qsizetype>(m_points.size()));
  std::iota(all.begin(), all.end(), 0);
  takeBad(all, reason);
  m_commands.failAll(m_linkProblem);
  updateStatus();
}

void ModbusSource::answered(const Request &request, const Reply &reply, Moment now, std::chrono::nanoseconds took) {
  m_linkProblem.clear();
  m_hasAnswered = true;
  (reply.kind == Reply::Kind::Exception ? m_counters.exceptions : m_counters.answers).add();
  m_counters.answerTime.observe(std::chrono::duration<double>(took).count());
  if (!isCommand(request)) {
    pollAnswered(request, reply, now, took);
  } else {
    m_commands.answered(reply, now);
  }
  // While a link comes back its points turn good block by block; that is one change of state, not many.
  if (m_badPoints == 0 || m_poller.scans() - m_scansAtStatus >= m_poller.blocks()) updateStatus();
}

void ModbusSource::pollAnswered(const Request &request, const Reply &reply, Moment now, std::chrono::nanoseconds took) {
  const auto poll = pollOf(request);
  if (!poll) return;
  if (reply.kind == Reply::Kind::Answer) {
    m_poller.answered(*poll, now, took);
    if (!poll->isProbe) takeValues(reply.bytes, poll->block, now);
  } else if (isOfGateway(reply)) {
    takeBad(m_poller.unanswered(*poll, now), reasonOf(reply.exception));
    if (request.mark == m_probeForCommand) m_commands.unreachable(reply.error);
  } else {
    takeBad(refusesAddresses(reply) ? m_poller.refused(*poll, now) : m_poller.failed(*poll, now),
            reasonOf(reply.exception));
  }
}

void ModbusSource::unanswered(const Request &request, QualityReason reason, const QString &text, Moment now) {
  if (reason == QualityReason::Timeout) {
    m_counters.timeouts.add();
    m_linkProblem.clear();  // there is a link, or nothing could have been asked
  }
  if (reason == QualityReason::InvalidResponse) m_counters.invalid.add();
  if (isCommand(request)) {
    if (reason != QualityReason::NoConnection) takeBad(m_poller.unitFailed(request.unit, now), reason);
    m_commands.lost(text);
    return updateStatus();
  }
  const auto poll = pollOf(request);
  if (!poll) return;
  const bool isBroken = reason == QualityReason::NoConnection;
  takeBad(isBroken ? m_poller.brokeTheLink(*poll, now) : m_poller.unanswered(*poll, now), reason);
  if (request.mark == m_probeForCommand) {
    m_commands.unreachable(QStringLiteral("unit %1 does not answer: %2").arg(request.unit).arg(text));
  }
  updateStatus();
}

void ModbusSource::interrupted(const Request &request, const QString &text) {
  if (isCommand(request)) return m_commands.lost(text);
  if (const auto poll = pollOf(request)) m_poller.interrupted(*poll, Connection::now());
}

void ModbusSource::turnEnded() {
  count();
  publish();
}

void ModbusSource::takeValues(const QByteArray &bytes, const Block &block, Moment now) {
  const Time time = m_context.clock().now();
  for (const Block::Part &part : block.parts) {
    const RegisterPoint &point = m_points[static_cast<size_t>(part.point)].point;
    takeReading(part.point, readingAt(point, bytes, part.address - block.address), time, now);
  }
}

void ModbusSource::takeReading(int index, const Reading &reading, Time time, Moment now) {
  PointState &state = m_points[static_cast<size_t>(index)];
  const int before = state.filter.isBad() ? 1 : 0;
  append(state, state.filter.read(reading, state.point, time, now));
  m_badPoints += (state.filter.isBad() ? 1 : 0) - before;
}

void ModbusSource::takeBad(const QList<int> &points, QualityReason reason) {
  const Time time = m_context.clock().now();
  for (const int index : points) {
    PointState &state = m_points[static_cast<size_t>(index)];
    if (!state.point.isEnabled) continue;
    m_badPoints += state.filter.isBad() ? 0 : 1;
    append(state, state.filter.failed(reason, time));
  }
}

void ModbusSource::takeStale() {
  for (const int index : m_poller.stale(Connection::now())) {
    PointState &state = m_points[static_cast<size_t>(index)];
    append(state, state.filter.stale());
  }
  updateStatus();
  publish();
}

void ModbusSource::append(const PointState &state, std::optional<Sample> sample) {
  if (!sample) return;
  sample->point = state.id;
  m_batch.append(*std::move(sample));
}

void ModbusSource::publish() {
  if (m_batch.isEmpty() || !m_isRunning) return;
  const Samples batch = std::exchange(m_batch, {});
  Q_EMIT samplesReady(batch);
}

/// A device that comes and goes must not fill the log: all is well again after a while without anything bad, and the
/// words for what is bad change once in a while only. It also costs a look at every point to find them.
void ModbusSource::updateStatus() {
  m_scansAtStatus = m_poller.scans();
  if (!m_isRunning) return;
  const Moment now = Connection::now();
  const bool isLinkBad = !m_linkProblem.isEmpty();
  if (m_badPoints == 0 && !isLinkBad) {
    const bool isKnown = m_hasAnswered || m_poller.blocks() == 0;
    const bool isCalm = m_state == PluginState::Starting || now - m_badAt >= calmAfter;
    if (m_state != PluginState::Running && isKnown && isCalm) tellStatus(PluginState::Running, {});
    return;
  }
  m_badAt = now;
  if (m_state == PluginState::Degraded && isLinkBad == m_isLinkTold && now - m_toldAt < wordsPause) return;
  m_toldAt = now;
  m_isLinkTold = isLinkBad;
  tellStatus(PluginState::Degraded, isLinkBad ? m_linkProblem : badPointsText());
}

void ModbusSource::tellStatus(PluginState state, const QString &text) {
  if (state == m_state && text == m_statusText) return;
  m_state = state;
  m_statusText = text;
  Q_EMIT statusChanged(state, text);
}

QString ModbusSource::badPointsText() const {
  if (m_badPoints == 0) return {};
  const auto first = std::find_if(m_points.begin(), m_points.end(), [](const PointState &state) {
    return state.point.isEnabled && state.filter.isBad();
  });
  return QStringLiteral("%1 of %2 points of %3 are bad: %4 (%5%6)")
      .arg(m_badPoints)
      .arg(m_points.size())
      .arg(m_bus->endpointText(), toText(first->filter.quality().reason), nameOf(*first),
           m_badPoints > 1 ? QStringLiteral(", …") : QString());
}

void ModbusSource::tellStep(const CommandStatus &status) {
  Event event;
  event.time = m_context.clock().now();
  event.body = status;
  Q_EMIT eventRaised(event);
}

void ModbusSource::count() {
  for (const auto cycle : m_poller.takeCycles()) {
    m_counters.cycleTime.observe(std::chrono::duration<double>(cycle).count());
  }
  const auto rise = [](Counter &counter, quint64 &counted, quint64 now) {
    if (now != counted) counter.add(static_cast<double>(now - std::exchange(counted, now)));
  };
  rise(m_counters.scans, m_scansCounted, m_poller.scans());
  rise(m_counters.skipped, m_skippedCounted, m_poller.skippedCycles());
  rise(m_counters.reconnects, m_connectsCounted, m_bus->connects());
}

}  // namespace tagwire::modbus
