// SPDX-License-Identifier: Apache-2.0
#include "operatordesk.h"

namespace tagwire {

Result<Selection> OperatorDesk::select(PointId point, const Operator &by) {
  auto selection = m_router.select(point, by);
  if (selection) audit("selection", "select", by, m_router.nameOf(point), selection->id);
  return selection;
}

Result<void> OperatorDesk::deselect(const QString &selection, const Operator &by) {
  auto done = m_router.deselect(selection, by);
  if (done) audit("selection", "deselect", by, QString(), selection);
  return done;
}

Result<void> OperatorDesk::resetInterlock(int id, const Operator &by) {
  auto done = m_interlocks.reset(id, by);
  audit("interlock", done ? "reset" : "refused", by, QStringLiteral("interlock:%1").arg(id), {},
        done ? QString() : done.error());
  return done;
}

void OperatorDesk::audit(const char *kind, const char *action, const Operator &by, const QString &subject,
                         const QString &reference, const QString &refusal) {
  AuditEntry entry = entryBy(by, kind, QLatin1String(action), subject, reference);
  if (!refusal.isEmpty()) entry.details.insert(QStringLiteral("error"), refusal);
  m_audit.append(std::move(entry));
}

}  // namespace tagwire
