// SPDX-License-Identifier: MPL-2.0
import type { CaseClass } from '../api/types.ts';

/** What earlier editions of the standard called a class, to be found by. */
export const formerWords = ({ former = [] }: CaseClass): string =>
  former.map((one) => `${Object.values(one.name).join(' ')} ${one.code}`).join(' ');
