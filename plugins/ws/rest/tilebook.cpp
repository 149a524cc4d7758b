// SPDX-License-Identifier: Apache-2.0
#include "rest/tilebook.h"

#include <QFile>
#include <QJsonDocument>

#include "rest/tilejson.h"

namespace tagwire::ws {

namespace {

Result<Tiles> tilesFromBytes(const QByteArray &bytes) {
  const QJsonDocument document = QJsonDocument::fromJson(bytes);
  if (!document.isArray()) return failure(QStringLiteral("no JSON array"));
  return tilesFromJson(document.array());
}

/// With the lock of the folder, so that a second program on it never writes half of the time.
Result<void> writeFile(PrivateFile &file, const QByteArray &bytes) {
  const auto lock = file.lock();
  if (!lock) return failure(lock.error());
  return file.write(bytes);
}

}  // namespace

std::shared_ptr<TileBook> TileBook::of(PluginContext &context) {
  return context.shared<TileBook>("tile book", [&context] { return std::make_shared<TileBook>(context.dataDir()); });
}

TileBook::TileBook(const QString &dataDir) : m_file(dataDir, QStringLiteral("tiles.json")) {
  m_writer.setMaxThreadCount(1);
}

TileBook::~TileBook() { m_writer.waitForDone(); }

const std::optional<Tiles> &TileBook::tiles(const QLoggingCategory &log) {
  if (!std::exchange(m_isLoaded, true)) load(log);
  return m_tiles;
}

void TileBook::load(const QLoggingCategory &log) {
  const auto bytes = m_file.read();
  const auto put = [&](const QString &why, const char *then) {
    qCWarning(log).noquote() << "tiles of the page can't be read, those of the manifest stand in for them:"
                             << m_file.path() << why << then;
  };
  if (!bytes) return put(bytes.error(), "");
  if (!*bytes) return;
  const auto read = tilesFromBytes(**bytes);
  if (read) {
    m_tiles = *read;
    return;
  }
  // The next save would write over it.
  const bool isAside = QFile::rename(m_file.path(), m_file.path() + QStringLiteral(".damaged"));
  put(read.error(), isAside ? "(it is put aside as tiles.json.damaged)" : "");
}

void TileBook::save(const Tiles &tiles, QObject *receiver, std::function<void(Result<void>)> done) {
  m_isSaving = true;
  const QByteArray bytes = QJsonDocument(toJson(tiles)).toJson();
  const auto finish = [this, tiles, receiver = QPointer(receiver), done](const Result<void> &saved) {
    m_isSaving = false;
    if (saved) m_tiles = tiles;
    if (receiver) done(saved);
  };
  m_writer.start([this, bytes, finish] {
    const Result<void> saved = writeFile(m_file, bytes);
    QMetaObject::invokeMethod(
        this, [finish, saved] { finish(saved); }, Qt::QueuedConnection);
  });
}

}  // namespace tagwire::ws
