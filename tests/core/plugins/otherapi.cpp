// SPDX-License-Identifier: Apache-2.0
// A plugin of another API version.
#include <QObject>
#include <QtPlugin>

namespace {
class OtherApi : public QObject {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID "org.tagwire.PluginFactory/999" FILE "recorder.json")
};
}  // namespace

#include "otherapi.moc"
