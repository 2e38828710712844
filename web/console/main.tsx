// SPDX-License-Identifier: MPL-2.0
import { render } from 'preact';
import { preferredLanguage, setLanguage } from '../lib/i18n/index.ts';
import './style.css';
import { start } from './state/app.ts';
import { App } from './views/app.tsx';

function stored(): string | null {
  try {
    return localStorage.getItem('gridcase:language');
  } catch {
    return null;
  }
}

await setLanguage(preferredLanguage(stored(), navigator.languages));
render(<App />, document.getElementById('app')!);
await start();
