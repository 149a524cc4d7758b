// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointer>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <optional>

#include "access/privatefile.h"
#include "context.h"
#include "tile.h"

namespace tagwire::ws {

/// The tiles that a page has saved, in data_dir/tiles.json, for all gateways together. Written off the event loop.
/// Thread-bound (main thread); shared by the gateways.
class TileBook : public QObject {
  Q_OBJECT
 public:
  static std::shared_ptr<TileBook> of(PluginContext &context);
  explicit TileBook(const QString &dataDir);
  /// Waits until what is under way stands in the file.
  ~TileBook() override;

  /// Nothing as long as no page has saved any, or the file can't be read (which `log` is told once).
  const std::optional<Tiles> &tiles(const QLoggingCategory &log);
  /// They are the tiles once they stand in the file. `done` is called later, unless `receiver` is gone by then.
  void save(const Tiles &tiles, QObject *receiver, std::function<void(Result<void>)> done);
  /// One change at a time: who comes second has not seen the first.
  bool isSaving() const { return m_isSaving; }

 private:
  void load(const QLoggingCategory &log);

  PrivateFile m_file;  ///< the pool's while saving
  std::optional<Tiles> m_tiles;
  bool m_isLoaded = false;
  bool m_isSaving = false;
  QThreadPool m_writer;
};

}  // namespace tagwire::ws
