// SPDX-License-Identifier: MPL-2.0
import { render } from 'preact';
import { startLanguage } from '../lib/i18n/index.ts';
import './style.css';
import { start } from './state.ts';
import { App } from './app.tsx';

await startLanguage();
render(<App />, document.getElementById('app')!);
await start();
