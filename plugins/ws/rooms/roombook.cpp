// SPDX-License-Identifier: Apache-2.0
#include "roombook.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <limits>

#include "protocols/wirejson.h"
#include "rooms/roomlog.h"
#include "wsconfig.h"

namespace tagwire::ws {

Q_LOGGING_CATEGORY(roomLog, "tagwire.rooms", QtInfoMsg)

namespace {

constexpr int fileVersion = 1;

/// Room ids in JSON; 0 for anything else.
int idFrom(const QJsonValue &value) {
  const qint64 number = wholeNumber(value).value_or(0);
  return number > 0 && number <= std::numeric_limits<int>::max() ? static_cast<int>(number) : 0;
}

Refusal noSuchRoom(int id) { return {404, QStringLiteral("there is no room %1").arg(id), {}}; }

}  // namespace

std::shared_ptr<RoomBook> RoomBook::join(const WsConfig &config, PluginContext &host) {
  auto book = host.shared<RoomBook>("rooms", [] { return std::make_shared<RoomBook>(); });
  book->m_seeds[host.id()] = config.rooms;
  book->m_entitySeeds[host.id()] = config.entities;
  book->m_areSeedsNew = true;
  return book;
}

void RoomBook::forget(const QString &instance) {
  m_seeds.remove(instance);
  m_entitySeeds.remove(instance);
  m_areSeedsNew = true;
}

void RoomBook::check(const WsConfig &config, PluginContext &host, ConfigReader &reader) {
  const auto book = host.shared<RoomBook>("rooms", [] { return std::make_shared<RoomBook>(); });
  const auto complain = [&](const QString &at, const QString &what, const QString &instance) {
    reader.error(at, QStringLiteral("%1 is given by %2 already (allowed: each id once, for all gateways share them)")
                         .arg(what, instance));
  };
  for (auto seeds = book->m_seeds.cbegin(); seeds != book->m_seeds.cend(); ++seeds) {
    for (qsizetype i = 0; i < config.rooms.size() && seeds.key() != host.id(); ++i) {
      const int id = config.rooms[i].id;
      const bool isThere = std::any_of(seeds->begin(), seeds->end(), [&](const auto &each) { return each.id == id; });
      if (isThere) complain(QStringLiteral("rooms[%1].id").arg(i), QStringLiteral("room %1").arg(id), seeds.key());
    }
  }
  for (auto seeds = book->m_entitySeeds.cbegin(); seeds != book->m_entitySeeds.cend(); ++seeds) {
    for (qsizetype i = 0; i < config.entities.size() && seeds.key() != host.id(); ++i) {
      const QString &id = config.entities[i].id;
      const bool isThere = std::any_of(seeds->begin(), seeds->end(), [&](const auto &each) { return each.id == id; });
      if (isThere)
        complain(QStringLiteral("entities[%1].id").arg(i), QStringLiteral("entity \"%1\"").arg(id), seeds.key());
    }
  }
}

void RoomBook::open(PluginContext &host) {
  m_points = &host.points();
  if (m_file) return reseed();
  m_file = std::make_unique<KeptFile>(host.dataDir(), QStringLiteral("rooms.json"), roomLog());
  read(host.clock().now());
  reseed();
}

/// After a reload, those who are here have to look again.
void RoomBook::reseed() {
  if (!std::exchange(m_areSeedsNew, false)) return;
  const auto entities = std::exchange(m_entities, {});
  const auto rooms = m_rooms;
  for (const auto &seeds : std::as_const(m_entitySeeds)) {
    for (const EntityConfig &each : seeds) m_entities.append(Entity(each, *m_points));
  }
  settle();
  if (m_entities == entities && m_rooms == rooms) return;
  for (RoomAudience *audience : m_audiences) audience->reseeded();
}

/// A file that makes no sense must not keep the plant's gateway from starting; it is not thrown away either.
void RoomBook::read(Time now) {
  const auto content = m_file->read();
  if (!content) {
    m_unreadable = content.error();
  } else if (*content) {
    const auto taken = take(**content, now);
    if (taken) return;
    const auto moved = m_file->putAside();
    qCWarning(roomLog).noquote() << m_file->path() << taken.error() << "- put aside as" << moved.value_or(QString())
                                 << "- rooms are those of the manifest";
    if (!moved) m_unreadable = moved.error();
  }
  if (!m_unreadable.isEmpty()) qCWarning(roomLog).noquote() << m_unreadable << "- rooms can't be changed";
}

Result<void> RoomBook::take(const QByteArray &content, Time now) {
  const auto json = parseMessage(content);
  if (!json) return failure(QStringLiteral("is damaged: ") + json.error());
  if (json->value(QLatin1String("version")).toInt() != fileVersion) {
    return failure(QStringLiteral("is of an unknown version (allowed: %1)").arg(fileVersion));
  }
  QMap<int, QString> changed;
  for (const QJsonValue &each : json->value(QLatin1String("rooms")).toArray()) {
    const int id = idFrom(each.toObject().value(QLatin1String("id")));
    const QString name = each.toObject().value(QLatin1String("name")).toString();
    if (id == 0 || !roomNameProblem(name).isEmpty()) return failure(QStringLiteral("has a room that is none"));
    changed.insert(id, name);
  }
  QList<Broadcast> kept;
  for (const QJsonValue &each : json->value(QLatin1String("broadcasts")).toArray()) {
    auto broadcast = Broadcast::fromJson(each.toObject(), Time());
    const auto time = fromIso(each.toObject().value(QLatin1String("timestamp")).toString());
    if (!broadcast || !broadcast->expires || !time) return failure(QStringLiteral("has a broadcast that is none"));
    broadcast->time = *time;
    kept.append(*broadcast);
  }
  if (changed.size() > mostRooms || kept.size() > mostKept) return failure(QStringLiteral("holds too much"));
  for (const QJsonValue &each : json->value(QLatin1String("deleted")).toArray()) m_deleted.insert(idFrom(each));
  m_changed = std::move(changed);
  m_nextId = std::max(1, idFrom(json->value(QLatin1String("next_id"))));
  m_kept = std::move(kept);
  for (Broadcast &each : m_kept) each.number = ++m_lastNumber;
  dropExpired(now);
  return {};
}

/// m_rooms from what the manifest says and what REST made of it.
void RoomBook::settle() {
  m_rooms.clear();
  for (const auto &seeds : std::as_const(m_seeds)) {
    for (const RoomConfig &each : seeds) {
      m_nextId = std::max(m_nextId, each.id == std::numeric_limits<int>::max() ? 1 : each.id + 1);
      if (!m_deleted.contains(each.id)) m_rooms.insert(each.id, {each.id, each.name});
    }
  }
  for (auto each = m_changed.cbegin(); each != m_changed.cend(); ++each) {
    m_rooms.insert(each.key(), {each.key(), *each});
    if (each.key() < std::numeric_limits<int>::max()) m_nextId = std::max(m_nextId, each.key() + 1);
  }
}

int RoomBook::nextId() const {
  int id = m_nextId;
  // Past the largest number there is: the lowest that is free.
  if (m_rooms.contains(id)) {
    for (id = 1; m_rooms.contains(id);) ++id;
  }
  return id;
}

std::optional<Refusal> RoomBook::whyNot() const {
  if (m_unreadable.isEmpty()) return std::nullopt;
  return Refusal{503, QStringLiteral("rooms can't be changed now, the log says why"), {}};
}

bool RoomBook::isSeeded(int id) const {
  return std::any_of(m_seeds.begin(), m_seeds.end(), [id](const QList<RoomConfig> &seeds) {
    return std::any_of(seeds.begin(), seeds.end(), [id](const RoomConfig &each) { return each.id == id; });
  });
}

RoomBook::Changed RoomBook::create(std::optional<int> given, const QString &name) {
  if (const auto refusal = whyNot()) return tl::unexpected(*refusal);
  if (m_rooms.size() >= mostRooms) {
    return tl::unexpected(Refusal{409, QStringLiteral("all %1 rooms are taken").arg(mostRooms), {}});
  }
  const int id = given.value_or(nextId());
  if (m_rooms.contains(id)) return tl::unexpected(Refusal{409, QStringLiteral("room %1 is there already").arg(id), {}});
  m_deleted.remove(id);
  m_changed.insert(id, name);
  settle();
  keep();
  tell(m_rooms.value(id), RoomAction::Created);
  return m_rooms.value(id);
}

RoomBook::Changed RoomBook::rename(int id, const QString &name) {
  if (const auto refusal = whyNot()) return tl::unexpected(*refusal);
  if (!m_rooms.contains(id)) return tl::unexpected(noSuchRoom(id));
  const bool isNews = m_rooms.value(id).name != name;
  if (!isNews) return m_rooms.value(id);
  m_changed.insert(id, name);
  settle();
  keep();
  tell(m_rooms.value(id), RoomAction::Updated);
  return m_rooms.value(id);
}

RoomBook::Changed RoomBook::remove(int id) {
  if (const auto refusal = whyNot()) return tl::unexpected(*refusal);
  if (!m_rooms.contains(id)) return tl::unexpected(noSuchRoom(id));
  const Room room = m_rooms.value(id);
  m_changed.remove(id);
  if (isSeeded(id)) m_deleted.insert(id);
  settle();
  keep();
  tell(room, RoomAction::Deleted);
  return room;
}

void RoomBook::tell(const Room &room, RoomAction action) {
  for (RoomAudience *audience : m_audiences) audience->roomChanged(room, action);
}

tl::expected<int, Refusal> RoomBook::broadcast(Broadcast broadcast) {
  if (broadcast.room && !m_rooms.contains(*broadcast.room)) return tl::unexpected(noSuchRoom(*broadcast.room));
  if (broadcast.expires) {
    if (const auto refusal = whyNot()) return tl::unexpected(*refusal);
    dropExpired(broadcast.time);
    if (m_kept.size() >= mostKept) {
      const auto text = QStringLiteral("%1 broadcasts are kept already: wait until one of them expires");
      return tl::unexpected(Refusal{409, text.arg(mostKept), {}});
    }
    broadcast.number = ++m_lastNumber;
    m_kept.append(broadcast);
    keep();
  }
  int clients = 0;
  for (RoomAudience *audience : m_audiences) clients += audience->deliver(broadcast);
  if (clients > 0 || broadcast.clientId.isEmpty()) return clients;
  return tl::unexpected(Refusal{404, QStringLiteral("there is no client with this client_id"), {}});
}

void RoomBook::dropExpired(Time now) {
  m_kept.removeIf([now](const Broadcast &each) { return *each.expires <= now; });
}

void RoomBook::whenKept(KeptFile::Done done) { m_file->whenWritten(std::move(done)); }

void RoomBook::keep() { m_file->write(toJson()); }

QByteArray RoomBook::toJson() const {
  JsonText json;
  json.beginObject();
  json.put("version", fileVersion);
  json.put("next_id", m_nextId);
  json.key("rooms");
  json.beginList();
  for (auto each = m_changed.cbegin(); each != m_changed.cend(); ++each) {
    json.beginObject();
    json.put("id", each.key());
    json.put("name", *each);
    json.endObject();
  }
  json.endList();
  json.key("deleted");
  json.beginList();
  for (const int id : m_deleted) json.integer(id);
  json.endList();
  json.key("broadcasts");
  json.beginList();
  for (const Broadcast &each : m_kept) json.raw(each.toJson());
  json.endList();
  json.endObject();
  return json.bytes();
}

void RoomBook::tick(const Clock &clock) {
  if (!m_file) return;
  reseed();
  if (!m_kept.isEmpty()) dropExpired(clock.now());
  m_file->tick(clock.elapsed());
}

}  // namespace tagwire::ws
