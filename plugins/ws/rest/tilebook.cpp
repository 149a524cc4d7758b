// SPDX-License-Identifier: Apache-2.0
#include "tilebook.h"

#include <QFile>
#include <QJsonDocument>
#include <QSaveFile>

namespace tagwire::ws {

namespace {

constexpr qint64 largestFile = 4 * 1024 * 1024;

Result<void> writeFile(const QString &name, const QByteArray &bytes) {
  QSaveFile file(name);
  const bool isWritten = file.open(QIODevice::WriteOnly) && file.setPermissions(QFile::ReadOwner | QFile::WriteOwner) &&
                         file.write(bytes) == bytes.size();
  if (isWritten && file.commit()) return {};
  return failure(QStringLiteral("the tiles can't be saved: %1").arg(file.errorString()));
}

Result<Tiles> readFile(QFile &file) {
  if (!file.open(QIODevice::ReadOnly)) return failure(file.errorString());
  if (file.size() > largestFile) return failure(QStringLiteral("larger than %1 bytes").arg(largestFile));
  const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
  if (!document.isArray()) return failure(QStringLiteral("no JSON array"));
  return tilesFromJson(document.array());
}

}  // namespace

std::shared_ptr<TileBook> TileBook::of(PluginContext &context) {
  return context.shared<TileBook>("tile book", [&context] { return std::make_shared<TileBook>(context.dataDir()); });
}

TileBook::TileBook(const QString &dataDir) : m_file(dataDir + QStringLiteral("/tiles.json")) {
  m_writer.setMaxThreadCount(1);
}

TileBook::~TileBook() { m_writer.waitForDone(); }

const std::optional<Tiles> &TileBook::tiles(const QLoggingCategory &log) {
  if (!std::exchange(m_isLoaded, true)) load(log);
  return m_tiles;
}

void TileBook::load(const QLoggingCategory &log) {
  QFile file(m_file);
  if (!file.exists()) return;
  const auto read = readFile(file);
  if (read) {
    m_tiles = *read;
  } else {
    qCWarning(log).noquote() << "tiles of the page can't be read, those of the manifest stand in for them:" << m_file
                             << read.error();
  }
}

void TileBook::save(const Tiles &tiles, QObject *receiver, std::function<void(Result<void>)> done) {
  m_isSaving = true;
  const QByteArray bytes = QJsonDocument(toJson(tiles)).toJson();
  const auto finish = [this, tiles, receiver = QPointer(receiver), done](const Result<void> &saved) {
    m_isSaving = false;
    if (saved) m_tiles = tiles;
    if (receiver) done(saved);
  };
  m_writer.start([this, file = m_file, bytes, finish] {
    const Result<void> saved = writeFile(file, bytes);
    QMetaObject::invokeMethod(
        this, [finish, saved] { finish(saved); }, Qt::QueuedConnection);
  });
}

}  // namespace tagwire::ws
