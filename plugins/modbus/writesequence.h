// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.h"
#include "pdu.h"

namespace tagwire::modbus {

/// The steps of one write: the request, its answer, reading back. Knows what each outcome means; sends nothing itself
/// and never writes twice. Plain value; owned by the CommandQueue.
class WriteSequence {
 public:
  struct Outcome {
    CommandState state = CommandState::Unknown;
    Value actual;
    QString error;
  };

  /// Error: the value does not fit into the point's type.
  static Result<WriteSequence> make(const ModbusPoint &point, const Value &value);

  const QByteArray &request() const { return m_request; }
  /// The request is the write itself, not yet the reading back.
  bool isWriting() const { return m_isWriting; }
  /// The device's answer (Answer or Exception) to request(). Nothing: the sequence goes on with the next request().
  std::optional<Outcome> answered(const Reply &reply);
  /// No valid answer came to request(). Nothing: read back with the next request().
  std::optional<Outcome> lost(const QString &why);
  /// What reading back gave, once it did.
  const std::optional<Reading> &readBack() const { return m_readBack; }

 private:
  WriteSequence(const ModbusPoint &point, Value expected, QByteArray request);
  void beginReadBack();
  Outcome judge() const;
  bool matches(const Value &actual) const;

  ModbusPoint m_point;
  Value m_expected;
  QByteArray m_request;
  bool m_isWriting = true;
  int m_attempts = 0;
  QString m_lost;
  std::optional<Reading> m_readBack;
};

}  // namespace tagwire::modbus
