// SPDX-License-Identifier: MPL-2.0
// The views other than the first screen, by their names in the address.
import type { PageName } from '../view.ts';
import { aheadPage } from './ahead.tsx';
import { comparePage } from './compare.tsx';
import { coveragePage } from './coverage.tsx';
import { definitionsPage } from './definitions.tsx';
import { frozenPage } from './frozen.tsx';
import { hoursPage } from './hours.tsx';
import { mapPage } from './map.tsx';
import { missedPage } from './missed.tsx';
import { openPage } from './open.tsx';
import type { Page } from './page.ts';
import { programmePage } from './programme.tsx';
import { qualityPage } from './quality.tsx';
import { scoresPage } from './scores.tsx';
import { spotsPage } from './spots.tsx';
import { stagesPage } from './stages.tsx';

/** What a page reads is what it draws; beside that nobody knows what it is. */
const any = <T,>(page: Page<T>): Page<unknown> => page as unknown as Page<unknown>;
export const pages: Record<PageName, Page<unknown>> = {
  overview: any(comparePage), // never asked for: the first screen is in the first chunk
  compare: any(comparePage),
  map: any(mapPage),
  hours: any(hoursPage),
  stages: any(stagesPage),
  open: any(openPage),
  ahead: any(aheadPage),
  quality: any(qualityPage),
  spots: any(spotsPage),
  coverage: any(coveragePage),
  missed: any(missedPage),
  scores: any(scoresPage),
  programme: any(programmePage),
  frozen: any(frozenPage),
  definitions: any(definitionsPage),
};
