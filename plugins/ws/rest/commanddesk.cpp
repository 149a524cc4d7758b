// SPDX-License-Identifier: Apache-2.0
#include "commanddesk.h"

#include <QJsonDocument>

#include "auth/commandaccess.h"
#include "commandactions.h"
#include "commandwish.h"
#include "rest/commandjson.h"
#include "services/gisdata.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;
constexpr qsizetype mostWaits = 1000;

constexpr const char *panelSchema =
    R"({"type":"object","required":["endpointId"],"properties":{"endpointId":{"type":"integer"},)"
    R"("value":{},"commandType":{"enum":["write","toggle","pulse"]},)"
    R"("durationMs":{"type":"integer","minimum":10,"maximum":3600000},"tileId":{"type":"integer"},)"
    R"("correlationId":{"type":"string","maxLength":200},"requestedBy":{"type":"string","maxLength":200},)"
    R"("comment":{"type":"string","maxLength":1000},"selectionId":{"type":"string","maxLength":200},)"
    R"("expiresInMs":{"type":"integer","minimum":100,"maximum":600000}}})";

std::optional<int> pointNumber(const QJsonValue &value) {
  const auto number = wholeNumber(value);
  if (!number || *number < 1 || *number > 2147483647) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace

CommandDesk::CommandDesk(Router &router, GatewayState &state)
    : m_state(state), m_context(state.context), m_book(*state.commands) {
  router.add({"POST",
              "/api/os/command",
              "writes or toggles a point, or gives it a pulse (R5-9)",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { submitForPanel(call); },
              {},
              panelSchema});
  router.add({"GET", "/api/os/command/{id}", "every step of a command (R5-9)", Served::Rest, right::readCommands,
              [this](const Call &call) { call.answer(history(call)); }});
}

void CommandDesk::submitForPanel(const Call &call) {
  const Answer &answer = call.answer;
  const Time now = m_context.clock().now();
  const QJsonDocument document = QJsonDocument::fromJson(call.request.body);
  if (!document.isObject()) return answer(errorResponse(400, QStringLiteral("the body must be a JSON object"), now));
  const QJsonObject body = document.object();
  const auto number = pointNumber(body.value(QLatin1String("endpointId")));
  if (!number) {
    return answer(
        errorResponse(400, QStringLiteral("endpointId is wrong or missing (allowed: the number of a point)"), now));
  }
  const CommandWish wish{m_context.points().findNumber(*number), QString::number(*number), body, panelWords};
  const auto command = makeCommand(wish, *call.caller, call.sender.text, m_context);
  if (!command) return answer(errorResponse(command.error(), now));
  submit(*command, call, patience, &panelOutcome);
}

void CommandDesk::submit(const Command &command, const Call &call, std::chrono::nanoseconds most, Form form) {
  Wait wait{command.id, m_context.clock().elapsed() + most, call.answer, form};
  if (const auto *first = m_book.earlier(command.correlationId, *call.caller)) {
    if (!first->isFor(command)) {
      return call.answer(errorResponse(
          409, QStringLiteral("the correlation id \"%1\" was used for another command").arg(command.correlationId),
          m_context.clock().now()));
    }
    wait.commandId = first->command.id;
  }
  // Those of clients that left wait on, too.
  const bool mayWait = most > 0ns && m_waits.size() < mostWaits;
  if (mayWait) m_waits.append(wait);
  if (wait.commandId == command.id) m_state.request(command, *call.caller);
  if (!mayWait) return answer(wait);
  answerWaits(wait.commandId);
}

void CommandDesk::notify(const Event &event) {
  const auto *status = std::get_if<CommandStatus>(&event.body);
  if (!status) return;
  m_book.follow(*status, event.time);
  answerWaits(status->commandId);
}

void CommandDesk::answer(const Wait &wait) const {
  const CommandBook::Record *record = m_book.find(wait.commandId);
  if (record) return wait.answer(wait.form(*record, m_context.points()));
  wait.answer(errorResponse(noSuchCommand(), m_context.clock().now()));
}

void CommandDesk::answerWaits(const QString &commandId) {
  const CommandBook::Record *record = m_book.find(commandId);
  if (!record || !(record->hasEnded() || record->waitsForApproval)) return;
  QList<Wait> over;
  m_waits.removeIf([&](const Wait &wait) {
    if (wait.commandId != commandId) return false;
    over.append(wait);
    return true;
  });
  for (const Wait &wait : over) answer(wait);
}

void CommandDesk::tick() {
  const auto now = m_context.clock().elapsed();
  QList<Wait> late;
  m_waits.removeIf([&](const Wait &wait) {
    if (now < wait.deadline) return false;
    late.append(wait);
    return true;
  });
  for (const Wait &wait : late) answer(wait);
}

Response CommandDesk::history(const Call &call) const {
  const CommandBook::Record *record = readableCommand(call, m_state);
  if (!record) return errorResponse(noSuchCommand(), m_context.clock().now());
  return Response::json(200, QJsonDocument(panelHistory(*record, m_context.points())));
}

const CommandBook::Record *readableCommand(const Call &call, const GatewayState &state) {
  const CommandBook::Record *record = state.commands->find(call.variables.value(QStringLiteral("id")));
  const bool isKnown = record && !record->points.isEmpty() && call.caller;
  if (!isKnown) return nullptr;
  const bool may = mayOnAll(call.caller->permissions, right::readCommands, record->points, state.context.points());
  return may ? record : nullptr;
}

}  // namespace tagwire::ws
