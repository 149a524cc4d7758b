// SPDX-License-Identifier: Apache-2.0
#include "notify/opentransfer.h"

#include <algorithm>
#include <cstring>

namespace tagwire::alarms {

OpenTransfer::OpenTransfer(int number, Transfer transfer, SocketBook &sockets)
    : m_number(number), m_transfer(std::move(transfer)), m_sockets(sockets), m_handle(curl_easy_init()) {
  if (m_handle) setUp();
}

OpenTransfer::~OpenTransfer() {
  curl_easy_cleanup(m_handle);
  curl_slist_free_all(m_headers);
  curl_slist_free_all(m_recipients);
}

template <class Value>
void OpenTransfer::set(CURLoption option, Value value) {
  // An option that this libcurl lacks must not pass in silence: without it a check may be missing.
  m_isSetUp = curl_easy_setopt(m_handle, option, value) == CURLE_OK && m_isSetUp;
}

void OpenTransfer::setUp() {
  set(CURLOPT_URL, m_transfer.url.constData());
  set(CURLOPT_ERRORBUFFER, static_cast<char *>(m_error));
  set(CURLOPT_NOSIGNAL, 1L);
  // A look-up that hangs is left behind; else ending the transfer would wait for it, and all others with it.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(m_transfer.connectTimeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(m_transfer.timeout.count()));
  set(CURLOPT_PROXY, m_transfer.proxy.constData());  // "" also means: not the environment's
  set(CURLOPT_NOPROXY, m_transfer.proxy.isEmpty() ? "*" : "");
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!m_transfer.caFile.isEmpty()) {
    set(CURLOPT_CAINFO, m_transfer.caFile.constData());
    set(CURLOPT_CAPATH, static_cast<const char *>(nullptr));
  }
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_OPENSOCKETFUNCTION, &OpenTransfer::openSocket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void *>(&m_sockets));
  set(CURLOPT_CLOSESOCKETFUNCTION, &OpenTransfer::closeSocket);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void *>(&m_sockets));
  set(CURLOPT_WRITEFUNCTION, &OpenTransfer::takeBody);
  set(CURLOPT_WRITEDATA, static_cast<void *>(this));
  if (m_transfer.mailFrom.isEmpty()) {
    setUpPost();
  } else {
    setUpMail();
  }
}

void OpenTransfer::setUpPost() {
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDS, m_transfer.body.constData());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(m_transfer.body.size()));
  for (const QByteArray &header : m_transfer.headers) {
    m_headers = curl_slist_append(m_headers, header.constData());
  }
  set(CURLOPT_HTTPHEADER, m_headers);
}

void OpenTransfer::setUpMail() {
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  // The time-out of the whole does not count when libcurl says good-bye.
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(m_transfer.timeout.count() / 1000 + 1));
  set(CURLOPT_USE_SSL, static_cast<long>(m_transfer.isTlsRequired ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!m_transfer.user.isEmpty()) {
    set(CURLOPT_USERNAME, m_transfer.user.constData());
    set(CURLOPT_PASSWORD, m_transfer.password.constData());
  }
  set(CURLOPT_MAIL_FROM, m_transfer.mailFrom.constData());
  m_recipients = curl_slist_append(nullptr, m_transfer.mailTo.constData());
  set(CURLOPT_MAIL_RCPT, m_recipients);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(m_transfer.body.size()));
  set(CURLOPT_READFUNCTION, &OpenTransfer::giveMail);
  set(CURLOPT_READDATA, static_cast<void *>(this));
  set(CURLOPT_HEADERFUNCTION, &OpenTransfer::takeHeader);
  set(CURLOPT_HEADERDATA, static_cast<void *>(this));
}

curl_socket_t OpenTransfer::openSocket(void *book, curlsocktype, curl_sockaddr *address) {
  return static_cast<SocketBook *>(book)->open(address->family, address->socktype, address->protocol);
}

int OpenTransfer::closeSocket(void *book, curl_socket_t socket) {
  return static_cast<SocketBook *>(book)->close(socket);
}

size_t OpenTransfer::takeBody(char *bytes, size_t size, size_t count, void *self) {
  auto *transfer = static_cast<OpenTransfer *>(self);
  const size_t given = size * count;
  const auto length = static_cast<qsizetype>(given);
  transfer->m_read += length;
  if (transfer->m_read > Transfers::mostRead) return 0;  // ends it; the status is known already
  transfer->m_answer.append(bytes, std::min(length, Transfers::mostKept - transfer->m_answer.size()));
  return given;
}

/// Of SMTP: each line of the server. A refusal stays, whatever is said to the QUIT that follows.
size_t OpenTransfer::takeHeader(char *bytes, size_t size, size_t count, void *self) {
  auto *transfer = static_cast<OpenTransfer *>(self);
  const auto length = std::min(static_cast<qsizetype>(size * count), Transfers::mostKept);
  const bool isGreeting = transfer->m_answer.isEmpty();
  const QByteArray line = QByteArray(bytes, length).trimmed();
  if (isGreeting) transfer->m_isTurnedAway = !line.startsWith('2');
  const auto isRefusal = [](const QByteArray &said) { return said.startsWith('4') || said.startsWith('5'); };
  if (isRefusal(line) || !isRefusal(transfer->m_answer)) transfer->m_answer = line;
  return size * count;
}

size_t OpenTransfer::giveMail(char *bytes, size_t size, size_t count, void *self) {
  auto *transfer = static_cast<OpenTransfer *>(self);
  const QByteArray &mail = transfer->m_transfer.body;
  const auto length = std::min(static_cast<qsizetype>(size * count), mail.size() - transfer->m_given);
  std::memcpy(bytes, mail.constData() + transfer->m_given, static_cast<size_t>(length));
  transfer->m_given += length;
  return static_cast<size_t>(length);
}

TransferEnd OpenTransfer::end(CURLcode code) const {
  TransferEnd end;
  if (!m_handle || !m_isSetUp) {
    end.error = QStringLiteral("libcurl does not support what is needed");
    return end;
  }
  long status = 0;
  curl_easy_getinfo(m_handle, CURLINFO_RESPONSE_CODE, &status);
  end.status = m_isTurnedAway ? 0 : static_cast<int>(status);
  end.answer = m_answer;
  curl_off_t retryAfter = 0;
  curl_easy_getinfo(m_handle, CURLINFO_RETRY_AFTER, &retryAfter);
  end.retryAfter = std::chrono::seconds(std::clamp<curl_off_t>(retryAfter, 0, 86'400));
  const bool isCutShort = code == CURLE_WRITE_ERROR && m_read > Transfers::mostRead;
  if (code != CURLE_OK && !isCutShort) {
    end.error = QString::fromUtf8(*m_error ? static_cast<const char *>(m_error) : curl_easy_strerror(code));
  }
  return end;
}

}  // namespace tagwire::alarms
