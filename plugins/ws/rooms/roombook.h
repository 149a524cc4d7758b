// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMap>
#include <QSet>

#include <memory>
#include <vector>

#include "context.h"
#include "http/response.h"
#include "keptfile.h"
#include "rooms/broadcast.h"
#include "rooms/entity.h"
#include "rooms/room.h"

namespace tagwire::ws {

struct WsConfig;

/// Who has clients that want to know of rooms and broadcasts: the protocol of each `rooms` endpoint.
class RoomAudience {
 public:
  virtual ~RoomAudience() = default;
  virtual void roomChanged(const Room &room, RoomAction action) = 0;
  /// How many clients got it.
  virtual int deliver(const Broadcast &broadcast) = 0;
  /// Rooms or entities of the manifest are others after a reload.
  virtual void reseeded() = 0;
};

/// Rooms and entities of all gateways together, and broadcasts that are kept: seeded by the manifest, changed by REST,
/// kept in data_dir/rooms.json (R4-8, R4-10). What REST changed or deleted stays so, whatever the manifest says of it.
/// A change holds at once; whenKept() tells when it would outlive a restart. Thread-bound; shared by the gateways.
class RoomBook {
 public:
  static constexpr qsizetype mostKept = 256;

  /// The book of all gateways, with what the manifest says of this one in it. No I/O.
  static std::shared_ptr<RoomBook> join(const WsConfig &config, PluginContext &host);
  /// Errors for what another gateway has already.
  static void check(const WsConfig &config, PluginContext &host, ConfigReader &reader);

  /// That gateway is no more.
  void forget(const QString &instance);
  /// Reads the file and looks up the entities' points, the first time. To be called before anything below.
  void open(PluginContext &host);

  const QMap<int, Room> &rooms() const { return m_rooms; }
  const QList<Entity> &entities() const { return m_entities; }
  const QList<Broadcast> &kept() const { return m_kept; }
  quint64 lastNumber() const { return m_lastNumber; }

  /// What the next room without an id of its own would get.
  int nextId() const;
  using Changed = tl::expected<Room, Refusal>;
  Changed create(std::optional<int> id, const QString &name);
  Changed rename(int id, const QString &name);
  Changed remove(int id);
  /// To every audience, at once; kept when it says so. The number of clients that got it.
  tl::expected<int, Refusal> broadcast(Broadcast broadcast);
  /// Tells whether everything so far is on the disk; from the event loop, or at once.
  void whenKept(KeptFile::Done done);

  /// A few times a second.
  void tick(const Clock &clock);
  void enter(RoomAudience &audience) { m_audiences.push_back(&audience); }
  void leave(RoomAudience &audience) { std::erase(m_audiences, &audience); }

 private:
  void read(Time now);
  void reseed();
  Result<void> take(const QByteArray &content, Time now);
  void settle();
  void dropExpired(Time now);
  void keep();
  QByteArray toJson() const;
  void tell(const Room &room, RoomAction action);
  std::optional<Refusal> whyNot() const;
  bool isSeeded(int id) const;

  QMap<QString, QList<RoomConfig>> m_seeds;  ///< by instance id
  QMap<QString, QList<EntityConfig>> m_entitySeeds;
  QMap<int, QString> m_changed;  ///< made or renamed by REST
  QSet<int> m_deleted;           ///< by REST, though the manifest has them
  int m_nextId = 1;              ///< above all that were ever given
  QMap<int, Room> m_rooms;       ///< all that together
  QList<Entity> m_entities;
  QList<Broadcast> m_kept;
  quint64 m_lastNumber = 0;
  const PointTable *m_points = nullptr;  ///< the host's; null before open()
  bool m_areSeedsNew = false;            ///< since m_rooms and m_entities were made of them
  std::unique_ptr<KeptFile> m_file;
  QString m_unreadable;  ///< why the file may not be replaced
  std::vector<RoomAudience *> m_audiences;
};

}  // namespace tagwire::ws
