// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"
#include "protocols/makeprotocol.h"

namespace tagwire::ws {

class WsFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)

 public:
  std::unique_ptr<Plugin> create(ConfigReader &config, PluginContext &context) override {
    WsConfig read;
    const bool isRight = WsConfig::readInto(config, read);
    // Whatever else is wrong: that strangers could come in is to be said at once.
    auto listeners = ListenerBook::join(read, context, config);
    if (!isRight) return nullptr;
    RoleBook::check(read, context, config);
    RoomBook::check(read, context, config);
    const auto devices = DeviceBook::join(read, context, config);
    if (config.failed()) return nullptr;
    return std::make_unique<Gateway>(std::move(read), context, &makeProtocol, std::move(listeners));
  }
  ConfigSchema schema() const override { return schemaOf<WsConfig>(); }
};

}  // namespace tagwire::ws

#include "wsplugin.moc"
