// SPDX-License-Identifier: Apache-2.0
#include "manifestversions.h"

#include <QCryptographicHash>
#include <QFile>

#include <algorithm>
#include <limits>

#include "manifestfile.h"

namespace tagwire {

namespace {

QString hexOf(const QByteArray &text) {
  return QString::fromLatin1(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex());
}

qint64 bytesOfAll(const QList<ManifestVersion> &versions) {
  qint64 bytes = 0;
  for (const ManifestVersion &each : versions) bytes += each.bytes;
  return bytes;
}

}  // namespace

ManifestControl::~ManifestControl() = default;

void ManifestVersion::describe(Shape<ManifestVersion> &shape) {
  shape.required("number", &ManifestVersion::number, "1, 2, 3 …").range(1, std::numeric_limits<int>::max());
  shape.required("time", &ManifestVersion::time, "when");
  shape.required("by", &ManifestVersion::by, "who");
  shape.required("comment", &ManifestVersion::comment, "why");
  shape.required("sha256", &ManifestVersion::sha256, "of the text").range(64, 64);
  shape.required("bytes", &ManifestVersion::bytes, "of the text").range(0, ManifestControl::largest);
}

void ManifestVersionsDocument::describe(Shape<ManifestVersionsDocument> &shape) {
  shape.required("version", &ManifestVersionsDocument::version, "of this form").range(1, currentVersion);
  shape.required("versions", &ManifestVersionsDocument::versions, "each one").range(0, ManifestVersions::most);
}

ManifestVersions::ManifestVersions(const QString &dataDir)
    : m_folder(dataDir + QLatin1String("/manifests")), m_index(m_folder, QStringLiteral("versions.json")) {}

PrivateFile ManifestVersions::fileOf(int number) const {
  return PrivateFile(m_folder, QStringLiteral("%1.json").arg(number));
}

Result<QList<ManifestVersion>> ManifestVersions::list() {
  m_index.refresh();
  if (!m_index.problem().isEmpty()) return failure(m_index.problem());
  return m_index.document().versions;
}

Result<QByteArray> ManifestVersions::text(const ManifestVersion &version) const {
  PrivateFile file = fileOf(version.number);
  const auto content = file.read();
  if (!content) return failure(content.error());
  if (!*content || hexOf(**content) != version.sha256) {
    return failure(QStringLiteral("%1 is not what it was when it was kept").arg(file.path()));
  }
  return **content;
}

/// The text first: an index without it would promise what is not there.
Result<int> ManifestVersions::add(const ManifestVersion &given, const QByteArray &text) {
  ManifestVersion version = given;
  QList<int> dropped;
  const auto changed = m_index.change([&](ManifestVersionsDocument &document) -> AccessResult<void> {
    QList<ManifestVersion> &all = document.versions;
    version.number = all.isEmpty() ? 1 : all.last().number + 1;
    version.sha256 = hexOf(text);
    version.bytes = text.size();
    if (const auto written = fileOf(version.number).write(text); !written) {
      return refused(AccessError::Kind::Unavailable, written.error());
    }
    all.append(version);
    while (all.size() > most || (all.size() > 1 && bytesOfAll(all) > mostBytes)) dropped << all.takeFirst().number;
    return {};
  });
  if (!changed) return failure(changed.error().text);
  for (const int number : dropped) QFile::remove(fileOf(number).path());
  return version.number;
}

Result<int> ManifestVersions::change(const QString &file, const QByteArray &text, const ManifestVersion &version) {
  const auto all = list();
  if (!all) return failure(all.error());
  // What can't be read is not worth keeping, and no reason to stay with it.
  if (const auto present = readManifestFile(file, ManifestControl::largest)) {
    const QString hash = hexOf(*present);
    if (std::none_of(all->begin(), all->end(), [&](const auto &each) { return each.sha256 == hash; })) {
      const ManifestVersion found{0, version.time, QStringLiteral("file"), QStringLiteral("in the file, never run"), {},
                                  0};
      if (const auto kept = add(found, *present); !kept) return kept;
    }
  }
  const auto kept = add(version, text);
  if (!kept) return kept;
  if (const auto written = replaceManifestFile(file, text); !written) return failure(written.error());
  return kept;
}

}  // namespace tagwire
