// SPDX-License-Identifier: Apache-2.0
#include "sceneactions.h"

#include <algorithm>

#include "auditing.h"
#include "auth/commandaccess.h"
#include "auth/pointaccess.h"
#include "commands/commandcontrol.h"
#include "commandwish.h"

namespace tagwire::ws {

bool mayReadScene(const SceneStatus &scene, const Caller &caller, const PointTable &points) {
  if (!mayOnAll(caller.permissions, right::readCommands, scene.points, points)) return false;
  return std::all_of(scene.inputs.begin(), scene.inputs.end(), [&](PointId id) {
    // An alarm's area is not known here, so its state is for who may see all.
    if (id == PointId::None) return caller.permissions.allowAll(right::readAlarms);
    const auto point = points.point(id);
    return point && mayRead(caller.permissions, *point);
  });
}

Refusal noSuchScene(int id) { return {404, QStringLiteral("there is no scene %1").arg(id), {}}; }

tl::expected<Command, Refusal> sceneCommand(GatewayState &state, int scene, const QJsonObject &body,
                                            const Caller &caller, const QString &from) {
  const PointTable &points = state.context.points();
  const QList<SceneStatus> all = state.context.commands().scenes();
  const auto found =
      std::find_if(all.begin(), all.end(), [scene](const SceneStatus &each) { return each.id == scene; });
  if (found == all.end()) return tl::unexpected(noSuchScene(scene));
  if (!mayOnAll(caller.permissions, right::writeCommands, found->points, points)) {
    if (!mayReadScene(*found, caller, points)) return tl::unexpected(noSuchScene(scene));
    return tl::unexpected(
        Refusal{403,
                QStringLiteral("not permitted: commands:write for every point that scene %1 writes is due").arg(scene),
                {}});
  }
  Command command;
  const CommandWish wish{PointId::None, {}, body, sceneWords};
  if (const auto read = readCircumstances(wish, state.context.clock().now(), command); !read) {
    return tl::unexpected(Refusal{400, read.error(), {}});
  }
  command.id = newCommandId();
  command.kind = CommandKind::Scene;
  command.scene = scene;
  command.requestedBy = actorOf(caller);
  command.address = addressOf(from);
  return command;
}

}  // namespace tagwire::ws
