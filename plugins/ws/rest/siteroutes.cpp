// SPDX-License-Identifier: Apache-2.0
#include "rest/siteroutes.h"

#include <QJsonArray>
#include <QSet>

#include <limits>

#include "rest/planpicture.h"

namespace tagwire::ws {
namespace {

constexpr int largestZone = std::numeric_limits<int>::max();

QString nameOfZone(const ZoneDirectory &directory, int zone) {
  for (const ZoneInfo &each : directory.zones) {
    if (each.id == zone) return each.name;
  }
  return {};
}

/// The zones that are `top` or lie in it.
QSet<int> zonesWithin(const ZoneDirectory &directory, int top) {
  QSet<int> zones;
  for (const ZoneInfo &each : directory.zones) {
    if (directory.isWithin(each.id, top)) zones.insert(each.id);
  }
  return zones;
}

}  // namespace

SiteRoutes::SiteRoutes(Router &router, GatewayState &state) : m_state(state), m_zones(state.context) {
  const QueryParameter manager{"manager", "string", "only of the instance that has this manager"};
  Route zonesRoute{
      "GET",        "/api/v1/rtls/zones", "zones with outline, heights, plan and place on earth, by instance",
      Served::Rest, right::readPositions, [this](const Call &call) { zones(call); },
      {manager}};
  zonesRoute.orRights = {right::readEvents};
  router.add(zonesRoute);
  Route planRoute{"GET",        "/api/v1/rtls/zones/{id}/plan", "a zone's picture: PNG, JPEG or SVG",
                  Served::Rest, right::readPositions,           [this](const Call &call) { plan(call); },
                  {manager}};
  planRoute.orRights = {right::readEvents};
  planRoute.headers = {{"If-None-Match", "string", "the ETag of what is known: 304 when it is the same"}};
  router.add(planRoute);
  router.add({"GET",
              "/api/v1/rtls/muster",
              "who is where, by zone, and who is missing",
              Served::Rest,
              right::readPositions,
              [this](const Call &call) { muster(call); },
              {{"zone", "integer", "only those in this zone and below; lost ones by where they were last"},
               {"format", "string", "json (default) or csv"},
               manager}});
}

Response SiteRoutes::error(int status, const QString &text) const {
  return errorResponse(status, text, m_state.context.clock().now());
}

template <class Answer, class... Taken>
void SiteRoutes::ask(const Call &call, void (SiteMap::*method)(Reply<Answer>, Taken...),
                     const std::function<void(const Answers<Answer> &)> &done, Taken... given) {
  struct Question {
    Answers<std::optional<Answer>> answers;
    qsizetype open = 0;
    QString trouble;
  };
  const auto manager = call.target.value("manager");
  m_zones.whenFresh([=, this, answer = call.answer] {
    const auto question = std::make_shared<Question>();
    if (manager) {
      const ZoneBook::Site *site = m_zones.siteOf(*manager);
      if (!site) return answer(error(404, QStringLiteral("there is no manager \"%1\"").arg(manager->left(100))));
      question->answers << std::pair(*site, std::nullopt);
    } else {
      for (const ZoneBook::Site &site : m_zones.sites()) question->answers << std::pair(site, std::nullopt);
    }
    question->open = question->answers.size();
    if (question->open == 0) {
      return answer(error(404, QStringLiteral("no running plugin knows zones (allowed: a manifest with plugin rtls)")));
    }
    for (qsizetype i = 0; i < question->answers.size(); ++i) {
      const auto took = [this, question, i, answer, done](const Result<Answer> &came) {
        if (came) question->answers[i].second = *came;
        if (!came) question->trouble = came.error();
        if (--question->open > 0) return;
        Answers<Answer> all;
        for (const auto &[site, each] : std::as_const(question->answers)) {
          if (each) all << std::pair(site, *each);
        }
        if (all.isEmpty()) return answer(error(404, question->trouble));
        done(all);
      };
      m_state.context.requestFrom(question->answers.at(i).first.instance, method, took, given...);
    }
  });
}

void SiteRoutes::zones(const Call &call) {
  ask<QJsonObject>(call, &SiteMap::outlines, [answer = call.answer](const Answers<QJsonObject> &answers) {
    QJsonArray list;
    for (const auto &[site, zones] : answers) {
      QJsonObject json = zones;
      QJsonArray managers;
      for (const RtlsManager &manager : site.directory.managers) managers.append(manager.name);
      json.insert(QStringLiteral("instance"), site.instance);
      json.insert(QStringLiteral("managers"), managers);
      list.append(json);
    }
    answer(Response::json(200, QJsonDocument(list)));
  });
}

void SiteRoutes::plan(const Call &call) {
  bool isNumber = false;
  const int zone = call.variables.value(QStringLiteral("id")).toInt(&isNumber);
  if (!isNumber || zone < 1) {
    return call.answer(error(400, QStringLiteral("the zone's id must be a whole number of 1 to %1").arg(largestZone)));
  }
  const QByteArray known = call.request.field("if-none-match");
  const auto serve = [this, known, answer = call.answer](const Answers<PlanFile> &answers) {
    if (answers.size() > 1) return answer(error(409, severalPlans(answers)));
    if (m_worker.isFull()) return answer(error(503, QStringLiteral("too many plans are being read; try again")));
    m_worker.run([file = answers.first().second] { return PlanPicture::read(file); },
                 [this, known, answer](const Result<PlanPicture> &picture) {
                   answer(picture ? picture->answer(known) : error(404, picture.error()));
                 });
  };
  ask<PlanFile, int>(call, &SiteMap::plan, serve, zone);
}

QString SiteRoutes::severalPlans(const Answers<PlanFile> &answers) {
  QStringList managers;
  for (const auto &[site, plan] : answers) {
    if (!site.directory.managers.isEmpty()) managers << site.directory.managers.first().name;
  }
  return QStringLiteral("%1 instances have a zone of this number with a plan; say which by ?manager= (allowed: %2)")
      .arg(answers.size())
      .arg(managers.join(QStringLiteral(", ")));
}

void SiteRoutes::muster(const Call &call) {
  const auto zone = call.target.wholeNumber("zone", 1, largestZone, 0);
  if (!zone) return call.answer(error(400, zone.error()));
  const QString format = call.target.value("format").value_or(QStringLiteral("json"));
  if (format != u"json" && format != u"csv") {
    return call.answer(error(400, QStringLiteral("format is \"%1\" (allowed: json, csv)").arg(format.left(100))));
  }
  const auto list = [this, zone = static_cast<int>(*zone), isCsv = format == u"csv", caller = call.caller,
                     answer = call.answer](const Answers<QList<Whereabouts>> &answers) {
    answer(musterOf(answers, zone, isCsv, caller->permissions));
  };
  ask<QList<Whereabouts>>(call, &SiteMap::whereabouts, list);
}

/// Who was never seen may be anywhere, so is in every list.
Response SiteRoutes::musterOf(const Answers<QList<Whereabouts>> &answers, int zone, bool isCsv,
                              const Permissions &permissions) const {
  QList<MusterEntry> entries;
  bool isKnown = zone == 0;
  for (const auto &[site, tags] : answers) {
    if (zone != 0 && !hasZone(site.directory, zone)) continue;
    isKnown = true;
    const QSet<int> within = zone == 0 ? QSet<int>() : zonesWithin(site.directory, zone);
    QHash<int, QString> names;
    for (const Whereabouts &tag : tags) {
      const bool isMeant = zone == 0 || tag.state == Whereabouts::State::Unseen || within.contains(tag.zone);
      if (!isMeant || !permissions.allow(right::readPositions, tag.tag)) continue;
      if (!names.contains(tag.zone)) names[tag.zone] = nameOfZone(site.directory, tag.zone);
      entries << MusterEntry{site.instance, names.value(tag.zone), tag};
    }
  }
  if (!isKnown) return error(404, QStringLiteral("there is no zone %1").arg(zone));
  const Time now = m_state.context.clock().now();
  if (!isCsv) return Response::json(200, QJsonDocument(musterJson(entries, now)));
  Response response{200, "text/csv; charset=utf-8", musterCsv(entries, now)};
  response.fields = {{"Content-Disposition", "attachment; filename=\"muster.csv\""}};
  return response;
}

}  // namespace tagwire::ws
