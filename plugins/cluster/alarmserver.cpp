// SPDX-License-Identifier: Apache-2.0
#include "alarmserver.h"

namespace tagwire::cluster {

namespace {

const char *const actionTexts[] = {"ack",        "shelve",         "unshelve",   "suppress",
                                   "unsuppress", "out-of-service", "in-service", "comment"};
const char *const ruleTexts[] = {"create", "change", "remove"};

AuditEntry entryOf(const AlarmAction &action) {
  AuditEntry entry;
  entry.kind = QStringLiteral("alarm");
  entry.action = QLatin1String(actionTexts[static_cast<size_t>(action.kind)]);
  entry.subject = QStringLiteral("rule:%1").arg(action.ruleId);
  entry.comment = action.comment;
  return entry;
}

AuditEntry entryOf(const AlarmRuleChange &change) {
  AuditEntry entry;
  entry.kind = QStringLiteral("rule");
  entry.action = QLatin1String(ruleTexts[static_cast<size_t>(change.kind)]);
  entry.subject = QStringLiteral("rule:%1").arg(change.id);
  return entry;
}

}  // namespace

void AlarmServer::take(const QString &from, const QByteArray &data, const QByteArray &reply) {
  const auto ask = decodeAsk(data);
  const Asked asked{from, reply, ask ? ask->given : QCborArray()};
  if (!ask) return send(asked, failure(ask.error()));
  if (m_open >= mostOpen) {
    return send(
        asked,
        failure(QStringLiteral("unreachable: hub %1 has %2 open questions already").arg(m_config.node).arg(mostOpen)));
  }
  switch (ask->call) {
    case DeskCall::Standing:
      return serve(asked, &AlarmDesk::standingAlarms);
    case DeskCall::Alarm:
      return serve(asked, &AlarmDesk::alarm);
    case DeskCall::Act:
      return serve(asked, &AlarmDesk::act);
    case DeskCall::Areas:
      return serve(asked, &AlarmDesk::areas);
    case DeskCall::History:
      return serve(asked, &AlarmDesk::history);
    case DeskCall::Statistics:
      return serve(asked, &AlarmDesk::statistics);
    case DeskCall::Rules:
      return serve(asked, &AlarmDesk::rules);
    case DeskCall::RuleVersions:
      return serve(asked, &AlarmDesk::ruleVersions);
    case DeskCall::ChangeRule:
      return serve(asked, &AlarmDesk::changeRule);
  }
}

template <class Answered, class... Taken>
void AlarmServer::serve(const Asked &asked, void (AlarmDesk::*method)(Reply<Answered>, Taken...)) {
  std::tuple<std::decay_t<Taken>...> given;
  if (!takeGiven(m_naming, asked.given, given)) {
    return send(asked, failure(QStringLiteral("hub %1 can't read what is asked").arg(m_config.node)));
  }
  // A list of rules may be as long as a message, and each of them is a rule in the answer.
  if constexpr ((std::is_same_v<std::decay_t<Taken>, QList<int>> || ...)) {
    auto &ids = std::get<QList<int>>(given);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  std::optional<AuditEntry> audited;
  if constexpr (std::is_same_v<Answered, AlarmAnswer>) {
    auto &wish = std::get<0>(given);
    const auto by = permit(asked, wish.by, entryOf(wish));
    if (!by) return;
    wish.by = *by;
    audited = entryOf(wish);
    audited->actor = *by;
  }
  ++m_open;
  const auto took = [this, asked, audited, life = std::weak_ptr(m_life)](const Result<Answered> &answer) {
    if (life.expired()) return;
    --m_open;
    if constexpr (std::is_same_v<Answered, AlarmAnswer>) {
      if (answer && answer->outcome == AlarmAnswer::Outcome::Done) {
        AuditEntry entry = *audited;
        if (answer->rule.id != 0) entry.subject = QStringLiteral("rule:%1").arg(answer->rule.id);
        m_context.audit().append(entry);
      }
    }
    if (!answer) return send(asked, failure(answer.error()));
    send(asked, FieldWriter(m_naming).cborOf(*answer));
  };
  std::apply([&](auto &...each) { m_context.request(method, took, each...); }, given);
}

std::optional<QString> AlarmServer::permit(const Asked &asked, const QString &by, AuditEntry entry) {
  const QString actor = by + u'@' + asked.from;
  if (m_config.alarmsFrom.contains(asked.from)) return actor;
  const QString why =
      QStringLiteral("hub %1 takes nothing about alarms from node %2 (`alarms_from`)").arg(m_config.node, asked.from);
  entry.details.insert(QStringLiteral("wanted"), entry.action);
  entry.action = QStringLiteral("refused");
  entry.actor = actor;
  entry.comment = why;
  m_context.audit().append(entry);
  AlarmAnswer refused;
  refused.outcome = AlarmAnswer::Outcome::NotPossible;
  refused.errors = QStringList{why};
  send(asked, FieldWriter(m_naming).cborOf(refused));
  return std::nullopt;
}

void AlarmServer::send(const Asked &asked, const Result<QCborValue> &answer) const { m_answer(asked.reply, answer); }

void AlarmServer::clear() {
  m_open = 0;
  m_life = std::make_shared<int>();
}

}  // namespace tagwire::cluster
