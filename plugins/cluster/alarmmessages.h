// SPDX-License-Identifier: Apache-2.0
// What nodes ask a hub's alarm desk, and its answers, as messages.
#pragma once

#include "alarmfields.h"

namespace tagwire::cluster {

/// A method of AlarmDesk. The numbers travel.
enum class DeskCall : quint8 {
  Standing,
  Alarm,
  Act,
  Areas,
  History,
  Statistics,
  Rules,
  RuleVersions,
  ChangeRule,
};

struct DeskAsk {
  DeskCall call = DeskCall::Standing;
  QCborArray given;
};
QByteArray encodeAsk(DeskCall call, const QCborArray &given);
/// Errors: not of this version, or no call that there is.
Result<DeskAsk> decodeAsk(const QByteArray &bytes);

/// An answer in messages that NATS carries: each up to 128 KiB, all of them up to 32 MiB. One that is longer becomes an
/// error that says so.
QByteArrayList encodeAnswer(const Result<QCborValue> &answer);

/// Puts the messages of one answer together. They come in order, as one connection of the hub sends them.
class AnswerParts {
 public:
  /// True: that was the last one, or it can't be read. Then answer() is there.
  bool add(const QByteArray &message);
  /// The inner error is that of the desk. An error also for what is no answer of this version.
  Result<QCborValue> answer() const;

 private:
  QByteArray m_bytes;
  int m_next = 0;
  bool m_isGood = true;
};

template <class... Given>
QCborArray givenOf(const PointNaming &naming, const Given &...given) {
  const FieldWriter writer(naming);
  QCborArray list;
  (list.append(writer.cborOf(given)), ...);
  return list;
}

/// False: they are others than these.
template <class Tuple>
bool takeGiven(const PointNaming &naming, const QCborArray &list, Tuple &given) {
  const FieldReader reader(naming);
  qsizetype at = 0;
  return list.size() == static_cast<qsizetype>(std::tuple_size_v<Tuple>) &&
         std::apply([&](auto &...each) { return (reader.take(list.at(at++), each) && ...); }, given);
}

}  // namespace tagwire::cluster
