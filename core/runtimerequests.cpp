// SPDX-License-Identifier: Apache-2.0
// Runtime: what one instance asks of another.
#include <QPointer>
#include <QTimer>

#include <atomic>

#include "guard.h"
#include "runtime.h"

namespace tagwire {

namespace {

constexpr std::chrono::seconds answerWithin{5};

}  // namespace

struct Runtime::OpenRequest {
  bool isOfHost = false;
  QPointer<PluginInstance> caller;  ///< null: the host, or it is gone since
  PluginInstance *serving = nullptr;
  QString service;
  std::function<void(Answered<std::shared_ptr<void>>)> answer;
  std::atomic<bool> answered = false;
  std::unique_ptr<QTimer> deadline;  ///< of the host thread, and only there
};

tl::expected<PluginInstance *, NoAnswer> Runtime::serving(const QString &id,
                                                          const std::function<bool(Plugin *)> &offers) const {
  auto why = NoAnswer::Absent;
  for (const auto &instance : m_instances) {
    if ((!id.isEmpty() && instance->entry().id != id) || !offers(instance->plugin())) continue;
    if (instance->isUp()) return instance.get();
    why = NoAnswer::Down;
  }
  return tl::unexpected(why);
}

void Runtime::route(PluginInstance *caller, const QString &instance, const char *service,
                    std::function<bool(Plugin *)> offers,
                    std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)> call,
                    std::function<void(Answered<std::shared_ptr<void>>)> answer) {
  auto request = std::make_shared<OpenRequest>();
  request->isOfHost = caller == nullptr;
  request->caller = caller;
  request->service = QString::fromLatin1(service);
  request->answer = std::move(answer);
  // Queued even from the host thread: the answer may never come from within the call.
  QMetaObject::invokeMethod(
      this,
      [this, request, instance, offers = std::move(offers), call = std::move(call)] {
        const auto found = serving(instance, offers);
        if (!found) {
          const QString who = instance.isEmpty() ? QStringLiteral("no running plugin")
                                                 : QStringLiteral("no running plugin \"%1\"").arg(instance);
          return finish(request, {found.error(), QStringLiteral("%1 offers the %2").arg(who, request->service)});
        }
        request->serving = *found;
        m_requests.push_back(request);
        request->deadline = std::make_unique<QTimer>();
        request->deadline->setSingleShot(true);
        request->deadline->callOnTimeout(this, [this, open = std::weak_ptr(request)] {
          if (const auto late = open.lock()) {
            finish(late, {NoAnswer::Late, QStringLiteral("the %1 did not answer in time").arg(late->service)});
          }
        });
        request->deadline->start(answerWithin);
        Plugin *plugin = request->serving->plugin();
        auto done = [this, request](std::shared_ptr<void> result) {
          QMetaObject::invokeMethod(this, [this, request, result] { finish(request, {result}); });
        };
        QMetaObject::invokeMethod(plugin, [plugin, call, done] { guard([&] { call(plugin, done); }); });
      },
      Qt::QueuedConnection);
}

void Runtime::finish(const std::shared_ptr<OpenRequest> &request, Answered<std::shared_ptr<void>> outcome) {
  if (request->answered.exchange(true)) return;
  std::erase(m_requests, request);
  // It may be what called us.
  if (request->deadline) request->deadline.release()->deleteLater();
  if (request->isOfHost) {
    guard([&] { request->answer(outcome); });
    return;
  }
  if (!request->caller) return;
  const PluginState state = request->caller->state();
  if (state == PluginState::Stopped || state == PluginState::Failed) return;
  QMetaObject::invokeMethod(request->caller->plugin(),
                            [request, outcome = std::move(outcome)] { guard([&] { request->answer(outcome); }); });
}

void Runtime::answerGone(const PluginInstance *instance) {
  const auto open = m_requests;  // finish() takes them out
  for (const auto &request : open) {
    if (request->serving == instance)
      finish(request, {NoAnswer::Down, QStringLiteral("\"%1\" stopped meanwhile").arg(instance->entry().id)});
  }
}

}  // namespace tagwire
