// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QStringList>

#include <memory>
#include <optional>

#include "../access/permissions.h"
#include "../export.h"
#include "service.h"

namespace tagwire {

/// One request to the REST API of an omlox hub. The route's own right was checked; what depends on the object is asked
/// of `permissions`.
struct HubRequest {
  QByteArray method;  ///< "GET", "POST", "PUT", "DELETE"
  QStringList path;   ///< decoded, behind the version: {"zones", "<id>"}
  QString crs;        ///< of the query; empty: none
  QByteArray body;
  Permissions permissions;
  QString sender;  ///< names the client
};

struct HubAnswer {
  int status = 200;
  QByteArray json;  ///< empty: no body
};

enum class HubTopic : quint8 {
  LocationUpdates,
  LocationUpdatesGeoJson,
  FenceEvents,
  FenceEventsGeoJson,
  TrackableMotions,
  CollisionEvents,
  ProximityUpdates
};

/// In which coordinates positions are told: longitude and latitude (EPSG:4326), or metres of the instance's own plane.
enum class HubCrs : quint8 { Wgs84, Local };

/// One object of a topic, ready to be sent, and what subscriptions and permissions ask of it.
struct HubNews {
  HubTopic topic = HubTopic::LocationUpdates;
  HubCrs crs = HubCrs::Local;
  QByteArray json;
  QStringList tags;      ///< whoever gets it needs positions:read of each
  bool isEvent = false;  ///< events:read of "trigger" does as well
  QStringList zones;     ///< the deepest and all above it
  QString fence;
  QStringList trackables;
  QStringList providers;
  std::optional<double> accuracy;  ///< metres
  QString subject;                 ///< a newer one of the same replaces this one; empty: none does
};

/// Who hears what the hub has to say. Called in the hub's thread, which is the host's.
class TAGWIRE_EXPORT HubListener {
 public:
  virtual ~HubListener();
  /// Whether anybody wants it: what nobody wants is not made.
  virtual bool wants(HubTopic topic, HubCrs crs) const = 0;
  virtual void tell(const HubNews &news) = 0;
};

/// The omlox hub that all RTLS instances are together; any of them answers for all. Offered by plugin `rtls`.
class TAGWIRE_EXPORT LocationHub {
 public:
  static constexpr const char *serviceName = "location hub";
  virtual ~LocationHub();
  virtual void answer(Reply<HubAnswer> reply, HubRequest request) = 0;
  /// From now on `listener` hears the news, as long as it lives; asking again changes nothing. True when some instance
  /// has longitudes and latitudes.
  virtual void listen(Reply<bool> reply, std::weak_ptr<HubListener> listener) = 0;
};

}  // namespace tagwire
