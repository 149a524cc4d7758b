// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "../context.h"
#include "wire.h"

namespace tagwire {

/// The socket to the host, from within a plugin's own process: writing waits when the host does not read, and without
/// the host the process ends. send() is thread-safe, the rest belongs to the main thread.
class HostLink {
 public:
  explicit HostLink(int socket) : m_socket(socket) {}

  int socket() const { return m_socket; }
  void send(const QByteArray &frame);
  /// The next message's payload; waits for it. Nothing: the host has closed its end.
  std::optional<QByteArray> wait();
  /// What has come and was not looked at yet, without waiting. Nothing: no more now, or the end (isClosed).
  std::optional<QByteArray> next();
  bool isClosed() const { return m_isClosed; }
  /// Asks the host and waits for the answer, a map with the same "call". What else comes meanwhile is kept for next(),
  /// and `kept` is called.
  QCborMap call(const char *type, QCborMap body, const std::function<void()> &kept);

 private:
  bool receive(bool mayWait);
  std::optional<QByteArray> cut();

  int m_socket;
  std::mutex m_sending;
  isolation::FrameReader m_frames{isolation::largestToPlugin};
  std::deque<QByteArray> m_kept;
  qint64 m_calls = 0;
  bool m_isClosed = false;
};

/// What an isolated instance gets from the host: the same, by way of the socket, but for audit, commands and the other
/// instances, which answer that they are not available. Its points have ids of their own here.
class HostContext : public QObject, public PluginContext {
 public:
  HostContext(HostLink &link, const QCborMap &hello);
  ~HostContext() override;

  QString id() const override { return m_id; }
  const QLoggingCategory &log() const override { return m_category; }
  const Site &site() const override { return m_site; }
  const Clock &clock() const override { return m_clock; }
  QString dataDir() const override { return m_dataDir; }
  QList<PointId> declareUnder(const QString &prefix, const QList<PointInfo> &points) override;
  const PointTable &points() const override { return m_points; }
  quint64 sequence() const override { return m_sequence; }
  QString epoch() const override { return m_epoch; }
  void portBusy(const QString &address) override;
  Metrics &metrics() override { return m_metrics; }
  AuditTrail &audit() override;
  CommandControl &commands() override;
  ManifestControl *manifest() override { return nullptr; }
  /// Never on: the host traces what comes out of the socket.
  PointTrace &trace() override { return m_trace; }
  // With its process go its sockets.
  Descriptor takeListener(const QString &) override { return {}; }
  void leaveListener(const QString &, Descriptor) override {}
  QList<InstanceStatus> instances() const override;

  PointTable &table() { return m_points; }
  void setSequence(quint64 sequence) { m_sequence = sequence; }
  /// A point of another instance that the host told of.
  void learn(const isolation::AnnouncedPoint &point);
  /// None when it is not known here.
  PointId localOf(PointId hosts) const { return m_local.value(hosts, PointId::None); }
  PointId hostsOf(PointId local) const { return m_hosts.value(local, PointId::None); }
  /// Whoever serves messages calls this when a call() has kept some.
  void whenKept(std::function<void()> kept) { m_kept = std::move(kept); }
  std::optional<Obstacle> obstacleOf(const QString &commandId);
  /// Everything counted that changed since the last call: [[name, labels, value], …].
  QCborArray changedMetrics();

 protected:
  std::shared_ptr<void> sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) override;
  void route(const QString &instance, const char *service, std::function<bool(Plugin *)> offers,
             std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)> call,
             std::function<void(Answered<std::shared_ptr<void>>)> answer) override;

 private:
  void join(PointId hosts, PointId local);

  HostLink &m_link;
  QString m_id;
  QString m_type;
  QByteArray m_categoryName;
  QLoggingCategory m_category;
  Site m_site;
  Clock m_clock;
  PointTrace m_trace{m_clock};
  QString m_dataDir;
  QString m_epoch;
  PointTable m_points;
  Metrics m_metrics;
  QHash<PointId, PointId> m_local;
  QHash<PointId, PointId> m_hosts;
  quint64 m_sequence = 0;
  std::function<void()> m_kept;
  std::map<std::string, std::weak_ptr<void>> m_shared;
  std::map<std::string, double> m_told;
  std::unique_ptr<AuditTrail> m_audit;
  std::unique_ptr<CommandControl> m_commands;
};

}  // namespace tagwire
