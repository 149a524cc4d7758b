// SPDX-License-Identifier: Apache-2.0
#include "remotepoints.h"

namespace tagwire::cluster {

QString RemotePoints::nameHere(const Sender &sender, const QString &fullName) const {
  return m_config.names == Names::WithSite ? sender.site + u'/' + fullName : fullName;
}

void RemotePoints::expect() {
  for (const ExpectedPoint &point : m_config.expects) {
    const PointId id = m_context.declareUnder(point.name.section(u'/', 0, 0), {point.info()}).value(0, PointId::None);
    m_byName.insert(point.name, id);
  }
}

PointId RemotePoints::find(const Sender &sender, const QString &fullName) const {
  return m_byName.value(nameHere(sender, fullName), PointId::None);
}

PointId RemotePoints::declare(const Sender &sender, const QString &prefix, const PointInfo &given) {
  const QString fullName = nameHere(sender, prefix + u'/' + given.name);
  if (const auto found = m_byName.constFind(fullName); found != m_byName.cend()) {
    if (*found != PointId::None && !m_owners.contains(*found)) m_owners.insert(*found, sender);
    return *found;
  }
  if (m_byName.size() >= mostPoints) return PointId::None;
  PointInfo info = given;
  QString first = prefix;
  if (m_config.names == Names::WithSite) {
    first = sender.site;
    info.name = prefix + u'/' + given.name;
  }
  // Numbers are for one site; who else has this one keeps it.
  if (info.number && m_context.points().findNumber(*info.number) != PointId::None) info.number.reset();
  const PointId id = m_context.declareUnder(first, {info}).value(0, PointId::None);
  m_byName.insert(fullName, id);
  if (id == PointId::None) {
    qCWarning(m_context.log()).noquote() << fullName << "of node" << sender.node << "can't be a point here";
    return id;
  }
  m_owners.insert(id, sender);
  return id;
}

PointId RemotePoints::declare(const Sender &sender, const spool::StoredPoint &point) {
  PointInfo info;
  const qsizetype slash = point.name.indexOf(u'/');
  if (slash < 1) return PointId::None;
  info.name = point.name.mid(slash + 1);
  info.type = point.type;
  info.unit = point.unit;
  info.description = point.description;
  info.tag = point.tag;
  return declare(sender, point.name.left(slash), info);
}

const Sender *RemotePoints::owner(PointId point) const {
  const auto found = m_owners.constFind(point);
  return found == m_owners.cend() ? nullptr : &*found;
}

void RemotePoints::follow(PointId point, const Sender &sender) {
  const auto found = m_owners.find(point);
  if (found != m_owners.end() && *found != sender) *found = sender;
}

QString RemotePoints::nameAt(const Sender &sender, PointId id) const {
  const auto point = m_context.points().point(id);
  if (!point) return {};
  return m_config.names == Names::WithSite ? point->fullName.mid(sender.site.size() + 1) : point->fullName;
}

bool RemotePoints::advance(PointId point, Time time) {
  Time &newest = m_newest[point];
  if (time < newest) return false;
  newest = time;
  return true;
}

bool RemotePoints::isNew(const Batch &batch, quint64 sequence) const {
  const auto found = m_seen.constFind({batch.origin, batch.range.boot, static_cast<int>(batch.range.stream)});
  return found == m_seen.cend() || !found->contains(sequence, sequence + 1);
}

void RemotePoints::seen(const Batch &batch) {
  if (m_seen.size() >= mostKeys) m_seen.clear();
  m_seen[{batch.origin, batch.range.boot, static_cast<int>(batch.range.stream)}].add(batch.range.first,
                                                                                     batch.range.next);
}

void RemotePoints::forget() {
  m_seen.clear();
  m_newest.clear();
  m_ahead.clear();
}

}  // namespace tagwire::cluster
