// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QProcess>
#include <QTemporaryDir>

namespace tagwire::mqtt {

/// mosquitto as Debian ships it, on a free port of this machine, in a temporary folder; ended with its owner.
class Broker {
 public:
  Broker();
  ~Broker();
  Broker(const Broker &) = delete;
  Broker &operator=(const Broker &) = delete;

  /// Lines for mosquitto.conf, before start().
  void configure(const QByteArray &lines) { m_lines = lines; }
  /// Makes an authority, a certificate for `name` (of the host) and one for a client; listens with TLS. With
  /// `wantsClient` it takes only clients with a certificate. `days`: for so long the certificates are good, from now
  /// on. Before start().
  bool useTls(const QByteArray &name, bool wantsClient, int days = 2);
  bool setPassword(const QString &user, const QString &password);
  /// Again on the same port, after kill().
  bool start();
  /// SIGKILL.
  void kill();
  void freeze();
  void thaw();

  int port() const { return m_port; }
  QString url(const QString &host = QStringLiteral("127.0.0.1")) const;
  QString file(const QString &name) const { return m_folder.filePath(name); }
  QString error() const { return m_error; }

 private:
  bool run(const QString &program, const QStringList &arguments);

  QTemporaryDir m_folder;
  QProcess m_process;
  QByteArray m_lines;
  QString m_error;
  int m_port = 0;
  bool m_isTls = false;
};

int freePort();

}  // namespace tagwire::mqtt
