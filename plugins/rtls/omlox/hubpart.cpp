// SPDX-License-Identifier: Apache-2.0
#include "hubpart.h"

#include <QFile>

namespace tagwire::rtls {

using namespace std::chrono_literals;

namespace {

constexpr int mostAside = 20;  ///< copies of damaged files; the last is replaced
constexpr qint64 largestStays = 64LL * 1024 * 1024;
constexpr size_t bytesOfStay = 200;                ///< about, in the file
constexpr size_t stayBytesPerSecond = 256 * 1024;  ///< so that the disk lasts

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
  m_hub->know(m_site);
  m_retry.setInterval(1s);
  m_staysTimer.setSingleShot(true);
  m_staysTimer.setInterval(1s);
  QObject::connect(&m_staysTimer, &QTimer::timeout, &m_staysTimer, [this] { writeStays(); });
  QObject::connect(&m_retry, &QTimer::timeout, &m_retry, [this] {
    m_file->tick(m_context.clock().elapsed());
    m_staysFile->tick(m_context.clock().elapsed());
  });
}

HubPart::~HubPart() {
  close();
  m_hub->forget(m_site);
}

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
    m_staysFile = std::make_unique<KeptFile>(m_context.dataDir(), QStringLiteral("omlox-%1.state").arg(m_context.id()),
                                             m_context.log(), largestStays);
    readStays();
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
    const auto permit = [this](HubKind kind, const QJsonObject &body) {
      return m_hub->mayHave(kind, body, true, m_site);
    };
    if (const auto taken = m_site.objects().takeBytes(**content, permit); !taken)
      wrong = m_file->path() + u' ' + taken.error();
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
  m_file->flush();
  if (m_staysTimer.isActive()) writeStays();
  m_staysFile->flush();
  m_retry.stop();
}

void HubPart::readStays() {
  const auto content = m_staysFile->read();
  auto stays = content && *content ? hubStaysFromBytes(**content) : Result<HubStays>(HubStays());
  if (content && stays) {
    if (!stays->stays.empty()) m_site.recall(std::move(*stays));
    return;
  }
  const QString why = content ? m_staysFile->path() + u' ' + stays.error() : content.error();
  const auto moved = m_staysFile->putAside();
  qCWarning(m_context.log()).noquote() << why << "- who is in an omlox fence counts as having entered it anew -"
                                       << (moved ? QStringLiteral("put aside as .damaged") : moved.error());
}

void HubPart::staysChanged() {
  if (m_isOpen && !m_staysTimer.isActive()) m_staysTimer.start();
}

void HubPart::writeStays() {
  m_staysTimer.stop();
  auto stays = std::make_shared<const HubStays>(m_site.stays());
  m_staysTimer.setInterval(
      std::max(1000ms, std::chrono::milliseconds(1000 * bytesOfStay * stays->stays.size() / stayBytesPerSecond)));
  m_staysFile->write([stays = std::move(stays)] { return toBytes(*stays); });
  if (!m_retry.isActive()) m_retry.start();
}

void HubPart::objectsChanged() {
  m_site.applyObjects();
  m_ways.deadlineChanged();
  if (!m_file) return;
  m_file->write(m_site.objects().toBytes());
  if (!m_retry.isActive()) m_retry.start();
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
