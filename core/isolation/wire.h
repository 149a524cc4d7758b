// SPDX-License-Identifier: Apache-2.0
// The values of core/ as CBOR and back: what stands in the bodies of messages. docs/isolation-protocol.md has the
// forms. Point ids are those of whoever speaks; both sides translate at their edge.
#pragma once

#include <QCborArray>
#include <QCborMap>

#include "../command.h"
#include "../config.h"
#include "../point.h"
#include "frame.h"

namespace tagwire::isolation {

TAGWIRE_EXPORT QCborValue toCbor(const Value &value);
TAGWIRE_EXPORT Result<Value> valueFrom(const QCborValue &cbor);
/// As in R6-7.
TAGWIRE_EXPORT Result<Quality> qualityFrom(const QString &text);

/// A whole frame of the type "samples"; `sequence` is the hub's.
TAGWIRE_EXPORT QByteArray framedSamples(const Sample *samples, qsizetype count, quint64 sequence);
struct SamplesMessage {
  Samples samples;
  quint64 sequence = 0;
};
TAGWIRE_EXPORT Result<SamplesMessage> samplesFrom(const QByteArray &payload);

TAGWIRE_EXPORT QCborMap toCbor(const Event &event);
TAGWIRE_EXPORT Result<Event> eventFrom(const QCborMap &cbor);

TAGWIRE_EXPORT QCborMap toCbor(const Command &command);
TAGWIRE_EXPORT Result<Command> commandFrom(const QCborMap &cbor);

/// Without the place in the manifest.
TAGWIRE_EXPORT QCborMap toCbor(const PointInfo &info);
TAGWIRE_EXPORT Result<PointInfo> pointInfoFrom(const QCborMap &cbor);
/// For who declared it and for the others; `id` is the host's.
struct AnnouncedPoint {
  PointId id = PointId::None;
  QString owner;
  QString prefix;
  PointInfo info;
};
TAGWIRE_EXPORT QCborMap toCbor(const Point &point);
TAGWIRE_EXPORT Result<AnnouncedPoint> announcedFrom(const QCborMap &cbor);

TAGWIRE_EXPORT QCborMap toCbor(const ConfigLocation &where);
TAGWIRE_EXPORT ConfigLocation locationFrom(const QCborMap &cbor);
TAGWIRE_EXPORT QCborMap toCbor(const Problem &problem);
TAGWIRE_EXPORT Problem problemFrom(const QCborMap &cbor);
/// Of a library: a program says nothing of where it listens.
TAGWIRE_EXPORT QCborMap toCbor(const ConfigReader::Listener &listener);
TAGWIRE_EXPORT ConfigReader::Listener listenerFrom(const QCborMap &cbor);

/// The tree with the place of every value, for a plugin that reads it as if it were in the host.
TAGWIRE_EXPORT QCborMap toCbor(const ConfigNode &node);
TAGWIRE_EXPORT Result<ConfigNode> configFrom(const QCborMap &cbor);
/// Every environment variable that the tree refers to and that is set.
TAGWIRE_EXPORT QCborMap environmentOf(const ConfigNode &node);
/// The configuration as plain values, for a plugin that is a program: every reference is resolved here. What can't be
/// is an error of `reader`.
TAGWIRE_EXPORT QCborValue plainConfig(ConfigReader &reader);

}  // namespace tagwire::isolation
