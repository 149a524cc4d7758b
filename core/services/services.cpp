// SPDX-License-Identifier: Apache-2.0
#include "alarmdesk.h"
#include "deviceownership.h"
#include "fixintake.h"
#include "historyreader.h"
#include "historywriter.h"
#include "ingestdesk.h"
#include "locationhub.h"
#include "resumepoints.h"
#include "sitemap.h"
#include "zonecatalog.h"

namespace tagwire {

// Defined here, so that each class has one type information for all plugins and dynamic_cast works between them.
AlarmDesk::~AlarmDesk() = default;
DeviceHolder::~DeviceHolder() = default;
DeviceOwnership::~DeviceOwnership() = default;
FixIntake::~FixIntake() = default;
HistoryReader::~HistoryReader() = default;
HistoryWriter::~HistoryWriter() = default;
HubListener::~HubListener() = default;
IngestDesk::~IngestDesk() = default;
LocationHub::~LocationHub() = default;
ResumePoints::~ResumePoints() = default;
SiteMap::~SiteMap() = default;
ZoneCatalog::~ZoneCatalog() = default;

bool ZoneDirectory::isWithin(int zone, int top) const {
  // As many steps as there are zones: a tree that is none can't hold us.
  for (qsizetype step = 0; step <= zones.size() && zone != 0; ++step) {
    if (zone == top) return true;
    const auto found = std::find_if(zones.begin(), zones.end(), [&](const ZoneInfo &each) { return each.id == zone; });
    zone = found == zones.end() ? 0 : found->parent;
  }
  return false;
}

}  // namespace tagwire
