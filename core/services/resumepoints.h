// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <memory>

#include "../export.h"
#include "../sample.h"
#include "service.h"

namespace tagwire {

/// Where a client of another node goes on here.
struct ResumePoint {
  quint64 after = 0;  ///< PluginContext::sequence here: what is behind it is what the client may not have
  /// Points whose values are this node's own affair, so that the other node's say nothing: their last values first.
  std::shared_ptr<const QList<PointId>> own;
};

/// What a number of another node's run (its epoch) is here. Offered by plugin `cluster`; where nobody offers it there
/// is one node, and no other to come from.
class TAGWIRE_EXPORT ResumePoints {
 public:
  static constexpr const char *serviceName = "resume points";
  virtual ~ResumePoints();

  /// Whether clients of other nodes may come here: then what happens is worth keeping before the first is here.
  virtual void expectsClients(Reply<bool> reply) = 0;
  /// Who has had all that the run `epoch` of another node handed out, up to its number `after`, goes on at this place
  /// here: nothing is missing, some of what came before may come again. An error: not known, or too long ago.
  virtual void resumeAfter(Reply<ResumePoint> reply, QString epoch, quint64 after) = 0;
};

}  // namespace tagwire
