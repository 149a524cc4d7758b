// SPDX-License-Identifier: Apache-2.0
#include "pointtable.h"

#include <QFile>
#include <QRegularExpression>

#include <mutex>

namespace tagwire {

namespace {

const Sample &noSample() {
  static const Sample sample{PointId::None, Quality::bad(QualityReason::WaitingForFirstValue), Time(), Value()};
  return sample;
}

/// Empty when the name may be used: a path of one or more parts that topics and file formats can hold.
QString wrongName(const QString &name) {
  static const QRegularExpression control(QStringLiteral("[\\x00-\\x1f\\x7f*#?+]"));
  if (name.isEmpty()) return QStringLiteral("a point's name may not be empty");
  if (name.size() > 200) return QStringLiteral("a point's name may hold 200 characters at most");
  if (name.contains(control)) return QStringLiteral("a point's name may not hold * # ? + or control characters");
  if (name.startsWith(u'/') || name.endsWith(u'/') || name.contains(QLatin1String("//"))) {
    return QStringLiteral("a point's name may not begin or end with / or hold an empty part");
  }
  return {};
}

/// Its own copy: the given text lies among the nodes of the manifest, and would keep their pages from being given back.
QString compact(const QString &text) { return text.isEmpty() ? QString() : QString(text.constData(), text.size()); }

std::shared_ptr<const CommandRules> rulesOf(const PointInfo &info) {
  return info.commandRules == CommandRules() ? nullptr : std::make_shared<const CommandRules>(info.commandRules);
}

quint32 placeOf(const QString &fullName) { return static_cast<quint32>(qHash(fullName)); }

}  // namespace

PointTable::PointTable() = default;
PointTable::~PointTable() = default;

Result<int> PointTable::keepNumbersIn(const QString &file) {
  m_numbersFile = file;
  QFile numbers(file);
  if (!numbers.exists()) return 0;
  int unreadable = 0;
  if (!numbers.open(QIODevice::ReadOnly)) {
    return failure(QStringLiteral("%1: %2").arg(file, numbers.errorString()));
  }
  while (!numbers.atEnd()) {
    const QByteArray line = numbers.readLine(4096);
    const auto tab = line.indexOf('\t');
    bool ok = false;
    const int number = line.left(tab).toInt(&ok);
    // A torn last line (power cut) has no newline: its point simply gets its number anew.
    if (!line.endsWith('\n') && numbers.atEnd()) break;
    if (tab < 1 || !ok || number < 1 || !line.endsWith('\n')) {
      ++unreadable;
      continue;
    }
    m_remembered.insert(QString::fromUtf8(line.mid(tab + 1).chopped(1)), number);
    m_reserved.insert(number);
  }
  return unreadable;
}

int PointTable::giveNumber(const QString &fullName) {
  // A name gets its number once in a run, so it need not be remembered any longer.
  if (const auto found = m_remembered.constFind(fullName); found != m_remembered.cend()) {
    const int number = *found;
    m_remembered.erase(found);
    if (!m_byNumber.contains(number)) return number;
  }
  while (m_byNumber.contains(m_nextNumber) || m_reserved.contains(m_nextNumber)) ++m_nextNumber;
  m_unsaved += QByteArray::number(m_nextNumber) + '\t' + fullName.toUtf8() + '\n';
  return m_nextNumber++;
}

Result<PointId> PointTable::declare(const QString &owner, const QString &prefix, const PointInfo &info) {
  if (const QString wrong = wrongName(info.name); !wrong.isEmpty()) return failure(wrong);
  const QString fullName = prefix + u'/' + info.name;
  if (info.number && *info.number < 1) {
    return failure(QStringLiteral("number %1 is out of range (allowed: 1 to 2147483647)").arg(*info.number));
  }
  std::unique_lock lock(m_mutex);
  PointId id = findLocked(fullName);
  if (id != PointId::None && !m_points[static_cast<quint32>(id) - 1]->isRemoved) {
    return failure(QStringLiteral("point \"%1\" is declared twice").arg(fullName));
  }
  if (info.number) {
    if (const auto freed = freeNumber(*info.number); !freed) return failure(freed.error());
  }
  if (id == PointId::None) id = add(fullName);
  QString &unit = m_units[info.unit];
  if (unit.isEmpty()) unit = compact(info.unit);
  put(id, {compact(info.name), compact(fullName), owner, unit, compact(info.description), compact(info.tag),
           info.minimum, info.maximum, rulesOf(info), info.number, id, info.type, info.writable, info.verify});
  return id;
}

/// Error: the manifest gives it to another point.
Result<void> PointTable::freeNumber(int number) {
  const PointId other = m_byNumber.value(number, PointId::None);
  if (other == PointId::None) return {};
  auto &entry = m_points[static_cast<quint32>(other) - 1];
  if (!entry->isNumberAssigned) {
    return failure(QStringLiteral("number %1 is taken by point \"%2\"").arg(number).arg(entry->fullName));
  }
  auto without = std::make_shared<Point>(*entry);
  without->number.reset();
  without->isNumberAssigned = false;
  entry = std::move(without);
  m_byNumber.remove(number);
  m_unnumbered.append(other);
  ++m_revision;
  return {};
}

/// A new id for a name that has none.
PointId PointTable::add(const QString &fullName) {
  const PointId id = static_cast<PointId>(m_points.size() + 1);
  quint32 place = placeOf(fullName);
  while (m_byName.contains(place)) ++place;
  m_byName.insert(place, id);
  m_last.push_back(noSample());
  m_last.back().point = id;
  m_points.emplace_back();
  return id;
}

void PointTable::put(PointId id, Point point) {
  auto &entry = m_points[static_cast<quint32>(id) - 1];
  Sample &last = m_last[static_cast<quint32>(id) - 1];
  if (entry) {
    ++m_revision;
    --m_removed;
    if (entry->type != point.type) last.value = {};
    last.quality = Quality::bad(QualityReason::WaitingForFirstValue);
  }
  if (point.number) {
    m_byNumber.insert(*point.number, id);
  } else {
    m_unnumbered.append(id);
  }
  entry = std::make_shared<Point>(std::move(point));
}

QList<PointId> PointTable::remove(const QString &owner) {
  std::unique_lock lock(m_mutex);
  QList<PointId> ids;
  for (auto &entry : m_points) {
    if (entry->owner != owner || entry->isRemoved) continue;
    auto removed = std::make_shared<Point>(*entry);
    removed->isRemoved = true;
    if (removed->number) m_byNumber.remove(*removed->number);
    if (removed->isNumberAssigned) {
      m_remembered.insert(removed->fullName, *removed->number);
      m_reserved.insert(*removed->number);
    }
    removed->number.reset();
    removed->isNumberAssigned = false;
    entry = std::move(removed);
    ids << entry->id;
  }
  m_unnumbered.removeIf([&](PointId id) { return m_points[static_cast<quint32>(id) - 1]->isRemoved; });
  m_removed += static_cast<quint32>(ids.size());
  if (!ids.isEmpty()) ++m_revision;
  return ids;
}

void PointTable::giveNumbers() {
  std::unique_lock lock(m_mutex);
  for (const PointId id : std::as_const(m_unnumbered)) {
    auto &entry = m_points[static_cast<quint32>(id) - 1];
    auto numbered = std::make_shared<Point>(*entry);
    numbered->number = giveNumber(entry->fullName);
    numbered->isNumberAssigned = true;
    m_byNumber.insert(*numbered->number, id);
    entry = std::move(numbered);
  }
  m_unnumbered = {};
  // Points may come one by one, and making a table smaller costs as much as filling it.
  if (m_remembered.capacity() > 4 * m_remembered.size()) m_remembered.squeeze();
}

Result<void> PointTable::assignNumbers() {
  giveNumbers();
  if (m_unsaved.isEmpty() || m_numbersFile.isEmpty()) return {};
  QFile file(m_numbersFile);
  const bool fresh = !file.exists();
  if (!file.open(QIODevice::ReadWrite | QIODevice::Append) || file.write(m_unsaved) != m_unsaved.size() ||
      !file.flush()) {
    return failure(QStringLiteral("%1: %2").arg(m_numbersFile, file.errorString()));
  }
  if (fresh) file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
  m_unsaved.clear();
  return {};
}

PointId PointTable::find(const QString &fullName) const {
  std::shared_lock lock(m_mutex);
  const PointId id = findLocked(fullName);
  return id == PointId::None || m_points[static_cast<quint32>(id) - 1]->isRemoved ? PointId::None : id;
}

PointId PointTable::findLocked(const QString &fullName) const {
  for (quint32 place = placeOf(fullName);; ++place) {
    const PointId id = m_byName.value(place, PointId::None);
    if (id == PointId::None || m_points[static_cast<quint32>(id) - 1]->fullName == fullName) return id;
  }
}

PointId PointTable::findNumber(int number) const {
  std::shared_lock lock(m_mutex);
  return m_byNumber.value(number, PointId::None);
}

std::shared_ptr<const Point> PointTable::point(PointId id) const {
  std::shared_lock lock(m_mutex);
  const quint32 index = static_cast<quint32>(id) - 1;  // None wraps round to the largest index
  return index < m_points.size() ? m_points[index] : nullptr;
}

quint32 PointTable::count() const {
  std::shared_lock lock(m_mutex);
  return static_cast<quint32>(m_points.size());
}

quint32 PointTable::presentCount() const {
  std::shared_lock lock(m_mutex);
  return static_cast<quint32>(m_points.size()) - m_removed;
}

QStringList PointTable::fullNames() const {
  std::shared_lock lock(m_mutex);
  QStringList names;
  names.reserve(static_cast<qsizetype>(m_points.size()));
  for (const auto &point : m_points) {
    if (!point->isRemoved) names << point->fullName;
  }
  return names;
}

const Sample &PointTable::last(PointId id) const {
  const quint32 index = static_cast<quint32>(id) - 1;
  return index < m_last.size() ? m_last[index] : noSample();
}

size_t PointTable::update(const Samples &samples) {
  size_t unknown = 0;
  for (const Sample &sample : samples) {
    const quint32 index = static_cast<quint32>(sample.point) - 1;
    if (index < m_last.size()) {
      m_last[index] = sample;
    } else {
      ++unknown;
    }
  }
  return unknown;
}

}  // namespace tagwire
