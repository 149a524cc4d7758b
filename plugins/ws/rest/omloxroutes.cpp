// SPDX-License-Identifier: Apache-2.0
#include "omloxroutes.h"

#include <QJsonObject>

#include "rest/recorded.h"
#include "services/locationhub.h"

namespace tagwire::ws {

namespace {

/// Who may ask: whoever sees positions, or events too; who sends positions in; who changes the configuration.
enum class Asks : quint8 { Places, Tags, Positions, Configuration };

struct Row {
  const char *method;
  const char *path;
  const char *summary;
  Asks asks = Asks::Tags;
  const char *body = nullptr;
  bool hasCrs = false;
};

constexpr const char *zoneBody =
    R"({"type":"object","required":["type"],"properties":{"id":{"type":"string","format":"uuid"},)"
    R"("type":{"enum":["uwb","wifi","rfid","ibeacon"]},"position":{"type":"object"},"radius":{"type":"number"}}})";
constexpr const char *trackableBody =
    R"({"type":"object","required":["type"],"properties":{"id":{"type":"string","format":"uuid"},)"
    R"("type":{"enum":["omlox","virtual"]},"location_providers":{"type":"array","items":{"type":"string"}},)"
    R"("locating_rules":{"type":"array","maxItems":20,"items":{"type":"object","required":["expression","priority"],)"
    R"("properties":{"expression":{"type":"string","maxLength":500},"priority":{"type":"integer"}}}}}})";
constexpr const char *providerBody =
    R"({"type":"object","required":["id","type"],"properties":{"id":{"type":"string"},)"
    R"("type":{"enum":["uwb","gps","wifi","rfid","ibeacon","virtual","unknown"]}}})";
constexpr const char *fenceBody =
    R"({"type":"object","required":["region"],"properties":{"id":{"type":"string","format":"uuid"},)"
    R"("region":{"type":"object"},"radius":{"type":"number"},"crs":{"type":"string"},"zone_id":{"type":"string"}}})";
constexpr const char *transformBody =
    R"({"type":"object","required":["position"],"properties":{"position":{"type":"object"},"crs":{"type":"string"}}})";
constexpr const char *locationBody =
    R"({"type":"object","required":["position","source","provider_type","provider_id"],"properties":{)"
    R"("position":{"type":"object"},"source":{"type":"string"},"provider_type":{"type":"string"},)"
    R"("provider_id":{"type":"string"},"crs":{"type":"string"}}})";
constexpr const char *proximityBody =
    R"({"type":"object","required":["source","provider_type","provider_id"],"properties":{)"
    R"("source":{"type":"string"},"provider_type":{"type":"string"},"provider_id":{"type":"string"}}})";
constexpr const char *listBody = R"({"type":"array","items":{"type":"object"}})";

constexpr std::array rows{
    Row{"GET", "/zones", "ids of all zones", Asks::Places},
    Row{"POST", "/zones", "a new zone", Asks::Configuration, zoneBody},
    Row{"DELETE", "/zones", "deletes all zones that clients made", Asks::Configuration},
    Row{"GET", "/zones/summary", "all zones", Asks::Places},
    Row{"GET", "/zones/{id}", "one zone", Asks::Places},
    Row{"PUT", "/zones/{id}", "changes a zone that a client made", Asks::Configuration, zoneBody},
    Row{"DELETE", "/zones/{id}", "deletes a zone that a client made", Asks::Configuration},
    Row{"PUT", "/zones/{id}/transform", "a position in the other coordinates", Asks::Places, transformBody},
    Row{"GET", "/zones/{id}/createfence", "a fence of the zone's outline", Asks::Places},
    Row{"GET", "/trackables", "ids of all trackables"},
    Row{"POST", "/trackables", "a new trackable", Asks::Configuration, trackableBody},
    Row{"DELETE", "/trackables", "deletes all trackables that clients made", Asks::Configuration},
    Row{"GET", "/trackables/summary", "all trackables"},
    Row{"GET", "/trackables/motions", "all that are somewhere", Asks::Tags, nullptr, true},
    Row{"GET", "/trackables/{id}", "one trackable"},
    Row{"PUT", "/trackables/{id}", "changes a trackable that a client made", Asks::Configuration, trackableBody},
    Row{"DELETE", "/trackables/{id}", "deletes a trackable that a client made", Asks::Configuration},
    Row{"GET", "/trackables/{id}/fences", "fences that it is in"},
    Row{"GET", "/trackables/{id}/location", "where it is", Asks::Tags, nullptr, true},
    Row{"GET", "/trackables/{id}/locations", "where it is, as a list", Asks::Tags, nullptr, true},
    Row{"GET", "/trackables/{id}/motion", "the trackable and where it is", Asks::Tags, nullptr, true},
    Row{"GET", "/trackables/{id}/providers", "its location providers"},
    Row{"GET", "/trackables/{id}/sensors", "sensors of its location providers"},
    Row{"GET", "/providers", "ids of all location providers"},
    Row{"POST", "/providers", "a new location provider", Asks::Configuration, providerBody},
    Row{"DELETE", "/providers", "deletes all location providers that clients made", Asks::Configuration},
    Row{"GET", "/providers/summary", "all location providers"},
    Row{"GET", "/providers/locations", "the newest locations", Asks::Tags, nullptr, true},
    Row{"PUT", "/providers/locations", "locations of several providers", Asks::Positions, listBody},
    Row{"DELETE", "/providers/locations", "forgets where all are", Asks::Positions},
    Row{"PUT", "/providers/proximities", "proximity of several providers", Asks::Positions, listBody},
    Row{"GET", "/providers/{id}", "one location provider"},
    Row{"PUT", "/providers/{id}", "changes a provider that a client made", Asks::Configuration, providerBody},
    Row{"DELETE", "/providers/{id}", "deletes a provider that a client made", Asks::Configuration},
    Row{"GET", "/providers/{id}/fences", "fences that it is in"},
    Row{"GET", "/providers/{id}/location", "its newest location", Asks::Tags, nullptr, true},
    Row{"PUT", "/providers/{id}/location", "where it is now", Asks::Positions, locationBody},
    Row{"DELETE", "/providers/{id}/location", "forgets where it is", Asks::Positions},
    Row{"PUT", "/providers/{id}/proximity", "the zone it is near to", Asks::Positions, proximityBody},
    Row{"GET", "/providers/{id}/sensors", "its sensors"},
    Row{"GET", "/providers/{id}/trackables", "the trackable that it belongs to"},
    Row{"GET", "/fences", "ids of all fences", Asks::Places},
    Row{"POST", "/fences", "a new fence", Asks::Configuration, fenceBody},
    Row{"DELETE", "/fences", "deletes all fences that clients made", Asks::Configuration},
    Row{"GET", "/fences/summary", "all fences", Asks::Places},
    Row{"GET", "/fences/{id}", "one fence", Asks::Places},
    Row{"PUT", "/fences/{id}", "changes a fence that a client made", Asks::Configuration, fenceBody},
    Row{"DELETE", "/fences/{id}", "deletes a fence that a client made", Asks::Configuration},
    Row{"GET", "/fences/{id}/locations", "where those in it are", Asks::Tags, nullptr, true},
    Row{"GET", "/fences/{id}/motions", "trackables in it, and where they are", Asks::Tags, nullptr, true},
    Row{"GET", "/fences/{id}/providers", "location providers of those in it"},
    Row{"GET", "/fences/{id}/trackables", "trackables in it"}};

QString omloxProblemType(int status) {
  switch (status) {
    case 401:
      return QStringLiteral("unauthorized");
    case 403:
      return QStringLiteral("forbidden");
    case 404:
      return QStringLiteral("not found");
    case 405:
      return QStringLiteral("method not allowed");
    case 408:
      return QStringLiteral("request timeout");
    case 413:
      return QStringLiteral("content too large");
    case 429:
      return QStringLiteral("too many requests");
    case 503:
      return QStringLiteral("service unavailable");
    default:
      return status < 500 ? QStringLiteral("bad request") : QStringLiteral("internal error");
  }
}

}  // namespace

OmloxRoutes::OmloxRoutes(Router &router, GatewayState &state) : m_state(state) {
  if (!state.config.speaks(ProtocolKind::Omlox)) return;
  for (const char *version : {"/v2", "/v1"}) {
    for (const Row &row : rows) {
      m_paths.push_back(QByteArray(version) + row.path);
      Route route{row.method,
                  m_paths.back().constData(),
                  row.summary,
                  Served::Rest,
                  right::readPositions,
                  [this](const Call &call) { pass(call); },
                  {},
                  row.body};
      if (row.hasCrs) route.query = {{"crs", "string", "EPSG:4326 (default) or local"}};
      if (row.asks == Asks::Places) route.orRights = {right::readEvents};
      if (row.asks == Asks::Positions) route.right = right::writePositions;
      if (row.asks == Asks::Configuration) {
        route.right = right::writeConfig;
        route.handler = recorded(state.context, "config", route.handler);
        route.isWhole = true;
      }
      router.add(route);
    }
  }
}

/// As it was sent, with what stands behind a question mark.
bool OmloxRoutes::isHub(const QByteArray &target) {
  const bool isVersion = target.startsWith("/v2") || target.startsWith("/v1");
  return isVersion && (target.size() == 3 || target[3] == '/' || target[3] == '?');
}

Response OmloxRoutes::reworded(Response response) {
  const QString text = QJsonDocument::fromJson(response.body)[u"error"].toString();
  if (response.status < 400 || text.isEmpty()) return response;
  response.body = QJsonDocument(QJsonObject{{QStringLiteral("type"), omloxProblemType(response.status)},
                                            {QStringLiteral("code"), response.status},
                                            {QStringLiteral("message"), text}})
                      .toJson(QJsonDocument::Compact);
  return response;
}

void OmloxRoutes::pass(const Call &call) const {
  const HubRequest request{call.request.method == "HEAD" ? QByteArray("GET") : call.request.method,
                           call.target.segments().mid(1),
                           call.target.value("crs").value_or(QString()),
                           call.request.body,
                           call.caller->permissions,
                           m_state.context.id() + u' ' + nameWithKind(*call.caller)};
  m_state.context.request(
      &LocationHub::answer,
      [answer = call.answer, &clock = m_state.context.clock()](const Result<HubAnswer> &given) {
        if (given)
          return answer({given->status, given->json.isEmpty() ? QByteArray() : "application/json", given->json});
        // Not there, stopped, or too slow; the latter may well do what was asked.
        answer(errorResponse(503, given.error(), clock.now()));
      },
      request);
}

}  // namespace tagwire::ws
