// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include "../export.h"
#include "service.h"

namespace tagwire {

struct RtlsManager {
  QString name;
  QString host;  ///< as configured; may be empty
  int port = 0;
};
struct ZoneInfo {
  int id = 0;
  QString name;
  QString level;
  int parent = 0;         ///< 0: top
  bool isRemote = false;  ///< another site's
};
struct TagInfo {
  QString id;
  QString name;
  QString tagClass = {};  ///< "person", "vehicle" …; may be empty
  bool isRemote = false;  ///< named by another site only
};
struct TriggerInfo {
  int id = 0;
  QString name;
  int zone = 0;
  QString direction;
  bool isPortable = false;
  bool isRemote = false;  ///< another site's
};

/// All that is configured of one RTLS instance, and what it knows of other sites.
struct ZoneDirectory {
  QList<RtlsManager> managers;
  QList<ZoneInfo> zones;
  QList<TagInfo> tags;
  QList<TriggerInfo> triggers;

  /// Whether `zone` is `top` or lies somewhere below it.
  TAGWIRE_EXPORT bool isWithin(int zone, int top) const;
};

/// Who knows zones, tags and triggers. Offered by plugin `rtls`.
class TAGWIRE_EXPORT ZoneCatalog {
 public:
  static constexpr const char *serviceName = "zone catalogue";
  virtual ~ZoneCatalog();
  virtual void directory(Reply<ZoneDirectory> reply) = 0;
};

}  // namespace tagwire
