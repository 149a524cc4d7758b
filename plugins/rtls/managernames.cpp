// SPDX-License-Identifier: Apache-2.0
#include "managernames.h"

#include "context.h"
#include "rtlsconfig.h"

namespace tagwire::rtls {

void ManagerNames::enter(const RtlsConfig &config, const PluginContext &context, ConfigReader &reader) {
  for (qsizetype i = 0; i < config.managers.size(); ++i) {
    const QString &name = config.managers.at(i).name;
    const QString other = instances.value(name, context.id());
    if (other == context.id()) {
      instances.insert(name, other);
      continue;
    }
    reader.error(QStringLiteral("managers[%1].name").arg(i),
                 QStringLiteral("%1 is taken by plugin \"%2\" (allowed: each manager once)").arg(name, other));
  }
}

void ManagerNames::leave(const QString &instance) {
  instances.removeIf([&](const auto &entry) { return entry.value() == instance; });
}

}  // namespace tagwire::rtls
