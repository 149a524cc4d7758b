// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.h"
#include "remotepoints.h"
#include "wire.h"

namespace tagwire::cluster {

/// Commands between nodes. Where somebody asks: hands a command for a point of another node on and tells the steps that
/// come back. Where the point is: takes commands of the nodes that the configuration names, from nobody else, gives
/// them to the router of here, and sends its steps back. Thread-bound to the host's thread; owned by the Cluster.
class RemoteCommands {
 public:
  static constexpr qsizetype mostOpen = 1000;

  struct Tell {
    std::function<void(const CommandStatus &)> status;  ///< of a command that was asked here
    std::function<void(const Command &)> request;       ///< of another node
    std::function<void(const QByteArray &reply, const QByteArray &data)> answer;
  };
  RemoteCommands(const ClusterConfig &config, PluginContext &context, const RemotePoints &points, Tell tell)
      : m_config(config), m_context(context), m_points(points), m_tell(std::move(tell)) {}

  void ask(const Command &command, Wire &wire);
  void answered(quint64 number, const QByteArray &data, bool isNobody);
  /// It was asked here, so its steps come as answers.
  bool isAsked(const QString &command) const { return m_askedIds.contains(command); }

  void take(const QString &from, const QByteArray &data, const QByteArray &reply);
  void passed(const CommandStatus &status);
  void clear();

 private:
  struct Asked {
    QString command;
    PointId point = PointId::None;
  };
  struct Taken {
    QByteArray reply;
    QString point;
  };
  void refuse(const QString &from, const Command &command, const QString &point, const QByteArray &reply,
              const QString &why);

  const ClusterConfig &m_config;
  PluginContext &m_context;
  const RemotePoints &m_points;
  const Tell m_tell;
  std::map<quint64, Asked> m_asked;
  QSet<QString> m_askedIds;
  QHash<QString, Taken> m_taken;
  QStringList m_takenOrder;
};

}  // namespace tagwire::cluster
