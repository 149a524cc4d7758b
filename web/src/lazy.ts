// SPDX-License-Identifier: Apache-2.0
const pause = 5_000; // ms

/** A part of the pages that is loaded when somebody looks at it, tried again until it is there: the server may be away for a moment. */
export async function lazily<Part>(load: () => Promise<Part>): Promise<Part> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
