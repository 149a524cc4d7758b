// SPDX-License-Identifier: Apache-2.0
import { alarmBook } from './alarms';
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
statusWatch.start();
