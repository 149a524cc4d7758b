// SPDX-License-Identifier: Apache-2.0
#include "smoother.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "geometry.h"

namespace tagwire::rtls {

namespace {

/// Nobody measures finer, in any unit; and the square of what is far smaller would be 0.
constexpr double finest = 1e-6;
constexpr std::chrono::seconds patience{2};  ///< with times that do not go forward
constexpr double shortest = 0.001;  ///< seconds; two positions nearer in time than this say nothing of a velocity

double medianOf(std::vector<double> &values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return std::midpoint(*std::max_element(values.begin(), middle), *middle);
}

double apart(const Measured &one, const Measured &other) {
  return std::hypot(one.at[0] - other.at[0], one.at[1] - other.at[1], one.at[2] - other.at[2]);
}

bool isPlausible(const Measured &measured) {
  return std::ranges::all_of(measured.at,
                             [](double each) { return std::isfinite(each) && std::abs(each) <= farthestCoordinate; });
}

}  // namespace

Measured MedianSmoother::add(const Measured &measured, int window) {
  if (m_recent.size() >= static_cast<size_t>(window)) m_recent.erase(m_recent.begin());
  m_recent.push_back(measured.at);
  Measured smoothed = measured;
  std::vector<double> values;
  for (size_t axis = 0; axis < smoothed.at.size(); ++axis) {
    values.clear();
    for (const auto &each : m_recent) values.push_back(each[axis]);
    smoothed.at[axis] = medianOf(values);
  }
  return smoothed;
}

Measured KalmanSmoother::add(const Measured &measured, const Moment &now, double processNoise,
                             double measurementNoise) {
  // A sender that says 0 knows no better than the others: a variance of 0 would be certain of everything.
  const bool isKnown = measured.accuracy > 0;
  const double variance = std::pow(std::max(isKnown ? measured.accuracy : measurementNoise, finest), 2);
  const bool isOlder = now.time < m_newest.time;
  if (isOlder && now.elapsed - m_newest.elapsed >= patience) m_stage = Stage::Nothing;
  const double seconds =
      m_stage == Stage::Nothing ? 0 : std::max(0.0, std::chrono::duration<double>(now.time - m_newest.time).count());
  if (m_stage == Stage::Nothing) {
    begin(measured, variance);
  } else if (m_stage == Stage::Position && seconds >= shortest) {
    findVelocity(measured, variance, seconds, processNoise);
  } else {
    if (m_stage == Stage::Velocity) predict(seconds, processNoise);
    update(measured, variance);
  }
  if (m_stage == Stage::Nothing || !isOlder) m_newest = now;
  if (m_stage == Stage::Nothing) m_stage = Stage::Position;
  Measured smoothed;
  for (size_t axis = 0; axis < m_axes.size(); ++axis) smoothed.at[axis] = m_axes[axis].position;
  smoothed.accuracy = std::sqrt(m_p00);
  return smoothed;
}

void KalmanSmoother::begin(const Measured &measured, double variance) {
  for (size_t axis = 0; axis < m_axes.size(); ++axis) m_axes[axis] = {measured.at[axis], 0};
  m_p00 = variance;
  m_p01 = m_p11 = 0;
}

/// What predict and update come to when the velocity's variance was infinite.
void KalmanSmoother::findVelocity(const Measured &measured, double variance, double seconds, double processNoise) {
  for (size_t axis = 0; axis < m_axes.size(); ++axis) {
    Axis &each = m_axes[axis];
    each = {measured.at[axis], (measured.at[axis] - each.position) / seconds};
  }
  m_p11 = (m_p00 + variance) / (seconds * seconds) + processNoise * seconds / 3;
  m_p01 = variance / seconds;
  m_p00 = variance;
  m_stage = Stage::Velocity;
}

void KalmanSmoother::predict(double seconds, double processNoise) {
  for (Axis &axis : m_axes) axis.position += axis.velocity * seconds;
  const double squared = seconds * seconds;
  m_p00 += 2 * seconds * m_p01 + squared * m_p11 + processNoise * squared * seconds / 3;
  m_p01 += seconds * m_p11 + processNoise * squared / 2;
  m_p11 += processNoise * seconds;
}

void KalmanSmoother::update(const Measured &measured, double variance) {
  const double innovation = m_p00 + variance;
  const double rest = variance / innovation;  // 1 − gain, which would lose every digit when it is small
  const double positionGain = m_p00 / innovation;
  const double velocityGain = m_p01 / innovation;
  for (size_t axis = 0; axis < m_axes.size(); ++axis) {
    const double residual = measured.at[axis] - m_axes[axis].position;
    m_axes[axis].position += positionGain * residual;
    m_axes[axis].velocity += velocityGain * residual;
  }
  m_p11 = std::max(0.0, m_p11 - velocityGain * m_p01);
  m_p01 *= rest;
  m_p00 *= rest;
}

Smoother::Smoother(const SmoothingRule &rule) : m_rule(rule) { reset(); }

void Smoother::reset() {
  m_last.reset();
  if (m_rule.kind == SmoothingKind::Median) m_state = MedianSmoother();
  if (m_rule.kind == SmoothingKind::Kalman) m_state = KalmanSmoother();
}

Measured Smoother::add(const Measured &measured, const Moment &now) {
  if (m_rule.jump && m_last && apart(*m_last, measured) > *m_rule.jump) reset();
  Measured smoothed = smooth(measured, now);
  if (!isPlausible(smoothed)) {
    reset();
    smoothed = smooth(measured, now);
  }
  if (m_rule.jump) m_last = smoothed;
  return smoothed;
}

Measured Smoother::smooth(const Measured &measured, const Moment &now) {
  if (auto *median = std::get_if<MedianSmoother>(&m_state)) return median->add(measured, m_rule.window);
  if (auto *kalman = std::get_if<KalmanSmoother>(&m_state)) {
    return kalman->add(measured, now, m_rule.processNoise, m_rule.measurementNoise);
  }
  return measured;
}

}  // namespace tagwire::rtls
