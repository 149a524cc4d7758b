// SPDX-License-Identifier: Apache-2.0
#include "remote/remotes.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

#include "rtls.h"

namespace tagwire::rtls {

namespace {

/// Paths are relative to the file that names them.
QString besides(const QString &path, const QString &at, const ConfigReader &reader) {
  const ConfigLocation where = reader.locate(at);
  return path.isEmpty() || !where.file ? path : QDir::cleanPath(QFileInfo(*where.file).dir().filePath(path));
}

/// Of a PEM file; errors say what is wrong with it.
Result<QList<QSslCertificate>> authoritiesIn(const QString &path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    return failure(QStringLiteral("file \"%1\" can't be read: %2").arg(path, file.errorString()));
  }
  const QList<QSslCertificate> certificates = QSslCertificate::fromDevice(&file, QSsl::Pem);
  if (!certificates.isEmpty()) return certificates;
  return failure(QStringLiteral("file \"%1\" holds no certificate (allowed: PEM)").arg(path));
}

void checkSecurity(const RemoteConfig &config, const QString &at, ConfigReader &reader) {
  if (!config.ca.isEmpty()) {
    if (!config.endpoint.isEncrypted()) {
      reader.error(at + QStringLiteral(".ca"), QStringLiteral("means nothing without TLS (allowed: with wss://)"));
    } else if (const auto read = authoritiesIn(config.ca); !read) {
      reader.error(at + QStringLiteral(".ca"), read.error());
    }
  }
  if (config.token.isEmpty()) return;
  if (!fitsAHeader(config.token)) {
    reader.error(at + QStringLiteral(".token"),
                 QStringLiteral("does not fit into a header (allowed: visible ASCII characters)"));
  }
  if (!config.endpoint.isEncrypted() && !config.endpoint.isLoopback()) {
    reader.warning(at + QStringLiteral(".token"),
                   QStringLiteral("crosses the network in the clear (better: a wss:// endpoint)"));
  }
}

void checkTags(const RemoteConfig &config, const QString &at, ConfigReader &reader) {
  QSet<QString> seen;
  for (qsizetype i = 0; i < config.tags.size(); ++i) {
    const QString &tag = config.tags.at(i);
    const QString tagAt = QStringLiteral("%1.tags[%2]").arg(at).arg(i);
    if (const QString wrong = wrongTagId(tag); !wrong.isEmpty()) reader.error(tagAt, wrong);
    if (seen.contains(tag)) reader.error(tagAt, QStringLiteral("%1 is there twice").arg(tag));
    seen.insert(tag);
  }
}

/// The numbers of our own zones and triggers, which another site must not speak for.
struct OwnNumbers {
  explicit OwnNumbers(const ZoneDirectory &directory) {
    for (const ZoneInfo &zone : directory.zones) zones.insert(zone.id);
    for (const TriggerInfo &trigger : directory.triggers) triggers.insert(trigger.id);
  }
  bool has(const TriggerEvent &event) const {
    return zones.contains(event.zoneId) || triggers.contains(event.triggerId);
  }
  QSet<int> zones;
  QSet<int> triggers;
};

/// Which manager it is, however it is written.
QString managerOf(const QUrl &url) {
  const int port = url.port(url.scheme() == QLatin1String("wss") ? 443 : 80);
  return QStringLiteral("%1:%2%3").arg(url.host().toLower()).arg(port).arg(url.path());
}

/// Several entries may have one endpoint, for different tags: their place in `remotes` tells them apart.
RemoteClient::Title titleOf(const QList<RemoteConfig> &all, qsizetype entry) {
  const QUrl &url = all.at(entry).endpoint.url;
  const auto same = std::count_if(all.cbegin(), all.cend(), [&](const RemoteConfig &each) {
    return managerOf(each.endpoint.url) == managerOf(url);
  });
  const QString place = same > 1 ? QStringLiteral(" (remotes[%1])").arg(entry) : QString();
  return {url.toString() + place, {{"remote", url.toString().toStdString()}, {"entry", std::to_string(entry)}}};
}

/// Every event would come twice.
void checkRepetition(const RemoteConfig &config, const RemoteConfig &other, const QString &at, ConfigReader &reader) {
  if (managerOf(config.endpoint.url) != managerOf(other.endpoint.url)) return;
  const QSet<QString> known(other.tags.cbegin(), other.tags.cend());
  for (qsizetype i = 0; i < config.tags.size(); ++i) {
    if (!known.contains(config.tags.at(i))) continue;
    return reader.error(QStringLiteral("%1.tags[%2]").arg(at).arg(i),
                        QStringLiteral("tag \"%1\" of this endpoint is asked for by an entry before (allowed: once; "
                                       "without `zone` the events of every zone come)")
                            .arg(config.tags.at(i)));
  }
}

}  // namespace

Remotes::Remotes(const RtlsConfig &config, const Model &model, PluginContext &context, ConfigReader &reader)
    : m_context(context), m_directory(model.directory()), m_lengthUnit(model.lengthUnit), m_timeout(config.timeout) {
  for (qsizetype i = 0; i < config.remotes.size(); ++i) {
    const QString at = QStringLiteral("remotes[%1]").arg(i);
    Site site = read(config.remotes.at(i), titleOf(config.remotes, i), at, reader);
    check(site, at, reader);
    const std::vector<PointId> points = declare(site, at, reader);
    site.client = std::make_unique<RemoteClient>(
        site.config,
        RemoteFeed::Subscription{site.config.endpoint.url.toString(), site.config.zone.value_or(0), site.config.tags,
                                 points, m_timeout},
        site.title, context);
    site.client->setNames(site.names);
    if (!site.config.ca.isEmpty()) site.client->trust(authoritiesIn(site.config.ca).value_or(QList<QSslCertificate>()));
    m_sites.push_back(std::move(site));
  }
  for (size_t i = 0; i < m_sites.size(); ++i) connectClient(i);
}

Remotes::~Remotes() = default;

void Remotes::connectClient(size_t number) {
  RemoteClient *client = m_sites[number].client.get();
  connect(client, &RemoteClient::dialling, this, [this, number] { readNames(m_sites[number]); });
  Metrics::Labels labels = m_sites[number].title.labels;
  labels["reason"] = "own_number";
  Counter refused = m_context.metrics().counter("tagwire_rtls_remote_refused_total",
                                                "Messages of other sites that were not taken", labels);
  connect(client, &RemoteClient::eventCame, this,
          [this, refused, own = OwnNumbers(m_directory)](const Event &event) mutable {
            if (own.has(std::get<TriggerEvent>(event.body))) return refused.add();
            Q_EMIT eventCame(event);
          });
  connect(client, &RemoteClient::samplesCame, this, &Remotes::samplesCame);
  connect(client, &RemoteClient::troubleChanged, this, &Remotes::troubleChanged);
}

Remotes::Site Remotes::read(const RemoteConfig &config, const RemoteClient::Title &title, const QString &at,
                            ConfigReader &reader) const {
  Site site{config, title, {}, {}, {}};
  site.config.staticData = besides(config.staticData, at + QStringLiteral(".static_data"), reader);
  site.config.ca = besides(config.ca, at + QStringLiteral(".ca"), reader);
  if (site.config.staticData.isEmpty()) return site;
  site.readAt = QFileInfo(site.config.staticData).lastModified();
  const auto names = StaticNames::read(site.config.staticData);
  if (names) {
    site.names = *names;
  } else {
    for (const QString &line : names.error().split(u'\n')) reader.error(at + QStringLiteral(".static_data"), line);
  }
  return site;
}

void Remotes::check(const Site &site, const QString &at, ConfigReader &reader) {
  checkSecurity(site.config, at, reader);
  checkTags(site.config, at, reader);
  for (const Site &other : m_sites) checkRepetition(site.config, other.config, at, reader);
  if (site.config.longestRetry < site.config.retry) {
    reader.error(at + QStringLiteral(".longest_retry_ms"),
                 QStringLiteral("is less than `retry_ms` (allowed: %1 ms and more)").arg(site.config.retry.count()));
  }
  if (const QString wrong = collision(site.names, nullptr); !wrong.isEmpty()) {
    reader.error(at + QStringLiteral(".static_data"), wrong);
  }
  const auto &zones = m_directory.zones;
  const bool isOurs =
      std::any_of(zones.cbegin(), zones.cend(), [&](const ZoneInfo &zone) { return site.config.zone == zone.id; });
  if (isOurs) {
    reader.error(at + QStringLiteral(".zone"),
                 QStringLiteral("zone %1 is one of `zones` (allowed: other numbers, or a plugin entry of its own for "
                                "the remote)")
                     .arg(*site.config.zone));
  }
}

/// What is one number for two things; empty when nothing is. Of two remotes the same zone or trigger may be told twice.
QString Remotes::collision(const StaticNames &names, const Site *own) const {
  const auto text = [](const char *what, int id, const QString &name, const QString &other) {
    return QStringLiteral(
               "%1 %2 is \"%3\" here and \"%4\" elsewhere (allowed: each number once, or a plugin entry of "
               "its own for the remote)")
        .arg(QLatin1String(what))
        .arg(id)
        .arg(name, other);
  };
  for (const ZoneInfo &zone : m_directory.zones) {
    if (names.zones.contains(zone.id)) return text("zone", zone.id, names.zones.value(zone.id).name, zone.name);
  }
  for (const TriggerInfo &each : m_directory.triggers) {
    if (names.triggers.contains(each.id))
      return text("trigger", each.id, names.triggers.value(each.id).name, each.name);
  }
  const OwnNumbers ours(m_directory);
  const auto within = [](const char *what, int id, int zone) {
    return QStringLiteral("%1 %2 lies in zone %3, which is one of `zones` (allowed: zones of the other site)")
        .arg(QLatin1String(what))
        .arg(id)
        .arg(zone);
  };
  for (const ZoneInfo &zone : names.zones) {
    if (ours.zones.contains(zone.parent)) return within("zone", zone.id, zone.parent);
  }
  for (const TriggerInfo &each : names.triggers) {
    if (ours.zones.contains(each.zone)) return within("trigger", each.id, each.zone);
  }
  for (const Site &site : m_sites) {
    if (&site == own) continue;
    for (const ZoneInfo &zone : site.names.zones) {
      const ZoneInfo same = names.zones.value(zone.id, zone);
      if (same.name != zone.name) return text("zone", zone.id, same.name, zone.name);
    }
    for (const TriggerInfo &each : site.names.triggers) {
      const TriggerInfo same = names.triggers.value(each.id, each);
      if (same.name != each.name) return text("trigger", each.id, same.name, each.name);
    }
  }
  return {};
}

std::vector<PointId> Remotes::declare(const Site &site, const QString &at, ConfigReader &reader) {
  if (!site.config.positions) return {};
  QSet<QString> ours;
  for (const TagInfo &tag : m_directory.tags) ours.insert(tag.id);
  QList<PointInfo> infos;
  for (qsizetype i = 0; i < site.config.tags.size(); ++i) {
    const QString &tag = site.config.tags.at(i);
    const QString tagAt = QStringLiteral("%1.tags[%2]").arg(at).arg(i);
    if (ours.contains(tag) || m_positions.contains(tag)) {
      reader.error(tagAt,
                   QStringLiteral("the position of tag \"%1\" comes from elsewhere already (allowed: one source; "
                                  "without `positions` only events come)")
                       .arg(tag));
      return {};
    }
    m_positions.insert(tag);
    infos << positionPoint(tag, site.names.tags.value(tag).name, m_lengthUnit);
    infos.last().where = reader.locate(tagAt);
  }
  const QList<PointId> ids = m_context.declare(infos);
  return {ids.cbegin(), ids.cend()};
}

void Remotes::start() {
  for (const Site &site : m_sites) site.client->start();
}

void Remotes::stop() {
  for (const Site &site : m_sites) site.client->stop();
}

void Remotes::reloadFiles() {
  for (Site &site : m_sites) {
    readNames(site);
    readAuthorities(site);
  }
}

/// What was there stays in use when the new file is no good.
void Remotes::readNames(Site &site) {
  if (site.config.staticData.isEmpty()) return;
  const QDateTime changed = QFileInfo(site.config.staticData).lastModified();
  if (changed == site.readAt) return;
  site.readAt = changed;
  auto names = StaticNames::read(site.config.staticData);
  QString wrong = names ? collision(*names, &site) : names.error();
  if (!wrong.isEmpty()) {
    qCWarning(m_context.log()).noquote() << "the names of remote" << site.title.name << "stay as they were:" << wrong;
    return;
  }
  site.names = std::move(*names);
  site.client->setNames(site.names);
  qCInfo(m_context.log()).noquote() << "new names of remote" << site.title.name << "from" << site.config.staticData;
}

void Remotes::readAuthorities(Site &site) {
  if (site.config.ca.isEmpty()) return;
  if (const auto read = authoritiesIn(site.config.ca); read) {
    site.client->trust(*read);
  } else {
    qCWarning(m_context.log()).noquote() << "the authorities for remote" << site.title.name << "stay:" << read.error();
  }
}

QString Remotes::trouble() const {
  QStringList all;
  for (const Site &site : m_sites) {
    if (!site.client->trouble().isEmpty())
      all << QStringLiteral("remote %1: %2").arg(site.title.name, site.client->trouble());
  }
  return all.join(QStringLiteral("; "));
}

void Remotes::addTo(ZoneDirectory &directory) const {
  QSet<int> zones;
  QSet<int> triggers;
  QSet<QString> tags;
  for (const ZoneInfo &zone : directory.zones) zones.insert(zone.id);
  for (const TriggerInfo &trigger : directory.triggers) triggers.insert(trigger.id);
  for (const TagInfo &tag : directory.tags) tags.insert(tag.id);
  const auto add = [](auto &known, auto &list, const auto &id, const auto &info) {
    if (known.contains(id)) return;
    known.insert(id);
    list << info;
  };
  for (const Site &site : m_sites) {
    for (const ZoneInfo &zone : site.names.zones) add(zones, directory.zones, zone.id, zone);
    for (const TriggerInfo &trigger : site.names.triggers) add(triggers, directory.triggers, trigger.id, trigger);
    for (const TagInfo &tag : site.names.tags) add(tags, directory.tags, tag.id, tag);
    // Its events are to be had by this number, whether it has a name or not.
    if (const int zone = site.config.zone.value_or(0); zone != 0) {
      add(zones, directory.zones, zone, ZoneInfo{zone, {}, {}, 0, true});
    }
  }
}

}  // namespace tagwire::rtls
