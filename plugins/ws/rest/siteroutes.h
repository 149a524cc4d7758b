// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/zonebook.h"
#include "rest/diskworker.h"
#include "rest/muster.h"
#include "rest/part.h"
#include "services/sitemap.h"

namespace tagwire::ws {

/// Zones with their outlines and plans, and the muster list, of all RTLS instances or of one. Thread-bound; owned by
/// the gateway.
class SiteRoutes : public RestPart {
 public:
  SiteRoutes(Router &router, GatewayState &state);

 private:
  template <class Answer>
  using Answers = QList<std::pair<ZoneBook::Site, Answer>>;

  /// Asks the sites of ?manager= (all without it), and goes on with those that answer; else 404.
  template <class Answer, class... Taken>
  void ask(const Call &call, void (SiteMap::*method)(Reply<Answer>, Taken...),
           const std::function<void(const Answers<Answer> &)> &done, Taken... given);
  void zones(const Call &call);
  void plan(const Call &call);
  /// Numbers of zones are an instance's own.
  static QString severalPlans(const Answers<PlanFile> &answers);
  void muster(const Call &call);
  Response musterOf(const Answers<QList<Whereabouts>> &answers, int zone, bool isCsv,
                    const Permissions &permissions) const;
  Response error(int status, const QString &text) const;

  GatewayState &m_state;
  ZoneBook m_zones;
  DiskWorker m_worker;
};

}  // namespace tagwire::ws
