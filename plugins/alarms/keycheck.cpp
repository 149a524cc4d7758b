// SPDX-License-Identifier: Apache-2.0
#include "keycheck.h"

#include <QStringList>

namespace tagwire::alarms {
namespace {

QString namesOf(std::span<const char *const> names, quint32 bits) {
  QStringList all;
  for (size_t i = 0; i < names.size(); ++i) {
    if (bits & (1U << i)) all << QString::fromLatin1(names[i]);
  }
  return all.isEmpty() ? QStringLiteral("none of this kind") : all.join(QStringLiteral(", "));
}

}  // namespace

void checkKeys(std::span<const char *const> names, quint32 given, const KeySet &keys, const QString &comparison,
               const TellProblem &tell) {
  const quint32 allowed = keys.required | keys.optional;
  const quint32 refused = given & ~allowed;
  const quint32 missing = keys.required & ~given;
  if (!refused && !missing) return;
  for (size_t i = 0; i < names.size(); ++i) {
    if (refused & (1U << i)) {
      tell(names[i],
           QStringLiteral("has no meaning for \"%1\" (allowed: %2)").arg(comparison, namesOf(names, allowed)));
    } else if (missing & (1U << i)) {
      tell(names[i], QStringLiteral("missing: \"%1\" needs it").arg(comparison));
    }
  }
}

void checkPositive(const char *key, double threshold, double deadband, const TellProblem &tell) {
  if (threshold <= 0) {
    tell(key, QStringLiteral("%1 is out of range (allowed: over 0)").arg(threshold));
  } else if (deadband >= threshold) {
    tell("deadband", QStringLiteral("%1 is too wide: no value would ever end the state (allowed: under %2 %3)")
                         .arg(deadband)
                         .arg(QLatin1String(key))
                         .arg(threshold));
  }
}

}  // namespace tagwire::alarms
