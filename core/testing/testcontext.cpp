// SPDX-License-Identifier: Apache-2.0
#include "testcontext.h"

#include <algorithm>

namespace tagwire {

TestContext::TestContext(const QString &id)
    : m_id(id), m_categoryName("tagwire." + id.toUtf8()), m_category(m_categoryName.constData(), QtInfoMsg) {}

TestContext::~TestContext() = default;

QList<PointId> TestContext::declareUnder(const QString &prefix, const QList<PointInfo> &points) {
  QList<PointId> ids;
  for (const PointInfo &point : points) {
    const auto id = m_points.declare(m_id, prefix, point);
    if (!id) m_refusals << id.error();
    ids << id.value_or(PointId::None);
  }
  (void)m_points.assignNumbers();
  return ids;
}

std::shared_ptr<void> TestContext::sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) {
  std::shared_ptr<void> object = m_shared[name].lock();
  if (!object) m_shared[name] = object = make();
  return object;
}

void TestContext::addInstance(const QString &id, const QString &type, Plugin *plugin) {
  m_plugins.insert(id, plugin);
  m_instances.removeIf([&](const InstanceStatus &each) { return each.id == id; });
  m_instances.append({id, type, PluginState::Running, {}});
}

void TestContext::route(const QString &instance, const char *service, std::function<bool(Plugin *)> offers,
                        std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)> call,
                        std::function<void(Answered<std::shared_ptr<void>>)> answer) {
  // As in the host: the answer never comes from within the call.
  QMetaObject::invokeMethod(
      &m_queue,
      [this, instance, name = QString::fromLatin1(service), offers, call, answer] {
        Plugin *plugin = m_plugins.value(instance, m_answering);
        if (instance.isEmpty() && !(plugin && offers(plugin))) {
          const auto other = std::find_if(m_plugins.cbegin(), m_plugins.cend(),
                                          [&offers](Plugin *each) { return each && offers(each); });
          if (other != m_plugins.cend()) plugin = *other;
        }
        if (!plugin || !offers(plugin)) {
          answer({NoAnswer::Absent, QStringLiteral("no instance offers the %1").arg(name)});
          return;
        }
        const auto isDown = [&](const InstanceStatus &each) { return each.id == instance && !isUp(each.state); };
        if (std::any_of(m_instances.cbegin(), m_instances.cend(), isDown)) {
          answer({NoAnswer::Down, QStringLiteral("no running instance offers the %1").arg(name)});
          return;
        }
        call(plugin, [answer](std::shared_ptr<void> result) { answer({std::move(result)}); });
      },
      Qt::QueuedConnection);
}

}  // namespace tagwire
