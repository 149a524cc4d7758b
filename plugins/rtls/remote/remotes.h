// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDateTime>

#include <memory>
#include <vector>

#include "model.h"
#include "remote/remoteclient.h"

namespace tagwire::rtls {

/// The other sites of one instance: checks what the manifest says of them, declares the points of their tags, keeps
/// their names. Thread-bound; owned by Rtls.
class Remotes : public QObject {
  Q_OBJECT
 public:
  /// Problems go to `reader`; the object is then not to be used.
  Remotes(const RtlsConfig &config, const Model &model, PluginContext &context, ConfigReader &reader);
  ~Remotes() override;

  void start();
  /// Emits nothing afterwards.
  void stop();
  /// Files that changed are read again, for connections that begin from now on.
  void reloadFiles();
  /// Why some of them do not stream; empty when all do.
  QString trouble() const;
  /// Adds what is known of the other sites; what is there already stays.
  void addTo(ZoneDirectory &directory) const;
  /// Whether this tag's position comes from another site.
  bool hasPositionOf(const QString &tag) const { return m_positions.contains(tag); }

 Q_SIGNALS:
  void eventCame(const tagwire::Event &event);
  void samplesCame(const tagwire::Samples &samples);
  void troubleChanged();

 private:
  struct Site {
    RemoteConfig config;
    RemoteClient::Title title;
    QDateTime readAt;  ///< as of when the static data are
    StaticNames names;
    std::unique_ptr<RemoteClient> client;
  };

  Site read(const RemoteConfig &config, const RemoteClient::Title &title, const QString &at,
            ConfigReader &reader) const;
  void check(const Site &site, const QString &at, ConfigReader &reader);
  std::vector<PointId> declare(const Site &site, const QString &at, ConfigReader &reader);
  void connectClient(size_t number);
  void readNames(Site &site);
  void readAuthorities(Site &site);
  QString collision(const StaticNames &names, const Site *own) const;

  PluginContext &m_context;
  const ZoneDirectory m_directory;  ///< of this site
  const QString m_lengthUnit;
  const std::chrono::milliseconds m_timeout;
  QSet<QString> m_positions;
  std::vector<Site> m_sites;
};

}  // namespace tagwire::rtls
