// SPDX-License-Identifier: Apache-2.0
// Rtls: tags that are not listed, taken in as they come or made by clients of the hub.
#include <algorithm>

#include "rtls.h"

namespace tagwire::rtls {
namespace {

constexpr int mostOfClients = 2 * static_cast<int>(HubObjects::most);

}  // namespace

/// Tags that are not listed come back, but those that are lost: so they free their places.
void Rtls::recallUnlisted(const TrackerMemory &kept) {
  QStringList ids, ofClients;
  for (const auto &tag : kept.tags) {
    if (m_tracker.find(tag.id) >= 0 || !tag.isPresent || !wrongTagId(tag.id).isEmpty()) continue;
    if (m_remotes && m_remotes->hasPositionOf(tag.id)) continue;  // declared there
    (isOfClient(tag.id) ? ofClients : ids) << tag.id;
  }
  const qsizetype all = ids.size() + ofClients.size();
  ids = ids.mid(0, roomFor(ids)) + ofClients.mid(0, roomFor(ofClients));
  addUnlisted(ids);
  const qsizetype leftOut = all - ids.size();
  if (leftOut == 0) return;
  qCWarning(m_context.log()).noquote()
      << QStringLiteral("%1 tags of before the restart are not listed, and there is no room for them").arg(leftOut);
}

Result<int> Rtls::tagOf(const IncomingFix &fix) {
  const QString &id = fix.fix.tag;
  const int known = m_tracker.find(id);
  if (known >= 0 && admitTag(known)) return known;
  if (known < 0 && m_remotes && m_remotes->hasPositionOf(id)) {
    return refuseUnknown(QStringLiteral("the position of tag \"%1\" comes from another site").arg(id));
  }
  if (known >= 0 || roomFor({id}) == 0) return refuseUnknown(whyNoRoom(id));
  // A name stays until the next start: it is not used up by what is not believed.
  const auto verdict = m_tracker.judgeAlone(fix, now());
  if (verdict.refusal == Refusal::None) return addUnknown(id);
  m_refused[static_cast<size_t>(verdict.refusal) - 1].add();
  return failure(verdict.text);
}

/// A tag that was added: listed, of a client, or one of those that are taken in as they come. What was a client's once,
/// and is no more, becomes one of these.
bool Rtls::admitTag(int tag) {
  const bool isLearned = m_learned.isOurs(tag);
  if (m_tracker.isListed(tag) || (isLearned && m_learned.hasRoomFor(tag)) || isOfClient(m_tracker.idOf(tag)))
    return true;
  if (isLearned || m_learned.roomForNew(1) == 0) return false;
  m_learned.add(tag);
  return true;
}

QString Rtls::whyNoRoom(const QString &id) const {
  if (isOfClient(id)) {
    return QStringLiteral(
               "trackable \"%1\" has no room: %2 of clients had a location since the start, be they there or not "
               "(allowed: those, or others after a restart)")
        .arg(id)
        .arg(mostOfClients);
  }
  if (m_learned.isOutOfNames()) {
    return QStringLiteral(
               "tag \"%1\" is not listed, and %2 such tags were there since the start, be they there or not (allowed: "
               "those, or others after a restart)")
        .arg(id)
        .arg(m_mostUnknown * LearnedTags::namesPerPlace);
  }
  return QStringLiteral("tag \"%1\" is not listed, and there are %2 such tags already").arg(id).arg(m_mostUnknown);
}

Result<int> Rtls::addUnknown(const QString &id) {
  addUnlisted({id});
  const int tag = m_tracker.find(id);
  if (tag < 0) return refuseUnknown(QStringLiteral("tag \"%1\": its points were refused").arg(id));
  return tag;
}

/// The tag of a trackable that a client of the hub made.
bool Rtls::isOfClient(const QString &tag) const { return m_hub.site().objects().trackables().contains(tag); }

/// Of new tags, all of clients or none: for how many there is room.
int Rtls::roomFor(const QStringList &tags) const {
  const int wanted = static_cast<int>(tags.size());
  const bool areClients = wanted > 0 && isOfClient(tags.first());
  return areClients ? std::min(wanted, mostOfClients - m_tagsOfClients) : m_learned.roomForNew(wanted);
}

/// What there is room for.
void Rtls::addUnlisted(const QStringList &tags) {
  for (const QString &tag : m_points.addTags(tags)) {
    const int index = m_tracker.addTag(tag, QString());
    if (isOfClient(tag)) {
      ++m_tagsOfClients;
      continue;
    }
    m_learned.add(index);
    if (!m_learned.givesPlacesAway()) continue;
    if (m_reused.value() == 0) {
      qCInfo(m_context.log()).noquote() << "tag" << tag << "takes the place of one that is lost (said once; counted)";
    }
    m_reused.add();
  }
  m_hub.site().tagsAdded();
  m_tagsKnown.set(m_tracker.tagCount());
  m_tagsOfClientsKnown.set(m_tagsOfClients);
}

Result<int> Rtls::refuseUnknown(const QString &reason) {
  m_unknown.add();
  if (!m_complained) qCWarning(m_context.log()).noquote() << reason << "(said once; refusals are counted)";
  m_complained = true;
  return failure(reason);
}

}  // namespace tagwire::rtls
