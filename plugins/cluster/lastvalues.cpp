// SPDX-License-Identifier: Apache-2.0
#include "lastvalues.h"

namespace tagwire::cluster {

namespace {

PointInfo infoOf(const Point &point) {
  PointInfo info;
  info.name = point.name;
  info.type = point.type;
  if (!point.isNumberAssigned) info.number = point.number;  // else each node gives its own
  info.unit = point.unit;
  info.description = point.description;
  info.writable = point.writable;
  info.verify = point.verify;
  info.minimum = point.minimum;
  info.maximum = point.maximum;
  if (point.commandRules) info.commandRules = *point.commandRules;
  info.tag = point.tag;
  return info;
}

}  // namespace

void LastValues::take(const Sample &sample, const std::shared_ptr<const Point> &point) {
  auto found = m_bySample.constFind(sample.point);
  if (found == m_bySample.cend()) {
    found = m_bySample.insert(sample.point, m_slots.size());
    m_slots.push_back({point, {}});
    m_pages.resize((m_slots.size() - 1) / pageSize + 1);
    m_hasNew = true;
  }
  Slot &slot = m_slots[*found];
  slot.point = point;
  slot.last = sample;
  m_pages[*found / pageSize].isDue = true;
}

std::vector<int> LastValues::due() const {
  std::vector<int> pages;
  for (size_t i = 0; i < m_pages.size(); ++i) {
    if (m_pages[i].isDue && !m_pages[i].isUnderWay) pages.push_back(static_cast<int>(i));
  }
  return pages;
}

QByteArray LastValues::begin(int number) {
  const auto index = static_cast<size_t>(number);
  m_pages[index] = {false, true};
  Page page;
  const size_t end = std::min(m_slots.size(), (index + 1) * pageSize);
  for (size_t i = index * pageSize; i < end; ++i) {
    const Point &point = *m_slots[i].point;
    const QString prefix = point.fullName.chopped(point.name.size() + 1);
    page.entries.push_back({prefix, infoOf(point), m_slots[i].last});
  }
  m_hasNew = false;
  return encode(page);
}

void LastValues::ended(int page, bool isPut) {
  PageState &state = m_pages[static_cast<size_t>(page)];
  state.isUnderWay = false;
  if (!isPut) state.isDue = true;
}

void LastValues::forget() {
  for (PageState &page : m_pages) page.isDue = true;
}

}  // namespace tagwire::cluster
