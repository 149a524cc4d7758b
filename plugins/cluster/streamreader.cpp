// SPDX-License-Identifier: Apache-2.0
#include "streamreader.h"

namespace tagwire::cluster {

namespace {

constexpr qint64 second = 1'000'000'000;
constexpr qint64 ackWait = 30 * second;
constexpr qint64 mostUnacknowledged = 1000;
constexpr qint64 inactiveThreshold = 30 * second;
// So many empty ones, and it is asked whether the consumer is there at all.
constexpr int emptyFetchesToDoubt = 15;
const char *const everything = "tw.>";

}  // namespace

Result<StreamReader> StreamReader::shared(const Link &link, const ClusterConfig &config, const char *name) {
  const QByteArray stream = config.stream.name.toUtf8();
  jsConsumerConfig consumer;
  jsConsumerConfig_Init(&consumer);
  consumer.Durable = name;
  consumer.AckPolicy = js_AckExplicit;
  consumer.AckWait = ackWait;
  consumer.MaxAckPending = mostUnacknowledged;
  consumer.MaxDeliver = -1;
  consumer.Replicas = config.stream.replicas;
  jsErrCode code = static_cast<jsErrCode>(0);
  jsConsumerInfo *info = nullptr;
  natsStatus status = js_GetConsumerInfo(&info, link.stream(), stream.constData(), name, nullptr, &code);
  if (status == NATS_NOT_FOUND) {
    status = js_AddConsumer(&info, link.stream(), stream.constData(), &consumer, nullptr, &code);
  }
  jsConsumerInfo_Destroy(info);
  if (status != NATS_OK) return natsFailure("the consumer can't be made", status, code);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.constData();
  options.Consumer = name;
  natsSubscription *subscription = nullptr;
  status = js_PullSubscribe(&subscription, link.stream(), everything, name, nullptr, &options, &code);
  if (status != NATS_OK) return natsFailure("the consumer can't be used", status, code);
  StreamReader reader;
  reader.m_stream = link.stream();
  reader.m_streamName = stream;
  reader.m_consumer = name;
  reader.m_subscription = Subscription(subscription, EndSubscription{&link});
  return reader;
}

Result<StreamReader> StreamReader::own(const Link &link, const ClusterConfig &config, quint64 sequence, Time time) {
  const QByteArray stream = config.stream.name.toUtf8();
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.constData();
  options.Config.AckPolicy = js_AckNone;
  options.Config.InactiveThreshold = inactiveThreshold;
  options.Config.DeliverPolicy = sequence > 0 ? js_DeliverByStartSequence : js_DeliverByStartTime;
  options.Config.OptStartSeq = sequence;
  options.Config.OptStartTime = sequence > 0 ? 0 : time.time_since_epoch().count();
  jsErrCode code = static_cast<jsErrCode>(0);
  natsSubscription *subscription = nullptr;
  const natsStatus status =
      js_PullSubscribe(&subscription, link.stream(), everything, nullptr, nullptr, &options, &code);
  if (status != NATS_OK) return natsFailure("the stream can't be read", status, code);
  StreamReader reader;
  reader.m_subscription = Subscription(subscription, EndSubscription{&link});
  return reader;
}

Result<std::vector<Message>> StreamReader::fetch(int most, std::chrono::milliseconds longest) {
  natsMsgList list = {nullptr, 0};
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status = natsSubscription_Fetch(&list, m_subscription.get(), most, longest.count(), &code);
  std::vector<Message> messages;
  messages.reserve(static_cast<size_t>(list.Count));
  for (int i = 0; i < list.Count; ++i) messages.emplace_back(std::exchange(list.Msgs[i], nullptr));
  natsMsgList_Destroy(&list);
  if (status == NATS_OK) {
    m_emptyFetches = 0;
    return messages;
  }
  if (status != NATS_TIMEOUT) return natsFailure("the stream can't be read", status, code);
  if (++m_emptyFetches < emptyFetchesToDoubt) return messages;
  m_emptyFetches = 0;
  const natsStatus found = findConsumer(&code);
  if (found != NATS_OK) return natsFailure("the consumer is gone", found, code);
  return messages;
}

/// libnats 3.4.1 does not know the consumer of a subscription that has not made it.
natsStatus StreamReader::findConsumer(jsErrCode *code) const {
  jsConsumerInfo *info = nullptr;
  const natsStatus found =
      m_consumer.isEmpty()
          ? natsSubscription_GetConsumerInfo(&info, m_subscription.get(), nullptr, code)
          : js_GetConsumerInfo(&info, m_stream, m_streamName.constData(), m_consumer.constData(), nullptr, code);
  jsConsumerInfo_Destroy(info);
  return found;
}

StreamReader::Place StreamReader::placeOf(natsMsg *message) {
  jsMsgMetaData *data = nullptr;
  if (natsMsg_GetMetaData(&data, message) != NATS_OK) return {};
  const Place place{data->Sequence.Stream, data->Sequence.Consumer, static_cast<qint64>(data->NumPending)};
  jsMsgMetaData_Destroy(data);
  return place;
}

}  // namespace tagwire::cluster
