// SPDX-License-Identifier: Apache-2.0
#include "modbusserversink.h"

#include <algorithm>

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

constexpr quint8 deviceBusy = 6;
/// A scanner that comes again and again is one event as long as it does not pause for this long.
constexpr auto calm = 60s;

}  // namespace

ModbusServerSink::ModbusServerSink(const ModbusServerConfig &config, const QList<ExposedPoint> &points,
                                   PluginContext &context)
    : m_config(config),
      m_context(context),
      m_server({.clients = config.clients}),
      m_exposure(points, config.onBad, [this](quint8 unit) -> RegisterImage & { return m_server.image(unit); }),
      m_deadline(this),
      m_misfits(context.metrics().counter("tagwire_modbus_server_unfit_values_total",
                                          "Values that did not fit into their registers")) {
  m_deadline.setSingleShot(true);
  m_deadline.setTimerType(Qt::PreciseTimer);
  connect(&m_deadline, &QTimer::timeout, this, &ModbusServerSink::expireWrites);
  m_server.countIn(context.metrics());
  m_server.setAdmission([this](const QHostAddress &peer) { return m_config.admits(peer); });
  m_server.setWriteHandler([this](quint8 unit, const RegisterWrite &write, const QString &peer,
                                  const ModbusServer::Done &done) { request(unit, write, peer, done); });
  connect(&m_server, &ModbusServer::lost, this, &ModbusServerSink::lineLost);
  connect(&m_server, &ModbusServer::turnedAway, this, &ModbusServerSink::clientTurnedAway);
}

ModbusServerSink::~ModbusServerSink() { stop(); }

void ModbusServerSink::start() {
  if (m_isRunning) return;
  const QStringList problems = m_exposure.bind(m_context.points());
  showLastValues();
  if (!listen()) return;
  m_isRunning = true;
  qCInfo(m_context.log()).noquote() << "listening on" << m_server.addresses().join(QStringLiteral(", "));
  const auto state = problems.isEmpty() ? PluginState::Running : PluginState::Degraded;
  Q_EMIT statusChanged(state, QStringList(problems.mid(0, 5)).join(QStringLiteral("; ")));
}

bool ModbusServerSink::listen() {
  for (const ListenEndpoint &where : m_config.listen) {
    const auto listening = m_server.listen(where, m_context.takeListener(where.toText()));
    if (listening) continue;
    m_server.close();
    if (listening.error().isBusy) m_context.portBusy(where.toText());
    Q_EMIT statusChanged(PluginState::Failed, listening.error().text);
    return false;
  }
  return true;
}

void ModbusServerSink::stop() {
  m_isRunning = false;
  m_pending.clear();
  m_deadline.stop();
  leaveListeners();
}

void ModbusServerSink::leaveListeners() {
  auto sockets = m_server.closeClients();
  auto socket = sockets.begin();
  for (const ListenEndpoint &where : m_config.listen) {
    if (socket == sockets.end()) return;
    if (where.transport != Transport::Serial) m_context.leaveListener(where.toText(), std::move(*socket++));
  }
}

/// What came while we did not run counts too.
void ModbusServerSink::showLastValues() {
  for (const PointId id : m_exposure.pointIds()) {
    Sample last = m_context.points().last(id);
    last.point = id;
    show(last);
  }
}

void ModbusServerSink::write(const Samples &samples) {
  if (!m_isRunning) return;
  for (const Sample &sample : samples) show(sample);
  Q_EMIT written();
}

void ModbusServerSink::show(const Sample &sample) {
  const quint64 before = m_exposure.misfits();
  for (const QString &wrong : m_exposure.take(sample)) qCWarning(m_context.log()).noquote() << wrong;
  if (m_exposure.misfits() > before) m_misfits.add(static_cast<double>(m_exposure.misfits() - before));
}

void ModbusServerSink::notify(const Event &event) {
  if (!m_isRunning) return;
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) m_pending.take(*status);
}

/// The host starts us anew, and that opens the line.
void ModbusServerSink::lineLost(const QString &why) {
  stop();
  Q_EMIT statusChanged(PluginState::Failed, why);
}

void ModbusServerSink::clientTurnedAway(const QString &why) {
  const auto now = m_context.clock().elapsed();
  if (!m_turnedAway || now - *m_turnedAway > calm) qCWarning(m_context.log()).noquote() << "turned away:" << why;
  m_turnedAway = now;
}

void ModbusServerSink::request(quint8 unit, const RegisterWrite &write, const QString &peer,
                               const ModbusServer::Done &done) {
  const auto writes = m_exposure.meaning(unit, write);
  if (!writes) return done(writes.error());
  if (writes->isEmpty()) return done(0);
  if (!m_pending.hasRoomFor(writes->size())) return done(deviceBusy);
  QList<Command> commands;
  QStringList ids;
  for (const PointWrite &each : *writes) {
    commands << commandFor(each, peer);
    ids << commands.last().id;
  }
  // Before they are told: a refusal may come from within.
  m_pending.add(ids, m_context.clock().elapsed() + m_config.answerWithin, done);
  // Left running past outcomes: it looks again when it fires. All wait equally long, so it never fires too late.
  if (!m_deadline.isActive()) m_deadline.start(m_config.answerWithin);
  for (const Command &command : commands) Q_EMIT commandRequested(command);
}

void ModbusServerSink::expireWrites() {
  m_pending.expire(m_context.clock().elapsed());
  const auto next = m_pending.firstDeadline();
  if (!next) return;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(*next - m_context.clock().elapsed());
  m_deadline.start(std::max<std::chrono::milliseconds>(rest, 0ms));
}

Command ModbusServerSink::commandFor(const PointWrite &write, const QString &peer) const {
  Command command;
  command.id = newCommandId();
  command.point = write.point;
  command.value = write.value;
  command.requestedBy = QStringLiteral("modbus@") + peer;
  command.created = m_context.clock().now();
  return command;
}

}  // namespace tagwire::modbus
