// SPDX-License-Identifier: MPL-2.0
import { render } from 'preact';
import { startLanguage } from '../lib/i18n/index.ts';
import './style.css';
import { startDuty } from './state/duty.ts';
import { startLists } from './state/lists.ts';
import { startPosition } from './state/position.ts';
import { start } from './state/session.ts';
import { startTheme } from './state/theme.ts';
import { startTrack } from './state/track.ts';
import { startWorker } from './state/update.ts';
import { startOutbox } from './state/work.ts';
import { App } from './views/app.tsx';

startTheme();
await startLanguage();
startLists();
startDuty();
startOutbox();
startPosition();
startTrack();
render(<App />, document.getElementById('app')!);
void startWorker();
await start();
