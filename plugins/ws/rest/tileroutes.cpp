// SPDX-License-Identifier: Apache-2.0
#include "tileroutes.h"

#include "auth/pointaccess.h"
#include "endpointid.h"
#include "http/entitytag.h"
#include "rest/recorded.h"
#include "rest/tilejson.h"

namespace tagwire::ws {

TileRoutes::TileRoutes(Router &router, GatewayState &state) : m_state(state), m_book(TileBook::of(state.context)) {
  router.add({"GET",
              "/api/os/tiles",
              "tiles of the panel page (R5-16)",
              Served::Rest,
              right::readPoints,
              [this](const Call &call) { list(call); },
              {{"names", "boolean", "true: with `points`, the full names that `endpointIds` stand for"}},
              nullptr,
              false,
              {right::readPositions}});
  Route change{"PUT",
               "/api/os/tiles",
               "replaces all tiles that the caller sees (R5-16)",
               Served::Rest,
               right::writeConfig,
               [this](const Call &call) { replace(call); },
               {},
               R"({"type":"array","maxItems":1000,"items":{"type":"object","additionalProperties":false,)"
               R"("required":["id","name"],"properties":{"id":{"type":"integer","minimum":1},)"
               R"("name":{"type":"string"},"type":{"type":"string"},)"
               R"("endpointIds":{"type":"array","maxItems":100,"items":{"type":"integer"}},)"
               R"("x":{"type":"number"},"y":{"type":"number"},"area":{"type":"string"},)"
               R"("width":{"type":"number","minimum":1,"maximum":12},)"
               R"("height":{"type":"number","minimum":1,"maximum":100},"min":{"type":"number"},)"
               R"("max":{"type":"number"},"value":{"type":"number"},)"
               R"("durationMs":{"type":"integer","minimum":10,"maximum":3600000},)"
               R"("scene":{"type":"integer","minimum":1},"zone":{"type":"integer","minimum":1}}}})"};
  change.headers = {
      {"If-Match", "string", "the ETag of the tiles that were changed: 412 when there are others by now"}};
  router.addWhole(change);
}

Tiles TileRoutes::all() const {
  if (const auto &saved = m_book->tiles(m_state.context.log())) return *saved;
  Tiles tiles;
  for (const Tile &each : m_state.config.tiles) tiles << each.withNumbers(m_state.context.points());
  return tiles;
}

/// A number that no point has is hidden like one that may not be read.
bool TileRoutes::isVisible(const Tile &tile, const Caller &caller) const {
  return mayReadAllPoints(caller.permissions) ||
         std::all_of(tile.endpointIds.begin(), tile.endpointIds.end(), [&](qint64 number) {
           return readablePoint(m_state.context.points(), caller, number) != PointId::None;
         });
}

QJsonArray TileRoutes::shownTo(const Caller &caller) const {
  Tiles tiles = all();
  tiles.removeIf([&](const Tile &tile) { return !isVisible(tile, caller); });
  return toJson(tiles);
}

/// Of what the caller sees, without the names: who changes it has seen just that.
QByteArray TileRoutes::tagFor(const Caller &caller) const {
  return entityTagOf(QJsonDocument(shownTo(caller)).toJson(QJsonDocument::Compact));
}

void TileRoutes::list(const Call &call) const {
  QJsonArray json = shownTo(*call.caller);
  if (call.target.value("names") == QStringLiteral("true")) putNames(json, *call.caller);
  Response response = Response::json(200, QJsonDocument(json));
  response.fields = {{"ETag", tagFor(*call.caller)}};
  call.answer(response);
}

/// In the order of the numbers; "" for one that no point has any more.
void TileRoutes::putNames(QJsonArray &tiles, const Caller &caller) const {
  const PointTable &points = m_state.context.points();
  for (QJsonValueRef each : tiles) {
    QJsonObject tile = each.toObject();
    QJsonArray names;
    for (const QJsonValue &number : tile.value(QLatin1String("endpointIds")).toArray()) {
      const auto point = points.point(readablePoint(points, caller, number.toInteger()));
      names.append(point ? point->fullName : QString());
    }
    tile.insert(QStringLiteral("points"), names);
    each = tile;
  }
}

Result<Tiles> TileRoutes::read(const Call &call) const {
  const QJsonDocument document = QJsonDocument::fromJson(call.request.body);
  if (!document.isArray()) return failure(QStringLiteral("the body must be an array of tiles"));
  const auto tiles = tilesFromJson(document.array());
  if (!tiles) return tiles;
  QHash<int, QList<qint64>> before;
  for (const Tile &tile : all()) {
    if (isVisible(tile, *call.caller)) before.insert(tile.id, tile.endpointIds);
  }
  for (const Tile &tile : *tiles) {
    auto endpoints = EndpointIds::find(m_state.context.points(), *call.caller, tile.endpointIds);
    // A point that has gone is no reason to refuse all else of the page: its number may stay where it stands.
    const QList<qint64> kept = before.value(tile.id);
    endpoints.unknown.removeIf([&kept](qint64 number) { return kept.contains(number); });
    if (endpoints.unknown.isEmpty()) continue;
    return failure(QStringLiteral("tile %1 (%2): %3").arg(tile.id).arg(tile.name, endpoints.complaint(*call.caller)));
  }
  return tiles;
}

void TileRoutes::replace(const Call &call) const {
  const Time now = m_state.context.clock().now();
  const auto given = read(call);
  if (!given) return call.answer(errorResponse(400, given.error(), now));
  if (m_book->isSaving()) {
    return call.answer(errorResponse(409, QStringLiteral("somebody else is saving tiles: read them again"), now));
  }
  const QByteArray seen = call.request.field("if-match");
  if (!seen.isEmpty() && !namesTag(seen, tagFor(*call.caller))) {
    return call.answer(errorResponse(412, QStringLiteral("the tiles were changed meanwhile: read them again"), now));
  }
  // What the caller does not see is not theirs to remove.
  Tiles tiles = all();
  tiles.removeIf([&](const Tile &tile) { return isVisible(tile, *call.caller); });
  for (const Tile &tile : *given) {
    const auto hasId = [&](const Tile &other) { return other.id == tile.id; };
    if (std::none_of(tiles.begin(), tiles.end(), hasId)) continue;
    return call.answer(errorResponse(409, QStringLiteral("id %1 is taken").arg(tile.id), now));
  }
  tiles << *given;
  AuditEntry entry = auditEntry("config", QStringLiteral("replace"), doerOf(call));
  entry.subject = QStringLiteral("tiles");
  entry.details = {{QStringLiteral("before"), toJson(all())}, {QStringLiteral("after"), toJson(tiles)}};
  const auto done = [&context = m_state.context, entry, answer = call.answer, saved = *given,
                     now](const Result<void> &outcome) {
    if (!outcome) {
      // Where the file is concerns the house, not the client.
      qCWarning(context.log()).noquote() << "tiles can't be saved:" << outcome.error();
      return answer(errorResponse(500, QStringLiteral("the tiles can't be saved now"), now));
    }
    context.audit().append(entry);
    answer(Response::json(200, QJsonDocument(toJson(saved))));
  };
  m_book->save(tiles, &m_state, done);
}

}  // namespace tagwire::ws
