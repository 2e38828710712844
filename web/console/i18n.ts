// SPDX-License-Identifier: MPL-2.0
// Texts of the console alone, beside those that all faces share.
import { texts } from '../lib/i18n/extend.ts';
import zh from './i18n/zh-CN.json';

export const t = texts<keyof typeof zh>(zh, () => import('./i18n/en.json').then((module) => module.default));
