// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpSocket>
#include <QTimer>

#include "endpoint.h"
#include "mbap.h"
#include "pdu.h"

namespace tagwire::modbus {

/// One TCP connection to a Modbus server with one request under way. Anything but a proper answer in time ends it: a
/// late or odd answer can then never be taken for the next one. Does not reconnect by itself. Thread-bound; owned by
/// the ModbusSource.
class Connection : public QObject {
  Q_OBJECT
 public:
  enum class State : quint8 { Closed, Opening, Ready, Waiting };

  Connection(Endpoint endpoint, std::chrono::milliseconds timeout, QObject *parent);
  ~Connection() override;

  State state() const { return m_state; }
  /// Only when Closed. Ends in opened() or lost().
  void open();
  /// Emits nothing.
  void close();
  /// Only when Ready. Ends in replied() or lost(). The deadline runs from here.
  void send(quint8 unit, const QByteArray &pdu);

 Q_SIGNALS:
  void opened();
  /// Answer or Exception to the last request; Ready again.
  void replied(const tagwire::modbus::Reply &reply);
  /// Closed: could not be opened, was closed by the other side, was silent or answered wrongly. `before` is the state
  /// it was in.
  void lost(tagwire::QualityReason reason, const QString &text, tagwire::modbus::Connection::State before);

 private:
  void read();
  void expire();
  void fail(QualityReason reason, const QString &text);
  Reply check(const Frame &frame) const;

  Endpoint m_endpoint;
  std::chrono::milliseconds m_timeout;
  QTcpSocket *m_socket = nullptr;
  QTimer m_deadline;
  MbapDecoder m_decoder;
  State m_state = State::Closed;
  quint16 m_transaction = 0;
  quint8 m_unit = 0;
  QByteArray m_request;
};

}  // namespace tagwire::modbus
