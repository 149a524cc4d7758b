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

void ManifestDesk::cameUp() { m_isBusy = false; }

void ManifestDesk::settled() {
  m_isOnTrial = false;
  m_isBusy = false;
  m_before.clear();
}

Result<QByteArray> ManifestDesk::takeBack() {
  m_pool.waitForDone();  // nothing else is written meanwhile
  const QByteArray text = std::exchange(m_before, {});
  m_version = m_versionBefore;
  settled();
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

/// The data dir holds users, tokens and these versions, and the program holds its lock: it stays.
Problem ManifestDesk::dataDirProblem() const {
  Problem problem;
  problem.where = {std::make_shared<const QString>(m_file), 1, 1};
  problem.path = QStringLiteral("data_dir");
  problem.message =
      QStringLiteral("can't be changed while the program runs (allowed: what leads to %1)").arg(m_dataDir);
  return problem;
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
    if (!hasErrors(problems) && found->dataDir != m_dataDir) problems.append(dataDirProblem());
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
  const auto work = [file = m_file, dataDir = m_dataDir, running = m_running, change,
                     now = m_clock.now()]() -> Outcome<int> {
    const auto present = readManifestFile(file, largest);
    if (!present) return no(Impossible, present.error());
    if (change.baseSha256 && *change.baseSha256 != sha256Of(*present)) {
      return no(Conflict, QStringLiteral("the manifest was changed meanwhile: read it again"));
    }
    ManifestVersions store(dataDir);
    if (*present != running) {
      ManifestVersion found{0, now, QStringLiteral("file"), QStringLiteral("in the file, never run"), {}, 0};
      if (const auto kept = store.add(found, *present); !kept) return no(Impossible, kept.error());
    }
    const auto kept = store.add({0, now, change.by, change.comment, {}, 0}, change.text);
    if (!kept) return no(Impossible, kept.error());
    if (const auto written = replaceManifestFile(file, change.text); !written) return no(Impossible, written.error());
    return *kept;
  };
  inThread<int>(work, [this, reply](const Outcome<int> &number) {
    if (number) {
      m_before = m_running;
      m_versionBefore = std::exchange(m_version, *number);  // a trial before this one is over with it
      m_isOnTrial = true;
      QTimer::singleShot(untilChanged, this, &ManifestDesk::changed);
    } else {
      m_isBusy = false;
    }
    reply(number);
  });
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
