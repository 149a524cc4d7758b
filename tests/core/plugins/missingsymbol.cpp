// SPDX-License-Identifier: Apache-2.0
// A plugin that calls a function nobody has.
#include "plugin.h"

extern void functionThatNobodyHas();

namespace {

class MissingSymbol : public QObject, public tagwire::PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "missingsymbol.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<tagwire::Plugin> create(tagwire::ConfigReader &, tagwire::PluginContext &) override {
    functionThatNobodyHas();
    return nullptr;
  }
  tagwire::ConfigSchema schema() const override { return {}; }
};

}  // namespace

#include "missingsymbol.moc"
