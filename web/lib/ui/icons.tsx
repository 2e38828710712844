// SPDX-License-Identifier: MPL-2.0
// The few pictures of the page: drawn here, coloured by the text around them.
import type { Light } from '../api/types.ts';

const paths = {
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 10l3.5 3.5',
  back: 'M10 3L5 8l5 5',
  up: 'M3 10l5-5 5 5',
  down: 'M3 6l5 5 5-5',
  pin: 'M8 14s4.5-4.6 4.5-8A4.5 4.5 0 0 0 3.500 6c0 3.400 4.500 8 4.500 8zM8 7.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z',
  list: 'M3 4h10M3 8h10M3 12h10',
  map: 'M2 4l4-1.500 4 1.500 4-1.500v9.500l-4 1.500-4-1.500-4 1.500zM6 2.500v9.500M10 4v9.500',
  doc: 'M4 2h5l3 3v9H4zM9 2v3h3M6 8h4M6 11h4',
  photo: 'M2 4.500h3L6 3h4l1 1.500h3v8.500H2zM8 11a2.300 2.300 0 1 0 0-4.600A2.300 2.300 0 0 0 8 11z',
  person: 'M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8zM3 14c.6-2.800 2.500-4 5-4s4.400 1.200 5 4',
  fit: 'M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4',
  layers: 'M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3',
  warn: 'M8 2l6.500 11.500h-13zM8 6.500v3M8 11.500v.3',
  print: 'M4.500 6V2h7v4M4.500 11.500H2V6h12v5.500h-2.500M4.500 9.500h7V14h-7z',
  more: 'M3.500 8h.01M8 8h.01M12.500 8h.01',
  star: 'M8 2l1.800 3.800 4.200.6-3 2.900.7 4.200L8 11.500l-3.700 2 .7-4.200-3-2.900 4.200-.6z',
  here: 'M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM8 1v2.500M8 12.500V15M1 8h2.500M12.500 8H15M8 7.500v1',
  down_to: 'M8 2v8M4.500 7L8 10.500 11.500 7M3 13.500h10',
  copy: 'M5.500 5.500V2.500h8v8h-3M2.500 5.500h8v8h-8z',
  check: 'M3 8.500l3.500 3.500L13 4.500',
  rise: 'M8 13V3M4 7l4-4 4 4',
  fall: 'M8 3v10M4 9l4 4 4-4',
  same: 'M3 6h10M3 10h10',
  phone: 'M3 2.500h3l1 3-1.700 1.200a7.500 7.500 0 0 0 4 4L10.500 9l3 1v3c-6 .7-11.200-4.500-10.500-10.500z',
  reply: 'M6.500 4L2.500 8l4 4M2.500 8h7a4 4 0 0 1 4 4',
  eye: 'M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  help: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.300 6.400a1.700 1.700 0 1 1 2.500 1.500c-.5.300-.8.600-.8 1.100M8 11.200v.1',
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

/** Circle, triangle, square, ring: told apart without colour, as on the map. */
export function LightIcon({ light, paused = false }: { light: Light; paused?: boolean }) {
  return (
    <svg class={`light-icon ${light}`} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" focusable="false">
      {paused ? (
        <path d="M4 2v10M10 2v10" stroke="currentColor" stroke-width="3" />
      ) : light === 'green' ? (
        <circle cx="7" cy="7" r="5" fill="currentColor" />
      ) : light === 'yellow' ? (
        <path d="M7 1l6.500 11.500h-13z" fill="currentColor" />
      ) : light === 'red' ? (
        <rect x="1.500" y="1.500" width="11" height="11" rx="1" fill="currentColor" />
      ) : (
        <circle cx="7" cy="7" r="4.200" fill="none" stroke="currentColor" stroke-width="2" />
      )}
    </svg>
  );
}
