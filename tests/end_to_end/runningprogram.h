// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QWebSocket>

/// A port that nobody listens on at this moment.
quint16 freePort();

/// For setChildProcessModifier(): a child does not outlive a test that was killed.
void endWithTheTest();

/// `tagwire run` with a manifest of the test, in a folder that goes away.
class RunningProgram {
 public:
  RunningProgram();
  ~RunningProgram();

  /// Writes the manifest, starts, and waits for "ready". False when the program ended instead.
  bool start(const QByteArray &manifest);
  /// SIGTERM; the exit code, or -1 when it did not end within 30 s.
  int terminate();
  void kill();

  QProcess &process() { return m_process; }
  qint64 processId() const { return m_process.processId(); }
  QString folder() const { return m_folder.path(); }
  QString file(const char *name) const { return m_folder.filePath(QLatin1String(name)); }
  QString errors() { return QString::fromUtf8(m_errors += m_process.readAllStandardError()); }
  /// Resident memory in KiB (VmRSS).
  qint64 residentKiB() const;

 private:
  QTemporaryDir m_folder;
  QProcess m_process;
  QByteArray m_errors;
};

/// A WebSocket client that keeps every message.
class Client {
 public:
  explicit Client(const QString &url);
  bool waitOpen();
  void send(const QByteArray &json) { m_socket.sendTextMessage(QString::fromUtf8(json)); }
  QList<QJsonObject> messages;
  /// The first message for which `test` holds, waited for up to 30 s; an empty object if there is none.
  template <class Test>
  QJsonObject waitFor(Test test);
  int closeCode = 0;

 private:
  QWebSocket m_socket;
};

struct HttpAnswer {
  int status = 0;
  QByteArray body;
  QJsonObject json() const { return QJsonDocument::fromJson(body).object(); }
};
HttpAnswer http(quint16 port, const QByteArray &method, const QByteArray &path, const QByteArray &body = {});

template <class Test>
QJsonObject Client::waitFor(Test test) {
  QDeadlineTimer deadline(30'000);
  qsizetype seen = 0;
  while (!deadline.hasExpired()) {
    for (; seen < messages.size(); ++seen) {
      if (test(messages[seen])) return messages[seen];
    }
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
  }
  return {};
}
