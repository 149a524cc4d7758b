// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QSet>
#include <QString>

namespace tagwire {
class Clock;
class ConfigReader;
class PluginContext;
}  // namespace tagwire

namespace tagwire::alarms {

struct AlarmsConfig;

/// The ids of all rules and the instance that has each: viewers name a rule by nothing but its id, so two instances may
/// not have the same one. And the numbers of occurrences, which are unique in the whole program for the same reason.
/// Shared by the instances (PluginContext::shared); host thread.
class RuleIds {
 public:
  /// Enters the rules of this instance; one that another instance has is an error at its key.
  void enter(const AlarmsConfig &config, const PluginContext &context, ConfigReader &reader);
  /// False when another instance has it.
  bool enter(int id, const QString &instance);
  void leave(int id) { m_instances.remove(id); }
  /// A rule of run time had it once: it may be given again by whoever asks for it, but not by nextFree().
  void noteUsed(int id) { m_used.insert(id); }
  void leave(const QString &instance);
  /// Who has it; empty: nobody.
  QString owner(int id) const { return m_instances.value(id); }
  /// The lowest one above all that were given out, for a rule of run time.
  int nextFree() const;
  /// One for what the instance itself has to say; the same each time for the same manifest.
  int enterOwn(const QString &instance);

  /// Numbers of occurrences go on from the store's. Without one they begin at the seconds since 2026: as long as there
  /// is less than one alarm a second on average, none comes again when a store is lost, and they fit 31 bits until
  /// 2094.
  void beginOccurrences(qint64 lastKnown, const Clock &clock);
  qint64 nextOccurrence() { return m_nextOccurrence++; }

 private:
  QHash<int, QString> m_instances;  ///< by rule id
  QSet<int> m_used;
  qint64 m_nextOccurrence = 1;
};

}  // namespace tagwire::alarms
