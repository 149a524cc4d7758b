// SPDX-License-Identifier: Apache-2.0
#include "serverlink.h"

#include <QPointer>

#include <algorithm>
#include <cmath>

#include "rtu.h"

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

constexpr qint64 chunkBytes = 4096;

}  // namespace

ServerLink::ServerLink(ModbusServer &server, std::unique_ptr<QIODevice> device, const Endpoint &endpoint,
                       const QString &peer)
    : m_server(server),
      m_device(std::move(device)),
      m_isLine(endpoint.isLine()),
      m_peer(peer),
      m_decoder(m_isLine ? static_cast<FrameDecoder &>(m_line) : m_tcp) {
  // MODBUS over Serial Line 2.5.1.1: 3.5 characters, fixed at 1.75 ms above 19200 baud.
  const double gapSeconds = std::max(3.5 * endpoint.characterSeconds(), 0.00175);
  const bool isSerial = endpoint.transport == Transport::Serial;
  m_gap = isSerial ? std::chrono::milliseconds(std::lround(std::ceil(gapSeconds * 1000))) : 50ms;
  // USB adapters hold the end of a frame back for up to 16 ms.
  m_slack = isSerial ? 20ms : 50ms;
  m_silence.setSingleShot(true);
  m_silence.setTimerType(Qt::PreciseTimer);
  m_heard.start();
  m_frameBegan.start();
  m_taken.start();
  connect(&m_silence, &QTimer::timeout, this, &ServerLink::fellSilent);
  connect(m_device.get(), &QIODevice::readyRead, this, &ServerLink::work);
  connect(m_device.get(), &QIODevice::bytesWritten, this, [this] {
    m_taken.start();
    work();
  });
}

bool ServerLink::isStuck(std::chrono::milliseconds limit) const {
  const bool isHalf = m_decoder.pending() > 0 && !isHeldUp() && m_frameBegan.elapsed() > limit.count();
  return isHalf || (m_device->bytesToWrite() > 0 && m_taken.elapsed() > limit.count());
}

void ServerLink::end() {
  m_isOver = true;
  m_silence.stop();
  m_device->disconnect(this);
  m_device->close();
}

/// A new request on a line means that the client waits no longer for the answer to the last one.
bool ServerLink::isHeldUp() const {
  return m_isOver || (m_isWaiting && !m_isLine) || m_device->bytesToWrite() > mostBuffered;
}

void ServerLink::work() {
  if (m_isWorking) return;
  m_isWorking = true;
  while (!isHeldUp() && workOne()) {
  }
  m_isWorking = false;
  if (m_isOver) return;
  if (m_isLine) return armSilence();
  if (!m_decoder.error().isEmpty()) m_server.dropFaulty(this);
}

/// One frame, or else one more chunk of bytes; false when there is neither.
bool ServerLink::workOne() {
  if (const auto frame = m_decoder.next()) {
    m_frameBegan.start();
    serve(*frame);
    return true;
  }
  const bool isBroken = !m_decoder.error().isEmpty();
  if (isBroken && !m_isLine) return false;
  if (m_decoder.pending() == 0) m_frameBegan.start();
  const QByteArray bytes = m_device->read(chunkBytes);
  if (bytes.isEmpty()) return false;
  m_heard.start();
  m_silence.stop();
  if (!isBroken) m_decoder.add(bytes);
  return true;
}

void ServerLink::armSilence() {
  if (m_silence.isActive()) return;
  if (!m_decoder.error().isEmpty()) m_silence.start(m_gap);
  if (m_decoder.pending() > 0) m_silence.start(m_gap + m_slack);
}

void ServerLink::fellSilent() {
  if (m_isOver) return;
  if (const auto frame = m_line.atSilence()) serve(*frame);
  work();
}

void ServerLink::serve(const Frame &frame) {
  m_isWaiting = true;
  const auto reply = [this, link = QPointer<ServerLink>(this), turn = ++m_turn,
                      frame](const std::optional<QByteArray> &pdu) {
    if (!link || m_isOver || turn != m_turn || !m_isWaiting) return;
    m_isWaiting = false;
    if (pdu) send(frame, *pdu);
    work();
  };
  m_server.answer(frame, m_peer, m_isLine, reply);
}

void ServerLink::send(const Frame &request, const QByteArray &pdu) {
  if (m_device->bytesToWrite() == 0) m_taken.start();
  const Frame answer{request.transaction, request.unit, pdu};
  m_device->write(m_isLine ? encodeRtu(answer) : encodeMbap(answer));
}

}  // namespace tagwire::modbus
