// SPDX-License-Identifier: Apache-2.0
#include "tool/progress.h"

#include <unistd.h>

namespace tagwire::sql {

Progress::Progress(bool isWanted)
    : m_isWanted(isWanted),
      m_isTerminal(::isatty(STDERR_FILENO) == 1),
      m_next(std::chrono::steady_clock::now() + std::chrono::seconds(1)) {}

bool Progress::isDue() {
  if (!m_isWanted) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now < m_next) return false;
  m_next = now + std::chrono::seconds(1);
  return true;
}

void Progress::print(const QString &text) {
  const QByteArray line = m_isTerminal ? '\r' + text.leftJustified(m_width).toUtf8() : text.toUtf8() + '\n';
  m_width = text.size();
  std::fputs(line.constData(), stderr);
  std::fflush(stderr);
}

void Progress::end(const QString &text) {
  if (!m_isWanted) return;
  print(text);
  if (m_isTerminal) std::fputc('\n', stderr);
}

}  // namespace tagwire::sql
