// SPDX-License-Identifier: Apache-2.0
#include "randomtext.h"

#include <sodium.h>

namespace tagwire {

QByteArray randomText(int bytes) {
  // Without it nothing secret can be made, and going on would be worse than ending.
  if (sodium_init() < 0) qFatal("libsodium can't be initialised");
  QByteArray random(bytes, Qt::Uninitialized);
  randombytes_buf(random.data(), static_cast<size_t>(random.size()));
  return random.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

}  // namespace tagwire
