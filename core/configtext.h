// SPDX-License-Identifier: Apache-2.0
// What the schema, the key tables and the text of `tagwire init` say of a key.
#pragma once

#include "config.h"

namespace tagwire {

/// Stands for a point of another instance in examples; `tagwire init` puts one of its own in its place.
constexpr const char *examplePoint = "plc1/boiler/temp";

/// "list of text, 1…200"
QString typeText(const TypeNode &type, const Key::Rules &rules);
/// What holds when the key is absent. Null when that can't be written: it is of no such type, or out of its own range.
QJsonValue defaultOf(const TypeNode::Field &field);
/// Null when there is none.
QJsonValue exampleOf(const TypeNode &type, const Key::Rules &rules);
/// The text of `tagwire init` for an object, its braces included …
QString makeStarter(const TypeNode &type);
/// … and for one key; all in comments when it may be left out.
QStringList starterLines(const TypeNode::Field &field);

}  // namespace tagwire
