// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <array>
#include <utility>

namespace tagwire::ws {

/// The wire contracts. An endpoint of the manifest can name all but RtlsEvents, which comes with rtls-manager (R1-35).
enum class ProtocolKind : quint8 { RtlsManager, Device, Alarms, Rooms, Panel, Live, Omlox, RtlsEvents };

constexpr auto enumWords(ProtocolKind) {
  return std::array{std::pair{"rtls-manager", ProtocolKind::RtlsManager},
                    std::pair{"device", ProtocolKind::Device},
                    std::pair{"alarms", ProtocolKind::Alarms},
                    std::pair{"rooms", ProtocolKind::Rooms},
                    std::pair{"panel", ProtocolKind::Panel},
                    std::pair{"live", ProtocolKind::Live},
                    std::pair{"omlox", ProtocolKind::Omlox}};
}

/// The manifest's word for it, where it has one.
constexpr const char *wordOf(ProtocolKind kind) {
  for (const auto &[word, each] : enumWords(kind)) {
    if (each == kind) return word;
  }
  return "rtls-events";
}

}  // namespace tagwire::ws
