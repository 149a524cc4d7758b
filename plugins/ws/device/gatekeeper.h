// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimeZone>

#include <memory>
#include <utility>
#include <vector>

#include "device/model.h"
#include "device/payload.h"
#include "timestamp.h"
#include "value.h"

namespace tagwire::ws {

/// What an accepted payload says. Plain value.
struct Reading {
  Time time;
  std::optional<Time> claimed;                     ///< its own timestamp, when that is too far ahead to be true
  std::vector<std::pair<int, Value>> fields;       ///< by their place in Model::fields()
  std::vector<std::pair<QString, Value>> unknown;  ///< by path, when the model accepts such
  int unusable = 0;                                ///< unknown fields that can't be points
};

/// Holds every payload of one device against its model: all of it is taken, or none (R2-5, R2-6). Plain class, never
/// changed.
class Gatekeeper {
 public:
  Gatekeeper(const QString &device, std::shared_ptr<const Model> model, QTimeZone zone);

  const Model &model() const { return *m_model; }
  /// `now`: the time of a payload that names none.
  tl::expected<Reading, Rejection> judge(const QByteArray &payload, Time now) const;

  /// How far a device's clock may be ahead of ours.
  static constexpr std::chrono::minutes furthestAhead{5};

 private:
  std::optional<Rejection> take(Reading &reading, std::vector<bool> &seen, const PayloadNode &node, Time now) const;
  std::optional<Rejection> takeTime(Reading &reading, const PayloadNode &node, Time now) const;
  std::optional<Rejection> takeUnknown(Reading &reading, const PayloadNode &node) const;

  QByteArray m_device;
  std::shared_ptr<const Model> m_model;
  QTimeZone m_zone;
};

}  // namespace tagwire::ws
