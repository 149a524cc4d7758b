// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cluster.h"
#include "testcontext.h"

namespace tagwire::cluster {

/// One node of a test: a Cluster with a host of its own, its real clock, and what it publishes gathered.
class Node : public QObject {
 public:
  Node(const QString &name, const QByteArray &roles, const QString &server, const QByteArray &more = {},
       std::shared_ptr<TestContext> host = std::make_shared<TestContext>(QStringLiteral("cluster")))
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
    cluster = std::make_unique<Cluster>(*config, *context);
    connect(cluster.get(), &Plugin::samplesReady, this, [this](const Samples &batch) {
      context->pointTable().update(batch);
      samples += batch;
    });
    connect(cluster.get(), &Plugin::eventRaised, this, [this](const Event &event) {
      events << event;
      const auto *status = std::get_if<CommandStatus>(&event.body);
      if (status && qEnvironmentVariableIsSet("CLUSTER_TEST_TALK")) qDebug() << status->error;
    });
    connect(cluster.get(), &Plugin::written, this, [this] { ++written; });
    connect(cluster.get(), &Plugin::statusChanged, this, [this](PluginState now, const QString &why) {
      state = now;
      text = why;
      if (qEnvironmentVariableIsSet("CLUSTER_TEST_TALK")) qDebug() << context->id() << text;
    });
  }

  PointId declare(const QString &prefix, const PointInfo &info) {
    return context->declareUnder(prefix, {info}).first();
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
  int written = 0;
  PluginState state = PluginState::Stopped;
  QString text;
};

}  // namespace tagwire::cluster
