// SPDX-License-Identifier: Apache-2.0
// Who is where, by zone, and who is missing: what is read out at the assembly point.
#pragma once

#include <QJsonObject>

#include "services/sitemap.h"

namespace tagwire::ws {

/// One tag and where it stands in the manifest. Plain value.
struct MusterEntry {
  QString instance;
  QString zoneName;
  Whereabouts tag;
};

/// {"time", "present", "lost", "unseen": numbers, "zones": [{…, "tags": […]}], "lost_tags", "unseen_tags"}; each list
/// in the order of the entries.
QJsonObject musterJson(const QList<MusterEntry> &entries, Time now);
/// A line for each, RFC 4180, with a header. What a spreadsheet would run gets an apostrophe in front, behind what some
/// take for the end of a cell (`;`, tab) too.
QByteArray musterCsv(const QList<MusterEntry> &entries, Time now);

}  // namespace tagwire::ws
