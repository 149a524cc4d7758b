// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace tagwire::ws {

/// What is wrong with `<what>[:<pattern>]:<verb>` (spec, "Permissions"), with what is allowed; empty when all is well.
QString permissionProblem(const QString &permission);

}  // namespace tagwire::ws
