// SPDX-License-Identifier: Apache-2.0
#include "notify/mailtext.h"

#include <QDateTime>

#include <algorithm>

namespace tagwire::alarms {
namespace {

/// A header's value that is text: as it is, or as encoded words (RFC 2047) of at most 75 characters, none of which
/// splits a character.
QByteArray headerText(const QString &text) {
  constexpr qsizetype longestPlain = 60;
  constexpr qsizetype mostBytes = 39;  // 76 characters with the name of the header, as RFC 2047 has it
  const bool isPlain = text.size() <= longestPlain && !text.contains(QLatin1String("=?")) &&
                       std::all_of(text.cbegin(), text.cend(),
                                   [](QChar each) { return each.unicode() >= 0x20 && each.unicode() < 0x7f; });
  if (isPlain) return text.toLatin1();
  QByteArrayList words;
  QByteArray word;
  const auto end = [&] {
    if (!word.isEmpty()) words << "=?UTF-8?B?" + word.toBase64() + "?=";
    word.clear();
  };
  const QList<uint> characters = text.toUcs4();
  for (const uint character : characters) {
    const char32_t one = character < 0x20 ? U' ' : static_cast<char32_t>(character);
    const QByteArray bytes = QString::fromUcs4(&one, 1).toUtf8();
    if (word.size() + bytes.size() > mostBytes) end();
    word += bytes;
  }
  end();
  return words.join("\r\n ");
}

QByteArray inLines(const QByteArray &base64) {
  constexpr qsizetype width = 76;
  QByteArray lines;
  for (qsizetype at = 0; at < base64.size(); at += width) lines += base64.mid(at, width) + "\r\n";
  return lines;
}

}  // namespace

QByteArray mailText(const Message &message, const NotificationTarget &target) {
  QByteArrayList recipients;
  for (const MailAddress &each : target.to) recipients << '<' + each.text.toLatin1() + '>';
  const QDateTime date = QDateTime::fromMSecsSinceEpoch(toMilliseconds(message.created), Qt::UTC);
  const QByteArray number = message.key.toLatin1() + '.' + QByteArray::number(toMilliseconds(message.created));
  return "Date: " + date.toString(Qt::RFC2822Date).toLatin1() + "\r\n" +                //
         "From: <" + target.from->text.toLatin1() + ">\r\n" +                           //
         "To: " + recipients.join(",\r\n ") + "\r\n" +                                  //
         "Subject: " + headerText(message.subject) + "\r\n" +                           //
         "Message-ID: <" + number + '@' + target.from->domain().toLatin1() + ">\r\n" +  //
         "Auto-Submitted: auto-generated\r\n" +                                         //
         "X-Tagwire-Delivery: " + message.key.toLatin1() + "\r\n" +                     //
         "MIME-Version: 1.0\r\n" +                                                      //
         "Content-Type: text/plain; charset=utf-8\r\n" +                                //
         "Content-Transfer-Encoding: base64\r\n\r\n" + inLines(message.text.toUtf8().toBase64());
}

}  // namespace tagwire::alarms
