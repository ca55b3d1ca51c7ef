export { ERROR_CODES, type ErrorCode, MidwatchError } from './core/errors.js'
