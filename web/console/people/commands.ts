// SPDX-License-Identifier: MPL-2.0
// Words of the server for changing people, and the role that works on the street: the first
// of the fixed list.
import { city } from '../state/app.ts';

export const ADMIT = 'admit';
export const CHANGE = 'change';
export const ROLES = 'roles';
export const CLOSE = 'close';
export const REOPEN = 'reopen';

export const streetRole = (): string => city.value?.roles[0]?.code ?? '';
