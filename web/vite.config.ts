// SPDX-License-Identifier: MPL-2.0
// One package, one entry per application. The build goes to ../build/web: each
// application's index.html beside hashed files under assets/, which the C server serves for ever (immutable).
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  base: '/',
  publicDir: resolve(here, 'public'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: process.env.GRIDCASE_WEB_OUT ?? resolve(here, '../build/web'),
    emptyOutDir: true,
    target: ['chrome89', 'firefox102', 'safari15.4'],
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      input: {
        console: resolve(here, 'console/index.html'),
        dashboard: resolve(here, 'dashboard/index.html'),
        field: resolve(here, 'field/index.html'),
      },
      output: { entryFileNames: 'assets/[name]-[hash].js', chunkFileNames: 'assets/[name]-[hash].js' },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/unit/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
