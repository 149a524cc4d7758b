// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "backoff.h"
#include "playback.h"
#include "playedpoints.h"
#include "plugin.h"
#include "recording.h"
#include "replayconfig.h"

namespace tagwire::replay {

/// Plays the past: asks a recording for what comes next, somewhat ahead, and publishes each value when its turn is.
/// Thread-bound; owned by the host.
class Replay : public Plugin, public Source {
  Q_OBJECT
 public:
  /// Published at once, and how soon after that the next: the queue in front of the hub takes this.
  static constexpr qsizetype mostTogether = 1000;
  static constexpr std::chrono::milliseconds pause{20};

  Replay(const ReplayConfig &config, PluginContext &context);

  void start() override;
  void stop() override;
  void execute(const Command &command) override;

 private:
  void play();
  void fetch();
  void fetched(const Result<std::vector<Sample>> &samples);
  void failed(const QString &reason);
  void ended();
  void countLeftOut();
  /// "1 out of range, 2 of other points"; empty when all is played.
  QString leftOutText() const;
  void setState(PluginState state, const QString &text);
  std::unique_ptr<Recording> makeRecording() const;

  const ReplayConfig m_config;
  PluginContext &m_context;
  PlayedPoints m_points;
  Playback m_playback;
  std::unique_ptr<Recording> m_recording;
  QTimer m_turn{this};
  QTimer m_retry{this};
  Backoff m_backoff{std::chrono::seconds(1), std::chrono::seconds(60)};
  bool m_isFetching = false;
  bool m_isAllFetched = false;
  qint64 m_played = 0;
  qint64 m_playedThisTime = 0;  ///< since the beginning of the recording
  std::optional<PluginState> m_state;
  QString m_text;
  bool m_hasToldLeftOut = false;
  LeftOut m_leftOut;  ///< as counted so far
  Counter m_counter;
  Counter m_otherPoints, m_outOfRange, m_wrongType, m_tooMany;
};

}  // namespace tagwire::replay
