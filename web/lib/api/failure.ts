// SPDX-License-Identifier: MPL-2.0
import { has, t } from '../i18n/index.ts';
import { ApiError, LineError } from './client.ts';

/** The condition of the process that does not hold, "other_department" of "...: other_department(department)". */
const failedGuard = (detail = ''): string => /: (\w+)\([^()]*\)$/.exec(detail)?.[1] ?? '';

/** What went wrong, in words: by the stable code, else as the server put it. */
export function failureWords(error: unknown): string {
  if (error instanceof LineError) return t(error.timedOut ? 'error.timeout' : 'error.line');
  if (error instanceof ApiError) {
    const key = `error.${error.code}`;
    const why = `${key}.${failedGuard(error.problem.detail)}`;
    if (has(why)) return t(why);
    if (has(key)) return t(key, { s: error.problem.retry_after_s ?? '', detail: error.problem.detail ?? '' });
    const byStatus = `error.http.${error.status}`;
    if (error.problem.detail) return error.problem.detail;
    if (has(byStatus)) return t(byStatus);
  }
  return t('error.unknown');
}

/** A trouble told inside an answer, by its code and the server's words. */
export function codeWords(code: string, text: string): string {
  const key = `error.${code}`;
  return has(key) ? t(key, { detail: text }) : text;
}
