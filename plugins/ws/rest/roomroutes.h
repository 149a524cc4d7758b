// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "rest/part.h"

namespace tagwire::ws {

class JsonText;
struct Room;

/// /api/v1/rooms (R4-8), and statistics and broadcasts of the `rooms` clients (R4-9, R4-10). A change is answered once
/// it would outlive a restart, or after 5 s with what is known then.
class RoomRoutes : public RestPart {
 public:
  RoomRoutes(Router &router, GatewayState &state);

  void tick() override;

 private:
  /// An answer that waits for the disk.
  struct Wait {
    std::chrono::nanoseconds deadline;
    Answer answer;
    bool isAnswered = false;
  };

  void list(const Call &call) const;
  void one(const Call &call) const;
  void create(const Call &call);
  void rename(const Call &call);
  void remove(const Call &call);
  void statistics(const Call &call) const;
  void broadcast(const Call &call);

  /// The room that the path names, when the caller holds `right` on it; else it is answered.
  std::optional<int> roomOf(const Call &call, Right right) const;
  void putRoom(JsonText &json, const Room &room) const;
  void refuse(const Call &call, const Refusal &refusal) const;
  void answerWhenKept(const Call &call, const Response &response);
  Time now() const { return m_state.context.clock().now(); }

  GatewayState &m_state;
  std::vector<std::shared_ptr<Wait>> m_waits;
};

}  // namespace tagwire::ws
