// SPDX-License-Identifier: Apache-2.0
#include "plugin.h"

int functionOfAnother();

namespace {

using namespace tagwire;

class MissingLibraryFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "missinglibrary.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &, PluginContext &) override { return nullptr; }
  ConfigSchema schema() const override { return {{}, QString::number(functionOfAnother()), {}}; }
};

}  // namespace

#include "missinglibrary.moc"
