// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSslConfiguration>
#include <QSslSocket>
#include <QTcpServer>
#include <QtTest>

namespace tagwire::alarms {

/// A mail as the server got it.
struct ReceivedMail {
  QByteArray from;
  QByteArrayList to;
  QByteArray text;

  QByteArray header(const QByteArray &name) const {
    const QByteArray head = text.first(text.indexOf("\r\n\r\n") + 2);
    const qsizetype at = head.indexOf("\r\n" + name + ": ");
    if (at < 0) return {};
    qsizetype end = at + 2;
    do end = head.indexOf("\r\n", end + 2);
    while (end + 2 < head.size() && head[end + 2] == ' ');
    return head.mid(at + name.size() + 4, end - at - name.size() - 4);
  }
  QByteArray body() const { return QByteArray::fromBase64(text.mid(text.indexOf("\r\n\r\n") + 4)); }
};

/// A small SMTP server that keeps what it gets and answers as the test says.
class MailServer : public QTcpServer {
 public:
  MailServer() {
    if (!listen(QHostAddress::LocalHost)) qFatal("no port");
    m_port = serverPort();
  }
  QByteArray url() const { return "smtp://127.0.0.1:" + QByteArray::number(m_port); }
  void comeBack() {
    if (!listen(QHostAddress::LocalHost, m_port)) qFatal("the port is gone");
  }

  QList<ReceivedMail> mails;
  QByteArrayList commands;
  QMap<QByteArray, QByteArray> answers;  ///< by the beginning of a command, instead of ours
  QByteArray silentAt;                   ///< a command that gets no answer
  std::optional<QSslConfiguration> tls;  ///< offers STARTTLS
  bool offersAuth = false;

 protected:
  void incomingConnection(qintptr descriptor) override {
    auto *socket = new QSslSocket(this);
    socket->setSocketDescriptor(descriptor);
    connect(socket, &QSslSocket::disconnected, socket, &QObject::deleteLater);
    connect(socket, &QSslSocket::readyRead, socket, [this, socket] { read(socket); });
    say(socket, answers.value("CONNECT", "220 test ESMTP"));
  }

 private:
  struct Session {
    QByteArray buffer;
    ReceivedMail mail;
    bool isInData = false;
    bool isInAuth = false;
  };

  static void say(QSslSocket *socket, const QByteArray &line) { socket->write(line + "\r\n"); }

  void read(QSslSocket *socket) {
    Session &session = m_sessions[socket];
    session.buffer += socket->readAll();
    while (true) {
      const QByteArray end = session.isInData ? "\r\n.\r\n" : "\r\n";
      const qsizetype at = session.buffer.indexOf(end);
      if (at < 0) return;
      const QByteArray piece = session.buffer.first(at);
      session.buffer.remove(0, at + end.size());
      session.isInData ? takeMail(socket, session, piece) : takeCommand(socket, session, piece);
    }
  }

  void takeMail(QSslSocket *socket, Session &session, const QByteArray &text) {
    session.isInData = false;
    session.mail.text = text + "\r\n";
    const QByteArray answer = answers.value("END", "250 taken");
    if (answer.startsWith('2')) mails << session.mail;
    if (silentAt != "END") say(socket, answer);
  }

  void takeCommand(QSslSocket *socket, Session &session, const QByteArray &line) {
    commands << line;
    const QByteArray verb = line.left(4).toUpper();
    if (!silentAt.isEmpty() && line.startsWith(silentAt)) return;
    for (auto each = answers.cbegin(); each != answers.cend(); ++each) {
      if (line.startsWith(each.key())) return say(socket, each.value());
    }
    if (verb == "EHLO") {
      say(socket, "250-test");
      if (tls && !socket->isEncrypted()) say(socket, "250-STARTTLS");
      if (offersAuth) say(socket, "250-AUTH PLAIN");
      return say(socket, "250 8BITMIME");
    }
    if (verb == "STAR") {
      say(socket, "220 go on");
      socket->setSslConfiguration(*tls);
      return socket->startServerEncryption();
    }
    if (verb == "AUTH") {
      session.isInAuth = true;
      return say(socket, "334 ");
    }
    if (std::exchange(session.isInAuth, false)) return say(socket, "235 welcome");
    if (verb == "MAIL") session.mail = {.from = line.mid(10), .to = {}, .text = {}};
    if (verb == "RCPT") session.mail.to << line.mid(8);
    if (verb == "DATA") {
      session.isInData = true;
      return say(socket, "354 go on");
    }
    say(socket, verb == "QUIT" ? "221 bye" : "250 ok");
  }

  QHash<QSslSocket *, Session> m_sessions;
  quint16 m_port = 0;
};

}  // namespace tagwire::alarms
