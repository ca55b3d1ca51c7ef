import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  // The package's own name means its sources, as in tsconfig's paths.
  resolve: {
    alias: [
      { find: /^midwatch$/, replacement: source('./src/index.ts') },
      { find: /^midwatch\/testing$/, replacement: source('./src/testing/index.ts') },
      { find: /^midwatch\/rehearse$/, replacement: source('./src/rehearse/index.ts') },
    ],
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['test/global-postgres.ts'],
    // Processes, not threads: tests send signals, and a crash stays in its file.
    pool: 'forks',
    // One more than cores: many tests wait for processes, leases and doubts.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
