// SPDX-License-Identifier: Apache-2.0
// LiveProtocol: clients that come from another node, with its epoch and its number (R6-3).
#include "liveprotocol.h"
#include "plugin.h"

namespace tagwire::ws {

namespace {

constexpr std::chrono::seconds askOthersAgain{10};

}  // namespace

/// Until the answer is here it counts as one that begins anew, and nothing is lost: events wait as they do for any
/// snapshot, and if there is a place to go on from, the ring has all behind it.
void LiveProtocol::askWhereToGoOn(LiveClient &client, LiveSubscription &subscription, const LiveSubscribe &request) {
  subscription.hasGap = true;
  if (client.openQuestions >= mostOpenQuestions) {
    client.catchUps.append(&subscription);
    return catchUp(client);
  }
  ++client.openQuestions;
  subscription.question = ++m_question;
  const auto answer = [self = std::weak_ptr(m_self), session = client.session->id(),
                       question = m_question](const Result<ResumePoint> &point) {
    if (const auto live = self.lock()) (*live)->goOn(session, question, point);
  };
  m_context.request(&ResumePoints::resumeAfter, answer, request.epoch, *request.after);
}

void LiveProtocol::goOn(quint64 client, quint64 question, const Result<ResumePoint> &point) {
  const auto found = m_clients.find(client);
  if (found == m_clients.end()) return;
  --found->second.openQuestions;
  for (const auto &[id, subscription] : found->second.subscriptions) {
    if (subscription->question != question) continue;
    subscription->question = 0;
    if (point && m_ring.covers(point->after)) {
      subscription->hasGap = false;
      subscription->stage = Stage::Replay;
      subscription->sequence = point->after;
      subscription->own = point->own;
      subscription->events.clear();
    }
    found->second.catchUps.append(subscription.get());
    return catchUp(found->second);
  }
}

/// Where there are other nodes the ring is kept for their clients; with one of our own it is kept anyway.
void LiveProtocol::askForOthers() {
  const auto now = m_context.clock().elapsed();
  if (!m_clients.empty() || now < m_askOthersAt) return;
  m_askOthersAt = now + askOthersAgain;
  m_context.request(&ResumePoints::expectsClients, [self = std::weak_ptr(m_self)](const Result<bool> &expects) {
    if (const auto live = self.lock()) (*live)->m_mayComeFromOthers = expects.value_or(false);
  });
}

}  // namespace tagwire::ws
