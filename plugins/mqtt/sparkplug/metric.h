// SPDX-License-Identifier: Apache-2.0
// Values, types and topics of Sparkplug B (Sparkplug 3.0, chapters 4 and 6).
#pragma once

#include <QByteArray>
#include <QString>

#include <optional>

#include "quality.h"
#include "result.h"
#include "sparkplug/sparkplug.pb.h"
#include "timestamp.h"
#include "value.h"

namespace tagwire::mqtt {

using SparkplugPayload = sparkplug::Payload;
using Metric = sparkplug::Payload::Metric;

/// Numbers of the specification.
enum class DataType : quint32 {
  Unknown,
  Int8,
  Int16,
  Int32,
  Int64,
  UInt8,
  UInt16,
  UInt32,
  UInt64,
  Float,
  Double,
  Boolean,
  String,
  DateTime,
  Text,
  Uuid,
  DataSet,
  Bytes,
  File,
  Template
};

DataType dataTypeOf(ValueType type);
/// "DataSet"; "type 99" where there is no such type.
QString toText(DataType type);
/// Of a point that takes such metrics; nothing for types that a point can't hold (data sets, templates, files, arrays).
std::optional<ValueType> valueTypeOf(DataType type);

/// None: the metric is null.
void setValue(Metric &metric, const Value &value);
/// For a metric of that type. Errors: what the type can't hold.
Result<void> setValueAs(Metric &metric, const Value &value, DataType type);
/// None for null; bytes are text in Base64. Errors: no value of this type, or beyond a 64-bit integer.
Result<Value> valueOf(const Metric &metric, DataType type);

/// The property `Quality`: 192 good, 500 uncertain, 0 bad; and `QualityReason` with our own word.
void setQuality(Metric &metric, Quality quality);
/// Good where none is told.
Quality qualityOf(const Metric &metric);

/// "spBv1.0/<group>/<kind>/<node>[/<device>]".
struct SparkplugTopic {
  QString group;
  QString kind;  ///< "NBIRTH" …
  QString node;
  QString device;  ///< empty: the node itself

  static std::optional<SparkplugTopic> fromText(const QString &topic);
  QString toText() const;
};

QString stateTopic(const QString &host);
/// `{"online": …, "timestamp": …}`
QByteArray statePayload(bool isOnline, qint64 milliseconds);
struct HostState {
  bool isOnline = false;
  qint64 timestamp = 0;
  /// Nothing: not such a message.
  static std::optional<HostState> fromPayload(const QByteArray &payload);
};

QByteArray bytesOf(const SparkplugPayload &payload);
/// Nothing: no such payload.
std::optional<SparkplugPayload> payloadFrom(const QByteArray &bytes);
inline QString textOf(const std::string &text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}
quint64 millisecondsOf(Time time);

constexpr const char *rebirthName = "Node Control/Rebirth";
constexpr const char *bdSeqName = "bdSeq";

}  // namespace tagwire::mqtt
