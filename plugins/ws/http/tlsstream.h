// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSslSocket>

#include "http/plainstream.h"

namespace tagwire::ws {

/// A stream inside TLS. What is written before the handshake is done waits for it; who owns it sets the deadline.
class TlsStream : public Stream {
  Q_OBJECT
 public:
  TlsStream(Descriptor socket, const QHostAddress &peerAddress, quint16 peerPort,
            const QSslConfiguration &configuration);

  QByteArray read() override;
  void setReading(bool on) override;
  void write(const QByteArray &bytes) override;
  qint64 bytesToWrite() const override;
  void endWriting() override;
  void abort() override;

 private:
  void noticeInput();
  void noticeProgress(qint64 bytes);
  void tell();
  void sayGoodbye();
  void discardRest();
  void lose();

  static constexpr qsizetype readBuffer = 64 * 1024;  ///< a few records

  QSslSocket m_socket;
  Descriptor m_rest;  ///< the connection below, once TLS is over
  std::unique_ptr<QSocketNotifier> m_restReadable;
  qint64 m_taken = 0;  ///< that the user was not told of yet
  bool m_isReading = true;
  bool m_isTellDue = false;
  bool m_endsWriting = false;
};

}  // namespace tagwire::ws
