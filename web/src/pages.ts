// SPDX-License-Identifier: Apache-2.0
import { session } from './session';
import { texts } from './texts';

export interface Page {
  id: string;
  /** The page's custom element; the shell makes one when the page is opened and drops it when it is left. */
  element: string;
  label: string;
  icon: string;
  /** Whether the caller may see anything of it. */
  isAllowed: () => boolean;
  load: () => Promise<unknown>;
}

export const pages: readonly Page[] = [
  {
    id: 'overview',
    element: 'page-overview',
    label: texts.navigation.overview,
    icon: 'overview',
    isAllowed: () => true,
    load: () => import('./pages/overview'),
  },
  {
    id: 'points',
    element: 'page-points',
    label: texts.navigation.points,
    icon: 'points',
    isAllowed: () => session.maySome('points:read') || session.maySome('positions:read'),
    load: () => import('./pages/points'),
  },
  {
    id: 'trends',
    element: 'page-trends',
    label: texts.navigation.trends,
    icon: 'trends',
    isAllowed: () => session.maySome('points:read') || session.maySome('history:read'),
    load: () => import('./pages/trends'),
  },
  {
    id: 'alarms',
    element: 'page-alarms',
    label: texts.navigation.alarms,
    icon: 'alarms',
    isAllowed: () => session.maySome('alarms:read'),
    load: () => import('./pages/alarms'),
  },
  {
    id: 'map',
    element: 'page-map',
    label: texts.navigation.map,
    icon: 'map',
    isAllowed: () => session.maySome('positions:read'),
    load: () => import('./pages/map'),
  },
  {
    id: 'panel',
    element: 'page-panel',
    label: texts.navigation.panel,
    icon: 'panel',
    isAllowed: () => session.maySome('points:read'),
    load: () => import('./pages/panel'),
  },
  {
    id: 'configuration',
    element: 'page-configuration',
    label: texts.navigation.configuration,
    icon: 'configuration',
    isAllowed: () => ['manifest:write', 'tokens:admin', 'users:admin'].some((right) => session.maySome(right)),
    load: () => import('./pages/configuration'),
  },
  {
    id: 'log',
    element: 'page-log',
    label: texts.navigation.log,
    icon: 'log',
    isAllowed: () => ['events:read', 'alarms:read', 'commands:read', 'audit:read', 'ws:stats'].some((right) => session.maySome(right)),
    load: () => import('./pages/log'),
  },
];
