// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "notify/transfers.h"

namespace tagwire::alarms {

/// A transfer under way: libcurl's handle and all that it points to. One thread; owned by the loop of Transfers.
class OpenTransfer {
 public:
  OpenTransfer(int number, Transfer transfer);
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
  static size_t takeBody(char *bytes, size_t size, size_t count, void *self);
  static size_t takeHeader(char *bytes, size_t size, size_t count, void *self);
  static size_t giveMail(char *bytes, size_t size, size_t count, void *self);

  const int m_number;
  const Transfer m_transfer;
  CURL *m_handle;
  curl_slist *m_headers = nullptr;
  curl_slist *m_recipients = nullptr;
  char m_error[CURL_ERROR_SIZE] = {};
  bool m_isSetUp = true;
  QByteArray m_answer;
  qsizetype m_read = 0;
  qsizetype m_given = 0;
};

}  // namespace tagwire::alarms
