// SPDX-License-Identifier: MPL-2.0
import { render } from 'preact';
import { startLanguage } from '../lib/i18n/index.ts';
import './style.css';
import { start } from './state/app.ts';
import { App } from './views/app.tsx';

// The first questions are on their way while the texts come.
const started = start();
await startLanguage();
render(<App />, document.getElementById('app')!);
await started;
