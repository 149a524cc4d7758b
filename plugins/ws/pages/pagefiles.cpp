// SPDX-License-Identifier: Apache-2.0
#include "pagefiles.h"

#include <QDirIterator>
#include <QFile>
#include <QResource>

#include <algorithm>
#include <array>

#include "http/entitytag.h"

namespace tagwire::ws {

namespace {

constexpr const char *contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

struct MediaType {
  const char *suffix;
  const char *type;
};
constexpr std::array mediaTypes{MediaType{".html", "text/html; charset=utf-8"},
                                MediaType{".js", "text/javascript; charset=utf-8"},
                                MediaType{".css", "text/css; charset=utf-8"},
                                MediaType{".svg", "image/svg+xml"},
                                MediaType{".png", "image/png"},
                                MediaType{".ico", "image/x-icon"},
                                MediaType{".woff2", "font/woff2"},
                                MediaType{".webmanifest", "application/manifest+json"},
                                MediaType{".json", "application/json"},
                                MediaType{".txt", "text/plain; charset=utf-8"}};

QByteArray typeOf(const QString &path) {
  for (const MediaType &each : mediaTypes) {
    if (path.endsWith(QLatin1String(each.suffix))) return each.type;
  }
  return "application/octet-stream";
}

/// As it lies in the program, without a copy; else from the disk.
QByteArray contentOf(const QString &path) {
  if (path.startsWith(u':')) {
    const QResource resource(path);
    if (resource.compressionAlgorithm() != QResource::NoCompression) return resource.uncompressedData();
    return QByteArray::fromRawData(reinterpret_cast<const char *>(resource.data()), resource.size());
  }
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Accept-Encoding, RFC 9110, 12.5.3. What it does not name is not sent.
bool takesGzip(const Request &request) {
  const QByteArrayList codings = request.field("accept-encoding").toLower().split(',');
  return std::any_of(codings.begin(), codings.end(), [](const QByteArray &coding) {
    const QByteArrayList parts = coding.split(';');
    if (parts[0].trimmed() != "gzip") return false;
    const QByteArray weight = parts.value(1).trimmed();
    bool isNumber = false;
    const double q = weight.startsWith("q=") ? weight.mid(2).toDouble(&isNumber) : 1;
    return parts.size() == 1 || (isNumber && q > 0);
  });
}

}  // namespace

Response PageFile::answer(const Request &request) const {
  const bool isCompressed = !gzip.isEmpty() && takesGzip(request);
  Response response;
  response.fields = {{"ETag", isCompressed ? gzipTag : tag},
                     {"Cache-Control", isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache"},
                     {"Content-Security-Policy", contentSecurityPolicy},
                     {"Referrer-Policy", "no-referrer"},
                     {"Cross-Origin-Opener-Policy", "same-origin"}};
  if (!gzip.isEmpty()) response.fields.emplaceBack("Vary", "Accept-Encoding");
  if (namesTag(request.field("if-none-match"), isCompressed ? gzipTag : tag)) {
    response.status = 304;
    return response;
  }
  response.contentType = type;
  response.body = isCompressed ? gzip : bytes;
  if (isCompressed) response.fields.emplaceBack("Content-Encoding", "gzip");
  return response;
}

PageFiles::PageFiles(const QString &folder) {
  const QString compressed = QStringLiteral(".gz");
  for (QDirIterator each(folder, QDir::Files, QDirIterator::Subdirectories); each.hasNext();) {
    const QString path = each.next();
    if (path.endsWith(compressed)) continue;
    PageFile file;
    file.type = typeOf(path);
    file.bytes = contentOf(path);
    file.tag = entityTagOf(file.bytes);
    if (QFile::exists(path + compressed)) {
      file.gzip = contentOf(path + compressed);
      file.gzipTag = entityTagOf(file.gzip);
    }
    const QString name = path.mid(folder.size() + 1);
    file.isNamedByContent = name.startsWith(QLatin1String("assets/"));
    m_files.insert(name, file);
  }
}

const PageFiles &PageFiles::embedded() {
  static const PageFiles files(QStringLiteral(":/web"));
  return files;
}

const PageFile *PageFiles::find(const QString &path) const {
  const auto found = m_files.constFind(path);
  return found == m_files.cend() ? nullptr : &*found;
}

}  // namespace tagwire::ws
