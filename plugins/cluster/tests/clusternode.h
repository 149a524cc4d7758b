// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTest>
#include <QUuid>

#include "gatewaycluster.h"
#include "patience.h"
#include "testcontext.h"

namespace tagwire::cluster {

/// Each is a run of its own.
class NodeContext : public TestContext {
 public:
  NodeContext() : TestContext(QStringLiteral("cluster")) {}
  QString epoch() const override { return m_epoch; }

 private:
  const QString m_epoch = QUuid::createUuid().toString(QUuid::WithoutBraces);
};

/// One node of a test: a Cluster with a host of its own, its real clock, and what it publishes gathered and numbered,
/// as the hub does.
class Node : public QObject {
 public:
  Node(const QString &name, const QByteArray &roles, const QString &server, const QByteArray &more = {},
       std::shared_ptr<TestContext> host = std::make_shared<NodeContext>())
      : context(std::move(host)) {
    context->manualClock().setNow(std::chrono::system_clock::now());
    context->mutableSite().name = QStringLiteral("plant1");
    const QByteArray json = "{\"node\":\"" + name.toUtf8() + "\",\"roles\":" + roles + ",\"servers\":\"" +
                            server.toUtf8() +
                            "\",\"batch_interval_ms\":5,\"last_values_interval_ms\":100,"
                            "\"ack_timeout_ms\":1000" +
                            (more.contains("\"stream\"") ? "" : ",\"stream\":{\"max_mb\":64}") +
                            (more.isEmpty() ? QByteArray() : "," + more) + "}";
    QString errors;
    const auto config = readConfig<ClusterConfig>(json, &errors);
    if (!config) qFatal("%s", qPrintable(errors));
    cluster = makeCluster(*config, *context);
    connect(cluster.get(), &Plugin::samplesReady, this, [this](const Samples &batch) {
      number(batch);
      samples += batch;
    });
    connect(cluster.get(), &Plugin::eventRaised, this, [this](const Event &event) {
      context->setSequence(context->sequence() + 1);
      events << event;
      const auto *status = std::get_if<CommandStatus>(&event.body);
      if (status && qEnvironmentVariableIsSet("CLUSTER_TEST_TALK")) qDebug() << status->error;
    });
    connect(cluster.get(), &Plugin::written, this, [this] {
      ++written;
      m_isWriting = false;
      if (!m_waiting.isEmpty()) write(std::exchange(m_waiting, {}));
    });
    connect(cluster.get(), &Plugin::statusChanged, this, [this](PluginState now, const QString &why) {
      state = now;
      text = why;
      if (qEnvironmentVariableIsSet("CLUSTER_TEST_TALK")) qDebug() << context->id() << text;
    });
  }

  PointId declare(const QString &prefix, const PointInfo &info) {
    return context->declareUnder(prefix, {info}).first();
  }
  /// A source of its own has read it.
  void give(PointId point, const Value &value) {
    const Samples batch{{point, Quality::good(), context->clock().now(), value}};
    number(batch);
    if (m_isWriting) {
      m_waiting += batch;
    } else {
      write(batch);
    }
  }
  PointId find(const QString &name) const { return context->points().find(name); }
  Value lastOf(const QString &name) const { return context->points().last(find(name)).value; }

  /// A metric without labels; 0: there is none.
  double metric(const char *name) const {
    const QByteArray lines = '\n' + QByteArray::fromStdString(context->metrics().text());
    const qsizetype at = lines.indexOf(QByteArray("\n") + name + ' ');
    if (at < 0) return 0;
    const qsizetype from = at + 2 + static_cast<qsizetype>(qstrlen(name));
    return lines.mid(from, lines.indexOf('\n', from) - from).toDouble();
  }

  std::shared_ptr<TestContext> context;
  std::unique_ptr<Cluster> cluster;
  Samples samples;
  QList<Event> events;
  std::vector<std::pair<quint64, Sample>> numbered;  ///< all samples, its own as well
  int written = 0;
  PluginState state = PluginState::Stopped;
  QString text;

 private:
  // As the hub does: one at a time.
  void write(const Samples &batch) {
    m_isWriting = true;
    cluster->write(batch);
  }
  bool m_isWriting = false;
  Samples m_waiting;

  void number(const Samples &batch) {
    context->setSequence(context->sequence() + 1);
    context->pointTable().update(batch);
    for (const Sample &sample : batch) numbered.emplace_back(context->sequence(), sample);
  }
};

/// So many values, each one more than the last and a millisecond later; the next when the last was taken.
inline void give(Node &node, PointId point, double value, int times = 1) {
  for (int i = 0; i < times; ++i) {
    node.context->manualClock().advance(std::chrono::milliseconds(1));
    const Samples samples{{point, Quality::good(), node.context->clock().now(), value + i}};
    node.context->pointTable().update(samples);
    const int before = node.written;
    node.cluster->write(samples);
    QTRY_COMPARE(node.written, before + 1);
  }
}

}  // namespace tagwire::cluster
