// SPDX-License-Identifier: Apache-2.0
#include "query/cursor.h"

#include <QCryptographicHash>
#include <QDataStream>
#include <QIODevice>

#include "record.h"

namespace tagwire::sql {

namespace {

constexpr qsizetype checksumBytes = 4;
constexpr qsizetype longestCursor = 4096;
constexpr auto base64Format = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;

enum class Kind : quint8 { Values = 1, Events = 2 };

QByteArray shortHash(const QByteArray &content) {
  return QCryptographicHash::hash(content, QCryptographicHash::Sha256).left(checksumBytes);
}

template <class... Parts>
QString sealed(Kind kind, bool newestFirst, const Parts &...parts) {
  QByteArray content;
  QDataStream stream(&content, QIODevice::WriteOnly);
  stream << static_cast<quint8>(kind) << newestFirst;
  (stream << ... << parts);
  return QString::fromLatin1((content + shortHash(content)).toBase64(base64Format));
}

template <class... Parts>
bool unsealed(const QString &cursor, Kind kind, bool newestFirst, Parts &...parts) {
  if (cursor.size() > longestCursor) return false;
  const auto decoded =
      QByteArray::fromBase64Encoding(cursor.toLatin1(), base64Format | QByteArray::AbortOnBase64DecodingErrors);
  if (!decoded || decoded.decoded.size() <= checksumBytes) return false;
  const QByteArray content = decoded.decoded.chopped(checksumBytes);
  if (shortHash(content) != decoded.decoded.last(checksumBytes)) return false;
  QDataStream stream(content);
  quint8 givenKind = 0;
  bool givenOrder = false;
  stream >> givenKind >> givenOrder;
  (stream >> ... >> parts);
  return stream.status() == QDataStream::Ok && stream.atEnd() && givenKind == static_cast<quint8>(kind) &&
         givenOrder == newestFirst;
}

tl::unexpected<QString> notOurs() {
  return failure(
      QStringLiteral("after is no cursor of this question (allowed: next of the page before, with the "
                     "question unchanged)"));
}

}  // namespace

QString toCursor(const ReadingPlace &place, bool newestFirst) {
  return sealed(Kind::Values, newestFirst, nanosecondsOf(place.time), place.ofSameTime, place.isBegun,
                place.point.toUtf8());
}

QString toCursor(const EventPlace &place, bool newestFirst) {
  return sealed(Kind::Events, newestFirst, nanosecondsOf(place.time), place.id);
}

Result<ReadingPlace> valuePlace(const QString &cursor, bool newestFirst) {
  ReadingPlace place;
  qint64 time = 0;
  QByteArray name;
  if (!unsealed(cursor, Kind::Values, newestFirst, time, place.ofSameTime, place.isBegun, name)) return notOurs();
  place.time = Time(std::chrono::nanoseconds(time));
  place.point = QString::fromUtf8(name);
  return place;
}

Result<EventPlace> eventPlace(const QString &cursor, bool newestFirst) {
  EventPlace place;
  qint64 time = 0;
  if (!unsealed(cursor, Kind::Events, newestFirst, time, place.id)) return notOurs();
  place.time = Time(std::chrono::nanoseconds(time));
  return place;
}

}  // namespace tagwire::sql
