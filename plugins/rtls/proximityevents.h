// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.h"
#include "model.h"

namespace tagwire::rtls {

/// Makes events "collision" and "unaccompanied" of what the boards tell. Plain class.
class ProximityEvents {
 public:
  explicit ProximityEvents(const Model &model);

  Event of(const Collision &collision) const;
  Event of(const Unaccompanied &told) const;

 private:
  QJsonObject tagJson(int tag, const Position &position) const;

  const std::vector<ProximityRule> m_rules;
  const std::vector<EscortRule> m_escorts;
  const QList<TagInfo> m_tags;  ///< only listed tags have a class
};

}  // namespace tagwire::rtls
