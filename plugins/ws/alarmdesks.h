// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <type_traits>

#include "context.h"
#include "http/response.h"
#include "plugin.h"
#include "services/alarmdesk.h"

namespace tagwire::ws {

/// What the instances that offer the alarm desk answered. Plain value.
template <class Answer>
struct DeskAnswers {
  struct Entry {
    QString instance;
    Answer answer;
  };

  QList<Entry> entries;  ///< in the order of the manifest
  QStringList errors;    ///< answers of desks that would not
  QString missing;       ///< the error of one that did not answer; empty: all did

  /// Why this is not the whole answer, as 404 (nobody knows alarms) or 503.
  std::optional<Refusal> refusal() const {
    if (!missing.isEmpty()) return Refusal{503, missing, {}};
    if (!errors.isEmpty()) return Refusal{503, errors.first(), {}};
    if (!entries.isEmpty()) return std::nullopt;
    return Refusal{404, QStringLiteral("no instance offers the alarm desk"), {}};
  }
};

/// Calls `ask` for every instance; it has to hand on the one answer of each. `taker` is called once, with all of them.
template <class Answer>
void gather(PluginContext &context,
            const std::function<void(const QString &, std::function<void(const Answered<Answer> &)>)> &ask,
            std::function<void(const DeskAnswers<Answer> &)> taker) {
  struct Round {
    std::function<void(const DeskAnswers<Answer> &)> taker;
    QList<std::optional<Answered<Answer>>> answers;
    QStringList instances;
    qsizetype open = 0;

    void end() const {
      DeskAnswers<Answer> all;
      for (qsizetype i = 0; i < answers.size(); ++i) {
        const Answered<Answer> &each = *answers[i];
        if (each) {
          all.entries.append({instances[i], *each});
        } else if (each.none != NoAnswer::Absent) {
          // "unreachable: " and "absent: " says a plugin whose desk is at another node.
          if (each.error().startsWith(u"absent: ")) continue;
          const bool isDesks = !each.none && !each.error().startsWith(u"unreachable: ");
          if (isDesks) all.errors << each.error();
          if (!isDesks) all.missing = instances[i] + QStringLiteral(": ") + each.error();
        }
      }
      taker(all);
    }
  };
  const auto round = std::make_shared<Round>();
  round->taker = std::move(taker);
  for (const InstanceStatus &instance : context.instances()) round->instances << instance.id;
  round->open = round->instances.size();
  round->answers.resize(round->open);
  for (qsizetype place = 0; place < round->instances.size(); ++place) {
    ask(round->instances[place], [round, place](const Answered<Answer> &answer) {
      round->answers[place] = answer;
      if (--round->open == 0) round->end();
    });
  }
}

/// Asks every instance that knows alarms the same. `taker` is called once, never from within this call.
template <class Answer, class... Taken, class... Given>
void askDesks(PluginContext &context, void (AlarmDesk::*method)(Reply<Answer>, Taken...),
              std::type_identity_t<std::function<void(const DeskAnswers<Answer> &)>> taker, const Given &...given) {
  gather<Answer>(
      context,
      [&](const QString &instance, const std::function<void(const Answered<Answer> &)> &took) {
        context.requestFrom(instance, method, took, given...);
      },
      std::move(taker));
}

/// The standing alarms of every desk, and behind them as a desk of its own those of interlocks that tripped.
void askStanding(PluginContext &context, std::function<void(const DeskAnswers<QList<AlarmStatus>> &)> taker);

/// All of askStanding() in one list; an error only when nobody knows alarms, or when no desk answers.
void askAlarms(PluginContext &context, std::function<void(const Result<QList<AlarmStatus>> &)> taker);

/// A rule, and the instance that has it.
struct FoundAlarm {
  QString instance;
  AlarmStatus status;
};

/// Looks for the rule at every desk: 404 when none has it, 503 when that can't be told. Below 0 it is an interlock, and
/// the taker may be called from within.
void findAlarm(PluginContext &context, int ruleId,
               std::function<void(const tl::expected<FoundAlarm, Refusal> &)> taker);
Refusal noSuchRule(int ruleId);

}  // namespace tagwire::ws
