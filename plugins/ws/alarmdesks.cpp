// SPDX-License-Identifier: Apache-2.0
#include "alarmdesks.h"

#include "plugin.h"

namespace tagwire::ws {

namespace {

using Active = QList<AlarmStatus>;

/// Answers as they come, kept until the last one is there.
struct Round {
  std::function<void(const Result<Active> &)> taker;
  QList<Result<Active>> answers;
  qsizetype open = 0;

  void end() const {
    Active all;
    bool isKnown = false;
    for (const Result<Active> &each : answers) {
      if (!each) continue;
      all += *each;
      isKnown = true;
    }
    if (isKnown) return taker(all);
    taker(failure(QStringLiteral("no instance offers the alarm desk")));
  }
};

}  // namespace

/// Which of them know alarms is nothing that their types would tell.
void askAlarms(PluginContext &context, std::function<void(const Result<Active> &)> taker) {
  const QList<InstanceStatus> instances = context.instances();
  const auto round = std::make_shared<Round>();
  round->taker = std::move(taker);
  round->open = instances.size();
  for (qsizetype i = 0; i < instances.size(); ++i) round->answers.append(failure(QString()));
  for (qsizetype place = 0; place < instances.size(); ++place) {
    context.requestFrom(instances[place].id, &AlarmDesk::standingAlarms, [round, place](const Result<Active> &answer) {
      round->answers[place] = answer;
      if (--round->open == 0) round->end();
    });
  }
}

}  // namespace tagwire::ws
