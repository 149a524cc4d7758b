// SPDX-License-Identifier: Apache-2.0
#include "trackermemory.h"

#include <QCryptographicHash>
#include <QDataStream>
#include <QIODevice>

#include <cmath>

#include "geometry.h"

namespace tagwire::rtls {
namespace {

using std::chrono::nanoseconds;

constexpr quint32 magic = 0x54775254;  // "TwRT"
constexpr quint16 version = 3;
constexpr qsizetype checksumBytes = 16;
constexpr quint32 mostEntries = 10'000'000;  // of anything; only what is damaged has more

QByteArray checksumOf(const QByteArray &bytes) {
  return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).left(checksumBytes);
}

bool isSomewhere(const Position &at) {
  const auto isCoordinate = [](double each) { return std::isfinite(each) && std::abs(each) <= farthestCoordinate; };
  return isCoordinate(at.x) && isCoordinate(at.y) && isCoordinate(at.z);
}

/// Ages are stored instead of readings of a clock whose zero the next run does not know.
class Writer {
 public:
  explicit Writer(const TrackerMemory &memory) : m_saved(memory.saved) {
    m_stream.setVersion(QDataStream::Qt_6_4);
    m_stream << magic << version;
    write(memory.saved.time);
    write(memory.triggers);
    m_stream << static_cast<quint32>(memory.tags.size());
    for (const auto &tag : memory.tags) write(tag);
    write(memory.proximity);
    m_stream << static_cast<quint32>(memory.contacts.size());
    for (const auto &contact : memory.contacts) {
      m_stream << contact.rule << contact.tagA << contact.tagB;
      write(contact.start);
    }
  }

  QByteArray bytes() const { return m_bytes; }

 private:
  void write(const std::vector<TrackerMemory::Definition> &definitions) {
    m_stream << static_cast<quint32>(definitions.size());
    for (const auto &each : definitions) m_stream << each.id << each.fingerprint;
  }
  void write(Time time) { m_stream << qint64{time.time_since_epoch().count()}; }
  void write(nanoseconds elapsed) { m_stream << qint64{(m_saved.elapsed - elapsed).count()}; }
  void write(const Moment &moment) {
    write(moment.time);
    write(moment.elapsed);
  }
  template <class T>
  void write(const std::optional<T> &value) {
    m_stream << value.has_value();
    if (value) write(*value);
  }
  void write(const Presence &presence) {
    m_stream << static_cast<quint8>(presence.stage) << presence.firstSight << presence.dwelt << presence.timedOut;
    write(presence.entered);
    write(presence.heard);
    write(presence.outside);
    write(presence.leaving);
  }
  void write(const TrackerMemory::Tag &tag) {
    const Position &at = tag.position;
    m_stream << tag.id.toUtf8() << tag.isPresent << at.x << at.y << at.z << at.fix->type.toUtf8()
             << at.fix->gateway.toUtf8() << at.fix->confidence << at.fix->accuracy << at.fix->battery
             << at.fix->sequence;
    write(tag.last);
    m_stream << static_cast<quint32>(tag.stays.size());
    for (const auto &stay : tag.stays) {
      m_stream << stay.trigger;
      write(stay.presence);
    }
    m_stream << static_cast<quint32>(tag.turns.size());
    for (const auto &turn : tag.turns) {
      m_stream << turn.trigger;
      write(turn.next);
    }
    write(tag.heard);
  }

  const Moment m_saved;
  QByteArray m_bytes;
  QDataStream m_stream{&m_bytes, QIODevice::WriteOnly};
};

class Reader {
 public:
  explicit Reader(const QByteArray &bytes) : m_stream(bytes) { m_stream.setVersion(QDataStream::Qt_6_4); }

  Result<TrackerMemory> read() {
    TrackerMemory memory;
    if (take<quint32>() != magic) return failure(QStringLiteral("is no state of rtls"));
    if (const auto given = take<quint16>(); given != version) {
      return failure(QStringLiteral("has version %1 (allowed: %2)").arg(given).arg(version));
    }
    memory.saved.time = Time(nanoseconds(take<qint64>()));
    read(memory.triggers);
    readEach(memory.tags, [&](auto &tag) { readTag(tag, memory.triggers.size()); });
    read(memory.proximity);
    readEach(memory.contacts, [&](auto &contact) { readContact(contact, memory); });
    leaveOutWhoIsNowhere(memory);
    if (m_isWrong || m_stream.status() != QDataStream::Ok || !m_stream.atEnd()) {
      return failure(QStringLiteral("is damaged"));
    }
    return memory;
  }

 private:
  template <class T>
  T take() {
    T value{};
    m_stream >> value;
    return value;
  }
  template <class T, class Read>
  void readEach(std::vector<T> &all, Read read) {
    const auto count = take<quint32>();
    need(count <= mostEntries);
    for (quint32 i = 0; i < count && !m_isWrong && m_stream.status() == QDataStream::Ok; ++i) read(all.emplace_back());
  }
  void need(bool condition) { m_isWrong = m_isWrong || !condition; }

  void read(std::vector<TrackerMemory::Definition> &definitions) {
    readEach(definitions, [this](auto &each) { m_stream >> each.id >> each.fingerprint; });
  }
  void read(nanoseconds &elapsed) { elapsed = nanoseconds(-take<qint64>()); }
  void read(Moment &moment) {
    moment.time = Time(nanoseconds(take<qint64>()));
    read(moment.elapsed);
  }
  template <class T>
  void read(std::optional<T> &value) {
    if (take<bool>()) read(value.emplace());
  }
  void read(Presence &presence) {
    const auto stage = take<quint8>();
    need(stage <= static_cast<quint8>(Presence::Stage::Inside));
    presence.stage = static_cast<Presence::Stage>(stage);
    m_stream >> presence.firstSight >> presence.dwelt >> presence.timedOut;
    read(presence.entered);
    read(presence.heard);
    read(presence.outside);
    read(presence.leaving);
  }
  void readTag(TrackerMemory::Tag &tag, size_t triggers) {
    auto fix = std::make_shared<Fix>();
    tag.id = fix->tag = QString::fromUtf8(take<QByteArray>());
    m_stream >> tag.isPresent >> tag.position.x >> tag.position.y >> tag.position.z;
    fix->type = QString::fromUtf8(take<QByteArray>());
    fix->gateway = QString::fromUtf8(take<QByteArray>());
    m_stream >> fix->confidence >> fix->accuracy >> fix->battery >> fix->sequence;
    tag.position.fix = std::move(fix);
    read(tag.last);
    readEach(tag.stays, [&](auto &stay) {
      m_stream >> stay.trigger;
      need(stay.trigger >= 0 && static_cast<size_t>(stay.trigger) < triggers);
      read(stay.presence);
    });
    readEach(tag.turns, [&](auto &turn) {
      m_stream >> turn.trigger;
      need(turn.trigger >= 0 && static_cast<size_t>(turn.trigger) < triggers);
      read(turn.next);
    });
    read(tag.heard);
  }
  void readContact(TrackerMemory::Contact &contact, const TrackerMemory &memory) {
    const auto isIn = [](int index, size_t size) { return index >= 0 && static_cast<size_t>(index) < size; };
    m_stream >> contact.rule >> contact.tagA >> contact.tagB;
    need(isIn(contact.rule, memory.proximity.size()) && isIn(contact.tagA, memory.tags.size()) &&
         isIn(contact.tagB, memory.tags.size()) && contact.tagA != contact.tagB);
    read(contact.start);
  }
  void leaveOutWhoIsNowhere(TrackerMemory &memory) {
    if (m_isWrong) return;
    std::vector<int> places;  // -1: left out
    int left = 0;
    for (const auto &tag : memory.tags) places.push_back(isSomewhere(tag.position) ? left++ : -1);
    memory.leftOut = std::erase_if(memory.tags, [](const auto &tag) { return !isSomewhere(tag.position); });
    if (memory.leftOut == 0) return;
    for (auto &contact : memory.contacts) {
      for (int *tag : {&contact.tagA, &contact.tagB}) *tag = places[static_cast<size_t>(*tag)];
    }
    std::erase_if(memory.contacts, [](const auto &contact) { return contact.tagA < 0 || contact.tagB < 0; });
  }

  QDataStream m_stream;
  bool m_isWrong = false;
};

}  // namespace

QByteArray toBytes(const TrackerMemory &memory) {
  const QByteArray bytes = Writer(memory).bytes();
  return checksumOf(bytes) + bytes;
}

Result<TrackerMemory> trackerMemoryFromBytes(const QByteArray &bytes) {
  const QByteArray content = bytes.mid(checksumBytes);
  if (checksumOf(content) != bytes.left(checksumBytes)) return failure(QStringLiteral("is damaged"));
  return Reader(content).read();
}

}  // namespace tagwire::rtls
