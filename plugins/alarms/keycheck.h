// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <functional>
#include <span>

namespace tagwire::alarms {

/// Which of some keys a comparison has; bits by the keys' places in their list of names.
struct KeySet {
  quint32 required = 0;
  quint32 optional = 0;
};

using TellProblem = std::function<void(const char *key, const QString &message)>;

/// Tells of each given key that has no meaning, and of each missing one.
void checkKeys(std::span<const char *const> names, quint32 given, const KeySet &keys, const QString &comparison,
               const TellProblem &tell);
/// A width that no value ever leaves, for comparisons of one positive threshold; or a threshold that is not positive.
void checkPositive(const char *key, double threshold, double deadband, const TellProblem &tell);

}  // namespace tagwire::alarms
