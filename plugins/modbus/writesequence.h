// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.h"
#include "unitsettings.h"

namespace tagwire::modbus {

/// The steps of one write: the request, its answer, reading back until the device shows the value. Knows what each
/// outcome means; sends nothing itself and never writes twice. Plain value; owned by the CommandQueue.
class WriteSequence {
 public:
  struct Outcome {
    CommandState state = CommandState::Unknown;
    Value actual;
    QString error;
  };

  using Moment = std::chrono::nanoseconds;

  /// Error: the value does not fit into the point's type.
  static Result<WriteSequence> make(const RegisterPoint &point, const Value &value, const UnitSettings &unit);

  const QByteArray &request() const { return m_request; }
  /// Not to be sent before this.
  Moment readyAt() const { return m_readyAt; }
  /// The request is the write itself, not yet the reading back.
  bool isWriting() const { return m_isWriting; }
  /// The device's answer (Answer or Exception) to request(). Nothing: the sequence goes on with the next request().
  std::optional<Outcome> answered(const Reply &reply, Moment now);
  /// No valid answer came to request(). Nothing: read back with the next request().
  std::optional<Outcome> lost(const QString &why);
  /// What reading back gave, once it did.
  const std::optional<Reading> &readBack() const { return m_readBack; }

 private:
  WriteSequence(const RegisterPoint &point, Value expected, QByteArray request, const UnitSettings &unit);
  void beginReadBack();
  std::optional<Outcome> writeRefused(const Reply &reply, Moment now);
  std::optional<Outcome> readBackRefused(const Reply &reply, Moment now);
  std::optional<Outcome> readBackGave(const QByteArray &bytes, Moment now);
  Outcome judge() const;
  bool matches(const Value &actual) const;

  RegisterPoint m_point;
  Value m_expected;
  QByteArray m_request;
  std::chrono::milliseconds m_verifyTime;
  Moment m_readyAt = Moment::min();
  Moment m_verifyUntil = Moment::max();
  bool m_isWriting = true;
  int m_attempts = 0;
  QString m_lost;
  std::optional<Reading> m_readBack;
};

}  // namespace tagwire::modbus
