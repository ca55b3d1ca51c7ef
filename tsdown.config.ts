import { defineConfig } from 'tsdown'
import { isolatedBuild } from './scripts/setup/isolated-build.mjs'

const SHARED = {
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Types are written by tsc (tsconfig.types.json): bundlers' own way to them never ended on a tree of this size.
  dts: false,
  fixedExtension: false,
  logLevel: 'warn',
} as const

export default defineConfig([
  {
    ...SHARED,
    // File by file: `sql/` and the modules that a child process is started with lie beside dist/ as they lie beside src/.
    entry: ['src/**/*.ts', '!src/**/*.test.ts', '!src/**/*.fixture.ts'],
    unbundle: true,
    clean: true,
  },
  { ...SHARED, ...isolatedBuild() },
])
