// SPDX-License-Identifier: Apache-2.0
#include "notify/newestsecrets.h"

#include <algorithm>

namespace tagwire::alarms {

NewestSecrets::NewestSecrets(QList<Watched> watched) : m_watched(std::move(watched)) {
  for (const Watched &each : m_watched) m_secrets << each.secret;
  m_patience.setSingleShot(true);
  QObject::connect(&m_patience, &QTimer::timeout, &m_patience, [this] { tell(); });
}

void NewestSecrets::read(Ready ready) {
  m_ready = std::move(ready);
  const auto isFromFile = [](const Watched &each) { return each.secret.isFromFile(); };
  if (std::none_of(m_watched.begin(), m_watched.end(), isFromFile)) {
    QMetaObject::invokeMethod(
        &m_patience, [this] { tell(); }, Qt::QueuedConnection);
    return;
  }
  m_patience.start(patience);
  if (!m_thread) m_thread.emplace(&m_patience);
  if (m_thread->isBusy()) return;  // with the files of an earlier message
  const auto newest = std::make_shared<QList<Secret>>(m_secrets);
  m_thread->run(
      [newest, watched = m_watched] {
        for (qsizetype i = 0; i < watched.size(); ++i) {
          const auto read = watched[i].secret.again();
          if (read && (!watched[i].isUsable || watched[i].isUsable(*read))) (*newest)[i] = *read;
        }
      },
      [this, newest] {
        m_secrets = *newest;
        tell();
      });
}

void NewestSecrets::tell() {
  m_patience.stop();
  if (const Ready ready = std::exchange(m_ready, nullptr)) ready(m_secrets);
}

}  // namespace tagwire::alarms
