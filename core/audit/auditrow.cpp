// SPDX-License-Identifier: Apache-2.0
#include "auditrow.h"

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QtEndian>

#include <algorithm>

#include "../storage/statement.h"

namespace tagwire {

namespace {

// Characters. Names of the project are far shorter; an entry of any size must not fill the queue.
constexpr qsizetype longestWord = 64;
constexpr qsizetype longestName = 500;
constexpr qsizetype longestComment = 1000;
constexpr qsizetype longestDetails = 64 * 1024;  ///< bytes

QByteArray detailsOf(const QJsonObject &details) {
  const QByteArray text = QJsonDocument(details).toJson(QJsonDocument::Compact);
  if (text.size() <= longestDetails) return storableText(QString::fromUtf8(text), longestDetails);
  return "{\"too_long\":" + QByteArray::number(text.size()) + '}';
}

void addField(QCryptographicHash &hash, const QByteArray &field) {
  const quint32 size = qToBigEndian(static_cast<quint32>(field.size()));
  hash.addData(QByteArrayView(reinterpret_cast<const char *>(&size), sizeof size));
  hash.addData(field);
}

}  // namespace

AuditRow AuditRow::fromEntry(const AuditEntry &entry) {
  AuditRow row;
  row.time = entry.time.time_since_epoch().count();
  row.kind = storableText(entry.kind, longestWord);
  row.action = storableText(entry.action, longestWord);
  row.actor = storableText(entry.actor, longestName);
  row.address = storableText(entry.address, longestName);
  row.subject = storableText(entry.subject, longestName);
  row.reference = storableText(entry.reference, longestName);
  row.comment = storableText(entry.comment, longestComment);
  row.details = detailsOf(entry.details);
  return row;
}

AuditRecord AuditRow::record() const {
  AuditRecord record;
  record.number = number;
  record.entry.time = Time(std::chrono::nanoseconds(time));
  record.entry.kind = QString::fromUtf8(kind);
  record.entry.action = QString::fromUtf8(action);
  record.entry.actor = QString::fromUtf8(actor);
  record.entry.address = QString::fromUtf8(address);
  record.entry.subject = QString::fromUtf8(subject);
  record.entry.reference = QString::fromUtf8(reference);
  record.entry.comment = QString::fromUtf8(comment);
  record.entry.details = QJsonDocument::fromJson(details).object();
  record.hash = QByteArray::fromHex(hash);
  return record;
}

std::array<const QByteArray *, 8> AuditRow::texts() const {
  return {&kind, &action, &actor, &address, &subject, &reference, &comment, &details};
}

QByteArray AuditRow::hashAfter(const QByteArray &before) const {
  QCryptographicHash sum(QCryptographicHash::Sha256);
  addField(sum, before);
  addField(sum, QByteArray::number(number));
  addField(sum, QByteArray::number(time));
  for (const QByteArray *text : texts()) addField(sum, *text);
  return sum.result().toHex();
}

qsizetype AuditRow::size() const {
  qsizetype size = sizeof *this;
  for (const QByteArray *text : texts()) size += text->size();
  return size;
}

AuditRow auditRowFrom(const Statement &row) {
  AuditRow result;
  result.number = row.integer(0);
  result.time = row.integer(1);
  int column = 2;
  for (QByteArray *text : {&result.kind, &result.action, &result.actor, &result.address, &result.subject,
                           &result.reference, &result.comment, &result.details, &result.hash}) {
    *text = row.text(column++);
  }
  return result;
}

}  // namespace tagwire
