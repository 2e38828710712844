// SPDX-License-Identifier: MPL-2.0
// Light for the sun, dark for the night shift: as the person chose, never by itself.
import { signal } from '@preact/signals';

export const dark = signal(false);
const NAME = 'gridcase:field:dark';

export function startTheme(): void {
  try {
    dark.value = localStorage.getItem(NAME) === '1';
  } catch {
    // As it is by itself.
  }
  dark.subscribe((on) => {
    document.documentElement.dataset.theme = on ? 'dark' : 'light';
    document.querySelector('meta[name=color-scheme]')?.setAttribute('content', on ? 'dark' : 'light');
  });
}
export function setDark(on: boolean): void {
  dark.value = on;
  try {
    localStorage.setItem(NAME, on ? '1' : '0');
  } catch {
    // For this time only.
  }
}
