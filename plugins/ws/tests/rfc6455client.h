// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDeadlineTimer>
#include <QTcpSocket>
#include <QTimer>
#include <QtEndian>

#include "rawclient.h"
#include "rfc6455cases.h"

namespace tagwire::ws {

/// Reads what a server sent and forgives nothing: frames are whole messages without a mask or reserved bits, have the
/// shortest length field and known opcodes, text is UTF-8, and nothing comes behind a close.
class Rfc6455Reader {
 public:
  /// `input`: all that came so far.
  void read(const QByteArray &input) {
    while (m_problem.isEmpty() && takeFrame(input)) continue;
    m_hasRest = m_at < input.size();
  }
  const QList<Rfc6455Message> &answers() const { return m_answers; }
  /// 0: no close frame came, or one without a code.
  int closeCode() const { return m_closeCode; }
  bool isClosed() const { return m_isClosed; }
  /// A frame has begun that is not complete.
  bool hasRest() const { return m_hasRest; }
  /// What was wrong first; empty if nothing was.
  const QString &problem() const { return m_problem; }

 private:
  static int octet(const QByteArray &input, qsizetype at) { return static_cast<quint8>(input[at]); }

  bool complain(const char *what) {
    m_problem = QStringLiteral("octet %1: %2").arg(m_at).arg(QLatin1String(what));
    return false;
  }
  bool takeFrame(const QByteArray &input) {
    if (input.size() - m_at < 2) return false;
    const int size7 = octet(input, m_at + 1) & 0x7f;
    const qsizetype head = size7 == 127 ? 10 : size7 == 126 ? 4 : 2;
    if (input.size() - m_at < head) return false;
    quint64 size = static_cast<quint64>(size7);
    if (head == 4) size = qFromBigEndian<quint16>(input.constData() + m_at + 2);
    if (head == 10) size = qFromBigEndian<quint64>(input.constData() + m_at + 2);
    const int first = octet(input, m_at);
    if (m_isClosed) return complain("something behind the close");
    if ((first & 0x70) != 0) return complain("reserved bits");
    if ((first & 0x80) == 0) return complain("a fragment, or no FIN in a control frame");
    if ((octet(input, m_at + 1) & 0x80) != 0) return complain("masked");
    if ((head == 4 && size < 126) || (head == 10 && size <= 0xFFFF)) return complain("length field too long");
    if (size > 0x7fffffff) return complain("length past all reason");
    if (input.size() - m_at < head + static_cast<qsizetype>(size)) return false;
    if (!takePayload(first & 0x0f, input.mid(m_at + head, static_cast<qsizetype>(size)))) return false;
    m_at += head + static_cast<qsizetype>(size);
    return true;
  }
  bool takePayload(int opcode, const QByteArray &payload) {
    if (opcode >= 8 && payload.size() > 125) return complain("control frame too long");
    if (opcode == 1 && !payload.isValidUtf8()) return complain("text that is no UTF-8");
    if (opcode == 8) return takeClose(payload);
    if (opcode != 1 && opcode != 2 && opcode != 10) return complain("an opcode that nobody asked for");
    m_answers << Rfc6455Message{opcode, payload};
    return true;
  }
  bool takeClose(const QByteArray &payload) {
    m_isClosed = true;
    if (payload.isEmpty()) return true;
    if (payload.size() == 1) return complain("half a close code");
    m_closeCode = qFromBigEndian<quint16>(payload.constData());
    if (!payload.mid(2).isValidUtf8()) return complain("a close reason that is no UTF-8");
    return true;
  }

  qsizetype m_at = 0;
  QList<Rfc6455Message> m_answers;
  int m_closeCode = 0;
  bool m_isClosed = false;
  bool m_hasRest = false;
  QString m_problem;
};

/// Runs one case against a server in this program, as a client that never ends the connection itself.
class Rfc6455Client {
 public:
  Rfc6455Client(quint16 port, const Rfc6455Case &rules) : m_client(port), m_case(rules) {
    m_client.socket().setSocketOption(QAbstractSocket::LowDelayOption, 1);
  }

  /// What was not as it must be; empty if all was.
  QString run(const QByteArray &path) {
    m_client.send(RawClient::upgradeHead(path));
    if (!wait([this] { return m_client.status() != 0; }) || m_client.status() != 101) {
      return QStringLiteral("no upgrade");
    }
    m_isOpen = m_client.dropHead();
    if (!sendPieces()) return QStringLiteral("failed too early: ") + told();
    if (m_case.isClosedByClient) {
      wait([this] { return m_reader.answers().size() >= m_case.answers.size() || isOver(); });
      if (!m_reader.problem().isEmpty()) return m_reader.problem();
      if (isOver()) return QStringLiteral("ended by the server: ") + told();
      m_client.send(rfc6455Frame(8, QByteArray("\x03\xe8", 2)));
    }
    wait([this] { return isOver(); });
    return judge();
  }

 private:
  bool isOver() const { return !m_reader.problem().isEmpty() || !m_client.isConnected(); }

  /// A turn of the event loop, in which the server takes what was sent: on the loopback it is there at once.
  void turn(QEventLoop::ProcessEventsFlags flags = QEventLoop::AllEvents) {
    QCoreApplication::processEvents(flags);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    if (m_isOpen) m_reader.read(m_client.input());
  }
  /// QTest::qWaitFor sleeps for 10 ms at a time, which hundreds of cases would add up.
  template <typename Condition>
  bool wait(Condition isMet) {
    const QDeadlineTimer deadline(5000);
    QTimer wake;
    wake.start(100);
    while (!isMet() && !deadline.hasExpired()) turn(QEventLoop::WaitForMoreEvents);
    return isMet();
  }

  /// Only as many pieces as the server must have; false if it failed before that.
  bool sendPieces() {
    for (qsizetype i = 0; i < m_case.pieces.size() && !isOver(); ++i) {
      m_client.send(m_case.pieces[i]);
      turn();
      if (i < m_case.acceptedPieces) {
        turn();
        if (isOver() || m_reader.isClosed()) return false;
      }
      if (i == m_case.acceptedPieces) break;
    }
    return true;
  }

  QString judge() {
    if (!m_reader.problem().isEmpty()) return m_reader.problem();
    if (m_reader.answers() != m_case.answers) return QStringLiteral("other answers: ") + told();
    if (m_reader.hasRest()) return QStringLiteral("half a frame at the end");
    if (!m_reader.isClosed()) return QStringLiteral("no close frame");
    if (m_reader.closeCode() != m_case.code) return QStringLiteral("another close code: ") + told();
    if (m_client.isConnected()) return QStringLiteral("closed, but the connection was not ended");
    if (m_client.socket().error() != QAbstractSocket::RemoteHostClosedError) return m_client.socket().errorString();
    return {};
  }
  QString told() const {
    QStringList all;
    for (const auto &[opcode, payload] : m_reader.answers()) {
      all << QStringLiteral("%1 %2").arg(opcode).arg(QString::fromLatin1(payload.left(40).toPercentEncoding(" ,")));
    }
    return QStringLiteral("[%1] and close %2").arg(all.join(u'|')).arg(m_reader.closeCode());
  }

  RawClient m_client;
  const Rfc6455Case &m_case;
  Rfc6455Reader m_reader;
  bool m_isOpen = false;
};

}  // namespace tagwire::ws
