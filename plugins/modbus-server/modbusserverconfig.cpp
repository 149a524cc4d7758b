// SPDX-License-Identifier: Apache-2.0
#include "modbusserverconfig.h"

#include <algorithm>

#include "modbusserver.h"

namespace tagwire::modbus {
namespace {

/// Who takes which address of which unit id, so that none is taken twice.
class Occupancy {
 public:
  /// Takes all that `point` needs, or complains.
  void take(const ExposedPoint &point, qsizetype entry, const char *placeKey, const PointComplaint &complain) {
    const ModbusPoint &place = point.place;
    const Taken mine{entry, point.mask(), place.name};
    for (int at = place.address; at < place.address + place.format.size(); ++at) {
      if (!takeOne(place.unit, place.table, at, mine, placeKey, complain)) return;
    }
    if (!point.quality) return;
    const auto [table, address] = *point.quality;
    takeOne(place.unit, table, address, {entry, 0xFFFF, place.name}, "quality_address", complain);
  }

 private:
  struct Taken {
    qsizetype entry;
    quint16 mask;
    QString name;
  };

  bool takeOne(quint8 unit, Table table, int address, const Taken &mine, const char *key,
               const PointComplaint &complain) {
    QList<Taken> &there = m_taken[(quint64{unit} << 32) | (static_cast<quint64>(table) << 24) | quint64(address)];
    const auto other =
        std::find_if(there.begin(), there.end(), [&](const Taken &each) { return (each.mask & mine.mask) != 0; });
    if (other == there.end()) {
      there.append(mine);
      return true;
    }
    complain(key, QStringLiteral("%1 %2 of unit id %3 is taken by points[%4] (\"%5\")")
                      .arg(wordOf(table))
                      .arg(address)
                      .arg(unit)
                      .arg(other->entry)
                      .arg(other->name));
    return false;
  }

  QHash<quint64, QList<Taken>> m_taken;
};

}  // namespace

Result<ListenEndpoint> ListenEndpoint::fromText(const QString &text) {
  const auto where = listenAddress(text);
  if (!where) return failure(where.error());
  return ListenEndpoint{*where};
}

void ModbusServerConfig::describe(Shape<ModbusServerConfig> &shape) {
  shape.required("listen", &ModbusServerConfig::listen, "where clients find it; one or several")
      .example("tcp://127.0.0.1:1502")
      .range(1, 16)
      .orSingle();
  shape.optional("unit", &ModbusServerConfig::unit, "unit id the points stand under").range(0, 255);
  shape.optional("clients", &ModbusServerConfig::clients, "most clients at a time over TCP").range(1, 1000);
  shape
      .optional("allow", &ModbusServerConfig::allow,
                "addresses and networks from which clients may come; needed to listen beyond this machine")
      .example("192.0.2.0/24")
      .range(1, 1000);
  shape.optional("on_bad", &ModbusServerConfig::onBad,
                 "what is read while a value is bad: exception 4, the last value, 0, or NaN (floats; others: "
                 "exception 4)");
  shape
      .optional("answer_within_ms", &ModbusServerConfig::answerWithin,
                "how long the answer to a write waits for the outcome; then it is exception 5 (still at work)")
      .range(10, 60'000);
  shape
      .required("points", &ModbusServerConfig::points, "what is served; `{\"$csv\": \"file.csv\"}` stands for its rows")
      .range(1, 100'000);
}

bool ModbusServerConfig::admits(const QHostAddress &peer) const {
  if (allow.isEmpty()) return true;
  return std::any_of(allow.begin(), allow.end(), [&](const AllowedNetwork &each) { return each.contains(peer); });
}

void ModbusServerConfig::checkListen(ConfigReader &reader) const {
  bool isTcp = false;
  for (qsizetype i = 0; i < listen.size(); ++i) {
    const ListenEndpoint &where = listen[i];
    if (where.transport == Transport::Serial) continue;
    isTcp = true;
    const QHostAddress address(where.host == u"localhost" ? QStringLiteral("127.0.0.1") : where.host);
    if (!address.isNull()) {
      const auto key = listen.size() == 1 ? QStringLiteral("listen") : QStringLiteral("listen[%1]").arg(i);
      reader.listensOn(key, ConfigReader::Listener::Kind::Tcp, address.toString(), where.port);
    }
    if (address.isNull()) {
      reader.error(QStringLiteral("listen"),
                   QStringLiteral("\"%1\" is not an address of this machine (allowed: an IP address)").arg(where.host));
    } else if (!address.isLoopback() && allow.isEmpty()) {
      reader.error(QStringLiteral("listen"),
                   QStringLiteral("%1 can be reached from other machines, and Modbus knows no passwords (allowed: a "
                                  "loopback address, or `allow` with those who may come)")
                       .arg(where.host));
    }
  }
  if (!isTcp && !allow.isEmpty()) {
    reader.error(QStringLiteral("allow"),
                 QStringLiteral("a serial line does not tell who asks (allowed: leave it out)"));
  }
}

QList<ExposedPoint> ModbusServerConfig::settle(ConfigReader &reader, const PointTable &declared) const {
  checkListen(reader);
  const bool hasLine = std::any_of(listen.begin(), listen.end(), [](const auto &each) { return each.isLine(); });
  QList<ExposedPoint> settled;
  Occupancy occupancy;
  for (qsizetype i = 0; i < points.size(); ++i) {
    const auto complain = [&](const char *key, const QString &message) {
      reader.error(QStringLiteral("points[%1].%2").arg(i).arg(QLatin1String(key)), message);
    };
    const auto point = modbus::settle(points[i], static_cast<quint8>(unit), complain);
    if (!point) continue;
    occupancy.take(*point, i, points[i].registerText ? "register" : "address", complain);
    const int unitId = point->place.unit;
    if (hasLine && (unitId == 0 || unitId > 247)) {
      complain("unit_id", QStringLiteral("unit id %1 has no place on a line (allowed: 1 to 247)").arg(unitId));
    }
    const auto known = declared.point(declared.find(point->place.name));
    if (const auto wrong = known ? mismatch(*point, *known) : std::nullopt) complain(wrong->first, wrong->second);
    settled.append(*point);
  }
  return settled;
}

}  // namespace tagwire::modbus
