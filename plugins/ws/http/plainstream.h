// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSocketNotifier>

#include <memory>

#include "http/stream.h"
#include "network/descriptor.h"

namespace tagwire::ws {

/// A stream on a bare descriptor: no buffer as long as nothing waits, so that an idle client costs little.
class PlainStream : public Stream {
  Q_OBJECT
 public:
  /// `socket` is connected and does not block.
  PlainStream(Descriptor socket, const QHostAddress &peerAddress, quint16 peerPort);

  QByteArray read() override;
  void setReading(bool on) override;
  void write(const QByteArray &bytes) override;
  qint64 bytesToWrite() const override { return m_waiting.size() - m_taken; }
  void endWriting() override;
  void abort() override;

 private:
  void writeOn();
  qsizetype push(const QByteArray &bytes, qsizetype from);
  void keep(const QByteArray &bytes);
  void dropWaiting();
  void lose();

  Descriptor m_socket;  // outlives its notifiers
  QSocketNotifier m_readable;
  std::unique_ptr<QSocketNotifier> m_writable;  ///< null until something had to wait
  QByteArray m_waiting;
  qsizetype m_taken = 0;  ///< of m_waiting, by the kernel
  bool m_endsWriting = false;
};

}  // namespace tagwire::ws
