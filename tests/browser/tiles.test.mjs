// SPDX-License-Identifier: MPL-2.0
// The map on vector tiles: no GeoJSON for open work, live without a flicker, groups that come
// apart, and what tiles do not have is asked for otherwise.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, Api, closeBrowser, deskOf, done, live, Server } from './support.mjs';

let server;
let collector;
before(async () => {
  server = await Server.start();
  collector = await Api.as(server, server.person('collector1'));
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

const idle = (page) => page.waitForFunction(() => document.querySelector('.map')?.dataset.idle);
const onMap = (page, number) => page.waitForFunction((one) => globalThis.gridcaseMap?.find(one), number);

test('open work comes in tiles, and a case shows by itself when it is reported and when it ends', async () => {
  const there = await collector.report({ at: [30, 30], description: 'there before', source: 'collector' });
  const page = await deskOf(server, 'acceptor');
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.reload();
  await idle(page);
  await live(page);
  await page.evaluate(() => globalThis.gridcaseMap.map.getView().setZoom(18));
  await onMap(page, there.number);
  assert.ok(asked.some((path) => path.includes('/tiles/cases/')));
  assert.ok(asked.some((path) => path.includes('/tiles/grids/')));
  assert.ok(!asked.some((path) => path.includes('/geo/')), 'no GeoJSON for open work');

  // Every frame until the new case is there still shows the old one.
  await page.evaluate((number) => {
    globalThis.missed = 0;
    globalThis.gridcaseMap.map.on('postrender', () => {
      if (!globalThis.gridcaseMap.find(number)) globalThis.missed++;
    });
  }, there.number);
  const fresh = await collector.report({ at: [60, 60], description: 'new', source: 'collector' });
  await onMap(page, fresh.number);
  assert.equal(await page.evaluate(() => globalThis.missed), 0, 'the other case did not flicker');

  // It is the very case: pointed at, chosen, ended by somebody else, gone.
  await page.waitForTimeout(400);
  const spot = await page.evaluate((number) => globalThis.gridcaseMap.pixelOf(number), fresh.number);
  const box = await page.locator('.map').boundingBox();
  await page.mouse.click(box.x + spot[0], box.y + spot[1]);
  await page.waitForFunction((number) => new URLSearchParams(location.search).get('case') === number, fresh.number);
  await (await Api.as(server, server.person('acceptor'))).act(fresh.number, 'rejected', { opinion: 'not ours' });
  await page.waitForFunction((number) => !globalThis.gridcaseMap.find(number), fresh.number);
  assert.ok(await page.evaluate((number) => Boolean(globalThis.gridcaseMap.find(number)), there.number));
  await done(page);
});

test('a group opens where it comes apart; cases in one place open the most urgent', async () => {
  const point = [45, 75];
  const same = [];
  for (let i = 0; i < 3; i++) same.push((await collector.report({ at: point, description: `pile ${i}`, source: 'collector' })).number);
  const page = await deskOf(server, 'acceptor');
  await idle(page);
  await page.evaluate(() => globalThis.gridcaseMap.map.getView().setZoom(13));
  const group = () =>
    page.evaluate(() => {
      const map = globalThis.gridcaseMap;
      let found = null;
      map.map.getLayers().forEach((layer) => {
        for (const feature of layer.getSource?.()?.getFeatures?.() ?? []) {
          if (!found && feature.get('count') > 1) found = { count: feature.get('count'), pixel: map.map.getPixelFromCoordinate(feature.getGeometry().getCoordinates()) };
        }
      });
      return found;
    });
  await page.waitForFunction(() => globalThis.gridcaseMap.map.getView().getZoom() < 13.5);
  await page.waitForTimeout(800);
  const first = await group();
  assert.ok(first && first.count >= 4, 'all in one from afar');
  const box = await page.locator('.map').boundingBox();
  await page.mouse.click(box.x + first.pixel[0], box.y + first.pixel[1]);
  await page.waitForFunction(() => globalThis.gridcaseMap.map.getView().getZoom() > 15);
  // Nearer and nearer: what lies in one place never comes apart, and opens.
  for (let i = 0; i < 6 && !new URL(page.url()).searchParams.get('case'); i++) {
    await page.waitForTimeout(900);
    const next = await group();
    assert.ok(next, 'the pile is on the map');
    await page.mouse.click(box.x + next.pixel[0], box.y + next.pixel[1]);
    await page.waitForTimeout(300);
  }
  await page.waitForFunction((numbers) => numbers.includes(new URLSearchParams(location.search).get('case')), same);
  await done(page);
});

test('ended cases are on the map too, when the list has them', async () => {
  const made = await collector.report({ at: [80, 20], description: 'short life', source: 'collector' });
  await (await Api.as(server, server.person('acceptor'))).act(made.number, 'rejected', { opinion: 'no' });
  const page = await deskOf(server, 'acceptor', { path: '?queue=all' });
  await idle(page);
  await page.evaluate(() => globalThis.gridcaseMap.map.getView().setZoom(18));
  await page.waitForFunction((number) => globalThis.gridcaseMap.pixelOf(number), made.number);
  assert.equal(await page.evaluate((number) => globalThis.gridcaseMap.find(number), made.number), null, 'not out of a tile');
  await done(page);
});
