// SPDX-License-Identifier: MPL-2.0
import { texts, type Texts } from '../lib/i18n/extend.ts';
import zh from './i18n/zh-CN.json';

export type FieldKey = keyof typeof zh;
export const t = texts<FieldKey>(zh, () => import('./i18n/en.json').then((module) => module.default as Texts));
