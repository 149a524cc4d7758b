// SPDX-License-Identifier: Apache-2.0
// The typed side of PluginContext::request; included by context.h.
#pragma once

#include <memory>
#include <tuple>

namespace tagwire {

template <class Service, class Answer, class... Taken, class Callback, class... Given>
void PluginContext::requestFrom(const QString &instance, void (Service::*method)(Reply<Answer>, Taken...),
                                Callback callback, Given &&...given) {
  auto arguments = std::make_shared<std::tuple<std::decay_t<Taken>...>>(std::forward<Given>(given)...);
  route(
      instance, Service::serviceName, [](Plugin *plugin) { return dynamic_cast<Service *>(plugin) != nullptr; },
      [method, arguments](Plugin *plugin, std::function<void(std::shared_ptr<void>)> done) {
        Reply<Answer> reply = [done](Result<Answer> answer) {
          done(std::make_shared<Result<Answer>>(std::move(answer)));
        };
        std::apply([&](auto &...each) { (dynamic_cast<Service *>(plugin)->*method)(reply, each...); }, *arguments);
      },
      [callback = std::move(callback)](const Answered<std::shared_ptr<void>> &outcome) mutable {
        if (!outcome) {
          callback(Answered<Answer>(*outcome.none, outcome.error()));
        } else {
          callback(Answered<Answer>(std::move(*std::static_pointer_cast<Result<Answer>>(*outcome))));
        }
      });
}

}  // namespace tagwire
