// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpSocket>
#include <QUdpSocket>
#include <QtTest>

#include "intake/intake.h"
#include "rtls.h"
#include "testing/testcontext.h"

namespace tagwire::rtls {

/// An intake with real sockets on loopback.
class IntakeFixture : public QObject {
 protected:
  void reset() {
    m_context = std::make_unique<TestContext>(QStringLiteral("uwb"));
    m_taken.clear();
    m_refusal.clear();
  }

  std::unique_ptr<Intake> make(const char *intake) {
    QString errors;
    const auto config = readConfig<RtlsConfig>("{\"managers\":[\"M\"],\"intake\":" + QByteArray(intake) + "}", &errors);
    if (!config) qFatal("%s", qPrintable(errors));
    auto made = std::make_unique<Intake>(config->intake, *m_context, [this](const IncomingFix &fix) -> Result<void> {
      if (!m_refusal.isEmpty()) return failure(m_refusal);
      m_taken << fix;
      return {};
    });
    if (const auto opened = made->open(); !opened) qFatal("%s", qPrintable(opened.error()));
    return made;
  }

  double dropped(const char *reason) const {
    return m_context->metrics().counter("tagwire_rtls_intake_dropped_total", "", {{"reason", reason}}).value();
  }

  double refused(const char *reason) const {
    return m_context->metrics().counter("tagwire_rtls_fixes_refused_total", "", {{"reason", reason}}).value();
  }

  std::unique_ptr<QTcpSocket> dial(quint16 port) {
    auto socket = std::make_unique<QTcpSocket>();
    socket->connectToHost(QHostAddress::LocalHost, port);
    if (!socket->waitForConnected()) qFatal("not connected");
    return socket;
  }

  void send(QTcpSocket &socket, const QByteArray &bytes) {
    socket.write(bytes);
    while (socket.bytesToWrite() > 0) QTest::qWait(1);
  }

  static QByteArray lineOf(const char *tag, double x) {
    return "{\"ID\":\"" + QByteArray(tag) + "\",\"X\":" + QByteArray::number(x) + ",\"Y\":2}\n";
  }

  std::unique_ptr<TestContext> m_context;
  QList<IncomingFix> m_taken;
  QString m_refusal;  ///< what whoever takes fixes says; empty: takes them
};

}  // namespace tagwire::rtls
