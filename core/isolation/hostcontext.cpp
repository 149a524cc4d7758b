// SPDX-License-Identifier: Apache-2.0
#include "hostcontext.h"

#include <QThread>
#include <QTimer>

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

#include "../audit/audittrail.h"
#include "../commands/commandcontrol.h"
#include "fields.h"

namespace tagwire {

using namespace isolation;

namespace {

constexpr qsizetype pointsPerFrame = 1000;

QString notHere() { return QStringLiteral("not available in an isolated plugin"); }

class NoAudit : public AuditTrail {
 public:
  void append(AuditEntry, std::function<void(const Result<void> &)> stored) override {
    if (stored) QTimer::singleShot(0, [stored] { stored(failure(notHere())); });
  }
  void read(const AuditQuery &, std::function<void(const Result<QList<AuditRecord>> &)> answer) const override {
    QTimer::singleShot(0, [answer] { answer(failure(notHere())); });
  }
};

class NoCommands : public CommandControl {
 public:
  DryRun dryRun(const Command &) const override { return {}; }
  Result<Selection> select(PointId, const Operator &) override { return failure(notHere()); }
  Result<void> deselect(const QString &, const Operator &) override { return failure(notHere()); }
  Result<void> approve(const QString &, const Operator &) override { return failure(notHere()); }
  Result<void> cancel(const QString &, const Operator &) override { return failure(notHere()); }
  QList<SceneStatus> scenes() const override { return {}; }
  QList<InterlockStatus> interlocks() const override { return {}; }
  Result<void> resetInterlock(int, const Operator &) override { return failure(notHere()); }
  QList<AlarmStatus> hostAlarms() const override { return {}; }
};

}  // namespace

void HostLink::send(const QByteArray &frame) {
  const std::scoped_lock lock(m_sending);
  for (qsizetype sent = 0; sent < frame.size();) {
    const ssize_t count =
        ::send(m_socket, frame.constData() + sent, static_cast<size_t>(frame.size() - sent), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // the host is gone, or wants no more; reading tells
    sent += count;
  }
}

bool HostLink::receive(bool mayWait) {
  std::array<char, 64 * 1024> piece;
  while (!m_isClosed) {
    const ssize_t count = ::recv(m_socket, piece.data(), piece.size(), mayWait ? 0 : MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    m_isClosed = count <= 0;
    if (!m_isClosed) m_frames.append(piece.data(), count);
    return !m_isClosed;
  }
  return false;
}

std::optional<QByteArray> HostLink::cut() {
  auto frame = m_frames.next();
  if (!frame) qFatal("the host sent %s", qPrintable(frame.error()));
  return *frame;
}

std::optional<QByteArray> HostLink::wait() {
  for (;;) {
    if (auto frame = cut()) return frame;
    if (!receive(true)) return std::nullopt;
  }
}

std::optional<QByteArray> HostLink::next() {
  if (!m_kept.empty()) {
    const QByteArray first = m_kept.front();
    m_kept.pop_front();
    return first;
  }
  for (;;) {
    if (auto frame = cut()) return frame;
    if (!receive(false)) return std::nullopt;
  }
}

QCborMap HostLink::call(const char *type, QCborMap body, const std::function<void()> &kept) {
  const qint64 number = ++m_calls;
  body.insert(QLatin1String("call"), number);
  send(frameOf(type, body));
  for (;;) {
    const auto payload = wait();
    if (!payload) ::_exit(0);  // nobody is there for whom to go on
    const QByteArray given = typeOfPayload(*payload);
    if (given == "declared" || given == "may_send") {
      const auto message = messageFrom(*payload);
      const QCborMap answer = message ? message->body.toMap() : QCborMap();
      if (answer.value(QLatin1String("call")).toInteger() == number) return answer;
    }
    m_kept.push_back(*payload);
    if (kept) kept();
  }
}

HostContext::HostContext(HostLink &link, const QCborMap &hello)
    : m_link(link),
      m_id(hello.value(QLatin1String("id")).toString()),
      m_type(hello.value(QLatin1String("type")).toString()),
      m_categoryName("tagwire." + m_id.toUtf8()),
      m_category(m_categoryName.constData(), hello.value(QLatin1String("debug")).toBool() ? QtDebugMsg : QtInfoMsg),
      m_dataDir(hello.value(QLatin1String("data_dir")).toString()),
      m_epoch(hello.value(QLatin1String("epoch")).toString()),
      m_audit(std::make_unique<NoAudit>()),
      m_commands(std::make_unique<NoCommands>()) {
  const QCborMap site = hello.value(QLatin1String("site")).toMap();
  m_site.name = site.value(QLatin1String("name")).toString();
  m_site.timeZone = QTimeZone(site.value(QLatin1String("timezone")).toString().toUtf8());
}

HostContext::~HostContext() = default;

AuditTrail &HostContext::audit() { return *m_audit; }
CommandControl &HostContext::commands() { return *m_commands; }

QList<InstanceStatus> HostContext::instances() const { return {{m_id, m_type, PluginState::Running, {}}}; }

void HostContext::portBusy(const QString &address) {
  m_link.send(frameOf("port_busy", QCborMap{{QLatin1String("address"), address}}));
}

void HostContext::join(PointId hosts, PointId local) {
  m_local.insert(hosts, local);
  m_hosts.insert(local, hosts);
}

QList<PointId> HostContext::declareUnder(const QString &prefix, const QList<PointInfo> &points) {
  QList<PointId> ids;
  for (qsizetype from = 0; from < points.size(); from += pointsPerFrame) {
    QCborArray given;
    const auto part = points.mid(from, pointsPerFrame);
    for (const PointInfo &info : part) {
      QCborMap map = toCbor(info);
      map.insert(QLatin1String("where"), toCbor(info.where));
      given.append(map);
    }
    const QCborMap answer =
        m_link.call("declare", {{QLatin1String("prefix"), prefix}, {QLatin1String("points"), given}}, m_kept);
    const QCborArray hosts = answer.value(QLatin1String("ids")).toArray();
    for (qsizetype i = 0; i < part.size(); ++i) {
      const auto id = static_cast<PointId>(hosts.at(i).toInteger());
      const auto local = id == PointId::None ? Result<PointId>(PointId::None) : m_points.declare(m_id, prefix, part[i]);
      if (local && *local != PointId::None) join(id, *local);
      ids << local.value_or(PointId::None);
    }
  }
  return ids;
}

void HostContext::learn(const AnnouncedPoint &point) {
  if (m_local.contains(point.id)) return;
  if (const auto local = m_points.declare(point.owner, point.prefix, point.info)) join(point.id, *local);
}

std::optional<Obstacle> HostContext::obstacleOf(const QString &commandId) {
  const QCborMap answer = m_link.call("may_send", {{QLatin1String("command"), commandId}}, m_kept);
  const QCborValue given = answer.value(QLatin1String("obstacle"));
  if (given.isUndefined()) return std::nullopt;
  const QCborMap map = given.toMap();
  CommandStatus status;
  Take take{map};
  fields(take, status);
  return Obstacle{status.state, status.error, status.interlock};
}

QCborArray HostContext::changedMetrics() {
  QCborArray changed;
  for (const auto &[name, series] : m_metrics.all()) {
    for (const Metrics::Series &each : series) {
      std::string key = name;
      QCborMap labels;
      for (const auto &[label, value] : each.labels) {
        key += '|' + label + '=' + value;
        labels.insert(QString::fromStdString(label), QString::fromStdString(value));
      }
      const auto [known, isNew] = m_told.try_emplace(key, 0.0);
      if (!isNew && known->second == each.value) continue;
      known->second = each.value;
      changed.append(QCborArray{QString::fromStdString(name), labels, each.value});
    }
  }
  return changed;
}

std::shared_ptr<void> HostContext::sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) {
  std::weak_ptr<void> &known = m_shared[name];
  std::shared_ptr<void> object = known.lock();
  if (!object) known = object = make();
  return object;
}

void HostContext::route(const QString &, const char *service, std::function<bool(Plugin *)>,
                        std::function<void(Plugin *, std::function<void(std::shared_ptr<void>)>)>,
                        std::function<void(Answered<std::shared_ptr<void>>)> answer) {
  const QString why = QStringLiteral("the %1 is %2").arg(QLatin1String(service), notHere());
  QTimer::singleShot(0, [answer = std::move(answer), why] { answer({NoAnswer::Absent, why}); });
}

}  // namespace tagwire
