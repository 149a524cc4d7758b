// SPDX-License-Identifier: Apache-2.0
#include <QStringDecoder>

#include "confignode.h"

namespace tagwire {

namespace {

struct Cell {
  QString text;
  int line = 1;
  int column = 1;
};
using Row = std::vector<Cell>;

/// RFC 4180 by a state machine, so that quotes may hold commas and newlines. `#` begins a comment line.
class CsvScanner {
 public:
  explicit CsvScanner(const QString &text) : m_text(text) {}

  /// False at the end. `error` is set for a quote that never ends or stands in the middle.
  bool next(Row &row, QString &error) {
    row.clear();
    while (m_at < m_text.size() && m_text[m_at] == u'#') skipLine();
    if (m_at >= m_text.size()) return false;
    do {
      row.push_back(cell(error));
    } while (error.isEmpty() && take(u','));
    if (error.isEmpty()) endLine(error);
    return true;
  }
  int line() const { return m_line; }
  int column() const { return static_cast<int>(m_at - m_lineStart) + 1; }

 private:
  bool take(QChar wanted) {
    if (m_at >= m_text.size() || m_text[m_at] != wanted) return false;
    if (m_text[m_at++] == u'\n') {
      ++m_line;
      m_lineStart = m_at;
    }
    return true;
  }
  void skipLine() {
    while (m_at < m_text.size() && !take(u'\n')) ++m_at;
  }
  void endLine(QString &error) {
    take(u'\r');
    if (m_at < m_text.size() && !take(u'\n'))
      error = QStringLiteral("text behind a closing quote (allowed: , or a new line)");
  }
  Cell cell(QString &error) {
    Cell cell{QString(), line(), column()};
    if (take(u'"')) {
      quoted(cell, error);
      return cell;
    }
    while (m_at < m_text.size() && m_text[m_at] != u',' && m_text[m_at] != u'\n' && m_text[m_at] != u'\r') {
      cell.text += m_text[m_at++];
    }
    cell.text = cell.text.trimmed();
    return cell;
  }
  void quoted(Cell &cell, QString &error) {
    for (;;) {
      if (m_at >= m_text.size()) {
        error = QStringLiteral("a quote that begins in line %1 never ends").arg(cell.line);
        return;
      }
      if (take(u'"')) {
        if (!take(u'"')) return;
        cell.text += u'"';
      } else {
        const QChar character = m_text[m_at];
        cell.text += character;
        take(character);
      }
    }
  }

  const QString &m_text;
  qsizetype m_at = 0;
  qsizetype m_lineStart = 0;
  int m_line = 1;
};

bool isBlank(const Row &row) { return row.size() == 1 && row.front().text.isEmpty(); }

ConfigNode rowNode(const Row &row, const QStringList &keys, const std::shared_ptr<const QString> &file) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::Object;
  node.where = {file, row.front().line, 1};
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i].text.isEmpty()) continue;
    ConfigNode::Member member;
    member.key = keys[static_cast<qsizetype>(i)];
    member.where = {file, row[i].line, row[i].column};
    member.value.kind = ConfigNode::Kind::Cell;
    member.value.text = row[i].text;
    member.value.where = member.where;
    node.members.push_back(std::move(member));
  }
  return node;
}

}  // namespace

std::vector<ConfigNode> parseCsv(const QByteArray &bytes, const QString &fileName, Problems &problems) {
  const auto file = std::make_shared<const QString>(fileName);
  QStringDecoder decoder(QStringDecoder::Utf8);
  const QString text = decoder(bytes);
  if (decoder.hasError()) {
    problems.append({{file, 1, 1}, QString(), QStringLiteral("the file is not valid UTF-8"), false});
    return {};
  }
  CsvScanner scanner(text);
  std::vector<ConfigNode> nodes;
  QStringList keys;
  Row row;
  QString error;
  while (scanner.next(row, error)) {
    if (!error.isEmpty()) {
      problems.append({{file, scanner.line(), scanner.column()}, QString(), error, false});
      return nodes;
    }
    if (isBlank(row)) continue;
    if (keys.isEmpty()) {
      for (const Cell &cell : row) {
        if (keys.contains(cell.text) || cell.text.isEmpty()) {
          const QString message = QStringLiteral("the column's name is empty or stands here twice");
          problems.append({{file, cell.line, cell.column}, QString(), message, false});
        }
        keys << cell.text;
      }
    } else if (static_cast<qsizetype>(row.size()) != keys.size()) {
      const QString message = QStringLiteral("%1 cells, but the header has %2").arg(row.size()).arg(keys.size());
      problems.append({{file, row.front().line, 1}, QString(), message, false});
    } else {
      nodes.push_back(rowNode(row, keys, file));
    }
  }
  if (keys.isEmpty()) problems.append({{file, 1, 1}, QString(), QStringLiteral("the file has no header line"), false});
  return nodes;
}

}  // namespace tagwire
