// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exposition.h"
#include "point.h"
#include "prometheusconfig.h"

namespace prometheus_plugin {

/// What the series of a scrape make of one point, and of the scrape before as far as a rate needs it. Plain value.
class PointReading {
 public:
  /// `staleAfter`: 0: never.
  PointReading(PointId id, PointConfig config, std::chrono::milliseconds staleAfter);

  const PointConfig &config() const { return m_config; }
  /// As if nothing had ever been read.
  void forget();
  /// A scrape begins.
  void begin();
  /// A series of it that fits.
  void take(const Series &series);
  /// All has come. Nothing: the same as before, or a rate that takes one scrape more. `elapsed` only goes forward.
  std::optional<Sample> end(Time now, std::chrono::nanoseconds elapsed);
  /// Nothing came of the scrape. Nothing: the same as before.
  std::optional<Sample> fail(QualityReason reason, Time now);
  /// Why it is not one series, for people; empty: it is what the manifest says.
  QString wrong() const;

 private:
  bool isOneOfMany() const { return m_count > 1 && m_config.combine == Combine::One; }
  std::optional<Sample> sample(Time now, std::chrono::nanoseconds elapsed);
  bool goesOn(std::chrono::nanoseconds at) const;
  std::optional<double> rate(double total, std::chrono::nanoseconds at);
  Sample bad(QualityReason reason, Time now) const { return {m_last.point, Quality::bad(reason), now, {}}; }

  PointConfig m_config;
  std::chrono::milliseconds m_staleAfter;
  Sample m_last;  ///< as published; its time is the epoch before the first
  // Of the scrape under way:
  int m_count = 0;
  double m_number = 0;
  std::optional<Time> m_time;
  // Of the one before, for a rate:
  std::optional<double> m_total;
  std::chrono::nanoseconds m_totalAt{0};  ///< by the series' own clock, or by ours that only goes forward
  bool m_hasOwnTime = false;
};

}  // namespace prometheus_plugin
