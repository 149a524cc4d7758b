// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "modbus_net.h"
#include "modbus_wire.h"

namespace tagwire::bench {

/// The least that reads all registers of one device: requests made once, answers into an array. What is no proper
/// answer ends the program. Owned by main().
class ReadingClient {
 public:
  /// `outstanding`: most requests under way, 0 for all at once. `scanned` is called when all registers were read.
  ReadingClient(Loop &loop, std::uint16_t port, int registers, int outstanding, Loop::Call scanned)
      : m_stream(connectTo(port)), m_scanned(std::move(scanned)) {
    for (int first = 0; first < registers; first += mostRegistersInOne) {
      const int count = std::min(mostRegistersInOne, registers - first);
      const auto request = readRequest(m_blocks++, 1, first, count);
      m_requests.insert(m_requests.end(), request.begin(), request.end());
    }
    m_values.resize(static_cast<std::size_t>(registers));
    m_window = outstanding == 0 ? m_blocks : std::min(outstanding, m_blocks);
    loop.watch(m_stream.descriptor(), [this] { take(); });
  }

  /// Asks for all registers; false when the last cycle is not over yet.
  bool begin() {
    if (m_answered < m_sent) return false;
    m_sent = m_answered = 0;
    sendSome();
    return true;
  }
  const std::vector<std::uint16_t> &values() const { return m_values; }

 private:
  void sendSome() {
    const int upTo = std::min(m_answered + m_window, m_blocks);
    const auto from = static_cast<std::size_t>(m_sent) * readRequestBytes;
    const auto bytes = static_cast<std::size_t>(upTo - m_sent) * readRequestBytes;
    m_sent = upTo;
    if (bytes == 0) return;
    // A cycle's requests are a few kilobytes: a kernel that does not take them has a dead peer.
    if (!m_stream.send({m_requests.data() + from, bytes}) || m_stream.isBlocked()) giveUp("the device does not read");
  }

  void take() {
    if (!m_stream.receive()) giveUp("the device hung up");
    while (const int size = frameBytes(m_stream.received())) {
      if (size < 0) giveUp("the device answers nonsense");
      takeAnswer(m_stream.received().first(static_cast<std::size_t>(size)));
      m_stream.consume(static_cast<std::size_t>(size));
    }
    if (m_sent < m_blocks) return sendSome();
    if (m_answered == m_blocks) {
      m_answered = m_sent = 0;
      m_scanned();
    }
  }

  void takeAnswer(std::span<const std::uint8_t> answer) {
    const auto first = static_cast<std::size_t>(m_answered) * mostRegistersInOne;
    const std::size_t count = std::min<std::size_t>(mostRegistersInOne, m_values.size() - first);
    if (m_answered == m_sent || word(answer, 0) != m_answered || answer[7] != 3 || answer[8] != 2 * count) {
      giveUp("not the answer that is due");
    }
    for (std::size_t i = 0; i < count; ++i) {
      m_values[first + i] = static_cast<std::uint16_t>(word(answer, 9 + 2 * i));
    }
    ++m_answered;
  }

  Stream m_stream;
  Loop::Call m_scanned;
  std::vector<std::uint8_t> m_requests;
  std::vector<std::uint16_t> m_values;
  int m_blocks = 0;
  int m_window = 0;
  int m_sent = 0;
  int m_answered = 0;
};

}  // namespace tagwire::bench
