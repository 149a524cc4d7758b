// SPDX-License-Identifier: Apache-2.0
#include "part.h"

#include "pages/pageroutes.h"
#include "rest/accountroutes.h"
#include "rest/alarmhistoryroutes.h"
#include "rest/alarmroutes.h"
#include "rest/alarmruleroutes.h"
#include "rest/auditroutes.h"
#include "rest/commandroutes.h"
#include "rest/connectionroutes.h"
#include "rest/deviceroutes.h"
#include "rest/eventroutes.h"
#include "rest/historyexportroutes.h"
#include "rest/historyroutes.h"
#include "rest/ingestroutes.h"
#include "rest/interlockroutes.h"
#include "rest/manifestroutes.h"
#include "rest/omloxroutes.h"
#include "rest/openapi.h"
#include "rest/osroutes.h"
#include "rest/pointroutes.h"
#include "rest/quarantineroutes.h"
#include "rest/roomroutes.h"
#include "rest/rtlsroutes.h"
#include "rest/sceneroutes.h"
#include "rest/setuproutes.h"
#include "rest/siteroutes.h"
#include "rest/statusroutes.h"
#include "rest/systemroutes.h"
#include "rest/tileroutes.h"
#include "rest/tokenroutes.h"
#include "rest/traceroutes.h"

namespace tagwire::ws {

std::vector<std::unique_ptr<RestPart>> makeRestParts(Router &router, GatewayState &state,
                                                     const std::function<Endpoints *()> &endpoints) {
  std::vector<std::unique_ptr<RestPart>> parts;
  parts.push_back(std::make_unique<SystemRoutes>(router, state));
  parts.push_back(std::make_unique<StatusRoutes>(router, state));
  parts.push_back(std::make_unique<TraceRoutes>(router, state));
  parts.push_back(std::make_unique<PageRoutes>(router, state));
  parts.push_back(std::make_unique<PointRoutes>(router, state));
  const auto history = std::make_shared<HistoryDesk>(state.context);
  parts.push_back(std::make_unique<HistoryRoutes>(router, state, history));
  parts.push_back(std::make_unique<HistoryExportRoutes>(router, state, history));
  parts.push_back(std::make_unique<QuarantineRoutes>(router, state, history));
  parts.push_back(std::make_unique<AlarmHistoryRoutes>(router, state));
  parts.push_back(std::make_unique<AlarmRoutes>(router, state));
  parts.push_back(std::make_unique<AlarmRuleRoutes>(router, state));
  parts.push_back(std::make_unique<AuditRoutes>(router, state));
  parts.push_back(std::make_unique<RoomRoutes>(router, state));
  auto commands = std::make_unique<CommandDesk>(router, state);
  parts.push_back(std::make_unique<CommandRoutes>(router, state, *commands));
  parts.push_back(std::make_unique<SceneRoutes>(router, state, *commands));
  parts.push_back(std::move(commands));
  parts.push_back(std::make_unique<InterlockRoutes>(router, state));
  parts.push_back(std::make_unique<AccountRoutes>(router, state));
  parts.push_back(std::make_unique<ManifestRoutes>(router, state));
  parts.push_back(std::make_unique<SetupRoutes>(router, state));
  parts.push_back(std::make_unique<OsRoutes>(router, state, endpoints));
  parts.push_back(std::make_unique<IngestRoutes>(router, state));
  parts.push_back(std::make_unique<TileRoutes>(router, state));
  parts.push_back(std::make_unique<RtlsRoutes>(router, state));
  parts.push_back(std::make_unique<OmloxRoutes>(router, state));
  parts.push_back(std::make_unique<SiteRoutes>(router, state));
  parts.push_back(std::make_unique<EventRoutes>(router, state));
  parts.push_back(std::make_unique<ConnectionRoutes>(router, state, endpoints));
  parts.push_back(std::make_unique<OpenApi>(router, state));
  parts.push_back(std::make_unique<DeviceRoutes>(router, state));
  parts.push_back(std::make_unique<TokenRoutes>(router, state));
  return parts;
}

}  // namespace tagwire::ws
