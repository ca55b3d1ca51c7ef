import { defineConfig } from 'tsdown'

export default defineConfig({
  // One file with all that it needs, and the templates beside it: it starts before anything is installed.
  entry: ['main.ts'],
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
  copy: ['../templates'],
  dts: false,
  fixedExtension: false,
  clean: true,
  logLevel: 'warn',
})
