// SPDX-License-Identifier: Apache-2.0
#include "alarmmessages.h"

#include <QtEndian>

#include "batch.h"

namespace tagwire::cluster {

namespace {

constexpr int deskVersion = 1;
constexpr qsizetype longestPart = 128 * 1024;
constexpr int mostParts = 256;
constexpr qsizetype partHead = 4;  ///< its place and how many there are, two bytes each

tl::unexpected<QString> notOurs() { return failure(QStringLiteral("not a message of this version about alarms")); }

QByteArray plainAnswer(const Result<QCborValue> &answer) {
  return QCborArray{deskVersion, answer.has_value(), answer ? *answer : QCborValue(answer.error())}
      .toCborValue()
      .toCbor();
}

QByteArray tooLong(qsizetype bytes, qsizetype allowed) {
  constexpr qsizetype mebibyte = 1024 * 1024;
  return packed(plainAnswer(failure(QStringLiteral("the answer has %1 MiB (allowed: %2): ask for less at once")
                                        .arg((bytes + mebibyte - 1) / mebibyte)
                                        .arg(allowed / mebibyte))));
}

QByteArray packedAnswer(const Result<QCborValue> &answer) {
  constexpr qsizetype longest = longestPart * mostParts;
  const QByteArray plain = plainAnswer(answer);
  if (plain.size() > longestPlain) return tooLong(plain.size(), longestPlain);
  const QByteArray bytes = packed(plain);
  return bytes.size() > longest ? tooLong(bytes.size(), longest) : bytes;
}

}  // namespace

QByteArray encodeAsk(DeskCall call, const QCborArray &given) {
  return QCborArray{deskVersion, static_cast<int>(call), given}.toCborValue().toCbor();
}

Result<DeskAsk> decodeAsk(const QByteArray &bytes) {
  const QCborArray whole = treeOf(bytes).toArray();
  qint64 call = 0;
  const bool isOurs = whole.size() == 3 && whole.at(0).toInteger() == deskVersion && whole.at(2).isArray() &&
                      isolation::takeInteger(whole.at(1), 0, static_cast<int>(DeskCall::ChangeRule), call);
  if (!isOurs) return notOurs();
  return DeskAsk{static_cast<DeskCall>(call), whole.at(2).toArray()};
}

QByteArrayList encodeAnswer(const Result<QCborValue> &answer) {
  const QByteArray bytes = packedAnswer(answer);
  const qsizetype count = (bytes.size() + longestPart - 1) / longestPart;
  QByteArrayList parts;
  for (qsizetype i = 0; i < count; ++i) {
    QByteArray part(partHead, 0);
    qToBigEndian(static_cast<quint16>(i), part.data());
    qToBigEndian(static_cast<quint16>(count), part.data() + 2);
    parts << part + bytes.mid(i * longestPart, longestPart);
  }
  return parts;
}

bool AnswerParts::add(const QByteArray &message) {
  const bool hasHead = message.size() > partHead && message.size() <= partHead + longestPart;
  const int place = hasHead ? qFromBigEndian<quint16>(message.constData()) : -1;
  const int count = hasHead ? qFromBigEndian<quint16>(message.constData() + 2) : 0;
  m_isGood = m_isGood && place == m_next && count > place && count <= mostParts;
  if (!m_isGood) return true;
  m_bytes += QByteArrayView(message).sliced(partHead);
  return ++m_next == count;
}

Result<QCborValue> AnswerParts::answer() const {
  if (!m_isGood) return notOurs();
  const auto plain = unpacked(m_bytes);
  if (!plain) return notOurs();
  const QCborArray whole = treeOf(*plain).toArray();
  if (whole.size() != 3 || whole.at(0).toInteger() != deskVersion || !whole.at(1).isBool()) return notOurs();
  if (!whole.at(1).toBool()) return failure(whole.at(2).toString());
  return whole.at(2);
}

}  // namespace tagwire::cluster
