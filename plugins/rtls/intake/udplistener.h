// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSocketNotifier>

#include <memory>

#include "intakeconfig.h"
#include "lineintake.h"
#include "network/descriptor.h"

namespace tagwire::rtls {

/// Takes datagrams in, each of one line or several, whose last needs no end. What the kernel drops because we are too
/// slow is counted. Thread-bound; owned by Intake.
class UdpListener : public QObject, public LineSource {
  Q_OBJECT
 public:
  UdpListener(const IntakeConfig &config, LineIntake &intake);

  /// `socket`, if it is open, is bound there already.
  Result<void> open(Descriptor socket);
  /// The socket once more.
  Descriptor socket() const { return Descriptor::duplicateOf(m_socket.number()); }
  /// Why open() failed: somebody else listens there.
  bool isPortTaken() const { return m_isPortTaken; }
  quint16 port() const { return m_port; }

 private:
  static constexpr int linesOfDatagram = 1000;  ///< it can't hold more of any use

  void startReading();
  int takeSome(int most) override;
  int readDatagram();
  int cutDatagram(QByteArrayView datagram, const QHostAddress &address, quint16 port);
  void countLost(quint32 lost);

  const IntakeConfig m_config;
  LineIntake &m_intake;
  Descriptor m_socket;
  std::unique_ptr<QSocketNotifier> m_readable;
  QByteArray m_buffer;
  QString m_sender;      ///< of m_lines
  QString m_connection;  ///< of m_lines
  QByteArrayList m_lines;
  qsizetype m_next = 0;  ///< of m_lines
  quint16 m_port = 0;
  quint32 m_lost = 0;  ///< what the kernel said last
  bool m_isPortTaken = false;
};

}  // namespace tagwire::rtls
