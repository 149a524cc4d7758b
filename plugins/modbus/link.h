// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QIODevice>
#include <QObject>

#include <chrono>
#include <memory>

#include "endpoint.h"

namespace tagwire::modbus {

constexpr qint64 readBufferBytes = 16 * 1024;

/// Bytes to and from a device: a TCP connection or a serial port. Tells the end of a link once. Thread-bound; owned by
/// the Connection.
class Link : public QObject {
  Q_OBJECT
 public:
  explicit Link(QObject *parent) : QObject(parent) {}

  /// Ends in opened() or broken(); may emit either from within.
  virtual void open() = 0;
  /// Emits nothing.
  virtual void close() = 0;
  virtual void write(const QByteArray &bytes) = 0;
  /// Sends what was written at once, without another turn of the loop.
  virtual void flush() = 0;
  /// At most readBufferBytes of what arrived; a flood beyond it stays in the kernel.
  virtual QByteArray read() = 0;
  /// What came and still waits in the kernel is taken in at once, without another turn of the loop: emits readable().
  void takeIn();

 Q_SIGNALS:
  void opened();
  void readable();
  void broken(const QString &text);

 private:
  /// -1: not open.
  virtual qintptr descriptor() const = 0;
  virtual QIODevice *device() const = 0;
};

std::unique_ptr<Link> makeLink(const Endpoint &endpoint);

}  // namespace tagwire::modbus
