// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fenceboard.h"
#include "hubobjects.h"
#include "hubstays.h"
#include "providerbook.h"
#include "tracker.h"

namespace tagwire::rtls {

inline Place placeAt(const Position &position) { return {position.x, position.y, position.z}; }

/// What a HubSite needs of its instance.
class HubHost {
 public:
  virtual ~HubHost() = default;
  virtual const Tracker &tracker() const = 0;
  virtual Moment now() const = 0;
  /// As any other fix; HubSite::took() comes of it before it returns.
  virtual Result<void> take(const IncomingFix &fix) = 0;
  /// Nobody is to know any more where the tag is.
  virtual void forget(int tag) = 0;
  /// What clients made is another than before: keep it, and look at the deadlines.
  virtual void objectsChanged() = 0;
  /// Once that is kept, or could not be.
  virtual void whenKept(const std::function<void(const Result<void> &)> &done) = 0;
  /// Who is in which fence is another than before: keep it.
  virtual void staysChanged() = 0;
  virtual bool wants(HubTopic topic, HubCrs crs) const = 0;
  virtual void tell(const HubNews &news) = 0;
};

/// One RTLS instance as a part of the omlox hub: its tags are the trackables, each moved by a provider of the same id;
/// its zones and the regions of its triggers are fences. Locations of clients become fixes, and what becomes of fixes
/// becomes news. Does nothing but remember who brought a position until somebody asks for the hub. No clock, timer or
/// signal; host thread; owned by Rtls.
class HubSite {
 public:
  HubSite(const QString &instance, const Model &model, std::chrono::nanoseconds timeout, HubHost &host);

  const QString &instance() const { return m_instance; }
  HubObjects &objects() { return m_objects; }
  const HubObjects &objects() const { return m_objects; }
  const HubPlane &plane() const { return m_objects.plane(); }

  /// A fix is about to be taken: has it move the trackable that its provider belongs to. False when it does not count
  /// there, as the location of another provider has the higher priority.
  bool redirect(IncomingFix &fix);
  /// The Tracker has more tags than before; each may be refused its first fix.
  void tagsAdded() {
    if (m_isAwake) knowTags();
  }
  void took(const Tracker::Outcome &outcome);
  std::chrono::nanoseconds nextDeadline() const { return m_fences.nextDeadline(); }
  void advance(const Moment &moment);

  /// Somebody asks for the hub: from now on it is kept up to date.
  void wake();
  /// Who was in which fence when the program ended; somebody had asked for the hub then, so that with the first fix it
  /// is up to date again.
  void recall(HubStays stays) { m_recalled = std::move(stays); }
  HubStays stays() const;
  /// The objects are others than before.
  void applyObjects();
  /// They are to be kept.
  void keep() { m_host.objectsChanged(); }
  void whenKept(const std::function<void(const Result<void> &)> &done) { m_host.whenKept(done); }

  /// A location (proximity) that a client sent, of `provider` if it is given.
  HubResult<void> takeLocation(const QJsonObject &body, const QString &provider, const Permissions &permissions,
                               const QString &sender);
  HubResult<void> takeProximity(const QJsonObject &body, const QString &provider, const Permissions &permissions,
                                const QString &sender);
  void forget(int tag);
  /// What the provider said last is forgotten; where its trackable is, only when that came from this provider.
  void forgetProvider(const QString &provider);

  /// The trackable's providers may have been tags of their own: these are nowhere now.
  void forgetOwnTags(const QString &trackable);

  /// Tags that are trackables, by the Tracker's number: listed, made by REST, or somewhere now.
  std::vector<int> tags() const;
  bool isTrackable(int tag) const;
  const QString &tagId(int tag) const { return m_host.tracker().idOf(tag); }
  bool isPresent(int tag) const { return m_host.tracker().isPresent(tag); }
  const QString &trackableOf(int tag) const { return m_tags[static_cast<size_t>(tag)].trackable; }
  /// -1: no such trackable, or nothing was heard of it.
  int tagOfTrackable(const QString &trackable) const { return m_byTrackable.value(trackable, -1); }
  /// That brought its last position.
  const QString &providerOf(int tag) const;
  /// Whether an object of this id is here already, or a tag has it.
  bool isTaken(HubKind kind, const QString &id);
  /// Whether the provider belongs to a trackable that is listed here, or that a client made.
  bool isClaimed(const QString &provider) const { return m_objects.isListed(provider) || m_objects.holderOf(provider); }
  int tagOfProvider(const QString &provider) const;
  QStringList providersOf(int tag) const;
  bool hasProvider(const QString &provider) const;
  /// Stands in the manifest: the id of a trackable, or of a provider.
  bool isListed(HubKind kind, const QString &id) const;
  QStringList providers() const;
  QJsonObject trackableJson(int tag) const;
  QJsonObject providerJson(const QString &provider) const;
  /// Of a tag that is present.
  QJsonObject location(int tag, HubCrs crs) const;
  QJsonObject motion(int tag, HubCrs crs) const;
  /// What a provider of a trackable of a client said last; null when that is nothing, or where the trackable is.
  const HeardLocation *heardOf(const QString &provider) const;
  QJsonObject location(const HeardLocation &heard, HubCrs crs) const;
  QStringList fencesOf(int tag) const { return m_fences.fencesOf(tag); }
  std::vector<int> tagsIn(const QString &fence) const { return m_fences.tagsIn(fence); }

 private:
  struct Tag {
    QString trackable;    ///< omlox id
    QString provider;     ///< that brought the last position
    QJsonObject details;  ///< what it said beside the position
    Place place;
    Time time;
    std::optional<double> speed;  ///< m/s, as far as two positions tell
    double course = 0;
  };

  HeardLocation heardFrom(const IncomingFix &fix, const QString &provider) const;
  bool outranks(const HubTrackable &trackable, HeardLocation heard);
  const HeardLocation &bestOf(const HubTrackable &trackable, const HeardLocation &heard) const;
  qint64 priority(const HubTrackable &trackable, const HeardLocation &heard) const;
  void settleHeard(const Tracker::Outcome &outcome);
  void tellHeard(const HeardLocation &heard);
  void restoreStays();
  void keepStays();
  void knowTags();
  void note(int tag, const Tracker::Change &change);
  void tellLocation(int tag);
  void tellCrossings(const QList<FenceBoard::Crossing> &crossings);
  void tellCrossing(const FenceBoard::Crossing &crossing);
  void tellCollision(const Collision &collision);
  QJsonObject collisionJson(const Collision &collision, HubCrs crs) const;
  HubNews newsOf(HubTopic topic, HubCrs crs, int tag) const;
  QString typeOf(int tag) const;
  QString typeOf(const QString &provider, const QJsonObject &details, const QString &fixType) const;
  /// Metres; as smoothing left it.
  std::optional<double> accuracyOf(int tag) const;
  std::optional<double> accuracyOf(const HeardLocation &heard) const;
  std::optional<FenceWish> wishOf(const QString &tag) const;
  /// Ids of the zone and of those that it lies in.
  QStringList zonesFrom(const HubZone *zone) const;
  Result<Place> placeOf(const QJsonObject &location) const;
  HubResult<void> send(const QString &provider, const Place &place, const QJsonObject &details, const QString &sender);

  QString m_instance;
  HubHost &m_host;
  HubObjects m_objects;
  FenceBoard m_fences;
  std::vector<Tag> m_tags;
  QHash<QString, int> m_byTrackable;
  QString m_heardFrom;                   ///< provider of the fix under way
  QJsonObject m_heard;                   ///< what it said beside the position
  QJsonObject m_incoming;                ///< the same of a fix that we are about to hand in, and its source
  ProviderBook m_book;                   ///< of the providers of trackables that clients made
  QHash<QString, QString> m_speakers;    ///< such a trackable → the provider that it is where it is by
  std::optional<HeardLocation> m_taken;  ///< of the fix under way, for the book if it is believed
  bool m_isReplay = false;               ///< the fix under way was held before
  std::optional<HubStays> m_recalled;    ///< until somebody asks
  quint64 m_staysKept = 0;               ///< FenceBoard::changes() of what the host was told
  bool m_isAwake = false;
};

}  // namespace tagwire::rtls
