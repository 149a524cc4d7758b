// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "context.h"
#include "endpointlimits.h"
#include "pointnames.h"
#include "protocol.h"
#include "rtlsstream.h"
#include "zonebook.h"

namespace tagwire::ws {

/// Streams of trigger events and positions for RTLS viewers and remote sites, and positions in (page 1). A manager's
/// name selects the RTLS instance that has it. Thread-bound (main thread); owned by the gateway.
class RtlsProtocol : public Protocol {
 public:
  RtlsProtocol(PluginContext &context, const Limits &limits);

  std::optional<Refusal> check(const Upgrade &upgrade, const Caller &caller) const override;
  void opened(Session &session) override;
  void callerChanged(Session &session) override;
  void received(Session &session, const QByteArray &text) override;
  void drained(Session &session) override;
  void closed(Session &session) override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;
  void flush() override;
  void tick(Time now) override;
  Activity activityOf(const Session &session) const override;

 private:
  using Stage = RtlsStream::Stage;

  void askDirectory();
  void directoryKnown();
  void admit(RtlsStream &stream);
  void end(RtlsStream &stream, quint16 code, const QString &reason);

  void dispatch(RtlsStream &stream, const QByteArray &text);
  void keep(RtlsStream &stream, const QByteArray &text);
  void take(RtlsStream &stream, const QByteArray &text);
  void takeRequest(RtlsStream &stream, const QJsonObject &message, const QByteArray &text);
  void changeStream(RtlsStream &stream, const RtlsRequest &request);
  void takeHeartbeat(RtlsStream &stream, const QJsonObject &message);
  void takeFix(RtlsStream &stream, const QJsonObject &message);
  void fixRefused(quint64 session, const QString &reason);
  void respond(RtlsStream &stream, const QJsonObject &message);
  void refuse(RtlsStream &stream, const QJsonObject &message, const QString &why);
  QString notPermitted(const RtlsStream &stream, const RtlsRequest &request) const;

  const QList<RtlsStream *> &positionStreams(const PointNames::Entry &entry);
  void streamsChanged() { m_positionStreams.clear(); }
  void hold(RtlsStream &stream, const Sample &sample);
  void sendPosition(const PointNames::Entry &entry, const Sample &sample);
  void sendHeld(RtlsStream &stream);

  PluginContext &m_context;
  Limits m_limits;
  PointNames m_names;
  std::unordered_map<quint64, std::unique_ptr<RtlsStream>> m_streams;
  ZoneBook m_zones;
  bool m_isAsking = false;
  bool m_isMissing = false;                                            ///< nobody offers a directory; logged once
  std::unordered_map<quint32, QList<RtlsStream *>> m_positionStreams;  ///< by point; made anew when a stream changes
  Counter m_refused;
  Counter m_refusedFixes;
  Counter m_coalesced;
  Counter m_silent;
  std::shared_ptr<RtlsProtocol *> m_self;  ///< an answer that comes late finds it gone
};

}  // namespace tagwire::ws
