// SPDX-License-Identifier: Apache-2.0
// Stored values as CSV (RFC 4180, UTF-8, a header): what `tagwire history` writes and reads, and `replay` plays.
#pragma once

#include <QIODevice>
#include <QStringList>

#include <array>
#include <optional>

#include "../quality.h"
#include "../timestamp.h"
#include "../value.h"

namespace tagwire {

/// "2026-02-10T14:25:30.123Z" with as many digits as the time has: 3, 6 or 9.
TAGWIRE_EXPORT QString toExactIso(Time time);
/// Like fromIso(), but to the nanosecond.
TAGWIRE_EXPORT Result<Time> fromExactIso(const QString &text);

/// A value as one cell, exact; a position is none (it has columns of its own). Spreadsheets run what begins with one of
/// = + - @ as a formula: such a text gets a ' in front, which fromCell() takes off again.
TAGWIRE_EXPORT QString toCell(const Value &value);
/// The other way round. Empty is no value, but for text. Errors say what is allowed.
TAGWIRE_EXPORT Result<Value> fromCell(const QString &cell, ValueType type);
/// "true" and "false" are bools, what is a number is a double, all else text.
TAGWIRE_EXPORT ValueType typeOfCell(const QString &cell);

/// In quotes where it has to be.
TAGWIRE_EXPORT QByteArray quotedCell(const QString &text);

/// One line of such a file.
struct HistoryLine {
  qint64 number = 0;  ///< line of the file that it begins in, from 1
  Time time;
  QString point;  ///< full name
  QString value;
  std::optional<ValueType> type = {};  ///< as the column says
  std::optional<Position> place = {};  ///< of the columns x, y, z, all three filled; then the type is Position
  QString tag = {};
  Quality quality;
  QString unit;

  /// As `wanted`, unless the line says itself what it is; none: as it looks.
  TAGWIRE_EXPORT Result<Value> typed(std::optional<ValueType> wanted) const;
};

/// Reads lines one by one, with little memory however long the file is. Thread-bound; the device outlives it.
class TAGWIRE_EXPORT HistoryCsvReader {
 public:
  static constexpr qsizetype longestLine = 1024 * 1024;

  /// `name`: of the file, for errors.
  HistoryCsvReader(QIODevice &device, QString name);

  /// Once, before all else. Errors: a column is unknown or missing.
  Result<void> readHeader();
  /// False at the end. Errors are of this line ("values.csv:7: …") and the next one can be read.
  Result<bool> next(HistoryLine &line);
  /// Reading itself failed: there is no next line.
  bool isBroken() const { return m_isBroken; }
  /// Bytes read so far.
  qint64 position() const { return m_position; }
  /// "values.csv:7: …"
  QString problemAt(qint64 line, const QString &problem) const;

 private:
  enum class Column : quint8 {
    IsoTime,
    SecondsSince1970,
    MillisecondsSince1970,
    NanosecondsSince1970,
    PointName,
    ValueCell,
    QualityWords,
    UnitWords,
    TypeWord,
    X,
    Y,
    Z,
    Tag,
    Zone,
    Ignored
  };

  /// The cells of the next record; none at the end.
  Result<QStringList> record();
  Result<void> take(Column column, const QString &cell, HistoryLine &line);
  Result<void> takePosition(Column column, const QString &cell);
  /// What the columns of a position make together.
  Result<void> finishPosition(HistoryLine &line) const;
  /// One line of the file into m_buffer, where it is valid up to the next call; empty at the end.
  Result<QByteArray> physicalLine();
  Result<Time> timeOf(Column column, const QString &cell) const;

  struct Place {
    std::array<std::optional<double>, 3> coordinates;
    QString tag;
    int zone = 0;
  };

  QIODevice &m_device;
  const QString m_name;
  QByteArray m_buffer;  ///< for one line: QIODevice would make one of this size for each
  QList<Column> m_columns;
  Place m_place;  ///< of the line that is being read
  qint64 m_line = 0;
  qint64 m_begin = 0;  ///< line that the record begins in
  qint64 m_position = 0;
  bool m_isBroken = false;
};

}  // namespace tagwire
