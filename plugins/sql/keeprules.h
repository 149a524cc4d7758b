// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "config.h"
#include "pointtable.h"
#include "sample.h"
#include "topicfilter.h"

namespace tagwire::sql {

/// Which of a point's values are worth keeping.
enum class Keep : quint8 { All, OnChange, Deadband, SwingingDoor, Period, None };

constexpr auto enumWords(Keep) {
  return std::array{std::pair{"all", Keep::All},           std::pair{"on_change", Keep::OnChange},
                    std::pair{"deadband", Keep::Deadband}, std::pair{"swinging_door", Keep::SwingingDoor},
                    std::pair{"period", Keep::Period},     std::pair{"none", Keep::None}};
}

/// An entry of the configuration's `rules`.
struct KeepRule {
  QStringList points;
  Keep keep = Keep::All;
  double deviation = 0;
  std::chrono::milliseconds period{0};
  std::chrono::milliseconds longest{0};

  static void describe(Shape<KeepRule> &shape);
  /// Keys that the rule needs, and those that do nothing in it.
  void check(const QString &path, ConfigReader &reader) const;
};

/// Decides for each sample whether it is kept. A change of quality always is, and so is what comes late (older than
/// the newest kept): nothing can tell what it changes.
///   on_change      differs from the last one kept
///   deadband       a number further from the last one kept than `deviation`; a position likewise, by distance
///   swinging_door  as few as let straight lines between them pass within `deviation` of every value left out (E. H.
///                  Bristol, "Swinging door trending", ISA 1990); one value per point is held back until the next
///   period         not before `period` after the last one kept
/// Thread-bound; owned by the SqlSink.
class KeepRules {
 public:
  using Take = std::function<void(const Sample &)>;
  static constexpr std::chrono::seconds longestHeld{60};

  /// Without a rule that fits, a point that `wanted` accepts is kept as it is.
  KeepRules(const TopicFilter &wanted, const QList<KeepRule> &rules);

  /// Gives those to be kept now: none, this one, or first the one that was held back.
  void offer(const Sample &sample, const Point &point, const Take &take);
  /// Gives what is held back, for the end.
  void flush(const Take &take);
  /// Gives what is held back since `longestHeld`, or the rule's `longest`: a point that fell silent. Call it now and
  /// then.
  void release(Time now, const Take &take);
  /// Whether everything of a point is kept that was offered before.
  bool keepsAll(PointId id) const {
    const auto index = static_cast<size_t>(id);
    return index < m_points.size() && m_points[index].isKnown && m_points[index].rule == nullptr &&
           m_points[index].isWanted;
  }

 private:
  struct Entry {
    TopicFilter points;
    KeepRule rule;
  };
  struct State {
    bool isKnown = false;
    bool isWanted = false;
    bool hasKept = false;
    bool hasHeld = false;
    const KeepRule *rule = nullptr;  ///< null: all
    Sample kept;                     ///< the newest one that was kept
    Sample held;                     ///< swinging door: came after it
    Time heldSince;                  ///< when it came, as release() counts; 0: it has not been seen there
    double steepest = 0;             ///< swinging door: slopes per nanosecond that the next line must lie between
    double flattest = 0;
  };

  State &stateOf(PointId id, const Point &point);
  static void keep(State &state, const Sample &sample, const Take &take);
  static bool isDue(const State &state, const Sample &sample);
  static void swing(State &state, const Sample &sample, const Take &take);
  static void openDoor(State &state, const Sample &sample);

  const TopicFilter m_wanted;
  std::vector<Entry> m_rules;
  std::vector<State> m_points;  ///< by point id
  bool m_mayHold = false;       ///< a rule holds values back
};

}  // namespace tagwire::sql
