// SPDX-License-Identifier: Apache-2.0
#include "hub.h"

#include <QJsonDocument>

#include <algorithm>

namespace tagwire::rtls {
namespace {

constexpr qsizetype mostAtOnce = 1000;

QByteArray bodyText(const QJsonValue &body) {
  if (body.isArray()) return QJsonDocument(body.toArray()).toJson(QJsonDocument::Compact);
  return body.isObject() ? QJsonDocument(body.toObject()).toJson(QJsonDocument::Compact) : QByteArray();
}

QString problemType(int status) {
  switch (status) {
    case 401:
      return QStringLiteral("unauthorized");
    case 403:
      return QStringLiteral("forbidden");
    case 404:
      return QStringLiteral("not found");
    default:
      return status < 500 ? QStringLiteral("bad request") : QStringLiteral("internal error");
  }
}

bool isMany(const HubRequest &request) {
  const QString what = request.path.value(1);
  return request.method == "PUT" && request.path.size() == 2 && request.path[0] == u"providers" &&
         (what == u"locations" || what == u"proximities");
}

bool isChange(const HubRequest &request) {
  return request.method != "GET" && request.path.size() <= 2 && request.path.value(1) != u"locations";
}

HubAnswer answerOf(const HubProblem &problem) {
  const QJsonObject json{{QStringLiteral("type"), problemType(problem.status)},
                         {QStringLiteral("code"), problem.status},
                         {QStringLiteral("message"), problem.text}};
  return {problem.status, bodyText(json)};
}

}  // namespace

HubAnswer notKept() {
  return answerOf({500, QStringLiteral("done, but it could not be written and would not outlive a restart; writing is "
                                       "tried again, and the log says why it fails")});
}

HubAnswer Hub::answer(const HubRequest &request, const std::function<void(HubSite &)> &changed) {
  for (HubSite *site : m_sites) site->wake();
  const Answered answered = find(request, changed);
  if (answered) return {answered->status, bodyText(answered->body)};
  return answerOf(answered.error());
}

Hub::Answered Hub::find(const HubRequest &request, const std::function<void(HubSite &)> &changed) {
  if (m_sites.empty()) return hubProblem(404, QStringLiteral("no instance is running"));
  if (isMany(request)) return takeMany(request);
  const QString what = request.path.value(1);
  if (request.method == "POST") return create(request, changed);
  const bool isAll = request.path.size() == 1 ||
                     (request.path.size() == 2 && (what == u"summary" || what == u"locations" || what == u"motions"));
  return isAll ? fromAll(request, changed) : fromOne(request, changed);
}

/// The lists of all, one behind the other; places only of those that have the coordinates which are asked for.
Hub::Answered Hub::fromAll(const HubRequest &request, const std::function<void(HubSite &)> &changed) {
  if (const auto may = mayClear(request); !may) return tl::unexpected(may.error());
  const QString what = request.path.value(1);
  const bool isPlaces = request.method == "GET" && (what == u"locations" || what == u"motions");
  std::optional<HubProblem> first;
  bool isAny = false;
  HubReply whole;
  QJsonArray list;
  for (HubSite *site : m_sites) {
    const auto part = HubDesk(*site, request).answer();
    if (!part && !isPlaces) return part;
    if (!part) {
      first = first.value_or(part.error());
      continue;
    }
    isAny = true;
    if (isChange(request)) changed(*site);
    whole.status = part->status;
    for (const QJsonValue &each : part->body.toArray()) list.append(each);
  }
  if (!isAny && first) return tl::unexpected(*first);
  if (whole.status == 200) whole.body = list;
  return whole;
}

/// With the instance that `properties.instance` names, or the first.
Hub::Answered Hub::create(const HubRequest &request, const std::function<void(HubSite &)> &changed) {
  const QJsonObject body = QJsonDocument::fromJson(request.body).object();
  const QString wanted = body[u"properties"][u"instance"].toString();
  const auto named =
      std::ranges::find_if(m_sites, [&wanted](const HubSite *site) { return site->instance() == wanted; });
  if (named == m_sites.end() && !wanted.isEmpty()) {
    QStringList allowed;
    for (const HubSite *site : m_sites) allowed << site->instance();
    return hubProblem(400, QStringLiteral("properties.instance is unknown (allowed: %1)").arg(allowed.join(u", ")));
  }
  HubSite &site = named == m_sites.end() ? *m_sites.front() : **named;
  const auto kind = kindOf(request.path.value(0));
  if (kind) {
    if (const auto may = mayHave(*kind, body, true, site); !may) return tl::unexpected(may.error());
  }
  auto made = HubDesk(site, request).answer();
  if (made) changed(site);
  return made;
}

/// The first that knows it.
Hub::Answered Hub::fromOne(const HubRequest &request, const std::function<void(HubSite &)> &changed) {
  const QString what = request.path.value(2);
  if (request.method == "PUT" && (what == u"location" || what == u"proximity")) {
    const QString zone = QJsonDocument::fromJson(request.body).object().value(u"source").toString();
    return HubDesk(siteFor(request.path[1], zone), request).answer();
  }
  Answered first;
  for (HubSite *site : m_sites) {
    if (request.method == "PUT" && request.path.size() == 2 && kindOf(request.path[0]) == HubKind::Trackables &&
        site->objects().find(HubKind::Trackables, request.path[1])) {
      const QJsonObject body = QJsonDocument::fromJson(request.body).object();
      const auto may = mayHave(HubKind::Trackables, body, false, *site);
      if (!may) return tl::unexpected(may.error());
    }
    Answered answered = HubDesk(*site, request).answer();
    if (answered && isChange(request)) changed(*site);
    if (answered || answered.error().status != 404) return answered;
    if (site == m_sites.front()) first = answered;
  }
  return first;
}

HubResult<void> Hub::mayHave(HubKind kind, const QJsonObject &body, bool isNew, HubSite &own) const {
  const QString id = body.value(u"id").toString();
  for (HubSite *site : m_known) {
    if (isNew && site->isTaken(kind, id))
      return hubProblem(400, QStringLiteral("id \"%1\" is taken").arg(id.left(100)));
    if (kind != HubKind::Trackables || site == &own) continue;
    for (const QJsonValue &each : body.value(u"location_providers").toArray()) {
      if (!site->isClaimed(each.toString())) continue;
      return hubProblem(400, QStringLiteral("location_providers: \"%1\" belongs to another trackable already")
                                 .arg(each.toString().left(100)));
    }
  }
  return {};
}

/// All of a kind are deleted, or none.
HubResult<void> Hub::mayClear(const HubRequest &request) const {
  const auto kind = kindOf(request.path.value(0));
  if (request.method != "DELETE" || request.path.size() != 1 || !kind) return {};
  for (const HubSite *site : m_sites) {
    if (auto may = site->objects().mayClear(*kind); !may) return may;
  }
  return {};
}

/// Whose provider it is; of an unknown one, whose zone it was seen in.
HubSite &Hub::siteFor(const QString &provider, const QString &zone) const {
  for (HubSite *site : m_sites) {
    if (site->hasProvider(provider)) return *site;
  }
  for (HubSite *site : m_sites) {
    if (site->objects().zone(zone)) return *site;
  }
  return *m_sites.front();
}

/// Takes what is good; the first that is not is told.
Hub::Answered Hub::takeMany(const HubRequest &request) {
  const QJsonDocument document = QJsonDocument::fromJson(request.body);
  const QJsonArray list = document.array();
  if (!document.isArray() || list.size() > mostAtOnce) {
    return hubProblem(400, QStringLiteral("the body is wrong (allowed: a list of %1 at most)").arg(mostAtOnce));
  }
  const bool isLocations = request.path[1] == u"locations";
  std::optional<HubProblem> first;
  for (qsizetype i = 0; i < list.size(); ++i) {
    const QJsonObject each = list[i].toObject();
    HubSite &site = siteFor(each.value(u"provider_id").toString(), each.value(u"source").toString());
    const auto taken = isLocations ? site.takeLocation(each, {}, request.permissions, request.sender)
                                   : site.takeProximity(each, {}, request.permissions, request.sender);
    if (!taken && !first) {
      first = HubProblem{taken.error().status, QStringLiteral("[%1]: %2").arg(i).arg(taken.error().text)};
    }
  }
  if (first) return tl::unexpected(*first);
  return HubReply{204};
}

bool Hub::listen(const std::weak_ptr<HubListener> &listener) {
  for (HubSite *site : m_sites) site->wake();
  std::erase_if(m_listeners, [](const auto &each) { return each.expired(); });
  const auto wanted = listener.lock();
  const bool isNew = std::ranges::none_of(m_listeners, [&](const auto &each) { return each.lock() == wanted; });
  if (wanted && isNew) m_listeners.push_back(listener);
  return std::ranges::any_of(m_sites, [](const HubSite *site) { return site->plane().isGeoreferenced(); });
}

bool Hub::wants(HubTopic topic, HubCrs crs) const {
  return std::ranges::any_of(m_listeners, [&](const auto &each) {
    const auto listener = each.lock();
    return listener && listener->wants(topic, crs);
  });
}

void Hub::tell(const HubNews &news) const {
  for (const auto &each : m_listeners) {
    const auto listener = each.lock();
    if (listener && listener->wants(news.topic, news.crs)) listener->tell(news);
  }
}

}  // namespace tagwire::rtls
