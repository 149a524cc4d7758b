// SPDX-License-Identifier: Apache-2.0
import { html, type TemplateResult } from 'lit';
import '../../elements/tw-empty';
import type { Loader } from '../../loader';
import { texts } from '../../texts';

/** What stands where a table would: why it could not be loaded, or that it is, or that there is nothing. */
export function instead(loader: Loader, empty: string): TemplateResult {
  return loader.failure(texts.log.failed) || html`<tw-empty .heading=${loader.isLoading ? texts.common.loading : empty}></tw-empty>`;
}
