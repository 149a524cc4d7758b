// SPDX-License-Identifier: Apache-2.0
__attribute__((visibility("default"))) int functionOfAnother();
int functionOfAnother() { return 1; }
