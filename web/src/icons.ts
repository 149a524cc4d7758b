// SPDX-License-Identifier: Apache-2.0
// Line icons of 24 × 24, drawn here so that nothing has to be loaded.
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

const shapes: Record<string, SVGTemplateResult> = {
  overview: svg`<path d="M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-4H4z"/>`,
  points: svg`<path d="M4 6h16M4 12h16M4 18h10"/><circle cx="19" cy="18" r="1.6"/>`,
  trends: svg`<path d="M4 4v16h16"/><path d="M7 15l4-5 3 3 5-7"/>`,
  alarms: svg`<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21h4"/>`,
  map: svg`<path d="M9 4L4 6v14l5-2 6 2 5-2V4l-5 2zM9 4v14M15 6v14"/>`,
  panel: svg`<rect x="4" y="4" width="7" height="7"/><rect x="13" y="4" width="7" height="7"/><rect x="4" y="13" width="16" height="7"/>`,
  configuration: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  log: svg`<path d="M6 3h9l4 4v14H6zM9 11h7M9 15h7M9 7h3"/>`,
  more: svg`<circle cx="5" cy="12" r="1.5"/><circle cx="12" cy="12" r="1.5"/><circle cx="19" cy="12" r="1.5"/>`,
  user: svg`<circle cx="12" cy="8" r="4"/><path d="M4 21c1-5 4-7 8-7s7 2 8 7"/>`,
  close: svg`<path d="M6 6l12 12M18 6L6 18"/>`,
  search: svg`<circle cx="11" cy="11" r="6"/><path d="M16 16l4 4"/>`,
  star: svg`<path d="M12 4l2.5 5.2 5.5.8-4 4 1 5.8-5-2.8-5 2.8 1-5.8-4-4 5.5-.8z"/>`,
  write: svg`<path d="M4 20l1-4L16 5l3 3L8 19zM14 7l3 3"/>`,
  open: svg`<path d="M9 6l6 6-6 6"/>`,
  tree: svg`<path d="M5 4v14h4M5 9h4"/><rect x="9" y="7" width="10" height="4"/><rect x="9" y="16" width="10" height="4"/>`,
  back: svg`<path d="M15 6l-6 6 6 6"/>`,
  copy: svg`<rect x="8" y="8" width="12" height="12"/><path d="M16 8V4H4v12h4"/>`,
  minus: svg`<path d="M5 12h14"/>`,
  play: svg`<path d="M7 5l12 7-12 7z"/>`,
  pause: svg`<path d="M8 5v14M16 5v14"/>`,
  history: svg`<path d="M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4"/><path d="M12 8v4l3 2"/>`,
  full: svg`<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>`,
  remove: svg`<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5"/>`,
  sound: svg`<path d="M4 9.5v5h3.5l5 4v-13l-5 4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
  soundOff: svg`<path d="M4 9.5v5h3.5l5 4v-13l-5 4zM16 9.5l5 5M21 9.5l-5 5"/>`,
  check: svg`<path d="M5 12.5l4.5 4.5L19 7"/>`,
  comment: svg`<path d="M4 5h16v11H11l-4 4v-4H4z"/>`,
  shelve: svg`<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>`,
  download: svg`<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>`,
  share: svg`<path d="M12 15V4M8 8l4-4 4 4M5 13v7h14v-7"/>`,
  refresh: svg`<path d="M19 8a8 8 0 1 0 1 6M20 4v5h-5"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
};

/** Says nothing to screen readers: the text beside it does. */
export function icon(name: string, isFilled = false): TemplateResult {
  return html`<svg
    viewBox="0 0 24 24"
    width="1.25em"
    height="1.25em"
    fill=${isFilled ? 'currentColor' : 'none'}
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linejoin="round"
    stroke-linecap="round"
    aria-hidden="true"
    focusable="false"
  >
    ${shapes[name] ?? ''}
  </svg>`;
}
