// SPDX-License-Identifier: Apache-2.0
// What the manifest says of where fixes come from, what they must be like and how they are smoothed.
#pragma once

#include "config.h"
#include "fixfilter.h"
#include "network/allowednetwork.h"
#include "network/listenaddress.h"
#include "smoother.h"

namespace tagwire::rtls {

/// One listener for lines of GISData: `udp` or `tcp`.
struct IntakeConfig {
  static void describe(Shape<IntakeConfig> &shape);
  std::optional<ListenAddress> udp;
  std::optional<ListenAddress> tcp;
  QList<AllowedNetwork> from;
  std::optional<int> connections;
  std::optional<std::chrono::milliseconds> lineTimeout;

  /// Of the one that is set.
  const ListenAddress &address() const { return udp ? *udp : *tcp; }
};

/// Whether its senders may come from there.
bool isAllowed(const IntakeConfig &config, const QHostAddress &address);

struct FilterConfig {
  static void describe(Shape<FilterConfig> &shape);
  bool duplicates = false;
  bool order = false;
  std::optional<std::chrono::milliseconds> maxAge;
  std::optional<std::chrono::milliseconds> maxAhead;
  std::optional<double> maxSpeed;
  std::optional<double> maxAccuracy;

  FilterRules rules() const;
};

struct SmoothingConfig {
  static void describe(Shape<SmoothingConfig> &shape);
  SmoothingKind kind = SmoothingKind::None;
  std::optional<int> window;
  std::optional<double> processNoise;
  std::optional<double> measurementNoise;
  std::optional<double> jump;

  SmoothingRule rule() const;
};

/// What the declarations can't say; errors and warnings are reported at `at` and below it.
void checkIntake(const QList<IntakeConfig> &intake, const QString &at, ConfigReader &reader);
void checkSmoothing(const SmoothingConfig &smoothing, const QString &at, ConfigReader &reader);

}  // namespace tagwire::rtls
