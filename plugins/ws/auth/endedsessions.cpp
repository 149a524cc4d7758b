// SPDX-License-Identifier: Apache-2.0
#include "auth/endedsessions.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

AccessFile<EndedSessions> fileIn(const QString &dataDir) { return {dataDir, QStringLiteral("ended-sessions.json")}; }

}  // namespace

void EndedSession::describe(Shape<EndedSession> &shape) {
  shape.required("session", &EndedSession::session, "its name").range(1, 128);
  shape.required("until", &EndedSession::until, "when it would have ended by itself");
}

void EndedSessions::describe(Shape<EndedSessions> &shape) {
  shape.required("version", &EndedSessions::version, "of this form").range(1, currentVersion);
  shape.required("sessions", &EndedSessions::sessions, "each one").range(0, most);
}

Result<QList<EndedSession>> readEndedSessions(const QString &dataDir) {
  auto file = fileIn(dataDir);
  (void)file.refresh();
  if (!file.problem().isEmpty()) return failure(file.problem());
  return file.document().sessions;
}

AccessResult<void> keepEndedSession(const QString &dataDir, const EndedSession &ended, Time now) {
  return fileIn(dataDir).change([&](EndedSessions &document) -> AccessResult<void> {
    QList<EndedSession> &sessions = document.sessions;
    sessions.removeIf([&](const EndedSession &each) { return each.until <= now || each.session == ended.session; });
    sessions.append(ended);
    if (sessions.size() <= EndedSessions::most) return {};
    sessions.erase(
        std::min_element(sessions.begin(), sessions.end(),
                         [](const EndedSession &one, const EndedSession &other) { return one.until < other.until; }));
    return {};
  });
}

}  // namespace tagwire::ws
