// SPDX-License-Identifier: Apache-2.0
#include "rest/planpicture.h"

#include <QFile>
#include <QFileInfo>

#include "http/entitytag.h"

namespace tagwire::ws {
namespace {

bool isWhatItSays(const QByteArray &bytes, const QByteArray &type) {
  if (type == "image/png") return bytes.startsWith("\x89PNG\r\n\x1a\n");
  if (type == "image/jpeg") return bytes.startsWith("\xff\xd8\xff");
  return type == "image/svg+xml" && bytes.left(4096).contains("<svg");
}

}  // namespace

Result<PlanPicture> PlanPicture::read(const PlanFile &plan) {
  QFile file(plan.path);
  if (!QFileInfo(plan.path).isFile() || !file.open(QIODevice::ReadOnly)) {
    return failure(QStringLiteral("the plan's file can't be read"));
  }
  const QByteArray bytes = file.read(SiteMap::largestPlan + 1);
  if (bytes.size() > SiteMap::largestPlan) return failure(QStringLiteral("the plan's file has more than 20 MiB"));
  if (!isWhatItSays(bytes, plan.type)) return failure(QStringLiteral("the plan's file is not what its name says"));
  return PlanPicture{plan.type, bytes, entityTagOf(bytes)};
}

Response PlanPicture::answer(const QByteArray &known) const {
  Response response;
  response.fields = {{"ETag", entityTag},
                     {"Cache-Control", "private, no-cache"},
                     {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"}};
  if (namesTag(known, entityTag)) {
    response.status = 304;
    return response;
  }
  response.contentType = type;
  response.body = bytes;
  return response;
}

}  // namespace tagwire::ws
