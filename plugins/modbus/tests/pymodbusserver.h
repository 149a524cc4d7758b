// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QProcess>
#include <QTest>

#include "patience.h"

namespace tagwire::modbus {

/// tests/pymodbus_server.py in a process of its own. Thread-bound; owned by the test.
class PymodbusServer {
 public:
  /// Not where pymodbus is missing.
  static bool isThere() { return *PYMODBUS_PYTHON != '\0'; }

  ~PymodbusServer() {
    m_process.kill();
    m_process.waitForFinished();
  }

  /// "tcp", or "rtu" with device and baud. False: it did not start.
  bool start(const QStringList &arguments) {
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.start(QStringLiteral(PYMODBUS_PYTHON), QStringList(QStringLiteral(PYMODBUS_SERVER)) + arguments);
    QByteArray said;
    const bool isReady = testing::waitFor([&] {
      said += m_process.readAll();
      return said.contains("ready ") && said.endsWith('\n');
    });
    if (!isReady) qWarning("%s", said.constData());
    m_port = said.mid(said.indexOf("ready ") + 6).trimmed().toUShort();
    return isReady;
  }
  quint16 port() const { return m_port; }

 private:
  QProcess m_process;
  quint16 m_port = 0;
};

}  // namespace tagwire::modbus
