// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QSet>
#include <QTimer>

#include <optional>

#include "backoff.h"
#include "disturbance.h"
#include "fixlink.h"
#include "plugin.h"
#include "recording.h"
#include "simulatoroptions.h"
#include "walker.h"

namespace tagwire::rtls {

/// Tags that walk about, or positions that were recorded, sent as GISData (R1-10) to a gateway or to a listener of
/// `intake`, which is dialled again whenever it is gone. Says each kind of refusal once. Thread-bound; owned by the
/// command.
class RtlsSimulator : public Tool {
  Q_OBJECT
 public:
  RtlsSimulator();
  ~RtlsSimulator() override;
  tl::expected<QString, ToolError> start(const QStringList &arguments) override;

 private:
  Result<QString> prepare();
  void dial();
  void dialAgain();
  void opened();
  void closed(const QString &why);
  void walk();
  void replay();
  void send(const QList<IncomingFix> &fixes);
  void finishWhenSent();
  void receive(const QByteArray &message);
  void say(const QString &kind, const QString &text);

  SimulatorOptions m_options;
  std::optional<Walker> m_walker;
  std::optional<PathWalk> m_pathWalk;
  std::optional<Recording> m_recording;
  std::optional<Disturbance> m_disturbance;
  std::unique_ptr<FixLink> m_link;
  bool m_isOpen = false;
  QTimer m_sendTimer;
  QTimer m_dialTimer;  ///< the next attempt, or the deadline of this one
  Backoff m_backoff;
  QElapsedTimer m_openSince;
  QElapsedTimer m_replaySince;
  QSet<QString> m_said;
  bool m_toldOpen = false;
  bool m_toldClosed = false;
};

}  // namespace tagwire::rtls
