// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alarmvoice.h"
#include "remotealarms.h"

namespace tagwire::cluster {

/// A hub: has its own alarm desk follow what operators do at other hubs, so that the alarm stands the same whoever
/// tells of it. What happens now comes by the stream; what was missed is asked of the hub that tells. Only hubs that
/// `alarms_from` names are followed. Thread-bound to the host's thread; owned by the Cluster.
class AlarmFollower {
 public:
  static constexpr std::chrono::seconds lookEvery{30};
  /// An alarm that is so new may be one that the other hub does not have yet: it has acknowledged the one before.
  static constexpr std::chrono::seconds settling{5};

  AlarmFollower(const ClusterConfig &config, PluginContext &context, RemoteAlarms &remote, AlarmVoice &voice)
      : m_config(config), m_context(context), m_remote(remote), m_voice(voice) {}

  void start() { clear(); }
  void clear();
  /// An operator's change at another hub, as it came by the stream.
  void take(const Sender &hub, const Event &event);
  /// Once a second: brings over what was missed, when another hub tells after nobody was heard. Later only what is
  /// acknowledged there, now and then: an alarm of here may have come after that, as its values did.
  void look();

 private:
  void act(const AlarmAction &action);
  void takeRule(const Sender &hub, const AlarmConditionChange &change);
  void changeRule(const AlarmRuleChange &change);
  void catchUp(const Sender &hub, bool hasMissed);
  void bringOver(const Sender &hub, const QList<AlarmStatus> &theirs, const QList<AlarmStatus> &ours, bool hasMissed);
  bool isTrusted(const Sender &hub) const { return m_config.alarmsFrom.contains(hub.node); }
  /// Nothing of before clear() is answered any more.
  template <class Answer>
  std::function<void(const Result<Answer> &)> guarded(std::function<void(const Result<Answer> &)> take) const {
    return [take = std::move(take), life = std::weak_ptr(m_life)](const Result<Answer> &answer) {
      if (!life.expired()) take(answer);
    };
  }

  const ClusterConfig &m_config;
  PluginContext &m_context;
  RemoteAlarms &m_remote;
  AlarmVoice &m_voice;
  bool m_hasMissed = true;
  bool m_isAsking = false;
  std::chrono::nanoseconds m_askedAt{0};
  std::shared_ptr<int> m_life = std::make_shared<int>();
};

}  // namespace tagwire::cluster
