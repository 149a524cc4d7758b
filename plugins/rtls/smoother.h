// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <variant>
#include <vector>

#include "moment.h"

namespace tagwire::rtls {

enum class SmoothingKind : quint8 { None, Median, Kalman };
constexpr auto enumWords(SmoothingKind) {
  return std::array{std::pair{"none", SmoothingKind::None}, std::pair{"median", SmoothingKind::Median},
                    std::pair{"kalman", SmoothingKind::Kalman}};
}

/// How positions of a tag are smoothed. Plain value.
struct SmoothingRule {
  SmoothingKind kind = SmoothingKind::None;
  int window = 5;               ///< median: how many positions
  double processNoise = 0;      ///< kalman: power spectral density of the acceleration, length²/s³
  double measurementNoise = 0;  ///< kalman: standard deviation of a position on each axis
  std::optional<double> jump;   ///< farther than this from the smoothed position begins anew
};

/// A position with its standard deviation on each axis (NaN: not known).
struct Measured {
  std::array<double, 3> at{};
  double accuracy = std::numeric_limits<double>::quiet_NaN();
};

/// The middle of the last positions, each axis by itself; of an even number the mean of the two in the middle. The
/// accuracy is that of the newest one. Plain value.
class MedianSmoother {
 public:
  Measured add(const Measured &measured, int window);

 private:
  std::vector<std::array<double, 3>> m_recent;  ///< oldest first
};

/// A Kalman filter for a tag that moves at a constant velocity but for white noise in its acceleration. The axes are
/// independent of each other and share one covariance P, for they have the same noises and times. With dt the time
/// since the last position, q the process noise and R = σ² the measurement noise (the position's own accuracy as σ, if
/// it says one):
///
///   predict  x = F x, P = F P Fᵀ + Q,  F = [1 dt; 0 1],  Q = q [dt³/3 dt²/2; dt²/2 dt]
///   update   K = P [1 0]ᵀ / (P₀₀ + R), x = x + K (z − x₀), P = (I − K [1 0]) P
///
/// (Bar-Shalom, Li, Kirubarajan: Estimation with Applications to Tracking and Navigation, 2001: 5.2 the filter, 6.2.2
/// the model in continuous time.) It begins by two-point differencing (5.5.3): nothing is known of the velocity before
/// a second position that is at least a millisecond later. A position that is older than the last one counts as being
/// of its time. When nothing newer has come for two seconds, the newest one's clock was wrong, or was put right since:
/// the filter begins anew with the next position, whatever its time. Plain value.
class KalmanSmoother {
 public:
  Measured add(const Measured &measured, const Moment &now, double processNoise, double measurementNoise);

 private:
  struct Axis {
    double position = 0;
    double velocity = 0;
  };
  void begin(const Measured &measured, double variance);
  void findVelocity(const Measured &measured, double variance, double seconds, double processNoise);
  void predict(double seconds, double processNoise);
  void update(const Measured &measured, double variance);

  std::array<Axis, 3> m_axes;
  double m_p00 = 0;  ///< variance of the position
  double m_p01 = 0;
  double m_p11 = 0;  ///< variance of the velocity
  Moment m_newest;   ///< source time of the newest position, and when that came
  enum class Stage : quint8 { Nothing, Position, Velocity };
  Stage m_stage = Stage::Nothing;
};

/// Smooths the positions of one tag by its rule. Begins anew after reset(), at a jump, and where the smoothed position
/// would be none that a fix may have. Plain value.
class Smoother {
 public:
  explicit Smoother(const SmoothingRule &rule = {});
  bool isOff() const { return m_rule.kind == SmoothingKind::None; }
  /// `now`: its source time, and when it came.
  Measured add(const Measured &measured, const Moment &now);
  void reset();

 private:
  Measured smooth(const Measured &measured, const Moment &now);

  SmoothingRule m_rule;
  std::variant<std::monostate, MedianSmoother, KalmanSmoother> m_state;
  std::optional<Measured> m_last;  ///< what add() gave; only when jumps are looked for
};

}  // namespace tagwire::rtls
