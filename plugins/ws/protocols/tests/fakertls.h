// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin.h"
#include "services/fixintake.h"
#include "services/locationhub.h"
#include "services/sitemap.h"
#include "services/zonecatalog.h"

namespace tagwire::ws {

/// An RTLS plugin as far as its services are concerned: a hall with a room in it, and a yard.
class FakeRtls : public Plugin, public ZoneCatalog, public FixIntake, public SiteMap, public LocationHub {
 public:
  explicit FakeRtls(const QString &manager = QStringLiteral("Manager1")) {
    zones.managers = {{manager, QStringLiteral("10.0.0.5"), 8001}};
    zones.zones = {{417, QStringLiteral("Hall"), QStringLiteral("building"), 0},
                   {418, QStringLiteral("Room"), QStringLiteral("room"), 417},
                   {500, QStringLiteral("Yard"), QStringLiteral("building"), 0}};
  }
  void start() override {}
  void stop() override {}
  void directory(Reply<ZoneDirectory> reply) override {
    ++asked;
    reply(zones);
  }
  void outlines(Reply<QJsonObject> reply) override { reply(shapes); }
  void plan(Reply<PlanFile> reply, int zone) override {
    if (planOf == zone) return reply(planFile);
    reply(failure(QStringLiteral("zone %1 has no plan").arg(zone)));
  }
  void whereabouts(Reply<QList<Whereabouts>> reply) override { reply(everybody); }
  void take(Reply<bool> reply, IncomingFix fix) override {
    fixes.append(fix);
    reply(refusal.isEmpty() ? Result<bool>(true) : Result<bool>(failure(refusal)));
  }

  void answer(Reply<HubAnswer> reply, HubRequest request) override {
    requests.append(request);
    reply(hubAnswer);
  }
  void listen(Reply<bool> reply, std::weak_ptr<HubListener> newListener) override {
    listener = newListener;
    reply(isGeoreferenced);
  }

  HubAnswer hubAnswer{200, "[]"};
  QList<HubRequest> requests;
  std::weak_ptr<HubListener> listener;
  bool isGeoreferenced = false;
  ZoneDirectory zones;
  QList<IncomingFix> fixes;
  QString refusal;
  int asked = 0;
  QJsonObject shapes;
  int planOf = 0;
  PlanFile planFile;
  QList<Whereabouts> everybody;
};

inline TriggerEvent triggerOf(const char *tag, int zone, int id = 123) {
  TriggerEvent event;
  event.triggerId = id;
  event.triggerName = QStringLiteral("Entry Gate");
  event.direction = QStringLiteral("OnEnter");
  event.tagId = QString::fromUtf8(tag);
  event.tagName = QStringLiteral("Badge");
  event.zoneId = zone;
  event.x = 1;
  event.y = 2;
  return event;
}

}  // namespace tagwire::ws
