// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/protocol.h"

namespace tagwire::ws {

/// What the protocols of a gateway under test were told.
struct Heard {
  QList<Session *> open;
  QStringList texts;
  int closed = 0;
  int samples = 0;
  int flushes = 0;
  int ticks = 0;
  int drained = 0;
};

/// Says back what it hears, and how many samples came; closes for "close".
class EchoProtocol : public Protocol {
 public:
  explicit EchoProtocol(Heard &heard) : m_heard(heard) {}

  std::optional<Refusal> check(const Upgrade &, const Caller &) const override { return std::nullopt; }
  void callerChanged(Session &) override {}
  void opened(Session &session) override {
    m_heard.open.append(&session);
    if (session.upgrade().variables.value(QStringLiteral("manager")) == u"nobody")
      session.close(1008, QStringLiteral("unknown"));
  }
  void received(Session &session, const QByteArray &text) override {
    m_heard.texts << QString::fromUtf8(text);
    session.send(Frame::text(text));
    if (text == "close") session.close(1000, QStringLiteral("as you wish"));
  }
  void drained(Session &) override { ++m_heard.drained; }
  void closed(Session &session) override {
    m_heard.open.removeOne(&session);
    ++m_heard.closed;
  }
  void write(const Samples &samples) override { m_heard.samples += static_cast<int>(samples.size()); }
  void notify(const Event &) override {}
  void flush() override {
    ++m_heard.flushes;
    const Frame frame = Frame::text(QByteArray::number(m_heard.samples));
    for (Session *session : std::as_const(m_heard.open)) session->send(frame);
  }
  void tick(Time) override { ++m_heard.ticks; }
  Activity activityOf(const Session &) const override { return {}; }

 private:
  Heard &m_heard;
};

}  // namespace tagwire::ws
