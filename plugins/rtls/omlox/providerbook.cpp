// SPDX-License-Identifier: Apache-2.0
#include "providerbook.h"

#include <QJsonDocument>

namespace tagwire::rtls {

/// Everything but the properties is small.
void ProviderBook::put(HeardLocation heard) {
  remove(heard.provider);
  const QJsonObject properties = heard.details.value(u"properties").toObject();
  const qsizetype bytes = properties.isEmpty() ? 0 : QJsonDocument(properties).toJson(QJsonDocument::Compact).size();
  const QString provider = heard.provider;
  m_places.insert(provider, m_entries.insert(m_entries.end(), Entry{std::move(heard), bytes}));
  m_bytes += bytes;
  while (m_entries.size() > most || (m_bytes > mostBytes && m_entries.size() > 1)) erase(m_entries.begin());
}

const HeardLocation *ProviderBook::find(const QString &provider, std::chrono::nanoseconds elapsed) const {
  const auto found = m_places.constFind(provider);
  if (found == m_places.cend()) return nullptr;
  const HeardLocation &heard = (*found)->heard;
  return after(heard.at.elapsed, m_timeout) > elapsed ? &heard : nullptr;
}

void ProviderBook::remove(const QString &provider) {
  const auto found = m_places.constFind(provider);
  if (found != m_places.cend()) erase(*found);
}

void ProviderBook::keepOnly(const std::function<bool(const QString &provider)> &isMeant) {
  for (auto each = m_entries.begin(); each != m_entries.end();) {
    each = isMeant(each->heard.provider) ? std::next(each) : erase(each);
  }
}

ProviderBook::Entries::iterator ProviderBook::erase(Entries::iterator entry) {
  m_bytes -= entry->bytes;
  m_places.remove(entry->heard.provider);
  return m_entries.erase(entry);
}

}  // namespace tagwire::rtls
