/**
 * What isolated children run, in few files, for they load it anew for each call: options of tsdown that put it into
 * `isolated/` below `folder` (empty, or with its slash), laid out so that paths relative to `tools/` stay right.
 * @param {string} [folder]
 */
export function isolatedBuild(folder = '') {
  const at = `${folder}isolated`
  return {
    entry: {
      [`${at}/index`]: 'src/index.ts',
      [`${at}/testing/index`]: 'src/testing/index.ts',
      [`${at}/rehearse/index`]: 'src/rehearse/index.ts',
      [`${at}/tools/isolated-child`]: 'src/tools/isolated-child.ts',
    },
    outputOptions: { chunkFileNames: `${at}/tools/[name]-[hash].js` },
    // Names stay as they are, for what is printed of a tool's errors.
    minify: { compress: true, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
    clean: false,
  }
}
