// SPDX-License-Identifier: Apache-2.0
#include "hubpart.h"

namespace tagwire::rtls {

using namespace std::chrono_literals;

HubPart::HubPart(PluginContext &context, const Model &model, std::chrono::nanoseconds timeout, const Tracker &tracker,
                 Ways ways)
    : m_context(context),
      m_tracker(tracker),
      m_ways(std::move(ways)),
      m_hub(context.shared<Hub>("omlox-hub", [] { return std::make_shared<Hub>(); })),
      m_site(context.id(), model, timeout, *this) {
  m_retry.setInterval(1s);
  QObject::connect(&m_retry, &QTimer::timeout, &m_retry, [this] { m_file->tick(m_context.clock().elapsed()); });
}

HubPart::~HubPart() { close(); }

void HubPart::open() {
  if (m_isOpen) return;
  m_isOpen = true;
  if (!m_file) {
    m_file = std::make_unique<KeptFile>(m_context.dataDir(), QStringLiteral("omlox-%1.json").arg(m_context.id()),
                                        m_context.log());
    read();
  }
  m_hub->enter(m_site);
}

/// What can't be understood must not keep the instance from starting; it is not thrown away either.
void HubPart::read() {
  const auto content = m_file->read();
  QString wrong = content ? QString() : content.error();
  if (content && *content) {
    if (const auto taken = m_site.objects().takeBytes(**content); !taken) wrong = m_file->path() + u' ' + taken.error();
  }
  if (wrong.isEmpty()) return;
  const QString aside = m_file->path() + QLatin1String(".damaged");
  const auto moved = m_file->putAside(aside);
  qCWarning(m_context.log()).noquote() << wrong << "-"
                                       << (moved ? QStringLiteral("put aside as %1").arg(aside) : moved.error());
}

void HubPart::close() {
  if (!m_isOpen) return;
  m_isOpen = false;
  m_hub->leave(m_site);
  m_retry.stop();
  m_file->flush();
}

void HubPart::objectsChanged() {
  m_site.applyObjects();
  m_ways.deadlineChanged();
  if (!m_file) return;
  m_file->write(m_site.objects().toBytes());
  m_retry.start();
}

void HubPart::answer(const Reply<HubAnswer> &reply, const HubRequest &request) {
  bool isChanged = false;
  const HubAnswer answer = m_hub->answer(request, [&](HubSite &site) {
    site.keep();
    isChanged = isChanged || &site == &m_site;
  });
  m_ways.deadlineChanged();
  if (!isChanged) return reply(answer);
  m_file->whenWritten([reply, answer, &log = m_context.log()](const Result<void> &written) {
    if (!written) qCWarning(log).noquote() << "not kept yet:" << written.error();
    reply(answer);
  });
}

bool HubPart::listen(const std::weak_ptr<HubListener> &listener) { return m_hub->listen(listener); }

}  // namespace tagwire::rtls
