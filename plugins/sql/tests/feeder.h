// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QProcess>
#include <QString>

namespace tagwire::sql {

/// The sink in a process of its own, which can be killed: fed with numbered samples as fast as it takes them (or at a
/// rate), and with an event per batch; it tells which of them are accepted. Value and time of a sample come from
/// boot × 10^9 + n, n = 0, 1, …; events are of type "fed" and hold the number of the last sample before them.
class Feeder {
 public:
  static constexpr qint64 perBoot = 1'000'000'000;
  static constexpr int pointCount = 100;
  static constexpr int batch = 1000;

  /// `config` is the plugin's configuration as JSON, with absolute paths.
  Feeder(const QByteArray &config, int boot, int samplesPerSecond = 0);
  ~Feeder();

  bool start();
  /// How many samples are accepted so far; reads what the process has told.
  qint64 accepted();
  /// kill -9.
  void kill();
  /// Nothing more is fed; waits until the spool is empty, then stops it in good order. What it says of the ledger:
  /// "accepted written spooled quarantined dropped difference".
  QByteArray finish(int longestMs = 60'000);
  qint64 processId() const { return m_process.processId(); }

 private:
  const QByteArray m_config;
  const int m_boot;
  const int m_rate;
  QProcess m_process;
  qint64 m_accepted = 0;
  QByteArray m_rest;
  QByteArray m_ledger;
};

}  // namespace tagwire::sql
