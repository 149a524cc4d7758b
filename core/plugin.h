// SPDX-License-Identifier: Apache-2.0
// All that an author of a plugin includes. plugins/README.md says how to begin.
#pragma once

#include <QJsonObject>
#include <QObject>
#include <QtPlugin>

#include "command.h"
#include "config.h"
#include "context.h"
#include "event.h"
#include "sample.h"
#include "status.h"
#include "tool.h"

namespace tagwire {

/// One running entry of the manifest. Thread-bound; owned by the host, which lets it live in one thread for good.
/// create (no I/O, no timers) → start → running → stop → deleted. Every virtual is called in the plugin's thread.
class TAGWIRE_EXPORT Plugin : public QObject {
  Q_OBJECT
 public:
  Plugin();
  ~Plugin() override;

  /// Begins work and returns at once; the outcome is told by statusChanged (Running, Degraded or Failed). After
  /// Failed the host calls stop(), and start() again after a pause. May not block.
  virtual void start() = 0;
  /// Ends work, closes what is open. Emits nothing afterwards. Must be safe before start() and twice.
  virtual void stop() = 0;
  /// SIGHUP while it runs: read files that the configuration names (certificates, keys) again, for what begins from now
  /// on. What was there stays in use when the new file is no good. Does nothing unless it is overridden.
  virtual void reloadFiles();

 Q_SIGNALS:
  /// A source has values of its own points. So may a sink have, few, of points that say how it is itself.
  void samplesReady(const tagwire::Samples &samples);
  void eventRaised(const tagwire::Event &event);
  void commandRequested(const tagwire::Command &command);
  /// A sink is done with the last write() and can take the next.
  void written();
  /// `text` says why, for people; empty when all is well. Only emit on change.
  void statusChanged(tagwire::PluginState state, const QString &text);
};

/// What a plugin that brings values in also implements.
class TAGWIRE_EXPORT Source {
 public:
  virtual ~Source();
  /// Carries out a write of one of its own points. Called for points declared writable only, value already of the
  /// point's type and in its range. Tells each step (Sent, Acked, then one final) as a CommandStatus by eventRaised;
  /// a value read back is published before the final one. A plugin that lets commands wait asks obstacleNow() right
  /// before it sends, and takes urgent ones first.
  virtual void execute(const Command &command) = 0;
};

/// What a plugin that takes values out also implements.
class TAGWIRE_EXPORT Sink {
 public:
  virtual ~Sink();
  /// Up to 10,000 samples in the order in which they were published; never its own. The next call comes only after
  /// written() was emitted, which may be from within this call. May not block, unless plugin.json says "blocking".
  virtual void write(const Samples &samples) = 0;
  /// An event of another plugin or of the host.
  virtual void notify(const Event &event) = 0;
};

/// The points of one configuration as a table: one object per point with the keys of the plugin's `points`, everything
/// resolved and only what differs from the defaults.
struct PointRows {
  QStringList columns;  ///< every key, in the order in which they were declared
  QList<QJsonObject> rows;
};

/// The one object a plugin library exports (Q_PLUGIN_METADATA with TAGWIRE_PLUGIN_IID).
class TAGWIRE_EXPORT PluginFactory {
 public:
  virtual ~PluginFactory();
  /// Reads `config` and makes an instance; null when the reader found errors. May declare points. No I/O, no timers.
  virtual std::unique_ptr<Plugin> create(ConfigReader &config, PluginContext &context) = 0;
  /// The keys of `config`, from the same declaration: `return schemaOf<MyConfig>();`
  virtual ConfigSchema schema() const = 0;
  /// What `tagwire points export` writes. None (the default) when there is no list of points; errors go to `config`.
  virtual PointRows pointRows(ConfigReader &config) const;
  /// Null when there is nothing to simulate.
  virtual std::unique_ptr<Tool> simulator() const;
  /// Null when there is nothing to probe.
  virtual std::unique_ptr<Tool> prober() const;
  /// What `tagwire <type> <name>` does, for types that have such a command. Null when there is none of this name.
  virtual std::unique_ptr<Tool> tool(const QString &name) const;
};

}  // namespace tagwire

/// Interface id; the number after the slash is the API version and rises with every incompatible change.
#define TAGWIRE_PLUGIN_IID "org.tagwire.PluginFactory/8"
Q_DECLARE_INTERFACE(tagwire::PluginFactory, TAGWIRE_PLUGIN_IID)
