// SPDX-License-Identifier: Apache-2.0
#include <QtCore/qglobal.h>

Q_DECL_EXPORT int functionOfAnother() { return 1; }
