// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMap>

#include <functional>

#include "confignode.h"

namespace tagwire::modbus {

/// What stands for `{name}`: a text, a number, true or false. Plain value.
struct Parameter {
  ConfigNode value;
};

/// Whether the value of a point's key has to go through substituted(). Keys that begin with x- are the user's own.
bool holdsParameters(const ConfigNode::Member &member);

/// Calls `tell` for each `{name}` in a text; `{{` and `}}` are braces. False for a `{` that never ends.
bool forEachName(const QString &text, const std::function<void(const QString &name)> &tell);

/// The text with its `{name}`s replaced. One that is nothing but `{name}` takes the parameter's type; a CSV cell stays
/// text, for its key decides the type. `values` holds every name.
ConfigNode substituted(const ConfigNode &text, const QMap<QString, Parameter> &values);

}  // namespace tagwire::modbus
