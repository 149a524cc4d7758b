// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTest>

#include <optional>

#include "plugins/ws/tests/rawclient.h"
#include "runningprogram.h"

/// The real program with a gateway on a port of its own, and what can be seen of it from outside.
class AbusedProgram {
 public:
  /// `config`: what stands in the gateway's configuration beside `listen`; ' stands for ".
  bool start(const QByteArray &config);
  /// Before start(): how many descriptors it may have.
  void limitDescriptors(int most);
  quint16 port() const { return m_port; }
  /// The sum of all series of this name that have these labels; 0 when there are none.
  double metric(const char *name, const QByteArrayList &labels = {}) const;
  /// What an upgrade without or with a token is answered with.
  int upgradeStatus(const QByteArray &path, const QByteArray &token) const;
  /// The most memory that it held since forgetPeak().
  qint64 peakKiB() const;
  void forgetPeak() const;
  qint64 residentKiB() const { return m_program.residentKiB(); }
  /// Lines that it has logged so far.
  qsizetype logLines() { return m_program.errors().count(u'\n'); }
  QString log() { return m_program.errors(); }

  /// A new token. (Made while the program runs it holds within a second.)
  QByteArray token(const char *name, const QStringList &permissions) const;
  /// `tagwire` with these words and the program's own data_dir; the standard output, nothing when it failed.
  std::optional<QByteArray> command(const char *words, const QStringList &more = {},
                                    const QByteArray &input = {}) const;

 private:
  QString dataDir() const { return m_program.folder() + QStringLiteral("/var"); }

  RunningProgram m_program;
  quint16 m_port = 0;
};

inline QByteArray bearer(const QByteArray &token) { return "Authorization: Bearer " + token + "\r\n"; }

/// JSON as it stands in a test: with ' for ".
inline QByteArray quoted(QByteArray text) { return text.replace('\'', '"'); }
