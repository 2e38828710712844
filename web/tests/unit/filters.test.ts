// SPDX-License-Identifier: MPL-2.0
import { describe, expect, it } from 'vitest';
import { basePath } from '../../lib/session/host.ts';
import { activeChips, exportQuery, type Filters, filterQuery, noFilters, readFilters, writeFilters } from '../../console/state/filters.ts';

const some: Filters = {
  queue: 'mine',
  sort: 'newest',
  q: 'pot hole',
  stage: 'handle',
  department: '7',
  class: '12',
  area: '3',
  light: 'red',
  inMap: true,
};

describe('filters in the address', () => {
  it('come back as they were written', () => {
    const written = new URLSearchParams(writeFilters(some)).toString();
    expect(readFilters(`?${written}`)).toEqual(some);
  });
  it('leave the plain list without parameters', () => {
    expect(writeFilters(noFilters)).toEqual({});
    expect(readFilters('')).toEqual(noFilters);
  });
  it('take no word they do not know', () => {
    expect(readFilters('?queue=everything&sort=up&light=pink&inmap=yes')).toEqual(noFilters);
  });
});

describe('filters as a query', () => {
  it('ask for open cases unless told otherwise', () => {
    expect(filterQuery(noFilters, null).open).toBe(true);
    expect(filterQuery({ ...noFilters, queue: 'all' }, null).open).toBeUndefined();
  });
  it('name the queues of the server, and overdue as red', () => {
    expect(filterQuery({ ...noFilters, queue: 'where' }, null)).toMatchObject({ queue: 'where', open: true });
    expect(filterQuery({ ...noFilters, queue: 'overdue' }, null)).toMatchObject({ light: 'red', open: true });
    expect(filterQuery({ ...noFilters, queue: 'overdue' }, null).queue).toBeUndefined();
  });
  it('look for a number among all cases, whatever list is shown', () => {
    const query = filterQuery({ ...some, q: ' bos202510010001 ' }, [1, 2, 3, 4]);
    expect(query.number).toBe('BOS202510010001');
    expect(query.bbox).toBeUndefined();
    expect(query.open).toBeUndefined();
    expect(query.queue).toBeUndefined();
  });
  it('search words within the list that is shown, with every other filter', () => {
    expect(filterQuery(some, null)).toMatchObject({ q: 'pot hole', queue: 'mine', open: true, class: '12', light: 'red' });
    expect(filterQuery({ ...noFilters, q: '12 Main' }, null)).toMatchObject({ q: '12 Main', number: '' });
    expect(filterQuery({ ...noFilters, q: 'BOS2025' }, null)).toMatchObject({ q: 'BOS2025' });
  });
  it('make the table that the list is', () => {
    expect(exportQuery(some, null, 'zh-CN')).toEqual({ ...filterQuery(some, null), sort: 'newest', language: 'zh-CN' });
  });
  it('understand the links of before', () => {
    expect(readFilters('?number=B1').q).toBe('B1');
  });
  it('carry the map only when asked', () => {
    expect(filterQuery({ ...noFilters, inMap: true }, [1, 2, 3, 4]).bbox).toBe('1.00000,2.00000,3.00000,4.00000');
    expect(filterQuery(noFilters, [1, 2, 3, 4]).bbox).toBeUndefined();
  });
  it('become chips, one each', () => {
    expect(activeChips(some)).toEqual(['stage', 'light', 'department', 'class', 'area', 'inMap']);
    expect(activeChips(noFilters)).toEqual([]);
  });
});

describe('place of the API', () => {
  it('follows the page: below the city, or at the root of its own host', () => {
    expect(basePath('/boston/console/', 'console')).toBe('/boston');
    expect(basePath('/console/', 'console')).toBe('');
    expect(basePath('/boston/console', 'console')).toBe('/boston');
  });
});
