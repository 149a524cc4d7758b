// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QTimer>

#include <memory>
#include <vector>

#include "connection.h"
#include "plugin.h"
#include "probeoptions.h"
#include "unitprobe.h"

namespace tagwire::modbus {

/// `tagwire probe modbus`: asks the units behind an endpoint, one request at a time, and prints what they answer. Only
/// ever reads. Thread-bound; owned by the program.
class ModbusProber : public Tool {
  Q_OBJECT
 public:
  ModbusProber();

  tl::expected<QString, ToolError> start(const QStringList &arguments) override;

 private:
  using Moment = Connection::Moment;

  Result<void> createCsv();
  void connectLink();
  void step();
  void stepAt(Moment moment);
  void open();
  void ask(const QByteArray &pdu);
  void onReplied(const Reply &reply, std::chrono::nanoseconds took);
  void onFailed(QualityReason reason, const QString &text);
  void onClosed(const QString &text, Connection::State before);
  QString noConnection(const QString &text, Connection::State before) const;
  void tell();
  void write(const FoundRange &found);
  void endUnit();
  void end();
  void finish(const QString &lastLine, bool isWell);

  ProbeOptions m_options;
  QFile m_csv;
  std::unique_ptr<Connection> m_connection;
  QTimer m_timer;
  qsizetype m_next = 0;
  std::optional<UnitProbe> m_unit;
  Moment m_quietUntil{0};
  int m_opens = 0;  ///< since the last question
  bool m_wasOpen = false;
  QList<quint8> m_answering;
  QList<quint8> m_silent;
  QList<quint8> m_unreachable;
  qint64 m_addresses = 0;
};

}  // namespace tagwire::modbus
