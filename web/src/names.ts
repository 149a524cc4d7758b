// SPDX-License-Identifier: Apache-2.0
// Names of points in lists: in addresses of pages and in questions to the server, where a comma stands between two.

/** For REST: a comma of the name itself does not part it. */
export function restName(name: string): string {
  return name.replaceAll(',', '%2C');
}

export function joinNames(names: readonly string[]): string {
  return names.map((name) => name.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');
}

export function splitNames(text: string): string[] {
  const names = text.split(',').map((name) => name.replaceAll('%2C', ',').replaceAll('%25', '%'));
  return [...new Set(names.filter((name) => name !== ''))];
}
