// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtCore/qglobal.h>

#ifdef TAGWIRE_CORE_BUILD
#define TAGWIRE_EXPORT Q_DECL_EXPORT
#else
#define TAGWIRE_EXPORT Q_DECL_IMPORT
#endif
