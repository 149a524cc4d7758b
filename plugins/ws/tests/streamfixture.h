// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSslSocket>
#include <QTest>

#include "listener.h"
#include "patience.h"
#include "testcertificate.h"

namespace tagwire::ws {

/// Takes down what a stream tells.
struct RecordingUser : StreamUser {
  explicit RecordingUser(std::unique_ptr<Stream> given) : stream(std::move(given)) { stream->setUser(this); }

  void streamReadable() override {
    ++told;
    input += stream->read();
  }
  void streamTook(qint64 bytes) override { took += bytes; }
  void streamEnded() override { ++ended; }

  std::unique_ptr<Stream> stream;
  QByteArray input;
  qint64 took = 0;
  int told = 0;
  int ended = 0;
};

/// A listener, plain or TLS, and what arrived there.
struct StreamFixture {
  explicit StreamFixture(bool isTls) {
    if (isTls) listener.useTls(TestCertificate("one").config(folder), Clock().now());
    listener.open({QHostAddress(QHostAddress::LocalHost), 0});
    QObject::connect(&listener, &Listener::arrived, &listener,
                     [this] { users.push_back(std::make_unique<RecordingUser>(listener.take())); });
  }

  /// A connected client with the handshake done, if there is one.
  std::unique_ptr<QSslSocket> client(bool isTls) {
    auto socket = std::make_unique<QSslSocket>();
    socket->setPeerVerifyMode(QSslSocket::VerifyNone);
    const size_t before = users.size();
    if (isTls) {
      socket->connectToHostEncrypted(QStringLiteral("127.0.0.1"), listener.port());
    } else {
      socket->connectToHost(QStringLiteral("127.0.0.1"), listener.port());
    }
    const auto isReady = [&] {
      return users.size() > before && socket->state() == QAbstractSocket::ConnectedState &&
             (!isTls || socket->isEncrypted());
    };
    return testing::waitFor(isReady) ? std::move(socket) : nullptr;
  }
  RecordingUser &last() { return *users.back(); }

  QTemporaryDir folder;
  Listener listener;
  std::vector<std::unique_ptr<RecordingUser>> users;
};

}  // namespace tagwire::ws
