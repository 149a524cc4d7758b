// SPDX-License-Identifier: Apache-2.0
#include "tool/historyimport.h"

#include <QCommandLineParser>

#include <algorithm>
#include <thread>

#include "backoff.h"
#include "storage/statement.h"

namespace tagwire::sql {

namespace {

using namespace std::chrono_literals;

/// What all stores can hold.
constexpr Time latestImported = Time(std::chrono::hours(24) * 98'615);  // 2240

}  // namespace

Result<ImportOptions> ImportOptions::parse(const QStringList &arguments) {
  QCommandLineParser parser;
  parser.addOption({QStringLiteral("instance"), QString(), QStringLiteral("id")});
  for (const char *flag : {"progress", "dry-run", "skip-bad", "older"})
    parser.addOption({QLatin1String(flag), QString()});
  if (!parser.parse(QStringList(QStringLiteral("import")) + arguments)) return failure(parser.errorText());
  const QStringList rest = parser.positionalArguments();
  if (rest.size() > 2) {
    return failure(QStringLiteral("unexpected \"%1\"\n").arg(rest[2].left(60)) + QString::fromUtf8(usage));
  }
  if (rest.size() < 2) return failure(QString::fromUtf8(usage));
  ImportOptions options;
  options.manifest = parser.positionalArguments().first();
  options.file = parser.positionalArguments().last();
  options.instance = parser.value(QStringLiteral("instance"));
  options.hasProgress = parser.isSet(QStringLiteral("progress"));
  options.isDry = parser.isSet(QStringLiteral("dry-run"));
  options.takesOlder = parser.isSet(QStringLiteral("older"));
  options.skipsBad = parser.isSet(QStringLiteral("skip-bad"));
  return options;
}

HistoryImport::HistoryImport(StoreReader *reader, HistoryStore *store, const ImportOptions &options,
                             const Retention &retention, Tell tell, Progress &progress,
                             std::shared_ptr<const std::atomic_bool> mustStop)
    : m_reader(reader),
      m_store(store),
      m_options(options),
      m_retention(retention),
      m_tell(std::move(tell)),
      m_progress(progress),
      m_mustStop(std::move(mustStop)),
      m_byKey(1),
      m_resolution(reader ? reader->resolution() : std::chrono::nanoseconds(1)) {}

Result<void> HistoryImport::run(QIODevice &file, Time now) {
  m_now = now;
  if (m_store) {
    const auto opened = m_store->open();
    if (!opened) return failure(opened.error().text);
  }
  const auto ready = readPoints().and_then([&] { return check(file); });
  if (!ready) return ready;
  const auto judged = judge();
  if (!judged) return judged;
  if (!file.seek(0)) return failure(QStringLiteral("can't read it a second time: ") + file.errorString());
  return store(file).and_then([this] { return m_store ? settle() : Result<void>(); });
}

Result<void> HistoryImport::judge() {
  if (m_counts.bad > mostToldLines) m_tell(QStringLiteral("and %1 bad lines more").arg(m_counts.bad - mostToldLines));
  if (m_counts.bad > 0 && !m_options.skipsBad) {
    return failure(QStringLiteral("%1 of %2 lines are bad: nothing was stored (--skip-bad leaves them out)")
                       .arg(m_counts.bad)
                       .arg(m_counts.lines));
  }
  if (m_counts.older == 0) return {};
  const QString text = QStringLiteral("%1 of %2 lines are older than the retention of the manifest")
                           .arg(m_counts.older)
                           .arg(m_counts.lines);
  if (!m_options.takesOlder) {
    return failure(text + QStringLiteral(": the program would remove them within minutes, so nothing was stored "
                                         "(allowed: a longer retention, or --older)"));
  }
  m_tell(text + QStringLiteral(": the running program removes them within minutes"));
  return {};
}

bool HistoryImport::isOlder(const StoredSample &sample) const {
  const bool isPosition = m_byKey.at(sample.point)->type == ValueType::Position;
  const auto &kept = isPosition ? m_retention.positions : m_retention.samples;
  return kept && sample.time < m_now - *kept;
}

/// The points that the store has, with their types: a value has to fit its point's.
Result<void> HistoryImport::readPoints() {
  if (!m_reader) return {};
  const auto begun = m_reader->begin(std::chrono::steady_clock::now() + 1min, m_mustStop);
  if (!begun) return begun;
  const auto read = m_reader->points(QString(), [this](const PointRow &row) {
    StoredPoint stored;
    stored.name = row.point.name;
    stored.type = row.point.type;
    stored.unit = row.point.unit;
    stored.tag = row.point.tag;
    m_byKey.push_back(std::make_shared<const StoredPoint>(std::move(stored)));
    m_points.insert(row.point.name, {static_cast<PointKey>(m_byKey.size() - 1), row.id, m_byKey.back()});
    return true;
  });
  m_reader->end();
  // PostgreSQL: a table that is not there. A dry run makes none.
  if (!read && !m_store && read.error().contains(u"SQLSTATE 42P01")) {
    m_tell(
        QStringLiteral("the database has no tables of a history yet (the program or an import makes them): every "
                       "line counts as new"));
    m_reader = nullptr;
    return {};
  }
  return read;
}

Result<HistoryImport::Point *> HistoryImport::pointOf(const HistoryLine &line) {
  const auto found = m_points.find(line.point);
  if (found != m_points.end()) return &*found;
  if (m_newPoints.size() >= mostPointNames) {
    return failure(QStringLiteral("more than %1 new points").arg(mostPointNames));
  }
  static const QString forbidden = QStringLiteral("*#?+");
  const bool isWrong = std::any_of(line.point.cbegin(), line.point.cend(),
                                   [](QChar c) { return c < u' ' || c == QChar(0x7f) || forbidden.contains(c); });
  if (isWrong || line.point.size() > 400 || line.point.indexOf(u'/') < 1 || line.point.endsWith(u'/')) {
    return failure(
        QStringLiteral("\"%1\" is no point (allowed: a full name as in plc1/boiler/temp)").arg(line.point.left(40)));
  }
  StoredPoint stored;
  stored.name = line.point;
  stored.type = line.type.value_or(typeOfCell(line.value));
  stored.unit = line.unit;
  if (stored.type == ValueType::Position) stored.tag = line.tag;
  m_byKey.push_back(std::make_shared<const StoredPoint>(std::move(stored)));
  m_newPoints.insert(line.point);
  return &*m_points.insert(line.point, {static_cast<PointKey>(m_byKey.size() - 1), 0, m_byKey.back()});
}

Result<std::optional<StoredSample>> HistoryImport::next(HistoryCsvReader &csv) {
  HistoryLine line;
  const auto read = csv.next(line);
  if (!read) return tl::unexpected(read.error());
  if (!*read) return std::optional<StoredSample>();
  const auto point = pointOf(line);
  if (!point) return failure(csv.problemAt(line.number, point.error()));
  const auto value = line.typed((*point)->stored->type);
  if (!value) return failure(csv.problemAt(line.number, value.error()));
  StoredSample sample;
  sample.sequence = static_cast<quint64>(line.number);
  sample.point = (*point)->key;
  sample.quality = line.quality;
  sample.isHistorical = true;
  if (line.time >= latestImported)
    return failure(csv.problemAt(line.number, QStringLiteral("too late (allowed: up to 2239)")));
  // As the store keeps them: else it would not be found there the next time.
  sample.time = line.time - line.time.time_since_epoch() % m_resolution;
  sample.received = m_now;
  sample.value = *value;
  if (auto *text = std::get_if<QString>(&sample.value)) *text = QString::fromUtf8(storableText(*text, longestText));
  return std::optional(std::move(sample));
}

Result<void> HistoryImport::tellBad(const HistoryCsvReader &csv, const QString &problem) {
  if (csv.isBroken()) return failure(problem);
  if (++m_counts.bad <= mostToldLines) m_tell(problem);
  return {};
}

Result<void> HistoryImport::check(QIODevice &file) {
  HistoryCsvReader csv(file, m_options.file);
  const auto header = csv.readHeader();
  if (!header) return header;
  for (;;) {
    if (isStopped()) return failure(QStringLiteral("ended: nothing was stored"));
    m_progress.tell([&] {
      return QStringLiteral("checked %1 %, %2 lines").arg(csv.position() * 100 / file.size()).arg(m_counts.lines);
    });
    const auto sample = next(csv);
    if (sample && !*sample) return {};
    ++m_counts.lines;
    if (sample && isOlder(**sample)) ++m_counts.older;
    if (sample) continue;
    const auto told = tellBad(csv, sample.error());
    if (!told) return told;
  }
}

Result<void> HistoryImport::store(QIODevice &file) {
  HistoryCsvReader csv(file, m_options.file);
  const auto header = csv.readHeader();
  if (!header) return header;
  m_slice.reserve(HistoryStore::sliceRecords);
  for (bool isEnd = false; !isEnd;) {
    auto sample = next(csv);
    if (!sample && csv.isBroken()) return failure(sample.error());
    if (!sample) continue;  // was told
    isEnd = !*sample;
    if (!isEnd) {
      m_textBytes += plainTextBytes((*sample)->value);
      m_slice.push_back(std::move(**sample));
    }
    if (m_slice.empty() || (!isEnd && !isFull())) continue;
    const auto stored = storeSlice();
    if (!stored) return stored;
    m_progress.tell([&] {
      return QStringLiteral("stored %1 %, %2 rows").arg(csv.position() * 100 / file.size()).arg(m_counts.stored);
    });
  }
  return {};
}

/// What is there is asked anew before each attempt: one that ended without an answer may have been stored all the same.
Result<void> HistoryImport::storeSlice() {
  const auto giveUp = std::chrono::steady_clock::now() + longestOutage;
  Backoff backoff(200ms, 5s);
  PresentRows present(m_reader, m_byKey, m_mustStop);
  for (;;) {
    const auto out = present.leaveOut(m_slice, std::chrono::steady_clock::now() + longestOutage);
    m_counts.present += out.value_or(0);
    auto done = out ? StoreResult<void>() : tl::unexpected(StoreError{StoreError::Kind::Outage, out.error()});
    if (done && m_store) done = writeSlice();
    if (done) {
      m_slice.clear();
      m_textBytes = 0;
      return {};
    }
    const bool isFinal = done.error().kind == StoreError::Kind::Refused;
    if (isFinal || isStopped() || std::chrono::steady_clock::now() >= giveUp || !pause(backoff.next())) {
      const char *more =
          isFinal ? "--skip-bad leaves such lines out and goes on from there" : "the same command goes on from there";
      return failure(QStringLiteral("%1 (%2 rows were stored; %3)")
                         .arg(done.error().text)
                         .arg(m_counts.stored)
                         .arg(QLatin1String(more)));
    }
  }
}

StoreResult<void> HistoryImport::writeSlice() {
  m_written = 0;
  const auto written = m_slice.empty() ? StoreResult<void>() : writePart(m_slice.size());
  m_slice.erase(m_slice.begin(), m_slice.begin() + static_cast<std::ptrdiff_t>(m_written));
  return written;
}

/// From m_written up to `end`, in halves until the row stands alone that the database does not want.
StoreResult<void> HistoryImport::writePart(size_t end) {
  if (!m_store->isOpen()) {
    const auto opened = m_store->open();
    if (!opened) return opened;
  }
  const size_t count = end - m_written;
  WriteWork work;
  const auto first = m_slice.cbegin() + static_cast<std::ptrdiff_t>(m_written);
  work.samples.assign(first, first + static_cast<std::ptrdiff_t>(count));
  const auto written = m_store->write(work, [this](PointKey key) { return m_byKey.at(key); });
  if (written) {
    m_counts.stored += static_cast<qint64>(count);
    m_written = end;
    return {};
  }
  if (written.error().kind == StoreError::Kind::Outage || isStopped()) return written;
  if (count == 1) return refused(*first, written.error().text);
  return writePart(m_written + count / 2).and_then([&] { return writePart(end); });
}

StoreResult<void> HistoryImport::refused(const StoredSample &sample, const QString &reason) {
  const QString text =
      QStringLiteral("%1:%2: the database refuses it: %3").arg(m_options.file).arg(sample.sequence).arg(reason);
  const auto final = [](const QString &why) { return tl::unexpected(StoreError{StoreError::Kind::Refused, why}); };
  if (!m_options.skipsBad) return final(text);
  if (++m_refused > mostRefusedLines) {
    return final(QStringLiteral("%1; more than %2 lines are refused").arg(text).arg(mostRefusedLines));
  }
  ++m_written;
  if (++m_counts.bad <= mostToldLines) m_tell(text);
  return {};
}

/// The newest rows go to their final place, as far as that is due.
Result<void> HistoryImport::settle() {
  constexpr int mostSteps = 10'000;
  for (int step = 0; step < mostSteps && !isStopped(); ++step) {
    const auto more = m_store->maintain(m_now, Retention());
    // All is stored; the program does this, too.
    if (!more || !*more) break;
  }
  return {};
}

bool HistoryImport::pause(std::chrono::milliseconds wait) const {
  for (; wait > 0ms && !isStopped(); wait -= 50ms) std::this_thread::sleep_for(50ms);
  return !isStopped();
}

}  // namespace tagwire::sql
