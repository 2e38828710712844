// SPDX-License-Identifier: MPL-2.0
// Texts of one application beside those that all share: its catalogues are added before the
// first page is drawn, and its own t() knows the keys of both.
import { addTexts, type Key, t } from './index.ts';

type Message = string | { one?: string; other: string };
export type Texts = Record<string, Message>;

/** zh-CN comes with the application, en when it is wanted. */
export function texts<K extends string>(zh: Record<K, Message>, en: () => Promise<Texts>) {
  addTexts(zh as Texts, en);
  return (key: K | Key, values: Record<string, string | number> = {}): string => t(key as Key, values);
}
