// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../command.h"
#include "interlockcondition.h"

namespace tagwire {

/// The keys by which the manifest has something done with a point: a step of a scene, a reaction.
struct ActionConfig {
  std::optional<PointReference> write = {};
  std::optional<PointReference> toggle = {};
  std::optional<PointReference> pulse = {};
  std::optional<ConfigNode> value = {};
  std::optional<std::chrono::milliseconds> duration = {};
  QString path = {};                           ///< "scenes[0].steps[2]"
  QHash<QString, ConfigLocation> places = {};  ///< of its keys, for later steps
};

template <class Config>
void describeAction(Shape<Config> &shape) {
  const auto point = [](std::optional<PointReference> ActionConfig::*member) {
    return static_cast<std::optional<PointReference> Config::*>(member);
  };
  shape.optional("write", point(&ActionConfig::write), "full name of the point that `value` is written to");
  shape.optional("toggle", point(&ActionConfig::toggle), "or of a bool point that becomes the opposite of what it is");
  shape.optional("pulse", point(&ActionConfig::pulse),
                 "or of one that gets `value`, and after `duration_ms` its safe value again");
  shape
      .optional("value", static_cast<std::optional<ConfigNode> Config::*>(&ActionConfig::value),
                "write, pulse: true, false, a number or a text, as the point is")
      .takes("number, text or true/false", "{\"type\":[\"number\",\"string\",\"boolean\"]}")
      .example(1);
  shape
      .optional("duration_ms", static_cast<std::optional<std::chrono::milliseconds> Config::*>(&ActionConfig::duration),
                "pulse: how long")
      .example(500)
      .range(10, 3'600'000);
}

/// Which of `doings` the object names, "write" or "scene"; empty after an error: it has to be one. Notes where its keys
/// stand, and reports keys that are nothing for it or lacking. `more` has the keys of the doings that are none with a
/// point: required ones of each.
QString checkAction(ActionConfig &action, const QString &path, const QMap<QString, QStringList> &more,
                    ConfigReader &reader);

/// What is done with a point, with all that it names found.
struct PointAction {
  CommandKind kind = CommandKind::Write;
  PointId point = PointId::None;
  Value value = {};  ///< of the point's type
  std::chrono::milliseconds duration{0};
  QString text = {};  ///< "write true to plc1/valve/open"

  friend bool operator==(const PointAction &, const PointAction &) = default;
};

/// Nothing after an error, or when the point is not known: that was reported. `who` can't confirm: "a scene".
std::optional<PointAction> resolveAction(const ActionConfig &config, const char *who, const ManifestNames &names,
                                         const Clock &clock, Problems &problems);

}  // namespace tagwire
