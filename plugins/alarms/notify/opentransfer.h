// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "notify/socketbook.h"
#include "notify/transfers.h"

namespace tagwire::alarms {

/// A transfer under way: libcurl's handle and all that it points to. One thread; owned by the loop of Transfers.
class OpenTransfer {
 public:
  /// `sockets` outlives the connection, which may be kept after the transfer.
  OpenTransfer(int number, Transfer transfer, SocketBook &sockets);
  ~OpenTransfer();
  OpenTransfer(const OpenTransfer &) = delete;
  OpenTransfer &operator=(const OpenTransfer &) = delete;

  int number() const { return m_number; }
  CURL *handle() const { return m_handle; }
  bool isSetUp() const { return m_isSetUp; }
  TransferEnd end(CURLcode code) const;

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void setUp();
  void setUpPost();
  void setUpMail();
  static curl_socket_t openSocket(void *book, curlsocktype purpose, curl_sockaddr *address);
  static int closeSocket(void *book, curl_socket_t socket);
  static size_t takeBody(char *bytes, size_t size, size_t count, void *self);
  static size_t takeHeader(char *bytes, size_t size, size_t count, void *self);
  static size_t giveMail(char *bytes, size_t size, size_t count, void *self);

  const int m_number;
  const Transfer m_transfer;
  SocketBook &m_sockets;
  CURL *m_handle;
  curl_slist *m_headers = nullptr;
  curl_slist *m_recipients = nullptr;
  char m_error[CURL_ERROR_SIZE] = {};
  bool m_isSetUp = true;
  bool m_isTurnedAway = false;  ///< the mail server greeted us with a refusal
  QByteArray m_answer;
  qsizetype m_read = 0;
  qsizetype m_given = 0;
};

}  // namespace tagwire::alarms
