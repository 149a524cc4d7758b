// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: lines of GISData as listeners get them. The first byte says in which pieces they come; that may
// make no difference. What is accepted must be fit for use, and what is said of the rest short.
#include <QTimeZone>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "intake/fixline.h"
#include "intake/linereader.h"

namespace {

using namespace tagwire;
using namespace tagwire::rtls;

void require(bool holds) {
  if (!holds) std::abort();
}

LineReader::Lines read(const QByteArray &bytes, qsizetype piece) {
  LineReader reader;
  LineReader::Lines all;
  const auto keep = [&all](const LineReader::Lines &lines) {
    all.lines += lines.lines;
    all.tooLong += lines.tooLong;
  };
  for (qsizetype from = 0; from < bytes.size(); from += piece) keep(reader.add(bytes.mid(from, piece)));
  keep(reader.finish());
  require(!reader.isHalf());
  return all;
}

void use(const QByteArray &line) {
  require(!line.isEmpty() && line.size() <= LineReader::longest && !line.contains('\n'));
  const auto fix = fixFromLine(line, QTimeZone::utc());
  if (!fix) {
    require(!fix.error().isEmpty() && fix.error().size() < 200 && refusalLine(fix.error()).count('\n') == 1);
    return;
  }
  require(std::isfinite(fix->x) && std::isfinite(fix->y) && std::isfinite(fix->z));
  require(!fix->fix.tag.isEmpty() && fix->fix.tag.size() <= 128);
  require(fix->fix.battery >= -1 && fix->fix.battery <= 100);
  require(fix->fix.sequence == -1 || (fix->fix.sequence >= 1 && fix->fix.sequence <= 200));
  require(!fix->time || toMilliseconds(*fix->time) >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size) {
  if (size == 0) return 0;
  // Repeated, so that a short input can make a line that is too long.
  const auto length = static_cast<qsizetype>(size);
  const bool isRepeated = data[0] >= 254;
  const qsizetype times = isRepeated ? LineReader::longest / length + 2 : 1;
  const auto bytes = QByteArray(reinterpret_cast<const char *>(data) + 1, length - 1).repeated(times);
  const auto whole = read(bytes, std::max<qsizetype>(bytes.size(), 1));
  const auto pieces = read(bytes, isRepeated ? 1000 : data[0] + 1);
  require(whole.lines == pieces.lines && whole.tooLong == pieces.tooLong);
  for (qsizetype i = 0; i < std::min<qsizetype>(whole.lines.size(), 20); ++i) use(whole.lines.at(i));
  return 0;
}
