// SPDX-License-Identifier: Apache-2.0
#include "notify/commandchannel.h"

#include <QProcessEnvironment>

#include <csignal>

#include <unistd.h>

namespace tagwire::alarms {
namespace {

constexpr qsizetype longestArgument = 4000;
constexpr qsizetype mostSaid = 1000;
constexpr int refusedCode = 65;  // EX_DATAERR of sysexits(3)

/// What no argument or variable can hold is left out.
QString forAProcess(QString text) { return text.remove(QChar(u'\0')).left(longestArgument); }

QProcessEnvironment environmentFor(const QJsonObject &fields) {
  QProcessEnvironment environment;
  for (const char *name : {"PATH", "LANG"}) {
    if (qEnvironmentVariableIsSet(name)) environment.insert(QLatin1String(name), qEnvironmentVariable(name));
  }
  for (const QString &name : MessageTemplate::placeholders()) {
    environment.insert(QStringLiteral("TAGWIRE_") + name.toUpper(), forAProcess(MessageTemplate::shown(fields, name)));
  }
  return environment;
}

}  // namespace

CommandChannel::CommandChannel(const NotificationTarget &target) : m_target(target) {
  m_deadline.setSingleShot(true);
  QObject::connect(&m_deadline, &QTimer::timeout, &m_deadline, [this] {
    m_isLate = true;
    killAll();
  });
}

CommandChannel::~CommandChannel() {
  if (!m_process) return;
  m_process->disconnect();
  killAll();
  m_process->waitForFinished(1000);
}

/// It, and what it started: it leads a process group of its own.
void CommandChannel::killAll() {
  if (m_process->processId() > 0) ::kill(-static_cast<pid_t>(m_process->processId()), SIGKILL);
  m_process->kill();
}

void CommandChannel::send(const Message &message, Done done) {
  m_done = std::move(done);
  m_said.clear();
  m_isLate = false;
  m_isRefused = false;
  const QJsonObject &fields = message.notices.first();
  QStringList arguments;
  for (const MessageTemplate &each : m_target.command) arguments << forAProcess(each.fill(fields));
  m_process = std::make_unique<QProcess>();
  m_process->setProgram(arguments.takeFirst());
  m_process->setArguments(arguments);
  m_process->setProcessEnvironment(environmentFor(fields));
  m_process->setStandardOutputFile(QProcess::nullDevice());
  m_process->setChildProcessModifier([] { ::setpgid(0, 0); });
  QProcess *process = m_process.get();
  QObject::connect(process, &QProcess::readyReadStandardError, process, [this] { readErrors(); });
  QObject::connect(
      process, &QProcess::finished, process,
      [this](int code, QProcess::ExitStatus status) {
        readErrors();
        if (m_isLate) {
          end(QStringLiteral("took longer than %1 ms and was killed").arg(m_target.timeout.count()));
        } else if (status != QProcess::NormalExit) {
          end(QStringLiteral("was killed by a signal"));
        } else {
          m_isRefused = code == refusedCode;
          end(code == 0 ? QString() : QStringLiteral("exit code %1").arg(code));
        }
      },
      Qt::QueuedConnection);
  QObject::connect(
      process, &QProcess::errorOccurred, process,
      [this, process](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        end(QStringLiteral("%1 can't be started: %2").arg(process->program(), process->errorString()));
      },
      Qt::QueuedConnection);
  m_deadline.start(m_target.timeout);
  process->start();
  process->write(message.json());
  process->closeWriteChannel();
}

/// Reads all and keeps little: it may write without an end.
void CommandChannel::readErrors() {
  const QByteArray bytes = m_process->readAllStandardError();
  m_said += bytes.left(mostSaid - m_said.size());
}

void CommandChannel::end(const QString &trouble) {
  m_deadline.stop();
  Outcome outcome{.reason = trouble, .answer = foreign(m_said, {})};
  if (trouble.isEmpty()) outcome.kind = Outcome::Kind::Delivered;
  if (m_isRefused) outcome.kind = Outcome::Kind::Refused;
  m_process->disconnect();
  m_process.release()->deleteLater();
  const Done done = std::move(m_done);
  done(outcome);  // may delete this
}

}  // namespace tagwire::alarms
