// SPDX-License-Identifier: Apache-2.0
#include "zonebook.h"

#include <algorithm>

#include "plugin.h"

namespace tagwire::ws {

ZoneBook::ZoneBook(PluginContext &context) : m_context(context), m_self(std::make_shared<ZoneBook *>(this)) {}

bool ZoneBook::isFresh() const { return m_context.clock().elapsed() - m_knownAt < holds; }

const ZoneDirectory *ZoneBook::directoryOf(const QString &instance) const {
  for (const QList<Site> *sites : {&m_sites, &m_gone}) {
    for (const Site &site : *sites) {
      if (site.instance == instance) return &site.directory;
    }
  }
  return nullptr;
}

const ZoneBook::Site *ZoneBook::siteOf(const QString &manager) const {
  const auto found = std::find_if(m_sites.begin(), m_sites.end(), [&](const Site &site) {
    const QList<RtlsManager> &managers = site.directory.managers;
    return std::any_of(managers.begin(), managers.end(), [&](const RtlsManager &each) { return each.name == manager; });
  });
  return found == m_sites.end() ? nullptr : &*found;
}

void ZoneBook::whenFresh(const std::function<void()> &done) {
  if (isFresh() && !m_sites.isEmpty()) return done();
  refresh(done);
}

/// Every instance is asked: which of them know zones is nothing that their types would tell.
void ZoneBook::refresh(std::function<void()> done) {
  m_takers.append(std::move(done));
  if (m_open > 0) return;
  const QList<InstanceStatus> instances = m_context.instances();
  m_open = instances.size();
  m_answers = QList<Site>(instances.size());
  for (qsizetype place = 0; place < instances.size(); ++place) {
    const QString id = instances[place].id;
    m_context.requestFrom(id, &ZoneCatalog::directory,
                          [self = std::weak_ptr(m_self), place, id](const Result<ZoneDirectory> &answer) {
                            if (const auto book = self.lock()) (*book)->answered(place, id, answer);
                          });
  }
}

void ZoneBook::answered(qsizetype place, const QString &instance, const Result<ZoneDirectory> &answer) {
  if (answer) m_answers[place] = {instance, *answer};
  if (--m_open > 0) return;
  m_answers.removeIf([](const Site &site) { return site.instance.isEmpty(); });
  m_gone += std::exchange(m_sites, std::exchange(m_answers, {}));
  m_gone.removeIf([this](const Site &site) {
    return std::any_of(m_sites.begin(), m_sites.end(),
                       [&](const Site &each) { return each.instance == site.instance; });
  });
  m_knownAt = m_context.clock().elapsed();
  for (const auto &taker : std::exchange(m_takers, {})) taker();
}

bool hasZone(const ZoneDirectory &directory, int zone) {
  const QList<ZoneInfo> &zones = directory.zones;
  return std::any_of(zones.begin(), zones.end(), [zone](const ZoneInfo &each) { return each.id == zone; });
}

}  // namespace tagwire::ws
