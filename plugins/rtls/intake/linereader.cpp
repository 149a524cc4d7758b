// SPDX-License-Identifier: Apache-2.0
#include "linereader.h"

namespace tagwire::rtls {

LineReader::Lines LineReader::add(QByteArrayView bytes) {
  Lines lines;
  while (!bytes.isEmpty()) {
    const qsizetype found = bytes.indexOf('\n');
    const QByteArrayView part = found < 0 ? bytes : bytes.first(found);
    if (m_isTooLong || m_half.size() + part.size() > longest) {
      m_isTooLong = true;
      m_half.clear();
    } else {
      m_half.append(part);
    }
    if (found < 0) break;
    end(lines);
    bytes = bytes.sliced(found + 1);
  }
  return lines;
}

LineReader::Lines LineReader::finish() {
  Lines lines;
  end(lines);
  return lines;
}

void LineReader::end(Lines &lines) {
  const QByteArray line = std::exchange(m_half, {}).trimmed();
  if (std::exchange(m_isTooLong, false)) {
    ++lines.tooLong;
  } else if (line.isEmpty()) {
    ++lines.blank;
  } else {
    lines.lines << line;
  }
}

}  // namespace tagwire::rtls
