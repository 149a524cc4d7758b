// SPDX-License-Identifier: Apache-2.0
#include "hubpart.h"

#include <QFile>

namespace tagwire::rtls {

using namespace std::chrono_literals;

namespace {

constexpr int mostAside = 20;  ///< copies of damaged files; the last is replaced

}  // namespace

HubPart::HubPart(PluginContext &context, const Model &model, std::chrono::nanoseconds timeout, const Tracker &tracker,
                 Ways ways)
    : m_context(context),
      m_tracker(tracker),
      m_ways(std::move(ways)),
      m_hub(context.shared<Hub>("omlox-hub", [] { return std::make_shared<Hub>(); })),
      m_site(context.id(), model, timeout, *this),
      m_outranked(context.metrics().counter(
          "tagwire_rtls_fixes_outranked_total",
          "Fixes that did not count, as the trackable's locating_rules prefer another provider's")) {
  m_retry.setInterval(1s);
  QObject::connect(&m_retry, &QTimer::timeout, &m_retry, [this] { m_file->tick(m_context.clock().elapsed()); });
}

HubPart::~HubPart() { close(); }

bool HubPart::redirect(IncomingFix &fix) {
  if (m_site.redirect(fix)) return true;
  m_outranked.add();
  return false;
}

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

/// Where what was there before is not.
QString HubPart::pathAside() const {
  const QString first = m_file->path() + QLatin1String(".damaged");
  if (!QFile::exists(first)) return first;
  int number = 2;
  while (number < mostAside && QFile::exists(QStringLiteral("%1-%2").arg(first).arg(number))) ++number;
  return QStringLiteral("%1-%2").arg(first).arg(number);
}

/// What can't be understood must not keep the instance from starting; it is not thrown away either. What is good in it
/// is kept at once: whoever starts next is not to find it damaged again.
void HubPart::read() {
  const auto content = m_file->read();
  QString wrong = content ? QString() : content.error();
  if (content && *content) {
    if (const auto taken = m_site.objects().takeBytes(**content); !taken) wrong = m_file->path() + u' ' + taken.error();
  }
  if (wrong.isEmpty()) return;
  const QString aside = pathAside();
  QFile::remove(aside);
  const bool isCopied = QFile::copy(m_file->path(), aside);
  qCWarning(m_context.log()).noquote() << wrong << "-"
                                       << (isCopied ? QStringLiteral("a copy is %1").arg(aside)
                                                    : QStringLiteral("a copy can't be made: %1").arg(aside));
  if (!isCopied) return;
  m_file->write(m_site.objects().toBytes());
  m_file->flush();
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

void HubPart::whenKept(const std::function<void(const Result<void> &)> &done) {
  if (m_file) return m_file->whenWritten(done);
  done({});
}

void HubPart::answer(const Reply<HubAnswer> &reply, const HubRequest &request) {
  std::vector<HubSite *> changed;
  const HubAnswer answer = m_hub->answer(request, [&](HubSite &site) {
    site.keep();
    changed.push_back(&site);
  });
  m_ways.deadlineChanged();
  if (changed.empty()) return reply(answer);
  struct Waiting {
    size_t files;
    bool isFailed = false;
  };
  const auto waiting = std::make_shared<Waiting>(Waiting{changed.size()});
  for (HubSite *site : changed) {
    site->whenKept([reply, answer, waiting](const Result<void> &written) {
      waiting->isFailed = waiting->isFailed || !written;
      if (--waiting->files > 0) return;
      reply(waiting->isFailed ? notKept() : answer);
    });
  }
}

bool HubPart::listen(const std::weak_ptr<HubListener> &listener) { return m_hub->listen(listener); }

}  // namespace tagwire::rtls
