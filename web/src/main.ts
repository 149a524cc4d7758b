// SPDX-License-Identifier: Apache-2.0
import { alarmBook } from './alarms';
import { approvals } from './approvals';
import './elements/tw-app';
import { live } from './live';
import { notices } from './notices';
import { router } from './router';
import { session } from './session';
import { statusWatch } from './status';
import { theme } from './theme';

theme.start();
router.start();
session.start();
live.start();
alarmBook.start();
notices.start();
approvals.start();
statusWatch.start();

// For the developer console: tagwire.live.watchTopic('alarms/#', console.log)
Object.assign(globalThis, { tagwire: { live } });
