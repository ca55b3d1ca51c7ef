/** How files of users are loaded: what the command line needs of the tools' layer. */
export { enableTypeScript, forkOwn } from '../tools/own-copy.js'
