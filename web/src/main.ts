// SPDX-License-Identifier: Apache-2.0
import { alarmBook } from './alarms';
import { approvals } from './approvals';
import './elements/tw-app';
import { live } from './live';
import { notices } from './notices';
import { router } from './router';
import { session } from './session';
import { alarmSound } from './sound';
import { statusWatch } from './status';
import { texts } from './texts';
import { theme } from './theme';

theme.start();
router.start();
session.start();
live.start();
alarmBook.start();
notices.start();
alarmSound.start();
approvals.start();
statusWatch.start();

// A part that is loaded later was not: a new version was installed, or the server is away. Browsers do not ask for it again.
let isTold = false;
addEventListener('vite:preloadError', () => {
  if (!isTold) notices.add({ kind: 'error', text: texts.shell.partFailed, detail: texts.shell.partFailedHint, lasts: 0 });
  isTold = true;
});

// For the developer console: tagwire.live.watchTopic('alarms/#', console.log)
Object.assign(globalThis, { tagwire: { live } });
