// SPDX-License-Identifier: Apache-2.0
/** "1 rule", "5 rules". */
export const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;
