// SPDX-License-Identifier: Apache-2.0
// A Qt plugin that has nothing to do with us.
#include <QObject>
#include <QtPlugin>

namespace {
class Foreign : public QObject {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID "org.example.Something/1" FILE "recorder.json")
};
}  // namespace

#include "foreign.moc"
