// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QHash>
#include <QString>

#include "http/request.h"
#include "http/response.h"

namespace tagwire::ws {

/// One file of the web pages, as it lies in the program. Plain value.
struct PageFile {
  QByteArray type;
  QByteArray bytes;
  QByteArray gzip;  ///< the same, compressed when the pages were built; empty: not worth it
  QByteArray tag;   ///< ETag of `bytes`
  QByteArray gzipTag;
  bool isNamedByContent = false;  ///< another content has another name: it may be kept for good

  /// 200, or 304 when the client has it already. Headers say what a page may load, and that only ourselves may show it.
  Response answer(const Request &request) const;
};

/// The files that web/ was built into. None in a program that was built without pages. Plain class; reads its folder
/// once.
class PageFiles {
 public:
  explicit PageFiles(const QString &folder);

  /// Those of this program. Read when they are first asked for: their tags take some milliseconds.
  static const PageFiles &embedded();

  bool isEmpty() const { return m_files.isEmpty(); }
  /// By its path without the first slash: "assets/page-1a2b.js". Null when there is none.
  const PageFile *find(const QString &path) const;
  QStringList paths() const { return m_files.keys(); }

 private:
  QHash<QString, PageFile> m_files;
};

}  // namespace tagwire::ws
