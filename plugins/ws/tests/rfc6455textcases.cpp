// SPDX-License-Identifier: Apache-2.0

#include "rfc6455cases.h"

// Group 6. Its octets follow Markus Kuhn's stress test for UTF-8 decoders: the borders of each sequence length, and
// everything that looks like UTF-8 and is not.

namespace tagwire::ws {

namespace {

using Cases = QList<Rfc6455Case>;

constexpr int opcodeText = 1;
/// "κόσμε" with a letter of three octets.
const QByteArray greek = QByteArray::fromHex("cebae1bdb9cf83cebcceb5");
const QByteArray mixed = QByteArrayLiteral("Zone \xc3\xa4\xc3\xb6\xc3\xbc \xc2\xb5 \xe2\x82\xac, tag 4711");
/// Valid up to the surrogate in its middle.
const QByteArray broken = greek + QByteArray::fromHex("eda080") + "end";
/// Valid up to 0x110000, which is past the last code point; its second octet says so.
const QByteArray outOfRange = QByteArray::fromHex("f4908080");

/// Octets that are a text, or not; written in hexadecimal.
struct Sequence {
  QByteArray hex;
  bool isText;
};

Cases empties() {
  return {
      answered("6.1.1 empty text", {rfc6455Frame(opcodeText)}, {{opcodeText, {}}}),
      answered("6.1.2 three empty fragments", atOnce(fragmented(opcodeText, {"", "", ""})), {{opcodeText, {}}}),
      answered("6.1.3 text between two empty fragments", atOnce(fragmented(opcodeText, {"", "middle", ""})),
               {{opcodeText, "middle"}}),
  };
}

QList<QByteArray> octetsOf(const QByteArray &bytes) { return chopped({bytes}); }

Cases wholeTexts() {
  return {
      answered("6.2.1 text of one to three octets a character", {rfc6455Frame(opcodeText, mixed)},
               {{opcodeText, mixed}}),
      answered("6.2.2 the same in two fragments, between two characters",
               atOnce(fragmented(opcodeText, {mixed.left(9), mixed.mid(9)})), {{opcodeText, mixed}}),
      answered("6.2.3 the same in fragments of one octet", atOnce(fragmented(opcodeText, octetsOf(mixed))),
               {{opcodeText, mixed}}),
      answered("6.2.4 Greek in fragments of one octet", atOnce(fragmented(opcodeText, octetsOf(greek))),
               {{opcodeText, greek}}),
      closed("6.3.1 broken text", {rfc6455Frame(opcodeText, broken)}, 1007),
      closed("6.3.2 broken text in fragments of one octet", atOnce(fragmented(opcodeText, octetsOf(broken))), 1007),
  };
}

/// 6.4: the first piece may be the beginning of a text, the second can't be.
Cases failsAtOnce() {
  const QByteArray payload = greek + outOfRange + "end";
  const qsizetype bad = greek.size() + 1;
  const QByteArray whole = rfc6455Frame(opcodeText, payload);
  const qsizetype head = whole.size() - payload.size();
  const auto pieces = [&](qsizetype first, qsizetype second) {
    return QList<QByteArray>{whole.left(head + first), whole.mid(head + first, second - first),
                             whole.mid(head + second)};
  };
  const auto frames = [&](qsizetype first, qsizetype second) {
    return fragmented(opcodeText, {payload.left(first), payload.mid(first, second - first), payload.mid(second)});
  };
  Cases cases{
      closed("6.4.1 the character that breaks the text, in a frame of its own", frames(bad - 1, bad + 3), 1007),
      closed("6.4.2 the octet that breaks the text, in a frame of its own", frames(bad, bad + 1), 1007),
      closed("6.4.3 the character that breaks the text, within one frame", pieces(bad - 1, bad + 3), 1007),
      closed("6.4.4 the octet that breaks the text, within one frame", pieces(bad, bad + 1), 1007),
  };
  for (Rfc6455Case &each : cases) each.acceptedPieces = 1;
  return cases;
}

Cases group(int number, const QByteArray &what, const QList<Sequence> &sequences) {
  Cases cases;
  for (const auto &[hex, isText] : sequences) {
    const QByteArray payload = QByteArray::fromHex(hex);
    const QList<QByteArray> pieces{rfc6455Frame(opcodeText, payload)};
    const QByteArray name = "6." + QByteArray::number(number) + '.' + QByteArray::number(cases.size() + 1) + ' ' +
                            what + " 0x" + hex.left(24);
    cases << (isText ? answered(name, pieces, {{opcodeText, payload}}) : closed(name, pieces, 1007));
  }
  return cases;
}

QList<Sequence> texts(const QList<QByteArray> &all) {
  QList<Sequence> sequences;
  for (const QByteArray &each : all) sequences << Sequence{each, true};
  return sequences;
}

QList<Sequence> noTexts(const QList<QByteArray> &all) {
  QList<Sequence> sequences;
  for (const QByteArray &each : all) sequences << Sequence{each, false};
  return sequences;
}

Cases validAndCutOff() {
  QList<Sequence> prefixes;
  const QList<qsizetype> wholeAt{2, 5, 7, 9, 11};  // where a character of the Greek text ends
  for (qsizetype size = 1; size <= greek.size(); ++size) {
    prefixes << Sequence{greek.left(size).toHex(), wholeAt.contains(size)};
  }
  const auto around = [](const QByteArray &octets) { return QByteArray("tag").toHex() + octets + "3133"; };
  return group(5, "one character of each length",
               texts({around("24"), around("c2a2"), around("e282ac"), around("f0a4ada2"), greek.toHex()})) +
         group(6, "beginning of a text", prefixes);
}

Cases borders() {
  return group(7, "first of its length", texts({"00", "c280", "e0a080", "f0908080"})) +
         group(8, "first of five and six octets", noTexts({"f888808080", "fc8480808080"})) +
         group(9, "last of its length", texts({"7f", "dfbf", "efbfbf", "f48fbfbf"})) +
         group(10, "last of four, five, six octets", noTexts({"f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"})) +
         group(11, "beside a hole", texts({"ed9fbf", "ee8080", "efbfbd", "f48fbfbf"}) + noTexts({"f4908080"}));
}

/// `count` octets from `first` on, each followed by a space.
QByteArray lonely(int first, int count) {
  QByteArray octets;
  for (int i = 0; i < count; ++i) octets.append(static_cast<char>(first + i)).append(' ');
  return octets.toHex();
}

Cases strayOctets() {
  QList<QByteArray> strays{"80", "bf"};
  for (int size = 2; size <= 6; ++size) strays << QByteArray("80bf").repeated(3).left(2 * size);
  QByteArray all;
  for (int octet = 0x80; octet < 0xbf; ++octet) all.append(static_cast<char>(octet));
  strays << all.toHex();
  const QList<QByteArray> unfinished{"c0", "e080", "f08080", "f8808080", "fc80808080",
                                     "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"};
  return group(12, "continuation without a start", noTexts(strays)) +
         group(13, "start without a continuation",
               noTexts({lonely(0xc0, 31), lonely(0xe0, 15), lonely(0xf0, 7), lonely(0xf8, 3), lonely(0xfc, 1)})) +
         group(14, "last octet is missing", noTexts(unfinished)) +
         group(15, "all of these in a row", noTexts({unfinished.join()})) +
         group(16, "octets of no text", noTexts({"fe", "ff", "fefeffff"}));
}

Cases overlong() {
  return group(17, "overlong slash", noTexts({"c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"})) +
         group(18, "longest overlong", noTexts({"c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"})) +
         group(19, "overlong NUL", noTexts({"c080", "e08080", "f0808080", "f880808080", "fc8080808080"}));
}

Cases surrogates() {
  QList<QByteArray> pairs;
  for (const char *high : {"eda080", "edadbf", "edae80", "edafbf"}) {
    for (const char *low : {"edb080", "edbfbf"}) pairs << QByteArray(high) + low;
  }
  return group(20, "surrogate", noTexts({"eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"})) +
         group(21, "pair of surrogates", noTexts(pairs));
}

/// 6.22, 6.23: the last two code points of every plane, and the specials; odd, but text.
Cases oddCharacters() {
  const auto hexOf = [](char32_t point) { return QString::fromUcs4(&point, 1).toUtf8().toHex(); };
  QList<QByteArray> lastOfPlanes;
  for (char32_t plane = 0; plane <= 0x10; ++plane) {
    lastOfPlanes << hexOf(plane * 0x10000 + 0xFFFE) << hexOf(plane * 0x10000 + 0xFFFF);
  }
  QList<QByteArray> specials;
  for (char32_t point = 0xFFF9; point <= 0xFFFF; ++point) specials << hexOf(point);
  return group(22, "no character", texts(lastOfPlanes)) + group(23, "special", texts(specials));
}

}  // namespace

QList<Rfc6455Case> rfc6455TextCases() {
  return empties() + wholeTexts() + failsAtOnce() + validAndCutOff() + borders() + strayOctets() + overlong() +
         surrogates() + oddCharacters();
}

}  // namespace tagwire::ws
