// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>

#include "result.h"

namespace tagwire::alarms {

/// One POST, or one mail to one recipient. Plain value.
struct Transfer {
  QByteArray url;
  QByteArray body;  ///< of the POST; the whole mail
  QList<QByteArray> headers;
  QByteArray proxy;     ///< empty: none, whatever the environment says
  QByteArray caFile;    ///< empty: the system's certificates
  QByteArray mailFrom;  ///< not empty: this is a mail
  QByteArray mailTo;
  QByteArray user;
  QByteArray password;
  bool isTlsRequired = false;  ///< mail: STARTTLS
  std::chrono::milliseconds connectTimeout{5'000};
  std::chrono::milliseconds timeout{15'000};
};

/// How it ended.
struct TransferEnd {
  QString error;      ///< why there is no answer, or, by SMTP, what was refused; empty: there is one
  int status = 0;     ///< the newest of HTTP or SMTP; 0: it did not let us speak
  QByteArray answer;  ///< the first bytes: the body of HTTP, the last line of SMTP
  std::chrono::seconds retryAfter{0};
};

/// Speaks HTTP and SMTP, with libcurl in a thread of its own, so that neither a name look-up, nor a TLS handshake, nor
/// a peer that does not answer holds up anybody. Only good-byes of SMTP may hold up the thread, so each mail server
/// gets one of its own. Thread-bound; owned by the notification desk.
class Transfers : public QObject {
  Q_OBJECT
 public:
  using Ended = std::function<void(const TransferEnd &)>;
  /// More of an answer is not read.
  static constexpr qsizetype mostRead = 64 * 1024;
  static constexpr qsizetype mostKept = 1000;

  Transfers();
  /// Ends what is under way; no `ended` is called any more.
  ~Transfers() override;

  /// `ended` comes in this thread, never from within this call.
  void begin(const Transfer &transfer, Ended ended);

 private:
  class Loop;
  void finish(int number, const TransferEnd &end);

  std::unordered_map<int, Ended> m_open;
  int m_last = 0;
  std::unique_ptr<Loop> m_loop;
};

}  // namespace tagwire::alarms
