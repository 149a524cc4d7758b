// SPDX-License-Identifier: Apache-2.0
const whileHidden = 250; // ms; browsers draw no frames of a page that is not seen

/** Runs something once before the next frame is drawn, however often it is asked for. */
export class NextFrame {
  #isDue = false;
  #run: () => void;

  constructor(run: () => void) {
    this.#run = run;
  }

  ask(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const run = (): void => {
      if (!this.#isDue) return;
      this.#isDue = false;
      this.#run();
    };
    if (!document.hidden) requestAnimationFrame(run);
    // Also where the page is hidden before that frame comes.
    setTimeout(run, whileHidden);
  }
}
