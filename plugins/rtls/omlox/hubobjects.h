// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QUuid>

#include <array>
#include <functional>
#include <map>

#include "fenceboard.h"
#include "hubplane.h"
#include "locatingrule.h"
#include "model.h"

namespace tagwire::rtls {

/// Of all ids that are made of ours (UUID version 5).
inline constexpr QUuid hubNamespace{0x5f0c7c4e, 0x2a83, 0x4b57, 0x9d, 0x1e, 0x63, 0xb1, 0x0a, 0xd4, 0x8e, 0x27};
/// The omlox id of something of the instance: `kind` "zone", "fence", "trackable", `ours` what the manifest calls it.
QString hubId(const QString &instance, const char *kind, const QString &ours);

/// Why a request can't be carried out; the status is HTTP's.
struct HubProblem {
  int status = 400;
  QString text;
};
template <class T>
using HubResult = tl::expected<T, HubProblem>;

inline tl::unexpected<HubProblem> hubProblem(int status, const QString &text) {
  return tl::unexpected<HubProblem>(HubProblem{status, text});
}

enum class HubKind : quint8 { Zones, Providers, Trackables, Fences };

/// "zones", "providers" …; nothing for other words.
std::optional<HubKind> kindOf(const QString &name);

struct HubObject {
  QString id;
  QJsonObject json;      ///< as clients see it
  bool isFixed = false;  ///< stands in the manifest
  qsizetype bytes = 0;   ///< of the file, as far as it is kept there
};
struct HubZone : HubObject {
  int number = 0;                         ///< of a zone of the manifest
  std::optional<Place> centre;            ///< where proximity to it puts a trackable
  double radius = 0;                      ///< around it, metres
  std::optional<GeoReference> reference;  ///< its local coordinates are its own, in metres
};
struct HubProvider : HubObject {};
struct HubTrackable : HubObject {
  QString tag;  ///< of the Tracker
  QStringList providers;
  FenceWish wish;
  std::vector<LocatingRule> rules;  ///< empty: the newest counts
};
struct HubFence : HubObject {
  FenceBoard::Fence fence;
  QString zone;  ///< omlox id; may be empty
};

/// Everything that has an id in the hub, of one instance: what stands in the manifest, and what clients made by REST.
/// Tags of the manifest are no objects of their own here, as there may be many: the Tracker has them. Plain class.
class HubObjects {
 public:
  static constexpr size_t most = 10000;                      ///< that clients may make, of each kind
  static constexpr qsizetype mostBytes = 8LL * 1024 * 1024;  ///< of all that they made

  HubObjects(const QString &instance, const Model &model, std::chrono::nanoseconds timeout);

  const HubPlane &plane() const { return m_plane; }
  const std::map<QString, HubZone> &zones() const { return m_zones; }
  const std::map<QString, HubProvider> &providers() const { return m_providers; }
  const std::map<QString, HubTrackable> &trackables() const { return m_trackables; }
  const std::map<QString, HubFence> &fences() const { return m_fences; }
  std::vector<const HubObject *> all(HubKind kind) const;
  const HubObject *find(HubKind kind, const QString &id) const;
  /// By omlox id or foreign_id; null when there is none.
  const HubZone *zone(const QString &id) const;
  /// How high above the ellipsoid the floor of a zone is, in metres; errors name `field` when that is not known.
  static Result<double> groundOf(const HubZone *zone, const char *field);
  /// The omlox id of a zone of the manifest; empty for 0.
  QString idOfZone(int number) const { return m_zoneIds.value(number); }
  /// A zone of the manifest, and all above it.
  QStringList idsAbove(int number) const;
  /// A tag of the manifest.
  bool isListed(const QString &tag) const { return m_listed.contains(tag); }
  QString nameOf(const QString &tag) const { return m_listed.value(tag); }
  /// The trackable made by REST that has this provider; null when none has.
  const HubTrackable *holderOf(const QString &provider) const;

  /// Makes an object, and gives its id.
  HubResult<QString> add(HubKind kind, const QJsonObject &body);
  HubResult<void> replace(HubKind kind, const QString &id, const QJsonObject &body);
  HubResult<void> remove(HubKind kind, const QString &id);
  /// All that clients made.
  HubResult<void> clear(HubKind kind);
  HubResult<void> mayClear(HubKind kind) const;

  /// Whether an object may be there, as far as others are concerned.
  using Permit = std::function<HubResult<void>(HubKind kind, const QJsonObject &body)>;
  /// What clients made, for the file; and the other way round. Errors say what is wrong with it, and is left out.
  QByteArray toBytes() const;
  Result<void> takeBytes(const QByteArray &bytes, const Permit &permit);

 private:
  void addZones(const Model &model);
  void addFences(const Model &model, std::chrono::nanoseconds timeout);
  void addFence(const QString &ours, const QString &name, const Region &region, const PresenceRule &rule, int zone,
                QJsonObject properties, const QSet<QString> &tags = {});
  HubResult<void> put(HubKind kind, QString &id, const QJsonObject &body);
  Result<HubZone> readZone(const QJsonObject &body) const;
  Result<HubFence> readFence(const QJsonObject &body) const;
  Result<HubTrackable> readTrackable(const QJsonObject &body, const QString &id) const;
  Result<HubProvider> readProvider(const QJsonObject &body) const;
  void nameZones();
  const HubFence *fenceAt(const HubZone &zone, bool isByHeight) const;
  HubResult<void> mayChange(const HubZone &zone, const QJsonObject *next) const;
  void release(const QString &trackable, const QStringList &providers);
  void drop(HubKind kind, const std::function<bool(const HubObject &)> &isMeant);

  QString m_instance;
  HubPlane m_plane;
  std::map<QString, HubZone> m_zones;
  std::map<QString, HubProvider> m_providers;
  std::map<QString, HubTrackable> m_trackables;
  std::map<QString, HubFence> m_fences;
  std::array<size_t, 4> m_made{};          ///< by clients, by kind
  qsizetype m_bytes = 0;                   ///< of these
  QHash<QString, QString> m_listed;        ///< tags of the manifest: id → name
  QHash<QString, QString> m_foreignZones;  ///< foreign_id → id
  QHash<int, QString> m_zoneIds;
  QHash<int, int> m_parents;          ///< of zones of the manifest
  QHash<QString, QString> m_holders;  ///< provider → trackable, where REST made the latter
};

}  // namespace tagwire::rtls
