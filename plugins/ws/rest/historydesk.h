// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <memory>

#include "context.h"
#include "http/response.h"
#include "plugin.h"
#include "services/historyreader.h"

namespace tagwire::ws {

/// Asks the history for clients. What its database says is for the log, once per change; a client is told what it can
/// do about it. Thread-bound; shared by the routes of one gateway.
class HistoryDesk : public std::enable_shared_from_this<HistoryDesk> {
 public:
  explicit HistoryDesk(PluginContext &context) : m_context(context) {}

  /// Like PluginContext::requestFrom(); `taker` gets the answer or what a client is told instead.
  template <class Answer, class... Taken, class Taker, class... Given>
  void ask(const QString &instance, void (HistoryReader::*method)(Reply<Answer>, Taken...), Taker taker,
           Given &&...given) {
    m_context.requestFrom(
        instance, method,
        [self = shared_from_this(), instance, taker = std::move(taker)](const Answered<Answer> &got) {
          if (!got) {
            const Refusal refusal = self->refusal(instance, got.none, got.error());
            return taker(tl::expected<Answer, Refusal>(tl::unexpected(refusal)));
          }
          self->noteAnswer(instance);
          taker(tl::expected<Answer, Refusal>(*got));
        },
        std::forward<Given>(given)...);
  }

  PluginContext &context() const { return m_context; }

 private:
  /// What was last wrong with the database of one instance.
  struct Trouble {
    QString text;
    std::chrono::nanoseconds told{0};
    std::chrono::nanoseconds last{0};
  };

  Refusal refusal(const QString &instance, std::optional<NoAnswer> none, const QString &error);
  void noteTrouble(const QString &instance, const QString &text);
  void noteAnswer(const QString &instance);

  PluginContext &m_context;
  QHash<QString, Trouble> m_troubles;  ///< by instance; of those that exist only
};
using HistoryDeskPointer = std::shared_ptr<HistoryDesk>;

}  // namespace tagwire::ws
