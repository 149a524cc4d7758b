// SPDX-License-Identifier: Apache-2.0
#include "notify/newestsecrets.h"

namespace tagwire::alarms {

NewestSecrets::NewestSecrets(QList<Secret> secrets) : m_secrets(std::move(secrets)) {
  m_patience.setSingleShot(true);
  QObject::connect(&m_patience, &QTimer::timeout, &m_patience, [this] { tell(); });
}

void NewestSecrets::read(Ready ready) {
  m_ready = std::move(ready);
  m_patience.start(patience);
  if (m_thread.isBusy()) return;  // with the files of an earlier message
  const auto newest = std::make_shared<QList<Secret>>(m_secrets);
  m_thread.run(
      [newest] {
        for (Secret &each : *newest) each = each.again().value_or(each);
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
