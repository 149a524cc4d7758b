// SPDX-License-Identifier: Apache-2.0
#include "devicebook.h"

#include <algorithm>

#include "device/madedevices.h"
#include "wsconfig.h"

namespace tagwire::ws {

namespace {

/// What the point table takes: checked before, as it would log each refusal.
bool canBePoint(const QString &path) {
  return path.size() <= 200 && std::all_of(path.begin(), path.end(), [](QChar c) {
           return c > u'\x1f' && c != u'\x7f' && !QStringView(u"*#?+").contains(c);
         });
}

bool isSamePoint(const Point &point, const PointInfo &wanted) {
  return point.type == wanted.type && point.writable == wanted.writable;
}

/// Points of an earlier device of this id serve again: a point's id is never given to another name.
Result<QList<PointId>> declareAgain(const QString &id, const QList<PointInfo> &points, PluginContext &context) {
  QList<PointId> ids;
  for (const PointInfo &wanted : points) {
    const QString fullName = id + u'/' + wanted.name;
    PointId point = context.points().find(fullName);
    if (point == PointId::None) {
      point = context.declareUnder(id, {wanted}).value(0);
      if (point == PointId::None) {
        return failure(
            QStringLiteral("\"%1\" can't have points of its own (allowed: an id that no plugin has)").arg(id));
      }
    } else if (!isSamePoint(*context.points().point(point), wanted)) {
      return failure(
          QStringLiteral("point %1 is there already with another type (allowed: the same model until the next start)")
              .arg(fullName));
    }
    ids << point;
  }
  return ids;
}

}  // namespace

QTimeZone deviceZone(const WsConfig &config, const PluginContext &context) {
  return config.deviceTimeZone ? QTimeZone(config.deviceTimeZone->toUtf8()) : context.site().timeZone;
}

std::shared_ptr<DeviceBook> DeviceBook::of(PluginContext &context) {
  return context.shared<DeviceBook>("devices", [] { return std::make_shared<DeviceBook>(); });
}

std::shared_ptr<DeviceBook> DeviceBook::join(const WsConfig &config, PluginContext &context, ConfigReader &reader) {
  auto book = of(context);
  book->addModels(config, context.id(), reader);
  book->addDevices(config, context, reader);
  return book;
}

void DeviceBook::leave(const QString &home) {
  std::erase_if(m_devices, [&](const auto &each) {
    if (each.second->home() != home) return false;
    // At another gateway, which stays: after a reload the device may be another one.
    each.second->closeAll(1012, QStringLiteral("the device's gateway was stopped"));
    if (m_made.remove(each.first)) m_isMadeLoaded = false;  // for the next gateway that starts
    return true;
  });
  std::erase_if(m_models, [&](const auto &each) { return each.second.home == home; });
}

void DeviceBook::addModels(const WsConfig &config, const QString &home, ConfigReader &reader) {
  for (auto model = config.models.begin(); model != config.models.end(); ++model) {
    const auto [known, isNew] =
        m_models.try_emplace(model.key(), KnownModel{home, std::make_shared<Model>(model.key(), *model)});
    if (isNew) continue;
    reader.error(
        QStringLiteral("models.%1").arg(model.key()),
        QStringLiteral("model \"%1\" stands in \"%2\" already (allowed: each name once; it serves every gateway)")
            .arg(model.key(), known->second.home));
  }
}

void DeviceBook::addDevices(const WsConfig &config, PluginContext &context, ConfigReader &reader) {
  for (qsizetype i = 0; i < config.devices.size(); ++i) {
    const DeviceConfig &device = config.devices[i];
    const QString at = QStringLiteral("devices[%1].").arg(i);
    if (const auto other = find(device.id)) {
      if (other->home() == context.id()) continue;  // reported already
      reader.error(at + QStringLiteral("id"),
                   QStringLiteral("device \"%1\" stands in \"%2\" already (allowed: each id once)")
                       .arg(device.id, other->home()));
      continue;
    }
    const auto model = m_models.find(device.model);
    if (model == m_models.end()) {
      reader.error(at + QStringLiteral("model"),
                   QStringLiteral("unknown model \"%1\"%2 (allowed: one of `models`, here or in a gateway above)")
                       .arg(device.model.left(100), didYouMean(device.model, modelNames())));
      continue;
    }
    const QList<PointInfo> wanted = model->second.model->points(reader.locate(at + QStringLiteral("id")));
    // The first alone: when the id is a plugin's, one error says it all.
    QList<PointId> points = context.declareUnder(device.id, wanted.mid(0, 1));
    if (points.value(0) == PointId::None) continue;
    points += context.declareUnder(device.id, wanted.mid(1));
    m_devices.emplace(device.id, std::make_shared<Device>(device.id, context.id(), model->second.model,
                                                          deviceZone(config, context), points));
  }
}

void DeviceBook::loadMade(const WsConfig &config, PluginContext &context) {
  if (std::exchange(m_isMadeLoaded, true)) return;
  MadeDevicesFile file(context.dataDir());
  (void)file.refresh();
  if (!file.problem().isEmpty()) {
    qCWarning(context.log()).noquote() << "devices made by REST are not there:" << file.problem();
  }
  for (const MadeDevice &each : file.document().devices) {
    const auto made = make(each.id, each.model, context, deviceZone(config, context));
    if (!made) qCWarning(context.log()).noquote() << "device" << each.id << "made by REST is left out:" << made.error();
  }
}

std::shared_ptr<Device> DeviceBook::find(const QString &id) const {
  const auto found = m_devices.find(id);
  return found == m_devices.end() ? nullptr : found->second;
}

QStringList DeviceBook::modelNames() const {
  QStringList names;
  for (const auto &each : m_models) names << each.first;
  return names;
}

Result<std::shared_ptr<Device>> DeviceBook::make(const QString &id, const QString &model, PluginContext &context,
                                                 const QTimeZone &zone) {
  if (const QString problem = deviceIdProblem(id); !problem.isEmpty()) return failure(problem);
  if (find(id)) return failure(QStringLiteral("there is a device \"%1\" already").arg(id));
  const auto known = m_models.find(model);
  if (known == m_models.end()) {
    return failure(
        QStringLiteral("unknown model \"%1\"%2 (allowed: %3)")
            .arg(model.left(100), didYouMean(model, modelNames()), modelNames().mid(0, 20).join(QStringLiteral(", "))));
  }
  const QList<PointInfo> wanted = known->second.model->points({});
  if (m_madePoints + wanted.size() > mostMadePoints || m_devices.size() >= static_cast<size_t>(mostDevices)) {
    return failure(QStringLiteral("too many devices were made since the start"));
  }
  const auto points = declareAgain(id, wanted, context);
  if (!points) return failure(points.error());
  m_madePoints += wanted.size();
  m_made.insert(id);
  return m_devices.emplace(id, std::make_shared<Device>(id, context.id(), known->second.model, zone, *points))
      .first->second;
}

Samples DeviceBook::remove(const QString &id, const PluginContext &context) {
  const auto device = find(id);
  if (!device) return {};
  device->closeAll(1008, QStringLiteral("the device was removed"));
  m_devices.erase(id);
  m_made.remove(id);
  return without(*device, context.points(), QualityReason::Removed);
}

Samples DeviceBook::samplesOf(Device &device, const Reading &reading, PluginContext &context, int &unusable) {
  Samples samples;
  samples.reserve(static_cast<qsizetype>(reading.fields.size()) + static_cast<qsizetype>(reading.unknown.size()));
  for (const auto &[place, value] : reading.fields) {
    samples.append({device.points()[place], Quality::good(), reading.time, value});
  }
  unusable += reading.unusable;
  for (const auto &[path, value] : reading.unknown) {
    const auto point = learn(device, path, value, context);
    if (point) {
      samples.append({*point, Quality::good(), reading.time, value});
    } else {
      ++unusable;
    }
  }
  return samples;
}

Result<PointId> DeviceBook::learn(Device &device, const QString &path, const Value &value, PluginContext &context) {
  PointId point = device.learned.value(path, PointId::None);
  if (point == PointId::None) {
    if (!canBePoint(path)) return failure(QStringLiteral("no name for a point"));
    if (device.learned.size() >= mostLearned) return failure(QStringLiteral("too many of this device"));
    point = context.points().find(device.id() + u'/' + path);
    if (point == PointId::None) {
      if (m_learned >= mostLearnedByAll) return failure(QStringLiteral("too many of all devices"));
      PointInfo info;
      info.name = path;
      info.type = typeOf(value);
      info.verify = false;
      point = context.declareUnder(device.id(), {info}).value(0);
      if (point == PointId::None) return failure(QStringLiteral("refused"));
      ++m_learned;
    }
    device.learned.insert(path, point);
  }
  if (context.points().point(point)->type != typeOf(value)) return failure(QStringLiteral("another type than before"));
  return point;
}

Samples DeviceBook::without(const Device &device, const PointTable &points, QualityReason reason) {
  Samples samples;
  const Quality quality = Quality::bad(reason);
  const auto add = [&](PointId id) {
    Sample sample = points.last(id);
    if (sample.quality == quality || sample.quality.reason == QualityReason::WaitingForFirstValue) return;
    sample.quality = quality;
    samples.append(sample);
  };
  for (const PointId id : device.points()) add(id);
  for (const PointId id : device.learned) add(id);
  return samples;
}

}  // namespace tagwire::ws
