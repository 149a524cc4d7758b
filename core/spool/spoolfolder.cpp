// SPDX-License-Identifier: Apache-2.0
#include "spoolfolder.h"

#include <QDir>
#include <QFile>
#include <QRandomGenerator>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace tagwire::spool {

namespace {

const QString lockName = QStringLiteral("spool.lock");
const QString idName = QStringLiteral("spool.id");
const QString goneName = QStringLiteral("gone.list");
const QString pointsName = QStringLiteral("points.log");
constexpr qsizetype idDigits = 32;

QByteArray randomId() {
  std::array<quint32, 4> words{};
  QRandomGenerator::system()->fillRange(words.data(), static_cast<qsizetype>(words.size()));
  return QByteArray(reinterpret_cast<const char *>(words.data()), sizeof words).toHex();
}

QByteArray keptId(const QString &path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return {};
  const QByteArray text = file.read(idDigits + 2).trimmed();
  const bool isGood = text.size() == idDigits && std::all_of(text.begin(), text.end(), [](char digit) {
                        return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
                      });
  return isGood ? text : QByteArray();
}

QString hintOf(int error) {
  if (error != EACCES) return {};
  return QStringLiteral(" (the user that runs this must be able to write it)");
}

bool isNotThere() { return errno == ENOENT || errno == ENOTDIR; }

}  // namespace

SpoolFolder::SpoolFolder(const SpoolSettings &settings, SpoolLedger &ledger, PointBook &points)
    : m_settings(settings), m_ledger(ledger), m_points(points) {}

SpoolFolder::~SpoolFolder() {
  if (m_lock >= 0) ::close(m_lock);
}

Result<void> SpoolFolder::make() {
  const QByteArray path = QFile::encodeName(m_settings.folder);
  const QString parent = QFileInfo(m_settings.folder).absolutePath();
  if (!QDir().mkpath(parent)) return failure(QStringLiteral("spool: the folder %1 can't be made").arg(parent));
  if (::mkdir(path.constData(), 0700) != 0 && errno != EEXIST) {
    return failure(QStringLiteral("spool: the folder %1 can't be made: %2%3")
                       .arg(m_settings.folder, qt_error_string(errno), hintOf(errno)));
  }
  return {};
}

Result<void> SpoolFolder::open() {
  if (m_lock >= 0) return {};
  if (const auto made = make(); !made) return made;
  const QByteArray path = QFile::encodeName(this->path(lockName));
  const int lock = ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) {
    return failure(QStringLiteral("spool: the folder %1 can't be used: %2%3")
                       .arg(m_settings.folder, qt_error_string(errno), hintOf(errno)));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return failure(QStringLiteral("spool: the folder %1 is in use by another sink or program").arg(m_settings.folder));
  }
  m_lock = lock;
  return {};
}

Result<void> SpoolFolder::takeId(const QByteArray &found) {
  m_id = keptId(path(idName));
  if (!m_id.isEmpty()) return {};
  m_id = found.isEmpty() ? randomId() : found;
  return replaceFile(path(idName), m_id + '\n', m_settings.isSync);
}

Result<void> SpoolFolder::restore() {
  struct stat status {};
  if (::stat(QFile::encodeName(path(idName)).constData(), &status) == 0) return {};
  if (const auto made = make(); !made) return made;
  if (const auto kept = replaceFile(path(idName), m_id + '\n', m_settings.isSync); !kept) return kept;
  return saveAll();
}

Result<void> SpoolFolder::saveAll() {
  const std::lock_guard lock(m_mutex);
  if (const auto saved = saveGone(); !saved) return saved;
  return savePoints(true);
}

Result<void> SpoolFolder::saveGone() { return replaceFile(path(goneName), m_ledger.goneList(), m_settings.isSync); }

void SpoolFolder::sweep() {
  const std::lock_guard lock(m_mutex);
  const QStringList paths = m_ledger.takeFinished();
  if (paths.isEmpty()) return;
  // First the list: a file that is not there and not in it counts as damage after a restart.
  const bool isSaved = saveGone().has_value();
  for (const QString &path : paths) {
    if (::unlink(QFile::encodeName(path).constData()) != 0 && !isNotThere()) m_undeleted << path;
  }
  // An open one would still take up the disk.
  const auto isGone = [](const auto &file) { return file->isUnlinked(); };
  m_unsynced.erase(std::remove_if(m_unsynced.begin(), m_unsynced.end(), isGone), m_unsynced.end());
  if (!isSaved) (void)saveGone();  // now there may be room
}

QList<quint64> SpoolFolder::boots() {
  const std::lock_guard lock(m_mutex);
  const QList<quint64> boots = m_ledger.boots();
  const bool isOneLess =
      std::any_of(m_boots.begin(), m_boots.end(), [&](quint64 boot) { return !boots.contains(boot); });
  if (!isOneLess || areDeletionsOnDisk()) m_boots = boots;
  return m_boots;
}

bool SpoolFolder::areDeletionsOnDisk() {
  const auto isGone = [](const QString &path) {
    struct stat status {};
    return ::lstat(QFile::encodeName(path).constData(), &status) != 0 && isNotThere();
  };
  m_undeleted.erase(std::remove_if(m_undeleted.begin(), m_undeleted.end(), isGone), m_undeleted.end());
  if (!m_undeleted.isEmpty()) return false;
  // The list as well, so that what it says of other boots is not older than their files.
  return replaceFile(path(goneName), m_ledger.goneList(), true).has_value();
}

void SpoolFolder::syncLater(std::shared_ptr<SpoolFile> file) {
  const std::lock_guard lock(m_mutex);
  m_unsynced.push_back(std::move(file));
}

Result<void> SpoolFolder::syncFinished() {
  std::vector<std::shared_ptr<SpoolFile>> files;
  {
    const std::lock_guard lock(m_mutex);
    files.swap(m_unsynced);
  }
  Result<void> result;
  for (const auto &file : files) {
    if (auto done = file->sync(); !done) result = done;
  }
  return result;
}

Result<void> SpoolFolder::savePoints(bool isWhole) {
  return m_points.save(path(pointsName), isWhole, m_settings.isSync);
}

double SpoolFolder::freeShare() const {
  struct statvfs disk {};
  if (::statvfs(QFile::encodeName(m_settings.folder).constData(), &disk) != 0 || disk.f_blocks == 0) return 1;
  return static_cast<double>(disk.f_bavail) / static_cast<double>(disk.f_blocks);
}

}  // namespace tagwire::spool
