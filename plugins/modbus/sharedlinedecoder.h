// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtu.h"

namespace tagwire::modbus {

/// Requests on a line that others share: between them go the answers of the other units, which are no requests but end
/// where the next request begins. Plain class; owned by a server's link.
class SharedLineDecoder : public FrameDecoder {
 public:
  std::optional<Frame> next() override {
    while (m_error.isEmpty() && !m_bytes.isEmpty()) {
      RtuDecoder requests(RtuDecoder::Reads::Requests);
      requests.add(m_bytes);
      if (auto frame = requests.next()) {
        m_bytes = m_bytes.right(requests.pending());
        return frame;
      }
      RtuDecoder answers(RtuDecoder::Reads::Answers);
      answers.add(m_bytes);
      if (!answers.next()) {
        const bool isNeither = !requests.error().isEmpty() && !answers.error().isEmpty();
        return isNeither ? fail(requests.error()) : std::nullopt;
      }
      m_bytes = m_bytes.right(answers.pending());
    }
    return std::nullopt;
  }

  /// The line fell silent: see RtuDecoder.
  std::optional<Frame> atSilence() {
    RtuDecoder requests(RtuDecoder::Reads::Requests);
    if (m_error.isEmpty()) requests.add(m_bytes);
    clear();
    return requests.atSilence();
  }
};

}  // namespace tagwire::modbus
