// SPDX-License-Identifier: Apache-2.0
#include "manifestdesk.h"

#include <QCryptographicHash>
#include <QPointer>
#include <QTimer>

#include <algorithm>

#include "manifestfile.h"
#include "manifestversions.h"

namespace tagwire {

namespace {

using enum ManifestError::Kind;

constexpr int mostChecks = 4;
/// For the answer to reach who asked: the listener closes with all the rest.
constexpr std::chrono::milliseconds untilChanged{250};

QByteArray sha256Of(const QByteArray &text) { return QCryptographicHash::hash(text, QCryptographicHash::Sha256); }

tl::unexpected<ManifestError> no(ManifestError::Kind kind, const QString &text, const Problems &problems = {}) {
  return tl::unexpected<ManifestError>({kind, text, problems});
}

/// The newest version with this text; 0: none.
int newestOf(const QList<ManifestVersion> &versions, const QByteArray &text) {
  const QString hash = QString::fromLatin1(sha256Of(text).toHex());
  const auto found = std::find_if(versions.rbegin(), versions.rend(),
                                  [&hash](const ManifestVersion &each) { return each.sha256 == hash; });
  return found == versions.rend() ? 0 : found->number;
}

bool isText(const QByteArray &bytes) { return QString::fromUtf8(bytes).toUtf8() == bytes; }

}  // namespace

ManifestDesk::ManifestDesk(QString file, const Clock &clock, ManifestChecker checker)
    : m_file(std::move(file)), m_clock(clock), m_checker(std::move(checker)) {
  m_pool.setMaxThreadCount(1);
}

ManifestDesk::~ManifestDesk() {
  m_pool.clear();
  m_pool.waitForDone();
}

template <class Answer>
void ManifestDesk::inThread(std::function<Outcome<Answer>()> work, ManifestReply<Answer> done) {
  m_pool.start([this, work = std::move(work), done = std::move(done)] {
    QMetaObject::invokeMethod(
        this, [outcome = work(), done] { done(outcome); }, Qt::QueuedConnection);
  });
}

QString ManifestDesk::runs(const QByteArray &text, const Manifest &manifest) {
  m_running = text;
  m_runningSha256 = sha256Of(text);
  m_dataDir = manifest.dataDir;
  m_site = manifest.site;
  m_others = manifest.documents.mid(1);
  for (const QString &file : manifest.referred) m_others.append({file, {}});
  if (m_isOnTrial || m_version > 0) return {};
  ManifestVersions store(m_dataDir);
  const auto list = store.list();
  if (list) m_version = newestOf(*list, text);
  if (m_version > 0) return {};
  ManifestVersion version;
  version.time = m_clock.now();
  version.by = QStringLiteral("file");
  version.comment = QStringLiteral("as the program found it at its start");
  const Result<int> kept = list ? store.add(version, text) : Result<int>(failure(list.error()));
  m_version = kept.value_or(0);
  m_notKept = kept ? QString() : QStringLiteral("versions can't be kept: %1").arg(kept.error());
  return m_notKept;
}

void ManifestDesk::cameUp() {
  m_isComing = false;
  m_isBusy = false;
}

void ManifestDesk::settled() {
  if (m_isComing) return;
  m_isOnTrial = false;
  m_before.clear();
}

Result<QByteArray> ManifestDesk::takeBack() {
  if (!m_isOnTrial) return failure(QStringLiteral("nothing is on trial"));
  m_pool.waitForDone();  // nothing else is written meanwhile
  const QByteArray text = std::exchange(m_before, {});
  m_version = m_versionBefore;
  m_isOnTrial = false;
  m_isBusy = true;  // until that one has come up
  if (!m_isWritten) return text;
  if (const auto written = replaceManifestFile(m_file, text); !written) return failure(written.error());
  return text;
}

QString ManifestDesk::whyNot() const {
  if (!m_notKept.isEmpty()) return m_notKept;
  return whyNotReplaceable(m_file);
}

void ManifestDesk::state(ManifestReply<ManifestState> reply) {
  ManifestState state;
  state.file = m_file;
  state.runningSha256 = m_runningSha256;
  state.version = m_version;
  state.others = m_others;
  if (m_isBusy) state.whyNot = QStringLiteral("another change is being applied");
  inThread<ManifestState>(
      [state, why = m_notKept]() mutable -> Outcome<ManifestState> {
        const auto text = readManifestFile(state.file, largest);
        if (!text) return no(Impossible, text.error());
        state.text = *text;
        state.sha256 = sha256Of(*text);
        if (state.whyNot.isEmpty()) state.whyNot = why;
        if (state.whyNot.isEmpty() && !isText(*text)) state.whyNot = QStringLiteral("the file is not UTF-8");
        if (state.whyNot.isEmpty()) state.whyNot = whyNotReplaceable(state.file);
        return state;
      },
      std::move(reply));
}

void ManifestDesk::check(const QByteArray &text, ManifestReply<Problems> reply) {
  checkText(text, [reply = std::move(reply)](const Outcome<Problems> &outcome) { reply(outcome); });
}

/// The data dir holds users, tokens and these versions, and the program holds its lock; every plugin has asked for the
/// site when it was made.
Problems ManifestDesk::fixedProblems(const ManifestFindings &found) const {
  Problems problems;
  const auto add = [&](const char *path, const QString &allowed) {
    Problem problem;
    problem.where = {std::make_shared<const QString>(m_file), 1, 1};
    problem.path = QLatin1String(path);
    problem.message = QStringLiteral("can't be changed while the program runs, it needs a restart (allowed: %1)");
    problem.message = problem.message.arg(allowed);
    problems.append(problem);
  };
  if (found.dataDir != m_dataDir) add("data_dir", QStringLiteral("what leads to %1").arg(m_dataDir));
  if (found.site.name != m_site.name) add("site.name", QStringLiteral("\"%1\"").arg(m_site.name));
  if (found.site.timeZone != m_site.timeZone) add("site.timezone", m_site.timeZone);
  return problems;
}

void ManifestDesk::checkText(const QByteArray &text, std::function<void(Outcome<Problems>)> done) {
  const auto later = [this, done](const Outcome<Problems> &outcome) {
    QMetaObject::invokeMethod(
        this, [done, outcome] { done(outcome); }, Qt::QueuedConnection);
  };
  if (m_checks >= mostChecks) return later(no(Busy, QStringLiteral("too many checks are under way")));
  ++m_checks;
  m_checker(text, [this, self = QPointer<ManifestDesk>(this), done](const Result<ManifestFindings> &found) {
    if (!self) return;
    --m_checks;
    if (!found) return done(no(Impossible, found.error()));
    Problems problems = found->problems;
    if (!hasErrors(problems)) {
      for (const Problem &each : fixedProblems(*found)) problems.append(each);
    }
    done(problems);
  });
}

void ManifestDesk::apply(const ManifestChange &change, ManifestReply<int> reply) {
  const auto later = [this, reply](const ManifestError &error) {
    QMetaObject::invokeMethod(
        this, [reply, error] { reply(tl::unexpected(error)); }, Qt::QueuedConnection);
  };
  if (m_isBusy) return later({Busy, QStringLiteral("another change is being applied"), {}});
  if (const QString why = whyNot(); !why.isEmpty()) return later({Impossible, why, {}});
  m_isBusy = true;
  checkText(change.text, [this, change, reply](const Outcome<Problems> &problems) {
    const auto refuse = [&](const ManifestError &error) {
      m_isBusy = false;
      reply(tl::unexpected(error));
    };
    if (!problems) return refuse(problems.error());
    if (hasErrors(*problems)) return refuse({Wrong, QStringLiteral("the manifest has errors"), *problems});
    if (change.isAllowed && !change.isAllowed())
      return refuse({Forbidden, QStringLiteral("not permitted any more"), {}});
    write(change, reply);
  });
}

/// Also what somebody wrote into the file itself, and never ran, is kept before it goes.
void ManifestDesk::write(const ManifestChange &change, const ManifestReply<int> &reply) {
  const auto work = [file = m_file, dataDir = m_dataDir, change, now = m_clock.now()]() -> Outcome<int> {
    const auto present = readManifestFile(file, largest);
    if (!present) return no(Impossible, present.error());
    if (change.baseSha256 && *change.baseSha256 != sha256Of(*present)) {
      return no(Conflict, QStringLiteral("the manifest was changed meanwhile: read it again"));
    }
    const auto kept = ManifestVersions(dataDir).change(file, change.text, {0, now, change.by, change.comment, {}, 0});
    if (!kept) return no(Impossible, kept.error());
    return *kept;
  };
  inThread<int>(work,
                [this, text = change.text, reply](const Outcome<int> &number) { accepted(text, number, true, reply); });
}

void ManifestDesk::accepted(const QByteArray &text, const Outcome<int> &number, bool isWritten,
                            const ManifestReply<int> &reply) {
  if (number) {
    m_next = text;
    m_before = m_running;
    m_versionBefore = std::exchange(m_version, *number);  // a trial before this one is over with it
    m_isWritten = isWritten;
    m_isOnTrial = true;
    m_isComing = true;
    QTimer::singleShot(untilChanged, this, &ManifestDesk::changed);
  } else {
    m_isBusy = false;
  }
  reply(number);
}

void ManifestDesk::reload(const QString &by, ManifestReply<int> reply, std::function<bool()> isAllowed) {
  const auto refuse = [this, reply](const ManifestError &error) {
    m_isBusy = false;
    reply(tl::unexpected(error));
  };
  if (m_isBusy) {
    const ManifestError error{Busy, QStringLiteral("another change is being applied"), {}};
    QMetaObject::invokeMethod(
        this, [reply, error] { reply(tl::unexpected(error)); }, Qt::QueuedConnection);
    return;
  }
  m_isBusy = true;
  const auto readFile = [file = m_file]() -> Outcome<QByteArray> {
    const auto text = readManifestFile(file, Manifest::largest);
    if (!text) return no(Impossible, text.error());
    return *text;
  };
  inThread<QByteArray>(
      readFile, [this, by, reply, refuse, isAllowed = std::move(isAllowed)](const Outcome<QByteArray> &text) {
        if (!text) return refuse(text.error());
        checkText(*text, [this, text = *text, by, reply, refuse, isAllowed](const Outcome<Problems> &problems) {
          if (!problems) return refuse(problems.error());
          if (hasErrors(*problems)) return refuse({Wrong, QStringLiteral("the manifest has errors"), *problems});
          if (isAllowed && !isAllowed()) return refuse({Forbidden, QStringLiteral("not permitted any more"), {}});
          takeOver(text, by, reply);
        });
      });
}

/// The text is in the file already. One that can't be kept as a version runs all the same, as at a start.
void ManifestDesk::takeOver(const QByteArray &text, const QString &by, const ManifestReply<int> &reply) {
  if (text == m_running) return accepted(text, m_version, false, reply);
  const auto keep = [dataDir = m_dataDir, text, by, now = m_clock.now()]() -> Outcome<int> {
    const QString comment = by == u"file" ? QStringLiteral("changed in the file")
                                          : QStringLiteral("changed in the file, read again by %1").arg(by);
    ManifestVersions store(dataDir);
    // Who rolled back at the command line has made one already.
    const auto list = store.list();
    const bool isNewest = list && !list->isEmpty() && newestOf(*list, text) == list->last().number;
    if (isNewest) return list->last().number;
    return store.add({0, now, QStringLiteral("file"), comment, {}, 0}, text).value_or(0);
  };
  inThread<int>(keep, [this, text, reply](const Outcome<int> &number) { accepted(text, number, false, reply); });
}

void ManifestDesk::versions(ManifestReply<QList<ManifestVersion>> reply) {
  inThread<QList<ManifestVersion>>(
      [dataDir = m_dataDir]() -> Outcome<QList<ManifestVersion>> {
        auto list = ManifestVersions(dataDir).list();
        if (!list) return no(Impossible, list.error());
        std::reverse(list->begin(), list->end());
        return *list;
      },
      std::move(reply));
}

void ManifestDesk::versionText(int number, ManifestReply<std::pair<ManifestVersion, QByteArray>> reply) {
  using Found = std::pair<ManifestVersion, QByteArray>;
  inThread<Found>(
      [dataDir = m_dataDir, number]() -> Outcome<Found> {
        ManifestVersions store(dataDir);
        const auto list = store.list();
        if (!list) return no(Impossible, list.error());
        const auto found = std::find_if(list->begin(), list->end(),
                                        [number](const ManifestVersion &each) { return each.number == number; });
        if (found == list->end()) {
          return no(Unknown, QStringLiteral("there is no version %1 of the manifest").arg(number));
        }
        const auto text = store.text(*found);
        if (!text) return no(Impossible, text.error());
        return Found(*found, *text);
      },
      std::move(reply));
}

}  // namespace tagwire
