// SPDX-License-Identifier: Apache-2.0
// The streams that a cluster stands on, made where they are missing.
#include <deque>

#include "voicelease.h"

namespace tagwire::cluster {

namespace {

constexpr qint64 streamSecond = 1'000'000'000;
// A node that was away tries again within this: what it sends twice is known by its id until then. Later it is known
// by its key in the history.
constexpr qint64 duplicatesNs = 600 * streamSecond;

constexpr qint64 leaseNs = 120 * streamSecond;

/// Streams of leaf nodes, as libnats wants to be told of them. The texts outlive the call. Of one that is bound to a
/// site only that site's are taken: the stream has one subject, and the filter is that with the site's name for the
/// first '*' (the server takes a stream as a source once only, and no filter that is neither wider nor narrower than a
/// subject).
struct Sources {
  explicit Sources(const QStringList &given, const QByteArray &stream, const QByteArray &subject) : name(stream) {
    for (const QString &each : given) {
      const QByteArray site = each.section(u'/', 1).toUtf8();
      const QByteArray &prefix = prefixes.emplace_back("$JS." + each.section(u'/', 0, 0).toUtf8() + ".API");
      const QByteArray &filter = filters.emplace_back(QByteArray(subject).replace(subject.indexOf('*'), 1, site));
      jsExternalStream &outside = external.emplace_back();
      jsExternalStream_Init(&outside);
      outside.APIPrefix = prefix.constData();
      outside.DeliverPrefix = "";  // libnats 3.4.1 reads it, whether it is there or not
      jsStreamSource &source = sources.emplace_back();
      jsStreamSource_Init(&source);
      source.Name = name.constData();
      source.External = &outside;
      if (!site.isEmpty()) source.FilterSubject = filter.constData();
      pointers.push_back(&source);
    }
  }
  QByteArray name;
  std::deque<QByteArray> prefixes;
  std::deque<QByteArray> filters;
  std::deque<jsExternalStream> external;
  std::deque<jsStreamSource> sources;
  std::vector<jsStreamSource *> pointers;
};

/// Whether the stream takes in the same, by the same filters.
bool isSameSources(const jsStreamConfig &one, const jsStreamConfig &other) {
  const auto textsOf = [](const jsStreamConfig &config) {
    QByteArrayList texts;
    for (int i = 0; i < config.SourcesLen; ++i) {
      const jsStreamSource &source = *config.Sources[i];
      texts << QByteArray(source.External ? source.External->APIPrefix : "") + ' ' + QByteArray(source.FilterSubject);
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  return textsOf(one) == textsOf(other);
}

Result<void> provide(const Link &link, jsStreamConfig &wanted) {
  jsStreamInfo *info = nullptr;
  jsErrCode code = static_cast<jsErrCode>(0);
  natsStatus status = js_GetStreamInfo(&info, link.stream(), wanted.Name, nullptr, &code);
  if (status == NATS_NOT_FOUND) {
    status = js_AddStream(&info, link.stream(), &wanted, nullptr, &code);
    // Another node may have been faster.
    if (code == JSStreamNameExistErr) status = js_GetStreamInfo(&info, link.stream(), wanted.Name, nullptr, &code);
  } else if (status == NATS_OK && info->Config && wanted.SourcesLen > 0 && !isSameSources(*info->Config, wanted)) {
    jsStreamInfo_Destroy(info);
    info = nullptr;
    status = js_UpdateStream(&info, link.stream(), &wanted, nullptr, &code);
  }
  jsStreamInfo_Destroy(info);
  if (status != NATS_OK) {
    const QByteArray what = QByteArray("the stream ") + wanted.Name + " can't be made";
    return natsFailure(what.constData(), status, code);
  }
  return {};
}

/// Leases that end by themselves: in memory, for with the last server they are all over.
Result<void> provideLeases(const Link &link, const StreamConfig &config, const QByteArray &bucket) {
  const QByteArray stream = "KV_" + bucket;
  const QByteArray keys = "$KV." + bucket + ".>";
  const char *subjects[] = {keys.constData()};
  jsStreamConfig leases;
  jsStreamConfig_Init(&leases);
  leases.Name = stream.constData();
  leases.Subjects = subjects;
  leases.SubjectsLen = 1;
  leases.MaxMsgsPerSubject = 1;
  leases.MaxAge = leaseNs;
  leases.Storage = js_MemoryStorage;
  leases.Replicas = config.replicas;
  leases.Discard = js_DiscardNew;
  leases.AllowRollup = true;
  leases.DenyDelete = true;
  return provide(link, leases);
}

}  // namespace

QByteArray devicesBucket(const StreamConfig &config) { return config.name.toUtf8() + "_devices"; }

QByteArray alarmsBucket(const StreamConfig &config) { return config.name.toUtf8() + "_alarms"; }

QByteArray lastValuesBucket(const StreamConfig &config) { return config.name.toUtf8() + "_last"; }

Result<void> provideStreams(const Link &link, const StreamConfig &config) {
  const QByteArray name = config.name.toUtf8();
  const char *subjects[] = {"tw.*.*.*"};  // samples and events; all else has another number of parts
  Sources sources(config.sources, name, subjects[0]);
  jsStreamConfig records;
  jsStreamConfig_Init(&records);
  records.Name = name.constData();
  records.Subjects = subjects;
  records.SubjectsLen = 1;
  records.MaxAge = config.hours * 3600LL * streamSecond;
  records.MaxBytes = config.mostMegabytes * 1024LL * 1024;
  records.Replicas = config.replicas;
  records.Duplicates = duplicatesNs;
  if (!sources.pointers.empty()) {
    records.Sources = sources.pointers.data();
    records.SourcesLen = static_cast<int>(sources.pointers.size());
  }
  if (const auto provided = provide(link, records); !provided) return provided;

  const QByteArray bucket = lastValuesBucket(config);
  const QByteArray stream = "KV_" + bucket;
  const QByteArray keys = "$KV." + bucket + ".>";
  const char *keySubjects[] = {keys.constData()};
  Sources buckets(config.sources, stream, "$KV." + bucket + ".*.>");
  jsStreamConfig last;
  jsStreamConfig_Init(&last);
  last.Name = stream.constData();
  last.Subjects = keySubjects;
  last.SubjectsLen = 1;
  last.MaxMsgsPerSubject = 1;
  last.Replicas = config.replicas;
  last.Discard = js_DiscardNew;
  last.AllowRollup = true;
  last.DenyDelete = true;
  last.AllowDirect = true;
  if (!buckets.pointers.empty()) {
    last.Sources = buckets.pointers.data();
    last.SourcesLen = static_cast<int>(buckets.pointers.size());
  }
  if (const auto provided = provide(link, last); !provided) return provided;
  if (const auto provided = provideLeases(link, config, devicesBucket(config)); !provided) return provided;
  return provideLeases(link, config, alarmsBucket(config));
}

}  // namespace tagwire::cluster
