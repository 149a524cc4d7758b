// SPDX-License-Identifier: Apache-2.0
#include "intake.h"

namespace tagwire::rtls {

Intake::Intake(const QList<IntakeConfig> &configs, PluginContext &context, LineIntake::Take take)
    : m_context(context), m_configs(configs), m_lines(context, std::move(take)) {}

Intake::~Intake() { close(); }

Result<void> Intake::open() {
  for (const IntakeConfig &config : m_configs) {
    auto opened = config.udp ? openOne(m_udp, config) : openOne(m_tcp, config);
    if (opened) continue;
    close();
    return opened;
  }
  for (const auto &listener : m_tcp) {
    connect(listener.get(), &TcpListener::connectionsChanged, this, &Intake::countConnections);
  }
  return {};
}

template <class Listener>
Result<void> Intake::openOne(std::vector<std::unique_ptr<Listener>> &all, const IntakeConfig &config) {
  auto listener = std::make_unique<Listener>(config, m_lines);
  const QString kind = config.udp ? QStringLiteral("UDP") : QStringLiteral("TCP");
  const QString address = addressText(config.address().address, config.address().port);
  if (const auto opened = listener->open(m_context.takeListener(kind + u' ' + address)); !opened) {
    if (listener->isPortTaken()) m_context.portBusy(address);
    return failure(QStringLiteral("can't listen on %1 by %2: %3").arg(address, kind, opened.error()));
  }
  qCInfo(m_context.log()).noquote() << "fixes are taken in on"
                                    << addressText(config.address().address, listener->port()) << "by" << kind;
  all.push_back(std::move(listener));
  return {};
}

void Intake::close() {
  const auto leave = [this](const char *kind, const IntakeConfig &config, Descriptor socket) {
    const QString address = addressText(config.address().address, config.address().port);
    m_context.leaveListener(QLatin1String(kind) + u' ' + address, std::move(socket));
  };
  size_t udp = 0, tcp = 0;
  for (const IntakeConfig &config : m_configs) {
    if (config.udp && udp < m_udp.size()) leave("UDP", config, m_udp[udp++]->socket());
    if (config.tcp && tcp < m_tcp.size()) leave("TCP", config, m_tcp[tcp++]->socket());
  }
  m_udp.clear();
  m_tcp.clear();
  m_lines.connected(0);
}

QList<quint16> Intake::ports() const {
  QList<quint16> all;
  size_t udp = 0, tcp = 0;
  for (const IntakeConfig &config : m_configs) {
    if (config.udp && udp < m_udp.size()) all << m_udp[udp++]->port();
    if (config.tcp && tcp < m_tcp.size()) all << m_tcp[tcp++]->port();
  }
  return all;
}

void Intake::countConnections() {
  int connections = 0;
  for (const auto &listener : m_tcp) connections += listener->connections();
  m_lines.connected(connections);
}

}  // namespace tagwire::rtls
