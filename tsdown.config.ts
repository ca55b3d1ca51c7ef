import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts', cli: 'src/cli/main.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  // Declared dependencies stay imports; `sql/` and `package.json` are found beside dist/ at run time.
  fixedExtension: false,
  clean: true,
})
