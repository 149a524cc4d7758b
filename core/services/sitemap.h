// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>

#include "../export.h"
#include "../quality.h"
#include "../timestamp.h"
#include "../value.h"
#include "service.h"

namespace tagwire {

/// The file of a zone's picture; who serves it reads it.
struct PlanFile {
  QString path;
  QByteArray type;  ///< media type, by its name
};

/// Where one tag is, for the muster list.
struct Whereabouts {
  QString tag;
  QString name;
  QString tagClass;
  enum class State : quint8 { Present, Lost, Unseen };
  State state = State::Unseen;
  int zone = 0;       ///< deepest one; where it was last, when lost; 0: outside of all
  Position position;  ///< its last
  Time lastFix;       ///< source time
};

/// Who knows what zones look like, and where everybody is. Offered by plugin `rtls`.
class TAGWIRE_EXPORT SiteMap {
 public:
  static constexpr const char *serviceName = "site map";
  static constexpr qint64 largestPlan = 20 * 1024 * 1024;

  virtual ~SiteMap();
  /// {"length_unit", "zones": […], "georeference"?}, as REST gives it out.
  virtual void outlines(Reply<QJsonObject> reply) = 0;
  /// Errors: no such zone, or it has no plan.
  virtual void plan(Reply<PlanFile> reply, int zone) = 0;
  /// Of all tags, listed or not.
  virtual void whereabouts(Reply<QList<Whereabouts>> reply) = 0;
};

}  // namespace tagwire
