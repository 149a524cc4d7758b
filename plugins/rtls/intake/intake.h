// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tcplistener.h"
#include "udplistener.h"

namespace tagwire::rtls {

/// The listeners of one instance, which take fixes in as lines. Thread-bound; owned by Rtls.
class Intake : public QObject {
  Q_OBJECT
 public:
  Intake(const QList<IntakeConfig> &configs, PluginContext &context, LineIntake::Take take);
  ~Intake() override;

  /// All of them, or none and the reason; a port that is taken is told to the host.
  Result<void> open();
  void close();
  /// Where each listens, in the order of the manifest.
  QList<quint16> ports() const;

 private:
  template <class Listener>
  Result<void> openOne(std::vector<std::unique_ptr<Listener>> &all, const IntakeConfig &config);
  void countConnections();

  PluginContext &m_context;
  const QList<IntakeConfig> m_configs;
  LineIntake m_lines;
  std::vector<std::unique_ptr<UdpListener>> m_udp;
  std::vector<std::unique_ptr<TcpListener>> m_tcp;
};

}  // namespace tagwire::rtls
