import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Files that need a process of their own: they end it, send it signals, change what all of it shares, or measure it. All others
 * take turns in a few processes, where what one has loaded the next finds: loading takes longer than most tests.
 */
const ALONE = [
  'src/ledger/embedded/*.test.ts',
  'src/tools/isolate*.test.ts',
  'src/tools/mcp/*.test.ts',
  // They ask for every MCP server that their process knows.
  'src/cli/commands/mcp.test.ts',
  'src/rehearse/{campaign,real}/*.test.ts',
  'src/cli/{config,dev/*}.test.ts',
  'test/*/**/*.test.ts',
  // Their workers die without a word, and go on waiting for ever.
  'test/{replay,replay-changed,lost-kill,runtime}.test.ts',
  // They start processes, or stop and cut off the clients of servers.
  'test/{cut-connection,global-postgres,isolated-tool,package,ready,rehearsal-page,stopped-client}.test.ts',
  'examples/**/*.test.ts',
]

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
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['test/global-postgres.ts'],
    // Processes, not threads: tests send signals, and a crash stays in its file.
    pool: 'forks',
    // One more than cores: many tests wait for processes, leases and doubts.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: { name: 'together', include: ['{src,test,bench}/**/*.test.ts'], exclude: ALONE, isolate: false },
      },
    ],
  },
})
