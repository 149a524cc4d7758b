// SPDX-License-Identifier: Apache-2.0
#include "madedevices.h"

#include <algorithm>

#include "access/tokenstore.h"
#include "device/deviceconfig.h"

namespace tagwire::ws {

namespace {

using enum AccessError::Kind;

/// Only the token that was made with the device: its name may be another one's by now.
AccessResult<void> revokeToken(const QString &dataDir, const MadeDevice &device) {
  TokenStore store(dataDir);
  (void)store.refresh();
  if (!store.problem().isEmpty()) return refused(Unavailable, store.problem());
  const auto &tokens = store.list();
  const auto token =
      std::find_if(tokens.begin(), tokens.end(), [&](const auto &each) { return each.id == device.token; });
  if (token == tokens.end()) return {};
  auto revoked = store.revoke(QString(token->name));
  if (!revoked && revoked.error().kind == Unknown) return {};
  return revoked;
}

}  // namespace

void MadeDevice::describe(Shape<MadeDevice> &shape) {
  shape.required("id", &MadeDevice::id, "unique").check(deviceIdProblem);
  shape.required("model", &MadeDevice::model, "one of the manifest's").range(1, 100);
  shape.required("token_id", &MadeDevice::token, "id of its token").range(1, 64);
  shape.required("created", &MadeDevice::created, "when");
  shape.optional("created_by", &MadeDevice::createdBy, "by whom").range(0, 100);
}

void MadeDevices::describe(Shape<MadeDevices> &shape) {
  shape.required("version", &MadeDevices::version, "of this form").range(1, currentVersion);
  shape.required("devices", &MadeDevices::devices, "each one").range(0, most);
}

MadeDevicesFile::MadeDevicesFile(const QString &dataDir)
    : AccessFile<MadeDevices>(dataDir, QStringLiteral("devices.json")) {}

AccessResult<QByteArray> enterDevice(const QString &dataDir, MadeDevice device, Time now) {
  TokenStore store(dataDir);
  const auto right = Permissions::fromTexts({QStringLiteral("device:%1:publish").arg(device.id)});
  if (!right) return refused(Wrong, right.error());
  auto token = store.create(device.id, *right, std::nullopt, now, device.createdBy);
  if (!token) return token;
  device.token = store.find(*token, now)->id;
  device.created = fromMilliseconds(toMilliseconds(now));
  device.createdBy = device.createdBy.left(100);
  const auto entered = MadeDevicesFile(dataDir).change([&](MadeDevices &document) -> AccessResult<void> {
    document.devices.removeIf([&](const MadeDevice &each) { return each.id == device.id; });
    if (document.devices.size() >= MadeDevices::most) {
      return refused(Unavailable, QStringLiteral("there are %1 devices already").arg(MadeDevices::most));
    }
    document.devices.append(device);
    return {};
  });
  if (entered) return token;
  (void)revokeToken(dataDir, device);
  return tl::unexpected(entered.error());
}

AccessResult<void> strikeDevice(const QString &dataDir, const QString &id) {
  MadeDevicesFile file(dataDir);
  (void)file.refresh();
  if (!file.problem().isEmpty()) return refused(Unavailable, file.problem());
  for (const MadeDevice &each : file.document().devices) {
    if (each.id != id) continue;
    // First, so that whatever goes wrong, the token is of no use any more.
    if (auto revoked = revokeToken(dataDir, each); !revoked) return revoked;
  }
  return file.change([&](MadeDevices &document) -> AccessResult<void> {
    document.devices.removeIf([&](const MadeDevice &each) { return each.id == id; });
    return {};
  });
}

}  // namespace tagwire::ws
